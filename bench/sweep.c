/*
 * sweep FOLDER COUNT: what the alert sweep costs, without a server around it.
 * First at a moment when nothing is due, then at the moment when COUNT timers have
 * fallen due since, raising in batches as the server's clock does. Changes the
 * workspace. Prints: CPU ms of an idle sweep, wall and CPU ms of the raising, and
 * how many were raised.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "bench/help.h"

enum { IDLE_COUNT = 20, BATCH = 200 };

struct bench {
    struct engine *engine;
    const struct snapshot *snapshot;
    int64_t now_ms, first_due_ms, last_due_ms;
    int count, wanted;
};

static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static bool first_due_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct bench *bench = context;
    struct cell offset = cell_int(bench->wanted - 1);
    struct row row;
    if (!engine_next_due(scope, conn, &bench->first_due_ms) ||
        !db_one(scope, conn,
                STR("SELECT due_at FROM timer WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1 "
                    "OFFSET ?"),
                &offset, 1, &row)) {
        return false;
    }
    bench->last_due_ms = row.count > 0 ? row.cells[0].integer : bench->first_due_ms;
    return true;
}

static bool sweep_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct bench *bench = context;
    struct engine_context system = engine_system_context(bench->engine, bench->snapshot, "bench");
    system.now_ms = bench->now_ms;
    return engine_sweep(scope, conn, &system, BATCH, &bench->count);
}

static int sweep(struct bench *bench)
{
    struct scope scope;
    scope_begin(&scope);
    must(db_write_wait(&scope, engine_db(bench->engine), sweep_run, bench), &scope, "sweep");
    scope_end(&scope);
    return bench->count;
}

int main(int argc, char **argv)
{
    struct scope scope;
    struct clock clock = { 0 };
    struct bench bench = { 0 };
    int wanted = argc == 3 ? (int)strtol(argv[2], NULL, 10) : 0;
    if (wanted < 1) {
        fputs("sweep FOLDER COUNT\n", stderr);
        return 2;
    }
    bench.wanted = wanted;
    scope_begin(&scope);
    struct engine_options options = {
        .url = scope_format(&scope, "%s/leadline.db", argv[1]), .clock = &clock
    };
    must(engine_open(&scope, &options, &bench.engine), &scope, "open");
    bench.snapshot = snapshot_take(bench.engine);
    must(db_write_wait(&scope, engine_db(bench.engine), first_due_run, &bench), &scope, "due");

    bench.now_ms = bench.first_due_ms - 1;
    double start_cpu = cpu_ms();
    for (int i = 0; i < IDLE_COUNT; i++) {
        if (sweep(&bench) != 0) must(false, &scope, "something was due");
    }
    double idle_ms = (cpu_ms() - start_cpu) / IDLE_COUNT;

    int raised = 0, step = BATCH;
    bench.now_ms = bench.last_due_ms;
    int64_t start_ms = time_monotonic_ms();
    start_cpu = cpu_ms();
    while (raised < wanted && step == BATCH) raised += step = sweep(&bench);
    printf("%.2f %lld %.0f %d\n", idle_ms, (long long)(time_monotonic_ms() - start_ms),
           cpu_ms() - start_cpu, raised);
    snapshot_release(bench.engine, bench.snapshot);
    engine_close(bench.engine);
    scope_end(&scope);
    return 0;
}
