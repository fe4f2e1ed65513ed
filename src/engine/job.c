/* Long work: its list, one step after the other, and what becomes of a step that fails. */
#include "engine/job.h"

#include "engine/inner.h"

enum { JOB_COUNT_MAX = 200 };

#define JOB_COLUMNS                                                                       \
    "SELECT id, kind, state, object, field, body, place, done, total, error, created_at, " \
    "\"by\", finished_at FROM job "

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

static bool is_open(const struct job *job)
{
    return str_is(job->state, "waiting") || str_is(job->state, "running");
}

static bool job_end(struct scope *scope, struct db_conn *conn, int64_t id, const char *state,
                    struct str error, int64_t now_ms)
{
    const struct cell args[] = { cell_text(str_of(state)),
                                 error.size > 0 ? cell_text(error) : cell_null(),
                                 cell_int(now_ms), cell_int(id) };
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
    return job_end(scope, conn, id, "cancelled", STR(""), context->now_ms);
}

/* The oldest that is not over; 0: none. */
static bool job_next(struct scope *scope, struct db_conn *conn, int64_t *out)
{
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT id FROM job WHERE state IN ('waiting', 'running') ORDER BY id LIMIT "
                    "1"),
                NULL, 0, &row)) {
        return false;
    }
    *out = row.count > 0 ? row.cells[0].integer : 0;
    return true;
}

bool job_is_due(struct scope *scope, struct db_conn *conn, bool *out)
{
    int64_t id;
    if (!job_next(scope, conn, &id)) return false;
    *out = id != 0;
    return true;
}

/* ---- stepping ---- */

struct step {
    struct engine *engine;
    int64_t id;
    struct str why;
};

static bool step_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct step *step = context;
    struct job job;
    bool is_over;
    if (!job_next(scope, conn, &step->id) || step->id == 0) return step->id == 0;
    if (!job_load(scope, conn, step->id, &job)) return false;
    const struct snapshot *snapshot = snapshot_take(step->engine);
    struct engine_context system = engine_system_context(step->engine, snapshot, "job");
    bool ok = snapshot_check(scope, conn, snapshot) &&
              (str_is(job.kind, "purge")
                   ? purge_step(scope, conn, &system, &job, &is_over)
                   : retype_step(scope, conn, &system, &job, &is_over));
    snapshot_release(step->engine, snapshot);
    return ok;
}

static bool fail_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct step *step = context;
    return job_end(scope, conn, step->id, "failed", step->why, engine_now_ms(step->engine));
}

bool job_step(struct scope *scope, struct engine *engine, bool *is_more)
{
    struct step step = { .engine = engine };
    struct scope inner;
    scope_begin(&inner);
    bool ok = db_write_wait(&inner, engine_db(engine), step_run, &step);
    /* A disk that says no, or a configuration that has just changed: again later. */
    bool is_for_later = inner.error.code == ERROR_STORAGE || inner.error.code == ERROR_STALE;
    *is_more = step.id != 0 && (ok || !is_for_later);
    if (!ok && !is_for_later && inner.error.first) {
        step.why = message_of_error(scope, LANGUAGE_ZH, inner.error.first);
        struct str english = message_of_error(scope, LANGUAGE_EN, inner.error.first);
        step.why = scope_format(scope, "%.*s\n%.*s", STR_ARG(step.why), STR_ARG(english));
        ok = db_write_wait(scope, engine_db(engine), fail_run, &step);
    } else if (!ok && inner.error.code == ERROR_STORAGE) {
        error_storage(scope, inner.error.detail);
    } else {
        ok = true;
    }
    scope_end(&inner);
    return ok;
}
