/*
 * Ladders: what a record's timer and alert are to be. The timer says since when the
 * record has been still, which level comes next, and when. A write that moves
 * `since` re-arms it and clears the alert in the same transaction.
 */
#include "engine/inner.h"

const struct stage *stage_of_record(const struct schema *schema, const struct record *record)
{
    if (!record->object->has_pipeline) return NULL;
    return schema_stage_by_id(schema, record->cells[record->object->stage->index].integer);
}

/* ---- following a record ---- */

static bool alert_clear(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, const struct ladder *ladder,
                        const struct record *record, struct str why)
{
    struct cell args[] = { cell_int(context->now_ms), actor_cell(scope, &context->actor),
                           cell_text(why), cell_text(ladder->watch.name),
                           cell_id(scope, record->id) };
    struct row row;
    if (!db_one(scope, conn,
                STR("UPDATE alert SET cleared_at = ?, cleared_by = ?, cleared_why = ?, "
                    "version = version + 1 WHERE rule = ? AND record = ? AND cleared_at IS NULL "
                    "RETURNING id"),
                args, 5, &row)) {
        return false;
    }
    if (row.count == 0) return true;
    struct uuid alert = cell_uuid(&row.cells[0]);
    struct cell task_args[] = { args[0], args[1], cell_id(scope, alert) };
    event_tell(context->engine, conn,
              (struct event){ .kind = EVENT_ALERT, .object = record->object->id, .id = alert,
                              .record = record->id });
    return tasks_update(scope, conn, context->engine,
                        STR("done_at = ?, done_by = ?, outcome = 'cleared' "
                            "WHERE alert = ? AND done_at IS NULL"),
                        task_args, 3);
}

struct cell ladder_due(const struct ladder *ladder, const struct stage *stage,
                          const struct cell *since, int level)
{
    if (level == LEVEL_NONE) return cell_null();
    return cell_int(since->integer + ladder_after_ms(ladder, stage, level));
}

bool ladder_sync(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                 const struct ladder *ladder, const struct record *record)
{
    const struct watch *watch = &ladder->watch;
    const struct stage *stage = stage_of_record(context->snapshot->schema, record);
    struct cell since = timer_since(context, watch, record);
    struct timer timer;
    if (!timer_load(scope, conn, context, watch, record, &timer)) return false;
    if (!timer.is_under || since.kind != CELL_INT) {
        return (!timer.exists || timer_drop(scope, conn, watch, record->id)) &&
               (!timer.has_alert ||
                alert_clear(scope, conn, context, ladder, record, STR("closed")));
    }
    /* Unmoved, or moved back (a log was deleted): what stands goes on standing. */
    if (timer.exists && since.integer <= timer.since.integer) {
        struct cell due = ladder_due(ladder, stage, &since, timer.level);
        bool is_same = cell_equal(&since, &timer.since) && cell_equal(&due, &timer.due);
        return is_same || timer_put(scope, conn, watch, record, since, timer.level, due);
    }
    int level = ladder_next_level(ladder, stage, LEVEL_NONE);
    if (timer.has_alert && !alert_clear(scope, conn, context, ladder, record, STR("moved"))) {
        return false;
    }
    return timer_put(scope, conn, watch, record, since, level,
                     ladder_due(ladder, stage, &since, level));
}

bool ladder_forget(struct scope *scope, struct db_conn *conn,
                   const struct engine_context *context, const struct ladder *ladder,
                   const struct record *record)
{
    return alert_clear(scope, conn, context, ladder, record, STR("deleted"));
}

static bool alert_reopen(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, const struct record *record,
                         struct cell alert, int64_t deleted_at_ms)
{
    struct cell task_args[] = { alert, cell_int(deleted_at_ms) };
    event_tell(context->engine, conn,
              (struct event){ .kind = EVENT_ALERT, .object = record->object->id,
                              .id = cell_uuid(&alert), .record = record->id });
    return db_exec(scope, conn,
                   STR("UPDATE alert SET cleared_at = NULL, cleared_by = NULL, "
                       "cleared_why = NULL, version = version + 1 WHERE id = ?"),
                   &alert, 1) &&
           tasks_update(scope, conn, context->engine,
                        STR("done_at = NULL, done_by = NULL, outcome = NULL "
                            "WHERE alert = ? AND done_at = ? AND outcome = 'cleared'"),
                        task_args, 2);
}

/* Nobody is told again: the alert and its tasks stand as if it had never been deleted. */
bool ladder_recall(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                   const struct ladder *ladder, const struct record *record,
                   int64_t deleted_at_ms)
{
    const struct watch *watch = &ladder->watch;
    const struct stage *stage = stage_of_record(context->snapshot->schema, record);
    struct cell args[] = { cell_text(watch->name), cell_id(scope, record->id),
                           cell_int(deleted_at_ms) };
    struct cell since = timer_since(context, watch, record);
    struct timer timer;
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT id, level FROM alert WHERE rule = ? AND record = ? AND "
                    "cleared_at = ? AND cleared_why = 'deleted'"),
                args, 3, &row)) {
        return false;
    }
    if (row.count == 0) return true;
    if (!timer_load(scope, conn, context, watch, record, &timer)) return false;
    int level = (int)row.cells[1].integer;
    int64_t after_ms = ladder_after_ms(ladder, stage, level);
    bool is_reached = timer.is_under && since.kind == CELL_INT && after_ms != 0 &&
                      since.integer + after_ms <= context->now_ms;
    if (!is_reached) return true;
    int next = ladder_next_level(ladder, stage, level);
    return alert_reopen(scope, conn, context, record, row.cells[0], deleted_at_ms) &&
           timer_put(scope, conn, watch, record, since, next,
                     ladder_due(ladder, stage, &since, next));
}

/* ---- set-wise ---- */

/* What a level means, by the row's stage: the milliseconds after which it is reached; 0 is NULL. */
static int64_t after_of(const struct ladder *ladder, const struct stage *stage, int level)
{
    return level == LEVEL_NONE ? 0 : ladder_after_ms(ladder, stage, level);
}
/* The milliseconds of the next level, and that level itself. */
static int64_t next_after_of(const struct ladder *ladder, const struct stage *stage, int level)
{
    return after_of(ladder, stage, ladder_next_level(ladder, stage, level));
}
static int64_t next_level_of(const struct ladder *ladder, const struct stage *stage, int level)
{
    return ladder_next_level(ladder, stage, level);
}

static void put_number(struct sql *sql, int64_t number, bool has_zero)
{
    if (number == 0 && !has_zero) {
        sql_put(sql, STR("NULL"));
    } else {
        sql_putf(sql, "%lld", (long long)number);
    }
}

/* value(stage of t, level) as an expression. */
static void put_by_stage(struct sql *sql, const struct ladder *ladder, int level, bool has_zero,
                         int64_t (*value)(const struct ladder *ladder, const struct stage *stage,
                                          int level))
{
    const struct object *object = ladder->watch.object;
    int64_t otherwise = value(ladder, NULL, level);
    sql_put(sql, STR("CASE"));
    for (int p = 0; object->has_pipeline && p < object->pipeline_count; p++) {
        const struct pipeline *pipeline = object->pipelines[p];
        for (int s = 0; s < pipeline->stage_count; s++) {
            const struct stage *stage = &pipeline->stages[s];
            if (value(ladder, stage, level) == otherwise) continue;
            sql_putf(sql, " WHEN t.stage = %d THEN ", stage->id);
            put_number(sql, value(ladder, stage, level), has_zero);
        }
    }
    sql_put(sql, STR(" WHEN 1=0 THEN 0 ELSE "));
    put_number(sql, otherwise, has_zero);
    sql_put(sql, STR(" END"));
}

/* Timers of records that have none yet: of all, or of those named. */
bool ladder_fill(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                 const struct ladder *ladder, const struct uuid *ids, int id_count)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("INSERT INTO timer (rule, record, object, since_at, level, due_at) SELECT "));
    sql_putf(&sql, "%d, t.id, %d, ", ladder->watch.id, ladder->watch.object->id);
    sql_column(&sql, STR("t"), ladder->watch.since->column);
    sql_put(&sql, STR(", "));
    put_by_stage(&sql, ladder, LEVEL_NONE, true, next_level_of);
    sql_put(&sql, STR(", "));
    sql_column(&sql, STR("t"), ladder->watch.since->column);
    sql_put(&sql, STR(" + "));
    put_by_stage(&sql, ladder, LEVEL_NONE, false, next_after_of);
    watch_put_from(&sql, context, &ladder->watch, ids, id_count);
    sql_put(&sql, STR(" ON CONFLICT (rule, record) DO NOTHING"));
    return sql_exec(scope, conn, &sql);
}

/* Timers of records that have left the ladder, or whose clock says otherwise, and have no alert. */
static bool timers_prune(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, const struct ladder *ladder)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("DELETE FROM timer WHERE rule = "));
    sql_int(&sql, ladder->watch.id);
    sql_put(&sql, STR(" AND (NOT EXISTS (SELECT 1 FROM "));
    sql_name(&sql, ladder->watch.object->table);
    sql_put(&sql, STR(" AS t WHERE t.id = timer.record AND "));
    watch_put_under(&sql, context, &ladder->watch);
    sql_put(&sql, STR(") OR NOT EXISTS (SELECT 1 FROM alert AS a WHERE a.rule = "));
    sql_text(&sql, ladder->watch.name);
    sql_put(&sql, STR(" AND a.record = timer.record AND a.cleared_at IS NULL))"));
    return sql_exec(scope, conn, &sql);
}

/* Tasks go with their alerts. */
static bool tasks_clear(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context)
{
    struct cell args[] = { cell_int(context->now_ms), actor_cell(scope, &context->actor) };
    return db_exec(scope, conn,
                   STR("UPDATE task SET done_at = ?, done_by = ?, outcome = 'cleared', "
                       "version = version + 1 WHERE done_at IS NULL AND alert IS NOT NULL AND "
                       "EXISTS (SELECT 1 FROM alert AS a WHERE a.id = task.alert AND "
                       "a.cleared_at IS NOT NULL)"),
                   args, 2);
}

static void put_clear(struct sql *sql, const struct engine_context *context)
{
    sql_put(sql, STR("UPDATE alert SET cleared_at = "));
    sql_int(sql, context->now_ms);
    sql_put(sql, STR(", cleared_by = "));
    sql_value(sql, actor_cell(sql->text.scope, &context->actor));
    sql_put(sql, STR(", cleared_why = 'rule', version = version + 1 "
                     "WHERE cleared_at IS NULL AND "));
}

/* Open alerts whose record is not under the ladder any more, or not at their level. */
static bool alerts_clear(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, const struct ladder *ladder)
{
    struct sql sql;
    sql_begin(&sql, scope);
    put_clear(&sql, context);
    sql_put(&sql, STR("rule = "));
    sql_text(&sql, ladder->watch.name);
    sql_put(&sql, STR(" AND NOT EXISTS (SELECT 1 FROM "));
    sql_name(&sql, ladder->watch.object->table);
    sql_put(&sql, STR(" AS t WHERE t.id = alert.record AND "));
    watch_put_under(&sql, context, &ladder->watch);
    sql_put(&sql, STR(" AND "));
    sql_column(&sql, STR("t"), ladder->watch.since->column);
    sql_put(&sql, STR(" + CASE alert.level"));
    for (int level = LEVEL_YELLOW; level < LEVEL_COUNT; level++) {
        sql_putf(&sql, " WHEN %d THEN ", level);
        put_by_stage(&sql, ladder, level, false, after_of);
    }
    sql_put(&sql, STR(" END <= "));
    sql_int(&sql, context->now_ms);
    sql_put(&sql, STR(")"));
    return sql_exec(scope, conn, &sql) && tasks_clear(scope, conn, context);
}

/* Records with an open alert of this level wait for what is next above it now. */
static bool timers_align(struct scope *scope, struct db_conn *conn, const struct ladder *ladder,
                         int level)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("UPDATE timer SET (since_at, level, due_at) = (SELECT "));
    sql_column(&sql, STR("t"), ladder->watch.since->column);
    sql_put(&sql, STR(", "));
    put_by_stage(&sql, ladder, level, true, next_level_of);
    sql_put(&sql, STR(", "));
    sql_column(&sql, STR("t"), ladder->watch.since->column);
    sql_put(&sql, STR(" + "));
    put_by_stage(&sql, ladder, level, false, next_after_of);
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, ladder->watch.object->table);
    sql_put(&sql, STR(" AS t WHERE t.id = timer.record) WHERE rule = "));
    sql_int(&sql, ladder->watch.id);
    sql_put(&sql, STR(" AND record IN (SELECT a.record FROM alert AS a WHERE a.rule = "));
    sql_text(&sql, ladder->watch.name);
    sql_putf(&sql, " AND a.cleared_at IS NULL AND a.level = %d)", level);
    return sql_exec(scope, conn, &sql);
}

bool ladder_retire(struct scope *scope, struct db_conn *conn,
                   const struct engine_context *context)
{
    const struct rules *rules = context->snapshot->rules;
    struct sql sql;
    sql_begin(&sql, scope);
    put_clear(&sql, context);
    sql_put(&sql, STR("rule NOT IN (''"));
    for (int i = 0; i < rules->ladder_count; i++) {
        sql_put(&sql, STR(", "));
        sql_text(&sql, rules->ladders[i].watch.name);
    }
    sql_put(&sql, STR(")"));
    return sql_exec(scope, conn, &sql) && tasks_clear(scope, conn, context);
}

bool ladder_rebuild(struct scope *scope, struct db_conn *conn,
                    const struct engine_context *context, const struct ladder *ladder)
{
    if (!alerts_clear(scope, conn, context, ladder) ||
        !timers_prune(scope, conn, context, ladder) ||
        !ladder_fill(scope, conn, context, ladder, NULL, 0)) {
        return false;
    }
    for (int level = LEVEL_YELLOW; level < LEVEL_COUNT; level++) {
        if (!timers_align(scope, conn, ladder, level)) return false;
    }
    return true;
}
