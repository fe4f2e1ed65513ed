/* Cells, readers, cursors, statements, errors, time limits. */
#include "db/db.h"

#include <pthread.h>
#include <stdio.h>

#include "base/time.h"
#include "db/fixture_test.h"
#include "tests/database.h"

TEST(db_cells_keep_what_they_hold)
{
    struct scope scope;
    scope_begin(&scope);
    struct uuid id = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 } };
    struct cell cell = cell_id(&scope, id);
    CHECK_INT(cell.kind, CELL_BLOB);
    CHECK(uuid_equal(cell_uuid(&cell), id));
    struct cell shorter = cell_blob(STR("abc"));
    CHECK(uuid_is_nil(cell_uuid(&shorter)));
    struct cell text = cell_text(STR("abc")), copy = cell_copy(&scope, &text);
    CHECK(cell_equal(&text, &copy) && copy.text.data != text.text.data);
    CHECK(!cell_equal(&text, &shorter));
    scope_end(&scope);
}

static bool values_run(struct scope *scope, struct db_conn *conn, void *context)
{
    (void)context;
    struct cell args[4] = { cell_blob((struct str){ "\0\1\2", 3 }), cell_text((struct str){ 0 }),
                            cell_int(INT64_MIN), cell_null() };
    return db_exec(scope, conn,
                   STR("INSERT INTO thing (id, name, amount, note) VALUES (?, ?, ?, ?)"), args, 4);
}

TEST(db_values_come_back_as_they_went_in)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        struct scope *scope = &fixture.scope;
        struct db_conn *conn;
        struct row row;
        CHECK(db_write_wait(scope, fixture.db, values_run, NULL));
        CHECK(db_read_begin(scope, fixture.db, &conn));
        CHECK_INT(db_dialect(conn), test_is_postgres() ? DB_POSTGRES : DB_SQLITE);
        CHECK(db_one(scope, conn, STR("SELECT id, name, amount, note, 0.5, '' FROM thing"), NULL,
                     0, &row));
        CHECK_INT(row.count, 6);
        CHECK(str_equal(row.cells[0].text, (struct str){ "\0\1\2", 3 }));
        CHECK_INT(row.cells[1].kind, CELL_TEXT); /* an empty text is not NULL */
        CHECK_INT(row.cells[2].integer, INT64_MIN);
        CHECK_INT(row.cells[3].kind, CELL_NULL);
        CHECK(row.cells[4].kind == CELL_REAL && row.cells[4].real > 0.4);
        CHECK(db_one(scope, conn, STR("SELECT id FROM thing WHERE amount = 5"), NULL, 0, &row));
        CHECK_INT(row.count, 0);
        db_read_end(conn);
    }
    fixture_end(&fixture);
}

static const char *const count_to_1000 =
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
    "SELECT i FROM n";

TEST(db_all_is_bounded)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        struct scope *scope = &fixture.scope;
        struct db_conn *conn;
        struct rows rows;
        CHECK(db_read_begin(scope, fixture.db, &conn));
        CHECK(db_all(scope, conn, str_of(count_to_1000), NULL, 0, 1000, &rows));
        CHECK_INT(rows.count, 1000);
        CHECK_INT(rows.items[999].cells[0].integer, 1000);
        CHECK(!db_all(scope, conn, str_of(count_to_1000), NULL, 0, 999, &rows));
        CHECK_INT(scope->error.code, ERROR_TOO_LARGE);
        CHECK_INT(rows.count, 0);
        db_read_end(conn);
    }
    fixture_end(&fixture);
}

TEST(db_cursors_survive_careless_use)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        struct scope *scope = &fixture.scope, inner;
        struct db_conn *conn;
        struct db_cursor *first, *second;
        bool has_row;
        scope_begin(&inner);
        CHECK(db_read_begin(scope, fixture.db, &conn));
        /* The same text twice at once: two statements, each with its own place. */
        CHECK(db_query(&inner, conn, str_of(count_to_1000), NULL, 0, &first));
        CHECK_INT(db_cell(first, 0).kind, CELL_NULL); /* not on a row yet */
        CHECK(db_next(&inner, first, &has_row) && has_row);
        CHECK(db_query(&inner, conn, str_of(count_to_1000), NULL, 0, &second));
        for (int i = 0; i < 5; i++) CHECK(db_next(&inner, second, &has_row));
        CHECK(db_next(&inner, first, &has_row));
        CHECK_INT(db_cell(first, 0).integer, 2);
        CHECK_INT(db_cell(second, 0).integer, 5);
        CHECK_INT(db_cell(second, 1).kind, CELL_NULL); /* no such column */
        CHECK_INT(db_cell(second, -1).kind, CELL_NULL);
        db_cursor_end(first);
        db_cursor_end(first);
        CHECK(!db_next(&inner, first, &has_row) && !has_row);
        db_read_end(conn); /* ends the second one */
        CHECK_INT(db_cell(second, 0).kind, CELL_NULL);
        scope_end(&inner); /* must not touch the connection again */

        /* Behind the last row it stays behind the last row. */
        scope_begin(&inner);
        CHECK(db_read_begin(scope, fixture.db, &conn));
        CHECK(db_query(&inner, conn, STR("SELECT 1"), NULL, 0, &first));
        CHECK(db_next(&inner, first, &has_row) && has_row);
        for (int i = 0; i < 3; i++) CHECK(db_next(&inner, first, &has_row) && !has_row);
        /* Forgotten cursors end with their scope. */
        CHECK(db_query(&inner, conn, str_of(count_to_1000), NULL, 0, &second));
        CHECK(db_next(&inner, second, &has_row));
        scope_end(&inner);
        db_read_end(conn);
    }
    fixture_end(&fixture);
}

static bool is_refused(struct db_conn *conn, const char *sql, int arg_count)
{
    struct scope scope;
    scope_begin(&scope);
    struct cell args[2] = { cell_int(1), cell_int(2) };
    struct row row;
    bool is_storage_error = !db_one(&scope, conn, str_of(sql), args, arg_count, &row) &&
                            scope.error.code == ERROR_STORAGE && scope.error.detail.size > 0;
    scope_end(&scope);
    return is_storage_error;
}

TEST(db_refuses_what_is_not_one_reading_statement)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        struct db_conn *conn;
        CHECK(db_read_begin(&fixture.scope, fixture.db, &conn));
        CHECK(is_refused(conn, "SELECT 1; DELETE FROM thing", 0));
        CHECK(is_refused(conn, "", 0));
        CHECK(is_refused(conn, NULL, 0));
        CHECK(is_refused(conn, "-- nothing", 0));
        CHECK(is_refused(conn, "SELEC 1", 0));
        CHECK(is_refused(conn, "SELECT ?", 2));
        CHECK(is_refused(conn, "SELECT ?, ?", 1));
        CHECK(is_refused(conn, "SELECT \"no such column\"", 0)); /* not a string */
        CHECK(is_refused(conn, "DELETE FROM thing", 0));
        CHECK(is_refused(conn, "CREATE TABLE t (a)", 0));
        CHECK(is_refused(conn, "ATTACH '/tmp/leadline-other.db' AS other", 0));
        CHECK_INT(conn_int(&fixture.scope, conn, "SELECT 7"), 7);
        db_read_end(conn);
    }
    fixture_end(&fixture);
}

TEST(db_statement_cache_makes_place)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        struct scope *scope = &fixture.scope;
        struct db_conn *conn;
        CHECK(db_read_begin(scope, fixture.db, &conn));
        bool ok = true;
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 600; i++) {
                char sql[64];
                snprintf(sql, sizeof(sql), "SELECT %d + 1", i);
                ok = ok && conn_int(scope, conn, sql) == i + 1;
            }
        }
        CHECK(ok);
        /* More cursors open at once than the cache holds. */
        enum { OPEN_COUNT = 300 };
        struct db_cursor *cursors[OPEN_COUNT];
        bool has_row;
        for (int i = 0; i < OPEN_COUNT; i++) {
            ok = ok && db_query(scope, conn, str_of(count_to_1000), NULL, 0, &cursors[i]) &&
                 db_next(scope, cursors[i], &has_row);
        }
        CHECK(ok);
        for (int i = 0; i < OPEN_COUNT; i += 2) db_cursor_end(cursors[i]);
        CHECK_INT(conn_int(scope, conn, "SELECT 5"), 5);
        CHECK(db_next(scope, cursors[1], &has_row) && db_cell(cursors[1], 0).integer == 2);
        db_read_end(conn);
    }
    fixture_end(&fixture);
}

TEST(db_statements_follow_the_schema)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        struct scope *scope = &fixture.scope;
        struct db_conn *conn;
        struct row row;
        CHECK(fixture_exec(&fixture, "INSERT INTO thing (id, name) VALUES (x'01', 'a')"));
        CHECK(db_read_begin(scope, fixture.db, &conn));
        CHECK(db_one(scope, conn, STR("SELECT * FROM thing"), NULL, 0, &row));
        CHECK_INT(row.count, 4);
        db_read_end(conn);
        CHECK(fixture_exec(&fixture, "ALTER TABLE thing ADD COLUMN extra TEXT DEFAULT 'x'"));
        CHECK(db_read_begin(scope, fixture.db, &conn));
        CHECK(db_one(scope, conn, STR("SELECT * FROM thing"), NULL, 0, &row));
        CHECK_INT(row.count, 5);
        db_read_end(conn);
    }
    fixture_end(&fixture);
}

TEST(db_readers_see_one_moment)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        struct scope *scope = &fixture.scope;
        struct db_conn *before, *after;
        const char *count = "SELECT count(*) FROM thing";
        CHECK(db_read_begin(scope, fixture.db, &before));
        CHECK_INT(conn_int(scope, before, count), 0);
        CHECK(fixture_exec(&fixture, "INSERT INTO thing (id, name) VALUES (x'01', 'a')"));
        CHECK_INT(conn_int(scope, before, count), 0);
        CHECK(db_read_begin(scope, fixture.db, &after)); /* nested: another connection */
        CHECK(after != before);
        CHECK_INT(conn_int(scope, after, count), 1);
        CHECK_INT(conn_int(scope, before, count), 0);
        db_read_end(before);
        db_read_end(after);
        CHECK_INT(fixture_int(&fixture, count), 1);
    }
    fixture_end(&fixture);
}

TEST(db_readers_go_on_with_a_snapshot_until_something_is_committed)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        const char *count = "SELECT count(*) FROM thing";
        bool ok = true;
        for (int i = 0; i < 50; i++) {
            char sql[100];
            ok = ok && fixture_int(&fixture, count) == i && fixture_int(&fixture, count) == i;
            snprintf(sql, sizeof(sql), "INSERT INTO thing (id) VALUES ('%d')", i);
            ok = ok && fixture_exec(&fixture, sql);
        }
        CHECK(ok);
        /* Another process: its commits aren't counted here, but its data appears. */
        struct db *other;
        struct db_options options = { .url = fixture.path };
        struct fixture second = fixture;
        CHECK(db_open(&fixture.scope, &options, &other));
        second.db = other;
        CHECK_INT(fixture_int(&fixture, count), 50);
        CHECK(fixture_exec(&second, "DELETE FROM thing"));
        int64_t start_ms = time_monotonic_ms();
        while (fixture_int(&fixture, count) == 50 && time_monotonic_ms() - start_ms < 2000) {}
        CHECK(time_monotonic_ms() - start_ms < 1000);
        CHECK_INT(fixture_int(&fixture, count), 0);
        db_close(other);
    }
    fixture_end(&fixture);
}

struct borrower {
    struct db *db;
    bool is_ok;
};

static void *borrow_main(void *context)
{
    struct borrower *borrower = context;
    borrower->is_ok = true;
    for (int i = 0; i < 200; i++) {
        struct scope scope;
        scope_begin(&scope);
        struct db_conn *conn;
        bool ok = db_read_begin(&scope, borrower->db, &conn);
        if (ok) {
            ok = conn_int(&scope, conn, "SELECT count(*) FROM thing") == 0;
            db_read_end(conn);
        }
        borrower->is_ok = borrower->is_ok && ok;
        scope_end(&scope);
    }
    return NULL;
}

TEST(db_more_threads_than_readers_take_turns)
{
    struct fixture fixture;
    struct db_options options = { .reader_count_max = 2 };
    enum { THREAD_COUNT = 8 };
    struct borrower borrowers[THREAD_COUNT];
    pthread_t threads[THREAD_COUNT];
    if (fixture_begin(&fixture, &options)) {
        for (int i = 0; i < THREAD_COUNT; i++) {
            borrowers[i].db = fixture.db;
            pthread_create(&threads[i], NULL, borrow_main, &borrowers[i]);
        }
        for (int i = 0; i < THREAD_COUNT; i++) {
            pthread_join(threads[i], NULL);
            CHECK(borrowers[i].is_ok);
        }
    }
    fixture_end(&fixture);
}

TEST(db_reading_stops_at_its_deadline)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        struct scope *scope = &fixture.scope;
        struct db_conn *conn;
        struct row row;
        const char *endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                              "SELECT count(*) FROM n";
        CHECK(db_read_begin(scope, fixture.db, &conn));
        int64_t start_ms = time_monotonic_ms();
        db_read_deadline(conn, start_ms + 30);
        CHECK(!db_one(scope, conn, str_of(endless), NULL, 0, &row));
        CHECK_INT(scope->error.code, ERROR_INVALID);
        CHECK_STR(str_of(scope->error.first->key), "query.too_slow");
        CHECK(time_monotonic_ms() - start_ms < 5000);
        scope_error_clear(scope);
        db_read_end(conn);
        /* The next one to have the connection has no limit. */
        CHECK(db_read_begin(scope, fixture.db, &conn));
        CHECK_INT(conn_int(scope, conn,
                           "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                           "WHERE i < 100000) SELECT count(*) FROM n"),
                  100000);
        db_read_end(conn);
    }
    fixture_end(&fixture);
}

TEST(db_overflow_is_the_asker_s_mistake)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        struct scope *scope = &fixture.scope;
        struct db_conn *conn;
        struct row row;
        CHECK(db_read_begin(scope, fixture.db, &conn));
        CHECK(!db_one(scope, conn,
                      STR("SELECT SUM(v) FROM (SELECT 9223372036854775807 AS v "
                          "UNION ALL SELECT 1)"),
                      NULL, 0, &row));
        CHECK_INT(scope->error.code, ERROR_INVALID);
        db_read_end(conn);
    }
    fixture_end(&fixture);
}

static void shout(struct scope *scope, const struct cell *args, int arg_count, struct cell *result)
{
    (void)arg_count;
    if (args[0].kind != CELL_TEXT) {
        error_set(scope, ERROR_INVALID, "test.not_text", STR(""));
        return;
    }
    *result = cell_text(scope_format(scope, "%.*s!", STR_ARG(args[0].text)));
}

TEST(db_functions_of_our_own)
{
    if (test_is_postgres()) return; /* there they are SQL */
    static const struct db_function functions[] = { { "shout", 1, shout } };
    struct fixture fixture;
    db_functions_set(functions, 1);
    if (fixture_begin(&fixture, NULL)) {
        struct scope *scope = &fixture.scope;
        struct db_conn *conn;
        struct row row;
        CHECK(db_read_begin(scope, fixture.db, &conn));
        CHECK(db_one(scope, conn, STR("SELECT shout('你好')"), NULL, 0, &row));
        CHECK_STR(row.cells[0].text, "你好!");
        CHECK(is_refused(conn, "SELECT shout(1)", 0));
        db_read_end(conn);
    }
    fixture_end(&fixture);
    db_functions_set(NULL, 0);
}

TEST(db_open_says_why_it_cannot)
{
    struct scope scope;
    scope_begin(&scope);
    struct db *db;
    struct db_options options = { .url = STR("/nonexistent/folder/x.db") };
    CHECK(!db_open(&scope, &options, &db));
    CHECK(db == NULL);
    CHECK_INT(scope.error.code, ERROR_STORAGE);
    CHECK(scope.error.detail.size > 0);
    scope_error_clear(&scope);
    options.url = STR("postgresql:///x?host=/nonexistent/folder");
    CHECK(!db_open(&scope, &options, &db));
    CHECK(scope.error.detail.size > 0);
    scope_error_clear(&scope);
    options.url = STR("mysql://somewhere/x");
    CHECK(!db_open(&scope, &options, &db));
    scope_end(&scope);
}

TEST(db_open_refuses_a_file_that_is_no_database)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        struct str path = scope_format(&fixture.scope, "%s/text", fixture.folder);
        FILE *file = fopen(path.data, "w");
        for (int i = 0; CHECK(file != NULL) && i < 1000; i++) fputs("dear diary, ", file);
        if (file) fclose(file);
        struct db *db;
        struct db_options options = { .url = path };
        CHECK(!db_open(&fixture.scope, &options, &db));
        CHECK_INT(fixture.scope.error.code, ERROR_STORAGE);
    }
    fixture_end(&fixture);
}

TEST(db_open_for_reading_writes_nothing)
{
    struct fixture fixture;
    if (fixture_begin(&fixture, NULL)) {
        struct scope *scope = &fixture.scope;
        struct db *reader;
        struct db_options options = { .url = fixture.path, .is_read_only = true };
        CHECK(db_open(scope, &options, &reader));
        struct db_conn *conn;
        CHECK(db_read_begin(scope, reader, &conn));
        CHECK_INT(conn_int(scope, conn, "SELECT count(*) FROM thing"), 0);
        db_read_end(conn);
        CHECK(!db_write_wait(scope, reader, values_run, NULL));
        CHECK(db_check(&fixture.scope, reader));
        db_close(reader);
    }
    fixture_end(&fixture);
}
