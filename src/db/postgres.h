#ifndef DB_POSTGRES_H
#define DB_POSTGRES_H

#include <libpq-fe.h>

#include "db/db_engine.h"

/* Between the *_postgres.c files only: the only ones that know libpq. */

enum {
    PG_STATEMENT_COUNT_MAX = 512,
    PG_BUCKET_COUNT = 1024,
    PG_STATEMENT_SIZE_MAX = 32 * 1024, /* a longer text is not kept prepared */
    PG_ARG_COUNT_MAX = 60000,
    PG_PENDING_COUNT_MAX = 12,
    PG_COMMAND_COUNT_MAX = 3, /* in one exchange, besides what is pending */
    PG_CHUNK_ROW_COUNT = 500, /* rows of a cursor fetched at once */
    PG_CURSOR_COUNT = 8,      /* of the server at once; one more is fetched whole */
    PG_SCHEMA_NAME_SIZE = 64,
};

/* What a text of the common subset becomes here. */
struct pg_text {
    struct str sql;
    int arg_count;
    bool is_prepared; /* worth preparing: SELECT, INSERT, UPDATE, DELETE, WITH */
    bool is_reading;  /* SELECT or WITH */
    bool has_limit;   /* says itself how many rows at most */
    bool is_ddl;
};

/* A statement prepared on the server, for these kinds of values. */
struct pg_statement {
    struct str source; /* the text it was made from */
    uint64_t hash;
    struct pg_text text;
    uint8_t *kinds;    /* enum cell_kind of each value; CELL_NULL: only NULL fits */
    int number;        /* its name: s<number> */
    struct pg_statement *next;
};

struct pg_cache {
    struct scope scope; /* of texts and statements; begun when is_begun */
    bool is_begun;
    struct pg_statement *buckets[PG_BUCKET_COUNT];
    int count, number_last;
};

struct pg_conn {
    struct db_conn base; /* first */
    PGconn *handle;      /* NULL: lost, opened again with the next transaction */
    atomic_int process;  /* the server's number for it */
    struct pg_cache cache;
    uint64_t generation; /* of the schema the prepared statements were made for */
    /* Commands without values that go out with the next exchange, so that they cost no wait. */
    const char *pending[PG_PENDING_COUNT_MAX];
    int pending_count;
    bool is_begun;   /* a transaction is open, or pending */
    bool is_sent;    /* the server knows of it */
    bool is_aborted; /* a statement failed: only an undo helps */
    bool has_ddl;    /* the transaction changes tables */
    bool is_plan_old; /* the last failure: a prepared statement is older than its tables */
    int64_t changes;
    uint32_t cursors_used; /* a bit for each of PG_CURSOR_COUNT names, until the transaction ends */
    int undo_count;        /* an undo may have ended a cursor of the server */
};

/* One message to the server. */
struct pg_command {
    const char *text; /* NULL: execute the prepared statement `name` */
    const char *name; /* with text: prepare it under this name; then is_described: its types */
    bool is_described;
    int arg_count;
    const Oid *types;
    const char *const *values;
    const int *sizes;
    const int *formats;
};

/* ---- db_postgres.c ---- */
/* Sets the error that fits and marks the transaction; result may be NULL (connection lost). */
bool pg_fail(struct scope *scope, struct pg_conn *conn, const PGresult *result, struct str sql);
/*
 * Sends what is pending and the commands, waits for all answers. *out is that of the last
 * command, to be cleared by the caller; *described that of the first is_described one. When the
 * connection is lost, what was pending stays so.
 */
bool pg_exchange(struct scope *scope, struct pg_conn *conn, const struct pg_command *commands,
                 int count, bool is_reading, struct str sql, PGresult **out, PGresult **described);
/* Opens a connection with the settings every one has; a plain one, not in pipeline mode. */
PGconn *pg_connect(struct scope *scope, struct db *db);
/* Runs texts without values on a plain connection. */
bool pg_run(struct scope *scope, PGconn *handle, const char *sql);
/* The schema this workspace lives in; out has PG_SCHEMA_NAME_SIZE bytes. */
void pg_schema_name(struct str url, char *out);
/*
 * After a failure of the first exchange of a transaction, when the reason is gone with a new
 * connection or newly prepared statements: makes all ready to be sent once more. before: what
 * was pending. False when nothing can be done.
 */
bool pg_begin_again(struct scope *scope, struct pg_conn *conn, const char *const *before,
                    int before_count);

/* ---- translate_postgres.c ---- */
bool pg_translate(struct scope *scope, struct str sql, struct pg_text *out);

/* ---- statements_postgres.c ---- */
void pg_cache_end(struct pg_cache *cache);
bool pg_query(struct scope *scope, struct db_conn *base, struct str sql, const struct cell *args,
              int arg_count, bool is_copied, struct db_cursor *cursor);
bool pg_next(struct scope *scope, struct db_cursor *cursor, bool *has_row);
struct cell pg_cell(const struct db_cursor *cursor, int column);
void pg_cursor_end(struct db_cursor *cursor);

/* ---- own_postgres.c: the workspace's schema and the SQL functions in it ---- */
bool pg_own_make(struct scope *scope, struct db *db, PGconn *handle);

/* ---- index_postgres.c ---- */
bool pg_index_prepare(struct scope *scope, struct db *db, struct str name, struct str on);

/* ---- keeper_postgres.c ---- */
bool pg_keeper_begin(struct scope *scope, struct db *db);
void pg_keeper_end(struct db *db);
/* Tables were changed, here or on another node: prepared statements are made anew. */
void pg_keeper_tables_changed(struct db *db);
bool pg_notify(struct scope *scope, struct db_conn *base, struct str text);
bool pg_is_leader(struct db *db);
/* NOTIFY text that tells other processes that tables have changed. */
struct str pg_tables_notice(struct scope *scope, const struct db *db);
uint64_t pg_keeper_generation(const struct db *db);
/* For a second after a failed attempt nobody tries again. */
bool pg_keeper_is_down(const struct db *db);
void pg_keeper_set_down(struct db *db);

#endif
