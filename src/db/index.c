/*
 * Indexes made while others write. Where the database can do that beside its transactions, the
 * index is made under another name first, and takes its own in a write: one of that name is whole.
 */
#include "db/db_engine.h"
#include "db/sql.h"

struct index {
    struct str name, on;
    bool is_prepared;
};

static bool make_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct index *index = context;
    struct sql sql;
    sql_begin(&sql, scope);
    if (index->is_prepared) {
        sql_put(&sql, STR("ALTER INDEX "));
        sql_name(&sql, db_index_aside(scope, index->name));
        sql_put(&sql, STR(" RENAME TO "));
        sql_name(&sql, index->name);
    } else {
        sql_put(&sql, STR("CREATE INDEX "));
        sql_name(&sql, index->name);
        sql_put(&sql, STR(" "));
        sql_put(&sql, index->on);
    }
    return sql_exec(scope, conn, &sql);
}

struct str db_index_aside(struct scope *scope, struct str name)
{
    return scope_format(scope, "%.*s_new", STR_ARG(name));
}

bool db_index_make(struct scope *scope, struct db *db, struct str name, struct str on)
{
    struct index index = { name, on, db->engine->index_prepare != NULL };
    return (!index.is_prepared || db->engine->index_prepare(scope, db, name, on)) &&
           db_write_wait(scope, db, make_run, &index);
}

bool db_index_is(struct scope *scope, struct db_conn *conn, struct str name, bool *out)
{
    struct cell arg = cell_text(name);
    struct row row;
    if (!db_one(scope, conn, str_of(conn->db->engine->index_sql), &arg, 1, &row)) return false;
    *out = row.count > 0;
    return true;
}
