/*
 * db_room: what db/ alone does, without HTTP, access or rules above it.
 *
 *   db_room reads DATABASE THREADS SECONDS [PER_SNAPSHOT]   one row by its key
 *   db_room writes DATABASE CLIENTS SECONDS [REPEAT]        the row of raw_group
 *
 * The difference to raw_group is the price of the room; the difference to the
 * server is the price of everything above it.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "db/db.h"

enum { THREAD_COUNT_MAX = 1024, ROW_COUNT = 200 * 1000 };

static const struct str note = STR_INIT(
    "客户对样机的测试结果比较满意，主要顾虑是交货周期和售后响应时间。已约定下周三带技术同事上门，"
    "演示定制化报表，并确认采购流程中的两位决策人。对方要求在月底前给出含安装调试的整体报价。");

struct bench {
    struct db *db;
    int per_snapshot;
    atomic_bool is_over;
};

struct worker {
    struct bench *bench;
    pthread_t thread;
    int64_t count;
    uint64_t random;
    int64_t longest_ms;
};

static _Noreturn void stop(struct scope *scope)
{
    fprintf(stderr, "db_room: %.*s\n", STR_ARG(scope->error.detail));
    exit(1);
}

static struct cell key_cell(uint64_t number, unsigned char *bytes)
{
    memset(bytes, 0, 16);
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(number >> (8 * (7 - i)));
    return cell_blob((struct str){ (const char *)bytes, 16 });
}

static uint64_t random_next(struct worker *worker)
{
    worker->random ^= worker->random << 13;
    worker->random ^= worker->random >> 7;
    worker->random ^= worker->random << 17;
    return worker->random;
}

static const struct str insert_sql = STR_INIT(
    "INSERT INTO raw_row (id, parent, at, number, kind, note) VALUES (?, ?, ?, ?, 'visit', ?)");

static bool fill_run(struct scope *scope, struct db_conn *conn, void *context)
{
    (void)context;
    if (!db_exec(scope, conn,
                 STR("CREATE TABLE IF NOT EXISTS raw_row (id BLOB PRIMARY KEY, parent BLOB, "
                     "at BIGINT, number BIGINT, kind TEXT, note TEXT) WITHOUT ROWID"),
                 NULL, 0) ||
        !db_exec(scope, conn,
                 STR("CREATE INDEX IF NOT EXISTS raw_row_parent ON raw_row (parent, at)"), NULL,
                 0)) {
        return false;
    }
    struct row row;
    if (!db_one(scope, conn, STR("SELECT count(*) FROM raw_row"), NULL, 0, &row)) return false;
    unsigned char id[16];
    for (int i = (int)row.cells[0].integer; i < ROW_COUNT; i++) {
        struct cell key = key_cell((uint64_t)i, id);
        struct cell args[5] = { key, key, cell_int(i), cell_int(i), cell_text(note) };
        if (!db_exec(scope, conn, insert_sql, args, 5)) return false;
    }
    return true;
}

static void *reader_main(void *context)
{
    struct worker *worker = context;
    struct str sql = STR("SELECT id, parent, at, number, kind, note FROM raw_row WHERE id = ?");
    while (!atomic_load(&worker->bench->is_over)) {
        struct scope scope;
        scope_begin(&scope);
        struct db_conn *conn;
        if (!db_read_begin(&scope, worker->bench->db, &conn)) stop(&scope);
        for (int i = 0; i < worker->bench->per_snapshot; i++) {
            unsigned char id[16];
            struct cell key = key_cell(random_next(worker) % ROW_COUNT, id);
            struct row row;
            if (!db_one(&scope, conn, sql, &key, 1, &row) || row.count != 6) stop(&scope);
        }
        db_read_end(conn);
        worker->count += worker->bench->per_snapshot;
        scope_end(&scope);
    }
    return NULL;
}

static bool write_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct worker *worker = context;
    int64_t now_ms = time_now_ms();
    for (int i = 0; i < worker->bench->per_snapshot; i++) {
        struct cell args[5] = { cell_id(scope, uuid_make(now_ms)),
                                cell_id(scope, uuid_make(now_ms)), cell_int(now_ms),
                                cell_int(worker->count), cell_text(note) };
        if (!db_exec(scope, conn, insert_sql, args, 5)) return false;
    }
    return true;
}

static void *writer_main(void *context)
{
    struct worker *worker = context;
    while (!atomic_load(&worker->bench->is_over)) {
        struct scope scope;
        scope_begin(&scope);
        int64_t start_ms = time_monotonic_ms();
        if (!db_write_wait(&scope, worker->bench->db, write_run, worker)) stop(&scope);
        int64_t took_ms = time_monotonic_ms() - start_ms;
        if (took_ms > worker->longest_ms) worker->longest_ms = took_ms;
        worker->count += 1;
        scope_end(&scope);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static struct worker workers[THREAD_COUNT_MAX];
    bool is_reading = argc > 1 && strcmp(argv[1], "reads") == 0;
    int count = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0;
    int seconds = argc > 4 ? (int)strtol(argv[4], NULL, 10) : 0;
    int per_snapshot = argc > 5 ? (int)strtol(argv[5], NULL, 10) : 1;
    if (count < 1 || count > THREAD_COUNT_MAX || seconds < 1 || per_snapshot < 1) {
        fputs("db_room reads|writes DATABASE THREADS SECONDS [PER_TRANSACTION]\n", stderr);
        return 2;
    }
    struct scope scope;
    scope_begin(&scope);
    struct bench bench = { .per_snapshot = per_snapshot };
    struct db_options options = { .url = str_of(argv[2]) };
    if (!db_open(&scope, &options, &bench.db)) stop(&scope);
    if (!db_write_wait(&scope, bench.db, fill_run, NULL)) stop(&scope);

    int64_t start_ms = time_monotonic_ms();
    for (int i = 0; i < count; i++) {
        workers[i] = (struct worker){ .bench = &bench, .random = 88172645463325252u + (uint64_t)i };
        pthread_create(&workers[i].thread, NULL, is_reading ? reader_main : writer_main,
                       &workers[i]);
    }
    sleep((unsigned)seconds);
    atomic_store(&bench.is_over, true);
    int64_t total = 0, longest_ms = 0;
    for (int i = 0; i < count; i++) {
        pthread_join(workers[i].thread, NULL);
        total += workers[i].count;
        if (workers[i].longest_ms > longest_ms) longest_ms = workers[i].longest_ms;
    }
    double took_s = (double)(time_monotonic_ms() - start_ms) / 1000.0;
    printf("%s/s %.0f  threads %d  per transaction %d  longest_ms %lld\n", argv[1],
           (double)total / took_s, count, per_snapshot, (long long)longest_ms);
    db_close(bench.db);
    scope_end(&scope);
    return 0;
}
