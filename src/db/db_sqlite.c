/*
 * db.h on SQLite: connections, statements, cells and errors.
 *
 * The library runs without its own locks and without memory statistics (two
 * global mutexes that halve parallel reading); db.c sees to it that a
 * connection is used by one thread at a time. Readers work on WAL snapshots and
 * never wait for the writer. The writer syncs the log at every commit.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "db/sqlite.h"

enum {
    READER_CACHE_KIB_MIN = 1024,
    VALUE_SIZE_MAX = 64 * 1024 * 1024,
    LIKE_PATTERN_SIZE_MAX = 4096,
    DEADLINE_STEP_COUNT = 2000, /* virtual machine steps between two looks at the clock */
};

static const char *const command_sql[DB_COMMAND_COUNT + 1] = {
    [DB_BEGIN_READ] = "BEGIN",
    [DB_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [DB_COMMIT] = "COMMIT",
    [DB_MEMBER_BEGIN] = "SAVEPOINT member",
    [DB_MEMBER_KEEP] = "RELEASE member",
    [DB_MEMBER_UNDO] = "ROLLBACK TO member",
    [DB_PART_BEGIN] = "SAVEPOINT part",
    [DB_PART_KEEP] = "RELEASE part",
    [DB_PART_UNDO] = "ROLLBACK TO part",
    [DB_COMMAND_COUNT] = "ROLLBACK",
};

static struct sqlite_conn *sqlite_conn(const struct db_conn *base)
{
    return (struct sqlite_conn *)(uintptr_t)base;
}

/* ---- errors ---- */

/* "UNIQUE constraint failed: t.a, t.b" or "…: index 'name'": the part that says what. */
static struct str unique_subject(sqlite3 *handle)
{
    struct str text = str_of(sqlite3_errmsg(handle));
    size_t colon = str_find(text, STR(": "));
    if (colon != SIZE_MAX) text = str_slice(text, colon + 2, text.size);
    if (str_starts_with(text, STR("index '")) && str_ends_with(text, STR("'"))) {
        text = str_slice(text, sizeof("index '") - 1, text.size - 1);
    }
    return text;
}

bool sqlite_fail(struct scope *scope, sqlite3 *handle, int code, struct str sql)
{
    const char *text = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    int primary = code & 0xff;
    if (primary == SQLITE_INTERRUPT) {
        return error_set(scope, ERROR_INVALID, "query.too_slow", STR(""));
    }
    if (primary == SQLITE_TOOBIG) return error_set(scope, ERROR_TOO_LARGE, "db.too_large", STR(""));
    if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
        code == SQLITE_CONSTRAINT_ROWID) {
        struct str subject = scope_copy(scope, unique_subject(handle));
        return error_set(scope, ERROR_CONFLICT, "db.unique", subject);
    }
    if (code == SQLITE_CONSTRAINT_FOREIGNKEY) {
        return error_set(scope, ERROR_CONFLICT, "db.reference", STR(""));
    }
    if (primary == SQLITE_ERROR && strcmp(text, "integer overflow") == 0) {
        return error_set(scope, ERROR_INVALID, "query.overflow", STR(""));
    }
    struct str shown = str_slice(sql, 0, 300);
    log_line(LOG_ERROR, "db: %s (%d): %.*s", text, code, STR_ARG(shown));
    return error_storage(scope, scope_format(scope, "%s (%d): %.*s", text, code, STR_ARG(shown)));
}

/* ---- opening ---- */

static void library_begin(void)
{
    int code = sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    if (code == SQLITE_OK) code = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (code == SQLITE_OK) code = sqlite3_initialize();
    if (code != SQLITE_OK) log_line(LOG_WARN, "db: SQLite keeps its defaults (%d)", code);
}

bool sqlite_run(struct scope *scope, sqlite3 *handle, const char *sql)
{
    int code = sqlite3_exec(handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK || sqlite_fail(scope, handle, code, str_of(sql));
}

static bool configure(struct scope *scope, sqlite3 *handle)
{
    static const struct {
        int option, value;
    } switches[] = {
        { SQLITE_DBCONFIG_DQS_DML, 0 },        { SQLITE_DBCONFIG_DQS_DDL, 0 },
        { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 }, { SQLITE_DBCONFIG_DEFENSIVE, 1 },
        { SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
    };
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
        int code = sqlite3_db_config(handle, switches[i].option, switches[i].value, NULL);
        if (code != SQLITE_OK) return sqlite_fail(scope, handle, code, STR("db_config"));
    }
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, BUSY_TIMEOUT_MS);
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, VALUE_SIZE_MAX);
    sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, SQL_SIZE_MAX);
    sqlite3_limit(handle, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, LIKE_PATTERN_SIZE_MAX);
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
    return true;
}

bool sqlite_handle_open(struct scope *scope, struct str path, int flags, sqlite3 **out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, library_begin);
    struct str file = scope_copy(scope, path);
    int code = sqlite3_open_v2(file.data, out, flags | SQLITE_OPEN_NOMUTEX, NULL);
    bool ok = code == SQLITE_OK || sqlite_fail(scope, *out, code, file);
    ok = ok && configure(scope, *out);
    if (!ok) {
        sqlite3_close(*out);
        *out = NULL;
    }
    return ok;
}

/* What is in it is nobody else's business; the log and index files get the same mode. */
static void file_make_private(struct scope *scope, struct str path)
{
    struct str file = scope_copy(scope, path);
    int descriptor = open(file.data, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor >= 0) close(descriptor);
}

static bool journal_is_wal(struct scope *scope, sqlite3 *handle)
{
    sqlite3_stmt *statement = NULL;
    struct str sql = STR("PRAGMA journal_mode = WAL");
    int code = sqlite3_prepare_v2(handle, sql.data, (int)sql.size, &statement, NULL);
    if (code == SQLITE_OK) code = sqlite3_step(statement);
    bool is_wal = code == SQLITE_ROW &&
                  strcmp((const char *)sqlite3_column_text(statement, 0), "wal") == 0;
    bool ok = is_wal || code == SQLITE_ROW || sqlite_fail(scope, handle, code, sql);
    sqlite3_finalize(statement);
    return ok && (is_wal || error_storage(scope, STR("this file can't have a write-ahead log")));
}

static int on_wal_commit(void *context, sqlite3 *handle, const char *name, int page_count)
{
    (void)handle;
    (void)name;
    struct sqlite_conn *conn = context;
    conn->wal_page_count = page_count;
    return SQLITE_OK;
}

/* A fifth of the memory for the writer, which is one; the readers share the rest. */
static int cache_kib(const struct db *db, bool is_writer)
{
    int writer_kib = db->cache_mib * 1024 / 5;
    if (is_writer) return writer_kib;
    int reader_kib = (db->cache_mib * 1024 - writer_kib) / db->reader_count;
    return reader_kib > READER_CACHE_KIB_MIN ? reader_kib : READER_CACHE_KIB_MIN;
}

/*
 * Memory is bounded by the caches, not by mapping the file: mapped pages count
 * as the process's own. A reader's big sorts spill to a file for the same
 * reason; the writer's savepoint journals must not.
 */
static bool conn_settle_in(struct scope *scope, struct sqlite_conn *conn)
{
    bool is_writer = conn->base.kind == DB_CONN_WRITER;
    struct str settings = scope_format(
        scope, "PRAGMA mmap_size = 0; PRAGMA cache_size = -%d; PRAGMA temp_store = %s;%s",
        cache_kib(conn->base.db, is_writer), is_writer ? "MEMORY" : "FILE",
        is_writer ? "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
                    "PRAGMA journal_size_limit = 67108864"
                  : "PRAGMA query_only = 1");
    if (is_writer && !journal_is_wal(scope, conn->handle)) return false;
    if (!sqlite_run(scope, conn->handle, settings.data)) return false;
    if (is_writer) sqlite3_wal_hook(conn->handle, on_wal_commit, conn);
    return sqlite_functions_register(scope, conn->handle) &&
           sqlite_tokenizer_register(scope, conn->handle);
}

static bool commands_prepare(struct scope *scope, struct sqlite_conn *conn)
{
    for (int i = 0; i <= DB_COMMAND_COUNT; i++) {
        int code = sqlite3_prepare_v3(conn->handle, command_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                                      &conn->commands[i], NULL);
        if (code != SQLITE_OK) {
            return sqlite_fail(scope, conn->handle, code, str_of(command_sql[i]));
        }
    }
    return true;
}

static void conn_close(struct db_conn *base)
{
    struct sqlite_conn *conn = sqlite_conn(base);
    statements_end(&conn->cache);
    for (int i = 0; i <= DB_COMMAND_COUNT; i++) {
        sqlite3_finalize(conn->commands[i]);
        conn->commands[i] = NULL;
    }
    int code = sqlite3_close(conn->handle);
    if (code != SQLITE_OK) log_line(LOG_ERROR, "db: close: %s", sqlite3_errstr(code));
    conn->handle = NULL;
    base->is_open = false;
}

static struct db_conn *conn_new(struct scope *scope)
{
    struct sqlite_conn *conn = scope_new(scope, struct sqlite_conn, 1);
    return &conn->base;
}

static bool conn_open(struct scope *scope, struct db_conn *base)
{
    struct sqlite_conn *conn = sqlite_conn(base);
    bool is_writer = base->kind == DB_CONN_WRITER;
    int flags = is_writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    statements_init(&conn->cache);
    if (is_writer) file_make_private(scope, base->db->path);
    if (!sqlite_handle_open(scope, base->db->path, flags, &conn->handle)) return false;
    base->is_open = conn_settle_in(scope, conn) && commands_prepare(scope, conn);
    if (!base->is_open) conn_close(base);
    return base->is_open;
}

/* ---- transactions ---- */

static bool command(struct scope *scope, struct db_conn *base, enum db_command command)
{
    struct sqlite_conn *conn = sqlite_conn(base);
    if (!db_touch(scope, base)) return false;
    int code = sqlite3_step(conn->commands[command]);
    sqlite3_reset(conn->commands[command]);
    if (code == SQLITE_DONE) return true;
    return sqlite_fail(scope, conn->handle, code, str_of(command_sql[command]));
}

static bool is_in_transaction(struct db_conn *base)
{
    return sqlite3_get_autocommit(sqlite_conn(base)->handle) == 0;
}

static void rollback(struct db_conn *base)
{
    struct sqlite_conn *conn = sqlite_conn(base);
    if (!is_in_transaction(base)) return;
    sqlite3_step(conn->commands[DB_COMMAND_COUNT]);
    int code = sqlite3_reset(conn->commands[DB_COMMAND_COUNT]);
    if (code != SQLITE_OK) log_line(LOG_ERROR, "db: rollback: %s", sqlite3_errmsg(conn->handle));
}

/* Deferred foreign keys would fail the commit of the whole group. */
static bool settle(struct scope *scope, struct db_conn *base)
{
    int open_count = 0, highest = 0;
    sqlite3_db_status(sqlite_conn(base)->handle, SQLITE_DBSTATUS_DEFERRED_FKS, &open_count,
                      &highest, 0);
    return open_count == 0 || error_set(scope, ERROR_CONFLICT, "db.reference", STR(""));
}

static int64_t changes(const struct db_conn *base)
{
    return sqlite3_changes64(sqlite_conn(base)->handle);
}

/* ---- statements ---- */

static int bind_bytes(sqlite3_stmt *statement, int index, const struct cell *cell, struct str text)
{
    const char *data = text.data ? text.data : "";
    if (cell->kind != CELL_TEXT) {
        return sqlite3_bind_blob64(statement, index, data, text.size, SQLITE_STATIC);
    }
    return sqlite3_bind_text64(statement, index, data, text.size, SQLITE_STATIC, SQLITE_UTF8);
}

static int bind_one(struct scope *scope, sqlite3_stmt *statement, int index,
                    const struct cell *cell, bool is_copied)
{
    switch (cell->kind) {
    case CELL_NULL: return sqlite3_bind_null(statement, index);
    case CELL_INT: return sqlite3_bind_int64(statement, index, cell->integer);
    case CELL_REAL: return sqlite3_bind_double(statement, index, cell->real);
    case CELL_TEXT:
    case CELL_BLOB:
    case CELL_INTS:
        return bind_bytes(statement, index, cell,
                          is_copied ? scope_copy(scope, cell->text) : cell->text);
    }
    return SQLITE_MISUSE;
}

static bool bind_all(struct scope *scope, struct sqlite_conn *conn, sqlite3_stmt *statement,
                     struct str sql, const struct cell *args, int arg_count, bool is_copied)
{
    int wanted = sqlite3_bind_parameter_count(statement);
    if (wanted != arg_count) {
        log_line(LOG_ERROR, "db: %d values for %d marks: %.*s", arg_count, wanted, STR_ARG(sql));
        return error_storage(scope, STR("number of values and of ? differ"));
    }
    for (int i = 0; i < arg_count; i++) {
        int code = bind_one(scope, statement, i + 1, &args[i], is_copied);
        if (code != SQLITE_OK) return sqlite_fail(scope, conn->handle, code, sql);
    }
    return true;
}

static bool query(struct scope *scope, struct db_conn *base, struct str sql,
                  const struct cell *args, int arg_count, bool is_copied, struct db_cursor *cursor)
{
    struct sqlite_conn *conn = sqlite_conn(base);
    sqlite3_stmt *statement;
    int slot;
    if (!statements_take(scope, conn, sql, &statement, &slot)) return false;
    if (!bind_all(scope, conn, statement, sql, args, arg_count, is_copied)) {
        statements_give_back(conn, statement, slot);
        return false;
    }
    cursor->statement = statement;
    cursor->cache_slot = slot;
    cursor->column_count = sqlite3_column_count(statement);
    return true;
}

static bool next(struct scope *scope, struct db_cursor *cursor, bool *has_row)
{
    struct sqlite_conn *conn = sqlite_conn(cursor->conn);
    sqlite3_stmt *statement = cursor->statement;
    if (!db_touch(scope, cursor->conn)) return false;
    conn->is_reading = sqlite3_stmt_readonly(statement);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        /* A statement prepared before a change of the schema may have other columns now. */
        cursor->column_count = sqlite3_data_count(statement);
        *has_row = true;
        return true;
    }
    if (code == SQLITE_DONE) return true;
    return sqlite_fail(scope, conn->handle, code, str_of(sqlite3_sql(statement)));
}

static struct cell cell(const struct db_cursor *cursor, int column)
{
    sqlite3_stmt *statement = cursor->statement;
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER: return cell_int(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT: return cell_real(sqlite3_column_double(statement, column));
    case SQLITE_TEXT: {
        const char *data = (const char *)sqlite3_column_text(statement, column);
        size_t size = (size_t)sqlite3_column_bytes(statement, column);
        return cell_text((struct str){ data ? data : "", data ? size : 0 });
    }
    case SQLITE_BLOB: {
        const char *data = sqlite3_column_blob(statement, column);
        size_t size = (size_t)sqlite3_column_bytes(statement, column);
        return cell_blob((struct str){ data ? data : "", data ? size : 0 });
    }
    default: return cell_null();
    }
}

static void cursor_end(struct db_cursor *cursor)
{
    statements_give_back(sqlite_conn(cursor->conn), cursor->statement, cursor->cache_slot);
}

/* ---- time limit ---- */

static int on_progress(void *context)
{
    const struct sqlite_conn *conn = context;
    return conn->is_reading && time_monotonic_ms() >= conn->base.deadline_ms;
}

static void deadline_set(struct db_conn *base)
{
    struct sqlite_conn *conn = sqlite_conn(base);
    if (!conn->handle) return;
    bool is_limited = base->deadline_ms != 0;
    sqlite3_progress_handler(conn->handle, is_limited ? DEADLINE_STEP_COUNT : 0,
                             is_limited ? on_progress : NULL, conn);
}

const struct db_engine db_engine_sqlite = {
    .dialect = DB_SQLITE,
    .now_ms_sql = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
    .tables_sql = "SELECT m.name, p.name, p.type FROM sqlite_schema AS m "
                  "JOIN pragma_table_info(m.name) AS p WHERE m.type = 'table' "
                  "ORDER BY m.name, p.cid",
    .conn_new = conn_new,
    .conn_open = conn_open,
    .conn_close = conn_close,
    .command = command,
    .rollback = rollback,
    .is_in_transaction = is_in_transaction,
    .settle = settle,
    .query = query,
    .next = next,
    .cell = cell,
    .cursor_end = cursor_end,
    .changes = changes,
    .deadline_set = deadline_set,
    .keeper_begin = sqlite_keeper_begin,
    .keeper_end = sqlite_keeper_end,
    .after_group = sqlite_after_group,
    .backup = sqlite_backup,
    .check = sqlite_check,
    .index_sql = "SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?",
};
