#ifndef DB_DB_H
#define DB_DB_H

#include "base/buf.h"
#include "base/uuid.h"

/*
 * The only door to SQL. Text is made of literals and of names from the schema
 * snapshot, with ? for every value; values are always bound. Callers never see
 * a database library's types.
 *
 * Reading: db_read_begin() lends this thread a reader with one snapshot open;
 * everything read until db_read_end() is of one moment.
 * Writing: a db_write is queued to the one writer, runs in a savepoint of its
 * own, and is answered after the group it ran in has been committed and is on
 * disk. Nothing else writes.
 *
 * SQL subset: what SQLite 3.40 and PostgreSQL 15 both understand: no rowid, no
 * dynamic typing, INSERT ... ON CONFLICT, RETURNING, LIMIT, CASE, COALESCE, CTEs,
 * window functions, boolean as 0/1 integers. Where they differ: db_dialect().
 */
enum db_dialect { DB_SQLITE, DB_POSTGRES };

/* CELL_INTS is only ever bound: int8[] on PostgreSQL, bytes for the functions of SQLite. */
enum cell_kind { CELL_NULL = 0, CELL_INT, CELL_REAL, CELL_TEXT, CELL_BLOB, CELL_INTS };

struct cell {
    enum cell_kind kind;
    int64_t integer;
    double real;
    struct str text; /* text or bytes; ids are 16-byte blobs */
};

static inline struct cell cell_null(void)
{
    return (struct cell){ .kind = CELL_NULL };
}
static inline struct cell cell_int(int64_t integer)
{
    return (struct cell){ .kind = CELL_INT, .integer = integer };
}
static inline struct cell cell_real(double real)
{
    return (struct cell){ .kind = CELL_REAL, .real = real };
}
static inline struct cell cell_text(struct str text)
{
    return (struct cell){ .kind = CELL_TEXT, .text = text };
}
static inline struct cell cell_blob(struct str bytes)
{
    return (struct cell){ .kind = CELL_BLOB, .text = bytes };
}
/* The bytes are copied into the scope, so the uuid may go. */
struct cell cell_id(struct scope *scope, struct uuid id);
/* A row of numbers for a function to look things up in, as PostgreSQL sends arrays. */
struct cell cell_ints(struct scope *scope, const int64_t *numbers, int count);
/* The number at a place of its bytes, from 0; the place must be there. */
int64_t ints_at(struct str bytes, int64_t place);
int ints_count(struct str bytes);
/* The nil uuid when the cell is null or not 16 bytes. */
struct uuid cell_uuid(const struct cell *cell);
bool cell_equal(const struct cell *a, const struct cell *b);
struct cell cell_copy(struct scope *scope, const struct cell *cell);

struct db;
struct db_conn;
struct db_cursor;

struct db_options {
    struct str url;      /* a path for SQLite, or postgresql://…; ?schema=name, else leadline */
    int reader_count_max; /* snapshots open at once; 0: default 6 */
    int group_size_max;  /* writes per commit; 0: default 64 */
    int queue_size_max;  /* writes waiting; 0: default 4096 */
    int cache_mib;       /* page caches of all connections together; 0: default 80 */
    bool is_read_only;   /* for check and backup tools */
};

/*
 * Opens or creates. ERROR_STORAGE when it can't be, with the reason in detail.
 * The database lives in scope: end that scope only after db_close.
 */
MUST_USE bool db_open(struct scope *scope, const struct db_options *options, struct db **out);
/* Is there a database with tables of ours at the url? Opens nothing for good, makes nothing. */
MUST_USE bool db_exists(struct scope *scope, struct str url, bool *out);
/* Is the url one of a server's, not a path? */
bool db_url_is_server(struct str url);
/* Finishes the queued writes first. No reader may be out. */
void db_close(struct db *db);
enum db_dialect db_dialect(const struct db_conn *conn);

/* ---- reading ---- */
/*
 * The snapshot has all that was answered before db_read_begin was called (what
 * another process has written: at most 50 ms later). A thread gets the same
 * connection again and again (warm caches); a second db_read_begin before the
 * first db_read_end takes another one. Waits when all readers are out;
 * ERROR_STORAGE after READER_WAIT_S. db_read_end ends cursors still open.
 */
enum { READER_WAIT_S = 10 };
MUST_USE bool db_read_begin(struct scope *scope, struct db *db, struct db_conn **out);
void db_read_end(struct db_conn *conn);
/*
 * Reading that is still going on at this moment of time_monotonic_ms() stops
 * with ERROR_INVALID "query.too_slow". 0: no limit. Forgotten by db_read_end,
 * and on the writer's connection after each write (where it stops SELECTs only,
 * since a stopped change would take the other writes of its group with it).
 */
void db_read_deadline(struct db_conn *conn, int64_t monotonic_deadline_ms);

/*
 * A cursor over the rows. Its statement comes from the connection's cache (by
 * text); the bytes of args are copied. Cells point into the database's memory
 * until the next db_next or db_cursor_end. The cursor ends itself with the scope
 * if it was forgotten, but end it early: statements are not memory.
 */
MUST_USE bool db_query(struct scope *scope, struct db_conn *conn, struct str sql,
                       const struct cell *args, int arg_count, struct db_cursor **out);
/* *has_row is false after the last row. False: ERROR_STORAGE. */
MUST_USE bool db_next(struct scope *scope, struct db_cursor *cursor, bool *has_row);
int db_column_count(const struct db_cursor *cursor);
struct cell db_cell(const struct db_cursor *cursor, int column);
void db_cursor_end(struct db_cursor *cursor);

struct row {
    struct cell *cells; /* copied into the scope */
    int count;          /* 0: there is no such row */
};
MUST_USE bool db_one(struct scope *scope, struct db_conn *conn, struct str sql,
                     const struct cell *args, int arg_count, struct row *out);
/* All rows, at most row_count_max (more is ERROR_TOO_LARGE); for small tables. */
struct rows {
    struct row *items;
    int count;
};
MUST_USE bool db_all(struct scope *scope, struct db_conn *conn, struct str sql,
                     const struct cell *args, int arg_count, int row_count_max, struct rows *out);

/* ---- writing: only on the connection handed to a db_write's run ---- */
/*
 * ERROR_CONFLICT "db.unique" when a unique index refuses it (item.field = the
 * index's or column's name as the database gives it: "table.column",
 * "table.a, table.b" or an index's name), "db.reference" for a foreign key; else ERROR_STORAGE.
 */
MUST_USE bool db_exec(struct scope *scope, struct db_conn *conn, struct str sql,
                      const struct cell *args, int arg_count);
/* Rows changed by the last db_exec on this connection. */
int64_t db_changes(const struct db_conn *conn);

/* A part that may fail alone inside a write: what it changed is taken back, the error stays set. */
MUST_USE bool db_savepoint_begin(struct scope *scope, struct db_conn *conn);
MUST_USE bool db_savepoint_end(struct scope *scope, struct db_conn *conn, bool is_kept);

/*
 * One unit of work. Owned by the caller, must live until done was called.
 * run: on the writer's thread, in a savepoint; returning false takes back all
 *      it did (its error stays in scope).
 * done: on the writer's thread after the commit is durable; is_committed is
 *      false when run returned false or the commit failed (then scope has the
 *      error). Must be quick and must not write.
 */
struct db_write {
    struct scope *scope;
    bool (*run)(struct scope *scope, struct db_conn *conn, void *context);
    void (*done)(bool is_committed, void *context);
    void *context;
    struct db_write *next; /* the queue's */
    bool is_ok;            /* the queue's */
};
/* False: the queue is full or closing; ERROR_STORAGE is set and done is not called. */
MUST_USE bool db_write_submit(struct db *db, struct db_write *write);
/* Blocks until durable. Not for event loops, not inside another write. */
MUST_USE bool db_write_wait(struct scope *scope, struct db *db,
                            bool (*run)(struct scope *scope, struct db_conn *conn, void *context),
                            void *context);
/*
 * Makes an index with a name that is free: "name" with "ON table (…) WHERE …". On PostgreSQL
 * beside the writes, however long it takes; on SQLite it is a write like any other. Broken off,
 * there is none. Not inside a write.
 */
MUST_USE bool db_index_make(struct scope *scope, struct db *db, struct str name, struct str on);
/* Is there an index of that name? */
MUST_USE bool db_index_is(struct scope *scope, struct db_conn *conn, struct str name, bool *out);

/*
 * Runs once on the writer's thread after the current group is committed and
 * before its writes are answered, if the current write stays kept; for telling
 * others (live events, new snapshots). Must be quick and must not wait for a
 * write. Call only inside run. context must live until then.
 */
void db_after_commit(struct db_conn *conn, void (*run)(void *context), void *context);

/*
 * Runs once on the writer's thread as the last thing before the current group is
 * committed, if the current write stays kept: for what costs less once per commit.
 * Whatever was asked for with the same run is handed to it at once, as an array of
 * contexts in the order asked for. When it fails the whole group does, so it must
 * fail only where the database itself does. context_size bytes of context are
 * copied; of one run they are always as many.
 */
void db_before_commit(struct db_conn *conn,
                      bool (*run)(struct scope *scope, struct db_conn *conn,
                                  const void *contexts, int count),
                      const void *context, size_t context_size);

/* ---- life ---- */
struct migration {
    int version;      /* 1, 2, 3 … without gaps */
    const char *name;
    const char *sql;  /* statements separated by ";\n" in the common subset */
};
/* Applies what is missing, each in a transaction; refuses a database that is newer. */
MUST_USE bool db_migrate(struct scope *scope, struct db *db, const struct migration *migrations,
                         int count);
/* A consistent copy while others read and write. */
MUST_USE bool db_backup(struct scope *scope, struct db *db, struct str path);
/* The database's own integrity check; false with the findings in detail. */
MUST_USE bool db_check(struct scope *scope, struct db *db);

/*
 * What a copy to another database has to take: every table with its columns, but for the
 * database's own, the search indexes and the list of migrations.
 */
struct db_column {
    struct str name;
    enum cell_kind kind; /* CELL_TEXT, CELL_INT, CELL_REAL or CELL_BLOB */
};
struct db_table {
    struct str name;
    struct db_column *columns;
    int column_count;
};
MUST_USE bool db_tables(struct scope *scope, struct db_conn *conn, struct db_table **out,
                        int *count);
/* After rows were inserted with their numbers: those the database gives go on behind them. */
MUST_USE bool db_numbers_settle(struct scope *scope, struct db_conn *conn);

/*
 * Tests only: the call_count-th touch of the database from now (prepare, step,
 * begin, commit, savepoint; on any thread) fails as a disk would, later ones
 * succeed. 0: off.
 */
void db_fault_after(struct db *db, int call_count);
/* Statements and transaction commands since opening (not rows), for budgets in tests. */
int64_t db_call_count(const struct db *db);

/*
 * SQL functions of our own, registered on every connection of a SQLite database
 * before it is used (formula/fn_sqlite.c fills the table). args and result are cells;
 * result text must come from the scope given. Deterministic, without side effects.
 */
struct db_function {
    const char *name;
    int arg_count; /* -1: any */
    void (*run)(struct scope *scope, const struct cell *args, int arg_count, struct cell *result);
};
void db_functions_set(const struct db_function *functions, int count); /* before db_open */

/*
 * The same functions for PostgreSQL: CREATE OR REPLACE FUNCTION statements, made in the
 * workspace's schema whenever they have changed. Before db_open, as above.
 */
void db_functions_postgres_set(const char *const *statements, int count);

/*
 * Several processes on one PostgreSQL. db_notify: every other one hears the text (at most
 * NOTIFY_SIZE_MAX bytes) after the commit of the current write. db_listen: on_notice is called
 * on a thread of the database's, with an empty text when some may have been missed. On SQLite
 * nothing happens, since there is one process. Set it once, after db_open.
 */
enum { NOTIFY_SIZE_MAX = 7000 };
MUST_USE bool db_notify(struct scope *scope, struct db_conn *conn, struct str text);
void db_listen(struct db *db, void (*on_notice)(struct str text, void *context), void *context);
/* Others may use this database at the same time. */
bool db_is_shared(const struct db *db);
/*
 * True for one process of those that share the database, until it ends or its connection
 * does; always true on SQLite. Asked now and then.
 */
bool db_is_leader(struct db *db);

/*
 * Text search. An index made with the tokenizer "leadline" holds every word in
 * folded case and width, and every one and two neighbouring CJK characters.
 * This turns what a person typed into an expression for MATCH: all words must
 * occur, a run of CJK characters as it stands, the last Latin word as a prefix;
 * nothing typed is ever an operator. Empty when there is nothing to look for.
 */
enum { SEARCH_TERM_COUNT_MAX = 16 };
struct str db_search_query(struct scope *scope, struct str text);

/*
 * Runs fill(), which puts all the rows into an empty search table: what serves the search is
 * made at once behind it where that is cheaper. In a write transaction.
 */
MUST_USE bool db_search_fill(struct scope *scope, struct db_conn *conn, struct str table,
                             bool (*fill)(struct scope *scope, struct db_conn *conn,
                                          void *context),
                             void *context);

#endif
