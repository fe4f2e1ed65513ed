/*
 * CREATE INDEX CONCURRENTLY: on a connection of its own, since it runs in no transaction. Broken
 * off it leaves an index that is not valid, which the next attempt drops first.
 */
#include "db/postgres.h"

bool pg_index_prepare(struct scope *scope, struct db *db, struct str name, struct str on)
{
    struct str aside = db_index_aside(scope, name);
    struct str drop = scope_format(scope, "DROP INDEX CONCURRENTLY IF EXISTS \"%.*s\"",
                                   STR_ARG(aside));
    struct str begin = STR("CREATE INDEX ");
    struct str make = scope_format(scope, "%.*s\"%.*s\" %.*s", STR_ARG(begin), STR_ARG(aside),
                                   STR_ARG(on));
    struct pg_text text;
    if (!pg_translate(scope, make, &text)) return false;
    struct str rest = str_slice(text.sql, begin.size, text.sql.size);
    struct str beside = scope_format(scope, "CREATE INDEX CONCURRENTLY %.*s", STR_ARG(rest));
    PGconn *handle = pg_connect(scope, db);
    if (!handle) return false;
    bool is_ok = pg_run(scope, handle, drop.data) && pg_run(scope, handle, beside.data);
    PQfinish(handle);
    return is_ok;
}
