/*
 * The fast door for what has already happened elsewhere: rows as they are, with
 * their stays. Nothing is judged; what depends on the rows (stored formulas,
 * timers) is computed afterwards, for all records of an object at once.
 */
#include "engine/inner.h"

enum { LEVEL_PASS_MAX = 8, TELL_COUNT_MAX = 20 };

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
    record_context.is_bulk = true;
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

/* Which rows are meant: all, or those just put in. */
static void put_these(struct sql *sql, const struct history_row *rows, int count)
{
    for (int i = 0; i < count; i++) {
        sql_put(sql, i == 0 ? STR(" IN (") : STR(", "));
        sql_id(sql, rows[i].id);
    }
    sql_put(sql, STR(")"));
}

static bool recompute_level(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context, const struct object *object,
                            const struct history_row *rows, int count, int level, bool *is_any)
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
    if (rows) {
        sql_put(&sql, STR(" WHERE id"));
        put_these(&sql, rows, count);
    }
    return !*is_any || sql_exec(scope, conn, &sql);
}

static bool recompute(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, const struct object *object,
                      const struct history_row *rows, int count)
{
    bool is_any = true;
    for (int level = 0; is_any && level < LEVEL_PASS_MAX; level++) {
        if (!recompute_level(scope, conn, context, object, rows, count, level, &is_any)) {
            return false;
        }
    }
    return true;
}

bool engine_recompute(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, const struct object *object)
{
    return record_words(scope, conn, object, NULL, 0) &&
           recompute(scope, conn, context, object, NULL, 0) &&
           timers_rebuild(scope, conn, context, object);
}

/* ---- many new rows at once ---- */

/* Would a stored formula of some other record have to be computed again? */
static bool has_dependants(const struct schema *schema, const struct object *object)
{
    for (int o = 0; o < schema->object_count; o++) {
        for (int i = 0; i < schema->objects[o].field_count; i++) {
            const struct field *field = &schema->objects[o].fields[i];
            for (int u = 0; field->is_stored && field->formula && u < field->formula->use_count;
                 u++) {
                const struct formula_use *use = &field->formula->uses[u];
                if (use->via && !use->is_forward && use->object == object) return true;
            }
        }
    }
    return false;
}

bool engine_may_put_rows(const struct engine_context *context, const struct object *object,
                         bool is_history)
{
    if (object->is_builtin || has_dependants(context->snapshot->schema, object)) return false;
    if (is_history) return true;
    const struct rules *rules = context->snapshot->rules;
    for (int i = 0; i < rules->change_count; i++) {
        if (rules->changes[i].object == object && (rules->changes[i].events & RULE_CREATE)) {
            return false;
        }
    }
    for (int p = 0; p < object->pipeline_count; p++) {
        const struct pipeline *pipeline = object->pipelines[p];
        for (int i = 0; i < pipeline->stage_count; i++) {
            if (pipeline->stages[i].enter_count > 0 && i == 0) return false;
        }
    }
    return true;
}

/* True for a row that a required field, a condition for one, or a validation refuses. */
static void put_refused(struct sql *sql, const struct engine_context *context,
                        const struct object *object, bool is_lenient)
{
    struct formula_context formulas = access_formula_context(
        context->snapshot->access, &context->actor, NULL, STR("t"), context->now_ms);
    formulas.is_new = true;
    sql_put(sql, STR("1=0"));
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (field->column.size == 0 || field->is_system || field->is_stored) continue;
        if (field->is_required && !is_lenient) {
            sql_put(sql, STR(" OR "));
            sql_column(sql, STR("t"), field->column);
            sql_put(sql, STR(" IS NULL"));
        }
        if (field->required_if && !is_lenient) {
            sql_put(sql, STR(" OR ("));
            sql_column(sql, STR("t"), field->column);
            sql_put(sql, STR(" IS NULL AND "));
            formula_put_condition(sql, &formulas, field->required_if);
            sql_put(sql, STR(")"));
        }
        if (field->validate.formula) {
            sql_put(sql, STR(" OR ("));
            sql_column(sql, STR("t"), field->column);
            sql_put(sql, STR(" IS NOT NULL AND CASE WHEN "));
            formula_put_condition(sql, &formulas, field->validate.formula);
            sql_put(sql, STR(" THEN 0 ELSE 1 END = 1)"));
        }
    }
}

static bool is_one_refused(struct scope *scope, struct db_conn *conn,
                           const struct engine_context *context, const struct object *object,
                           const struct history_row *rows, int count, bool is_lenient,
                           bool *is_refused)
{
    struct sql sql;
    struct row row;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT 1 FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" AS t WHERE t.id"));
    put_these(&sql, rows, count);
    sql_put(&sql, STR(" AND ("));
    put_refused(&sql, context, object, is_lenient);
    sql_put(&sql, STR(") LIMIT 1"));
    if (!sql_one(scope, conn, &sql, &row)) return false;
    *is_refused = row.count > 0;
    return true;
}

static bool rows_insert(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, const struct history_row *rows,
                        int count)
{
    struct record_context record_context = engine_record_context(context);
    record_context.is_bulk = true;
    for (int i = 0; i < count; i++) {
        if (!events_check(scope, &rows[i])) return false;
        struct record record = record_blank(scope, rows[i].object);
        record.id = rows[i].id;
        for (int c = 0; c < rows[i].changes.count; c++) {
            record.cells[rows[i].changes.items[c].field->index] = rows[i].changes.items[c].cell;
        }
        const struct field *owner = rows[i].object->owner;
        if (owner && record.cells[owner->index].kind == CELL_NULL &&
            !uuid_is_nil(context->actor.user)) {
            record.cells[owner->index] = cell_id(scope, context->actor.user);
        }
        take_last_stage(&record, &rows[i]);
        if (!record_insert(scope, conn, &record_context, &record) ||
            !stays_put(scope, conn, &record_context, &record, &rows[i])) {
            return false;
        }
    }
    return true;
}

static void tell_rows(struct db_conn *conn, const struct engine_context *context,
                      const struct history_row *rows, int count)
{
    if (count > TELL_COUNT_MAX) {
        event_tell(context->engine, conn, (struct event){ .kind = EVENT_ALL });
        return;
    }
    for (int i = 0; i < count; i++) {
        event_tell(context->engine, conn,
                  (struct event){ .kind = EVENT_RECORD, .object = rows[i].object->id,
                                  .id = rows[i].id, .version = 1 });
    }
}

bool engine_put_rows(struct scope *scope, struct db_conn *conn,
                     const struct engine_context *context, const struct history_row *rows,
                     int count, bool is_lenient, bool *is_refused)
{
    *is_refused = false;
    if (count == 0) return true;
    const struct object *object = rows[0].object;
    if (!access_check(scope, context->snapshot->access, &context->actor, object, ACTION_CREATE)) {
        return false;
    }
    bool ok = rows_insert(scope, conn, context, rows, count) &&
              is_one_refused(scope, conn, context, object, rows, count, is_lenient, is_refused);
    if (!ok && (scope->error.code == ERROR_CONFLICT || scope->error.code == ERROR_INVALID)) {
        scope_error_clear(scope);
        *is_refused = true;
    }
    if (*is_refused) return true;
    if (!ok) return false;
    struct engine_context system = *context;
    system.actor.role = NULL; /* what is stored does not depend on who may see what */
    struct uuid *ids = scope_new(scope, struct uuid, count);
    for (int i = 0; i < count; i++) ids[i] = rows[i].id;
    tell_rows(conn, context, rows, count);
    return record_words(scope, conn, object, ids, count) &&
           recompute(scope, conn, &system, object, rows, count) &&
           timers_begin(scope, conn, &system, object, ids, count);
}

/* ---- stays, made anew ---- */

static bool stays_drop(struct scope *scope, struct db_conn *conn, const struct record *record)
{
    struct cell args[] = { cell_int(record->object->id), cell_id(scope, record->id) };
    return db_exec(scope, conn, STR("DELETE FROM stage_stay WHERE object = ? AND record = ?"),
                   args, 2);
}

bool engine_put_stays(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, const struct history_row *row)
{
    const struct object *object = row->object;
    struct record_context record_context = engine_record_context(context);
    struct record before;
    if (!actor_has_right(&context->actor, RIGHT_IMPORT_HISTORY)) {
        return error_set(scope, ERROR_DENIED, "access.import_history", STR(""));
    }
    if (!object->has_pipeline || row->event_count == 0 || !events_check(scope, row) ||
        !record_load(scope, conn, &record_context, object, row->id, ACTION_UPDATE, &before)) {
        return error_is_set(scope)
                   ? false
                   : error_set(scope, ERROR_INVALID, "history.order", STR("stage"));
    }
    struct record after = record_copy(scope, &before);
    *record_cell(&after, object->closed_at) = cell_null();
    take_last_stage(&after, row);
    for (int i = 0; i < row->changes.count; i++) {
        after.cells[row->changes.items[i].field->index] = row->changes.items[i].cell;
    }
    bool *changed = scope_new(scope, bool, object->field_count);
    bool is_changed = false;
    if (!record_update(scope, conn, &record_context, &before, &after, &is_changed) ||
        !stays_drop(scope, conn, &after) ||
        !stays_put(scope, conn, &record_context, &after, row) ||
        !stored_compute(scope, conn, &record_context, &after, NULL, changed)) {
        return false;
    }
    event_tell(context->engine, conn,
              (struct event){ .kind = EVENT_RECORD, .object = object->id, .id = row->id,
                              .version = after.version });
    return timers_sync(scope, conn, context, &after);
}
