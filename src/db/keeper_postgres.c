/*
 * Beside the writer of a PostgreSQL database: a thread with a connection of its
 * own. It hears what other processes tell (LISTEN), lets go of snapshots nobody
 * goes on with (the server can't clean up behind them), and holds the lock that
 * makes one of the processes the leader.
 *
 * Its connection is opened again when it is lost; since what was told meanwhile
 * is lost too, listeners then hear an empty text.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "db/postgres.h"

enum { ROUND_MS = 100, DOWN_MS = 1000, LEADER_ROUND_MS = 2000 };

#define TABLES_CHANGED "tables"

struct keeper {
    struct db *db;
    pthread_t thread;
    PGconn *handle; /* the thread's */
    int wake[2];    /* a pipe: closing */
    atomic_bool is_closing;
    atomic_bool is_leader;
    int64_t leader_asked_ms;
    _Atomic int64_t down_until_ms;
    _Atomic uint64_t generation;
};

static struct keeper *keeper_of(const struct db *db)
{
    return db->keeper;
}

uint64_t pg_keeper_generation(const struct db *db)
{
    return db->keeper ? atomic_load(&keeper_of(db)->generation) : 0;
}

void pg_keeper_tables_changed(struct db *db)
{
    if (db->keeper) atomic_fetch_add(&keeper_of(db)->generation, 1);
}

bool pg_keeper_is_down(const struct db *db)
{
    return db->keeper && time_monotonic_ms() < atomic_load(&keeper_of(db)->down_until_ms);
}

void pg_keeper_set_down(struct db *db)
{
    if (db->keeper) atomic_store(&keeper_of(db)->down_until_ms, time_monotonic_ms() + DOWN_MS);
}

/* ---- what is told ---- */

static void channel_name(const struct db *db, char *out, size_t size)
{
    char schema[PG_SCHEMA_NAME_SIZE];
    pg_schema_name(db->path, schema);
    snprintf(out, size, "leadline_%.50s", schema);
}

bool pg_notify(struct scope *scope, struct db_conn *base, struct str text)
{
    char channel[PG_SCHEMA_NAME_SIZE + 16];
    channel_name(base->db, channel, sizeof(channel));
    struct cell args[2] = { cell_text(str_of(channel)), cell_text(text) };
    struct row row;
    return db_one(scope, base, STR("SELECT pg_notify(?, ?)"), args, 2, &row);
}

struct str pg_tables_notice(struct scope *scope, const struct db *db)
{
    char channel[PG_SCHEMA_NAME_SIZE + 16];
    channel_name(db, channel, sizeof(channel));
    return scope_format(scope, "NOTIFY \"%s\", '" TABLES_CHANGED "'", channel);
}

static void notices_read(struct keeper *keeper)
{
    const struct db *db = keeper->db;
    PGnotify *notice;
    const struct pg_conn *writer = (const struct pg_conn *)(const void *)db->writer;
    int own = atomic_load(&writer->process);
    while ((notice = PQnotifies(keeper->handle))) {
        bool is_own = notice->be_pid == own;
        if (!is_own && strcmp(notice->extra, TABLES_CHANGED) == 0) {
            atomic_fetch_add(&keeper->generation, 1);
        } else if (!is_own) {
            db_notice(keeper->db, str_of(notice->extra));
        }
        PQfreemem(notice);
    }
}

/* ---- the connection ---- */

static void keeper_lose(struct keeper *keeper)
{
    if (keeper->handle) PQfinish(keeper->handle);
    keeper->handle = NULL;
    atomic_store(&keeper->is_leader, false);
}

static bool keeper_connect(struct scope *scope, struct keeper *keeper)
{
    char channel[PG_SCHEMA_NAME_SIZE + 16];
    channel_name(keeper->db, channel, sizeof(channel));
    keeper->handle = pg_connect(scope, keeper->db);
    if (!keeper->handle) return false;
    if (pg_run(scope, keeper->handle, scope_format(scope, "LISTEN \"%s\"", channel).data)) {
        return true;
    }
    keeper_lose(keeper);
    return false;
}

static void leader_ask(struct keeper *keeper)
{
    int64_t now_ms = time_monotonic_ms();
    if (now_ms - keeper->leader_asked_ms < LEADER_ROUND_MS) return;
    keeper->leader_asked_ms = now_ms;
    if (atomic_load(&keeper->is_leader)) return;
    static const char sql[] =
        "SELECT pg_try_advisory_lock(19525, hashtext(current_schema()::text))";
    PGresult *result = PQexec(keeper->handle, sql);
    bool is_ours = PQresultStatus(result) == PGRES_TUPLES_OK &&
                   strcmp(PQgetvalue(result, 0, 0), "t") == 0;
    PQclear(result);
    atomic_store(&keeper->is_leader, is_ours);
}

static void keeper_round(struct keeper *keeper)
{
    struct pollfd wanted[2] = { { .fd = keeper->wake[0], .events = POLLIN },
                                { .fd = -1, .events = POLLIN } };
    if (keeper->handle) wanted[1].fd = PQsocket(keeper->handle);
    poll(wanted, 2, ROUND_MS);
    db_snapshots_drop(keeper->db);
    if (!keeper->handle) {
        struct scope scope;
        scope_begin(&scope);
        bool is_back = keeper_connect(&scope, keeper);
        scope_end(&scope);
        if (!is_back) return;
        atomic_fetch_add(&keeper->generation, 1);
        db_notice(keeper->db, STR(""));
    }
    bool is_there = !wanted[1].revents || PQconsumeInput(keeper->handle) == 1;
    if (is_there) leader_ask(keeper);
    if (is_there) notices_read(keeper);
    if (!is_there || PQstatus(keeper->handle) == CONNECTION_BAD) {
        log_line(LOG_WARN, "db: the connection that listens was lost");
        keeper_lose(keeper);
    }
}

static void *keeper_main(void *context)
{
    struct keeper *keeper = context;
    while (!atomic_load(&keeper->is_closing)) keeper_round(keeper);
    return NULL;
}

bool pg_is_leader(struct db *db)
{
    return db->keeper && atomic_load(&keeper_of(db)->is_leader);
}

bool pg_keeper_begin(struct scope *scope, struct db *db)
{
    struct keeper *keeper = scope_new(scope, struct keeper, 1);
    keeper->db = db;
    keeper->leader_asked_ms = -LEADER_ROUND_MS;
    if (pipe(keeper->wake) != 0) return error_storage(scope, STR("no pipe"));
    if (keeper_connect(scope, keeper)) {
        leader_ask(keeper);
        db->keeper = keeper;
        if (pthread_create(&keeper->thread, NULL, keeper_main, keeper) == 0) return true;
        error_storage(scope, STR("the listening thread can't be started"));
    }
    db->keeper = NULL;
    keeper_lose(keeper);
    close(keeper->wake[0]);
    close(keeper->wake[1]);
    return false;
}

void pg_keeper_end(struct db *db)
{
    struct keeper *keeper = keeper_of(db);
    atomic_store(&keeper->is_closing, true);
    ssize_t size = write(keeper->wake[1], "x", 1);
    (void)size;
    pthread_join(keeper->thread, NULL);
    keeper_lose(keeper);
    close(keeper->wake[0]);
    close(keeper->wake[1]);
    db->keeper = NULL;
}
