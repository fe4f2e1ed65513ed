/*
 * Reminders. The timer's due_at is the moment of the next step; which steps that
 * is, and which come after, follows from the record's moment, because a step on
 * a day and one counted in hours can stand in either order. A step is told once
 * per person and moment: its message's key says so, whatever happens to the timer.
 *
 * Nobody is told of steps that had passed before the reminder began to watch, nor,
 * after a standstill, of all that were missed: only the latest and fresh ones.
 */
#include "engine/inner.h"

enum { REMINDER_LATE_MAX_MS = 12 * TIME_HOUR_MS };
static const int64_t NEVER_MS = INT64_MAX;

static int zone_of(const struct engine_context *context)
{
    return context->snapshot->schema->zone_min;
}

/* The first step at from_ms or later; blank when all have passed. */
static struct cell next_step(const struct engine_context *context,
                             const struct reminder *reminder, int64_t since_ms, int64_t from_ms)
{
    int64_t next_ms = NEVER_MS;
    for (int i = 0; i < reminder->step_count; i++) {
        int64_t due_ms = reminder_due_ms(&reminder->steps[i], since_ms, zone_of(context));
        if (due_ms >= from_ms && due_ms < next_ms) next_ms = due_ms;
    }
    return next_ms == NEVER_MS ? cell_null() : cell_int(next_ms);
}

bool reminder_sync(struct scope *scope, struct db_conn *conn,
                   const struct engine_context *context, const struct reminder *reminder,
                   const struct record *record)
{
    const struct watch *watch = &reminder->watch;
    struct cell since = timer_since(context, watch, record);
    struct timer timer;
    if (!timer_load(scope, conn, context, watch, record, &timer)) return false;
    if (!timer.is_under || since.kind != CELL_INT) {
        return !timer.exists || timer_drop(scope, conn, watch, record->id);
    }
    if (timer.exists && cell_equal(&since, &timer.since)) return true;
    return timer_put(scope, conn, watch, record, since, 0,
                     next_step(context, reminder, since.integer, context->now_ms));
}

/* ---- set-wise ---- */

/* The moment of a step, by the since_at that is in reach. */
static void put_due(struct sql *sql, const struct engine_context *context,
                    const struct reminder_step *step)
{
    long long zone_ms = (long long)zone_of(context) * TIME_MINUTE_MS;
    if (!step->is_on_day) {
        sql_putf(sql, "since_at + %lld", (long long)step->at_ms);
        return;
    }
    /* Its local midnight; the remainder is brought above 0 for moments before 1970. */
    sql_putf(sql, "since_at - (((since_at + %lld) %% %d) + %d) %% %d + %lld", zone_ms,
             TIME_DAY_MS, TIME_DAY_MS, TIME_DAY_MS,
             (long long)step->day * TIME_DAY_MS + (long long)step->at_ms);
}

/* next_step() in the database: the first at the moment that stands in from, or later. */
static void put_next(struct sql *sql, const struct engine_context *context,
                     const struct reminder *reminder, const struct sql *from)
{
    sql_put(sql, STR("(SELECT MIN(s.due) FROM ("));
    for (int i = 0; i < reminder->step_count; i++) {
        sql_put(sql, i == 0 ? STR("SELECT ") : STR(" UNION ALL SELECT "));
        put_due(sql, context, &reminder->steps[i]);
        sql_put(sql, STR(" AS due"));
    }
    sql_put(sql, STR(") AS s WHERE s.due >= "));
    sql_append(sql, from);
    sql_put(sql, STR(")"));
}

/* Timers of records that have none yet: of all, or of those named. */
bool reminder_fill(struct scope *scope, struct db_conn *conn,
                   const struct engine_context *context, const struct reminder *reminder,
                   const struct uuid *ids, int id_count)
{
    const struct watch *watch = &reminder->watch;
    struct sql sql, now;
    sql_begin(&sql, scope);
    sql_begin(&now, scope);
    sql_int(&now, context->now_ms);
    sql_put(&sql, STR("INSERT INTO timer (rule, record, object, since_at, level, due_at) SELECT "));
    sql_putf(&sql, "%d, u.id, %d, u.since_at, 0, ", watch->id, watch->object->id);
    put_next(&sql, context, reminder, &now);
    sql_put(&sql, STR(" FROM (SELECT t.id AS id, "));
    watch_put_since(&sql, context, watch);
    sql_put(&sql, STR(" AS since_at"));
    watch_put_from(&sql, context, watch, ids, id_count);
    sql_put(&sql, STR(") AS u WHERE u.since_at IS NOT NULL "
                      "ON CONFLICT (rule, record) DO NOTHING"));
    return sql_exec(scope, conn, &sql);
}

/*
 * The steps may be others now: each timer waits for the first one after what it has
 * dealt with, which is everything before its due_at and before this moment.
 */
static bool timers_align(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, const struct reminder *reminder)
{
    struct sql sql, from;
    sql_begin(&sql, scope);
    sql_begin(&from, scope);
    sql_put(&from, STR("CASE WHEN timer.due_at < "));
    sql_int(&from, context->now_ms);
    sql_put(&from, STR(" THEN timer.due_at ELSE "));
    sql_int(&from, context->now_ms);
    sql_put(&from, STR(" END"));
    sql_put(&sql, STR("UPDATE timer SET due_at = "));
    put_next(&sql, context, reminder, &from);
    sql_put(&sql, STR(" WHERE rule = "));
    sql_int(&sql, reminder->watch.id);
    return sql_exec(scope, conn, &sql);
}

/* Timers of records that are watched no more, or from another moment now. */
static bool timers_prune(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, const struct reminder *reminder)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("DELETE FROM timer WHERE rule = "));
    sql_int(&sql, reminder->watch.id);
    sql_put(&sql, STR(" AND NOT EXISTS (SELECT 1"));
    watch_put_from(&sql, context, &reminder->watch, NULL, 0);
    sql_put(&sql, STR(" AND t.id = timer.record AND timer.since_at = "));
    watch_put_since(&sql, context, &reminder->watch);
    sql_put(&sql, STR(")"));
    return sql_exec(scope, conn, &sql);
}

bool reminder_rebuild(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, const struct reminder *reminder)
{
    return timers_prune(scope, conn, context, reminder) &&
           timers_align(scope, conn, context, reminder) &&
           reminder_fill(scope, conn, context, reminder, NULL, 0);
}

/* ---- telling ---- */

static bool step_tell(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, const struct reminder *reminder,
                      const struct record *record, int64_t since_ms, int64_t due_ms)
{
    const struct watch *watch = &reminder->watch;
    struct buf key;
    buf_begin(&key, scope, 512);
    buf_format(&key, "remind/%d/", watch->id);
    uuid_put(&key, record->id);
    buf_format(&key, "/%lld/%lld/", (long long)since_ms, (long long)due_ms);
    struct telling telling = {
        .record = record, .title = &watch->title, .body = &watch->body, .to = reminder->tell,
        .to_count = reminder->tell_count, .level = reminder->level, .rule = watch->name,
        .key = buf_str(&key),
    };
    return people_tell(scope, conn, context, &telling);
}

/* From the timer's step to now: the latest, and those that are not long past. */
bool reminder_tell(struct scope *scope, struct db_conn *conn,
                   const struct engine_context *context, const struct reminder *reminder,
                   const struct record *record, const struct timer *timer)
{
    int64_t since_ms = timer->since.integer;
    struct cell due = timer->due;
    while (due.kind == CELL_INT && due.integer <= context->now_ms) {
        struct cell next = next_step(context, reminder, since_ms, due.integer + 1);
        bool is_latest = next.kind != CELL_INT || next.integer > context->now_ms;
        if ((is_latest || context->now_ms - due.integer <= REMINDER_LATE_MAX_MS) &&
            !step_tell(scope, conn, context, reminder, record, since_ms, due.integer)) {
            return false;
        }
        due = next;
    }
    return timer_put(scope, conn, &reminder->watch, record, timer->since, 0, due);
}
