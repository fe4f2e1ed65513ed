/* Backup, check and the size of the log, on a SQLite file. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/fixture_test.h"
#include "tests/database.h"

struct writer {
    struct db *db;
    atomic_bool is_stopped;
    atomic_int count;
};

/* Two rows that belong together: a copy must have both or none. */
static bool pair_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const int *number = context;
    struct cell args[2] = { cell_int(*number), cell_int(-*number) };
    return db_exec(scope, conn,
                   STR("INSERT INTO thing (id, amount, note) VALUES (randomblob(16), ?, "
                       "hex(randomblob(500)))"),
                   &args[0], 1) &&
           db_exec(scope, conn,
                   STR("INSERT INTO thing (id, amount) VALUES (randomblob(16), ?)"), &args[1], 1);
}

static void *writer_main(void *context)
{
    struct writer *writer = context;
    for (int i = 1; !atomic_load(&writer->is_stopped); i++) {
        struct scope scope;
        scope_begin(&scope);
        if (db_write_wait(&scope, writer->db, pair_run, &i)) atomic_fetch_add(&writer->count, 1);
        scope_end(&scope);
    }
    return NULL;
}

TEST(backup_is_consistent_while_others_write)
{
    if (test_is_postgres()) return;
    struct fixture fixture;
    struct writer writer = { .db = NULL };
    pthread_t thread;
    if (fixture_begin(&fixture, NULL)) {
        struct scope *scope = &fixture.scope;
        CHECK(fixture_exec(&fixture,
                           "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                           "WHERE i < 5000) INSERT INTO thing (id, amount, note) "
                           "SELECT randomblob(16), 0, hex(randomblob(200)) FROM n"));
        writer.db = fixture.db;
        pthread_create(&thread, NULL, writer_main, &writer);
        while (atomic_load(&writer.count) < 20) usleep(1000);
        for (int i = 0; i < 3; i++) {
            struct str path = scope_format(scope, "%s/copy%d.db", fixture.folder, i);
            int count_before = atomic_load(&writer.count);
            if (!CHECK(db_backup(scope, fixture.db, path))) break;
            int count_after = atomic_load(&writer.count);
            struct stat status;
            CHECK(stat(path.data, &status) == 0 && (status.st_mode & 077) == 0);
            struct db *copy;
            struct db_conn *conn;
            struct db_options options = { .url = path };
            CHECK(db_open(scope, &options, &copy));
            CHECK(db_check(scope, copy));
            CHECK(db_read_begin(scope, copy, &conn));
            CHECK_INT(conn_int(scope, conn, "SELECT SUM(amount) FROM thing"), 0);
            int64_t pairs = (conn_int(scope, conn, "SELECT count(*) FROM thing") - 5000) / 2;
            CHECK(pairs >= count_before && pairs <= count_after + 1);
            db_read_end(conn);
            db_close(copy);
        }
        atomic_store(&writer.is_stopped, true);
        pthread_join(thread, NULL);
        /* Never over something that is there. */
        struct str path = scope_format(scope, "%s/copy0.db", fixture.folder);
        CHECK(!db_backup(scope, fixture.db, path));
        CHECK_INT(scope->error.code, ERROR_CONFLICT);
        scope_error_clear(scope);
        CHECK(!db_backup(scope, fixture.db, STR("/nonexistent/folder/copy.db")));
        CHECK_INT(scope->error.code, ERROR_STORAGE);
    }
    fixture_end(&fixture);
}

TEST(check_finds_missing_references)
{
    if (test_is_postgres()) return;
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        struct scope *scope = &fixture.scope;
        CHECK(fixture_exec(&fixture, "CREATE TABLE part (thing BLOB REFERENCES thing (id))"));
        CHECK(db_check(scope, fixture.db));
        /* Somebody with another tool, which does not look at references. */
        sqlite3 *other;
        CHECK_INT(sqlite3_open(fixture.path.data, &other), SQLITE_OK);
        CHECK_INT(sqlite3_exec(other, "INSERT INTO part VALUES (x'77')", NULL, NULL, NULL),
                  SQLITE_OK);
        sqlite3_close(other);
        CHECK(!db_check(scope, fixture.db));
        CHECK(str_find(scope->error.detail, STR("row of part")) != SIZE_MAX);
    }
    fixture_end(&fixture);
}

TEST(check_finds_damage)
{
    if (test_is_postgres()) return;
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        struct scope *scope = &fixture.scope;
        CHECK(fixture_exec(&fixture,
                           "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                           "WHERE i < 5000) INSERT INTO thing (id, amount, note) "
                           "SELECT randomblob(16), i, hex(randomblob(200)) FROM n"));
        db_close(fixture.db);
        fixture.db = NULL;
        int file = open(fixture.path.data, O_RDWR);
        char junk[4096];
        memset(junk, 0x5a, sizeof(junk));
        CHECK(file >= 0 && pwrite(file, junk, sizeof(junk), 50 * 4096) == (ssize_t)sizeof(junk));
        close(file);
        struct db_options options = { .url = fixture.path };
        CHECK(db_open(scope, &options, &fixture.db));
        CHECK(!db_check(scope, fixture.db));
        CHECK_INT(scope->error.code, ERROR_STORAGE);
        CHECK(scope->error.detail.size > 0);
    }
    fixture_end(&fixture);
}

static bool bulk_run(struct scope *scope, struct db_conn *conn, void *context)
{
    (void)context;
    return db_exec(scope, conn,
                   STR("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                       "WHERE i < 2000) INSERT INTO thing (id, note) "
                       "SELECT randomblob(16), randomblob(4000) FROM n"),
                   NULL, 0);
}

/* 20 times some 4000 pages are 300 MB of log; it must have started again in between. */
TEST(log_is_bounded)
{
    if (test_is_postgres()) return;
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        struct str wal = scope_format(&fixture.scope, "%s-wal", fixture.path.data);
        off_t largest = 0;
        for (int i = 0; i < 20; i++) {
            struct scope scope;
            scope_begin(&scope);
            CHECK(db_write_wait(&scope, fixture.db, bulk_run, NULL));
            CHECK(fixture_exec(&fixture, "DELETE FROM thing"));
            CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM thing"), 0);
            scope_end(&scope);
            struct stat status;
            if (stat(wal.data, &status) == 0 && status.st_size > largest) largest = status.st_size;
        }
        CHECK(largest > 0 && largest < 100 * 1024 * 1024);
    }
    fixture_end(&fixture);
}

/* A disk that is full, played by a limit on the size of files. */
TEST(full_disk_loses_nothing_that_was_answered)
{
    if (test_is_postgres()) return;
    struct fixture fixture;
    struct rlimit before, small;
    if (fixture_begin(&fixture, NULL)) {
        CHECK(fixture_exec(&fixture, "INSERT INTO thing (id) VALUES (x'01')"));
        getrlimit(RLIMIT_FSIZE, &before);
        void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
        small = before;
        small.rlim_cur = 4 * 1024 * 1024;
        setrlimit(RLIMIT_FSIZE, &small);
        int64_t committed_count = 0, failed_count = 0;
        for (int i = 0; i < 3; i++) {
            struct scope scope;
            scope_begin(&scope);
            bool ok = db_write_wait(&scope, fixture.db, bulk_run, NULL);
            committed_count += ok;
            failed_count += !ok;
            CHECK(ok || scope.error.code == ERROR_STORAGE);
            scope_end(&scope);
        }
        setrlimit(RLIMIT_FSIZE, &before);
        signal(SIGXFSZ, handler);
        CHECK(failed_count > 0);
        CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM thing"), 1 + 2000 * committed_count);
        CHECK(fixture_exec(&fixture, "INSERT INTO thing (id) VALUES (x'02')"));
        CHECK_INT(fixture_int(&fixture, "SELECT count(*) FROM thing"), 2 + 2000 * committed_count);
        CHECK(db_check(&fixture.scope, fixture.db));
    }
    fixture_end(&fixture);
}
