/* Statements in the making: see sql.h. Sticky like buf: append freely, ask once. */
#include "db/sql.h"

#include <stdarg.h>
#include <stdio.h>

void sql_begin(struct sql *sql, struct scope *scope)
{
    *sql = (struct sql){ 0 };
    buf_begin(&sql->text, scope, SQL_TEXT_SIZE_MAX);
}

void sql_put(struct sql *sql, struct str literal)
{
    buf_put(&sql->text, literal);
}

void sql_putf(struct sql *sql, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (size < 0 || (size_t)size >= sizeof(text)) {
        sql->text.is_over = true;
        return;
    }
    buf_put(&sql->text, (struct str){ text, (size_t)size });
}

void sql_name(struct sql *sql, struct str name)
{
    buf_put_char(&sql->text, '"');
    for (;;) {
        size_t quote = str_find(name, STR("\""));
        if (quote == SIZE_MAX) break;
        buf_put(&sql->text, str_slice(name, 0, quote + 1));
        buf_put_char(&sql->text, '"');
        name = str_slice(name, quote + 1, name.size);
    }
    buf_put(&sql->text, name);
    buf_put_char(&sql->text, '"');
}

void sql_column(struct sql *sql, struct str alias, struct str column)
{
    if (alias.size > 0) {
        buf_put(&sql->text, alias);
        buf_put_char(&sql->text, '.');
    }
    sql_name(sql, column);
}

void sql_value(struct sql *sql, struct cell value)
{
    if (sql->arg_count == SQL_ARG_COUNT_MAX) {
        sql->text.is_over = true;
        return;
    }
    if (sql->arg_count == sql->arg_capacity) {
        int capacity = sql->arg_capacity ? sql->arg_capacity * 2 : 16;
        struct cell *args = scope_new(sql->text.scope, struct cell, capacity);
        if (sql->arg_count > 0) memcpy(args, sql->args, sizeof(*args) * (size_t)sql->arg_count);
        sql->args = args;
        sql->arg_capacity = capacity;
    }
    sql->args[sql->arg_count++] = value;
    buf_put_char(&sql->text, '?');
}

void sql_id(struct sql *sql, struct uuid id)
{
    sql_value(sql, cell_id(sql->text.scope, id));
}

void sql_int(struct sql *sql, int64_t integer)
{
    sql_value(sql, cell_int(integer));
}

void sql_text(struct sql *sql, struct str text)
{
    sql_value(sql, cell_text(text));
}

void sql_append(struct sql *sql, const struct sql *part)
{
    struct str rest = buf_str(&part->text);
    int used = 0;
    bool is_quoted = false;
    size_t start = 0;
    for (size_t i = 0; i < rest.size; i++) {
        if (rest.data[i] == '"' || rest.data[i] == '\'') is_quoted = !is_quoted;
        if (rest.data[i] != '?' || is_quoted) continue;
        buf_put(&sql->text, str_slice(rest, start, i));
        sql_value(sql, part->args[used++]);
        start = i + 1;
    }
    buf_put(&sql->text, str_slice(rest, start, rest.size));
    if (part->text.is_over) sql->text.is_over = true;
}

bool sql_is_ok(struct scope *scope, const struct sql *sql)
{
    if (!sql->text.is_over) return true;
    return error_set(scope, ERROR_TOO_LARGE, "query.too_large", STR(""));
}

bool sql_query(struct scope *scope, struct db_conn *conn, const struct sql *sql,
               struct db_cursor **out)
{
    return sql_is_ok(scope, sql) &&
           db_query(scope, conn, buf_str(&sql->text), sql->args, sql->arg_count, out);
}

bool sql_one(struct scope *scope, struct db_conn *conn, const struct sql *sql, struct row *out)
{
    return sql_is_ok(scope, sql) &&
           db_one(scope, conn, buf_str(&sql->text), sql->args, sql->arg_count, out);
}

bool sql_all(struct scope *scope, struct db_conn *conn, const struct sql *sql, int row_count_max,
             struct rows *out)
{
    return sql_is_ok(scope, sql) && db_all(scope, conn, buf_str(&sql->text), sql->args,
                                           sql->arg_count, row_count_max, out);
}

bool sql_exec(struct scope *scope, struct db_conn *conn, const struct sql *sql)
{
    return sql_is_ok(scope, sql) &&
           db_exec(scope, conn, buf_str(&sql->text), sql->args, sql->arg_count);
}
