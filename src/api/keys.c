/* Keys for programs, for those who may configure: made, listed, taken back at once. */
#include "api/inner.h"

#include "base/utf8.h"

static void put_moment(struct json_writer *out, const char *name, int64_t at_ms)
{
    struct cell cell = at_ms > 0 ? cell_int(at_ms) : cell_null();
    member_time(out, name, &cell);
}

static bool put_person(struct call *call, struct db_conn *conn, const char *id_name,
                       const char *name, struct uuid id)
{
    struct cell cell = uuid_is_nil(id) ? cell_null() : cell_id(call->scope, id);
    member_id(&call->out, id_name, &cell);
    return member_name_of(call, conn, name, "user", &cell);
}

static bool put_key(struct call *call, struct db_conn *conn, const struct key *key)
{
    struct json_writer *out = &call->out;
    const struct role *role = access_role_by_id(call->snapshot->access, key->role);
    json_map_begin(out);
    json_key(out, STR("id"));
    json_put_id(out, key->id);
    json_member_str(out, "name", key->name);
    json_member_str(out, "hint", key->hint);
    json_member_str(out, "role", role ? role->name : STR(""));
    member_label(out, "role_label", role ? role->label : (struct label){ STR(""), STR("") });
    json_key(out, STR("scopes"));
    json_list_begin(out);
    for (int i = 0; key_scope_name(i); i++) {
        if (key->scopes >> i & 1) json_put_str(out, str_of(key_scope_name(i)));
    }
    json_list_end(out);
    if (!put_person(call, conn, "person", "person_name", key->person)) return false;
    json_member_int(out, "rate", key->rate_per_min);
    put_moment(out, "until", key->until_ms);
    put_moment(out, "created_at", key->created_at_ms);
    if (!put_person(call, conn, "created_by", "created_by_name", key->created_by)) return false;
    put_moment(out, "last_at", key->last_at_ms);
    json_map_end(out);
    return true;
}

bool api_keys(struct call *call)
{
    struct key *keys = NULL;
    int count = 0;
    if (!key_list(call->scope, call->conn, &keys, &count)) return false;
    for (int i = 0; i < count; i++) {
        name_want(call, "user", keys[i].person);
        name_want(call, "user", keys[i].created_by);
    }
    list_begin(call);
    for (int i = 0; i < count; i++) {
        if (!put_key(call, call->conn, &keys[i])) return false;
    }
    list_end(call);
    return true;
}

/* ---- making one ---- */

static bool scopes_read(struct call *call, unsigned *out)
{
    const struct json *list = json_get(&call->body, "scopes");
    if (!list || list->kind != JSON_KIND_LIST || list->count == 0) {
        return error_set(call->scope, ERROR_INVALID, "field.required", STR("scopes"));
    }
    for (int i = 0; i < list->count; i++) {
        unsigned scope = key_scope_find(list->items[i].text);
        struct buf choices;
        *out |= scope;
        if (scope != 0) continue;
        buf_begin(&choices, call->scope, 512);
        for (int k = 0; key_scope_name(k); k++) {
            buf_format(&choices, "%s%s", k > 0 ? ", " : "", key_scope_name(k));
        }
        error_set(call->scope, ERROR_INVALID, "key.bad_scope", STR("scopes"));
        error_arg(call->scope, "value", list->items[i].text);
        return error_arg(call->scope, "choices", buf_str(&choices));
    }
    return true;
}

static bool role_read(struct call *call, int *out)
{
    const struct access *access = call->snapshot->access;
    struct str name;
    if (!call_text(call, "role", true, &name)) return false;
    const struct role *role = access_role(access, name);
    if (!role) {
        error_set(call->scope, ERROR_INVALID, "field.not_choice", STR("role"));
        return error_arg(call->scope, "value", name);
    }
    *out = role->id;
    return role_covers(access, call->context.actor.role, role) ||
           error_set(call->scope, ERROR_INVALID, "key.more_than_own", STR("role"));
}

static bool person_read(struct call *call, struct uuid *out)
{
    struct record_context system = call->records;
    struct actor nobody = actor_system();
    struct record record;
    struct str text;
    *out = call->context.actor.user;
    if (!call_text(call, "person", false, &text) || text.size == 0) {
        return !error_is_set(call->scope);
    }
    if (!uuid_parse(text, out)) {
        return error_set(call->scope, ERROR_INVALID, "field.not_id", STR("person"));
    }
    if (uuid_equal(*out, call->context.actor.user)) return true;
    if (!call_is_admin(call)) {
        return error_set(call->scope, ERROR_INVALID, "key.person", STR("person"));
    }
    system.actor = &nobody;
    if (record_load(call->scope, call->conn, &system, call->snapshot->access->user, *out,
                    ACTION_READ, &record)) {
        return true;
    }
    if (call->scope->error.code == ERROR_STORAGE) return false;
    scope_error_clear(call->scope);
    return error_set(call->scope, ERROR_INVALID, "field.not_reference", STR("person"));
}

static bool rate_read(struct call *call, int *out)
{
    const struct json *rate = json_get(&call->body, "rate");
    *out = KEY_RATE_PER_MIN;
    if (!rate || rate->kind == JSON_KIND_NULL) return true;
    int64_t number = json_int(&call->body, "rate", INT64_MIN);
    if (number == INT64_MIN) {
        return error_set(call->scope, ERROR_INVALID, "field.not_integer", STR("rate"));
    }
    *out = (int)number;
    if (number >= 1 && number <= KEY_RATE_PER_MIN_MAX) return true;
    error_set(call->scope, ERROR_INVALID, number < 1 ? "field.too_small" : "field.too_large",
              STR("rate"));
    error_arg(call->scope, "min", STR("1"));
    return error_arg(call->scope, "max", scope_format(call->scope, "%d", KEY_RATE_PER_MIN_MAX));
}

bool api_key_create(struct call *call)
{
    struct key *key = scope_new(call->scope, struct key, 1);
    const struct json *until = NULL;
    call->state = key;
    if (!call_body_map(call) || !call_text(call, "name", true, &key->name) ||
        !role_read(call, &key->role) || !scopes_read(call, &key->scopes) ||
        !person_read(call, &key->person) || !rate_read(call, &key->rate_per_min)) {
        return false;
    }
    key->name = str_trim(key->name);
    key->created_by = call->context.actor.user;
    if (key->name.size > KEY_NAME_SIZE_MAX) {
        error_set(call->scope, ERROR_INVALID, "field.too_long", STR("name"));
        return error_arg(call->scope, "max",
                         scope_format(call->scope, "%d", KEY_NAME_SIZE_MAX));
    }
    until = json_get(&call->body, "until");
    if (!until || until->kind == JSON_KIND_NULL) return true;
    if (!call_time(call, "until", &key->until_ms)) return false;
    return key->until_ms > api_wall_ms() ||
           error_set(call->scope, ERROR_INVALID, "share.past", STR("until"));
}

static bool note(struct call *call, struct db_conn *conn, const char *what, struct str name)
{
    struct buf text;
    struct json_writer writer;
    buf_begin(&text, call->scope, 2048);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    json_member_str(&writer, "what", str_of(what));
    json_member_str(&writer, "key", name);
    json_map_end(&writer);
    struct audit_line line = { .kind = "key", .detail = buf_str(&text) };
    return audit_put(call->scope, conn, &call->context, &line);
}

bool api_key_create_write(struct call *call, struct db_conn *conn)
{
    struct key *key = call->state;
    struct str secret;
    call->request->response.status = 201;
    if (!key_make(call->scope, conn, key, api_wall_ms(), &secret) ||
        !note(call, conn, "made", key->name)) {
        return false;
    }
    json_map_begin(&call->out);
    json_key(&call->out, STR("key"));
    if (!put_key(call, conn, key)) return false;
    json_member_str(&call->out, "secret", secret);
    json_map_end(&call->out);
    return true;
}

/* ---- taking one back ---- */

bool api_key_delete(struct call *call)
{
    struct key *keys = NULL;
    int count = 0;
    if (!call_capture_id(call, 0, &call->id) ||
        !key_list(call->scope, call->conn, &keys, &count)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (uuid_equal(keys[i].id, call->id)) call->state = &keys[i];
    }
    return call->state || error_set(call->scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
}

bool api_key_delete_write(struct call *call, struct db_conn *conn)
{
    const struct key *key = call->state;
    who_forget_after(call->api, conn);
    call->request->response.status = 204;
    return key_end(call->scope, conn, key->id) && note(call, conn, "taken_back", key->name);
}
