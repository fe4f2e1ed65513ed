/*
 * The queue to the one writer, and group commit.
 *
 * One thread takes what is queued (up to group_size_max), runs each write in a
 * savepoint of one transaction, commits once, and only then answers. It never
 * waits for company: while one group is on its way to the disk the next one
 * gathers by itself, so a lone write pays one commit and sixty-four share one.
 *
 * Invariant: done(true) is called only after the commit that contains the write
 * has returned, so what is answered is on disk. If the database gives up the
 * transaction half-way (disk full), the writes run so far are answered as
 * failed and the others get a transaction of their own.
 *
 * A write that runs long holds up the others of its group and those behind it:
 * there is one writer. Long work belongs into many writes.
 */
#include <assert.h>
#include <semaphore.h>

#include "base/log.h"
#include "db/db_engine.h"

/* A db_after_commit, in the group's scope. */
struct after {
    void (*run)(void *context);
    void *context;
    struct after *next;
};

/* A db_before_commit, likewise. */
struct before {
    bool (*run)(struct scope *scope, struct db_conn *conn, const void *contexts, int count);
    const void *context;
    size_t context_size;
    bool is_done;
    struct before *next;
};

struct db_group {
    struct scope scope;
    struct after *first_after, **after_end;
    struct before *first_before, **before_end;
};

static void fail_member(struct db_write *write, struct str detail)
{
    scope_error_clear(write->scope);
    error_storage(write->scope, detail);
}

/* Answers a list of writes. A write may be gone as soon as its done has been called. */
static void answer(struct db_write *write)
{
    while (write) {
        struct db_write *next = write->next;
        write->done(write->is_ok, write->context);
        write = next;
    }
}

static void answer_failed(struct db_write *first, struct str detail)
{
    for (struct db_write *write = first; write; write = write->next) {
        bool has_own_reason = !write->is_ok && error_is_set(write->scope);
        if (!has_own_reason) fail_member(write, detail);
        write->is_ok = false;
    }
    answer(first);
}

/* Takes one member's work back; the transaction is gone afterwards when that is impossible. */
static void undo_member(struct scope *scope, struct db_conn *conn, bool is_alone)
{
    const struct db_engine *engine = conn->db->engine;
    if (!engine->is_in_transaction(conn)) return;
    if (is_alone || !engine->command(scope, conn, DB_MEMBER_UNDO) ||
        !engine->command(scope, conn, DB_MEMBER_KEEP)) {
        engine->rollback(conn);
    }
}

static bool run_member(struct db_group *group, struct db_conn *conn, struct db_write *write,
                       bool is_alone)
{
    const struct db_engine *engine = conn->db->engine;
    struct after **mark = group->after_end;
    struct before **mark_before = group->before_end;
    conn->is_spoilt = false;
    conn->savepoint_depth = 0;
    if (!is_alone) {
        db_count(conn);
        if (!engine->command(write->scope, conn, DB_MEMBER_BEGIN)) return false;
    }
    bool ok = write->run(write->scope, conn, write->context);
    db_cursors_end(conn);
    db_read_deadline(conn, 0);
    assert((!ok || conn->savepoint_depth == 0) && "a savepoint was left open");
    ok = ok && !conn->is_spoilt && engine->is_in_transaction(conn) &&
         engine->settle(write->scope, conn) &&
         (is_alone || engine->command(write->scope, conn, DB_MEMBER_KEEP));
    if (ok) return true;

    if (!error_is_set(write->scope)) {
        error_storage(write->scope, STR("a write failed without saying why"));
    }
    *mark = NULL;
    group->after_end = mark;
    *mark_before = NULL;
    group->before_end = mark_before;
    undo_member(write->scope, conn, is_alone);
    return false;
}

/* The first of its run, and all behind it that are of the same. */
static bool run_same(struct db_group *group, struct db_conn *conn, struct before *first)
{
    int count = 0;
    for (struct before *before = first; before; before = before->next) {
        count += before->run == first->run;
    }
    char *contexts = scope_alloc(&group->scope, first->context_size * (size_t)count);
    char *end = contexts;
    for (struct before *before = first; before; before = before->next) {
        if (before->run != first->run) continue;
        memcpy(end, before->context, first->context_size);
        end += first->context_size;
        before->is_done = true;
    }
    return first->run(&group->scope, conn, contexts, count);
}

static bool run_before(struct db_group *group, struct db_conn *conn)
{
    bool ok = true;
    for (struct before *before = group->first_before; ok && before; before = before->next) {
        ok = before->is_done || run_same(group, conn, before);
    }
    db_cursors_end(conn);
    return ok;
}

/*
 * Runs a list of writes as one transaction and answers them. Returns those it
 * did not get to because the transaction was lost on the way.
 */
static struct db_write *group_commit(struct db *db, struct db_write *first)
{
    const struct db_engine *engine = db->engine;
    struct db_conn *conn = db->writer;
    struct db_group group = { .first_after = NULL };
    scope_begin(&group.scope);
    group.after_end = &group.first_after;
    group.before_end = &group.first_before;
    db->queue.group = &group;

    struct db_write *rest = NULL;
    bool is_alone = !first->next;
    db_count(conn);
    bool ok = engine->command(&group.scope, conn, DB_BEGIN_WRITE);
    for (struct db_write *write = ok ? first : NULL; write; write = write->next) {
        write->is_ok = run_member(&group, conn, write, is_alone);
        if (engine->is_in_transaction(conn)) continue;
        ok = is_alone || error_storage(&group.scope, STR("the transaction was lost"));
        rest = write->next;
        write->next = NULL;
        break;
    }
    if (ok && engine->is_in_transaction(conn)) {
        db_count(conn);
        ok = run_before(&group, conn) && engine->command(&group.scope, conn, DB_COMMIT);
    }
    if (!ok) engine->rollback(conn);
    db->queue.group = NULL;

    if (ok) {
        atomic_fetch_add(&db->commit_count, 1);
        /* Before the answers: who is told "saved" must not meet a snapshot of before. */
        for (struct after *after = group.first_after; after; after = after->next) {
            after->run(after->context);
        }
        answer(first);
    } else {
        answer_failed(first, group.scope.error.detail);
    }
    scope_end(&group.scope);
    engine->after_group(conn);
    return rest;
}

/* Waits for work and cuts a group off the queue; NULL when closing and empty. */
static struct db_write *queue_take(struct db *db)
{
    struct db_queue *queue = &db->queue;
    pthread_mutex_lock(&queue->mutex);
    while (!queue->first && !queue->is_closing) pthread_cond_wait(&queue->has_work, &queue->mutex);
    struct db_write *first = queue->first;
    struct db_write *last = first;
    int count = first ? 1 : 0;
    while (last && last->next && count < db->group_size_max) {
        last = last->next;
        count += 1;
    }
    if (last) {
        queue->first = last->next;
        if (!queue->first) queue->last = NULL;
        queue->count -= count;
        last->next = NULL;
    }
    pthread_mutex_unlock(&queue->mutex);
    return first;
}

static void *writer_main(void *context)
{
    struct db *db = context;
    struct db_write *group;
    while ((group = queue_take(db))) {
        while (group) group = group_commit(db, group);
    }
    return NULL;
}

bool db_queue_begin(struct scope *scope, struct db *db)
{
    struct db_queue *queue = &db->queue;
    pthread_mutex_init(&queue->mutex, NULL);
    pthread_cond_init(&queue->has_work, NULL);
    if (pthread_create(&queue->thread, NULL, writer_main, db) != 0) {
        return error_storage(scope, STR("the writer's thread can't be started"));
    }
    return true;
}

void db_queue_end(struct db *db)
{
    struct db_queue *queue = &db->queue;
    pthread_mutex_lock(&queue->mutex);
    queue->is_closing = true;
    pthread_cond_signal(&queue->has_work);
    pthread_mutex_unlock(&queue->mutex);
    pthread_join(queue->thread, NULL);
    pthread_cond_destroy(&queue->has_work);
    pthread_mutex_destroy(&queue->mutex);
}

bool db_write_submit(struct db *db, struct db_write *write)
{
    if (!db->writer) return error_storage(write->scope, STR("the database is open for reading"));
    struct db_queue *queue = &db->queue;
    write->next = NULL;
    write->is_ok = false;
    pthread_mutex_lock(&queue->mutex);
    bool is_taken = !queue->is_closing && queue->count < db->queue_size_max;
    if (is_taken) {
        if (queue->last) queue->last->next = write;
        if (!queue->first) queue->first = write;
        queue->last = write;
        queue->count += 1;
        if (queue->count == 1) pthread_cond_signal(&queue->has_work);
    }
    bool is_closing = queue->is_closing;
    pthread_mutex_unlock(&queue->mutex);
    if (is_taken) return true;
    return error_storage(write->scope,
                         is_closing ? STR("closing") : STR("the queue of writes is full"));
}

struct waiting {
    bool (*run)(struct scope *scope, struct db_conn *conn, void *context);
    void *context;
    bool is_committed;
    sem_t is_done;
};

static bool waiting_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct waiting *waiting = context;
    return waiting->run(scope, conn, waiting->context);
}

static void waiting_done(bool is_committed, void *context)
{
    struct waiting *waiting = context;
    waiting->is_committed = is_committed;
    sem_post(&waiting->is_done);
}

bool db_write_wait(struct scope *scope, struct db *db,
                   bool (*run)(struct scope *scope, struct db_conn *conn, void *context),
                   void *context)
{
    assert(!(db->writer && pthread_equal(pthread_self(), db->queue.thread)) &&
           "the writer can't wait for itself");
    struct waiting waiting = { .run = run, .context = context };
    struct db_write write = {
        .scope = scope, .run = waiting_run, .done = waiting_done, .context = &waiting
    };
    sem_init(&waiting.is_done, 0, 0);
    bool is_queued = db_write_submit(db, &write);
    while (is_queued && sem_wait(&waiting.is_done) != 0) {}
    sem_destroy(&waiting.is_done);
    return is_queued && waiting.is_committed;
}

void db_after_commit(struct db_conn *conn, void (*run)(void *context), void *context)
{
    struct db_group *group = conn->db->queue.group;
    assert(group && conn == conn->db->writer);
    struct after *after = scope_new(&group->scope, struct after, 1);
    after->run = run;
    after->context = context;
    *group->after_end = after;
    group->after_end = &after->next;
}

void db_before_commit(struct db_conn *conn,
                      bool (*run)(struct scope *scope, struct db_conn *conn,
                                  const void *contexts, int count),
                      const void *context, size_t context_size)
{
    struct db_group *group = conn->db->queue.group;
    assert(group && conn == conn->db->writer);
    struct before *before = scope_new(&group->scope, struct before, 1);
    void *copy = scope_alloc(&group->scope, context_size);
    memcpy(copy, context, context_size);
    before->run = run;
    before->context = copy;
    before->context_size = context_size;
    *group->before_end = before;
    group->before_end = &before->next;
}
