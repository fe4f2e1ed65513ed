/*
 * The fast door for what has already happened elsewhere: rows as they are, with
 * their stays. Nothing is judged; what depends on the rows (stored formulas,
 * timers) is computed afterwards, for all records of an object at once.
 */
#include "engine/inner.h"

enum { LEVEL_PASS_MAX = 8 };

bool history_check(struct scope *scope, const struct history_row *row)
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

void history_take(struct record *record, const struct history_row *row)
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

int history_stays(const struct history_row *row, const struct record *record, struct stay *out)
{
    for (int i = 0; i < row->event_count; i++) {
        const struct stage_event *event = &row->events[i];
        bool is_last = i + 1 == row->event_count;
        out[i] = (struct stay){
            .record = record->id,
            .from = i > 0 ? row->events[i - 1].stage : NULL,
            .to = event->stage,
            .at_ms = event->at_ms,
            .left_at = is_last ? cell_null() : cell_int(row->events[i + 1].at_ms),
            .owner = row->object->owner ? record->cells[row->object->owner->index] : cell_null(),
            .by = event->by,
            .reason = event->reason,
        };
    }
    return row->event_count;
}

static bool stays_put(struct scope *scope, struct db_conn *conn,
                      const struct record_context *context, const struct record *record,
                      const struct history_row *row)
{
    struct stay *stays = scope_new(scope, struct stay, row->event_count + 1);
    int count = history_stays(row, record, stays);
    return stays_insert(scope, conn, context, row->object, stays, count);
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
    if (!history_check(scope, row) ||
        !engine_people_check(scope, conn, context, row->object, row->id, &row->changes)) {
        return false;
    }
    struct record record = record_blank(scope, row->object);
    record.id = row->id;
    for (int i = 0; i < row->changes.count; i++) {
        record.cells[row->changes.items[i].field->index] = row->changes.items[i].cell;
    }
    history_take(&record, row);
    struct record_context record_context = engine_record_context(context);
    record_context.is_bulk = true;
    const struct field *created = object_field(row->object, STR("created_at"));
    if (record.cells[created->index].kind == CELL_INT) {
        record_context.now_ms = record.cells[created->index].integer;
    }
    return links_settle(scope, conn, &record_context, NULL, &record) && !error_is_set(scope) &&
           record_insert(scope, conn, &record_context, &record) &&
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

void history_put_ids(struct sql *sql, const struct history_row *rows, int count)
{
    for (int i = 0; i < count; i++) {
        sql_put(sql, i == 0 ? STR(" IN (") : STR(", "));
        sql_id(sql, rows[i].id);
    }
    sql_put(sql, STR(")"));
}

void history_put_compute(struct sql *sql, const struct engine_context *context,
                         const struct object *object, const bool *due,
                         void (*where)(struct sql *sql, const void *range), const void *range)
{
    const char *separator = " SET ";
    struct formula_context formulas = access_formula_context(
        context->snapshot->access, &context->actor, NULL, STR("t"), context->now_ms);
    sql_put(sql, STR("UPDATE "));
    sql_name(sql, object->table);
    for (int i = 0; i < object->field_count; i++) {
        if (!due[i]) continue;
        sql_put(sql, str_of(separator));
        separator = ", ";
        sql_name(sql, object->fields[i].column);
        sql_putf(sql, " = n.v%d", i);
    }
    sql_put(sql, STR(" FROM (SELECT t.id AS id"));
    for (int i = 0; i < object->field_count; i++) {
        if (!due[i]) continue;
        sql_put(sql, STR(", "));
        formula_put(sql, &formulas, object->fields[i].formula);
        sql_putf(sql, " AS v%d", i);
    }
    sql_put(sql, STR(" FROM "));
    sql_name(sql, object->table);
    sql_put(sql, STR(" AS t"));
    where(sql, range);
    /* All of them; OFFSET keeps the databases from working out each formula for every place. */
    sql_putf(sql, " LIMIT %lld OFFSET 0", (long long)INT64_MAX);
    sql_put(sql, STR(") AS n WHERE n.id = "));
    sql_name(sql, object->table);
    sql_put(sql, STR(".id AND ("));
    separator = "";
    for (int i = 0; i < object->field_count; i++) {
        if (!due[i]) continue;
        sql_put(sql, str_of(separator));
        separator = " OR ";
        sql_name(sql, object->table);
        sql_put(sql, STR("."));
        sql_name(sql, object->fields[i].column);
        sql_putf(sql, " IS DISTINCT FROM n.v%d", i);
    }
    sql_put(sql, STR(")"));
}

struct named_rows {
    const struct history_row *items; /* NULL: all */
    int count;
};

static void named_rows_put(struct sql *sql, const void *range)
{
    const struct named_rows *rows = range;
    if (!rows->items) return;
    sql_put(sql, STR(" WHERE t.id"));
    history_put_ids(sql, rows->items, rows->count);
}

static bool recompute_level(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context, const struct object *object,
                            const bool *fields, const struct named_rows *rows, int level,
                            bool *is_any)
{
    bool *due = scope_new(scope, bool, object->field_count);
    bool is_due = false;
    *is_any = false;
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (!field->is_stored || stored_level(object, field, 0) != level) continue;
        *is_any = true;
        due[i] = !fields || fields[i];
        is_due = is_due || due[i];
    }
    if (!is_due) return true;
    struct sql sql;
    sql_begin(&sql, scope);
    history_put_compute(&sql, context, object, due, named_rows_put, rows);
    return sql_exec(scope, conn, &sql);
}

bool history_compute(struct scope *scope, struct db_conn *conn,
                     const struct engine_context *context, const struct object *object,
                     const bool *fields, const struct history_row *rows, int count)
{
    const struct named_rows named = { rows, count };
    bool is_any = true;
    for (int level = 0; is_any && level < LEVEL_PASS_MAX; level++) {
        if (!recompute_level(scope, conn, context, object, fields, &named, level, &is_any)) {
            return false;
        }
    }
    return true;
}

bool engine_recompute(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, const struct object *object)
{
    return record_words(scope, conn, object, NULL, 0) &&
           history_compute(scope, conn, context, object, NULL, NULL, 0) &&
           timers_rebuild(scope, conn, context, object);
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
    if (!object->has_pipeline || row->event_count == 0 || !history_check(scope, row) ||
        !record_load(scope, conn, &record_context, object, row->id, ACTION_UPDATE, &before)) {
        return error_is_set(scope)
                   ? false
                   : error_set(scope, ERROR_INVALID, "history.order", STR("stage"));
    }
    struct record after = record_copy(scope, &before);
    *record_cell(&after, object->closed_at) = cell_null();
    history_take(&after, row);
    for (int i = 0; i < row->changes.count; i++) {
        after.cells[row->changes.items[i].field->index] = row->changes.items[i].cell;
    }
    if (!links_settle(scope, conn, &record_context, &before, &after) || error_is_set(scope)) {
        return false;
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
