#ifndef DB_SQLITE_H
#define DB_SQLITE_H

#include <sqlite3.h>

#include "db/db_engine.h"

/* Between the *_sqlite.c files only: the only ones that know sqlite3. */

enum {
    STATEMENT_COUNT_MAX = 256,
    STATEMENT_BUCKET_COUNT = 512,
    SQL_SIZE_MAX = 1024 * 1024,
    BUSY_TIMEOUT_MS = 5000,
};

struct statement_slot {
    sqlite3_stmt *statement;
    uint64_t hash;
    size_t sql_size;
    int16_t chain_next;   /* in its bucket; -1: last */
    int16_t newer, older; /* order of use; -1: none */
    bool is_used;         /* a cursor is on it */
};

/*
 * Prepared statements of one connection by their text, the least recently used
 * one makes place. The same text may be there twice when two cursors needed it
 * at once.
 */
struct statement_cache {
    struct statement_slot slots[STATEMENT_COUNT_MAX];
    int16_t buckets[STATEMENT_BUCKET_COUNT];
    int count;
    int16_t newest, oldest;
};

struct sqlite_conn {
    struct db_conn base; /* first */
    sqlite3 *handle;
    sqlite3_stmt *commands[DB_COMMAND_COUNT + 1]; /* the last one is ROLLBACK */
    struct statement_cache cache;
    bool is_reading;         /* the statement being stepped changes nothing */
    int wal_page_count;      /* writer: pages in the log at the last commit */
    int wal_page_count_last; /* writer: when a checkpoint was last asked for */
    int wal_page_count_next; /* writer: tries again to shorten the log from here on */
};

/* db_sqlite.c */
bool sqlite_fail(struct scope *scope, sqlite3 *handle, int code, struct str sql);
/* Opens a file with the settings every connection has. On failure *out is closed. */
bool sqlite_handle_open(struct scope *scope, struct str path, int flags, sqlite3 **out);
bool sqlite_run(struct scope *scope, sqlite3 *handle, const char *sql);

/* statements_sqlite.c */
void statements_init(struct statement_cache *cache);
/* A statement ready to bind; *slot is -1 when it isn't kept in the cache. */
bool statements_take(struct scope *scope, struct sqlite_conn *conn, struct str sql,
                     sqlite3_stmt **out, int *slot);
void statements_give_back(struct sqlite_conn *conn, sqlite3_stmt *statement, int slot);
void statements_end(struct statement_cache *cache);

/* functions_sqlite.c, tokenizer_sqlite.c */
bool sqlite_functions_register(struct scope *scope, sqlite3 *handle);
bool sqlite_tokenizer_register(struct scope *scope, sqlite3 *handle);

/* keeper_sqlite.c */
bool sqlite_keeper_begin(struct scope *scope, struct db *db);
void sqlite_keeper_end(struct db *db);
void sqlite_after_group(struct db_conn *base);
bool sqlite_backup(struct scope *scope, struct db *db, struct str path);
bool sqlite_check(struct scope *scope, struct db_conn *conn);

#endif
