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

static bool drop_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct str sql = scope_format(scope, "DROP SCHEMA test_%016llx CASCADE",
                                  schema_number(context));
    return db_exec(scope, conn, sql, NULL, 0);
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
