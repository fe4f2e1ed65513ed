/*
 * The fast door for what has already happened elsewhere: rows as they are, with
 * their stays. Nothing is judged; what depends on the rows (stored formulas,
 * timers) is computed afterwards, for all records of an object at once.
 */
#include "engine/inner.h"

enum { LEVEL_PASS_MAX = 8 };

static bool events_check(struct scope *scope, const struct history_row *row)
{
    for (int i = 0; i < row->event_count; i++) {
        const struct stage_event *event = &row->events[i];
        bool is_ordered = i == 0 || event->at_ms >= row->events[i - 1].at_ms;
        if (!is_ordered || !event->stage || event->stage->pipeline->object != row->object) {
            return error_set(scope, ERROR_INVALID, "history.order", STR("stage"));
        }
    }
    return true;
}

static void take_last_stage(struct record *record, const struct history_row *row)
{
    if (row->event_count == 0 || !row->object->has_pipeline) return;
    const struct stage_event *last = &row->events[row->event_count - 1];
    *record_cell(record, row->object->pipeline) = cell_int(last->stage->pipeline->id);
    *record_cell(record, row->object->stage) = cell_int(last->stage->id);
    *record_cell(record, row->object->stage_entered_at) = cell_int(last->at_ms);
    if (last->stage->kind != STAGE_OPEN) {
        *record_cell(record, row->object->closed_at) = cell_int(last->at_ms);
    }
}

static bool stays_put(struct scope *scope, struct db_conn *conn,
                      const struct record_context *context, const struct record *record,
                      const struct history_row *row)
{
    struct record at_event = record_copy(scope, record);
    const struct stage *from = NULL;
    for (int i = 0; i < row->event_count; i++) {
        const struct stage_event *event = &row->events[i];
        struct record_context by = *context;
        struct actor actor = *context->actor;
        if (!uuid_is_nil(event->by)) actor.user = event->by;
        by.actor = &actor;
        *record_cell(&at_event, row->object->stage_entered_at) = cell_int(event->at_ms);
        if (!stay_move(scope, conn, &by, &at_event, from, event->stage, event->reason)) {
            return false;
        }
        from = event->stage;
    }
    return true;
}

/* A row of the engine's own (an alert that is over, its answers): just what is given. */
static bool builtin_put(struct scope *scope, struct db_conn *conn, const struct history_row *row)
{
    const struct field *version = object_field(row->object, STR("version"));
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("INSERT INTO "));
    sql_name(&sql, row->object->table);
    sql_put(&sql, STR(" (id"));
    if (version) sql_put(&sql, STR(", version"));
    for (int i = 0; i < row->changes.count; i++) {
        sql_put(&sql, STR(", "));
        sql_name(&sql, row->changes.items[i].field->column);
    }
    sql_put(&sql, STR(") VALUES ("));
    sql_id(&sql, row->id);
    if (version) sql_put(&sql, STR(", 1"));
    for (int i = 0; i < row->changes.count; i++) {
        sql_put(&sql, STR(", "));
        sql_value(&sql, row->changes.items[i].cell);
    }
    sql_put(&sql, STR(")"));
    return sql_exec(scope, conn, &sql);
}

bool engine_put_history(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, const struct history_row *row)
{
    if (!actor_has_right(&context->actor, RIGHT_IMPORT_HISTORY)) {
        return error_set(scope, ERROR_DENIED, "access.import_history", STR(""));
    }
    if (row->object->is_builtin) return builtin_put(scope, conn, row);
    if (!events_check(scope, row)) return false;
    struct record record = record_blank(scope, row->object);
    record.id = row->id;
    for (int i = 0; i < row->changes.count; i++) {
        record.cells[row->changes.items[i].field->index] = row->changes.items[i].cell;
    }
    take_last_stage(&record, row);
    struct record_context record_context = engine_record_context(context);
    const struct field *created = object_field(row->object, STR("created_at"));
    if (record.cells[created->index].kind == CELL_INT) {
        record_context.now_ms = record.cells[created->index].integer;
    }
    return record_insert(scope, conn, &record_context, &record) &&
           stays_put(scope, conn, &record_context, &record, row);
}

/* How many stored formulas of the same record stand below this one. */
static int stored_level(const struct object *object, const struct field *field, int depth)
{
    int level = 0;
    for (int u = 0; depth < LEVEL_PASS_MAX && u < field->formula->use_count; u++) {
        const struct formula_use *use = &field->formula->uses[u];
        if (use->via || !use->field || use->object != object || !use->field->is_stored) continue;
        int below = stored_level(object, use->field, depth + 1) + 1;
        if (below > level) level = below;
    }
    return level;
}

static bool recompute_level(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context, const struct object *object,
                            int level, bool *is_any)
{
    struct formula_context formulas = access_formula_context(
        context->snapshot->access, &context->actor, NULL, object->table, context->now_ms);
    struct sql alias, sql;
    sql_begin(&alias, scope);
    sql_name(&alias, object->table);
    formulas.alias = buf_str(&alias.text);
    sql_begin(&sql, scope);
    sql_put(&sql, STR("UPDATE "));
    sql_name(&sql, object->table);
    *is_any = false;
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (!field->is_stored || stored_level(object, field, 0) != level) continue;
        sql_put(&sql, *is_any ? STR(", ") : STR(" SET "));
        *is_any = true;
        sql_name(&sql, field->column);
        sql_put(&sql, STR(" = "));
        formula_put(&sql, &formulas, field->formula);
    }
    return !*is_any || sql_exec(scope, conn, &sql);
}

bool engine_recompute(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, const struct object *object)
{
    bool is_any = true;
    for (int level = 0; is_any && level < LEVEL_PASS_MAX; level++) {
        if (!recompute_level(scope, conn, context, object, level, &is_any)) return false;
    }
    return ladder_rebuild(scope, conn, context, object);
}
