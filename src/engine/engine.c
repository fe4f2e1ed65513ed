/*
 * The engine's own life: the database, the current snapshot, and the events of a
 * write, which are kept back until it is durable.
 *
 * A snapshot lives in a scope of its own and is counted; the engine holds one
 * count. pending and events are touched by the writer's thread only.
 */
#include "engine/bi.h"
#include "engine/follow.h"
#include "engine/names.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/log.h"

enum { EVENT_COUNT_MAX = 4096, MEMO_SLOT_COUNT = 512 };

struct held {
    struct snapshot face; /* first: a snapshot pointer is a held pointer */
    struct scope scope;
    atomic_int holder_count;
    struct engine *engine;
    struct held *next; /* pending: the one built after it */
};

struct engine {
    struct scope scope;
    struct db *db;
    struct clock *clock;
    pthread_mutex_t lock; /* guards current */
    struct held *current;
    struct held *pending, **pending_end; /* built in writes that are not yet durable, in order */
    struct event events[EVENT_COUNT_MAX];
    int event_count;
    int shared_count; /* of them, told to other processes */
    bool is_event_lost;
    void (*listener)(const struct event *events, int count, void *context);
    void *listener_context;
};

struct db *engine_db(struct engine *engine)
{
    return engine->db;
}

struct clock *engine_clock(struct engine *engine)
{
    return engine->clock;
}

int64_t engine_now_ms(struct engine *engine)
{
    return clock_now_ms(engine->clock);
}

/* ---- snapshots ---- */

static void held_end(struct held *held)
{
    struct scope scope = held->scope; /* the held itself lives in it */
    scope_end(&scope);
}

static void held_release(struct held *held)
{
    if (atomic_fetch_sub(&held->holder_count, 1) == 1) held_end(held);
}

/* From what the connection sees; on failure the reasons are moved to the caller's scope. */
static struct held *held_build(struct scope *scope, struct db_conn *conn)
{
    struct scope own;
    scope_begin(&own);
    struct held *held = scope_new(&own, struct held, 1);
    bool ok = schema_load(&own, conn, &held->face.schema) &&
              formula_build(&own, held->face.schema) &&
              access_build(&own, held->face.schema, &held->face.access) &&
              rules_build(&own, held->face.schema, &held->face.rules);
    if (!ok) {
        for (struct error_item *item = own.error.first; item; item = item->next) {
            error_add(scope, own.error.code, item->key, scope_copy(scope, item->field));
            for (int i = 0; i < item->arg_count; i++) {
                error_arg(scope, item->args[i].name, item->args[i].value);
            }
            struct error_item *copy = error_last(scope);
            if (copy) copy->position = item->position;
        }
        if (!error_is_set(scope)) error_storage(scope, own.error.detail);
        scope_end(&own);
        return NULL;
    }
    held->face.version = held->face.schema->version;
    held->face.memo = memo_make(&own, MEMO_SLOT_COUNT);
    held->scope = own;
    atomic_store(&held->holder_count, 1);
    return held;
}

static void held_install(struct engine *engine, struct held *held)
{
    pthread_mutex_lock(&engine->lock);
    struct held *old = engine->current;
    engine->current = held;
    pthread_mutex_unlock(&engine->lock);
    if (old) held_release(old);
}

const struct snapshot *snapshot_take(struct engine *engine)
{
    pthread_mutex_lock(&engine->lock);
    struct held *held = engine->current;
    atomic_fetch_add(&held->holder_count, 1);
    pthread_mutex_unlock(&engine->lock);
    return &held->face;
}

void snapshot_release(struct engine *engine, const struct snapshot *snapshot)
{
    (void)engine;
    held_release((struct held *)(uintptr_t)snapshot);
}

bool snapshot_check(struct scope *scope, struct db_conn *conn, const struct snapshot *snapshot)
{
    int64_t version;
    if (!schema_version(scope, conn, &version)) return false;
    if (version == snapshot->version) return true;
    return error_set(scope, ERROR_STALE, "config.changed", STR(""));
}

/*
 * Rules that set one another off, and marks of parts that stand alone, are refused when they are
 * configured; what is stored loads.
 */
static bool rules_refuse(struct scope *scope, struct engine *engine, const struct held *held)
{
    const struct snapshot *current = snapshot_take(engine);
    bool ok = rules_refuse_rings(scope, current->rules, held->face.rules) &&
              rules_refuse_loose(scope, current->rules, held->face.rules);
    snapshot_release(engine, current);
    return ok;
}

bool configuration_check(struct scope *scope, struct db_conn *conn, struct engine *engine)
{
    struct held *held = held_build(scope, conn);
    bool ok = held && rules_refuse(scope, engine, held);
    if (held) held_end(held);
    return ok;
}

struct record_context engine_record_context(const struct engine_context *context)
{
    return (struct record_context){ .access = context->snapshot->access,
                                    .actor = &context->actor,
                                    .now_ms = context->now_ms,
                                    .via = context->via };
}

struct engine_context engine_system_context(struct engine *engine,
                                            const struct snapshot *snapshot, const char *via)
{
    return (struct engine_context){ .engine = engine, .snapshot = snapshot,
                                    .actor = actor_system(), .now_ms = engine_now_ms(engine),
                                    .via = via };
}

/*
 * Takes the pending snapshots up to and with held off the list, and ends those before
 * it: the writes they were built in have been taken back. NULL: all of them.
 */
static void pending_cut(struct engine *engine, struct held *held)
{
    while (engine->pending) {
        struct held *first = engine->pending;
        engine->pending = first->next;
        if (!engine->pending) engine->pending_end = &engine->pending;
        if (first == held) return;
        held_release(first);
    }
}

/* ---- opening ---- */

/* Made by nobody yet, or by another version of this program. */
static bool views_settle(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct held *held = context;
    int64_t version;
    if (!schema_version(scope, conn, &version)) return false;
    /* A neighbour has changed the configuration meanwhile, and the views with it. */
    if (version != held->face.version) return true;
    return bi_settle(scope, conn, held->face.schema);
}

bool engine_open(struct scope *scope, const struct engine_options *options, struct engine **out)
{
    struct scope own;
    scope_begin(&own);
    struct engine *engine = scope_new(&own, struct engine, 1);
    engine->scope = own;
    engine->clock = options->clock;
    engine->pending_end = &engine->pending;
    pthread_mutex_init(&engine->lock, NULL);
    db_functions_set(formula_functions_sqlite, formula_function_sqlite_count);
    db_functions_postgres_set(formula_functions_postgres, formula_functions_postgres_count);
    struct db_options db_options = { .url = options->url,
                                     .reader_count_max = options->reader_count_max,
                                     .cache_mib = options->cache_mib };
    if (!db_open(scope, &db_options, &engine->db)) {
        scope_end(&own);
        return false;
    }
    struct db_conn *conn = NULL;
    if (!db_migrate(scope, engine->db, schema_migrations, schema_migration_count) ||
        !db_read_begin(scope, engine->db, &conn)) {
        engine_close(engine);
        return false;
    }
    bool is_settled = true;
    struct held *held = held_build(scope, conn);
    bool ok = held && bi_is_settled(scope, conn, held->face.schema, &is_settled);
    db_read_end(conn);
    if (held) held_install(engine, held);
    if (!ok || (!is_settled && !db_write_wait(scope, engine->db, views_settle, held))) {
        engine_close(engine);
        return false;
    }
    *out = engine;
    return true;
}

void engine_close(struct engine *engine)
{
    db_close(engine->db);
    pending_cut(engine, NULL);
    if (engine->current) held_release(engine->current);
    pthread_mutex_destroy(&engine->lock);
    struct scope scope = engine->scope;
    scope_end(&scope);
}

/* ---- events ---- */

/* What another process on the database tells; an empty text: some of it may have been missed. */
static void neighbour_heard(struct str text, void *context)
{
    struct engine *engine = context;
    struct event events[NEIGHBOUR_EVENT_COUNT_MAX] = { { .kind = EVENT_ALL } };
    int count = text.size == 0 ? 1 : events_read(text, events, NEIGHBOUR_EVENT_COUNT_MAX);
    bool is_schema = false;
    for (int i = 0; i < count; i++) {
        is_schema = is_schema || events[i].kind == EVENT_SCHEMA || events[i].kind == EVENT_ALL;
    }
    if (is_schema) {
        struct scope scope;
        scope_begin(&scope);
        if (!engine_refresh(&scope, engine)) {
            log_line(LOG_ERROR, "engine: %.*s", STR_ARG(scope.error.detail));
        }
        scope_end(&scope);
    }
    if (engine->listener && count > 0) engine->listener(events, count, engine->listener_context);
}

void engine_listen(struct engine *engine,
                   void (*listener)(const struct event *events, int count, void *context),
                   void *context)
{
    db_listen(engine->db, NULL, NULL);
    engine->listener_context = context;
    engine->listener = listener;
    if (listener) db_listen(engine->db, neighbour_heard, engine);
}

/* All events of the group in one notice, however many of its writes ask for it. */
static bool events_share(struct scope *scope, struct db_conn *conn, const void *contexts,
                         int context_count)
{
    (void)context_count; /* there is one engine */
    struct engine *engine = *(struct engine *const *)contexts;
    int count = engine->event_count - engine->shared_count;
    if (count <= 0) return true;
    const struct event *events = engine->events + engine->shared_count;
    engine->shared_count = engine->event_count;
    return db_notify(scope, conn, events_write(scope, events, count));
}

static void events_publish(void *context)
{
    struct engine *engine = context;
    if (engine->is_event_lost) {
        engine->events[0] = (struct event){ .kind = EVENT_ALL };
        engine->event_count = 1;
    }
    if (engine->listener && engine->event_count > 0) {
        engine->listener(engine->events, engine->event_count, engine->listener_context);
    }
    engine->event_count = engine->shared_count = 0;
    engine->is_event_lost = false;
}

/* Events of a write that is taken back later stay in the list; they only make clients look. */
void event_tell(struct engine *engine, struct db_conn *conn, struct event event)
{
    db_after_commit(conn, events_publish, engine);
    if (db_is_shared(engine->db)) db_before_commit(conn, events_share, &engine, sizeof(engine));
    if (engine->event_count > 0) {
        struct event *last = &engine->events[engine->event_count - 1];
        if (last->kind == event.kind && uuid_equal(last->id, event.id) &&
            uuid_equal(last->person, event.person)) {
            *last = event;
            return;
        }
    }
    if (engine->event_count == EVENT_COUNT_MAX) {
        engine->is_event_lost = true;
        return;
    }
    engine->events[engine->event_count++] = event;
}

int events_mark(const struct engine *engine)
{
    return engine->event_count;
}

void events_cut(struct engine *engine, int mark)
{
    engine->event_count = mark;
    if (engine->shared_count > mark) engine->shared_count = mark;
}

/* ---- configuration ---- */

/* Each write installs the snapshot it has built itself, after those of the writes before it. */
static void pending_install(void *context)
{
    struct held *held = context;
    pending_cut(held->engine, held);
    held_install(held->engine, held);
}

static void pending_put(struct engine *engine, struct held *held)
{
    held->engine = engine;
    *engine->pending_end = held;
    engine->pending_end = &held->next;
}

/* Inside a write, so that it comes after what this process has changed itself. */
static bool refresh_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct engine *engine = context;
    const struct snapshot *current = snapshot_take(engine);
    int64_t version;
    bool ok = schema_version(scope, conn, &version);
    bool is_current = ok && version == current->version;
    snapshot_release(engine, current);
    if (!ok || is_current) return ok;
    struct held *held = held_build(scope, conn);
    if (!held) return false;
    pending_put(engine, held);
    db_after_commit(conn, pending_install, held);
    event_tell(engine, conn, (struct event){ .kind = EVENT_SCHEMA });
    return true;
}

bool engine_refresh(struct scope *scope, struct engine *engine)
{
    struct db_conn *conn;
    int64_t version;
    if (!db_read_begin(scope, engine->db, &conn)) return false;
    bool ok = schema_version(scope, conn, &version);
    db_read_end(conn);
    if (!ok) return false;
    const struct snapshot *current = snapshot_take(engine);
    bool is_current = current->version >= version;
    snapshot_release(engine, current);
    return is_current || db_write_wait(scope, engine->db, refresh_run, engine);
}

/* It comes into force when the write is durable. */
static bool held_settle(struct scope *scope, struct db_conn *conn, struct engine *engine,
                        struct held *held)
{
    if (!bi_settle(scope, conn, held->face.schema)) return false;
    db_after_commit(conn, pending_install, held);
    event_tell(engine, conn, (struct event){ .kind = EVENT_SCHEMA });
    return true;
}

bool configuration_renew(struct scope *scope, struct db_conn *conn, struct engine *engine)
{
    struct held *held = held_build(scope, conn);
    if (!held) return false;
    pending_put(engine, held);
    return held_settle(scope, conn, engine, held);
}

/*
 * The snapshot in which what takes long is left to jobs, if there is such; else *held stays. Where
 * one of those fields is needed as a column (a ladder counts from it), nothing is left.
 */
static bool fills_leave_try(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context, struct following *following,
                            struct held **held)
{
    struct field_set online;
    bool is_any;
    if (!db_savepoint_begin(scope, conn)) return false;
    bool ok = fills_begin(scope, conn, context, following, &online, &is_any);
    struct held *later = ok && is_any ? held_build(scope, conn) : NULL;
    bool is_needed = ok && is_any && !later && scope->error.code == ERROR_INVALID;
    if (is_needed) scope_error_clear(scope);
    bool is_ended = db_savepoint_end(scope, conn, later != NULL);
    if (!is_ended || !ok || (is_any && !later && !is_needed)) return false;
    if (!later) return true;
    fills_leave(following, &online);
    pending_put(context->engine, later);
    *held = later;
    return true;
}

/* The snapshot after the change, what is stored brought in line with it, and its coming into
 * force when all that is durable. */
static bool snapshot_follow(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context, const struct schema *before,
                            const struct schema_part *parts, int part_count)
{
    struct engine *engine = context->engine;
    struct held *held = held_build(scope, conn);
    if (!held) return false;
    pending_put(engine, held);
    if (!rules_refuse(scope, engine, held) || !schema_settle(scope, conn, held->face.schema)) {
        return false;
    }
    struct following *following = follow_begin(scope, before, &held->face, parts, part_count);
    if (!fills_leave_try(scope, conn, context, following, &held)) return false;
    struct engine_context system = engine_system_context(engine, &held->face, "configure");
    return follow_run(scope, conn, &system, following) &&
           indexes_begin(scope, conn, context, held->face.schema, parts, part_count) &&
           held_settle(scope, conn, engine, held);
}

static bool may_configure(struct scope *scope, const struct engine_context *context)
{
    if (actor_has_right(&context->actor, RIGHT_CONFIGURE)) return true;
    return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
}

/* The one this write has just built. */
static const struct snapshot *newest(const struct engine *engine)
{
    const struct held *held = engine->pending;
    while (held->next) held = held->next;
    return &held->face;
}

bool engine_configure(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, const struct schema_part *parts,
                      int part_count)
{
    struct schema *schema = NULL; /* as it stands in this transaction, not as the request saw it */
    bool is_drop = part_count == 1 && parts[0].body.kind == JSON_KIND_NULL;
    return may_configure(scope, context) && schema_load(scope, conn, &schema) &&
           schema_put_all(scope, conn, parts, part_count, context->actor.user,
                          context->now_ms) &&
           audit_config(scope, conn, context, is_drop ? "drop" : "put", parts, part_count) &&
           names_settle(scope, conn, context, schema) &&
           snapshot_follow(scope, conn, context, schema, parts, part_count) &&
           roles_check(scope, conn, context, newest(context->engine), parts, part_count);
}

bool engine_unconfigure(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, struct str kind, struct str name)
{
    struct schema_part part = { .kind = kind, .name = name };
    return engine_configure(scope, conn, context, &part, 1);
}

bool engine_setting_put(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, struct str name, struct str value)
{
    const struct schema_part setting = { .kind = STR("setting"), .name = name };
    struct schema *schema = NULL;
    return may_configure(scope, context) && schema_load(scope, conn, &schema) &&
           formula_build(scope, schema) && setting_put(scope, conn, name, value) &&
           audit_config(scope, conn, context, "put", &setting, 1) &&
           snapshot_follow(scope, conn, context, schema, &setting, 1);
}
