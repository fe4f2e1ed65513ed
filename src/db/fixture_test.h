#ifndef DB_FIXTURE_TEST_H
#define DB_FIXTURE_TEST_H

#include "db/db.h"
#include "tests/test.h"

/* For the tests of db/: a database in a folder of its own, with a table "thing". */
struct fixture {
    struct scope scope;
    char folder[64];
    struct str path;
    struct db *db;
};

/* thing(id BLOB PRIMARY KEY, name TEXT UNIQUE, amount BIGINT, note TEXT); false when it failed. */
bool fixture_begin(struct fixture *fixture, const struct db_options *options);
void fixture_end(struct fixture *fixture);
/* Runs one statement without values as a write. */
bool fixture_exec(struct fixture *fixture, const char *sql);
/* First cell of the first row as an integer; -1 when there is none. */
int64_t fixture_int(struct fixture *fixture, const char *sql);
int64_t conn_int(struct scope *scope, struct db_conn *conn, const char *sql);

#endif
