#ifndef DB_DB_ENGINE_H
#define DB_DB_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "db/db.h"

/*
 * Inside db/ only: what one database library must be able to do so that db.c
 * and write_queue.c can build db.h on it. db_sqlite.c is one such table; a
 * second database is a second table, chosen in db_open by the url.
 *
 * An engine does single calls on one connection. Which thread has which
 * connection, what is in one group, and who is told, is decided above it.
 */
enum db_conn_kind { DB_CONN_READER, DB_CONN_WRITER };

/* Transaction control without values; one prepared statement each. */
enum db_command {
    DB_BEGIN_READ,
    DB_BEGIN_WRITE,
    DB_COMMIT,
    DB_MEMBER_BEGIN, /* the savepoint around one write of a group */
    DB_MEMBER_KEEP,
    DB_MEMBER_UNDO,
    DB_PART_BEGIN, /* db_savepoint_begin; may nest */
    DB_PART_KEEP,
    DB_PART_UNDO,
    DB_COMMAND_COUNT
};

enum { SAVEPOINT_DEPTH_MAX = 16, READER_COUNT_MAX = 64 };

/* The part of a connection that is the same for all engines; an engine's own begins with it. */
struct db_conn {
    struct db *db;
    enum db_conn_kind kind;
    bool is_open;               /* readers are opened when first needed */
    atomic_bool is_taken;       /* readers: somebody has it */
    bool is_untouched;          /* readers: nothing was read since it was lent */
    bool has_snapshot;          /* readers: a transaction is open, perhaps kept from the last use */
    uint64_t snapshot_commit;   /* commits of this process when it was begun */
    int64_t snapshot_at_ms;     /* monotonic */
    struct db_cursor *cursors;  /* open ones, so that none outlives its transaction */
    int savepoint_depth;
    bool is_spoilt;             /* an undo failed: the write must not be kept */
    int64_t changes;
    int64_t deadline_ms;        /* monotonic; 0: none */
    _Atomic int64_t call_count; /* written by the holder only */
};

struct db_cursor {
    struct db_conn *conn;
    void *statement; /* the engine's; NULL once ended */
    int cache_slot;  /* the engine's */
    int column_count;
    bool is_row;     /* stands on a row */
    bool is_done;    /* behind the last row */
    struct db_cursor *previous, *next;
};

struct db_engine {
    enum db_dialect dialect;
    const char *now_ms_sql; /* the database's own clock, as an expression */
    const char *tables_sql; /* name of the table, of the column, its type; in their order */
    const char *settle_sql; /* see db_numbers_settle; may be NULL */
    /* With the name of a search table: its index goes, and is made anew. See db_search_fill. */
    const char *search_rest_sql, *search_index_sql; /* NULL: it has none beside itself */
    /* Memory of one connection, not yet open. */
    struct db_conn *(*conn_new)(struct scope *scope);
    bool (*conn_open)(struct scope *scope, struct db_conn *conn);
    void (*conn_close)(struct db_conn *conn);
    bool (*command)(struct scope *scope, struct db_conn *conn, enum db_command command);
    /* Never fails: whatever was open is taken back, the connection is usable. */
    void (*rollback)(struct db_conn *conn);
    /* False after the database gave up the transaction by itself (disk full, I/O error). */
    bool (*is_in_transaction)(struct db_conn *conn);
    /*
     * Constraints put off to the commit, checked now: one write must not fail its group. (Not on
     * PostgreSQL, where asking costs a wait; the engine has no such constraints.)
     */
    bool (*settle)(struct scope *scope, struct db_conn *conn);
    /* Prepares and binds into a cursor. is_copied: args go before the cursor does. */
    bool (*query)(struct scope *scope, struct db_conn *conn, struct str sql,
                  const struct cell *args, int arg_count, bool is_copied,
                  struct db_cursor *cursor);
    bool (*next)(struct scope *scope, struct db_cursor *cursor, bool *has_row);
    struct cell (*cell)(const struct db_cursor *cursor, int column);
    void (*cursor_end)(struct db_cursor *cursor);
    int64_t (*changes)(const struct db_conn *conn);
    /* The deadline in conn has changed. */
    void (*deadline_set)(struct db_conn *conn);
    /* Housekeeping beside the writer (SQLite: checkpoints), from open to close. */
    bool (*keeper_begin)(struct scope *scope, struct db *db);
    void (*keeper_end)(struct db *db);
    /* On the writer's thread between two groups; must be quick. */
    void (*after_group)(struct db_conn *conn);
    bool (*backup)(struct scope *scope, struct db *db, struct str path);
    bool (*check)(struct scope *scope, struct db_conn *conn);
    /* Several processes on one database; NULL where there can be one only. */
    bool (*notify)(struct scope *scope, struct db_conn *conn, struct str text);
    bool (*is_leader)(struct db *db);
    bool (*exists)(struct scope *scope, struct str url, bool *out);
    /* Made under another name beside the writes, see db_index_make(); NULL: in a write. */
    bool (*index_prepare)(struct scope *scope, struct db *db, struct str name, struct str on);
    const char *index_sql; /* finds one by its name */
};

extern const struct db_engine db_engine_sqlite, db_engine_postgres;

struct db_queue {
    pthread_t thread;
    bool is_started;
    pthread_mutex_t mutex;
    pthread_cond_t has_work;
    struct db_write *first, *last;
    int count;
    bool is_closing;
    struct db_group *group; /* the writer's thread only: the group being run */
};

struct db {
    const struct db_engine *engine;
    struct str path;
    int reader_count, group_size_max, queue_size_max, cache_mib;
    bool is_read_only;
    struct db_conn *writer;
    struct db_conn *readers[READER_COUNT_MAX];
    atomic_int reader_waiter_count;
    atomic_bool is_shedding; /* see db_snapshots_shed */
    pthread_mutex_t reader_mutex;
    pthread_cond_t reader_freed;
    struct db_queue queue;
    _Atomic uint64_t commit_count;
    atomic_int fault_countdown;
    void *keeper; /* the engine's housekeeper */
    pthread_mutex_t notice_mutex; /* guards the next two */
    void (*on_notice)(struct str text, void *context);
    void *notice_context;
};

/* write_queue.c */
bool db_queue_begin(struct scope *scope, struct db *db);
void db_queue_end(struct db *db); /* finishes what is queued */

/* index.c: what an index is called until it is whole. */
struct str db_index_aside(struct scope *scope, struct str name);

/* db.c: ends the cursors that are still open on a connection. */
void db_cursors_end(struct db_conn *conn);
/* Lets go of snapshots that readers nobody uses have kept and that are out of date. */
void db_snapshots_drop(struct db *db);
/* While this is on no reader keeps its snapshot, and those kept are dropped at once. */
void db_snapshots_shed(struct db *db, bool is_on);
/* False when this touch is the one that has to fail; ERROR_STORAGE is set. */
bool db_touch_faulty(struct scope *scope, struct db *db);

static inline bool db_touch(struct scope *scope, struct db_conn *conn)
{
    if (atomic_load_explicit(&conn->db->fault_countdown, memory_order_relaxed) == 0) return true;
    return db_touch_faulty(scope, conn->db);
}

/* One more statement or command, for db_call_count. Only the holder counts, so no lock. */
static inline void db_count(struct db_conn *conn)
{
    int64_t count = atomic_load_explicit(&conn->call_count, memory_order_relaxed);
    atomic_store_explicit(&conn->call_count, count + 1, memory_order_relaxed);
}

/* Hands what another process has told to whoever listens. */
void db_notice(struct db *db, struct str text);

/* Functions of our own, as set by db_functions_set. */
const struct db_function *db_functions(int *count);
const char *const *db_functions_postgres(int *count);

#endif
