/*
 * raw_group: how many durable writes SQLite itself does, committed in groups,
 * with nothing of ours in between. What the server's writes are held against.
 *
 * Client threads hand a write each to one writer thread and wait until it is on
 * disk; the writer runs what has gathered in one transaction of prepared
 * statements (WAL, synchronous=FULL), commits, and wakes them.
 *
 * A write is a file of SQL statements separated by ";\n". Their parameters are
 * filled by name:
 *   :id1 … :id9  a new 16-byte id, the same throughout one write
 *   :key         an id out of the answers to --keys, the same throughout one write
 *   :now         milliseconds    :n  a counter    :text  some 250 bytes of Chinese
 */
#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/scope.h"
#include "base/time.h"
#include "base/uuid.h"

enum {
    CLIENT_COUNT_MAX = 1024,
    STATEMENT_COUNT_MAX = 64,
    KEY_COUNT_MAX = 1 << 20,
    SAMPLE_COUNT_MAX = 1 << 20,
    FILE_SIZE_MAX = 1 << 20,
    ID_COUNT = 9,
};

struct options {
    const char *path, *schema, *write, *keys;
    int client_count, seconds, group_size, repeat;
    bool has_savepoints;
};

struct request {
    struct request *next;
    sem_t is_done;
};

struct bench {
    struct options options;
    struct scope scope;
    sqlite3 *handle;
    sqlite3_stmt *statements[STATEMENT_COUNT_MAX];
    int statement_count, id_count;
    sqlite3_stmt *begin, *commit, *savepoint, *release;
    struct uuid *keys;
    int key_count;
    int64_t counter;
    pthread_mutex_t mutex;
    pthread_cond_t has_work;
    struct request *first, *last;
    bool is_closing;
    atomic_bool is_over;
    int64_t commit_count, write_count;
    float *samples_ms;
    atomic_int sample_count;
};

static const char *const default_schema =
    "CREATE TABLE IF NOT EXISTS raw_row (id BLOB PRIMARY KEY, parent BLOB, at BIGINT, "
    "number BIGINT, kind TEXT, note TEXT) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS raw_row_parent ON raw_row (parent, at);";
static const char *const default_write =
    "INSERT INTO raw_row (id, parent, at, number, kind, note) "
    "VALUES (:id1, :id2, :now, :n, 'visit', :text)";
static const char text[] =
    "客户对样机的测试结果比较满意，主要顾虑是交货周期和售后响应时间。已约定下周三带技术同事上门，"
    "演示定制化报表，并确认采购流程中的两位决策人。对方要求在月底前给出含安装调试的整体报价。";

static _Noreturn void stop(struct bench *bench, const char *what)
{
    fprintf(stderr, "raw_group: %s: %s\n", what,
            bench->handle ? sqlite3_errmsg(bench->handle) : "");
    exit(1);
}

static void run(struct bench *bench, const char *sql)
{
    if (sqlite3_exec(bench->handle, sql, NULL, NULL, NULL) != SQLITE_OK) stop(bench, sql);
}

static sqlite3_stmt *prepare(struct bench *bench, struct str sql)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v3(bench->handle, sql.data, (int)sql.size,
                                  SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (code != SQLITE_OK || !statement) stop(bench, "prepare");
    return statement;
}

static struct str file_read(struct bench *bench, const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) stop(bench, path);
    char *data = scope_alloc(&bench->scope, FILE_SIZE_MAX);
    size_t size = fread(data, 1, FILE_SIZE_MAX - 1, file);
    fclose(file);
    return (struct str){ data, size };
}

static void keys_load(struct bench *bench)
{
    if (!bench->options.keys) return;
    sqlite3_stmt *statement = prepare(bench, str_of(bench->options.keys));
    bench->keys = scope_new(&bench->scope, struct uuid, KEY_COUNT_MAX);
    while (bench->key_count < KEY_COUNT_MAX && sqlite3_step(statement) == SQLITE_ROW) {
        if (sqlite3_column_bytes(statement, 0) != 16) stop(bench, "keys must be 16 bytes long");
        memcpy(bench->keys[bench->key_count++].bytes, sqlite3_column_blob(statement, 0), 16);
    }
    sqlite3_finalize(statement);
    if (bench->key_count == 0) stop(bench, "no keys");
}

static void database_open(struct bench *bench)
{
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (sqlite3_open(bench->options.path, &bench->handle) != SQLITE_OK) stop(bench, "open");
    run(bench, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
               "PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;"
               "PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 67108864");
    const char *schema = bench->options.schema;
    if (schema || !bench->options.write) {
        run(bench, schema ? file_read(bench, schema).data : default_schema);
    }
    struct str write = bench->options.write ? file_read(bench, bench->options.write)
                                            : str_of(default_write);
    while (write.size > 0 && bench->statement_count < STATEMENT_COUNT_MAX) {
        size_t end = str_find(write, STR(";\n"));
        struct str one = str_trim(str_slice(write, 0, end == SIZE_MAX ? write.size : end));
        write = end == SIZE_MAX ? STR("") : str_slice(write, end + 2, write.size);
        if (one.size > 0) bench->statements[bench->statement_count++] = prepare(bench, one);
        for (int i = 0; i < ID_COUNT; i++) {
            char name[] = { ':', 'i', 'd', (char)('1' + i) };
            bool is_used = str_find(one, (struct str){ name, sizeof(name) }) != SIZE_MAX;
            if (is_used && i >= bench->id_count) bench->id_count = i + 1;
        }
    }
    bench->begin = prepare(bench, STR("BEGIN IMMEDIATE"));
    bench->commit = prepare(bench, STR("COMMIT"));
    bench->savepoint = prepare(bench, STR("SAVEPOINT one"));
    bench->release = prepare(bench, STR("RELEASE one"));
    keys_load(bench);
}

static void step(struct bench *bench, sqlite3_stmt *statement)
{
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {}
    if (code != SQLITE_DONE) stop(bench, "step");
    sqlite3_reset(statement);
}

static void bind(struct bench *bench, sqlite3_stmt *statement, const struct uuid *ids,
                 const struct uuid *key, int64_t now_ms)
{
    int count = sqlite3_bind_parameter_count(statement);
    for (int i = 1; i <= count; i++) {
        const char *name = sqlite3_bind_parameter_name(statement, i);
        if (!name) stop(bench, "parameters must have names");
        if (strncmp(name, ":id", 3) == 0 && name[3] >= '1' && name[3] <= '9') {
            sqlite3_bind_blob(statement, i, ids[name[3] - '1'].bytes, 16, SQLITE_STATIC);
        } else if (strcmp(name, ":key") == 0) {
            sqlite3_bind_blob(statement, i, key->bytes, 16, SQLITE_STATIC);
        } else if (strcmp(name, ":now") == 0) {
            sqlite3_bind_int64(statement, i, now_ms);
        } else if (strcmp(name, ":n") == 0) {
            sqlite3_bind_int64(statement, i, bench->counter);
        } else if (strcmp(name, ":text") == 0) {
            sqlite3_bind_text(statement, i, text, sizeof(text) - 1, SQLITE_STATIC);
        } else {
            stop(bench, name);
        }
    }
}

static void write_one(struct bench *bench)
{
    struct uuid ids[ID_COUNT];
    int64_t now_ms = time_now_ms();
    bench->counter += 1;
    struct uuid key = { { 0 } };
    if (bench->key_count > 0) key = bench->keys[bench->counter * 7919 % bench->key_count];
    if (bench->options.has_savepoints) step(bench, bench->savepoint);
    for (int round = 0; round < bench->options.repeat; round++) {
        for (int i = 0; i < bench->id_count; i++) ids[i] = uuid_make(now_ms);
        for (int i = 0; i < bench->statement_count; i++) {
            bind(bench, bench->statements[i], ids, &key, now_ms);
            step(bench, bench->statements[i]);
        }
    }
    if (bench->options.has_savepoints) step(bench, bench->release);
}

static struct request *take(struct bench *bench, int *count)
{
    pthread_mutex_lock(&bench->mutex);
    while (!bench->first && !bench->is_closing) {
        pthread_cond_wait(&bench->has_work, &bench->mutex);
    }
    struct request *first = bench->first, *last = first;
    *count = first ? 1 : 0;
    while (last && last->next && *count < bench->options.group_size) {
        last = last->next;
        *count += 1;
    }
    if (last) {
        bench->first = last->next;
        if (!bench->first) bench->last = NULL;
        last->next = NULL;
    }
    pthread_mutex_unlock(&bench->mutex);
    return first;
}

static void *writer_main(void *context)
{
    struct bench *bench = context;
    struct request *group;
    int count;
    while ((group = take(bench, &count))) {
        step(bench, bench->begin);
        for (int i = 0; i < count; i++) write_one(bench);
        step(bench, bench->commit);
        bench->commit_count += 1;
        bench->write_count += count;
        while (group) {
            struct request *next = group->next;
            sem_post(&group->is_done);
            group = next;
        }
    }
    return NULL;
}

static void *client_main(void *context)
{
    struct bench *bench = context;
    struct request request = { .next = NULL };
    sem_init(&request.is_done, 0, 0);
    while (!atomic_load(&bench->is_over)) {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        request.next = NULL;
        pthread_mutex_lock(&bench->mutex);
        if (bench->last) bench->last->next = &request;
        if (!bench->first) bench->first = &request;
        bench->last = &request;
        pthread_cond_signal(&bench->has_work);
        pthread_mutex_unlock(&bench->mutex);
        sem_wait(&request.is_done);
        clock_gettime(CLOCK_MONOTONIC, &end);
        int slot = atomic_fetch_add(&bench->sample_count, 1);
        if (slot < SAMPLE_COUNT_MAX) {
            bench->samples_ms[slot] = (float)((double)(end.tv_sec - start.tv_sec) * 1e3 +
                                              (double)(end.tv_nsec - start.tv_nsec) / 1e6);
        }
    }
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    const float *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static void report(struct bench *bench, double seconds)
{
    int count = atomic_load(&bench->sample_count);
    if (count > SAMPLE_COUNT_MAX) count = SAMPLE_COUNT_MAX;
    if (count == 0) stop(bench, "nothing was written");
    qsort(bench->samples_ms, (size_t)count, sizeof(float), by_size);
    printf("writes/s %.0f  p50_ms %.2f  p99_ms %.2f  max_ms %.1f  writes/commit %.1f  "
           "statements/write %d  clients %d\n",
           (double)bench->write_count / seconds, (double)bench->samples_ms[count / 2],
           (double)bench->samples_ms[(int)((double)count * 0.99)],
           (double)bench->samples_ms[count - 1],
           (double)bench->write_count / (double)bench->commit_count,
           bench->statement_count * bench->options.repeat, bench->options.client_count);
}

static _Noreturn void usage(void)
{
    fputs("raw_group DATABASE [--clients 64] [--seconds 5] [--group 64] [--repeat 1]\n"
          "          [--schema FILE] [--write FILE] [--keys SQL] [--savepoints]\n",
          stderr);
    exit(2);
}

static struct options options_read(int argc, char **argv)
{
    struct options options = {
        .client_count = 64, .seconds = 5, .group_size = 64, .repeat = 1
    };
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        if (name[0] != '-') {
            options.path = name;
            continue;
        }
        if (strcmp(name, "--savepoints") == 0) {
            options.has_savepoints = true;
            continue;
        }
        i += 1;
        if (strcmp(name, "--clients") == 0) options.client_count = (int)strtol(value, NULL, 10);
        else if (strcmp(name, "--seconds") == 0) options.seconds = (int)strtol(value, NULL, 10);
        else if (strcmp(name, "--group") == 0) options.group_size = (int)strtol(value, NULL, 10);
        else if (strcmp(name, "--repeat") == 0) options.repeat = (int)strtol(value, NULL, 10);
        else if (strcmp(name, "--schema") == 0) options.schema = value;
        else if (strcmp(name, "--write") == 0) options.write = value;
        else if (strcmp(name, "--keys") == 0) options.keys = value;
        else usage();
    }
    if (!options.path || options.client_count < 1 || options.client_count > CLIENT_COUNT_MAX ||
        options.seconds < 1 || options.group_size < 1 || options.repeat < 1) {
        usage();
    }
    return options;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    static pthread_t clients[CLIENT_COUNT_MAX];
    pthread_t writer;
    bench.options = options_read(argc, argv);
    scope_begin(&bench.scope);
    bench.samples_ms = scope_new(&bench.scope, float, SAMPLE_COUNT_MAX);
    pthread_mutex_init(&bench.mutex, NULL);
    pthread_cond_init(&bench.has_work, NULL);
    database_open(&bench);

    int64_t start_ms = time_monotonic_ms();
    pthread_create(&writer, NULL, writer_main, &bench);
    for (int i = 0; i < bench.options.client_count; i++) {
        pthread_create(&clients[i], NULL, client_main, &bench);
    }
    sleep((unsigned)bench.options.seconds);
    atomic_store(&bench.is_over, true);
    for (int i = 0; i < bench.options.client_count; i++) pthread_join(clients[i], NULL);
    double seconds = (double)(time_monotonic_ms() - start_ms) / 1000.0;
    pthread_mutex_lock(&bench.mutex);
    bench.is_closing = true;
    pthread_cond_signal(&bench.has_work);
    pthread_mutex_unlock(&bench.mutex);
    pthread_join(writer, NULL);
    report(&bench, seconds);
    scope_end(&bench.scope);
    return 0;
}
