/*
 * Webhooks: who is told of changes. The secret is in the answer that makes it and
 * never again; a hook reads with the eyes of whoever made it.
 */
#include "api/inner.h"
#include "hook/hook.h"

enum { DELIVERY_LIMIT = 50 };

/* ---- out ---- */

static void member_moment(struct json_writer *out, const char *name, int64_t at_ms)
{
    struct cell cell = at_ms ? cell_int(at_ms) : cell_null();
    member_time(out, name, &cell);
}

static void put_names(struct json_writer *out, const char *name, struct str names)
{
    struct str part;
    json_key(out, str_of(name));
    json_list_begin(out);
    while (names.size > 0 && str_split(&names, ',', &part)) json_put_str(out, part);
    json_list_end(out);
}

static void put_kinds(struct json_writer *out, unsigned kinds)
{
    json_key(out, STR("kinds"));
    json_list_begin(out);
    for (unsigned kind = FEED_CREATE; kind <= FEED_ALL; kind <<= 1) {
        if (kinds & kind) json_put_str(out, str_of(feed_kind_name((enum feed_kind)kind)));
    }
    json_list_end(out);
}

static const char *state_of(const struct hook *hook)
{
    if (!hook->is_active) return "off";
    if (hook->paused_why.size > 0) return "paused";
    return hook->failed_count > 0 ? "failing" : "ok";
}

static void member_sentence(struct call *call, const char *name, struct str key)
{
    json_key(&call->out, str_of(name));
    if (key.size == 0) {
        json_put_null(&call->out);
        return;
    }
    json_put_str(&call->out, message_text(call->scope, call->context.actor.language,
                                          scope_copy(call->scope, key).data, NULL, 0));
}

static bool put_hook(struct call *call, struct db_conn *conn, const struct hook *hook,
                     bool has_secret)
{
    struct json_writer *out = &call->out;
    struct cell person = cell_id(call->scope, hook->person);
    json_map_begin(out);
    json_key(out, STR("id"));
    json_put_id(out, hook->id);
    json_member_int(out, "version", hook->version);
    json_member_str(out, "name", hook->name);
    json_member_str(out, "url", hook->url);
    put_names(out, "objects", hook->objects);
    put_kinds(out, hook->kinds);
    json_member_str(out, "where", hook->where);
    json_member_bool(out, "records", hook->has_records);
    json_member_bool(out, "active", hook->is_active);
    member_id(out, "person", &person);
    if (!member_name_of(call, conn, "person_name", "user", &person)) return false;
    json_member_str(out, "state", str_of(state_of(hook)));
    member_sentence(call, "why", hook->paused_why);
    json_member_int(out, "failed_count", hook->failed_count);
    member_moment(out, "failing_since", hook->failing_since_ms);
    member_moment(out, "next_at", hook->next_at_ms);
    json_member_str(out, "position",
                    scope_format(call->scope, "%lld", (long long)hook->position));
    member_moment(out, "created_at", hook->created_at_ms);
    if (has_secret) json_member_str(out, "secret", hook->secret);
    json_map_end(out);
    return true;
}

bool api_webhooks(struct call *call)
{
    struct hook *hooks;
    int count;
    if (!hooks_load(call->scope, call->conn, &hooks, &count)) return false;
    for (int i = 0; i < count; i++) name_want(call, "user", hooks[i].person);
    list_begin(call);
    for (int i = 0; i < count; i++) {
        if (!put_hook(call, call->conn, &hooks[i], false)) return false;
    }
    list_end(call);
    return true;
}

static void put_delivery(struct call *call, const struct cell *cells)
{
    struct json_writer *out = &call->out;
    json_map_begin(out);
    member_id(out, "id", &cells[0]);
    json_member_str(out, "message", cells[1].text);
    json_member_int(out, "events", cells[2].integer);
    json_member_int(out, "attempt", cells[3].integer);
    json_member_int(out, "status", cells[4].integer);
    member_sentence(call, "error", cells[5].text);
    member_time(out, "at", &cells[6]);
    json_member_int(out, "took_ms", cells[7].integer);
    json_member_str(out, "after",
                    scope_format(call->scope, "%lld", (long long)cells[8].integer - 1));
    json_map_end(out);
}

bool api_webhook_deliveries(struct call *call)
{
    struct hook hook;
    struct rows rows;
    if (!call_capture_id(call, 0, &call->id) ||
        !hook_load(call->scope, call->conn, call->id, &hook)) {
        return false;
    }
    struct cell args[] = { cell_id(call->scope, call->id), cell_int(DELIVERY_LIMIT) };
    if (!db_all(call->scope, call->conn,
                STR("SELECT id, message, events, attempt, status, error, at, took_ms, first "
                    "FROM webhook_delivery WHERE hook = ? ORDER BY id DESC LIMIT ?"),
                args, 2, DELIVERY_LIMIT, &rows)) {
        return false;
    }
    list_begin(call);
    for (int i = 0; i < rows.count; i++) put_delivery(call, rows.items[i].cells);
    list_end(call);
    return true;
}

/* ---- in ---- */

static bool refuse(struct call *call, const char *key, const char *field)
{
    return error_add(call->scope, ERROR_INVALID, key, str_of(field));
}

static bool names_take(struct call *call, const struct json *list, struct str *out)
{
    struct buf text;
    buf_begin(&text, call->scope, 64 * 1024);
    bool ok = list->kind == JSON_KIND_LIST && list->count <= FEED_OBJECT_COUNT_MAX;
    for (int i = 0; ok && i < list->count; i++) {
        ok = list->items[i].kind == JSON_KIND_STR &&
             schema_object(call->snapshot->schema, list->items[i].text) != NULL;
        if (i > 0) buf_put_char(&text, ',');
        if (ok) buf_put(&text, list->items[i].text);
    }
    *out = buf_str(&text);
    return ok || refuse(call, "hook.objects", "objects");
}

static bool kinds_take(struct call *call, const struct json *list, unsigned *out)
{
    *out = 0;
    bool ok = list->kind == JSON_KIND_LIST && list->count > 0;
    for (int i = 0; ok && i < list->count; i++) {
        enum feed_kind kind = feed_kind_find(list->items[i].text);
        ok = list->items[i].kind == JSON_KIND_STR && kind != 0;
        *out |= kind;
    }
    return ok || refuse(call, "hook.kinds", "kinds");
}

/* "now", or a position to go on from, which may lie before the one reached: told again. */
static bool position_take(struct call *call, struct db_conn *conn, struct str text,
                          struct hook *hook)
{
    hook->pending_until = 0;
    if (str_is(text, "now")) return feed_end(call->scope, conn, &hook->position);
    if (str_to_int64(text, &hook->position) && hook->position >= 0) return true;
    return refuse(call, "query.bad_cursor", "position");
}

static bool flag_take(struct call *call, const char *name, bool *out)
{
    const struct json *value = json_get(&call->body, name);
    if (!value) return true;
    *out = value->boolean;
    return value->kind == JSON_KIND_BOOL || refuse(call, "field.not_boolean", name);
}

static bool text_take(struct call *call, const char *name, struct str *out)
{
    const struct json *value = json_get(&call->body, name);
    if (!value) return true;
    *out = value->kind == JSON_KIND_STR ? str_trim(value->text) : STR("");
    return value->kind == JSON_KIND_STR || value->kind == JSON_KIND_NULL ||
           refuse(call, "field.not_text", name);
}

static bool hook_take(struct call *call, struct db_conn *conn, struct hook *hook)
{
    const struct json *objects = json_get(&call->body, "objects");
    const struct json *kinds = json_get(&call->body, "kinds");
    struct str position = json_text(&call->body, "position");
    bool ok = text_take(call, "name", &hook->name);
    ok = text_take(call, "url", &hook->url) && ok;
    ok = text_take(call, "where", &hook->where) && ok;
    ok = flag_take(call, "records", &hook->has_records) && ok;
    ok = flag_take(call, "active", &hook->is_active) && ok;
    ok = (!objects || names_take(call, objects, &hook->objects)) && ok;
    ok = (!kinds || kinds_take(call, kinds, &hook->kinds)) && ok;
    ok = (position.size == 0 || position_take(call, conn, position, hook)) && ok;
    struct record_context records = engine_record_context(&call->context);
    return ok && !error_is_set(call->scope) &&
           hook_check(call->scope, &records, call->api->options.hooks, hook);
}

bool api_webhook_check(struct call *call)
{
    return call_body_map(call);
}

static bool audit_hook(struct call *call, struct db_conn *conn, const char *kind,
                       const struct hook *hook)
{
    struct audit_line line = { .kind = kind, .record = hook->id,
                               .detail = scope_format(call->scope, "{\"webhook\":%s}",
                                                      json_to_text(call->scope, &(struct json){
                                                          .kind = JSON_KIND_STR,
                                                          .text = hook->name }).data) };
    return audit_put(call->scope, conn, &call->context, &line);
}

bool api_webhook_create_write(struct call *call, struct db_conn *conn)
{
    struct hook hook = { .kinds = FEED_ALL, .is_active = true,
                         .person = call->context.actor.user,
                         .created_at_ms = call->context.now_ms };
    if (!hook_take(call, conn, &hook) ||
        !hook_store(call->scope, conn, &hook, call->context.now_ms) ||
        !audit_hook(call, conn, "webhook.create", &hook)) {
        return false;
    }
    call->request->response.status = 201;
    return put_hook(call, conn, &hook, true);
}

/* Switched on again, or with something mended, it tries at once. */
bool api_webhook_change_write(struct call *call, struct db_conn *conn)
{
    struct hook hook;
    bool has_secret = json_bool(&call->body, "rotate_secret", false);
    if (!call_capture_id(call, 0, &call->id) ||
        !hook_load(call->scope, conn, call->id, &hook)) {
        return false;
    }
    int64_t if_match = call_if_match(call);
    if (if_match && if_match != hook.version) {
        return error_set(call->scope, ERROR_STALE, "record.stale", STR(""));
    }
    if (!hook_take(call, conn, &hook)) return false;
    if (has_secret) hook_rotate(call->scope, &hook, call->context.now_ms);
    hook.person = call->context.actor.user;
    hook.paused_why = STR("");
    hook.failed_count = 0;
    hook.failing_since_ms = hook.next_at_ms = 0;
    return hook_store(call->scope, conn, &hook, call->context.now_ms) &&
           audit_hook(call, conn, "webhook.change", &hook) &&
           put_hook(call, conn, &hook, has_secret);
}

bool api_webhook_delete_write(struct call *call, struct db_conn *conn)
{
    struct hook hook;
    if (!call_capture_id(call, 0, &call->id) ||
        !hook_load(call->scope, conn, call->id, &hook) ||
        !hook_delete(call->scope, conn, call->id) ||
        !audit_hook(call, conn, "webhook.delete", &hook)) {
        return false;
    }
    call->request->response.status = 204;
    return true;
}

bool api_webhook_test(struct call *call)
{
    struct hook hook;
    struct hook_answer answer;
    struct hooks *hooks = call->api->options.hooks;
    if (!hooks) return error_set(call->scope, ERROR_NOT_FOUND, "hook.not_found", STR(""));
    if (!call_capture_id(call, 0, &call->id) ||
        !hook_load(call->scope, call->conn, call->id, &hook) ||
        !hook_ping(call->scope, hooks, &hook, call->context.now_ms, &answer)) {
        return false;
    }
    json_map_begin(&call->out);
    json_member_bool(&call->out, "ok", answer.error.size == 0);
    json_member_int(&call->out, "status", answer.status);
    member_sentence(call, "error", answer.error);
    json_member_int(&call->out, "took_ms", answer.took_ms);
    json_map_end(&call->out);
    return true;
}
