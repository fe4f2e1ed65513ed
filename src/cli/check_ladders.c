/*
 * Ladders and reminders: exactly the records they watch have a timer, which counts
 * from the right moment; a ladder's to the right threshold, one level above the open
 * alert.
 */
#include "cli/check.h"

/* Over t: the moment a timer counts from. */
static void put_since(struct sql *sql, const struct check *check, const struct watch *watch)
{
    bool is_date = field_kind(watch->since) == VALUE_DATE;
    sql_put(sql, STR("("));
    sql_column(sql, STR("t"), watch->since->column);
    if (is_date) {
        sql_putf(sql, " * %d - %lld", TIME_DAY_MS,
                 (long long)check->context.snapshot->schema->zone_min * TIME_MINUTE_MS);
    }
    sql_put(sql, STR(")"));
}

/* Condition over t: the record is watched. */
static void put_under(struct sql *sql, const struct check *check, const struct watch *watch)
{
    struct formula_context formulas =
        access_formula_context(check->context.snapshot->access, &check->context.actor, NULL,
                               STR("t"), check->context.now_ms);
    sql_put(sql, STR("(t.deleted_at IS NULL AND "));
    sql_column(sql, STR("t"), watch->since->column);
    sql_put(sql, STR(" IS NOT NULL"));
    if (watch->when) {
        sql_put(sql, STR(" AND "));
        formula_put_condition(sql, &formulas, watch->when);
    }
    sql_put(sql, STR(")"));
}

static void put_threshold(struct sql *sql, const struct ladder *ladder, const struct stage *stage)
{
    sql_put(sql, STR("CASE m.level"));
    for (int level = LEVEL_YELLOW; level < LEVEL_COUNT; level++) {
        sql_putf(sql, " WHEN %d THEN ", level);
        sql_int(sql, ladder_after_ms(ladder, stage, level));
    }
    sql_put(sql, STR(" ELSE 0 END"));
}

static void put_due(struct sql *sql, const struct ladder *ladder)
{
    const struct object *object = ladder->watch.object;
    if (!object->has_pipeline) {
        put_threshold(sql, ladder, NULL);
        return;
    }
    sql_put(sql, STR("CASE t.stage"));
    for (int p = 0; p < object->pipeline_count; p++) {
        for (int s = 0; s < object->pipelines[p]->stage_count; s++) {
            const struct stage *stage = &object->pipelines[p]->stages[s];
            sql_putf(sql, " WHEN %d THEN ", stage->id);
            put_threshold(sql, ladder, stage);
        }
    }
    sql_put(sql, STR(" ELSE "));
    put_threshold(sql, ladder, NULL);
    sql_put(sql, STR(" END"));
}

static bool has_levels(const struct ladder *ladder)
{
    return ladder_next_level(ladder, NULL, LEVEL_NONE) != LEVEL_NONE;
}

static bool timers_missing(struct check *check, const struct watch *watch, bool *is_wrong)
{
    struct sql sql;
    sql_begin(&sql, check->cli->scope);
    sql_put(&sql, STR("SELECT COUNT(*), MIN(t.id) FROM "));
    sql_name(&sql, watch->object->table);
    sql_put(&sql, STR(" AS t WHERE "));
    put_under(&sql, check, watch);
    sql_put(&sql, STR(" AND NOT EXISTS (SELECT 1 FROM timer AS m WHERE m.record = t.id AND "
                      "m.rule = "));
    sql_int(&sql, watch->id);
    sql_put(&sql, STR(")"));
    return check_rows(check, &sql, "cli.check.timer_missing", watch->object->name, watch->name,
                      is_wrong);
}

/* Or a ladder's timer waits for another level, or another moment, than it should. */
static void put_wrong_level(struct sql *sql, const struct ladder *ladder)
{
    sql_put(sql, STR(" OR (m.level = 0) <> (m.due_at IS NULL) OR "
                     "(m.level <> 0 AND (m.level <= COALESCE(a.level, 0) OR m.due_at <> "
                     "m.since_at + "));
    put_due(sql, ladder);
    sql_put(sql, STR("))"));
}

/* FROM and WHERE of the timers of this rule that are wrong, under m. */
static void put_wrong_timers(struct sql *sql, const struct check *check,
                             const struct watch *watch)
{
    sql_put(sql, STR("timer AS m LEFT JOIN "));
    sql_name(sql, watch->object->table);
    sql_put(sql, STR(" AS t ON t.id = m.record LEFT JOIN alert AS a ON a.record = m.record AND "
                     "a.cleared_at IS NULL AND a.rule = "));
    sql_text(sql, watch->name);
    sql_put(sql, STR(" WHERE m.rule = "));
    sql_int(sql, watch->id);
    sql_put(sql, STR(" AND (t.id IS NULL OR NOT "));
    put_under(sql, check, watch);
    sql_put(sql, STR(" OR m.since_at <> "));
    put_since(sql, check, watch);
    if (watch->ladder) put_wrong_level(sql, watch->ladder);
    sql_put(sql, STR(")"));
}

static bool timers_wrong(struct check *check, const struct watch *watch, bool *is_wrong)
{
    struct sql sql;
    sql_begin(&sql, check->cli->scope);
    sql_put(&sql, STR("SELECT COUNT(*), MIN(m.record) FROM "));
    put_wrong_timers(&sql, check, watch);
    return check_rows(check, &sql, "cli.check.timer_wrong", watch->object->name, watch->name,
                      is_wrong);
}

/* An open alert hangs on a record that is under the ladder. */
static bool alerts_lost(struct check *check, const struct ladder *ladder)
{
    struct sql sql;
    sql_begin(&sql, check->cli->scope);
    sql_put(&sql, STR("SELECT COUNT(*), MIN(a.record) FROM alert AS a LEFT JOIN "));
    sql_name(&sql, ladder->watch.object->table);
    sql_put(&sql, STR(" AS t ON t.id = a.record WHERE a.cleared_at IS NULL AND a.rule = "));
    sql_text(&sql, ladder->watch.name);
    sql_put(&sql, STR(" AND (t.id IS NULL OR NOT "));
    put_under(&sql, check, &ladder->watch);
    sql_put(&sql, STR(")"));
    return check_rows(check, &sql, "cli.check.alert_lost", ladder->watch.object->name,
                      ladder->watch.name, NULL);
}

bool check_ladders(struct check *check)
{
    const struct rules *rules = check->workspace->snapshot->rules;
    for (int i = 0; i < rules->watch_count; i++) {
        const struct watch *watch = rules->watches[i];
        bool is_missing = false, is_wrong = false;
        bool is_timed = !watch->ladder || has_levels(watch->ladder);
        if (is_timed && !timers_missing(check, watch, &is_missing)) return false;
        if (!timers_wrong(check, watch, &is_wrong)) return false;
        if (watch->ladder && !alerts_lost(check, watch->ladder)) return false;
        check->is_timer_wrong = check->is_timer_wrong || is_missing || is_wrong;
    }
    return true;
}

/* Wrong timers go; the engine makes those that are missing, the next sweep uses them. */
bool mend_timers(struct scope *scope, struct db_conn *conn, const struct check *check)
{
    const struct rules *rules = check->workspace->snapshot->rules;
    for (int i = 0; i < rules->watch_count; i++) {
        struct sql sql;
        sql_begin(&sql, scope);
        sql_put(&sql, STR("DELETE FROM timer WHERE rule = "));
        sql_int(&sql, rules->watches[i]->id);
        sql_put(&sql, STR(" AND record IN (SELECT m.record FROM "));
        put_wrong_timers(&sql, check, rules->watches[i]);
        sql_put(&sql, STR(")"));
        if (!sql_exec(scope, conn, &sql)) return false;
    }
    return true;
}
