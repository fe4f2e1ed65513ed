/*
 * fill FOLDER SCALE_PERCENT: a workspace of the shipped demo at the size asked
 * for, records and stages only, filled through the same door as an import of
 * history. The people whom the server's measures log in as get the demo's
 * password, which is printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "access/session.h"
#include "base/time.h"
#include "cli/demo_fill.h"
#include "bench/help.h"

/* Rows come in by time, their indexes by owner and customer: a small cache would go to the disk. */
enum { CACHE_MIB = 4096 };

static const char *const logins[] = { "lina", "wangjun", "zhoumin", "chenjing" };

static void progress(int64_t row_count, void *context)
{
    int64_t seconds = (time_monotonic_ms() - *(const int64_t *)context) / 1000;
    fprintf(stderr, "\rfill: %lld rows, %lld s", (long long)row_count, (long long)seconds);
}

static void passwords(struct scope *scope, struct engine *engine)
{
    const struct snapshot *snapshot = snapshot_take(engine);
    struct str password = demo_password(snapshot->schema);
    int64_t now_ms = time_now_ms();
    for (size_t i = 0; i < sizeof(logins) / sizeof(logins[0]); i++) {
        struct db_conn *conn;
        struct credential found;
        must(db_read_begin(scope, engine_db(engine), &conn), scope, "read");
        must(credential_find(scope, conn, str_of(logins[i]), &found) && found.is_found, scope,
             logins[i]);
        db_read_end(conn);
        must(password_set(scope, engine_db(engine), found.user, password, now_ms), scope,
             "password");
    }
    printf("%.*s\n", STR_ARG(password));
    snapshot_release(engine, snapshot);
}

int main(int argc, char **argv)
{
    struct scope scope;
    struct engine *engine;
    struct demo_report report;
    if (argc != 3 || strtol(argv[2], NULL, 10) < 1) {
        fputs("fill FOLDER SCALE_PERCENT\n", stderr);
        return 2;
    }
    scope_begin(&scope);
    struct clock clock = { 0 };
    mkdir(argv[1], 0700);
    struct engine_options engine_options = {
        .url = scope_format(&scope, "%s/leadline.db", argv[1]), .clock = &clock,
        .cache_mib = CACHE_MIB
    };
    must(engine_open(&scope, &engine_options, &engine), &scope, "open");
    pack_put(&scope, engine);
    int64_t start_ms = time_monotonic_ms();
    struct demo_fill_options options = {
        .now_ms = engine_now_ms(engine),
        .scale_percent = strtol(argv[2], NULL, 10),
        .is_bare = true,
        .progress = progress,
        .progress_context = &start_ms,
    };
    must(demo_fill(&scope, engine, &options, &report), &scope, "demo_fill");
    int64_t took_ms = time_monotonic_ms() - start_ms;
    fprintf(stderr, "\nfill: %lld rows in %.1f s, %lld rows/s\n", (long long)report.row_count,
            (double)took_ms / 1000, (long long)(report.row_count * 1000 / (took_ms + 1)));
    passwords(&scope, engine);
    engine_close(engine);
    scope_end(&scope);
    return 0;
}
