/*
 * Delivering. One thread looks once a second; each round reads on one snapshot what
 * is behind every due hook's position, sends all of it at once, and then stores in
 * one write how it went. A position moves only behind what was answered with 2xx, so
 * a crash in between sends the same page again, under the same id.
 */
#include <curl/curl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/time.h"
#include "hook/send.h"
#include "outbox/outbox.h"

enum {
    ROUND_COUNT_MAX = 16, /* hooks told at once; the others are due again in a second */
    BODY_SIZE_MAX = 4 * 1024 * 1024,
    LOOK_INTERVAL_S = 1,
    GIVE_UP_MS = 3 * TIME_DAY_MS,
};
static const int64_t rest_ms[] = {
    5 * TIME_SECOND_MS, 30 * TIME_SECOND_MS, 2 * TIME_MINUTE_MS, 10 * TIME_MINUTE_MS,
    30 * TIME_MINUTE_MS, TIME_HOUR_MS, 3 * TIME_HOUR_MS,
};
enum { REST_COUNT = sizeof(rest_ms) / sizeof(rest_ms[0]) };

struct hooks {
    struct engine *engine;
    struct guard guard;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    atomic_bool is_stopping;
};

/* What one hook gets in this round. */
struct parcel {
    struct hook *hook;
    struct feed_page page;
    struct str body, id;
    const char *pause; /* message key: it cannot go on */
    struct request request;
};

struct round {
    struct hooks *hooks;
    int64_t now_ms;
    struct parcel parcels[ROUND_COUNT_MAX];
    int count;
};

/* ---- what to say ---- */

static bool objects_of(struct scope *scope, const struct schema *schema, struct str names,
                       struct feed_query *query)
{
    struct str name;
    query->objects = scope_new(scope, const struct object *, FEED_OBJECT_COUNT_MAX);
    while (names.size > 0 && str_split(&names, ',', &name)) {
        const struct object *object = schema_object(schema, name);
        if (object && query->object_count < FEED_OBJECT_COUNT_MAX) {
            query->objects[query->object_count++] = object;
        }
    }
    return query->object_count > 0;
}

/* The body; false with an error when the hook's definition does not hold any more. */
static bool parcel_fill(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *context, struct parcel *parcel)
{
    struct record_context records = engine_record_context(context);
    const struct hook *hook = parcel->hook;
    struct feed_query query = { .after = hook->position, .until = hook->pending_until,
                                .kinds = hook->kinds, .has_records = hook->has_records,
                                .limit = HOOK_EVENT_COUNT_MAX };
    bool is_found = objects_of(scope, context->snapshot->schema, hook->objects, &query);
    if (!is_found && hook->objects.size > 0) {
        return error_set(scope, ERROR_INVALID, "hook.object", STR("objects"));
    }
    if (hook->where.size > 0) {
        struct record_query list = { .object = query.objects[0] };
        if (!query_parse_where(scope, &records, hook->where, &list)) return false;
        query.where = list.where;
    }
    struct buf body;
    struct json_writer out;
    buf_begin(&body, scope, BODY_SIZE_MAX);
    json_begin(&out, &body);
    json_map_begin(&out);
    json_member_str(&out, "type", STR("records.changed"));
    json_key(&out, STR("timestamp"));
    json_put_time(&out, context->now_ms);
    json_key(&out, STR("data"));
    json_map_begin(&out);
    if (!feed_write(scope, conn, &records, &query, &out, &parcel->page)) return false;
    json_map_end(&out);
    json_map_end(&out);
    if (body.is_over) return error_set(scope, ERROR_TOO_LARGE, "hook.too_large", STR(""));
    parcel->body = buf_str(&body);
    return true;
}

/* A hook whose definition or person does not hold any more rests until somebody looks. */
static bool parcel_make(struct scope *scope, struct db_conn *conn,
                        const struct engine_context *base, struct parcel *parcel)
{
    struct engine_context context = *base;
    bool ok = actor_load(scope, conn, context.snapshot->access, parcel->hook->person, base->now_ms,
                         &context.actor);
    if (ok) {
        ok = parcel_fill(scope, conn, &context, parcel);
    } else if (scope->error.code == ERROR_UNAUTHENTICATED) {
        parcel->pause = "hook.person_gone";
    }
    if (!ok && scope->error.code == ERROR_STORAGE) return false;
    if (!ok && !parcel->pause) parcel->pause = "hook.definition";
    scope_error_clear(scope);
    parcel->id = scope_format(scope, "%s_%lld_%lld", uuid_format(scope, parcel->hook->id).data,
                              (long long)parcel->hook->position, (long long)parcel->page.next);
    return true;
}

static bool is_due(const struct hook *hook, int64_t now_ms, int64_t end)
{
    return hook->is_active && hook->paused_why.size == 0 && hook->next_at_ms <= now_ms &&
           hook->position < end;
}

static bool round_read(struct scope *scope, struct db_conn *conn,
                       const struct engine_context *context, struct round *round)
{
    struct hook *hooks;
    int count;
    int64_t end;
    if (!hooks_load(scope, conn, &hooks, &count)) return false;
    if (count == 0) return true;
    if (!feed_end(scope, conn, &end)) return false;
    for (int i = 0; i < count && round->count < ROUND_COUNT_MAX; i++) {
        if (!is_due(&hooks[i], round->now_ms, end)) continue;
        struct parcel *parcel = &round->parcels[round->count++];
        parcel->hook = &hooks[i];
        if (!parcel_make(scope, conn, context, parcel)) return false;
    }
    return true;
}

/* ---- how it went ---- */

static bool delivery_put(struct scope *scope, struct db_conn *conn, const struct round *round,
                         const struct parcel *parcel)
{
    const struct hook_answer *answer = &parcel->request.answer;
    struct cell args[] = {
        cell_id(scope, uuid_make(round->now_ms)),
        cell_id(scope, parcel->hook->id),
        cell_text(parcel->id),
        cell_int(parcel->page.first),
        cell_int(parcel->page.next),
        cell_int(parcel->page.count),
        cell_int(parcel->hook->failed_count + 1),
        cell_int(answer->status),
        answer->error.size > 0 ? cell_text(answer->error) : cell_null(),
        cell_int(round->now_ms),
        cell_int(answer->took_ms),
    };
    struct cell keep[] = { args[1], args[1], cell_int(HOOK_DELIVERY_COUNT_MAX) };
    return db_exec(scope, conn,
                   STR("INSERT INTO webhook_delivery (id, hook, message, first, last, events, "
                       "attempt, status, error, at, took_ms) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
                   args, 11) &&
           db_exec(scope, conn,
                   STR("DELETE FROM webhook_delivery WHERE hook = ? AND id <= (SELECT id FROM "
                       "webhook_delivery WHERE hook = ? ORDER BY id DESC LIMIT 1 OFFSET ?)"),
                   keep, 3);
}

/* Only while nobody has set the position elsewhere meanwhile. */
static bool state_put(struct scope *scope, struct db_conn *conn, const struct hook *before,
                      const struct hook *hook)
{
    struct cell args[] = {
        cell_int(hook->position),      cell_int(hook->pending_until),
        cell_int(hook->failed_count),  cell_int(hook->failing_since_ms),
        cell_int(hook->next_at_ms),
        hook->paused_why.size > 0 ? cell_text(hook->paused_why) : cell_null(),
        cell_id(scope, hook->id),      cell_int(before->position),
    };
    return db_exec(scope, conn,
                   STR("UPDATE webhook SET position = ?, pending_until = ?, failed_count = ?, "
                       "failing_since = ?, next_at = ?, paused_why = ? "
                       "WHERE id = ? AND position = ?"),
                   args, 8);
}

/* Whoever made the hook learns that it has stopped. */
static bool pause_tell(struct scope *scope, struct db_conn *conn, const struct round *round,
                       const struct hook *hook)
{
    struct error_arg name = { "name", hook->name };
    struct str why_zh = message_text(scope, LANGUAGE_ZH, hook->paused_why.data, NULL, 0);
    struct str why_en = message_text(scope, LANGUAGE_EN, hook->paused_why.data, NULL, 0);
    struct outbox_message message = {
        .recipient = hook->person,
        .channel = STR("inbox"),
        .title = label_json(scope, message_text(scope, LANGUAGE_ZH, "hook.paused", &name, 1),
                            message_text(scope, LANGUAGE_EN, "hook.paused", &name, 1)),
        .body = label_json(scope, why_zh, why_en),
        .key = scope_format(scope, "hook:%s:%lld", uuid_format(scope, hook->id).data,
                            (long long)round->now_ms),
    };
    return outbox_put(scope, conn, &message, round->now_ms, NULL);
}

static void fail(struct hook *hook, const struct parcel *parcel, int64_t now_ms)
{
    int rest = hook->failed_count < REST_COUNT ? hook->failed_count : REST_COUNT - 1;
    hook->failed_count += 1;
    hook->pending_until = parcel->page.next;
    hook->next_at_ms = now_ms + rest_ms[rest];
    if (hook->failing_since_ms == 0) hook->failing_since_ms = now_ms;
    if (parcel->request.answer.status == 410) {
        hook->paused_why = STR("hook.gone");
    } else if (now_ms - hook->failing_since_ms >= GIVE_UP_MS) {
        hook->paused_why = STR("hook.failing_long");
    }
}

static void succeed(struct hook *hook, const struct parcel *parcel)
{
    hook->position = parcel->page.next;
    hook->pending_until = 0;
    hook->failed_count = 0;
    hook->failing_since_ms = hook->next_at_ms = 0;
}

static bool parcel_store(struct scope *scope, struct db_conn *conn, const struct round *round,
                         const struct parcel *parcel)
{
    struct hook hook = *parcel->hook;
    bool is_sent = parcel->request.hook != NULL;
    if (parcel->pause) {
        hook.paused_why = str_of(parcel->pause);
    } else if (is_sent && parcel->request.answer.error.size > 0) {
        fail(&hook, parcel, round->now_ms);
    } else {
        succeed(&hook, parcel);
    }
    return (!is_sent || delivery_put(scope, conn, round, parcel)) &&
           state_put(scope, conn, parcel->hook, &hook) &&
           (hook.paused_why.size == 0 || pause_tell(scope, conn, round, &hook));
}

static bool round_store(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct round *round = context;
    for (int i = 0; i < round->count; i++) {
        if (!parcel_store(scope, conn, round, &round->parcels[i])) return false;
    }
    return true;
}

/* ---- a round ---- */

static bool round_send(struct scope *scope, struct round *round)
{
    struct request *requests = scope_new(scope, struct request, ROUND_COUNT_MAX);
    int of[ROUND_COUNT_MAX], count = 0;
    for (int i = 0; i < round->count; i++) {
        struct parcel *parcel = &round->parcels[i];
        if (parcel->pause || parcel->page.count == 0) continue;
        requests[count] = (struct request){ .hook = parcel->hook, .id = parcel->id,
                                            .body = parcel->body };
        of[count++] = i;
    }
    if (count > 0 && !requests_send(scope, &round->hooks->guard, requests, count, round->now_ms,
                                    &round->hooks->is_stopping)) {
        return false;
    }
    for (int i = 0; i < count; i++) round->parcels[of[i]].request = requests[i];
    return true;
}

bool hooks_run(struct scope *scope, struct hooks *hooks, int *count)
{
    struct round *round = scope_new(scope, struct round, 1);
    *round = (struct round){ .hooks = hooks, .now_ms = engine_now_ms(hooks->engine) };
    const struct snapshot *snapshot = snapshot_take(hooks->engine);
    struct engine_context context = engine_system_context(hooks->engine, snapshot, "hook");
    struct db_conn *conn = NULL;
    bool ok = db_read_begin(scope, engine_db(hooks->engine), &conn);
    if (ok) {
        ok = round_read(scope, conn, &context, round);
        db_read_end(conn);
    }
    snapshot_release(hooks->engine, snapshot);
    *count = round->count;
    if (!ok || round->count == 0) return ok;
    if (!round_send(scope, round)) return false;
    if (atomic_load(&hooks->is_stopping)) return true;
    return db_write_wait(scope, engine_db(hooks->engine), round_store, round);
}

bool hook_ping(struct scope *scope, struct hooks *hooks, const struct hook *hook, int64_t now_ms,
               struct hook_answer *out)
{
    struct request request = {
        .hook = hook,
        .id = uuid_format(scope, uuid_make(now_ms)),
        .body = STR("{\"type\":\"ping\",\"data\":{}}"),
    };
    if (!requests_send(scope, &hooks->guard, &request, 1, now_ms, &hooks->is_stopping)) {
        return false;
    }
    *out = request.answer;
    return true;
}

const struct guard *hooks_guard(const struct hooks *hooks)
{
    return &hooks->guard;
}

/* ---- the thread ---- */

static void look_once(struct hooks *hooks)
{
    int count = ROUND_COUNT_MAX;
    while (count == ROUND_COUNT_MAX && !atomic_load(&hooks->is_stopping)) {
        struct scope scope;
        scope_begin(&scope);
        if (!hooks_run(&scope, hooks, &count)) {
            log_line(LOG_ERROR, "hooks: %.*s", STR_ARG(scope.error.detail));
            count = 0;
        }
        scope_end(&scope);
    }
}

static void *hooks_thread(void *context)
{
    struct hooks *hooks = context;
    pthread_mutex_lock(&hooks->lock);
    while (!atomic_load(&hooks->is_stopping)) {
        pthread_mutex_unlock(&hooks->lock);
        if (db_is_leader(engine_db(hooks->engine))) look_once(hooks);
        pthread_mutex_lock(&hooks->lock);
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += LOOK_INTERVAL_S;
        if (!atomic_load(&hooks->is_stopping)) {
            pthread_cond_timedwait(&hooks->wake, &hooks->lock, &until);
        }
    }
    pthread_mutex_unlock(&hooks->lock);
    return NULL;
}

bool hooks_start(struct scope *scope, struct engine *engine, struct str allowed,
                 struct hooks **out)
{
    struct hooks *hooks = scope_new(scope, struct hooks, 1);
    hooks->engine = engine;
    if (!guard_read(scope, allowed, &hooks->guard)) return false;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
        return error_storage(scope, STR("libcurl cannot be used"));
    }
    pthread_mutex_init(&hooks->lock, NULL);
    pthread_cond_init(&hooks->wake, NULL);
    if (pthread_create(&hooks->thread, NULL, hooks_thread, hooks) != 0) {
        return error_storage(scope, STR("no thread for the hooks"));
    }
    *out = hooks;
    return true;
}

void hooks_stop(struct hooks *hooks)
{
    if (!hooks) return;
    pthread_mutex_lock(&hooks->lock);
    atomic_store(&hooks->is_stopping, true);
    pthread_cond_signal(&hooks->wake);
    pthread_mutex_unlock(&hooks->lock);
    pthread_join(hooks->thread, NULL);
    pthread_cond_destroy(&hooks->wake);
    pthread_mutex_destroy(&hooks->lock);
    curl_global_cleanup();
}
