/*
 * What keeps a SQLite file in order: checkpoints, backup, check.
 *
 * Checkpoints copy pages from the write-ahead log into the file. They cost two
 * syncs and many writes, so they run on a thread and a connection of their own,
 * beside the writer, whenever the log has grown by WAL_SOFT pages. While writing
 * goes on such a checkpoint never catches up entirely, and only a log that has
 * been copied entirely starts again from its beginning. So at WAL_HARD pages the
 * writer itself copies the little that is left, between two groups, and the
 * log starts again: it stays below about 64 MiB unless an old snapshot (a
 * backup, a long report) holds it, and the writer's pause stays short.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "db/sqlite.h"

enum {
    WAL_SOFT_PAGES = 2000,
    WAL_HARD_PAGES = 16000,
    IDLE_WAIT_S = 1,
    READER_WAIT_MS = 50,  /* how long the writer waits for snapshots on the old log */
    BACKUP_STEP_PAGES = 512,
    FINDING_COUNT_MAX = 100,
    FINDINGS_SIZE_MAX = 64 * 1024,
};

struct keeper {
    pthread_t thread;
    pthread_mutex_t mutex;      /* is_wanted; is_closing is set under it */
    pthread_cond_t has_work;
    pthread_mutex_t checkpoint; /* held while one runs */
    sqlite3 *handle;
    bool is_wanted;
    atomic_bool is_closing;
};

static void log_copy(struct keeper *keeper)
{
    pthread_mutex_lock(&keeper->checkpoint);
    int code = sqlite3_wal_checkpoint_v2(keeper->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL,
                                         NULL);
    pthread_mutex_unlock(&keeper->checkpoint);
    if (code != SQLITE_OK && code != SQLITE_BUSY) {
        log_line(LOG_ERROR, "db: checkpoint: %s", sqlite3_errstr(code));
    }
}

/* Also awake once in a while, so that an idle process holds no other one's log back. */
static bool is_work_wanted(struct keeper *keeper)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += IDLE_WAIT_S;
    pthread_mutex_lock(&keeper->mutex);
    int status = 0;
    while (!keeper->is_closing && !keeper->is_wanted && status == 0) {
        status = pthread_cond_timedwait(&keeper->has_work, &keeper->mutex, &until);
    }
    bool is_wanted = keeper->is_wanted;
    keeper->is_wanted = false;
    pthread_mutex_unlock(&keeper->mutex);
    return is_wanted;
}

static void *keeper_main(void *context)
{
    struct db *db = context;
    struct keeper *keeper = db->keeper;
    while (!atomic_load(&keeper->is_closing)) {
        bool is_wanted = is_work_wanted(keeper);
        db_snapshots_drop(db);
        if (is_wanted) log_copy(keeper);
    }
    return NULL;
}

bool sqlite_keeper_begin(struct scope *scope, struct db *db)
{
    struct keeper *keeper = scope_new(scope, struct keeper, 1);
    if (!sqlite_handle_open(scope, db->path, SQLITE_OPEN_READWRITE, &keeper->handle)) return false;
    pthread_mutex_init(&keeper->mutex, NULL);
    pthread_mutex_init(&keeper->checkpoint, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&keeper->has_work, &attributes);
    pthread_condattr_destroy(&attributes);
    db->keeper = keeper;
    if (!sqlite_run(scope, keeper->handle, "PRAGMA synchronous = FULL; PRAGMA cache_size = -512") ||
        pthread_create(&keeper->thread, NULL, keeper_main, db) != 0) {
        sqlite3_close(keeper->handle);
        return error_storage(scope, STR("the checkpoint thread can't be started"));
    }
    return true;
}

void sqlite_keeper_end(struct db *db)
{
    struct keeper *keeper = db->keeper;
    pthread_mutex_lock(&keeper->mutex);
    atomic_store(&keeper->is_closing, true);
    pthread_cond_signal(&keeper->has_work);
    pthread_mutex_unlock(&keeper->mutex);
    pthread_join(keeper->thread, NULL);
    sqlite3_close(keeper->handle);
    pthread_cond_destroy(&keeper->has_work);
    pthread_mutex_destroy(&keeper->checkpoint);
    pthread_mutex_destroy(&keeper->mutex);
}

static void log_restart(struct keeper *keeper, struct sqlite_conn *conn)
{
    pthread_mutex_lock(&keeper->checkpoint);
    db_snapshots_shed(conn->base.db, true);
    sqlite3_busy_timeout(conn->handle, READER_WAIT_MS);
    int code = sqlite3_wal_checkpoint_v2(conn->handle, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    sqlite3_busy_timeout(conn->handle, BUSY_TIMEOUT_MS);
    db_snapshots_shed(conn->base.db, false);
    pthread_mutex_unlock(&keeper->checkpoint);
    if (code != SQLITE_OK && code != SQLITE_BUSY) {
        log_line(LOG_ERROR, "db: checkpoint: %s", sqlite3_errstr(code));
    }
    /* Held by an old snapshot: not again before as much has been added. */
    conn->wal_page_count_next = code == SQLITE_OK ? 0 : conn->wal_page_count + WAL_HARD_PAGES;
    if (code == SQLITE_OK) conn->wal_page_count = 0;
}

void sqlite_after_group(struct db_conn *base)
{
    struct sqlite_conn *conn = (struct sqlite_conn *)base;
    struct keeper *keeper = base->db->keeper;
    int page_count = conn->wal_page_count;
    if (page_count < conn->wal_page_count_last) conn->wal_page_count_last = 0;
    if (page_count >= WAL_HARD_PAGES && page_count >= conn->wal_page_count_next) {
        log_restart(keeper, conn);
    } else if (page_count - conn->wal_page_count_last >= WAL_SOFT_PAGES) {
        conn->wal_page_count_last = page_count;
        pthread_mutex_lock(&keeper->mutex);
        keeper->is_wanted = true;
        pthread_cond_signal(&keeper->has_work);
        pthread_mutex_unlock(&keeper->mutex);
    }
}

/* ---- backup ---- */

/*
 * One read transaction is held over all steps, so the copy is of one moment and
 * never starts again, however much is written meanwhile.
 */
static bool pages_copy(struct scope *scope, sqlite3 *from, sqlite3 *to)
{
    if (!sqlite_run(scope, from, "BEGIN; SELECT count(*) FROM sqlite_schema")) return false;
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    if (!backup) return sqlite_fail(scope, to, sqlite3_extended_errcode(to), STR("backup"));
    int code;
    do {
        code = sqlite3_backup_step(backup, BACKUP_STEP_PAGES);
    } while (code == SQLITE_OK);
    int end = sqlite3_backup_finish(backup);
    if (code != SQLITE_DONE || end != SQLITE_OK) {
        return sqlite_fail(scope, to, end != SQLITE_OK ? end : code, STR("backup"));
    }
    return true;
}

static bool copy_to(struct scope *scope, struct db *db, struct str path)
{
    sqlite3 *from = NULL, *to = NULL;
    int to_flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    bool ok = sqlite_handle_open(scope, db->path, SQLITE_OPEN_READONLY, &from) &&
              sqlite_handle_open(scope, path, to_flags, &to) &&
              sqlite_run(scope, to, "PRAGMA synchronous = FULL") && pages_copy(scope, from, to);
    sqlite3_close(from);
    sqlite3_close(to);
    return ok;
}

static bool name_is_free(struct scope *scope, struct str path)
{
    static const char *const endings[] = { "", "-wal", "-shm", "-journal" };
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        struct str name = scope_format(scope, "%.*s%s", STR_ARG(path), endings[i]);
        if (access(name.data, F_OK) == 0) {
            return error_set(scope, ERROR_CONFLICT, "db.backup_exists", STR(""));
        }
    }
    return true;
}

/* The name itself must survive a power cut. */
static bool folder_sync(struct scope *scope, struct str path)
{
    struct str copy = scope_copy(scope, path);
    char *name = (char *)(uintptr_t)copy.data; /* our own copy; dirname cuts it */
    int folder = open(dirname(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = folder >= 0 && fsync(folder) == 0;
    if (folder >= 0) close(folder);
    return ok || error_storage(scope, STR("the folder of the backup can't be synced"));
}

/* Written beside, then renamed: under its own name the backup is complete or absent. */
bool sqlite_backup(struct scope *scope, struct db *db, struct str path)
{
    struct str partial = scope_format(scope, "%.*s.partial", STR_ARG(path));
    struct str final = scope_copy(scope, path);
    if (!name_is_free(scope, path)) return false;
    unlink(partial.data);
    int file = open(partial.data, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return error_storage(scope, scope_format(scope, "%s: %s", partial.data, strerror(errno)));
    }
    close(file);
    bool ok = copy_to(scope, db, partial);
    if (ok && rename(partial.data, final.data) != 0) {
        ok = error_storage(scope, STR("the backup can't be renamed"));
    }
    if (!ok) unlink(partial.data);
    return ok && folder_sync(scope, path);
}

/* ---- check ---- */

static bool findings_put(struct scope *scope, struct db_conn *conn, struct str sql,
                         struct buf *findings)
{
    struct rows rows;
    if (!db_all(scope, conn, sql, NULL, 0, FINDING_COUNT_MAX, &rows)) return false;
    for (int i = 0; i < rows.count; i++) {
        if (rows.items[i].count == 1 && str_is(rows.items[i].cells[0].text, "ok")) continue;
        buf_put(findings, rows.items[i].cells[0].text);
        buf_put_char(findings, '\n');
    }
    return true;
}

bool sqlite_check(struct scope *scope, struct db_conn *conn)
{
    struct buf findings;
    buf_begin(&findings, scope, FINDINGS_SIZE_MAX);
    bool ok =
        findings_put(scope, conn, STR("PRAGMA integrity_check(100)"), &findings) &&
        findings_put(scope, conn,
                     STR("SELECT 'row of ' || \"table\" || ' refers to a missing row of ' || parent"
                         " FROM pragma_foreign_key_check LIMIT 100"),
                     &findings);
    return ok && (findings.size == 0 || error_storage(scope, buf_str(&findings)));
}
