/*
 * Live events. The writer's thread only puts them into a list; a thread of its
 * own waits a moment for more, then asks for each listener which of the records
 * they may see, one query per object, and tells them id and version. What a
 * listener may not read they do not even hear of. No event carries data: the
 * client reads again through the same door as always.
 *
 * A listener is owned by the hub's thread, but for is_closed and the list, which
 * the lock guards.
 */
#include "api/inner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"

enum {
    WAITING_COUNT_MAX = 8192, /* more at once: everybody looks again */
    NAMED_COUNT_MAX = 500,    /* so many of one batch are told one by one */
    STREAM_COUNT_MAX = 5000,
    COALESCE_MS = 200,
    EVENT_TEXT_SIZE_MAX = 48 * 1024, /* below HTTP_STREAM_QUEUE_SIZE_MAX */
};

struct listener {
    struct scope scope; /* its own */
    struct http_stream *stream;
    unsigned char session_hash[SESSION_HASH_SIZE];
    struct uuid user;
    enum language language;
    bool is_closed;
    struct listener *next;
};

struct hub {
    struct api *api;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t is_filled;
    struct event *waiting;
    int waiting_count;
    bool is_lost, has_closed, is_ending, is_started;
    struct listener *listeners;
    int listener_count;
};

/* What one batch tells; events are sorted by object, then id. */
struct batch {
    struct api *api;
    struct scope scope; /* of the listener at hand */
    const struct snapshot *snapshot;
    struct db_conn *conn;
    struct event *events;
    int count;
    bool is_all;
};

/* ---- taking events in ---- */

void hub_tell(const struct event *events, int count, void *context)
{
    struct api *api = context;
    struct hub *hub = api->hub;
    who_tell(api, events, count);
    pthread_mutex_lock(&hub->lock);
    for (int i = 0; i < count; i++) {
        if (events[i].kind == EVENT_ALL || hub->waiting_count == WAITING_COUNT_MAX) {
            hub->is_lost = true;
            continue;
        }
        hub->waiting[hub->waiting_count++] = events[i];
    }
    pthread_cond_signal(&hub->is_filled);
    pthread_mutex_unlock(&hub->lock);
}

/* ---- telling one listener ---- */

static const struct uuid *record_of(const struct event *event)
{
    return event->kind == EVENT_ALERT ? &event->record : &event->id;
}

static bool is_about_record(const struct event *event)
{
    return event->kind == EVENT_RECORD || event->kind == EVENT_DELETED ||
           event->kind == EVENT_ALERT;
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct uuid));
}

/* The ids of events [from, to) that the actor may read, sorted. */
static bool visible_find(struct batch *batch, const struct actor *actor,
                         const struct object *object, int from, int to, struct uuid *out,
                         int *out_count)
{
    struct sql sql;
    struct rows rows;
    sql_begin(&sql, &batch->scope);
    sql_put(&sql, STR("SELECT t.id FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" AS t WHERE t.id IN (NULL"));
    for (int i = from; i < to; i++) {
        sql_put(&sql, STR(", "));
        sql_id(&sql, *record_of(&batch->events[i]));
    }
    sql_put(&sql, STR(") AND "));
    access_put(&sql, batch->snapshot->access, actor, engine_now_ms(batch->api->engine), object,
               ACTION_READ, STR("t"));
    if (!sql_all(&batch->scope, batch->conn, &sql, to - from, &rows)) return false;
    for (int i = 0; i < rows.count; i++) out[i] = cell_uuid(&rows.items[i].cells[0]);
    qsort(out, (size_t)rows.count, sizeof(struct uuid), compare_ids);
    *out_count = rows.count;
    return true;
}

static void put_event(struct buf *out, struct scope *scope, const char *name,
                      void (*fill)(struct json_writer *writer, const struct batch *batch,
                                   const struct event *event),
                      const struct batch *batch, const struct event *event)
{
    struct buf data;
    struct json_writer writer;
    buf_begin(&data, scope, 1024);
    json_begin(&writer, &data);
    json_map_begin(&writer);
    if (fill) fill(&writer, batch, event);
    json_map_end(&writer);
    http_event_put(out, str_of(name), STR(""), buf_str(&data));
}

static void fill_change(struct json_writer *writer, const struct batch *batch,
                        const struct event *event)
{
    const struct object *object = schema_object_by_id(batch->snapshot->schema, event->object);
    json_member_str(writer, "object", object->name);
    json_key(writer, STR("id"));
    json_put_id(writer, event->id);
    json_member_int(writer, "version", event->version);
    if (event->kind == EVENT_DELETED) json_member_bool(writer, "deleted", true);
}

static void fill_alert(struct json_writer *writer, const struct batch *batch,
                       const struct event *event)
{
    const struct object *object = schema_object_by_id(batch->snapshot->schema, event->object);
    json_key(writer, STR("id"));
    json_put_id(writer, event->id);
    if (level_name(event->level)) {
        json_member_str(writer, "level", str_of(level_name(event->level)));
    }
    json_member_str(writer, "object", object->name);
    json_key(writer, STR("record"));
    json_put_id(writer, event->record);
}

static void fill_task(struct json_writer *writer, const struct batch *batch,
                      const struct event *event)
{
    (void)batch;
    json_key(writer, STR("id"));
    if (uuid_is_nil(event->id)) {
        json_put_null(writer);
    } else {
        json_put_id(writer, event->id);
    }
}

static void fill_clock(struct json_writer *writer, const struct batch *batch,
                       const struct event *event)
{
    (void)event;
    json_key(writer, STR("now"));
    json_put_time(writer, engine_now_ms(batch->api->engine));
}

static bool tell_records(struct batch *batch, const struct actor *actor, struct buf *out)
{
    struct uuid *visible = scope_new(&batch->scope, struct uuid, batch->count);
    for (int from = 0, to; from < batch->count; from = to) {
        int object_id = batch->events[from].object, count = 0;
        for (to = from; to < batch->count && batch->events[to].object == object_id;) to += 1;
        const struct object *object = schema_object_by_id(batch->snapshot->schema, object_id);
        if (!object || !is_about_record(&batch->events[from])) continue;
        if (!visible_find(batch, actor, object, from, to, visible, &count)) return false;
        for (int i = from; i < to; i++) {
            const struct event *event = &batch->events[i];
            if (!bsearch(record_of(event), visible, (size_t)count, sizeof(struct uuid),
                         compare_ids)) {
                continue;
            }
            bool is_alert = event->kind == EVENT_ALERT;
            put_event(out, &batch->scope, is_alert ? "alert" : "change",
                      is_alert ? fill_alert : fill_change, batch, event);
        }
    }
    return true;
}

static bool tell_inbox(struct batch *batch, struct uuid user, struct buf *out)
{
    struct cell me = cell_id(&batch->scope, user);
    struct row row;
    if (!db_one(&batch->scope, batch->conn,
                STR("SELECT COUNT(*) FROM message WHERE recipient = ? AND channel = 'inbox' AND "
                    "read_at IS NULL"),
                &me, 1, &row)) {
        return false;
    }
    http_event_put(out, STR("inbox"), STR(""),
                   scope_format(&batch->scope, "{\"unread\":%" PRId64 "}",
                                row.cells[0].integer));
    return true;
}

/* Events without a record: tasks and messages of one person, configuration, jobs, clock. */
static bool tell_others(struct batch *batch, const struct actor *actor, struct buf *out)
{
    struct uuid user = actor->user;
    bool has_job = false;
    bool has_inbox = false, has_schema = false, has_clock = false, has_task = false;
    bool has_sight = false;
    for (int i = 0; i < batch->count; i++) {
        const struct event *event = &batch->events[i];
        bool is_mine = uuid_equal(event->person, user);
        if (event->kind == EVENT_TASK && is_mine && !uuid_is_nil(event->id)) {
            put_event(out, &batch->scope, "task", fill_task, batch, event);
        } else if (event->kind == EVENT_TASK && is_mine && !has_task) {
            put_event(out, &batch->scope, "task", fill_task, batch, event);
            has_task = true;
        }
        has_inbox = has_inbox || (event->kind == EVENT_MESSAGE && is_mine);
        has_sight = has_sight || (event->kind == EVENT_SIGHT &&
                                  (is_mine || uuid_is_nil(event->person)));
        has_schema = has_schema || event->kind == EVENT_SCHEMA;
        has_clock = has_clock || event->kind == EVENT_CLOCK;
        has_job = has_job || event->kind == EVENT_JOB;
    }
    has_job = has_job && actor_has_right(actor, RIGHT_CONFIGURE);
    if (has_sight) put_event(out, &batch->scope, "resync", NULL, batch, NULL);
    if (has_schema) put_event(out, &batch->scope, "schema", NULL, batch, NULL);
    if (has_clock) put_event(out, &batch->scope, "clock", fill_clock, batch, NULL);
    if (has_job) put_event(out, &batch->scope, "job", NULL, batch, NULL);
    return !has_inbox || tell_inbox(batch, user, out);
}

static bool has_kind(const struct batch *batch, enum event_kind kind)
{
    for (int i = 0; i < batch->count; i++) {
        if (batch->events[i].kind == kind) return true;
    }
    return false;
}

/* False: this listener is to be let go. */
static bool tell_listener(struct batch *batch, const struct listener *listener)
{
    struct actor actor;
    struct buf out;
    struct row row;
    struct cell hash = cell_blob((struct str){ (const char *)listener->session_hash,
                                               SESSION_HASH_SIZE });
    buf_begin(&out, &batch->scope, EVENT_TEXT_SIZE_MAX);
    if (!db_one(&batch->scope, batch->conn,
                STR("SELECT 1 FROM session WHERE token_hash = ?"), &hash, 1, &row) ||
        row.count == 0 ||
        !actor_load(&batch->scope, batch->conn, batch->snapshot->access, listener->user,
                    engine_now_ms(batch->api->engine), &actor)) {
        return false;
    }
    bool is_told = !batch->is_all && tell_records(batch, &actor, &out) &&
                   tell_others(batch, &actor, &out) && !out.is_over;
    if (!is_told) {
        buf_begin(&out, &batch->scope, EVENT_TEXT_SIZE_MAX);
        http_event_put(&out, STR("resync"), STR(""), STR("{}"));
        /* Records are looked at again; another configuration is told all the same. */
        if (has_kind(batch, EVENT_SCHEMA)) {
            put_event(&out, &batch->scope, "schema", NULL, batch, NULL);
        }
    }
    return out.size == 0 || http_stream_send(listener->stream, buf_str(&out));
}

/* ---- the hub's thread ---- */

static int compare_events(const void *a, const void *b)
{
    const struct event *left = a, *right = b;
    bool is_left = is_about_record(left), is_right = is_about_record(right);
    if (is_left != is_right) return is_left ? 1 : -1;
    if (is_left && left->object != right->object) return left->object < right->object ? -1 : 1;
    int order = memcmp(&left->id, &right->id, sizeof(struct uuid));
    if (order != 0) return order;
    if (left->kind != right->kind) return left->kind < right->kind ? -1 : 1;
    return left->version < right->version ? 1 : left->version > right->version ? -1 : 0;
}

/* Of one record the newest version only; others stand first with object 0. */
static void batch_tidy(struct batch *batch)
{
    int count = 0;
    for (int i = 0; i < batch->count; i++) {
        if (!is_about_record(&batch->events[i])) batch->events[i].object = 0;
    }
    qsort(batch->events, (size_t)batch->count, sizeof(struct event), compare_events);
    for (int i = 0; i < batch->count; i++) {
        const struct event *last = count > 0 ? &batch->events[count - 1] : NULL;
        bool is_again = last && last->kind == batch->events[i].kind &&
                        last->object == batch->events[i].object &&
                        uuid_equal(last->id, batch->events[i].id) &&
                        uuid_equal(last->person, batch->events[i].person);
        if (!is_again) batch->events[count++] = batch->events[i];
    }
    batch->count = count;
    batch->is_all = batch->is_all || count > NAMED_COUNT_MAX;
}

static void listener_drop(struct listener *listener)
{
    http_stream_end(listener->stream);
    struct scope scope = listener->scope;
    scope_end(&scope);
}

/* Takes the closed ones off the list; with is_all every one. */
static void listeners_reap(struct hub *hub, bool is_all)
{
    struct listener *gone = NULL;
    pthread_mutex_lock(&hub->lock);
    for (struct listener **at = &hub->listeners; *at;) {
        struct listener *listener = *at;
        if (!is_all && !listener->is_closed) {
            at = &listener->next;
            continue;
        }
        *at = listener->next;
        listener->next = gone;
        gone = listener;
        hub->listener_count -= 1;
    }
    hub->has_closed = false;
    pthread_mutex_unlock(&hub->lock);
    while (gone) {
        struct listener *next = gone->next;
        listener_drop(gone);
        gone = next;
    }
}

static void batch_tell(struct hub *hub, struct batch *batch)
{
    struct scope scope;
    scope_begin(&scope);
    batch_tidy(batch);
    batch->snapshot = snapshot_take(hub->api->engine);
    pthread_mutex_lock(&hub->lock);
    struct listener *first = hub->listeners; /* new ones come before it; only we take away */
    pthread_mutex_unlock(&hub->lock);
    bool is_read = db_read_begin(&scope, hub->api->db, &batch->conn);
    if (!is_read) log_line(LOG_ERROR, "events: %.*s", STR_ARG(scope.error.detail));
    for (struct listener *listener = first; is_read && listener; listener = listener->next) {
        scope_begin(&batch->scope);
        bool is_kept = tell_listener(batch, listener);
        scope_end(&batch->scope);
        if (is_kept) continue;
        pthread_mutex_lock(&hub->lock);
        listener->is_closed = true;
        hub->has_closed = true;
        pthread_mutex_unlock(&hub->lock);
    }
    if (is_read) db_read_end(batch->conn);
    snapshot_release(hub->api->engine, batch->snapshot);
    scope_end(&scope);
}

/* Waits for events, then a moment for more of them. False: the end. */
static bool batch_wait(struct hub *hub, struct batch *batch)
{
    struct timespec moment = { .tv_nsec = COALESCE_MS * 1000000L };
    pthread_mutex_lock(&hub->lock);
    while (!hub->is_ending && hub->waiting_count == 0 && !hub->is_lost && !hub->has_closed) {
        pthread_cond_wait(&hub->is_filled, &hub->lock);
    }
    bool has_events = hub->waiting_count > 0 || hub->is_lost, is_ending = hub->is_ending;
    pthread_mutex_unlock(&hub->lock);
    if (is_ending) return false;
    if (has_events) nanosleep(&moment, NULL);
    pthread_mutex_lock(&hub->lock);
    batch->count = hub->waiting_count;
    batch->is_all = hub->is_lost;
    memcpy(batch->events, hub->waiting, sizeof(struct event) * (size_t)hub->waiting_count);
    hub->waiting_count = 0;
    hub->is_lost = false;
    pthread_mutex_unlock(&hub->lock);
    return true;
}

static void *hub_loop(void *context)
{
    struct hub *hub = context;
    struct scope scope;
    scope_begin(&scope);
    struct batch batch = { .api = hub->api,
                           .events = scope_new(&scope, struct event, WAITING_COUNT_MAX) };
    while (batch_wait(hub, &batch)) {
        if (batch.count > 0 || batch.is_all) batch_tell(hub, &batch);
        listeners_reap(hub, false);
    }
    scope_end(&scope);
    return NULL;
}

/* ---- streams ---- */

static void stream_closed(struct http_stream *stream, void *context)
{
    struct hub *hub = context;
    pthread_mutex_lock(&hub->lock);
    for (struct listener *listener = hub->listeners; listener; listener = listener->next) {
        if (listener->stream == stream) listener->is_closed = true;
    }
    hub->has_closed = true;
    pthread_cond_signal(&hub->is_filled);
    pthread_mutex_unlock(&hub->lock);
}

bool api_events(struct call *call)
{
    struct scope own;
    if (hub_stream_count(call->api->hub) >= STREAM_COUNT_MAX) {
        return error_set(call->scope, ERROR_STORAGE, "server.busy", STR(""));
    }
    scope_begin(&own);
    struct listener *listener = scope_new(&own, struct listener, 1);
    listener->scope = own;
    listener->user = call->context.actor.user;
    memcpy(listener->session_hash, call->session.hash, SESSION_HASH_SIZE);
    call->state = listener;
    return true;
}

/*
 * The call is gone when this begins. On the loop's thread, so no stream closes
 * before it is listed.
 */
void hub_open(struct api *api, struct http_request *request, void *state)
{
    struct hub *hub = api->hub;
    struct listener *listener = state;
    struct scope scope;
    struct buf hello;
    struct batch batch = { .api = api };
    listener->stream = http_stream_begin(request, stream_closed, hub);
    scope_begin(&scope);
    buf_begin(&hello, &scope, 1024);
    put_event(&hello, &scope, "hello", fill_clock, &batch, NULL);
    http_stream_send(listener->stream, buf_str(&hello));
    scope_end(&scope);
    pthread_mutex_lock(&hub->lock);
    bool is_late = hub->is_ending;
    if (!is_late) {
        listener->next = hub->listeners;
        hub->listeners = listener;
        hub->listener_count += 1;
    }
    pthread_mutex_unlock(&hub->lock);
    if (is_late) listener_drop(listener);
}

int hub_stream_count(struct hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    int count = hub->listener_count;
    pthread_mutex_unlock(&hub->lock);
    return count;
}

bool hub_start(struct scope *scope, struct api *api)
{
    struct hub *hub = scope_new(scope, struct hub, 1);
    hub->api = api;
    hub->waiting = scope_new(scope, struct event, WAITING_COUNT_MAX);
    pthread_mutex_init(&hub->lock, NULL);
    pthread_cond_init(&hub->is_filled, NULL);
    api->hub = hub;
    if (pthread_create(&hub->thread, NULL, hub_loop, hub) != 0) {
        return error_storage(scope, STR("no thread for the events"));
    }
    hub->is_started = true;
    engine_listen(api->engine, hub_tell, api);
    return true;
}

void hub_stop(struct api *api)
{
    struct hub *hub = api->hub;
    engine_listen(api->engine, NULL, NULL);
    pthread_mutex_lock(&hub->lock);
    hub->is_ending = true;
    pthread_cond_signal(&hub->is_filled);
    pthread_mutex_unlock(&hub->lock);
    if (hub->is_started) pthread_join(hub->thread, NULL);
    hub->is_started = false;
    listeners_reap(hub, true);
}
