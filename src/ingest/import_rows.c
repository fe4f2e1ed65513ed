/*
 * The second reading. Rows are read and their cells understood here, on the caller's thread,
 * while the batch before is being written on the writer's. Memory holds two batches. Between
 * two batches nothing is under way: only there may the plan change.
 */
#include <errno.h>
#include <semaphore.h>

#include "ingest/import_inner.h"

/* A batch on its way. */
struct flight {
    struct scope scope;
    struct batch *batch; /* NULL: none */
    struct db_write write;
    sem_t is_done;
    bool is_submitted, is_committed;
};

static void flight_done(bool is_committed, void *context)
{
    struct flight *flight = context;
    flight->is_committed = is_committed;
    sem_post(&flight->is_done);
}

static bool flight_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct flight *flight = context;
    return batch_write(scope, conn, flight->batch);
}

static void flight_begin(struct flight *flight, struct run *run)
{
    scope_begin(&flight->scope);
    flight->batch = scope_new(&flight->scope, struct batch, 1);
    flight->batch->run = run;
    flight->batch->scope = &flight->scope;
    flight->is_submitted = false;
}

static void flight_end(struct flight *flight)
{
    if (flight->batch) scope_end(&flight->scope);
    flight->batch = NULL;
}

static bool batch_fill(struct batch *batch)
{
    struct run *run = batch->run;
    batch->lines = scope_new(batch->scope, struct line, IMPORT_BATCH_SIZE);
    batch->version = run->plan.snapshot->version;
    for (bool has_row = true; batch->count < IMPORT_BATCH_SIZE;) {
        struct ingest_row row;
        if (!ingest_next(run->table, batch->scope, &row, &has_row)) return false;
        if (!has_row) break;
        if (!line_read(batch, &row, &batch->lines[batch->count++])) return false;
    }
    return true;
}

/* The cells once more, as the plan understands them now. */
static bool batch_read_again(struct batch *batch)
{
    batch->failure_count = 0;
    batch->failed_rows = 0;
    batch->version = batch->run->plan.snapshot->version;
    for (int i = 0; i < batch->count; i++) {
        struct ingest_row row = batch->lines[i].row;
        if (!line_read(batch, &row, &batch->lines[i])) return false;
    }
    return true;
}

/* The plan is made anew when the configuration has moved on since the batch was read. */
static bool batch_plan(struct batch *batch)
{
    struct run *run = batch->run;
    if (!run_plan(batch->scope, run)) return false;
    return run->plan.snapshot->version == batch->version || batch_read_again(batch);
}

static bool flight_start(struct flight *flight)
{
    struct run *run = flight->batch->run;
    struct engine *engine = run->task->by.engine;
    if (!batch_plan(flight->batch)) return false;
    run->plan.context.now_ms = engine_now_ms(engine);
    flight->write = (struct db_write){
        .scope = &flight->scope, .run = flight_run, .done = flight_done, .context = flight
    };
    flight->is_committed = false;
    sem_init(&flight->is_done, 0, 0);
    flight->is_submitted = db_write_submit(engine_db(engine), &flight->write);
    if (!flight->is_submitted) sem_destroy(&flight->is_done);
    return flight->is_submitted;
}

static bool flight_wait(struct flight *flight)
{
    while (sem_wait(&flight->is_done) != 0 && errno == EINTR) continue;
    sem_destroy(&flight->is_done);
    flight->is_submitted = false;
    return flight->is_committed;
}

/* What came of a batch that is durable. */
static bool batch_take_over(struct scope *scope, struct batch *batch)
{
    struct run *run = batch->run;
    if (batch->is_cancelled) return true;
    resolvers_keep(&run->resolvers);
    if (!batch_keep(scope, batch)) return false;
    if (run->task->progress) {
        run->task->progress(run->task->progress_context, run->report->done, run->report->rows);
    }
    return true;
}

/* Waits for the batch; one that met another configuration than it was read for starts again. */
static bool flight_land(struct flight *flight, bool *is_cancelled)
{
    for (int i = 0; !flight_wait(flight); i++) {
        if (!is_config_changed(&flight->scope) || i == REPLAN_COUNT_MAX) return false;
        scope_error_clear(&flight->scope);
        if (!flight_start(flight)) return false;
    }
    *is_cancelled = flight->batch->is_cancelled;
    return batch_take_over(&flight->scope, flight->batch);
}

/* Reads a batch while the one before lands, then lets it start. *is_more: the file goes on. */
static bool rows_step(struct scope *scope, struct run *run, struct flight *before,
                      struct flight *next, bool *is_more, bool *is_cancelled)
{
    if (*is_more) {
        flight_begin(next, run);
        bool is_read = batch_fill(next->batch);
        *is_more = is_read && next->batch->count == IMPORT_BATCH_SIZE;
        if (!is_read) error_pass(scope, &next->scope);
    }
    if (before->batch && !flight_land(before, is_cancelled) && !error_is_set(scope)) {
        error_pass(scope, &before->scope);
    }
    flight_end(before);
    if (!next->batch || error_is_set(scope) || *is_cancelled) return !error_is_set(scope);
    if (next->batch->count == 0) {
        flight_end(next);
        return true;
    }
    if (!flight_start(next)) error_pass(scope, &next->scope);
    return !error_is_set(scope);
}

bool rows_run(struct scope *scope, struct run *run, bool *is_cancelled)
{
    struct flight *flights = scope_new(scope, struct flight, 2);
    bool ok = run_plan(scope, run), is_more = true;
    for (int i = 0; ok && !*is_cancelled && (is_more || flights[i].batch); i = 1 - i) {
        ok = rows_step(scope, run, &flights[i], &flights[1 - i], &is_more, is_cancelled);
    }
    flight_end(&flights[0]);
    flight_end(&flights[1]);
    return ok;
}
