/*
 * Choices that the file has and an open field has not, made all at once before the
 * first row goes in (each change of configuration is a new snapshot).
 */
#include "ingest/import_inner.h"

enum { BODY_SIZE_MAX = 4 * 1024 * 1024, NAME_SIZE_MAX = 40 };

static bool has_choices(const struct field *field)
{
    enum value_kind kind = field_kind(field);
    return kind == VALUE_CHOICE || kind == VALUE_CHOICES;
}

struct making {
    struct run *run;
    struct schema_part part;
};

static struct str choice_name(struct scope *scope, struct str text, int number)
{
    struct str folded = name_fold(scope, text);
    struct buf out;
    buf_begin(&out, scope, NAME_SIZE_MAX + 16);
    for (size_t i = 0; i < folded.size && out.size < NAME_SIZE_MAX; i++) {
        char byte = folded.data[i];
        bool is_letter = byte >= 'a' && byte <= 'z';
        bool is_plain = is_letter || (out.size > 0 && byte >= '0' && byte <= '9');
        if (is_plain) {
            buf_put_char(&out, byte);
        } else if (byte > 0 && out.size > 0 && out.data[out.size - 1] != '_') {
            buf_put_char(&out, '_');
        }
    }
    while (out.size > 0 && out.data[out.size - 1] == '_') buf_cut(&out, out.size - 1);
    if (out.size == 0) buf_format(&out, "choice_%d", number);
    return buf_str(&out);
}

static bool is_name_taken(const struct field *field, struct str name, const struct str *names,
                          int count)
{
    for (int i = 0; i < field->choice_count; i++) {
        if (str_equal(field->choices[i].name, name)) return true;
    }
    for (int i = 0; i < count; i++) {
        if (str_equal(names[i], name)) return true;
    }
    return false;
}

struct new_choices {
    struct str *texts, *names;
    int count;
};

static void choice_add(struct scope *scope, const struct field *field, struct str text,
                       struct new_choices *out)
{
    bool is_known = text.size == 0 || field_choice(field, text);
    for (int k = 0; k < out->count && !is_known; k++) {
        is_known = str_equal(name_fold(scope, out->texts[k]), name_fold(scope, text));
    }
    if (is_known || out->count == IMPORT_CHOICE_COUNT_MAX) return;
    int number = field->choice_count + out->count + 1;
    struct str name = choice_name(scope, text, number);
    while (is_name_taken(field, name, out->names, out->count)) {
        name = scope_format(scope, "%.*s_%d", STR_ARG(name), number++);
    }
    out->texts[out->count] = scope_copy(scope, text);
    out->names[out->count++] = name;
}

static void choices_collect(struct scope *scope, const struct plan *plan,
                            const struct target *target, const struct ingest_guess *guess,
                            struct new_choices *out)
{
    const struct field *field = target->field;
    out->texts = scope_new(scope, struct str, IMPORT_CHOICE_COUNT_MAX);
    out->names = scope_new(scope, struct str, IMPORT_CHOICE_COUNT_MAX);
    for (int i = 0; i < guess->distinct_count; i++) {
        struct str rest = guess->distinct[i].text, part = rest;
        if (field_kind(field) == VALUE_CHOICE || field_choice(field, rest)) {
            choice_add(scope, field, value_mapped(plan->options, target, rest), out);
            continue;
        }
        while ((part = choices_part(&rest)).size > 0) {
            choice_add(scope, field, value_mapped(plan->options, target, part), out);
        }
    }
}

static void choice_put(struct json_writer *writer, struct str name, struct str text)
{
    json_map_begin(writer);
    json_member_str(writer, "name", name);
    json_key(writer, STR("label"));
    json_map_begin(writer);
    json_member_str(writer, "zh", text);
    json_member_str(writer, "en", text);
    json_map_end(writer);
    json_map_end(writer);
}

static void field_put(struct json_writer *writer, const struct json *field,
                      const struct new_choices *add, const struct json *drop)
{
    json_map_begin(writer);
    for (int i = 0; i < field->count; i++) {
        json_key(writer, field->names[i]);
        if (!str_is(field->names[i], "choices")) {
            json_put_tree(writer, &field->items[i]);
            continue;
        }
        json_list_begin(writer);
        for (int k = 0; k < field->items[i].count; k++) {
            const struct json *choice = &field->items[i].items[k];
            bool is_dropped = false;
            for (int d = 0; drop && d < drop->count; d++) {
                is_dropped = is_dropped ||
                             str_equal(drop->items[d].text, json_text(choice, "name"));
            }
            if (!is_dropped) json_put_tree(writer, choice);
        }
        for (int k = 0; add && k < add->count; k++) {
            choice_put(writer, add->names[k], add->texts[k]);
        }
        json_list_end(writer);
    }
    json_map_end(writer);
}

/* The object's definition with one field's choices changed. */
static bool body_change(struct scope *scope, const struct json *body, struct str field,
                        const struct new_choices *add, const struct json *drop, struct json *out)
{
    struct buf text;
    struct json_writer writer;
    buf_begin(&text, scope, BODY_SIZE_MAX);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    for (int i = 0; i < body->count; i++) {
        json_key(&writer, body->names[i]);
        if (!str_is(body->names[i], "fields")) {
            json_put_tree(&writer, &body->items[i]);
            continue;
        }
        json_list_begin(&writer);
        for (int k = 0; k < body->items[i].count; k++) {
            const struct json *item = &body->items[i].items[k];
            if (str_equal(json_text(item, "name"), field)) {
                field_put(&writer, item, add, drop);
            } else {
                json_put_tree(&writer, item);
            }
        }
        json_list_end(&writer);
    }
    json_map_end(&writer);
    if (text.is_over) return error_set(scope, ERROR_TOO_LARGE, "pack.too_large", field);
    return json_read(scope, buf_str(&text), out);
}

/* A field that is open takes what a file has, whoever imports it. */
static bool configure_write(struct scope *scope, struct db_conn *conn, void *context)
{
    struct making *making = context;
    struct engine_context system = making->run->plan.context;
    system.actor.role = NULL;
    return snapshot_check(scope, conn, making->run->plan.snapshot) &&
           engine_configure(scope, conn, &system, &making->part, 1);
}

static void made_put(struct json_writer *writer, struct str field, const struct new_choices *add)
{
    json_key(writer, field);
    json_list_begin(writer);
    for (int i = 0; i < add->count; i++) json_put_str(writer, add->names[i]);
    json_list_end(writer);
}

static bool choices_try(struct scope *scope, struct run *run,
                        struct ingest_profile *const *profiles)
{
    const struct plan *plan = &run->plan;
    struct making making = { .run = run };
    struct buf made;
    struct json_writer writer;
    if (!plan->options->creates_refs || plan->options->is_dry_run) return true;
    making.part.kind = STR("object");
    making.part.name = plan->object->name;
    making.part.body = *plan->object->body;
    bool is_any = false;
    buf_begin(&made, run->scope, BODY_SIZE_MAX);
    json_begin(&writer, &made);
    json_map_begin(&writer);
    for (int i = 0; i < plan->target_count; i++) {
        const struct target *target = &plan->targets[i];
        struct ingest_guess guess;
        struct new_choices add = { .count = 0 };
        if (target->column < 0 || target->kind != TARGET_FIELD || !target->field->is_open ||
            !has_choices(target->field)) {
            continue;
        }
        ingest_profile_end(profiles[target->column], false, &guess);
        choices_collect(scope, plan, target, &guess, &add);
        if (add.count == 0) continue;
        is_any = true;
        made_put(&writer, target->field->name, &add);
        if (!body_change(scope, &making.part.body, target->field->name, &add, NULL,
                         &making.part.body)) {
            return false;
        }
    }
    json_map_end(&writer);
    if (!is_any) return true;
    run->made_choices = buf_str(&made);
    return db_write_wait(scope, engine_db(run->task->by.engine), configure_write, &making);
}

bool choices_make(struct scope *scope, struct run *run, struct ingest_profile *const *profiles)
{
    for (int i = 0; !choices_try(scope, run, profiles); i++) {
        if (!is_config_changed(scope) || i == REPLAN_COUNT_MAX) return false;
        scope_error_clear(scope);
        run->made_choices = STR("");
        if (!run_plan(scope, run)) return false;
    }
    return true;
}

static bool is_used(struct scope *scope, struct db_conn *conn, const struct object *object,
                    const struct field *field, const struct choice *choice, bool *out)
{
    struct sql sql;
    struct row row;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT 1 FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" WHERE deleted_at IS NULL AND "));
    sql_name(&sql, field->column);
    if (field_kind(field) == VALUE_CHOICES) {
        sql_put(&sql, STR(" LIKE "));
        sql_text(&sql, scope_format(scope, "%%%.*s%%", STR_ARG(choices_mark(scope, choice->id))));
    } else {
        sql_put(&sql, STR(" = "));
        sql_int(&sql, choice->id);
    }
    sql_put(&sql, STR(" LIMIT 1"));
    if (!sql_one(scope, conn, &sql, &row)) return false;
    *out = row.count > 0;
    return true;
}

bool choices_unmake(struct scope *scope, struct db_conn *conn,
                    const struct engine_context *context, struct str object_name,
                    const struct json *made)
{
    const struct object *object = schema_object(context->snapshot->schema, object_name);
    if (!object || !made || made->kind != JSON_KIND_MAP) return true;
    struct schema_part part = { .kind = STR("object"), .name = object->name,
                                .body = *object->body };
    bool is_any = false;
    for (int i = 0; i < made->count; i++) {
        const struct field *field = object_field(object, made->names[i]);
        const struct json *names = &made->items[i];
        struct json drop = { .kind = JSON_KIND_LIST,
                             .items = scope_new(scope, struct json, names->count + 1) };
        for (int k = 0; field && k < names->count; k++) {
            const struct choice *choice = field_choice(field, names->items[k].text);
            bool used = true;
            if (choice && !is_used(scope, conn, object, field, choice, &used)) return false;
            if (!used) drop.items[drop.count++] = names->items[k];
        }
        if (drop.count == 0) continue;
        is_any = true;
        if (!body_change(scope, &part.body, field->name, NULL, &drop, &part.body)) return false;
    }
    struct engine_context system = *context;
    system.actor.role = NULL;
    return !is_any || engine_configure(scope, conn, &system, &part, 1);
}
