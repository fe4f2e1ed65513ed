/*
 * Imports whose process is gone. Each run says which process is at it; one of this machine that
 * is no more has ended at once. Of other machines, and where a number has been given to another
 * process since, the run itself tells: its version moves with every batch, so that one which
 * stands still from one look to the next is nobody's any more. No clock is asked. One that was
 * only slow finds with its next batch that it was taken away, and stops: that batch is not kept.
 * One that only waits for its turn does not move, and loses nothing: it is in preview again, and
 * begins all the same when its turn comes.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "ingest/import_inner.h"

enum { HOST_SIZE_MAX = 200 };

static struct str host_name(struct scope *scope)
{
    char name[HOST_SIZE_MAX + 1] = { 0 };
    if (gethostname(name, HOST_SIZE_MAX) != 0) return STR("localhost");
    return scope_copy(scope, str_of(name));
}

struct str import_owner(struct scope *scope)
{
    return scope_format(scope, "%s:%ld", host_name(scope).data, (long)getpid());
}

bool run_beat(struct scope *scope, struct db_conn *conn, struct uuid id)
{
    struct cell args[] = { cell_id(scope, id), cell_text(import_owner(scope)) };
    if (!db_exec(scope, conn,
                 STR("UPDATE import_run SET version = version + 1 WHERE id = ? AND owner = ? AND "
                     "state IN ('running', 'undoing', 'cancelled')"),
                 args, 2)) {
        return false;
    }
    return db_changes(conn) > 0 || error_set(scope, ERROR_CONFLICT, "import.taken", STR(""));
}

/* The number of the process, when it is one of this machine; else 0. */
static long owner_here(struct scope *scope, struct str owner)
{
    struct str host = host_name(scope);
    if (owner.size <= host.size + 1 || !str_starts_with(owner, host) ||
        owner.data[host.size] != ':') {
        return 0;
    }
    return strtol(scope_copy(scope, str_slice(owner, host.size + 1, owner.size)).data, NULL, 10);
}

static bool is_alive(long pid)
{
    return kill((pid_t)pid, 0) == 0 || errno == EPERM;
}

static bool is_still(const struct import_watch *watch, struct uuid id, int64_t version)
{
    for (int i = 0; i < watch->count; i++) {
        if (uuid_equal(watch->ids[i], id)) return watch->versions[i] == version;
    }
    return false;
}

/* Before the first look nothing of this process can be at an import. */
static bool is_gone(struct scope *scope, const struct import_watch *watch, const struct cell *row)
{
    if (row[2].kind != CELL_TEXT) return true; /* from before runs said whose they are */
    long pid = owner_here(scope, row[2].text);
    if (pid == (long)getpid()) return !watch->has_looked;
    if (pid > 0 && !is_alive(pid)) return true;
    return is_still(watch, cell_uuid(&row[0]), row[1].integer);
}

struct gone {
    struct engine *engine;
    struct import_watch items;
};

static bool gone_write(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct gone *gone = context;
    for (int i = 0; i < gone->items.count; i++) {
        struct cell args[] = { cell_int(engine_now_ms(gone->engine)),
                               cell_id(scope, gone->items.ids[i]),
                               cell_int(gone->items.versions[i]) };
        if (!db_exec(scope, conn,
                     STR("UPDATE import_run SET "
                         "state = CASE WHEN state = 'waiting' THEN 'preview' ELSE 'failed' END, "
                         "finished_at = CASE WHEN state = 'waiting' THEN NULL ELSE ? END, "
                         "version = version + 1 WHERE id = ? AND version = ? AND "
                         "state IN ('waiting', 'running', 'undoing')"),
                     args, 3)) {
            return false;
        }
    }
    return true;
}

static void watch_add(struct import_watch *watch, const struct cell *row)
{
    watch->ids[watch->count] = cell_uuid(&row[0]);
    watch->versions[watch->count++] = row[1].integer;
}

bool import_recover(struct scope *scope, struct engine *engine, struct import_watch *watch)
{
    struct db_conn *conn;
    struct rows rows;
    struct gone gone = { .engine = engine };
    struct import_watch next = { .has_looked = true };
    if (!db_read_begin(scope, engine_db(engine), &conn)) return false;
    bool ok = db_all(scope, conn,
                     STR("SELECT id, version, owner FROM import_run WHERE state IN ('waiting', "
                         "'running', 'undoing') ORDER BY created_at LIMIT ?"),
                     &(struct cell){ .kind = CELL_INT, .integer = IMPORT_WATCH_COUNT_MAX }, 1,
                     IMPORT_WATCH_COUNT_MAX, &rows);
    db_read_end(conn);
    for (int i = 0; ok && i < rows.count; i++) {
        const struct cell *row = rows.items[i].cells;
        watch_add(is_gone(scope, watch, row) ? &gone.items : &next, row);
    }
    if (ok) *watch = next;
    return ok && (gone.items.count == 0 ||
                  db_write_wait(scope, engine_db(engine), gone_write, &gone));
}
