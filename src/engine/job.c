/* Long work: its list, one step after the other, and what becomes of a step that fails. */
#include "engine/job.h"

#include "base/log.h"
#include "engine/inner.h"

enum { JOB_COUNT_MAX = 200, RETRY_FIRST_MS = 1000, RETRY_MAX_MS = 5 * 60 * 1000 };

#define JOB_COLUMNS                                                                       \
    "SELECT id, kind, state, object, field, body, place, done, total, error, created_at, " \
    "\"by\", finished_at, attempts, retry_at FROM job "

/* Whoever looks at jobs looks again. */
static void job_tell(struct engine *engine, struct db_conn *conn)
{
    event_tell(engine, conn, (struct event){ .kind = EVENT_JOB });
}

static int64_t integer(const struct cell *cell)
{
    return cell->kind == CELL_INT ? cell->integer : 0;
}

static bool job_take(struct scope *scope, const struct cell *row, struct job *out)
{
    *out = (struct job){
        .id = row[0].integer, .kind = row[1].text, .state = row[2].text,
        .object = (int)integer(&row[3]), .field = (int)integer(&row[4]),
        .place = integer(&row[6]), .done = integer(&row[7]), .total = integer(&row[8]),
        .error = row[9].kind == CELL_TEXT ? row[9].text : STR(""),
        .created_at_ms = integer(&row[10]), .by = row[11], .finished_at = row[12],
        .attempts = (int)integer(&row[13]), .retry_at = row[14],
    };
    return json_read(scope, row[5].text, &out->body);
}

bool job_list(struct scope *scope, struct db_conn *conn, int limit, struct job **out, int *count)
{
    struct cell arg = cell_int(limit < JOB_COUNT_MAX ? limit : JOB_COUNT_MAX);
    struct rows rows;
    if (!db_all(scope, conn, STR(JOB_COLUMNS "ORDER BY id DESC LIMIT ?"), &arg, 1, JOB_COUNT_MAX,
                &rows)) {
        return false;
    }
    *out = scope_new(scope, struct job, rows.count + 1);
    *count = rows.count;
    for (int i = 0; i < rows.count; i++) {
        if (!job_take(scope, rows.items[i].cells, &(*out)[i])) return false;
    }
    return true;
}

bool job_load(struct scope *scope, struct db_conn *conn, int64_t id, struct job *out)
{
    struct cell arg = cell_int(id);
    struct row row;
    if (!db_one(scope, conn, STR(JOB_COLUMNS "WHERE id = ?"), &arg, 1, &row)) return false;
    if (row.count == 0) return error_set(scope, ERROR_NOT_FOUND, "config.not_found", STR(""));
    return job_take(scope, row.cells, out);
}

bool job_begin(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
               const struct job *job, int64_t *id)
{
    bool is_nobody = uuid_is_nil(context->actor.user);
    const struct cell args[] = {
        cell_text(job->kind),
        cell_int(job->object),
        job->field != 0 ? cell_int(job->field) : cell_null(),
        cell_text(json_to_text(scope, &job->body)),
        cell_int(job->total),
        cell_int(context->now_ms),
        is_nobody ? cell_null() : cell_id(scope, context->actor.user),
    };
    struct row row;
    if (!db_one(scope, conn,
                STR("INSERT INTO job (kind, state, object, field, body, place, done, total, "
                    "created_at, \"by\") VALUES (?, 'waiting', ?, ?, ?, 0, 0, ?, ?, ?) "
                    "RETURNING id"),
                args, 7, &row)) {
        return false;
    }
    *id = row.cells[0].integer;
    job_tell(context->engine, conn);
    return true;
}

bool job_range(struct scope *scope, struct db_conn *conn, const struct object *object,
               int64_t after, int count, int64_t *until)
{
    struct sql sql;
    struct row row;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT max(q.search_id) FROM (SELECT t.search_id FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" AS t WHERE t.search_id > "));
    sql_int(&sql, after);
    sql_putf(&sql, " ORDER BY t.search_id LIMIT %d) AS q", count);
    if (!sql_one(scope, conn, &sql, &row)) return false;
    *until = row.cells[0].kind == CELL_INT ? row.cells[0].integer : after;
    return true;
}

bool job_mark(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
              const struct job *job, int64_t place, const char *state, struct cell retry_at)
{
    bool is_done = strcmp(state, "done") == 0;
    int64_t total = job->total > place ? job->total : place;
    const struct cell args[] = {
        cell_text(str_of(state)),
        cell_int(place),
        cell_text(json_to_text(scope, &job->body)),
        cell_int(is_done ? total : place),
        cell_int(total),
        is_done ? cell_int(context->now_ms) : cell_null(),
        retry_at,
        cell_int(job->id),
    };
    return db_exec(scope, conn,
                   STR("UPDATE job SET state = ?, place = ?, body = ?, done = ?, total = ?, "
                       "finished_at = ?, retry_at = ? WHERE id = ?"),
                   args, 8);
}

static bool is_open(const struct job *job)
{
    return str_is(job->state, "waiting") || str_is(job->state, "running");
}

static bool job_end(struct scope *scope, struct db_conn *conn, struct engine *engine, int64_t id,
                    const char *state, struct str error, int64_t now_ms)
{
    const struct cell args[] = { cell_text(str_of(state)),
                                 error.size > 0 ? cell_text(error) : cell_null(),
                                 cell_int(now_ms), cell_int(id) };
    job_tell(engine, conn);
    return db_exec(scope, conn,
                   STR("UPDATE job SET state = ?, error = ?, finished_at = ? WHERE id = ? AND "
                       "state IN ('waiting', 'running')"),
                   args, 4);
}

bool job_cancel(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                int64_t id)
{
    struct job job;
    if (!actor_has_right(&context->actor, RIGHT_CONFIGURE)) {
        return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
    }
    if (!job_load(scope, conn, id, &job)) return false;
    if (!is_open(&job)) return error_set(scope, ERROR_CONFLICT, "job.over", STR(""));
    if (str_is(job.kind, "purge")) {
        return error_set(scope, ERROR_CONFLICT, "job.no_way_back", STR(""));
    }
    return job_end(scope, conn, context->engine, id, "cancelled", STR(""), context->now_ms);
}

bool job_retry(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
               int64_t id)
{
    struct job job;
    if (!actor_has_right(&context->actor, RIGHT_CONFIGURE)) {
        return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
    }
    if (!job_load(scope, conn, id, &job)) return false;
    bool is_stopped = str_is(job.state, "failed") || str_is(job.state, "cancelled");
    if (!is_stopped || !(str_is(job.kind, "fill") || str_is(job.kind, "index"))) {
        return error_set(scope, ERROR_CONFLICT, "job.no_retry", STR(""));
    }
    struct cell arg = cell_int(id);
    job_tell(context->engine, conn);
    return db_exec(scope, conn,
                   STR("UPDATE job SET state = 'waiting', error = NULL, attempts = 0, "
                       "retry_at = NULL, finished_at = NULL WHERE id = ?"),
                   &arg, 1);
}

/* The oldest that is not over and does not wait for its next attempt; 0: none. */
static bool job_next(struct scope *scope, struct db_conn *conn, int64_t now_ms, int64_t *out)
{
    struct cell arg = cell_int(now_ms);
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT id FROM job WHERE state IN ('waiting', 'running') AND (retry_at IS "
                    "NULL OR retry_at <= ?) ORDER BY id LIMIT 1"),
                &arg, 1, &row)) {
        return false;
    }
    *out = row.count > 0 ? row.cells[0].integer : 0;
    return true;
}

bool job_is_due(struct scope *scope, struct db_conn *conn, int64_t now_ms, bool *out)
{
    int64_t id;
    if (!job_next(scope, conn, now_ms, &id)) return false;
    *out = id != 0;
    return true;
}

/* ---- stepping ---- */

struct step {
    struct engine *engine;
    int64_t id;
    int attempts;     /* that have failed before this one */
    struct str why;
    bool is_over;     /* no further attempt */
};

/* Whoever looks is told of a new state and of every hundredth, not of every step. */
static bool is_news(const struct job *before, const struct job *after)
{
    int64_t total = after->total > 0 ? after->total : 1;
    return !str_equal(before->state, after->state) || before->attempts > 0 ||
           before->done * 100 / total != after->done * 100 / total;
}

static bool step_end(struct scope *scope, struct db_conn *conn, struct engine *engine,
                     const struct job *before)
{
    struct cell arg = cell_int(before->id);
    struct job after;
    if (!job_load(scope, conn, before->id, &after)) return false;
    if (is_news(before, &after)) job_tell(engine, conn);
    return before->attempts == 0 ||
           db_exec(scope, conn,
                   STR("UPDATE job SET attempts = 0, retry_at = NULL, error = NULL WHERE id = ?"),
                   &arg, 1);
}

static bool step_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct step *step = context;
    struct job job;
    bool is_over;
    if (!job_next(scope, conn, engine_now_ms(step->engine), &step->id) || step->id == 0) {
        return step->id == 0;
    }
    if (!job_load(scope, conn, step->id, &job)) return false;
    step->attempts = job.attempts;
    const struct snapshot *snapshot = snapshot_take(step->engine);
    struct engine_context system = engine_system_context(step->engine, snapshot, "job");
    bool ok = snapshot_check(scope, conn, snapshot) &&
              (str_is(job.kind, "purge")  ? purge_step(scope, conn, &system, &job, &is_over)
               : str_is(job.kind, "fill") ? fill_step(scope, conn, &system, &job, &is_over)
                                          : retype_step(scope, conn, &system, &job, &is_over)) &&
              step_end(scope, conn, step->engine, &job);
    snapshot_release(step->engine, snapshot);
    return ok;
}

/* Which one it is, before anything is written: not all of them work in a write. */
static bool job_peek(struct scope *scope, struct engine *engine, struct job *out)
{
    struct db_conn *conn;
    if (!db_read_begin(scope, engine_db(engine), &conn)) return false;
    *out = (struct job){ .kind = STR("") };
    bool ok = job_next(scope, conn, engine_now_ms(engine), &out->id) &&
              (out->id == 0 || job_load(scope, conn, out->id, out));
    db_read_end(conn);
    return ok;
}

/* 1 s, 2 s, 4 s … after the attempts that have failed. */
static int64_t retry_after_ms(int attempts)
{
    int64_t after_ms = RETRY_FIRST_MS;
    for (int i = 1; i < attempts && after_ms < RETRY_MAX_MS; i++) after_ms *= 2;
    return after_ms < RETRY_MAX_MS ? after_ms : RETRY_MAX_MS;
}

static bool fail_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct step *step = context;
    int64_t now_ms = engine_now_ms(step->engine);
    if (step->is_over) {
        return job_end(scope, conn, step->engine, step->id, "failed", step->why, now_ms);
    }
    const struct cell args[] = { cell_int(step->attempts + 1),
                                 cell_int(now_ms + retry_after_ms(step->attempts + 1)),
                                 cell_text(step->why), cell_int(step->id) };
    job_tell(step->engine, conn);
    return db_exec(scope, conn,
                   STR("UPDATE job SET attempts = ?, retry_at = ?, error = ? WHERE id = ? AND "
                       "state IN ('waiting', 'running')"),
                   args, 4);
}

/* In both languages, one a line. */
static struct str why_of(struct scope *scope, const struct error *error)
{
    if (!error->first) return STR("");
    struct str chinese = message_of_error(scope, LANGUAGE_ZH, error->first);
    struct str english = message_of_error(scope, LANGUAGE_EN, error->first);
    return scope_format(scope, "%.*s\n%.*s", STR_ARG(chinese), STR_ARG(english));
}

bool job_step(struct scope *scope, struct engine *engine, bool *is_more)
{
    struct step step = { .engine = engine };
    struct scope inner;
    struct job job;
    scope_begin(&inner);
    bool ok = job_peek(&inner, engine, &job);
    if (ok && str_is(job.kind, "index")) {
        step.id = job.id;
        step.attempts = job.attempts;
        ok = index_step(&inner, engine, &job);
    } else if (ok) {
        ok = db_write_wait(&inner, engine_db(engine), step_run, &step);
    }
    /* With a configuration that has just changed it is planned anew at the next look. */
    bool is_stale = !ok && inner.error.code == ERROR_STALE;
    *is_more = step.id != 0 && !is_stale;
    if (!ok && step.id != 0 && !is_stale) {
        step.is_over = inner.error.code != ERROR_STORAGE ||
                       step.attempts + 1 >= JOB_ATTEMPT_COUNT_MAX;
        step.why = why_of(scope, &inner.error);
        log_line(LOG_ERROR, "job %lld: %.*s", (long long)step.id,
                 STR_ARG(inner.error.detail.size > 0 ? inner.error.detail : step.why));
        /* A disk that says no says it to this, too: then it is no matter of the job. */
        *is_more = ok = db_write_wait(scope, engine_db(engine), fail_run, &step);
    } else if (!ok && !is_stale) {
        error_storage(scope, inner.error.detail);
    } else {
        ok = true;
    }
    scope_end(&inner);
    return ok;
}
