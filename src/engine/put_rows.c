/*
 * Many new rows at once: put in, judged and followed set-wise, so that what a row costs is
 * the database's work for the row and not that of a dozen statements. Only where nothing else
 * follows from a create; who does not pass is found out by the caller, one by one.
 */
#include "engine/inner.h"

bool engine_may_put_rows(const struct engine_context *context, const struct object *object,
                         bool is_history)
{
    bool is_line = object->owned_by != NULL; /* the record it belongs to tells of it */
    if (object->is_builtin || is_line ||
        rows_have_dependants(context->snapshot->schema, object, NULL)) {
        return false;
    }
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
    history_put_ids(&sql, rows, count);
    sql_put(&sql, STR(" AND ("));
    put_refused(&sql, context, object, is_lenient);
    sql_put(&sql, STR(") LIMIT 1"));
    if (!sql_one(scope, conn, &sql, &row)) return false;
    *is_refused = row.count > 0;
    return true;
}

/* The row as a record: what is given, its owner, where it stands. */
static struct record record_of(struct scope *scope, const struct engine_context *context,
                               const struct history_row *row)
{
    struct record record = record_blank(scope, row->object);
    const struct field *owner = row->object->owner;
    record.id = row->id;
    for (int i = 0; i < row->changes.count; i++) {
        record.cells[row->changes.items[i].field->index] = row->changes.items[i].cell;
    }
    if (owner && record.cells[owner->index].kind == CELL_NULL &&
        !uuid_is_nil(context->actor.user)) {
        record.cells[owner->index] = cell_id(scope, context->actor.user);
    }
    history_take(&record, row);
    return record;
}

static bool rows_insert(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, const struct history_row *rows,
                        int count)
{
    struct record_context record_context = engine_record_context(context);
    record_context.is_bulk = true;
    struct record *records = scope_new(scope, struct record, count);
    int event_count = 0, stay_count = 0;
    for (int i = 0; i < count; i++) {
        if (!history_check(scope, &rows[i])) return false;
        records[i] = record_of(scope, context, &rows[i]);
        event_count += rows[i].event_count;
    }
    if (!links_settle_new(scope, conn, &record_context, records, count) || error_is_set(scope)) {
        return false;
    }
    struct stay *stays = scope_new(scope, struct stay, event_count + 1);
    for (int i = 0; i < count; i++) {
        stay_count += history_stays(&rows[i], &records[i], stays + stay_count);
    }
    return records_insert(scope, conn, &record_context, records, count) &&
           stays_insert(scope, conn, &record_context, rows[0].object, stays, stay_count);
}

static void tell(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                 const struct history_row *rows, int count)
{
    struct event *events = scope_new(scope, struct event, count);
    for (int i = 0; i < count; i++) {
        events[i] = (struct event){ .kind = EVENT_RECORD, .object = rows[i].object->id,
                                    .id = rows[i].id, .version = 1 };
    }
    rows_tell(conn, context, events, count);
}

static bool people_check(struct scope *scope, const struct engine_context *context,
                         const struct history_row *rows, int count)
{
    for (int i = 0; i < count; i++) {
        if (!engine_people_check(scope, NULL, context, rows[i].object, rows[i].id,
                                 &rows[i].changes)) {
            return false;
        }
    }
    return true;
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
    struct engine_context system = *context;
    system.actor.role = NULL; /* what is stored does not depend on who may see what */
    bool ok = people_check(scope, context, rows, count) &&
              rows_insert(scope, conn, context, rows, count) &&
              history_compute(scope, conn, &system, object, NULL, rows, count) &&
              is_one_refused(scope, conn, context, object, rows, count, is_lenient, is_refused);
    if (!ok && scope->error.code != ERROR_STORAGE) {
        scope_error_clear(scope);
        *is_refused = true;
    }
    if (*is_refused) return true;
    if (!ok) return false;
    struct uuid *ids = scope_new(scope, struct uuid, count);
    for (int i = 0; i < count; i++) ids[i] = rows[i].id;
    tell(scope, conn, context, rows, count);
    return record_words(scope, conn, object, ids, count) &&
           timers_begin(scope, conn, &system, object, ids, count);
}
