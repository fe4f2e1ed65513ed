/*
 * A ladder's alert rises: the open alert or a new one, the messages, the tasks with
 * their card, and the timer moved on, all in the sweep's transaction. A second
 * sweep at the same moment finds nothing due.
 */
#include "engine/inner.h"

struct raising {
    struct scope *scope;
    struct db_conn *conn;
    const struct engine_context *context;
    struct record_context record_context;
    const struct ladder *ladder;
    const struct record *record;
    const struct stage *stage;
    struct uuid alert;
    int level;
};

static const char *const level_columns[LEVEL_COUNT] = { "", "yellow_at", "orange_at", "red_at" };

/* The open alert rises, or there is a new one; levels passed on the way get the same moment. */
static bool alert_raise(struct raising *r)
{
    struct cell now = cell_int(r->context->now_ms);
    struct cell find_args[] = { cell_text(r->ladder->watch.name),
                                cell_id(r->scope, r->record->id) };
    struct row row;
    if (!db_one(r->scope, r->conn,
                STR("SELECT id FROM alert WHERE rule = ? AND record = ? AND cleared_at IS NULL"),
                find_args, 2, &row)) {
        return false;
    }
    if (row.count == 0) {
        const struct field *owner = r->record->object->owner;
        r->alert = uuid_make(r->context->now_ms);
        struct cell args[] = {
            cell_id(r->scope, r->alert), cell_text(r->ladder->watch.name),
            cell_int(r->record->object->id), cell_id(r->scope, r->record->id),
            owner ? r->record->cells[owner->index] : cell_null(), now,
        };
        if (!db_exec(r->scope, r->conn,
                     STR("INSERT INTO alert (id, version, rule, object, record, level, owner, "
                         "opened_at) VALUES (?, 1, ?, ?, ?, 0, ?, ?)"),
                     args, 6)) {
            return false;
        }
    } else {
        r->alert = cell_uuid(&row.cells[0]);
    }
    struct sql sql;
    sql_begin(&sql, r->scope);
    sql_put(&sql, STR("UPDATE alert SET version = version + 1, level = "));
    sql_int(&sql, r->level);
    for (int level = LEVEL_YELLOW; level <= r->level; level++) {
        if (ladder_after_ms(r->ladder, r->stage, level) == 0) continue;
        sql_putf(&sql, ", %s = COALESCE(%s, ", level_columns[level], level_columns[level]);
        sql_value(&sql, now);
        sql_put(&sql, STR(")"));
    }
    sql_put(&sql, STR(" WHERE id = "));
    sql_id(&sql, r->alert);
    return sql_exec(r->scope, r->conn, &sql);
}

static bool tell(struct raising *r)
{
    const struct rung *rung = &r->ladder->rungs[r->level];
    const struct watch *watch = &r->ladder->watch;
    struct buf key;
    buf_begin(&key, r->scope, 256);
    buf_put(&key, STR("alert/"));
    uuid_put(&key, r->alert);
    buf_format(&key, "/%d/", r->level);
    struct telling telling = {
        .record = r->record, .title = &watch->title, .body = &watch->body, .to = rung->tell,
        .to_count = rung->tell_count, .level = r->level, .rule = watch->name,
        .key = buf_str(&key),
    };
    return people_tell(r->scope, r->conn, r->context, &telling);
}

/* One task per alert and person, also after a hand-over; a higher level brings it up to date. */
static bool give_task(struct raising *r, struct uuid person, bool is_owner)
{
    struct task_source source = ladder_source(r->ladder);
    const struct actor *reader = NULL;
    struct task_text text;
    if (!readers_find(r->scope, r->conn, r->context, person, &reader) ||
        !task_text_make(r->scope, r->conn, r->context, reader, r->record, &source, &text)) {
        return false;
    }
    struct buf key;
    buf_begin(&key, r->scope, 256);
    buf_put(&key, STR("alert/"));
    uuid_put(&key, r->alert);
    buf_format(&key, "/task/%d/", r->level);
    uuid_put(&key, person);
    int64_t due_ms = r->context->now_ms + r->ladder->respond_ms;
    struct cell args[] = {
        cell_id(r->scope, uuid_make(r->context->now_ms)),
        cell_text(is_owner ? STR("stall") : STR("intervene")),
        cell_text(text.title),
        cell_int(r->record->object->id),
        cell_id(r->scope, r->record->id),
        cell_id(r->scope, person),
        cell_int(due_ms),
        cell_int(r->context->now_ms),
        cell_text(buf_str(&key)),
        cell_id(r->scope, r->alert),
        cell_text(text.card),
        cell_text(r->ladder->watch.name),
    };
    event_tell(r->context->engine, r->conn,
              (struct event){ .kind = EVENT_TASK, .person = person });
    struct cell again_args[] = { args[6], args[10], args[9], args[5], args[1] };
    if (!db_exec(r->scope, r->conn,
                 STR("UPDATE task SET version = version + 1, due_at = ?, card = ?, "
                     "done_at = NULL, done_by = NULL, outcome = NULL "
                     "WHERE alert = ? AND assignee = ? AND kind = ?"),
                 again_args, 5)) {
        return false;
    }
    if (db_changes(r->conn) > 0) return true;
    return db_exec(r->scope, r->conn,
                   STR("INSERT INTO task (id, version, kind, title, object, record, assignee, "
                       "due_at, created_at, key, alert, card, rule) "
                       "VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
                   args, 12);
}

static bool give_tasks(struct raising *r)
{
    const struct rung *rung = &r->ladder->rungs[r->level];
    if (rung->task_count == 0) return true;
    struct uuid people[RULE_RECIPIENT_COUNT_MAX];
    int count = 0;
    if (!recipients_find(r->scope, r->conn, &r->record_context, r->record, rung->task,
                         rung->task_count, people, RULE_RECIPIENT_COUNT_MAX, &count)) {
        return false;
    }
    const struct field *owner = r->record->object->owner;
    for (int i = 0; i < count; i++) {
        bool is_owner = owner && uuid_equal(people[i],
                                            cell_uuid(&r->record->cells[owner->index]));
        if (!give_task(r, people[i], is_owner)) return false;
    }
    return true;
}

/* Everything that is due for one record: the highest level reached is the one told. */
static bool rise(struct raising *r, int first_level)
{
    struct cell since = r->record->cells[r->ladder->watch.since->index];
    int level = first_level, next = first_level;
    while (next != LEVEL_NONE &&
           since.integer + ladder_after_ms(r->ladder, r->stage, next) <= r->context->now_ms) {
        level = next;
        next = ladder_next_level(r->ladder, r->stage, level);
    }
    r->level = level;
    if (!alert_raise(r) || !tell(r) || !give_tasks(r)) return false;
    event_tell(r->context->engine, r->conn,
              (struct event){ .kind = EVENT_ALERT, .object = r->record->object->id,
                              .id = r->alert, .record = r->record->id, .level = level });
    return timer_put(r->scope, r->conn, &r->ladder->watch, r->record, since, next,
                     ladder_due(r->ladder, r->stage, &since, next));
}

bool ladder_raise(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                  const struct ladder *ladder, const struct record *record,
                  const struct timer *timer)
{
    struct raising raising = {
        .scope = scope, .conn = conn, .context = context,
        .record_context = engine_record_context(context), .ladder = ladder, .record = record,
        .stage = stage_of_record(context->snapshot->schema, record),
    };
    return rise(&raising, timer->level);
}
