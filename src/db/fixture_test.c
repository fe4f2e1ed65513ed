/* What the tests of db/ have in common. */
#include "db/fixture_test.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/database.h"

bool fixture_begin(struct fixture *fixture, const struct db_options *options)
{
    const char *base = getenv("TMPDIR");
    *fixture = (struct fixture){ .db = NULL };
    scope_begin(&fixture->scope);
    snprintf(fixture->folder, sizeof(fixture->folder), "%.40s/db-test-XXXXXX",
             base && *base ? base : "/tmp");
    if (!CHECK(mkdtemp(fixture->folder) != NULL)) return false;
    fixture->path = test_database(&fixture->scope, fixture->folder, "test.db");
    struct db_options own = options ? *options : (struct db_options){ .reader_count_max = 4 };
    own.url = fixture->path;
    return CHECK(db_open(&fixture->scope, &own, &fixture->db)) &&
           CHECK(test_database_begin(fixture->db)) &&
           CHECK(fixture_exec(fixture, "CREATE TABLE thing (id BLOB PRIMARY KEY, "
                                       "name TEXT UNIQUE, amount BIGINT, note TEXT)"));
}

void fixture_end(struct fixture *fixture)
{
    if (fixture->db) test_database_drop(fixture->db, fixture->folder);
    if (fixture->db) db_close(fixture->db);
    DIR *folder = opendir(fixture->folder);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        struct str name = scope_format(&fixture->scope, "%s/%s", fixture->folder, entry->d_name);
        if (entry->d_name[0] != '.') unlink(name.data);
    }
    if (folder) closedir(folder);
    rmdir(fixture->folder);
    scope_end(&fixture->scope);
}

static bool exec_run(struct scope *scope, struct db_conn *conn, void *context)
{
    return db_exec(scope, conn, str_of(context), NULL, 0);
}

bool fixture_exec(struct fixture *fixture, const char *sql)
{
    struct scope scope;
    scope_begin(&scope);
    bool ok = db_write_wait(&scope, fixture->db, exec_run, (void *)(uintptr_t)sql);
    if (!ok) printf("    %.*s\n", STR_ARG(scope.error.detail));
    scope_end(&scope);
    return ok;
}

int64_t conn_int(struct scope *scope, struct db_conn *conn, const char *sql)
{
    struct row row;
    bool ok = db_one(scope, conn, str_of(sql), NULL, 0, &row);
    return ok && row.count > 0 && row.cells[0].kind == CELL_INT ? row.cells[0].integer : -1;
}

int64_t fixture_int(struct fixture *fixture, const char *sql)
{
    struct scope scope;
    scope_begin(&scope);
    struct db_conn *conn;
    int64_t number = -1;
    if (db_read_begin(&scope, fixture->db, &conn)) {
        number = conn_int(&scope, conn, sql);
        db_read_end(conn);
    }
    scope_end(&scope);
    return number;
}
