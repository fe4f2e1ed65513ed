/*
 * What people are told. A text is written for one person and with their eyes, at the moment it
 * is written: a message for its recipient, a task's title and card for who is to do it. So it
 * never says more than they could have read themselves, whatever channel it leaves by. Nobody
 * else reads it as it stands (field->told_to): for them a task's text is made anew.
 */
#include "engine/inner.h"

#include "base/json.h"

/* ---- whose eyes ---- */

/* Somebody who is gone or barred sees nothing. */
static struct actor nobody(struct scope *scope, const struct access *access, struct uuid person)
{
    struct role *role = scope_new(scope, struct role, 1);
    role->grants = scope_new(scope, struct grant, access->schema->object_count);
    role->modes = scope_new(scope, enum field_mode *, access->schema->object_count);
    return (struct actor){ .user = person, .role = role };
}

static bool reader_load(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, struct uuid person,
                        struct actor *out)
{
    const struct access *access = context->snapshot->access;
    if (actor_load(scope, conn, access, person, context->now_ms, out)) return true;
    if (scope->error.code != ERROR_UNAUTHENTICATED) return false;
    scope_error_clear(scope);
    *out = nobody(scope, access, person);
    return true;
}

bool readers_find(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                  struct uuid person, const struct actor **out)
{
    struct readers *readers = context->readers;
    for (int i = 0; readers && i < readers->count; i++) {
        *out = readers->items[i];
        if (uuid_equal((*out)->user, person)) return true;
    }
    struct actor *actor = scope_new(scope, struct actor, 1);
    if (!reader_load(scope, conn, context, person, actor)) return false;
    if (readers) {
        int place = readers->count % READER_COUNT_MAX;
        if (readers->count < READER_COUNT_MAX) readers->count += 1;
        readers->items[place] = actor;
    }
    *out = actor;
    return true;
}

/* ---- messages ---- */

struct str label_json(struct scope *scope, struct str zh, struct str en)
{
    struct buf text;
    struct json_writer writer;
    buf_begin(&text, scope, 4 * 1024 * 1024);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    json_member_str(&writer, "zh", zh);
    json_member_str(&writer, "en", en);
    json_map_end(&writer);
    return buf_str(&text);
}

static bool tell_one(struct scope *scope, struct db_conn *conn,
                     const struct engine_context *context, const struct telling *telling,
                     struct uuid person)
{
    const struct template *templates[] = { telling->title, telling->body };
    struct record_context reading = engine_record_context(context);
    struct label texts[2];
    struct buf key;
    bool is_new = false;
    buf_begin(&key, scope, 512);
    buf_put(&key, telling->key);
    uuid_put(&key, person);
    if (!readers_find(scope, conn, context, person, &reading.actor) ||
        !templates_render(scope, conn, &reading, telling->record, templates, 2, texts)) {
        return false;
    }
    struct outbox_message message = {
        .recipient = person, .channel = STR("inbox"), .level = telling->level,
        .rule = telling->rule, .object = telling->record->object->id,
        .record = telling->record->id,
        .title = label_json(scope, texts[0].zh, texts[0].en),
        .body = label_json(scope, texts[1].zh, texts[1].en), .key = buf_str(&key),
    };
    if (!outbox_put(scope, conn, &message, context->now_ms, &is_new)) return false;
    if (is_new) {
        event_tell(context->engine, conn,
                   (struct event){ .kind = EVENT_MESSAGE, .person = person });
    }
    return true;
}

bool people_tell(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                 const struct telling *telling)
{
    struct record_context record_context = engine_record_context(context);
    struct uuid people[RULE_RECIPIENT_COUNT_MAX];
    int count = 0;
    if (!recipients_find(scope, conn, &record_context, telling->record, telling->to,
                         telling->to_count, people, RULE_RECIPIENT_COUNT_MAX, &count)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (uuid_equal(people[i], telling->except)) continue;
        if (!tell_one(scope, conn, context, telling, people[i])) return false;
    }
    return true;
}

/* ---- tasks ---- */

/* A line's value, or one per language: {"zh": …, "en": …}. */
static void line_put(struct json_writer *writer, const struct schema *schema,
                     const struct card_line *line, const struct cell *zh, const struct cell *en)
{
    if (!line->en) {
        query_write_value(writer, schema, &line->zh->type, zh);
        return;
    }
    if (zh->kind == CELL_NULL && en->kind == CELL_NULL) {
        json_put_null(writer);
        return;
    }
    json_map_begin(writer);
    json_key(writer, STR("zh"));
    query_write_value(writer, schema, &line->zh->type, zh);
    json_key(writer, STR("en"));
    query_write_value(writer, schema, &line->en->type, en);
    json_map_end(writer);
}

/* The intervention card: the ladder's lines with their values at this moment. */
static bool card_make(struct scope *scope, struct db_conn *conn,
                      const struct record_context *reading, const struct record *record,
                      const struct ladder *ladder, struct str *out)
{
    const struct formula **formulas =
        scope_new(scope, const struct formula *, 2 * ladder->card_count);
    int count = 0; /* a line of one text for both languages is worked out once */
    for (int i = 0; i < ladder->card_count; i++) {
        formulas[count++] = ladder->card[i].zh;
        if (ladder->card[i].en) formulas[count++] = ladder->card[i].en;
    }
    struct cell *values = NULL;
    if (!formulas_seen(scope, conn, reading, record, formulas, count, &values)) return false;
    struct buf text;
    struct json_writer writer;
    buf_begin(&text, scope, 256 * 1024);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    for (int i = 0; i < ladder->card_count; i++) {
        const struct card_line *line = &ladder->card[i];
        json_key(&writer, line->name);
        json_map_begin(&writer);
        json_key(&writer, STR("label"));
        json_put_raw(&writer, label_json(scope, line->label.zh, line->label.en));
        json_key(&writer, STR("value"));
        const struct cell *zh = values++, *en = line->en ? values++ : zh;
        line_put(&writer, reading->access->schema, line, zh, en);
        json_map_end(&writer);
    }
    json_map_end(&writer);
    *out = buf_str(&text);
    return true;
}

bool task_text_make(struct scope *scope, struct db_conn *conn,
                    const struct engine_context *context, const struct actor *reader,
                    const struct record *record, const struct task_source *source,
                    struct task_text *out)
{
    struct record_context reading = engine_record_context(context);
    struct label title = { message_text(scope, LANGUAGE_ZH, "task.untitled", NULL, 0),
                           message_text(scope, LANGUAGE_EN, "task.untitled", NULL, 0) };
    *out = (struct task_text){ .card = STR("") };
    reading.actor = reader;
    if (source->title &&
        !templates_render(scope, conn, &reading, record, &source->title, 1, &title)) {
        return false;
    }
    out->title = label_json(scope, title.zh, title.en);
    return !source->ladder ||
           card_make(scope, conn, &reading, record, source->ladder, &out->card);
}

struct task_source ladder_source(const struct ladder *ladder)
{
    bool has_own = ladder->task_title.text.zh.size > 0;
    return (struct task_source){ has_own ? &ladder->task_title : &ladder->watch.title, ladder };
}

/* What the rule says today; of a rule that is gone, or about others now: nothing. */
static struct task_source source_find(const struct rules *rules, const struct object *object,
                                      struct str rule, struct str kind)
{
    const struct action *action = rules_task_action(rules, rule, kind);
    if (action && action->target != object) return (struct task_source){ NULL, NULL };
    if (action) return (struct task_source){ &action->title, NULL };
    for (int i = 0; i < rules->ladder_count; i++) {
        const struct watch *watch = &rules->ladders[i].watch;
        bool is_it = str_equal(watch->name, rule) && watch->object == object;
        if (is_it) return ladder_source(&rules->ladders[i]);
    }
    return (struct task_source){ NULL, NULL };
}

bool engine_task_text(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, const struct object *object,
                      struct uuid record, struct str rule, struct str kind,
                      struct task_text *out)
{
    struct record about = { .object = object, .id = record };
    struct task_source source = source_find(context->snapshot->rules, object, rule, kind);
    return task_text_make(scope, conn, context, &context->actor, &about, &source, out);
}

bool tasks_retell(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                  const struct record *record, struct uuid person)
{
    struct engine_context theirs = *context;
    struct cell args[] = { cell_id(scope, record->id), cell_id(scope, person) };
    const struct actor *reader = NULL;
    struct rows rows;
    if (!db_all(scope, conn,
                STR("SELECT id, rule, kind FROM task WHERE record = ? AND assignee = ? AND "
                    "done_at IS NULL"),
                args, 2, TASK_COUNT_MAX, &rows)) {
        return false;
    }
    if (rows.count == 0) return true;
    if (!readers_find(scope, conn, context, person, &reader)) return false;
    theirs.actor = *reader;
    for (int i = 0; i < rows.count; i++) {
        const struct cell *task = rows.items[i].cells;
        struct task_text text;
        if (!engine_task_text(scope, conn, &theirs, record->object, record->id, task[1].text,
                              task[2].text, &text)) {
            return false;
        }
        struct cell set[] = { cell_text(text.title),
                              text.card.size > 0 ? cell_text(text.card) : cell_null(), task[0] };
        if (!db_exec(scope, conn, STR("UPDATE task SET title = ?, card = ? WHERE id = ?"), set,
                     3)) {
            return false;
        }
    }
    return true;
}
