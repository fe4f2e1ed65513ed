/* The tables there are, for a copy to another database. */
#include "db/db_engine.h"

enum { COLUMN_COUNT_MAX = 200000 };

/* Not data: the database's own, search indexes (made anew), what this room keeps about itself. */
static bool is_data(struct str table)
{
    static const struct str own[] = { STR_INIT("leadline_"), STR_INIT("sqlite_") };
    for (int i = 0; i < 2; i++) {
        if (str_starts_with(table, own[i])) return false;
    }
    return !str_ends_with(table, STR("_search")) && str_find(table, STR("_search_")) == SIZE_MAX;
}

/* CELL_NULL: none of ours. */
static enum cell_kind kind_of(struct str type)
{
    static const struct {
        struct str name;
        enum cell_kind kind;
    } types[] = { { STR_INIT("INTEGER"), CELL_INT },  { STR_INIT("BIGINT"), CELL_INT },
                  { STR_INIT("REAL"), CELL_REAL },    { STR_INIT("DOUBLE PRECISION"), CELL_REAL },
                  { STR_INIT("TEXT"), CELL_TEXT },    { STR_INIT("BLOB"), CELL_BLOB },
                  { STR_INIT("BYTEA"), CELL_BLOB } };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (str_equal_nocase(type, types[i].name)) return types[i].kind;
    }
    return CELL_NULL;
}

bool db_tables(struct scope *scope, struct db_conn *conn, struct db_table **out, int *count)
{
    struct rows rows;
    struct str sql = str_of(conn->db->engine->tables_sql);
    *count = 0;
    if (!db_all(scope, conn, sql, NULL, 0, COLUMN_COUNT_MAX, &rows)) return false;
    struct db_table *tables = scope_new(scope, struct db_table, rows.count + 1);
    struct db_column *columns = scope_new(scope, struct db_column, rows.count + 1);
    for (int i = 0; i < rows.count; i++) {
        const struct cell *cells = rows.items[i].cells;
        struct db_table *last = *count > 0 ? &tables[*count - 1] : NULL;
        if (!is_data(cells[0].text)) continue;
        if (!last || !str_equal(last->name, cells[0].text)) {
            last = &tables[(*count)++];
            *last = (struct db_table){ .name = cells[0].text, .columns = columns };
        }
        columns->name = cells[1].text;
        columns->kind = kind_of(cells[2].text);
        columns += 1;
        last->column_count += 1;
    }
    *out = tables;
    return true;
}

static bool search_call(struct scope *scope, struct db_conn *conn, const char *sql,
                        struct str table)
{
    struct row row;
    struct cell arg = cell_text(table);
    return !sql || db_one(scope, conn, str_of(sql), &arg, 1, &row);
}

bool db_search_fill(struct scope *scope, struct db_conn *conn, struct str table,
                    bool (*fill)(struct scope *scope, struct db_conn *conn, void *context),
                    void *context)
{
    const struct db_engine *engine = conn->db->engine;
    return search_call(scope, conn, engine->search_rest_sql, table) &&
           fill(scope, conn, context) &&
           search_call(scope, conn, engine->search_index_sql, table);
}

bool db_numbers_settle(struct scope *scope, struct db_conn *conn)
{
    struct row row;
    const char *sql = conn->db->engine->settle_sql;
    return !sql || db_one(scope, conn, str_of(sql), NULL, 0, &row);
}
