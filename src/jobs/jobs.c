/*
 * The clock's side of the engine. A step is a bounded write, so people's writes
 * get their turn between two of them; what is left over is due again at once.
 */
#include "jobs/jobs.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/log.h"
#include "engine/job.h"
#include "notify/notify.h"

enum {
    SWEEP_BATCH = 200,
    DRAIN_BATCH = 500,
    STEP_COUNT_MAX = 100000,
    WORK_STEP_COUNT = 20, /* of long work, before it is looked at what has fallen due */
    LOOK_INTERVAL_MS = 1000,
    IDEMPOTENCY_KEEP_MS = TIME_DAY_MS,
};

struct step {
    struct engine *engine;
    int count;
};

/* ---- steps ---- */

static bool sweep_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct step *step = context;
    const struct snapshot *snapshot = snapshot_take(step->engine);
    struct engine_context system = engine_system_context(step->engine, snapshot, "ladder");
    bool ok = engine_sweep(scope, conn, &system, SWEEP_BATCH, &step->count);
    snapshot_release(step->engine, snapshot);
    return ok;
}

static bool drain_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct step *step = context;
    return notify_drain(scope, conn, engine_now_ms(step->engine), DRAIN_BATCH, &step->count);
}

static bool purge_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct step *step = context;
    int64_t now_ms = engine_now_ms(step->engine);
    struct cell now = cell_int(now_ms), old = cell_int(now_ms - IDEMPOTENCY_KEEP_MS);
    return db_exec(scope, conn, STR("DELETE FROM session WHERE expires_at < ?"), &now, 1) &&
           db_exec(scope, conn, STR("DELETE FROM share WHERE until <= ?"), &now, 1) &&
           db_exec(scope, conn, STR("DELETE FROM idempotency WHERE created_at < ?"), &old, 1);
}

static bool lose_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct engine *engine = context;
    const struct snapshot *snapshot = snapshot_take(engine);
    struct engine_context system = engine_system_context(engine, snapshot, "job");
    bool ok = engine_purge(scope, conn, &system);
    snapshot_release(engine, snapshot);
    return ok;
}

/* Is anything due? Looks on a reader, so that an idle server writes nothing. */
static bool look(struct scope *scope, struct engine *engine, bool *has_timer, bool *has_message)
{
    struct db_conn *conn = NULL;
    int64_t next_ms = 0;
    if (!db_read_begin(scope, engine_db(engine), &conn)) return false;
    bool ok = engine_next_due(scope, conn, &next_ms) && notify_is_due(scope, conn, has_message);
    db_read_end(conn);
    *has_timer = next_ms != 0 && next_ms <= engine_now_ms(engine);
    return ok;
}

/* For the log: what the database said, else what was reported. */
static struct str why_of(const struct scope *scope)
{
    if (scope->error.detail.size > 0) return scope->error.detail;
    return scope->error.first ? str_of(scope->error.first->key) : STR("");
}

/* Repeats a step until it finds less than a full batch. */
static bool repeat(struct scope *scope, struct engine *engine,
                   bool (*run)(struct scope *scope, struct db_conn *conn, void *context),
                   int batch)
{
    struct step step = { engine, batch };
    for (int i = 0; step.count == batch && i < STEP_COUNT_MAX; i++) {
        struct scope inner;
        scope_begin(&inner);
        bool ok = db_write_wait(&inner, engine_db(engine), run, &step);
        if (!ok) error_storage(scope, why_of(&inner));
        scope_end(&inner);
        if (!ok) return false;
    }
    return true;
}

/* Long work goes on a step at a time; people's writes get their turn between two. */
static bool work_on(struct scope *scope, struct engine *engine, bool *is_more)
{
    struct db_conn *conn = NULL;
    *is_more = false;
    if (!db_read_begin(scope, engine_db(engine), &conn)) return false;
    bool ok = job_is_due(scope, conn, engine_now_ms(engine), is_more);
    db_read_end(conn);
    for (int i = 0; ok && *is_more && i < WORK_STEP_COUNT; i++) {
        struct scope inner;
        scope_begin(&inner);
        ok = job_step(&inner, engine, is_more);
        if (!ok) error_storage(scope, why_of(&inner));
        scope_end(&inner);
    }
    return ok;
}

/* What falls due while long work goes on does not wait for its end. */
static bool round_run(struct scope *scope, struct engine *engine, bool *is_more)
{
    bool has_timer = false, has_message = false;
    *is_more = false;
    if (!look(scope, engine, &has_timer, &has_message)) return false;
    if (has_timer && !repeat(scope, engine, sweep_run, SWEEP_BATCH)) return false;
    if ((has_timer || has_message) && !repeat(scope, engine, drain_run, DRAIN_BATCH)) return false;
    return work_on(scope, engine, is_more);
}

bool jobs_run_due(struct scope *scope, struct engine *engine)
{
    bool is_more = true;
    for (int i = 0; is_more && i < STEP_COUNT_MAX; i++) {
        if (!round_run(scope, engine, &is_more)) return false;
    }
    return true;
}

static bool next_due(struct scope *scope, struct engine *engine, int64_t *out_ms)
{
    struct db_conn *conn = NULL;
    if (!db_read_begin(scope, engine_db(engine), &conn)) return false;
    bool ok = engine_next_due(scope, conn, out_ms);
    db_read_end(conn);
    return ok;
}

bool jobs_clock_move(struct scope *scope, struct engine *engine, int64_t to_ms)
{
    struct clock *clock = engine_clock(engine);
    if (to_ms < engine_now_ms(engine)) {
        return error_set(scope, ERROR_INVALID, "clock.backwards", STR("now"));
    }
    for (int i = 0; i < STEP_COUNT_MAX; i++) {
        int64_t next_ms = 0;
        if (!next_due(scope, engine, &next_ms)) return false;
        if (next_ms == 0 || next_ms > to_ms) break;
        if (next_ms > engine_now_ms(engine)) atomic_store(&clock->fixed_ms, next_ms);
        if (!jobs_run_due(scope, engine)) return false;
    }
    atomic_store(&clock->fixed_ms, to_ms);
    return db_write_wait(scope, engine_db(engine), lose_run, engine) &&
           jobs_run_due(scope, engine);
}

/* ---- the thread ---- */

struct jobs {
    struct engine *engine;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_stopping;
    int64_t purged_at_ms;
};

/* A clock that stands still runs nothing by itself. True: there is more to be done at once. */
static bool look_once(struct jobs *jobs)
{
    struct scope scope;
    scope_begin(&scope);
    /* Of several servers on one database one sweeps; if it goes, another takes over. */
    bool is_running = atomic_load(&engine_clock(jobs->engine)->fixed_ms) == 0 &&
                      db_is_leader(engine_db(jobs->engine));
    int64_t now_ms = engine_now_ms(jobs->engine);
    bool is_more = false;
    bool ok = engine_refresh(&scope, jobs->engine) &&
              (!is_running || round_run(&scope, jobs->engine, &is_more));
    if (ok && is_running && now_ms - jobs->purged_at_ms > TIME_HOUR_MS) {
        struct step step = { jobs->engine, 0 };
        jobs->purged_at_ms = now_ms;
        ok = db_write_wait(&scope, engine_db(jobs->engine), purge_run, &step) &&
             db_write_wait(&scope, engine_db(jobs->engine), lose_run, jobs->engine);
    }
    if (!ok) log_line(LOG_ERROR, "jobs: %.*s", STR_ARG(scope.error.detail));
    scope_end(&scope);
    return ok && is_more;
}

static void *jobs_thread(void *context)
{
    struct jobs *jobs = context;
    pthread_mutex_lock(&jobs->lock);
    while (!jobs->is_stopping) {
        pthread_mutex_unlock(&jobs->lock);
        bool is_more = look_once(jobs);
        pthread_mutex_lock(&jobs->lock);
        if (is_more) continue;
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += LOOK_INTERVAL_MS / 1000;
        if (!jobs->is_stopping) pthread_cond_timedwait(&jobs->wake, &jobs->lock, &until);
    }
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

struct jobs *jobs_start(struct scope *scope, struct engine *engine)
{
    struct jobs *jobs = scope_new(scope, struct jobs, 1);
    jobs->engine = engine;
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->wake, NULL);
    pthread_create(&jobs->thread, NULL, jobs_thread, jobs);
    return jobs;
}

void jobs_stop(struct jobs *jobs)
{
    if (!jobs) return;
    pthread_mutex_lock(&jobs->lock);
    jobs->is_stopping = true;
    pthread_cond_signal(&jobs->wake);
    pthread_mutex_unlock(&jobs->lock);
    pthread_join(jobs->thread, NULL);
    pthread_cond_destroy(&jobs->wake);
    pthread_mutex_destroy(&jobs->lock);
}
