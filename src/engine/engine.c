/*
 * The engine's own life: the database, the current snapshot, and the events of a
 * write, which are kept back until it is durable.
 *
 * A snapshot lives in a scope of its own and is counted; the engine holds one
 * count. pending and events are touched by the writer's thread only.
 */
#include "engine/inner.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/log.h"

enum { EVENT_COUNT_MAX = 4096 };

struct held {
    struct snapshot face; /* first: a snapshot pointer is a held pointer */
    struct scope scope;
    atomic_int holder_count;
};

struct engine {
    struct scope scope;
    struct db *db;
    struct clock *clock;
    pthread_mutex_t lock; /* guards current */
    struct held *current;
    struct held *pending; /* built in a write that is not yet durable */
    struct event events[EVENT_COUNT_MAX];
    int event_count;
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

struct record_context engine_record_context(const struct engine_context *context)
{
    return (struct record_context){ context->snapshot->access, &context->actor, context->now_ms,
                                    context->via };
}

struct engine_context engine_system_context(struct engine *engine,
                                            const struct snapshot *snapshot, const char *via)
{
    return (struct engine_context){ engine, snapshot, actor_system(), engine_now_ms(engine),
                                    via };
}

/* ---- opening ---- */

bool engine_open(struct scope *scope, const struct engine_options *options, struct engine **out)
{
    struct scope own;
    scope_begin(&own);
    struct engine *engine = scope_new(&own, struct engine, 1);
    engine->scope = own;
    engine->clock = options->clock;
    pthread_mutex_init(&engine->lock, NULL);
    db_functions_set(formula_functions_sqlite, formula_function_sqlite_count);
    struct db_options db_options = { .url = options->url,
                                     .reader_count_max = options->reader_count_max };
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
    struct held *held = held_build(scope, conn);
    db_read_end(conn);
    if (!held) {
        engine_close(engine);
        return false;
    }
    held_install(engine, held);
    *out = engine;
    return true;
}

void engine_close(struct engine *engine)
{
    db_close(engine->db);
    if (engine->pending) held_release(engine->pending);
    if (engine->current) held_release(engine->current);
    pthread_mutex_destroy(&engine->lock);
    struct scope scope = engine->scope;
    scope_end(&scope);
}

/* ---- events ---- */

void engine_listen(struct engine *engine,
                   void (*listener)(const struct event *events, int count, void *context),
                   void *context)
{
    engine->listener_context = context;
    engine->listener = listener;
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
    engine->event_count = 0;
    engine->is_event_lost = false;
}

/* Events of a write that is taken back later stay in the list; they only make clients look. */
void event_add(struct engine *engine, struct db_conn *conn, struct event event)
{
    db_after_commit(conn, events_publish, engine);
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

/* ---- configuration ---- */

static void pending_install(void *context)
{
    struct engine *engine = context;
    if (!engine->pending) return;
    held_install(engine, engine->pending);
    engine->pending = NULL;
}

static bool snapshot_follow(struct scope *scope, struct db_conn *conn, struct engine *engine)
{
    struct held *held = held_build(scope, conn);
    if (!held) return false;
    if (engine->pending) held_release(engine->pending);
    engine->pending = held;
    struct engine_context system = engine_system_context(engine, &held->face, "configure");
    for (int i = 0; i < held->face.rules->ladder_count; i++) {
        if (!ladder_rebuild(scope, conn, &system, held->face.rules->ladders[i].object)) {
            return false;
        }
    }
    db_after_commit(conn, pending_install, engine);
    event_add(engine, conn, (struct event){ .kind = EVENT_SCHEMA });
    return true;
}

static bool may_configure(struct scope *scope, const struct engine_context *context)
{
    if (actor_has_right(&context->actor, RIGHT_CONFIGURE)) return true;
    return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
}

/* Stored formulas that are new or another one are computed for all records. */
static bool recompute_objects(struct scope *scope, struct db_conn *conn, struct engine *engine,
                              const struct schema_part *parts, int part_count)
{
    const struct snapshot *snapshot = &engine->pending->face;
    struct engine_context system = engine_system_context(engine, snapshot, "configure");
    for (int i = 0; i < part_count; i++) {
        if (!str_is(parts[i].kind, "object") && !str_is(parts[i].kind, "list")) continue;
        for (int o = 0; o < snapshot->schema->object_count; o++) {
            const struct object *object = &snapshot->schema->objects[o];
            bool is_meant = str_is(parts[i].kind, "list") || str_equal(object->name, parts[i].name);
            if (!is_meant || object->is_builtin) continue;
            if (!engine_recompute(scope, conn, &system, object)) return false;
        }
    }
    return true;
}

bool engine_configure(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, const struct schema_part *parts,
                      int part_count)
{
    struct schema *schema = NULL; /* as it stands in this transaction, not as the request saw it */
    return may_configure(scope, context) && schema_load(scope, conn, &schema) &&
           schema_put_all(scope, conn, schema, parts, part_count, context->actor.user,
                          context->now_ms) &&
           snapshot_follow(scope, conn, context->engine) &&
           recompute_objects(scope, conn, context->engine, parts, part_count);
}

bool engine_unconfigure(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, struct str kind, struct str name)
{
    struct schema *schema = NULL;
    return may_configure(scope, context) && schema_load(scope, conn, &schema) &&
           schema_drop(scope, conn, schema, kind, name, context->actor.user, context->now_ms) &&
           snapshot_follow(scope, conn, context->engine);
}
