#ifndef TESTS_DATABASE_H
#define TESTS_DATABASE_H

#include "db/db.h"

/*
 * Where a test has its database: a file in its folder, or, when LEADLINE_TEST_DB
 * names a PostgreSQL server, a schema there that belongs to the folder.
 */
struct str test_database(struct scope *scope, const char *folder, const char *file);
bool test_is_postgres(void);
/* Once it is open: gives PostgreSQL the view sqlite_master that tests ask. */
bool test_database_begin(struct db *db);
/* Takes the schema away again, through a database that is still open; a file stays. */
void test_database_drop(struct db *db, const char *folder);

#endif
