/* See trace.h. */
#include "tests/trace.h"

#include <stdlib.h>

static uint64_t mix(uint64_t hash, struct str bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        hash = (hash ^ (unsigned char)bytes.data[i]) * 1099511628211u;
    }
    return hash * 31 + bytes.size;
}

static uint64_t mix_cell(uint64_t hash, const struct cell *cell)
{
    struct str bytes = { (const char *)&cell->integer, sizeof(cell->integer) };
    hash = hash * 31 + cell->kind;
    if (cell->kind == CELL_TEXT || cell->kind == CELL_BLOB) bytes = cell->text;
    if (cell->kind == CELL_REAL) bytes.data = (const char *)&cell->real;
    return cell->kind == CELL_NULL ? hash : mix(hash, bytes);
}

static uint64_t mix_table(struct scope *scope, struct db_conn *conn, struct str table,
                          uint64_t hash)
{
    struct str sql = scope_format(scope, "SELECT * FROM \"%.*s\"", STR_ARG(table));
    struct db_cursor *cursor = NULL;
    bool has_row = false;
    if (!db_query(scope, conn, sql, NULL, 0, &cursor)) abort();
    while (db_next(scope, cursor, &has_row) && has_row) {
        for (int i = 0; i < db_column_count(cursor); i++) {
            struct cell cell = db_cell(cursor, i);
            hash = mix_cell(hash, &cell);
        }
    }
    db_cursor_end(cursor);
    if (error_is_set(scope)) abort();
    return hash;
}

uint64_t office_trace(struct office *office)
{
    struct scope scope;
    struct db_conn *conn = NULL;
    struct rows tables;
    uint64_t hash = 14695981039346656037u;
    scope_begin(&scope);
    if (!db_read_begin(&scope, engine_db(office->engine), &conn) ||
        !db_all(&scope, conn,
                STR("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"), NULL, 0,
                1000, &tables)) {
        abort();
    }
    for (int i = 0; i < tables.count; i++) {
        hash = mix(hash, tables.items[i].cells[0].text);
        hash = mix_table(&scope, conn, tables.items[i].cells[0].text, hash);
    }
    db_read_end(conn);
    scope_end(&scope);
    return hash;
}
