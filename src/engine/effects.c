/*
 * Effects: what fired rules ask for, applied in their order. Writes go through
 * the same door again, as the system on behalf of the same person, at most
 * RULE_DEPTH_MAX deep: a rule that calls itself ends in an error, not in a loop.
 */
#include "engine/inner.h"

#include "base/json.h"

bool tasks_update(struct scope *scope, struct db_conn *conn, struct engine *engine,
                  struct str update, const struct cell *args, int arg_count)
{
    struct rows rows;
    struct str sql = scope_format(scope, "UPDATE task SET version = version + 1, %.*s "
                                         "RETURNING id, assignee", STR_ARG(update));
    if (!db_all(scope, conn, sql, args, arg_count, TASK_COUNT_MAX, &rows)) return false;
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        event_tell(engine, conn, (struct event){ .kind = EVENT_TASK, .id = cell_uuid(&cells[0]),
                                                 .person = cell_uuid(&cells[1]) });
    }
    return true;
}

struct engine_context rule_context(struct scope *scope, const struct engine_context *person,
                                   struct str rule)
{
    struct engine_context context = *person;
    context.actor.role = NULL;
    context.via = scope_format(scope, "rule:%.*s", STR_ARG(rule)).data;
    return context;
}

struct cell rule_value(const struct engine_context *context, const struct field *field,
                       struct cell value)
{
    if (field != field->object->stage || value.kind != CELL_INT) return value;
    const struct stage *stage =
        schema_stage_by_id(context->snapshot->schema, value.integer);
    return stage ? cell_text(stage->name) : value;
}

static bool write_values(struct writing *w, const struct change_rule *rule,
                         const struct action *action, const struct cell *values,
                         struct write *write)
{
    struct engine_context context = rule_context(w->scope, w->context, rule->name);
    write->changes = (struct changes){ scope_new(w->scope, struct change, action->set_count + 1),
                                       action->set_count };
    for (int i = 0; i < action->set_count; i++) {
        const struct field *field = action->set[i].field;
        write->changes.items[i] =
            (struct change){ field, rule_value(&context, field, values[i]) };
    }
    w->has_nested = true;
    return engine_write_at(w->scope, w->conn, &context, write, w->depth + 1, NULL, NULL);
}

static bool do_create(struct writing *w, const struct change_rule *rule,
                      const struct action *action, const struct cell *values)
{
    struct write write = { .verb = WRITE_CREATE, .object = action->target };
    return write_values(w, rule, action, values, &write);
}

/* The records that point here and meet the condition: at most so many, else nothing is done. */
static bool over_find(struct writing *w, const struct change_rule *rule,
                      const struct action *action, struct rows *out)
{
    struct formula_context formulas =
        access_formula_context(w->record_context.access, w->record_context.actor, NULL, STR("t"),
                               w->context->now_ms);
    struct sql sql;
    sql_begin(&sql, w->scope);
    sql_put(&sql, STR("SELECT t.id FROM "));
    sql_name(&sql, action->target->table);
    sql_put(&sql, STR(" AS t WHERE t.deleted_at IS NULL AND "));
    sql_column(&sql, STR("t"), action->over->field->column);
    sql_put(&sql, STR(" = "));
    sql_id(&sql, w->after.id);
    if (action->where) {
        sql_put(&sql, STR(" AND "));
        formula_put_condition(&sql, &formulas, action->where);
    }
    sql_putf(&sql, " ORDER BY t.id LIMIT %d", RULE_OVER_COUNT_MAX + 1);
    if (!sql_all(w->scope, w->conn, &sql, RULE_OVER_COUNT_MAX + 1, out)) return false;
    if (out->count <= RULE_OVER_COUNT_MAX) return true;
    error_set(w->scope, ERROR_INVALID, "rule.too_many", rule->name);
    return error_arg(w->scope, "max", scope_format(w->scope, "%d", RULE_OVER_COUNT_MAX));
}

static bool do_set_over(struct writing *w, const struct change_rule *rule,
                        const struct action *action, const struct cell *values)
{
    struct rows found;
    if (!over_find(w, rule, action, &found)) return false;
    for (int i = 0; i < found.count; i++) {
        struct write write = { .verb = WRITE_UPDATE, .object = action->target,
                               .id = cell_uuid(&found.items[i].cells[0]) };
        if (!write_values(w, rule, action, values, &write)) return false;
    }
    return true;
}

static bool do_set(struct writing *w, const struct change_rule *rule,
                   const struct action *action, const struct cell *values)
{
    struct write write = { .verb = WRITE_UPDATE, .object = action->target, .id = w->after.id };
    if (action->over) return do_set_over(w, rule, action, values);
    if (action->along) {
        const struct cell *target = &w->after.cells[action->along->index];
        if (target->kind != CELL_BLOB) return true;
        write.id = cell_uuid(target);
    }
    return write_values(w, rule, action, values, &write);
}

/*
 * Begins the key of a task or message: one per action, record, version of it and person; the
 * same write told twice makes one.
 */
static struct buf effect_key(const struct writing *w, const struct change_rule *rule,
                             const struct action *action)
{
    struct buf key;
    buf_begin(&key, w->scope, 512);
    buf_put(&key, rule->name);
    buf_format(&key, "/%d/", (int)(action - rule->actions));
    uuid_put(&key, w->after.id);
    buf_format(&key, "/%lld/", (long long)w->after.version);
    return key;
}

static bool do_task(struct writing *w, const struct change_rule *rule,
                    const struct action *action, const struct cell *values)
{
    const struct cell *value = values + action->set_count;
    struct cell assignee = action->assignee ? *value++ : cell_null();
    struct cell due = action->due ? *value : cell_null();
    if (assignee.kind == CELL_NULL && w->object->owner) {
        assignee = w->after.cells[w->object->owner->index];
    }
    if (assignee.kind != CELL_BLOB) return true;
    struct task_source source = { &action->title, NULL };
    const struct actor *reader = NULL;
    struct task_text text;
    if (!readers_find(w->scope, w->conn, w->context, cell_uuid(&assignee), &reader) ||
        !task_text_make(w->scope, w->conn, w->context, reader, &w->after, &source, &text)) {
        return false;
    }
    struct uuid id = uuid_make(w->context->now_ms);
    struct buf key = effect_key(w, rule, action);
    uuid_put(&key, cell_uuid(&assignee));
    struct cell args[] = {
        cell_id(w->scope, id), cell_text(action->task_kind), cell_text(text.title),
        cell_int(w->object->id), cell_id(w->scope, w->after.id), assignee, due,
        cell_int(w->context->now_ms), actor_cell(w->scope, &w->context->actor),
        cell_text(buf_str(&key)), cell_text(rule->name),
    };
    event_tell(w->context->engine, w->conn,
              (struct event){ .kind = EVENT_TASK, .id = id, .person = cell_uuid(&assignee) });
    return db_exec(w->scope, w->conn,
                   STR("INSERT INTO task (id, version, kind, title, object, record, assignee, "
                       "due_at, created_at, created_by, key, rule) "
                       "VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING"),
                   args, 11);
}

static bool do_finish(struct writing *w, const struct action *action)
{
    struct str outcome = action->outcome.size > 0 ? action->outcome : STR("done");
    struct cell args[] = {
        cell_int(w->context->now_ms), actor_cell(w->scope, &w->context->actor),
        cell_text(outcome),           cell_int(w->object->id),
        cell_id(w->scope, w->after.id), cell_text(action->task_kind),
    };
    return tasks_update(w->scope, w->conn, w->context->engine,
                        STR("done_at = ?, done_by = ?, outcome = ? WHERE object = ? AND "
                            "record = ? AND kind = ? AND done_at IS NULL"),
                        args, 6);
}

static bool do_notify(struct writing *w, const struct change_rule *rule,
                      const struct action *action)
{
    struct buf key = effect_key(w, rule, action);
    struct telling telling = {
        .record = &w->after, .title = &action->title, .body = &action->body, .to = action->to,
        .to_count = action->to_count, .except = w->context->actor.user, .level = action->level,
        .rule = rule->name, .key = buf_str(&key),
    };
    return people_tell(w->scope, w->conn, w->context, &telling);
}

static bool action_apply(struct writing *w, const struct change_rule *rule,
                         const struct action *action)
{
    struct cell *values = NULL;
    if (!action_values(w->scope, w->conn, &w->record_context,
                       w->before.cells ? &w->before : NULL, &w->after, action, &values)) {
        return false;
    }
    switch (action->kind) {
    case ACTION_DO_CREATE: return do_create(w, rule, action, values);
    case ACTION_DO_SET: return do_set(w, rule, action, values);
    case ACTION_DO_TASK: return do_task(w, rule, action, values);
    case ACTION_DO_FINISH_TASKS: return do_finish(w, action);
    case ACTION_DO_NOTIFY: return do_notify(w, rule, action);
    }
    return false;
}

bool effects_apply(struct writing *w, const struct judgement *judgement)
{
    for (int i = 0; i < judgement->fired_count; i++) {
        const struct change_rule *rule = judgement->fired[i];
        for (int a = 0; a < rule->action_count; a++) {
            if (!action_apply(w, rule, &rule->actions[a])) return false;
        }
    }
    return true;
}
