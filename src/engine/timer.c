/*
 * Timers. For every record that a ladder or a reminder watches there is one row:
 * since when the record counts, and when the next thing is due. A write that
 * moves the record's moment, or takes it from under the rule's condition, sets
 * the row right in the same transaction; the sweep reads rows that are due and
 * nothing else, so it costs what is newly due. What happens then, and moving the
 * timer on, are one transaction: after a crash either all of it has happened or
 * it is still due.
 *
 * What is due is said by ladder.c and remind.c; here is what both need.
 */
#include "engine/inner.h"

/* ---- one record ---- */

struct cell timer_since(const struct engine_context *context, const struct watch *watch,
                        const struct record *record)
{
    struct cell since = record->cells[watch->since->index];
    if (since.kind != CELL_INT) return cell_null();
    if (field_kind(watch->since) != VALUE_DATE) return since;
    return cell_int(time_day_start(since.integer, context->snapshot->schema->zone_min));
}

bool timer_load(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                const struct watch *watch, const struct record *record, struct timer *out)
{
    struct formula_context formulas = access_formula_context(
        context->snapshot->access, &context->actor, NULL, STR("t"), context->now_ms);
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT "));
    if (watch->when) {
        sql_put(&sql, STR("CASE WHEN "));
        formula_put_condition(&sql, &formulas, watch->when);
        sql_put(&sql, STR(" THEN 1 ELSE 0 END"));
    } else {
        sql_put(&sql, STR("1"));
    }
    sql_put(&sql, STR(", m.rule, m.since_at, m.level, m.due_at, CASE WHEN EXISTS (SELECT 1 FROM "
                      "alert AS al WHERE al.rule = "));
    sql_text(&sql, watch->name);
    sql_put(&sql, STR(" AND al.record = t.id AND al.cleared_at IS NULL) THEN 1 ELSE 0 END FROM "));
    sql_name(&sql, record->object->table);
    sql_put(&sql, STR(" AS t LEFT JOIN timer AS m ON m.record = t.id AND m.rule = "));
    sql_int(&sql, watch->id);
    sql_put(&sql, STR(" WHERE t.id = "));
    sql_id(&sql, record->id);
    struct row row;
    if (!sql_one(scope, conn, &sql, &row)) return false;
    *out = (struct timer){ 0 };
    if (row.count == 0) return true;
    out->is_under = row.cells[0].integer != 0;
    out->exists = row.cells[1].kind != CELL_NULL;
    out->since = row.cells[2];
    out->level = (int)row.cells[3].integer;
    out->due = row.cells[4];
    out->has_alert = row.cells[5].integer != 0;
    return true;
}

bool timer_put(struct scope *scope, struct db_conn *conn, const struct watch *watch,
               const struct record *record, struct cell since, int level, struct cell due)
{
    struct cell args[] = {
        cell_int(watch->id), cell_id(scope, record->id), cell_int(record->object->id),
        since, cell_int(level), due,
    };
    return db_exec(scope, conn,
                   STR("INSERT INTO timer (rule, record, object, since_at, level, due_at) "
                       "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (rule, record) DO UPDATE SET "
                       "since_at = excluded.since_at, level = excluded.level, "
                       "due_at = excluded.due_at"),
                   args, 6);
}

bool timer_drop(struct scope *scope, struct db_conn *conn, const struct watch *watch,
                struct uuid record)
{
    struct cell args[] = { cell_int(watch->id), cell_id(scope, record) };
    return db_exec(scope, conn, STR("DELETE FROM timer WHERE rule = ? AND record = ?"), args, 2);
}

static bool sync_one(struct scope *scope, struct db_conn *conn,
                     const struct engine_context *context, const struct watch *watch,
                     const struct record *record)
{
    return watch->ladder ? ladder_sync(scope, conn, context, watch->ladder, record)
                         : reminder_sync(scope, conn, context, watch->reminder, record);
}

bool timers_sync(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                 const struct record *record)
{
    const struct rules *rules = context->snapshot->rules;
    for (int i = 0; i < rules->watch_count; i++) {
        if (rules->watches[i]->object != record->object) continue;
        if (!sync_one(scope, conn, context, rules->watches[i], record)) return false;
    }
    return true;
}

bool timers_forget(struct scope *scope, struct db_conn *conn,
                   const struct engine_context *context, const struct record *record)
{
    const struct rules *rules = context->snapshot->rules;
    for (int i = 0; i < rules->watch_count; i++) {
        const struct watch *watch = rules->watches[i];
        if (watch->object != record->object) continue;
        if (!timer_drop(scope, conn, watch, record->id)) return false;
        if (watch->ladder && !ladder_forget(scope, conn, context, watch->ladder, record)) {
            return false;
        }
    }
    struct cell args[] = { cell_int(context->now_ms), actor_cell(scope, &context->actor),
                           cell_id(scope, record->id) };
    return tasks_update(scope, conn, context->engine,
                        STR("done_at = ?, done_by = ?, outcome = 'deleted' "
                            "WHERE record = ? AND done_at IS NULL"),
                        args, 3);
}

/* What its last deletion closed bears the moment of the deletion. */
bool timers_recall(struct scope *scope, struct db_conn *conn,
                   const struct engine_context *context, const struct record *record)
{
    const struct rules *rules = context->snapshot->rules;
    struct cell find_args[] = { cell_int(record->object->id), cell_id(scope, record->id),
                                cell_int(CHANGE_DELETED) };
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT at FROM change WHERE object = ? AND record = ? AND field = ? "
                    "ORDER BY id DESC LIMIT 1"),
                find_args, 3, &row)) {
        return false;
    }
    if (row.count == 0) return true;
    for (int i = 0; i < rules->watch_count; i++) {
        const struct watch *watch = rules->watches[i];
        if (watch->object != record->object || !watch->ladder) continue;
        if (!ladder_recall(scope, conn, context, watch->ladder, record, row.cells[0].integer)) {
            return false;
        }
    }
    struct cell args[] = { cell_id(scope, record->id), row.cells[0] };
    return tasks_update(scope, conn, context->engine,
                        STR("done_at = NULL, done_by = NULL, outcome = NULL "
                            "WHERE record = ? AND done_at = ? AND outcome = 'deleted'"),
                        args, 2);
}

/* ---- set-wise ---- */

void watch_put_since(struct sql *sql, const struct engine_context *context,
                     const struct watch *watch)
{
    bool is_date = field_kind(watch->since) == VALUE_DATE;
    if (is_date) sql_put(sql, STR("("));
    sql_column(sql, STR("t"), watch->since->column);
    if (!is_date) return;
    sql_putf(sql, " * %d - %lld)", TIME_DAY_MS,
             (long long)context->snapshot->schema->zone_min * TIME_MINUTE_MS);
}

void watch_put_under(struct sql *sql, const struct engine_context *context,
                     const struct watch *watch)
{
    struct formula_context formulas = access_formula_context(
        context->snapshot->access, &context->actor, NULL, STR("t"), context->now_ms);
    sql_put(sql, STR("t.deleted_at IS NULL AND "));
    sql_column(sql, STR("t"), watch->since->column);
    sql_put(sql, STR(" IS NOT NULL"));
    if (!watch->when) return;
    sql_put(sql, STR(" AND "));
    formula_put_condition(sql, &formulas, watch->when);
}

/*
 * The records named are a list of their own, bounded so that the database does not look inside:
 * with the condition beside it, it would take an index of the condition and walk through all
 * records that fulfil it.
 */
void watch_put_from(struct sql *sql, const struct engine_context *context,
                    const struct watch *watch, const struct uuid *ids, int id_count)
{
    sql_put(sql, STR(" FROM "));
    if (id_count > 0) sql_put(sql, STR("(SELECT * FROM "));
    sql_name(sql, watch->object->table);
    for (int i = 0; i < id_count; i++) {
        sql_put(sql, i == 0 ? STR(" WHERE id IN (") : STR(", "));
        sql_id(sql, ids[i]);
    }
    if (id_count > 0) sql_putf(sql, ") LIMIT %d)", id_count);
    sql_put(sql, STR(" AS t WHERE "));
    watch_put_under(sql, context, watch);
}

bool timers_begin(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                  const struct object *object, const struct uuid *ids, int id_count)
{
    const struct rules *rules = context->snapshot->rules;
    for (int i = 0; i < rules->watch_count && id_count > 0; i++) {
        const struct watch *watch = rules->watches[i];
        if (watch->object != object) continue;
        bool ok = watch->ladder
                      ? ladder_fill(scope, conn, context, watch->ladder, ids, id_count)
                      : reminder_fill(scope, conn, context, watch->reminder, ids, id_count);
        if (!ok) return false;
    }
    return true;
}

bool timers_retire(struct scope *scope, struct db_conn *conn, const struct engine_context *context)
{
    const struct rules *rules = context->snapshot->rules;
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("DELETE FROM timer WHERE rule NOT IN (0"));
    for (int i = 0; i < rules->watch_count; i++) sql_putf(&sql, ", %d", rules->watches[i]->id);
    sql_put(&sql, STR(")"));
    return sql_exec(scope, conn, &sql) && ladder_retire(scope, conn, context);
}

bool timers_rebuild(struct scope *scope, struct db_conn *conn,
                    const struct engine_context *context, const struct object *object)
{
    const struct rules *rules = context->snapshot->rules;
    for (int i = 0; i < rules->watch_count; i++) {
        const struct watch *watch = rules->watches[i];
        if (watch->object != object) continue;
        bool ok = watch->ladder ? ladder_rebuild(scope, conn, context, watch->ladder)
                                : reminder_rebuild(scope, conn, context, watch->reminder);
        if (!ok) return false;
    }
    return true;
}

/* ---- the sweep ---- */

static bool sweep_one(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, const struct cell *row)
{
    const struct watch *watch = rules_watch(context->snapshot->rules, row[0].integer);
    struct uuid id = cell_uuid(&row[1]);
    struct cell drop_args[] = { row[0], row[1] };
    struct str drop = STR("DELETE FROM timer WHERE rule = ? AND record = ?");
    struct record_context record_context = engine_record_context(context);
    struct record record;
    if (!watch) return db_exec(scope, conn, drop, drop_args, 2);
    if (!record_load(scope, conn, &record_context, watch->object, id, ACTION_READ, &record)) {
        if (scope->error.code != ERROR_NOT_FOUND) return false;
        scope_error_clear(scope);
        return db_exec(scope, conn, drop, drop_args, 2);
    }
    /* The timer may be older than a configuration change: look again before telling anybody. */
    struct timer timer;
    if (!sync_one(scope, conn, context, watch, &record) ||
        !timer_load(scope, conn, context, watch, &record, &timer)) {
        return false;
    }
    if (!timer.exists || timer.due.kind != CELL_INT || timer.due.integer > context->now_ms) {
        return true;
    }
    return watch->ladder ? ladder_raise(scope, conn, context, watch->ladder, &record, &timer)
                         : reminder_tell(scope, conn, context, watch->reminder, &record, &timer);
}

bool engine_sweep(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                  int count_max, int *count)
{
    struct readers readers = { .count = 0 };
    struct engine_context sweeping = *context;
    struct cell args[] = { cell_int(context->now_ms), cell_int(count_max) };
    struct rows rows;
    sweeping.readers = &readers;
    if (!db_all(scope, conn,
                STR("SELECT rule, record FROM timer WHERE due_at <= ? ORDER BY due_at LIMIT ?"),
                args, 2, count_max, &rows)) {
        return false;
    }
    *count = rows.count;
    for (int i = 0; i < rows.count; i++) {
        if (!sweep_one(scope, conn, &sweeping, rows.items[i].cells)) return false;
    }
    return true;
}

bool engine_next_due(struct scope *scope, struct db_conn *conn, int64_t *out_ms)
{
    struct row row;
    if (!db_one(scope, conn, STR("SELECT MIN(due_at) FROM timer"), NULL, 0, &row)) return false;
    *out_ms = row.cells[0].kind == CELL_INT ? row.cells[0].integer : 0;
    return true;
}
