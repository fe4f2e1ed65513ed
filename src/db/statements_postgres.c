/*
 * Statements on PostgreSQL: texts translated and prepared once per connection,
 * values and rows in the binary format.
 *
 * A statement is kept by its text and by the kinds of its values, since the
 * server needs their types: an integer is int8, a real float8, a text text,
 * bytes bytea. A NULL leaves the type to the server, which then tells what it
 * has chosen; so one prepared statement serves all rows of an INSERT.
 *
 * What says how many rows it wants at most is fetched whole. Other cursors are
 * cursors of the server, read by PG_CHUNK_ROW_COUNT rows: several can be open on
 * one connection, and none fills the memory.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "db/postgres.h"

enum {
    OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25,
    OID_OID = 26, OID_FLOAT4 = 700, OID_FLOAT8 = 701, OID_INT8_ARRAY = 1016, OID_NUMERIC = 1700,
    KIND_OTHER = 99, /* of a prepared statement: a type no cell has; only NULL fits */
    NUMERIC_HEAD = 4, NUMERIC_BASE = 10000, NUMERIC_NEGATIVE = 0x4000,
};

/* What a cursor holds. */
struct result {
    PGresult *rows;
    int row, row_count;
    int cursor_number; /* of the server's cursor, from 1; 0: all rows are here */
    int undo_count;    /* of the connection when it was declared */
    bool is_last;      /* the chunk is the last one */
};

static struct pg_conn *pg_conn(const struct db_conn *base)
{
    return (struct pg_conn *)(uintptr_t)base;
}

/* ---- values ---- */

struct values {
    int count;
    Oid *types;
    const char **values;
    int *sizes, *formats;
};

static Oid type_of(enum cell_kind kind)
{
    switch (kind) {
    case CELL_INT: return OID_INT8;
    case CELL_REAL: return OID_FLOAT8;
    case CELL_TEXT: return OID_TEXT;
    case CELL_BLOB: return OID_BYTEA;
    case CELL_INTS: return OID_INT8_ARRAY;
    case CELL_NULL: break;
    }
    return 0;
}

static uint8_t kind_of(Oid type)
{
    switch (type) {
    case OID_INT8: return CELL_INT;
    case OID_FLOAT8: return CELL_REAL;
    case OID_TEXT: return CELL_TEXT;
    case OID_BYTEA: return CELL_BLOB;
    case OID_INT8_ARRAY: return CELL_INTS;
    default: return KIND_OTHER;
    }
}

static const char *number_bytes(struct scope *scope, uint64_t bits)
{
    uint64_t *bytes = scope_new(scope, uint64_t, 1);
    *bytes = htobe64(bits);
    return (const char *)bytes;
}

static void value_set(struct scope *scope, struct values *values, int index,
                      const struct cell *cell)
{
    uint64_t bits;
    values->types[index] = type_of(cell->kind);
    values->formats[index] = 1;
    values->sizes[index] = 8;
    switch (cell->kind) {
    case CELL_NULL: return;
    case CELL_INT: values->values[index] = number_bytes(scope, (uint64_t)cell->integer); return;
    case CELL_REAL:
        memcpy(&bits, &cell->real, sizeof(bits));
        values->values[index] = number_bytes(scope, bits);
        return;
    case CELL_TEXT:
    case CELL_BLOB:
    case CELL_INTS:
        values->values[index] = cell->text.data ? cell->text.data : "";
        values->sizes[index] = (int)cell->text.size;
        return;
    }
}

static bool values_make(struct scope *scope, const struct cell *args, int count,
                        struct values *out)
{
    *out = (struct values){ .count = count };
    if (count > PG_ARG_COUNT_MAX) return error_storage(scope, STR("too many values"));
    out->types = scope_new(scope, Oid, count + 1);
    out->values = scope_new(scope, const char *, count + 1);
    out->sizes = scope_new(scope, int, count + 1);
    out->formats = scope_new(scope, int, count + 1);
    for (int i = 0; i < count; i++) {
        if (args[i].text.size > INT32_MAX / 2) {
            return error_set(scope, ERROR_TOO_LARGE, "db.too_large", STR(""));
        }
        value_set(scope, out, i, &args[i]);
    }
    return true;
}

static struct pg_command command_with(const struct values *values)
{
    return (struct pg_command){ .arg_count = values->count, .types = values->types,
                                .values = values->values, .sizes = values->sizes,
                                .formats = values->formats };
}

/* ---- the cache ---- */

void pg_cache_end(struct pg_cache *cache)
{
    if (cache->is_begun) scope_end(&cache->scope);
    *cache = (struct pg_cache){ .number_last = cache->number_last };
}

static bool is_fitting(const struct pg_statement *statement, const struct cell *args, int count)
{
    if (statement->text.arg_count != count) return false;
    for (int i = 0; i < count; i++) {
        if (args[i].kind != CELL_NULL && statement->kinds[i] != args[i].kind) return false;
    }
    return true;
}

static struct pg_statement *cache_find(const struct pg_cache *cache, struct str sql, uint64_t hash,
                                       const struct cell *args, int count)
{
    struct pg_statement *statement = cache->buckets[hash % PG_BUCKET_COUNT];
    for (; statement; statement = statement->next) {
        bool is_same = statement->hash == hash && str_equal(statement->source, sql);
        if (is_same && is_fitting(statement, args, count)) return statement;
    }
    return NULL;
}

/* When it is full all of it goes: what is used often is back soon. */
static void cache_make_room(struct pg_conn *conn)
{
    struct pg_cache *cache = &conn->cache;
    bool is_full = cache->count == PG_STATEMENT_COUNT_MAX;
    if (is_full && conn->pending_count < PG_PENDING_COUNT_MAX) {
        pg_cache_end(cache);
        conn->pending[conn->pending_count++] = "DEALLOCATE ALL";
    }
    if (!cache->is_begun) scope_begin(&cache->scope);
    cache->is_begun = true;
}

/* The types the server has chosen for NULLs. */
static void kinds_learn(struct pg_statement *statement, const PGresult *described)
{
    for (int i = 0; described && i < statement->text.arg_count; i++) {
        if (statement->kinds[i] == CELL_NULL) {
            statement->kinds[i] = kind_of(PQparamtype(described, i));
        }
    }
}

static bool has_null(const struct cell *args, int count)
{
    for (int i = 0; i < count; i++) {
        if (args[i].kind == CELL_NULL) return true;
    }
    return false;
}

static void cache_add(struct pg_conn *conn, struct str sql, uint64_t hash,
                      const struct pg_text *text, const struct cell *args, int number,
                      const PGresult *described)
{
    struct pg_cache *cache = &conn->cache;
    struct pg_statement *statement = scope_new(&cache->scope, struct pg_statement, 1);
    struct pg_statement **bucket = &cache->buckets[hash % PG_BUCKET_COUNT];
    *statement = (struct pg_statement){ .source = scope_copy(&cache->scope, sql), .hash = hash,
                                        .text = *text, .number = number, .next = *bucket };
    statement->text.sql = STR("");
    statement->kinds = scope_new(&cache->scope, uint8_t, text->arg_count + 1);
    for (int i = 0; i < text->arg_count; i++) statement->kinds[i] = (uint8_t)args[i].kind;
    kinds_learn(statement, described);
    *bucket = statement;
    cache->count += 1;
}

/* ---- running ---- */

struct call {
    struct str sql;
    uint64_t hash;
    const struct cell *args;
    int arg_count;
    struct values values;
    bool is_streamed;
};

/* A name that is free, from 1; 0: none is. */
static int cursor_take(struct pg_conn *conn)
{
    for (int i = 0; i < PG_CURSOR_COUNT; i++) {
        if (conn->cursors_used & 1u << i) continue;
        conn->cursors_used |= 1u << i;
        return i + 1;
    }
    return 0;
}

/* As a cursor of the server, with its first rows. */
static bool run_streamed(struct scope *scope, struct pg_conn *conn, const struct call *call,
                         const struct pg_text *text, int number, struct result *out,
                         PGresult **rows)
{
    struct pg_command commands[2] = { command_with(&call->values), { 0 } };
    commands[0].text = scope_format(scope, "DECLARE c%d NO SCROLL CURSOR FOR %.*s", number,
                                    STR_ARG(text->sql)).data;
    commands[1].text = scope_format(scope, "FETCH %d FROM c%d", PG_CHUNK_ROW_COUNT, number).data;
    out->cursor_number = number;
    out->undo_count = conn->undo_count;
    return pg_exchange(scope, conn, commands, 2, true, call->sql, rows, NULL);
}

static bool run_once(struct scope *scope, struct pg_conn *conn, const struct call *call,
                     const struct pg_text *text, PGresult **rows)
{
    struct pg_command command = command_with(&call->values);
    command.text = text->sql.data;
    return pg_exchange(scope, conn, &command, 1, text->is_reading, call->sql, rows, NULL);
}

static bool run_new(struct scope *scope, struct pg_conn *conn, const struct call *call,
                    const struct pg_text *text, PGresult **rows)
{
    cache_make_room(conn);
    int number = ++conn->cache.number_last;
    struct str name = scope_format(scope, "s%d", number);
    struct pg_command commands[3];
    PGresult *described = NULL;
    int count = 0;
    commands[count] = command_with(&call->values);
    commands[count].text = text->sql.data;
    commands[count++].name = name.data;
    if (has_null(call->args, call->arg_count)) {
        commands[count++] = (struct pg_command){ .name = name.data, .is_described = true };
    }
    commands[count] = command_with(&call->values);
    commands[count++].name = name.data;
    if (!pg_exchange(scope, conn, commands, count, text->is_reading, call->sql, rows,
                     &described)) {
        return false;
    }
    cache_add(conn, call->sql, call->hash, text, call->args, number, described);
    PQclear(described);
    return true;
}

static bool run_text(struct scope *scope, struct pg_conn *conn, const struct call *call,
                     struct result *out, PGresult **rows)
{
    struct pg_text text;
    if (!pg_translate(scope, call->sql, &text)) return false;
    if (text.arg_count != call->arg_count) {
        log_line(LOG_ERROR, "db: %d values for %d marks: %.*s", call->arg_count, text.arg_count,
                 STR_ARG(call->sql));
        return error_storage(scope, STR("number of values and of ? differ"));
    }
    if (text.is_ddl) conn->has_ddl = true;
    bool is_streamed = call->is_streamed && text.is_reading && !text.has_limit;
    int cursor = is_streamed ? cursor_take(conn) : 0;
    if (cursor > 0) return run_streamed(scope, conn, call, &text, cursor, out, rows);
    if (!text.is_prepared || call->sql.size > PG_STATEMENT_SIZE_MAX) {
        return run_once(scope, conn, call, &text, rows);
    }
    return run_new(scope, conn, call, &text, rows);
}

static bool run(struct scope *scope, struct pg_conn *conn, const struct call *call,
                struct result *out, PGresult **rows)
{
    struct pg_statement *known = cache_find(&conn->cache, call->sql, call->hash, call->args,
                                            call->arg_count);
    bool is_streamed = known && call->is_streamed && known->text.is_reading &&
                       !known->text.has_limit;
    if (!known || is_streamed) return run_text(scope, conn, call, out, rows);
    struct pg_command command = command_with(&call->values);
    command.name = scope_format(scope, "s%d", known->number).data;
    return pg_exchange(scope, conn, &command, 1, known->text.is_reading, call->sql, rows, NULL);
}

/* A reader whose last statement failed goes on, with a new snapshot. */
static bool reader_go_on(struct scope *scope, struct pg_conn *conn)
{
    const struct db_engine *engine = conn->base.db->engine;
    engine->rollback(&conn->base);
    return engine->command(scope, &conn->base, DB_BEGIN_READ);
}

/* Once more, when nothing has been read or done that a new connection would not know of. */
static bool run_surely(struct scope *scope, struct pg_conn *conn, const struct call *call,
                       struct result *out, PGresult **rows)
{
    const char *before[PG_PENDING_COUNT_MAX];
    int before_count = conn->is_sent ? 0 : conn->pending_count;
    bool had_error = error_is_set(scope);
    bool is_untouched = conn->base.kind == DB_CONN_READER && conn->base.is_untouched;
    memcpy(before, conn->pending, sizeof(before));
    conn->base.is_untouched = false;
    if (run(scope, conn, call, out, rows)) return true;
    if (had_error) return false;
    bool is_again = pg_begin_again(scope, conn, before, before_count);
    if (!is_again && is_untouched && !conn->handle) { /* a snapshot kept from the last use */
        scope_error_clear(scope);
        is_again = reader_go_on(scope, conn);
    }
    return is_again && run(scope, conn, call, out, rows);
}

bool pg_query(struct scope *scope, struct db_conn *base, struct str sql, const struct cell *args,
              int arg_count, bool is_copied, struct db_cursor *cursor)
{
    struct pg_conn *conn = pg_conn(base);
    struct call call = { sql, str_hash(sql), args, arg_count, { 0 }, is_copied };
    struct result *result = scope_new(scope, struct result, 1);
    PGresult *rows = NULL;
    if (sql.size == 0) return error_storage(scope, STR("a statement is empty"));
    bool is_stuck = base->kind == DB_CONN_READER && conn->is_aborted;
    if (is_stuck && !reader_go_on(scope, conn)) return false;
    if (!db_touch(scope, base) || !values_make(scope, args, arg_count, &call.values) ||
        !run_surely(scope, conn, &call, result, &rows)) {
        return false;
    }
    if (PQresultStatus(rows) == PGRES_EMPTY_QUERY) {
        PQclear(rows);
        return error_storage(scope, STR("a statement is empty"));
    }
    result->rows = rows;
    result->row = -1;
    result->row_count = PQntuples(rows);
    result->is_last = result->cursor_number == 0 || result->row_count < PG_CHUNK_ROW_COUNT;
    conn->changes = strtoll(PQcmdTuples(rows), NULL, 10);
    if (conn->has_ddl && conn->cache.count > 0 && conn->pending_count < PG_PENDING_COUNT_MAX) {
        pg_cache_end(&conn->cache);
        conn->pending[conn->pending_count++] = "DEALLOCATE ALL";
    }
    cursor->statement = result;
    cursor->cache_slot = -1;
    cursor->column_count = PQnfields(rows);
    return true;
}

static bool chunk_fetch(struct scope *scope, struct pg_conn *conn, struct result *result)
{
    char text[48];
    snprintf(text, sizeof(text), "FETCH %d FROM c%d", PG_CHUNK_ROW_COUNT, result->cursor_number);
    struct pg_command command = { .text = text };
    PQclear(result->rows);
    result->rows = NULL;
    result->row_count = 0;
    if (!pg_exchange(scope, conn, &command, 1, true, str_of(text), &result->rows, NULL)) {
        return false;
    }
    result->row = -1;
    result->row_count = PQntuples(result->rows);
    result->is_last = result->row_count < PG_CHUNK_ROW_COUNT;
    return true;
}

bool pg_next(struct scope *scope, struct db_cursor *cursor, bool *has_row)
{
    struct result *result = cursor->statement;
    if (!db_touch(scope, cursor->conn)) return false;
    bool is_empty = result->row + 1 >= result->row_count;
    if (is_empty && !result->is_last && !chunk_fetch(scope, pg_conn(cursor->conn), result)) {
        return false;
    }
    *has_row = result->row + 1 < result->row_count;
    if (*has_row) result->row += 1;
    return true;
}

/* The server's cursor ends with the next exchange, or else with the transaction. */
void pg_cursor_end(struct db_cursor *cursor)
{
    static const char *const closes[PG_CURSOR_COUNT] = { "CLOSE c1", "CLOSE c2", "CLOSE c3",
                                                         "CLOSE c4", "CLOSE c5", "CLOSE c6",
                                                         "CLOSE c7", "CLOSE c8" };
    struct result *result = cursor->statement;
    struct pg_conn *conn = pg_conn(cursor->conn);
    PQclear(result->rows);
    result->rows = NULL;
    bool is_there = result->cursor_number > 0 && conn->handle && conn->is_sent &&
                    !conn->is_aborted && conn->undo_count == result->undo_count;
    if (!is_there || conn->pending_count == PG_PENDING_COUNT_MAX) return;
    conn->pending[conn->pending_count++] = closes[result->cursor_number - 1];
    conn->cursors_used &= ~(1u << (result->cursor_number - 1));
}

/* ---- cells ---- */

static uint64_t bits_of(const char *bytes, int size)
{
    uint64_t bits = 0;
    for (int i = 0; i < size; i++) bits = bits << 8 | (unsigned char)bytes[i];
    return bits;
}

static int64_t signed_of(const char *bytes, int size)
{
    uint64_t bits = bits_of(bytes, size);
    if (size == 2) return (int16_t)bits;
    return size == 4 ? (int32_t)bits : (int64_t)bits;
}

/* Whole ones that fit are integers, as sums are on SQLite; others are reals. */
static struct cell numeric_cell(const char *bytes, int size)
{
    if (size < 2 * NUMERIC_HEAD) return cell_null();
    int digit_count = (int)signed_of(bytes, 2), weight = (int)signed_of(bytes + 2, 2);
    bool is_negative = (bits_of(bytes + 4, 2) & NUMERIC_NEGATIVE) != 0;
    __extension__ __int128 whole = 0;
    double real = 0, step = 1;
    bool is_whole = weight < 9 && digit_count <= weight + 1;
    for (int i = 0; i < digit_count && 8 + 2 * i < size; i++) {
        int digit = (int)bits_of(bytes + 8 + 2 * i, 2);
        if (weight < 9) whole = whole * NUMERIC_BASE + digit;
        real = real * NUMERIC_BASE + digit;
    }
    for (int i = digit_count; i <= weight; i++) {
        if (weight < 9) whole *= NUMERIC_BASE;
        real *= NUMERIC_BASE;
    }
    for (int i = weight + 1; i < digit_count; i++) step *= NUMERIC_BASE;
    if (is_negative) whole = -whole;
    if (is_whole && whole >= INT64_MIN && whole <= INT64_MAX) return cell_int((int64_t)whole);
    return cell_real((is_negative ? -real : real) / step);
}

static struct cell real_cell(const char *bytes, int size)
{
    double real;
    float small;
    uint64_t bits = bits_of(bytes, size);
    uint32_t half = (uint32_t)bits;
    memcpy(&real, &bits, sizeof(real));
    memcpy(&small, &half, sizeof(small));
    return cell_real(size == 4 ? (double)small : real);
}

struct cell pg_cell(const struct db_cursor *cursor, int column)
{
    const struct result *result = cursor->statement;
    if (PQgetisnull(result->rows, result->row, column)) return cell_null();
    const char *bytes = PQgetvalue(result->rows, result->row, column);
    int size = PQgetlength(result->rows, result->row, column);
    switch (PQftype(result->rows, column)) {
    case OID_BOOL: return cell_int(bytes[0] != 0);
    case OID_INT2:
    case OID_INT4:
    case OID_INT8: return cell_int(signed_of(bytes, size));
    case OID_OID: return cell_int((int64_t)bits_of(bytes, size));
    case OID_FLOAT4:
    case OID_FLOAT8: return real_cell(bytes, size);
    case OID_NUMERIC: return numeric_cell(bytes, size);
    case OID_BYTEA: return cell_blob((struct str){ bytes, (size_t)size });
    default: return cell_text((struct str){ bytes, (size_t)size });
    }
}
