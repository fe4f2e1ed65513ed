#ifndef DB_SQL_H
#define DB_SQL_H

#include "db/db.h"

/*
 * A statement being put together: text and the values for its ? marks, always
 * side by side, so that nothing but literals and schema names is ever text.
 */
struct sql {
    struct buf text;
    struct cell *args;
    int arg_count, arg_capacity;
};

enum { SQL_TEXT_SIZE_MAX = 1024 * 1024, SQL_ARG_COUNT_MAX = 30000 };

void sql_begin(struct sql *sql, struct scope *scope);
/* A literal of our own source, or text made by another sql. Never a person's input. */
void sql_put(struct sql *sql, struct str literal);
void sql_putf(struct sql *sql, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A table or column name, quoted. */
void sql_name(struct sql *sql, struct str name);
/* alias."column"; without alias when it is empty. */
void sql_column(struct sql *sql, struct str alias, struct str column);
/* A ? and its value. The cell's text must live as long as the sql. */
void sql_value(struct sql *sql, struct cell value);
/* ?,?,? for a list. */
void sql_id(struct sql *sql, struct uuid id);
void sql_int(struct sql *sql, int64_t integer);
void sql_text(struct sql *sql, struct str text);
/* Another statement's text and values, as a part of this one. */
void sql_append(struct sql *sql, const struct sql *part);
/* ERROR_TOO_LARGE "query.too_large" when a ceiling was hit. Ask once before running. */
MUST_USE bool sql_is_ok(struct scope *scope, const struct sql *sql);

MUST_USE bool sql_query(struct scope *scope, struct db_conn *conn, const struct sql *sql,
                        struct db_cursor **out);
MUST_USE bool sql_one(struct scope *scope, struct db_conn *conn, const struct sql *sql,
                      struct row *out);
MUST_USE bool sql_all(struct scope *scope, struct db_conn *conn, const struct sql *sql,
                      int row_count_max, struct rows *out);
MUST_USE bool sql_exec(struct scope *scope, struct db_conn *conn, const struct sql *sql);

#endif
