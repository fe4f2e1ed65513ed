/* See database.h. */
#include "tests/database.h"

#include <stdlib.h>

static const char *server(void)
{
    const char *url = getenv("LEADLINE_TEST_DB");
    return url && *url ? url : NULL;
}

bool test_is_postgres(void)
{
    return server() != NULL;
}

static unsigned long long schema_number(const char *folder)
{
    return (unsigned long long)str_hash(str_of(folder));
}

struct str test_database(struct scope *scope, const char *folder, const char *file)
{
    const char *url = server();
    if (!url) return scope_format(scope, "%s/%s", folder, file);
    bool has_query = str_find(str_of(url), STR("?")) != SIZE_MAX;
    return scope_format(scope, "%s%cschema=test_%016llx", url, has_query ? '&' : '?',
                        schema_number(folder));
}

/* What tests ask SQLite's list of tables and indexes, answered by PostgreSQL's. */
static const char catalog_sql[] =
    "CREATE OR REPLACE VIEW sqlite_master AS SELECT c.relname AS name, "
    "CASE c.relkind WHEN 'i' THEN 'index' ELSE 'table' END AS type, "
    "COALESCE(t.relname, c.relname) AS tbl_name "
    "FROM pg_class AS c LEFT JOIN pg_index AS i ON i.indexrelid = c.oid "
    "LEFT JOIN pg_class AS t ON t.oid = i.indrelid "
    "WHERE c.relkind IN ('r', 'i') AND c.relnamespace = CAST(current_schema() AS regnamespace)";

static bool catalog_run(struct scope *scope, struct db_conn *conn, void *context)
{
    (void)context;
    return db_exec(scope, conn, str_of(catalog_sql), NULL, 0);
}

bool test_database_begin(struct db *db)
{
    struct scope scope;
    if (!server()) return true;
    scope_begin(&scope);
    bool ok = db_write_wait(&scope, db, catalog_run, NULL);
    scope_end(&scope);
    return ok;
}

static bool drop_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct str views = scope_format(scope, "DROP SCHEMA IF EXISTS test_%016llx_bi CASCADE",
                                    schema_number(context));
    struct str sql = scope_format(scope, "DROP SCHEMA test_%016llx CASCADE",
                                  schema_number(context));
    return db_exec(scope, conn, views, NULL, 0) && db_exec(scope, conn, sql, NULL, 0);
}

void test_database_drop(struct db *db, const char *folder)
{
    struct scope scope;
    if (!server()) return;
    scope_begin(&scope);
    bool is_gone = db_write_wait(&scope, db, drop_run, (void *)(uintptr_t)folder);
    (void)is_gone; /* a test of failures may have left it unusable */
    scope_end(&scope);
}
