/*
 * db.h on PostgreSQL: connections, transactions and errors, by libpq.
 *
 * Every connection is in pipeline mode. Commands without values (BEGIN,
 * SAVEPOINT, RELEASE …) are put aside and go out together with the next
 * statement, so a snapshot or a member of a group costs no wait of its own; only
 * a statement and COMMIT wait for the server.
 *
 * Readers: REPEATABLE READ READ ONLY, whose snapshot is taken by the first
 * statement. The writer: READ COMMITTED behind an advisory lock of the
 * workspace, so that of all nodes one writes at a time; what a write has read
 * cannot change under it, and there is nothing to try again
 * (docs/decisions/007-postgresql.md).
 *
 * A lost connection is opened again with the next transaction. A transaction of
 * which the server had seen nothing yet goes on as if nothing had been.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "db/postgres.h"

enum { CANCEL_WAIT_MS = 500 };

static const char *const command_sql[DB_COMMAND_COUNT] = {
    [DB_BEGIN_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    [DB_BEGIN_WRITE] = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
    [DB_COMMIT] = "COMMIT",
    [DB_MEMBER_BEGIN] = "SAVEPOINT member",
    [DB_MEMBER_KEEP] = "RELEASE member",
    [DB_MEMBER_UNDO] = "ROLLBACK TO member",
    [DB_PART_BEGIN] = "SAVEPOINT part",
    [DB_PART_KEEP] = "RELEASE part",
    [DB_PART_UNDO] = "ROLLBACK TO part",
};

static const char writer_lock_sql[] =
    "SELECT pg_catalog.pg_advisory_xact_lock(19524, "
    "pg_catalog.hashtext(pg_catalog.current_schema()::text))";

static struct pg_conn *pg_conn(const struct db_conn *base)
{
    return (struct pg_conn *)(uintptr_t)base;
}

/* ---- errors ---- */

static bool is_state(const char *state, const char *wanted)
{
    return strncmp(state, wanted, strlen(wanted)) == 0;
}

/* "Key (a, b)=(1, 2) …", in whatever language, becomes "table.a, table.b". */
static struct str unique_subject(struct scope *scope, const PGresult *result)
{
    const char *name = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    const char *table = PQresultErrorField(result, PG_DIAG_TABLE_NAME);
    struct str detail = str_of(PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
    size_t start = str_find(detail, STR("(")), end = str_find(detail, STR(")=("));
    bool is_expression = end != SIZE_MAX && str_find(str_slice(detail, start + 1, end),
                                                     STR("(")) != SIZE_MAX;
    if (is_expression || !table || start == SIZE_MAX || end == SIZE_MAX || end < start) {
        return scope_copy(scope, str_of(name));
    }
    struct str columns = str_slice(detail, start + 1, end), column;
    struct buf subject;
    buf_begin(&subject, scope, 4096);
    while (str_split(&columns, ',', &column)) {
        column = str_trim(column);
        if (str_starts_with(column, STR("\""))) column = str_slice(column, 1, column.size - 1);
        if (subject.size > 0) buf_put(&subject, STR(", "));
        buf_format(&subject, "%s.%.*s", table, STR_ARG(column));
    }
    return buf_str(&subject);
}

static bool fail_known(struct scope *scope, const PGresult *result, const char *state)
{
    if (is_state(state, "57014")) return error_set(scope, ERROR_INVALID, "query.too_slow", STR(""));
    if (is_state(state, "22003")) return error_set(scope, ERROR_INVALID, "query.overflow", STR(""));
    if (is_state(state, "54000")) return error_set(scope, ERROR_TOO_LARGE, "db.too_large", STR(""));
    if (is_state(state, "23503")) return error_set(scope, ERROR_CONFLICT, "db.reference", STR(""));
    return error_set(scope, ERROR_CONFLICT, "db.unique", unique_subject(scope, result));
}

bool pg_fail(struct scope *scope, struct pg_conn *conn, const PGresult *result, struct str sql)
{
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (!state) state = "08006";
    if (conn) conn->is_aborted = true;
    if (conn) conn->is_plan_old = is_state(state, "0A000");
    if (!text) text = conn && conn->handle ? PQerrorMessage(conn->handle) : "no connection";
    static const char *const known[] = { "57014", "22003", "54000", "23503", "23505" };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (is_state(state, known[i])) return fail_known(scope, result, state);
    }
    struct str shown = str_slice(sql, 0, 300);
    struct str reason = str_trim(str_of(text));
    log_line(LOG_ERROR, "db: %.*s (%s): %.*s", STR_ARG(reason), state, STR_ARG(shown));
    return error_storage(scope, scope_format(scope, "%.*s (%s): %.*s", STR_ARG(reason), state,
                                             STR_ARG(shown)));
}

/* ---- opening ---- */

static void on_notice(void *context, const char *text)
{
    (void)context;
    (void)text;
}

/* ?schema=name or &schema=name is ours and not libpq's. */
static struct str schema_find(struct str url, size_t *start, size_t *end)
{
    static const struct str marks[] = { STR_INIT("?schema="), STR_INIT("&schema=") };
    for (int i = 0; i < 2; i++) {
        size_t at = str_find(url, marks[i]);
        if (at == SIZE_MAX) continue;
        struct str rest = str_slice(url, at + marks[i].size, url.size);
        size_t size = str_find(rest, STR("&"));
        *start = at;
        *end = size == SIZE_MAX ? url.size : at + marks[i].size + size;
        return str_slice(rest, 0, size);
    }
    *start = *end = url.size;
    return STR("leadline");
}

void pg_schema_name(struct str url, char *out)
{
    size_t start, end, size = 0;
    struct str name = schema_find(url, &start, &end);
    for (size_t i = 0; i < name.size && size + 1 < PG_SCHEMA_NAME_SIZE; i++) {
        char byte = name.data[i];
        bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
        out[size++] = is_plain ? byte : '_';
    }
    out[size] = 0;
}

static struct str conninfo_of(struct scope *scope, struct str url)
{
    size_t start, end;
    schema_find(url, &start, &end);
    bool is_first = start < url.size && url.data[start] == '?';
    struct str before = str_slice(url, 0, start), behind = str_slice(url, end, url.size);
    if (is_first && behind.size > 0) behind = str_slice(behind, 1, behind.size);
    const char *mark = is_first && behind.size > 0 ? "?" : "";
    return scope_format(scope, "%.*s%s%.*s", STR_ARG(before), mark, STR_ARG(behind));
}

bool pg_run(struct scope *scope, PGconn *handle, const char *sql)
{
    PGresult *result = PQexec(handle, sql);
    ExecStatusType status = PQresultStatus(result);
    bool is_ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!is_ok) pg_fail(scope, NULL, result, str_of(sql));
    PQclear(result);
    return is_ok;
}

/*
 * Durable whatever the server's default is; plans for whole results; no time lost to compiling
 * short statements; and a node that hangs does not keep the others from writing for ever.
 */
static bool settle_in(struct scope *scope, struct db *db, PGconn *handle)
{
    char schema[PG_SCHEMA_NAME_SIZE];
    pg_schema_name(db->path, schema);
    struct str settings = scope_format(
        scope,
        "SET search_path = \"%s\", pg_catalog; SET cursor_tuple_fraction = 1; SET jit = off; "
        "SET standard_conforming_strings = on; SET statement_timeout = 0; SET lock_timeout = 0; "
        "SET idle_in_transaction_session_timeout = '5min'; SET client_min_messages = warning; "
        "SET bytea_output = hex; SET extra_float_digits = 1; "
        "SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') = 'off'",
        schema);
    return pg_run(scope, handle, settings.data);
}

PGconn *pg_connect(struct scope *scope, struct db *db)
{
    struct str conninfo = conninfo_of(scope, db->path);
    const char *names[] = { "dbname", "client_encoding", "connect_timeout", "application_name",
                            NULL };
    char schema[PG_SCHEMA_NAME_SIZE];
    pg_schema_name(db->path, schema);
    struct str application = scope_format(scope, "leadline %.50s", schema);
    const char *values[] = { conninfo.data, "UTF8", "5", application.data, NULL };
    if (pg_keeper_is_down(db)) {
        error_storage(scope, STR("the database can't be reached"));
        return NULL;
    }
    PGconn *handle = PQconnectdbParams(names, values, 1);
    bool is_ok = PQstatus(handle) == CONNECTION_OK;
    if (!is_ok) {
        struct str reason = str_trim(str_of(PQerrorMessage(handle)));
        log_line(LOG_ERROR, "db: %.*s", STR_ARG(reason));
        error_storage(scope, reason);
        pg_keeper_set_down(db);
    }
    if (is_ok && PQserverVersion(handle) < 140000) {
        is_ok = error_storage(scope, STR("PostgreSQL 14 or newer is needed"));
    }
    if (is_ok) PQsetNoticeProcessor(handle, on_notice, NULL);
    if (is_ok && settle_in(scope, db, handle)) return handle;
    PQfinish(handle);
    return NULL;
}

static void transaction_forget(struct pg_conn *conn)
{
    conn->is_begun = conn->is_sent = conn->is_aborted = conn->has_ddl = false;
    conn->pending_count = 0;
    conn->cursors_used = 0;
}

static void handle_close(struct pg_conn *conn)
{
    pg_cache_end(&conn->cache);
    if (conn->handle) PQfinish(conn->handle);
    conn->handle = NULL;
}

static void conn_close(struct db_conn *base)
{
    handle_close(pg_conn(base));
    transaction_forget(pg_conn(base));
    base->is_open = false;
}

static struct db_conn *conn_new(struct scope *scope)
{
    struct pg_conn *conn = scope_new(scope, struct pg_conn, 1);
    return &conn->base;
}

static bool handle_open(struct scope *scope, struct pg_conn *conn)
{
    conn->handle = pg_connect(scope, conn->base.db);
    if (!conn->handle) return false;
    if (PQsetnonblocking(conn->handle, 1) == 0 && PQenterPipelineMode(conn->handle)) {
        conn->generation = pg_keeper_generation(conn->base.db);
        atomic_store(&conn->process, PQbackendPID(conn->handle));
        return true;
    }
    handle_close(conn);
    return error_storage(scope, STR("no pipeline mode"));
}

static bool conn_open(struct scope *scope, struct db_conn *base)
{
    struct pg_conn *conn = pg_conn(base);
    transaction_forget(conn);
    if (base->kind == DB_CONN_WRITER) {
        PGconn *plain = pg_connect(scope, base->db);
        bool ok = plain && pg_own_make(scope, base->db, plain);
        if (plain) PQfinish(plain);
        if (!ok) return false;
    }
    base->is_open = handle_open(scope, conn);
    return base->is_open;
}

/* ---- exchanges ---- */

static void lose(struct pg_conn *conn)
{
    log_line(LOG_WARN, "db: the connection was lost: %s",
             conn->handle ? PQerrorMessage(conn->handle) : "");
    handle_close(conn);
}

/* Stops what the server is doing; the answer then is an error of its own. */
static void cancel(struct pg_conn *conn)
{
    char reason[256];
    PGcancel *handle = PQgetCancel(conn->handle);
    if (handle && !PQcancel(handle, reason, sizeof(reason))) {
        log_line(LOG_WARN, "db: cancel: %s", reason);
    }
    PQfreeCancel(handle);
}

/* Waits until the socket has something for us; false when the connection is gone. */
static bool wait_for_server(struct pg_conn *conn, short events, bool is_limited,
                            int64_t *cancel_at_ms)
{
    struct pollfd wanted = { .fd = PQsocket(conn->handle), .events = events };
    int timeout = -1;
    if (is_limited) {
        int64_t left = *cancel_at_ms - time_monotonic_ms();
        timeout = left < 0 ? 0 : left < 60000 ? (int)left + 1 : 60000;
    }
    int count = poll(&wanted, 1, timeout);
    if (count < 0 && errno != EINTR) return false;
    if (count == 0 && is_limited && time_monotonic_ms() >= *cancel_at_ms) {
        cancel(conn);
        *cancel_at_ms = time_monotonic_ms() + CANCEL_WAIT_MS;
    }
    if (count > 0 && (wanted.revents & (POLLIN | POLLERR | POLLHUP))) {
        return PQconsumeInput(conn->handle) == 1;
    }
    return true;
}

static bool flush(struct pg_conn *conn)
{
    int left;
    while ((left = PQflush(conn->handle)) == 1) {
        int64_t never = 0;
        if (!wait_for_server(conn, POLLIN | POLLOUT, false, &never)) return false;
    }
    return left == 0;
}

/* The next result, NULL between two; *is_lost when there will be none. */
static PGresult *result_next(struct pg_conn *conn, bool is_limited, int64_t *cancel_at_ms,
                             bool *is_lost)
{
    while (PQisBusy(conn->handle)) {
        if (!wait_for_server(conn, POLLIN, is_limited, cancel_at_ms)) {
            *is_lost = true;
            return NULL;
        }
    }
    PGresult *result = PQgetResult(conn->handle);
    if (PQstatus(conn->handle) == CONNECTION_BAD) *is_lost = true;
    return result;
}

static bool send_all(struct pg_conn *conn, const struct pg_command *commands, int count)
{
    bool ok = true;
    for (int i = 0; ok && i < conn->pending_count; i++) {
        ok = PQsendQueryParams(conn->handle, conn->pending[i], 0, NULL, NULL, NULL, NULL, 1) == 1;
    }
    for (int i = 0; ok && i < count; i++) {
        const struct pg_command *command = &commands[i];
        if (command->is_described) {
            ok = PQsendDescribePrepared(conn->handle, command->name) == 1;
        } else if (command->text && command->name) {
            ok = PQsendPrepare(conn->handle, command->name, command->text, command->arg_count,
                               command->types) == 1;
        } else if (command->text) {
            ok = PQsendQueryParams(conn->handle, command->text, command->arg_count, command->types,
                                   command->values, command->sizes, command->formats, 1) == 1;
        } else {
            ok = PQsendQueryPrepared(conn->handle, command->name, command->arg_count,
                                     command->values, command->sizes, command->formats, 1) == 1;
        }
    }
    return ok && PQpipelineSync(conn->handle) == 1 && flush(conn);
}

struct answers {
    PGresult *failed; /* the first error */
    PGresult *last, *described;
    bool is_lost;
};

static bool is_error(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
}

static void answer_keep(struct answers *answers, PGresult *result, bool is_last, bool is_described)
{
    PGresult **place = is_error(result) && !answers->failed ? &answers->failed
                       : is_error(result)                   ? NULL
                       : is_last                            ? &answers->last
                       : is_described                       ? &answers->described
                                                            : NULL;
    if (place && !*place) {
        *place = result;
    } else {
        PQclear(result);
    }
}

/* One result and an end for each thing sent, then one for the synchronisation. */
static void receive_all(struct pg_conn *conn, const struct pg_command *commands, int count,
                        bool is_limited, struct answers *out)
{
    int64_t cancel_at_ms = conn->base.deadline_ms;
    int total = conn->pending_count + count;
    for (int i = 0; i < total && !out->is_lost; i++) {
        PGresult *result;
        while (!out->is_lost &&
               (result = result_next(conn, is_limited, &cancel_at_ms, &out->is_lost))) {
            bool is_described = i >= conn->pending_count &&
                                commands[i - conn->pending_count].is_described;
            answer_keep(out, result, i == total - 1, is_described);
        }
    }
    while (!out->is_lost) {
        PGresult *result = result_next(conn, false, &cancel_at_ms, &out->is_lost);
        bool is_sync = result && PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        if (result && is_error(result) && !out->failed) {
            out->failed = result;
        } else {
            PQclear(result);
        }
        if (is_sync) break;
    }
}

bool pg_exchange(struct scope *scope, struct pg_conn *conn, const struct pg_command *commands,
                 int count, bool is_reading, struct str sql, PGresult **out, PGresult **described)
{
    struct answers answers = { 0 };
    bool is_limited = conn->base.deadline_ms != 0 &&
                      (is_reading || conn->base.kind == DB_CONN_READER);
    if (!conn->handle) return pg_fail(scope, conn, NULL, sql);
    if (send_all(conn, commands, count)) {
        receive_all(conn, commands, count, is_limited, &answers);
    } else {
        answers.is_lost = true;
    }
    if (out) *out = answers.last;
    if (described) *described = answers.described;
    bool is_ok = !answers.failed && !answers.is_lost && (count == 0 || answers.last);
    if (!answers.is_lost) {
        conn->is_sent = conn->is_begun;
        conn->pending_count = 0;
    }
    if (!is_ok) {
        pg_fail(scope, conn, answers.failed, sql);
        PQclear(answers.last);
        PQclear(answers.described);
        if (out) *out = NULL;
        if (described) *described = NULL;
    }
    PQclear(answers.failed);
    if (answers.is_lost) lose(conn);
    return is_ok;
}

bool pg_begin_again(struct scope *scope, struct pg_conn *conn, const char *const *before,
                    int before_count)
{
    bool is_lost = !conn->handle;
    if (!conn->is_begun || before_count == 0 || before_count + 2 > PG_PENDING_COUNT_MAX ||
        (!is_lost && !conn->is_plan_old)) {
        return false;
    }
    scope_error_clear(scope);
    pg_cache_end(&conn->cache);
    if (is_lost && !handle_open(scope, conn)) return false;
    conn->pending_count = 0;
    if (!is_lost) conn->pending[conn->pending_count++] = "ROLLBACK";
    for (int i = 0; i < before_count; i++) conn->pending[conn->pending_count++] = before[i];
    conn->pending[conn->pending_count++] = "DEALLOCATE ALL";
    conn->is_aborted = conn->is_sent = false;
    return true;
}

/* ---- transactions ---- */

static bool pend(struct scope *scope, struct pg_conn *conn, const char *sql)
{
    if (conn->pending_count == PG_PENDING_COUNT_MAX &&
        !pg_exchange(scope, conn, NULL, 0, false, str_of(sql), NULL, NULL)) {
        return false;
    }
    conn->pending[conn->pending_count++] = sql;
    return true;
}

static bool begin(struct scope *scope, struct pg_conn *conn, enum db_command command)
{
    transaction_forget(conn);
    if (!conn->handle && !handle_open(scope, conn)) return false;
    uint64_t generation = pg_keeper_generation(conn->base.db);
    conn->is_begun = true;
    conn->pending[conn->pending_count++] = command_sql[command];
    if (command == DB_BEGIN_WRITE) conn->pending[conn->pending_count++] = writer_lock_sql;
    if (conn->generation == generation) return true;
    pg_cache_end(&conn->cache);
    conn->generation = generation;
    conn->pending[conn->pending_count++] = "DEALLOCATE ALL";
    return true;
}

static bool commit(struct scope *scope, struct pg_conn *conn)
{
    if (!conn->is_sent && conn->handle) { /* nothing was done */
        transaction_forget(conn);
        return true;
    }
    struct pg_command command = { .text = command_sql[DB_COMMIT] };
    PGresult *result = NULL;
    bool has_ddl = conn->has_ddl;
    struct str notice = has_ddl ? pg_tables_notice(scope, conn->base.db) : STR("");
    if (has_ddl && !conn->is_aborted && !pend(scope, conn, notice.data)) return false;
    bool ok = pg_exchange(scope, conn, &command, 1, false, STR("COMMIT"), &result, NULL);
    if (ok && strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        ok = error_storage(scope, STR("the transaction had failed before"));
    }
    PQclear(result);
    transaction_forget(conn);
    if (ok && has_ddl) pg_keeper_tables_changed(conn->base.db);
    return ok;
}

static bool command(struct scope *scope, struct db_conn *base, enum db_command command)
{
    struct pg_conn *conn = pg_conn(base);
    if (!db_touch(scope, base)) return false;
    switch (command) {
    case DB_BEGIN_READ:
    case DB_BEGIN_WRITE: return begin(scope, conn, command);
    case DB_COMMIT: return commit(scope, conn);
    case DB_MEMBER_UNDO:
    case DB_PART_UNDO:
        conn->is_aborted = false;
        conn->undo_count += 1;
        break;
    default:
        if (conn->is_aborted) {
            return error_storage(scope, STR("a statement before has failed"));
        }
        break;
    }
    return pend(scope, conn, command_sql[command]);
}

static bool is_in_transaction(struct db_conn *base)
{
    struct pg_conn *conn = pg_conn(base);
    bool is_open = conn->is_begun && conn->handle;
    return is_open && (base->kind == DB_CONN_WRITER || !conn->is_aborted);
}

static void rollback(struct db_conn *base)
{
    struct pg_conn *conn = pg_conn(base);
    struct scope scope;
    if (!conn->is_begun) return;
    bool is_sent = conn->is_sent;
    transaction_forget(conn);
    if (!is_sent || !conn->handle) return;
    scope_begin(&scope);
    struct pg_command command = { .text = "ROLLBACK" };
    PGresult *result = NULL;
    pg_exchange(&scope, conn, &command, 1, false, STR("ROLLBACK"), &result, NULL);
    PQclear(result);
    transaction_forget(conn);
    scope_end(&scope);
}

/* Nothing is put off to the commit: there are no deferred constraints. */
static bool settle(struct scope *scope, struct db_conn *base)
{
    (void)scope;
    (void)base;
    return true;
}

static int64_t changes(const struct db_conn *base)
{
    return pg_conn(base)->changes;
}

/* Looked at while waiting for the server. */
static void deadline_set(struct db_conn *base)
{
    (void)base;
}

static void after_group(struct db_conn *base)
{
    (void)base;
}

static bool backup(struct scope *scope, struct db *db, struct str path)
{
    (void)db;
    (void)path;
    return error_set(scope, ERROR_INVALID, "db.no_file_backup", STR(""));
}

/*
 * The server looks after its own pages; an index it could not finish is worth knowing, but for
 * those that are being made (db_index_aside).
 */
static bool check(struct scope *scope, struct db_conn *conn)
{
    struct row row;
    struct str sql = STR("SELECT c.relname FROM pg_index AS i JOIN pg_class AS c "
                         "ON c.oid = i.indexrelid WHERE c.relnamespace = "
                         "CAST(current_schema() AS regnamespace) AND NOT i.indisvalid AND "
                         "c.relname NOT LIKE '%!_new' ESCAPE '!' LIMIT 1");
    if (!db_one(scope, conn, sql, NULL, 0, &row)) return false;
    if (row.count == 0) return true;
    return error_storage(scope, scope_format(scope, "index %.*s is not valid",
                                             STR_ARG(row.cells[0].text)));
}

static bool exists(struct scope *scope, struct str url, bool *out)
{
    struct db db = { .path = url };
    PGconn *handle = pg_connect(scope, &db);
    if (!handle) return false;
    PGresult *result = PQexec(handle, "SELECT 1 FROM leadline_migration LIMIT 1");
    *out = PQresultStatus(result) == PGRES_TUPLES_OK;
    PQclear(result);
    PQfinish(handle);
    return true;
}

const struct db_engine db_engine_postgres = {
    .dialect = DB_POSTGRES,
    .now_ms_sql = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
    .tables_sql = "SELECT CAST(c.relname AS TEXT), CAST(a.attname AS TEXT), "
                  "format_type(a.atttypid, NULL) FROM pg_attribute AS a JOIN pg_class AS c "
                  "ON c.oid = a.attrelid WHERE c.relkind = 'r' AND c.relnamespace = "
                  "CAST(current_schema() AS regnamespace) AND a.attnum > 0 "
                  "AND NOT a.attisdropped ORDER BY c.relname, a.attnum",
    .settle_sql = "SELECT leadline_numbers_settle()",
    .search_rest_sql = "SELECT leadline_search_rest(?)",
    .search_index_sql = "SELECT leadline_search_index(?)",
    .conn_new = conn_new,
    .conn_open = conn_open,
    .conn_close = conn_close,
    .command = command,
    .rollback = rollback,
    .is_in_transaction = is_in_transaction,
    .settle = settle,
    .query = pg_query,
    .next = pg_next,
    .cell = pg_cell,
    .cursor_end = pg_cursor_end,
    .changes = changes,
    .deadline_set = deadline_set,
    .keeper_begin = pg_keeper_begin,
    .keeper_end = pg_keeper_end,
    .after_group = after_group,
    .backup = backup,
    .check = check,
    .notify = pg_notify,
    .is_leader = pg_is_leader,
    .index_prepare = pg_index_prepare,
    .index_sql = "SELECT 1 FROM pg_class AS c WHERE c.relkind = 'i' AND c.relname = ? AND "
                 "c.relnamespace = CAST(current_schema() AS regnamespace)",
    .exists = exists,
};
