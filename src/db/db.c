/*
 * What is the same whatever the database: cells, the pool of readers, cursors,
 * savepoints, injected faults.
 *
 * Readers are a fixed set of connections, each used by one thread at a time. A
 * thread tries the one it had last first, so on the hot path taking a reader is
 * one compare-and-swap on a cache line that this core already owns, and the
 * statements it needs are already prepared there. No connection belongs to a
 * thread: any thread may take any free one.
 *
 * Beginning and ending a snapshot costs as much as finding a row (file locks).
 * So a reader given back keeps its snapshot, and whoever has it next goes on
 * with it as long as nothing has been committed since. The writer counts its
 * commits before it answers them, so whoever was answered sees what he wrote;
 * what another process commits is seen after SNAPSHOT_AGE_MAX_MS. Snapshots
 * that nobody goes on with are dropped by the engine's housekeeper, since the
 * log can't be shortened under them.
 */
#include "db/db.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "base/log.h"
#include "db/db_engine.h"

enum {
    READER_COUNT_DEFAULT = 6,
    CACHE_MIB_DEFAULT = 80,
    CACHE_MIB_MAX = 64 * 1024,
    GROUP_SIZE_DEFAULT = 64,
    QUEUE_SIZE_DEFAULT = 4096,
    SNAPSHOT_AGE_MAX_MS = 50,
};

/* ---- cells ---- */

struct cell cell_id(struct scope *scope, struct uuid id)
{
    return cell_blob(scope_copy(scope, (struct str){ (const char *)id.bytes, sizeof(id.bytes) }));
}

enum { INTS_HEAD = 20, INTS_STEP = 12, INTS_OID = 20 }; /* bytes; the type int8 */

/* Dimensions, no NULLs, the type, how many, the first is at 1; then each behind its size. */
struct cell cell_ints(struct scope *scope, const int64_t *numbers, int count)
{
    size_t size = INTS_HEAD + INTS_STEP * (size_t)count;
    char *bytes = scope_new(scope, char, size);
    uint32_t head[] = { htobe32(1), 0, htobe32(INTS_OID), htobe32((uint32_t)count), htobe32(1) };
    memcpy(bytes, head, sizeof(head));
    for (int i = 0; i < count; i++) {
        uint32_t number_size = htobe32(sizeof(int64_t));
        uint64_t number = htobe64((uint64_t)numbers[i]);
        memcpy(bytes + INTS_HEAD + INTS_STEP * i, &number_size, sizeof(number_size));
        memcpy(bytes + INTS_HEAD + INTS_STEP * i + sizeof(number_size), &number, sizeof(number));
    }
    return (struct cell){ .kind = CELL_INTS, .text = { bytes, size } };
}

int64_t ints_at(struct str bytes, int64_t place)
{
    uint64_t number;
    memcpy(&number, bytes.data + INTS_HEAD + INTS_STEP * place + 4, sizeof(number));
    return (int64_t)be64toh(number);
}

int ints_count(struct str bytes)
{
    return (int)((bytes.size - INTS_HEAD) / INTS_STEP);
}

struct uuid cell_uuid(const struct cell *cell)
{
    struct uuid id = { { 0 } };
    bool has_bytes = cell->kind == CELL_BLOB || cell->kind == CELL_TEXT;
    if (has_bytes && cell->text.size == sizeof(id.bytes)) {
        memcpy(id.bytes, cell->text.data, sizeof(id.bytes));
    }
    return id;
}

bool cell_equal(const struct cell *a, const struct cell *b)
{
    if (a->kind != b->kind) return false;
    switch (a->kind) {
    case CELL_NULL: return true;
    case CELL_INT: return a->integer == b->integer;
    case CELL_REAL: return !(a->real < b->real) && !(a->real > b->real);
    case CELL_TEXT:
    case CELL_BLOB:
    case CELL_INTS: return str_equal(a->text, b->text);
    }
    return false;
}

struct cell cell_copy(struct scope *scope, const struct cell *cell)
{
    struct cell copy = *cell;
    if (copy.kind >= CELL_TEXT) copy.text = scope_copy(scope, copy.text);
    return copy;
}

/* ---- functions of our own ---- */

static const struct db_function *functions;
static int function_count;

void db_functions_set(const struct db_function *table, int count)
{
    functions = table;
    function_count = count;
}

const struct db_function *db_functions(int *count)
{
    *count = function_count;
    return functions;
}

static const char *const *functions_postgres;
static int function_postgres_count;

void db_functions_postgres_set(const char *const *statements, int count)
{
    functions_postgres = statements;
    function_postgres_count = count;
}

const char *const *db_functions_postgres(int *count)
{
    *count = function_postgres_count;
    return functions_postgres;
}

/* ---- several processes on one database ---- */

bool db_notify(struct scope *scope, struct db_conn *conn, struct str text)
{
    assert(text.size <= NOTIFY_SIZE_MAX && conn->kind == DB_CONN_WRITER);
    const struct db_engine *engine = conn->db->engine;
    return !engine->notify || engine->notify(scope, conn, text);
}

void db_listen(struct db *db, void (*on_notice)(struct str text, void *context), void *context)
{
    pthread_mutex_lock(&db->notice_mutex);
    db->on_notice = on_notice;
    db->notice_context = context;
    pthread_mutex_unlock(&db->notice_mutex);
}

void db_notice(struct db *db, struct str text)
{
    pthread_mutex_lock(&db->notice_mutex);
    if (db->on_notice) db->on_notice(text, db->notice_context);
    pthread_mutex_unlock(&db->notice_mutex);
}

bool db_is_shared(const struct db *db)
{
    return db->engine->notify != NULL;
}

bool db_is_leader(struct db *db)
{
    return !db->engine->is_leader || db->engine->is_leader(db);
}

/* ---- faults and counts ---- */

void db_fault_after(struct db *db, int call_count)
{
    atomic_store(&db->fault_countdown, call_count);
}

bool db_touch_faulty(struct scope *scope, struct db *db)
{
    int left = atomic_load(&db->fault_countdown);
    while (left > 0) {
        if (!atomic_compare_exchange_weak(&db->fault_countdown, &left, left - 1)) continue;
        if (left == 1) return error_storage(scope, STR("injected fault"));
        break;
    }
    return true;
}

int64_t db_call_count(const struct db *db)
{
    int64_t count = db->writer ? atomic_load(&db->writer->call_count) : 0;
    for (int i = 0; i < db->reader_count; i++) count += atomic_load(&db->readers[i]->call_count);
    return count;
}

/* ---- life ---- */

static int bounded(int wanted, int otherwise, int most)
{
    if (wanted <= 0) return otherwise;
    return wanted < most ? wanted : most;
}

static void conns_new(struct scope *scope, struct db *db)
{
    for (int i = 0; i < db->reader_count; i++) {
        db->readers[i] = db->engine->conn_new(scope);
        db->readers[i]->db = db;
        db->readers[i]->kind = DB_CONN_READER;
    }
    if (db->is_read_only) return;
    db->writer = db->engine->conn_new(scope);
    db->writer->db = db;
    db->writer->kind = DB_CONN_WRITER;
}

static void locks_init(struct db *db)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&db->reader_freed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&db->reader_mutex, NULL);
    pthread_mutex_init(&db->notice_mutex, NULL);
}

static void conns_close(struct db *db)
{
    for (int i = 0; i < db->reader_count; i++) {
        assert(!atomic_load(&db->readers[i]->is_taken) && "a reader is still out");
        if (db->readers[i]->is_open) db->engine->conn_close(db->readers[i]);
    }
    /* Last, so that it is the one to leave the files tidy. */
    if (db->writer && db->writer->is_open) db->engine->conn_close(db->writer);
    pthread_cond_destroy(&db->reader_freed);
    pthread_mutex_destroy(&db->reader_mutex);
    pthread_mutex_destroy(&db->notice_mutex);
}

bool db_url_is_server(struct str url)
{
    return str_starts_with(url, STR("postgresql://")) || str_starts_with(url, STR("postgres://"));
}

bool db_exists(struct scope *scope, struct str url, bool *out)
{
    struct stat found;
    if (db_url_is_server(url)) return db_engine_postgres.exists(scope, url, out);
    struct str path = scope_copy(scope, url);
    *out = stat(path.data, &found) == 0;
    return true;
}

bool db_open(struct scope *scope, const struct db_options *options, struct db **out)
{
    *out = NULL;
    bool is_postgres = db_url_is_server(options->url);
    if (!is_postgres && str_find(options->url, STR("://")) != SIZE_MAX) {
        return error_storage(scope, scope_format(scope, "no database engine for %.*s",
                                                 STR_ARG(options->url)));
    }
    struct db *db = scope_new(scope, struct db, 1);
    db->engine = is_postgres ? &db_engine_postgres : &db_engine_sqlite;
    db->path = scope_copy(scope, options->url);
    db->is_read_only = options->is_read_only;
    db->reader_count = bounded(options->reader_count_max, READER_COUNT_DEFAULT, READER_COUNT_MAX);
    db->group_size_max = bounded(options->group_size_max, GROUP_SIZE_DEFAULT, 4096);
    db->queue_size_max = bounded(options->queue_size_max, QUEUE_SIZE_DEFAULT, 1 << 20);
    db->cache_mib = bounded(options->cache_mib, CACHE_MIB_DEFAULT, CACHE_MIB_MAX);
    conns_new(scope, db);
    locks_init(db);

    /* The first connection tells whether the file can be opened at all. */
    bool ok = db->engine->conn_open(scope, db->writer ? db->writer : db->readers[0]);
    if (ok && db->writer) {
        ok = db->engine->keeper_begin(scope, db);
        if (ok && !db_queue_begin(scope, db)) {
            db->engine->keeper_end(db);
            ok = false;
        }
    }
    if (!ok) {
        conns_close(db);
        return false;
    }
    *out = db;
    return true;
}

void db_close(struct db *db)
{
    if (db->writer) {
        db_queue_end(db);
        db->engine->keeper_end(db);
    }
    conns_close(db);
}

enum db_dialect db_dialect(const struct db_conn *conn)
{
    return conn->db->engine->dialect;
}

/* ---- readers ---- */

/* Which reader this thread had last; a hint only, good for any database. */
static _Thread_local unsigned reader_hint;
static atomic_uint reader_hint_next = 1;

static bool conn_take(struct db_conn *conn)
{
    bool expected = false;
    return atomic_compare_exchange_strong(&conn->is_taken, &expected, true);
}

static struct db_conn *reader_take_now(struct db *db)
{
    unsigned count = (unsigned)db->reader_count;
    if (reader_hint == 0) reader_hint = atomic_fetch_add(&reader_hint_next, 1) % count + 1;
    unsigned start = (reader_hint - 1) % count;
    for (unsigned i = 0; i < count; i++) {
        unsigned slot = (start + i) % count;
        if (!conn_take(db->readers[slot])) continue;
        return db->readers[slot];
    }
    return NULL;
}

/*
 * Waiter: counts itself, then looks again. Releaser: frees, then looks for
 * waiters. Both sequentially consistent, so one of them sees the other.
 */
static struct db_conn *reader_take(struct db *db)
{
    struct db_conn *conn = reader_take_now(db);
    if (conn) return conn;

    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += READER_WAIT_S;
    pthread_mutex_lock(&db->reader_mutex);
    atomic_fetch_add(&db->reader_waiter_count, 1);
    int status = 0;
    while (!(conn = reader_take_now(db)) && status != ETIMEDOUT) {
        status = pthread_cond_timedwait(&db->reader_freed, &db->reader_mutex, &until);
    }
    atomic_fetch_sub(&db->reader_waiter_count, 1);
    pthread_mutex_unlock(&db->reader_mutex);
    return conn;
}

static void reader_give_back(struct db_conn *conn)
{
    struct db *db = conn->db;
    atomic_store(&conn->is_taken, false);
    if (atomic_load(&db->reader_waiter_count) == 0) return;
    pthread_mutex_lock(&db->reader_mutex);
    pthread_cond_signal(&db->reader_freed);
    pthread_mutex_unlock(&db->reader_mutex);
}

static int64_t coarse_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void snapshot_drop(struct db_conn *conn)
{
    if (conn->has_snapshot) conn->db->engine->rollback(conn);
    conn->has_snapshot = false;
}

/* The number of commits is read first: the snapshot is never older than it says. */
static bool snapshot_begin(struct scope *scope, struct db_conn *conn)
{
    struct db *db = conn->db;
    uint64_t commit_count = atomic_load(&db->commit_count);
    int64_t now_ms = coarse_now_ms();
    db_count(conn);
    conn->is_untouched = true;
    if (conn->has_snapshot && conn->snapshot_commit == commit_count &&
        now_ms - conn->snapshot_at_ms < SNAPSHOT_AGE_MAX_MS) {
        return true;
    }
    snapshot_drop(conn);
    if (!db->engine->command(scope, conn, DB_BEGIN_READ)) return false;
    conn->has_snapshot = true;
    conn->snapshot_commit = commit_count;
    conn->snapshot_at_ms = now_ms;
    return true;
}

static void snapshot_drop_idle(struct db_conn *conn, bool is_fresh_kept)
{
    if (!conn_take(conn)) return;
    bool is_fresh = conn->snapshot_commit == atomic_load(&conn->db->commit_count) &&
                    coarse_now_ms() - conn->snapshot_at_ms < SNAPSHOT_AGE_MAX_MS;
    if (!is_fresh || !is_fresh_kept) snapshot_drop(conn);
    reader_give_back(conn);
}

void db_snapshots_drop(struct db *db)
{
    for (int i = 0; i < db->reader_count; i++) snapshot_drop_idle(db->readers[i], true);
}

void db_snapshots_shed(struct db *db, bool is_on)
{
    atomic_store(&db->is_shedding, is_on);
    for (int i = 0; is_on && i < db->reader_count; i++) snapshot_drop_idle(db->readers[i], false);
}

static bool reader_begin(struct scope *scope, struct db *db, bool is_new, struct db_conn **out)
{
    *out = NULL;
    struct db_conn *conn = reader_take(db);
    if (!conn) return error_storage(scope, STR("all readers are out"));
    if (is_new) snapshot_drop(conn);
    bool ok = conn->is_open || db->engine->conn_open(scope, conn);
    if (!ok || !snapshot_begin(scope, conn)) {
        reader_give_back(conn);
        return false;
    }
    *out = conn;
    return true;
}

bool db_read_begin(struct scope *scope, struct db *db, struct db_conn **out)
{
    return reader_begin(scope, db, false, out);
}

void db_cursors_end(struct db_conn *conn)
{
    while (conn->cursors) db_cursor_end(conn->cursors);
}

void db_read_deadline(struct db_conn *conn, int64_t monotonic_deadline_ms)
{
    if (conn->deadline_ms == monotonic_deadline_ms) return;
    conn->deadline_ms = monotonic_deadline_ms;
    conn->db->engine->deadline_set(conn);
}

void db_read_end(struct db_conn *conn)
{
    assert(conn->kind == DB_CONN_READER && atomic_load(&conn->is_taken));
    struct db *db = conn->db;
    db_cursors_end(conn);
    db_read_deadline(conn, 0);
    /* Without a housekeeper there is nobody to let go of it. */
    bool is_kept = !db->is_read_only && db->engine->is_in_transaction(conn);
    if (!is_kept) snapshot_drop(conn);
    reader_give_back(conn);
    /* Asked after giving it back: whoever sheds has either seen it free or is seen here. */
    if (atomic_load(&db->is_shedding)) snapshot_drop_idle(conn, false);
}

/* ---- cursors ---- */

static bool cursor_open(struct scope *scope, struct db_conn *conn, struct str sql,
                        const struct cell *args, int arg_count, bool is_copied,
                        struct db_cursor *cursor)
{
    *cursor = (struct db_cursor){ .conn = conn };
    db_count(conn);
    if (!conn->db->engine->query(scope, conn, sql, args, arg_count, is_copied, cursor)) {
        return false;
    }
    cursor->next = conn->cursors;
    if (conn->cursors) conn->cursors->previous = cursor;
    conn->cursors = cursor;
    return true;
}

void db_cursor_end(struct db_cursor *cursor)
{
    if (!cursor->statement) return;
    struct db_conn *conn = cursor->conn;
    conn->db->engine->cursor_end(cursor);
    cursor->statement = NULL;
    cursor->is_row = false;
    if (cursor->previous) cursor->previous->next = cursor->next;
    if (cursor->next) cursor->next->previous = cursor->previous;
    if (conn->cursors == cursor) conn->cursors = cursor->next;
}

static void cursor_forgotten(void *context)
{
    db_cursor_end(context);
}

bool db_query(struct scope *scope, struct db_conn *conn, struct str sql, const struct cell *args,
              int arg_count, struct db_cursor **out)
{
    *out = NULL;
    struct db_cursor *cursor = scope_new(scope, struct db_cursor, 1);
    if (!cursor_open(scope, conn, sql, args, arg_count, true, cursor)) return false;
    scope_defer(scope, cursor_forgotten, cursor);
    *out = cursor;
    return true;
}

bool db_next(struct scope *scope, struct db_cursor *cursor, bool *has_row)
{
    *has_row = false;
    if (!cursor->statement) return error_storage(scope, STR("the cursor has ended"));
    cursor->is_row = false;
    if (cursor->is_done) return true;
    if (!cursor->conn->db->engine->next(scope, cursor, has_row)) {
        db_cursor_end(cursor);
        return false;
    }
    cursor->is_row = *has_row;
    cursor->is_done = !*has_row;
    return true;
}

int db_column_count(const struct db_cursor *cursor)
{
    return cursor->column_count;
}

struct cell db_cell(const struct db_cursor *cursor, int column)
{
    bool is_there = cursor->is_row && column >= 0 && column < cursor->column_count;
    return is_there ? cursor->conn->db->engine->cell(cursor, column) : cell_null();
}

static void row_copy(struct scope *scope, const struct db_cursor *cursor, struct row *out)
{
    out->count = cursor->column_count;
    out->cells = scope_new(scope, struct cell, out->count);
    for (int i = 0; i < out->count; i++) {
        struct cell cell = cursor->conn->db->engine->cell(cursor, i);
        out->cells[i] = cell_copy(scope, &cell);
    }
}

bool db_one(struct scope *scope, struct db_conn *conn, struct str sql, const struct cell *args,
            int arg_count, struct row *out)
{
    *out = (struct row){ NULL, 0 };
    struct db_cursor cursor;
    if (!cursor_open(scope, conn, sql, args, arg_count, false, &cursor)) return false;
    bool has_row;
    bool ok = db_next(scope, &cursor, &has_row);
    if (ok && has_row) row_copy(scope, &cursor, out);
    db_cursor_end(&cursor);
    return ok;
}

bool db_all(struct scope *scope, struct db_conn *conn, struct str sql, const struct cell *args,
            int arg_count, int row_count_max, struct rows *out)
{
    *out = (struct rows){ NULL, 0 };
    struct db_cursor cursor;
    if (!cursor_open(scope, conn, sql, args, arg_count, false, &cursor)) return false;
    int capacity = 0;
    bool ok, has_row;
    while ((ok = db_next(scope, &cursor, &has_row)) && has_row) {
        if (out->count == row_count_max) {
            ok = error_set(scope, ERROR_TOO_LARGE, "db.too_many_rows", STR(""));
            break;
        }
        if (out->count == capacity) {
            int larger = capacity ? capacity * 2 : 8;
            struct row *items = scope_new(scope, struct row, larger);
            if (capacity) memcpy(items, out->items, sizeof(*items) * (size_t)capacity);
            out->items = items;
            capacity = larger;
        }
        row_copy(scope, &cursor, &out->items[out->count]);
        out->count += 1;
    }
    db_cursor_end(&cursor);
    if (!ok) *out = (struct rows){ NULL, 0 };
    return ok;
}

/* ---- changing ---- */

bool db_exec(struct scope *scope, struct db_conn *conn, struct str sql, const struct cell *args,
             int arg_count)
{
    assert(conn->kind == DB_CONN_WRITER && "only a db_write may write");
    conn->changes = 0;
    struct db_cursor cursor;
    if (!cursor_open(scope, conn, sql, args, arg_count, false, &cursor)) return false;
    bool ok, has_row;
    while ((ok = db_next(scope, &cursor, &has_row)) && has_row) {}
    db_cursor_end(&cursor);
    if (ok) conn->changes = conn->db->engine->changes(conn);
    return ok;
}

int64_t db_changes(const struct db_conn *conn)
{
    return conn->changes;
}

bool db_savepoint_begin(struct scope *scope, struct db_conn *conn)
{
    assert(conn->kind == DB_CONN_WRITER && conn->savepoint_depth < SAVEPOINT_DEPTH_MAX);
    db_count(conn);
    if (!conn->db->engine->command(scope, conn, DB_PART_BEGIN)) return false;
    conn->savepoint_depth += 1;
    return true;
}

bool db_savepoint_end(struct scope *scope, struct db_conn *conn, bool is_kept)
{
    assert(conn->savepoint_depth > 0);
    const struct db_engine *engine = conn->db->engine;
    conn->savepoint_depth -= 1;
    db_count(conn);
    bool ok = (is_kept || engine->command(scope, conn, DB_PART_UNDO)) &&
              engine->command(scope, conn, DB_PART_KEEP);
    /* Half-done work may still be in the transaction: whoever goes on, it must not be kept. */
    if (!ok) conn->is_spoilt = true;
    return ok;
}

/* ---- life ---- */

bool db_backup(struct scope *scope, struct db *db, struct str path)
{
    return db->engine->backup(scope, db, path);
}

bool db_check(struct scope *scope, struct db *db)
{
    struct db_conn *conn;
    if (!reader_begin(scope, db, true, &conn)) return false;
    bool ok = db->engine->check(scope, conn);
    db_read_end(conn);
    return ok;
}
