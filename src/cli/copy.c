/*
 * A workspace's database into another database, row by row; see copy.h.
 *
 * The tables of the engine are made by its migrations, those of objects by the
 * configuration as soon as its rows are over, and what was hidden (_gone_…) from
 * what the old database says about it. So the new one is as if it had been made
 * there, with indexes and search in its own manner.
 *
 * Every row is hashed with the names of its columns while it is read; the sums of
 * these hashes, which no order of rows changes, must be the same on both sides.
 */
#include "cli/copy.h"

#include "db/sql.h"
#include "engine/bi.h"
#include "formula/formula.h"
#include "record/record.h"
#include "schema/schema.h"

enum { BATCH_ROW_COUNT = 100, BATCH_CELL_COUNT = 2000 };

struct copy {
    struct db *from;
    struct db_conn *source;
    struct copied *out;
};

/* ---- reading ---- */

static uint64_t cell_hash(const struct cell *cell)
{
    uint64_t bits = 0;
    switch (cell->kind) {
    case CELL_NULL: return 0x9e3779b97f4a7c15u;
    case CELL_INT: return str_hash((struct str){ (const char *)&cell->integer, 8 }) + 1;
    case CELL_REAL:
        memcpy(&bits, &cell->real, sizeof(bits));
        return str_hash((struct str){ (const char *)&bits, 8 }) + 2;
    case CELL_TEXT: return str_hash(cell->text) + 3;
    case CELL_INTS:
    case CELL_BLOB: return str_hash(cell->text) + 4;
    }
    return 0;
}

struct sum {
    int64_t row_count;
    uint64_t hash;
};

static void sum_add(struct sum *sum, const struct db_table *table, const struct cell *cells)
{
    uint64_t hash = 0;
    for (int i = 0; i < table->column_count; i++) {
        uint64_t column = str_hash(table->columns[i].name);
        hash += (cell_hash(&cells[i]) ^ column) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 31;
    }
    sum->row_count += 1;
    sum->hash += hash;
}

static void put_columns(struct sql *sql, const struct db_table *table)
{
    for (int i = 0; i < table->column_count; i++) {
        if (i > 0) sql_put(sql, STR(", "));
        sql_name(sql, table->columns[i].name);
    }
}

static bool table_open(struct scope *scope, struct db_conn *conn, const struct db_table *table,
                       struct db_cursor **out)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT "));
    put_columns(&sql, table);
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, table->name);
    return sql_query(scope, conn, &sql, out);
}

/* ---- writing ---- */

static bool batch_write(struct scope *scope, struct db_conn *conn, const struct db_table *table,
                        const struct cell *cells, int row_count)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("INSERT INTO "));
    sql_name(&sql, table->name);
    sql_put(&sql, STR(" ("));
    put_columns(&sql, table);
    sql_put(&sql, STR(") VALUES "));
    for (int row = 0; row < row_count; row++) {
        sql_put(&sql, row == 0 ? STR("(") : STR(", ("));
        for (int i = 0; i < table->column_count; i++) {
            if (i > 0) sql_put(&sql, STR(", "));
            sql_value(&sql, cells[row * table->column_count + i]);
        }
        sql_put(&sql, STR(")"));
    }
    return sql_exec(scope, conn, &sql);
}

/* Up to a batch of rows; *row_count says how many there were. */
static bool batch_copy(struct db_cursor *cursor, struct db_conn *conn, struct scope *scope,
                       const struct db_table *table, int size, struct sum *sum, int *row_count)
{
    struct cell *cells = scope_new(scope, struct cell, (size_t)size * table->column_count + 1);
    bool ok = true, has_row = true;
    for (*row_count = 0; ok && *row_count < size;) {
        ok = db_next(scope, cursor, &has_row);
        if (!ok || !has_row) break;
        struct cell *row = cells + (ptrdiff_t)*row_count * table->column_count;
        for (int i = 0; i < table->column_count; i++) {
            struct cell cell = db_cell(cursor, i);
            row[i] = cell_copy(scope, &cell);
        }
        sum_add(sum, table, row);
        *row_count += 1;
    }
    return ok && (*row_count == 0 || batch_write(scope, conn, table, cells, *row_count));
}

static bool error_move(struct scope *to, const struct scope *from)
{
    const struct error_item *item = from->error.first;
    if (!item || from->error.code == ERROR_STORAGE) return error_storage(to, from->error.detail);
    return error_set(to, from->error.code, item->key, scope_copy(to, item->field));
}

/* The same by batches, each in memory of its own. */
static bool rows_copy(struct scope *scope, const struct copy *copy, struct db_conn *conn,
                      const struct db_table *table, struct sum *sum)
{
    struct db_cursor *cursor;
    int size = BATCH_CELL_COUNT / table->column_count;
    if (size > BATCH_ROW_COUNT) size = BATCH_ROW_COUNT;
    if (size < 1) size = 1;
    if (!table_open(scope, copy->source, table, &cursor)) return false;
    bool ok = true;
    for (int row_count = size; ok && row_count == size;) {
        struct scope inner;
        scope_begin(&inner);
        ok = batch_copy(cursor, conn, &inner, table, size, sum, &row_count) ||
             error_move(scope, &inner);
        scope_end(&inner);
    }
    db_cursor_end(cursor);
    return ok;
}

static bool rows_sum(struct scope *scope, struct db_conn *conn, const struct db_table *table,
                     struct sum *sum)
{
    struct db_cursor *cursor;
    bool ok = table_open(scope, conn, table, &cursor), has_row = ok;
    struct cell *cells = scope_new(scope, struct cell, table->column_count + 1);
    while (ok && (ok = db_next(scope, cursor, &has_row)) && has_row) {
        for (int i = 0; i < table->column_count; i++) cells[i] = db_cell(cursor, i);
        sum_add(sum, table, cells);
    }
    if (ok) db_cursor_end(cursor);
    return ok;
}

static bool table_copy(struct scope *scope, const struct copy *copy, struct db_conn *conn,
                       const struct db_table *table)
{
    struct sum before = { 0 }, after = { 0 };
    if (!rows_copy(scope, copy, conn, table, &before) ||
        !rows_sum(scope, conn, table, &after)) {
        return false;
    }
    if (before.row_count != after.row_count || before.hash != after.hash) {
        error_set(scope, ERROR_CONFLICT, "cli.copy_differs", STR(""));
        return error_arg(scope, "table", table->name);
    }
    copy->out->row_count += before.row_count;
    copy->out->table_count += 1;
    return true;
}

/* ---- tables ---- */

static const char *type_of(enum cell_kind kind)
{
    switch (kind) {
    case CELL_INT: return "INTEGER";
    case CELL_REAL: return "REAL";
    case CELL_INTS:
    case CELL_BLOB: return "BLOB";
    default: return "TEXT";
    }
}

static const struct db_table *table_find(const struct db_table *tables, int count,
                                         struct str name)
{
    for (int i = 0; i < count; i++) {
        if (str_equal(tables[i].name, name)) return &tables[i];
    }
    return NULL;
}

static bool has_column(const struct db_table *table, struct str name)
{
    for (int i = 0; i < table->column_count; i++) {
        if (str_equal(table->columns[i].name, name)) return true;
    }
    return false;
}

/* A hidden object's table, in the form table.c gives such tables. */
static bool hidden_table_make(struct scope *scope, struct db_conn *conn,
                              const struct db_table *table)
{
    static const char *const always[] = { "version", "created_at", "updated_at" };
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("CREATE TABLE "));
    sql_name(&sql, table->name);
    sql_put(&sql, STR(" (search_id INTEGER PRIMARY KEY"));
    for (int i = 0; i < table->column_count; i++) {
        const struct db_column *column = &table->columns[i];
        if (str_is(column->name, "search_id")) continue;
        sql_put(&sql, STR(", "));
        sql_name(&sql, column->name);
        sql_putf(&sql, " %s", type_of(column->kind));
        if (str_is(column->name, "id")) sql_put(&sql, STR(" NOT NULL UNIQUE"));
        for (int k = 0; k < 3; k++) {
            if (str_is(column->name, always[k])) sql_put(&sql, STR(" NOT NULL"));
        }
    }
    sql_put(&sql, STR(") STRICT"));
    return sql_exec(scope, conn, &sql);
}

static bool column_make(struct scope *scope, struct db_conn *conn, const struct db_table *table,
                        const struct db_column *column)
{
    struct sql sql;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("ALTER TABLE "));
    sql_name(&sql, table->name);
    sql_put(&sql, STR(" ADD COLUMN "));
    sql_name(&sql, column->name);
    sql_putf(&sql, " %s", type_of(column->kind));
    return sql_exec(scope, conn, &sql);
}

/* What the configuration does not know of any more: hidden tables and columns. */
static bool hidden_make(struct scope *scope, struct db_conn *conn, const struct db_table *tables,
                        int count)
{
    struct db_table *there;
    int there_count;
    if (!db_tables(scope, conn, &there, &there_count)) return false;
    for (int i = 0; i < count; i++) {
        const struct db_table *table = &tables[i];
        const struct db_table *own = table_find(there, there_count, table->name);
        if (!own && !hidden_table_make(scope, conn, table)) return false;
        for (int k = 0; own && k < table->column_count; k++) {
            const struct db_column *column = &table->columns[k];
            if (has_column(own, column->name)) continue;
            if (!column_make(scope, conn, table, column)) return false;
        }
    }
    return true;
}

/* ---- all of it ---- */

static bool not_empty(struct scope *scope)
{
    return error_set(scope, ERROR_CONFLICT, "cli.copy_not_empty", STR(""));
}

static bool is_empty(struct scope *scope, struct db_conn *conn)
{
    struct row row;
    struct str sql = STR("SELECT (SELECT COUNT(*) FROM config) + (SELECT COUNT(*) FROM \"user\")");
    if (!db_one(scope, conn, sql, NULL, 0, &row)) return false;
    return row.cells[0].integer == 0 || not_empty(scope);
}

/* Before anything is written there: nothing, or a workspace's tables without a workspace. */
static bool is_free(struct scope *scope, struct db *db)
{
    struct db_conn *conn;
    struct db_table *tables;
    int count;
    if (!db_read_begin(scope, db, &conn)) return false;
    bool ok = db_tables(scope, conn, &tables, &count);
    if (ok && count > 0) {
        bool is_ours = table_find(tables, count, STR("config")) &&
                       table_find(tables, count, STR("user"));
        ok = is_ours ? is_empty(scope, conn) : not_empty(scope);
    }
    db_read_end(conn);
    return ok;
}

static bool words_make(struct scope *scope, struct db_conn *conn, const struct schema *schema)
{
    for (int i = 0; i < schema->object_count; i++) {
        if (!record_words_fill(scope, conn, &schema->objects[i])) return false;
    }
    return true;
}

static bool copy_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct copy *copy = context;
    struct schema *before, *after;
    struct db_table *tables;
    int count;
    if (!is_empty(scope, conn) || !schema_load(scope, conn, &before) ||
        !db_tables(scope, copy->source, &tables, &count)) {
        return false;
    }
    const struct db_table *config = table_find(tables, count, STR("config"));
    if (!config) return error_storage(scope, STR("no configuration to copy"));
    bool ok = db_exec(scope, conn, STR("DELETE FROM setting"), NULL, 0) &&
              table_copy(scope, copy, conn, config) && schema_load(scope, conn, &after) &&
              schema_tables_make(scope, conn, before, after) &&
              hidden_make(scope, conn, tables, count);
    for (int i = 0; ok && i < count; i++) {
        if (&tables[i] != config) ok = table_copy(scope, copy, conn, &tables[i]);
    }
    return ok && db_numbers_settle(scope, conn) && words_make(scope, conn, after) &&
           formula_build(scope, after) && bi_settle(scope, conn, after);
}

bool copy_database(struct scope *scope, struct db *from, struct db *to, struct copied *out)
{
    *out = (struct copied){ 0 };
    struct copy copy = { .from = from, .out = out };
    if (!db_read_begin(scope, from, &copy.source)) return false;
    bool ok = db_write_wait(scope, to, copy_run, &copy);
    db_read_end(copy.source);
    return ok;
}

bool copy_to_url(struct scope *scope, struct db *from, struct str url, struct copied *out)
{
    struct db *to;
    struct db_options options = { .url = url, .reader_count_max = 1 };
    db_functions_set(formula_functions_sqlite, formula_function_sqlite_count);
    db_functions_postgres_set(formula_functions_postgres, formula_functions_postgres_count);
    if (!db_open(scope, &options, &to)) return false;
    bool ok = is_free(scope, to) &&
              db_migrate(scope, to, schema_migrations, schema_migration_count) &&
              copy_database(scope, from, to, out);
    db_close(to);
    return ok;
}
