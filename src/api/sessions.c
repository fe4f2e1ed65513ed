/* Where somebody is logged in: one's own sessions, or for who manages people another's. */
#include "api/inner.h"

static bool is_current(const struct call *call, const struct session_seen *seen)
{
    return memcmp(seen->id.bytes, call->session.hash, sizeof(seen->id.bytes)) == 0;
}

/* Somebody else's only for who may manage that person. */
static bool check_person(struct call *call, struct uuid person)
{
    if (uuid_equal(person, call->context.actor.user)) return true;
    return people_check(call, call->conn, call->snapshot->access->user, person, NULL);
}

static void put_session(struct call *call, const struct session_seen *seen)
{
    struct json_writer *out = &call->out;
    json_map_begin(out);
    json_key(out, STR("id"));
    json_put_id(out, seen->id);
    json_member_str(out, "agent", seen->agent);
    json_member_str(out, "address", seen->address);
    json_key(out, STR("began_at"));
    json_put_time(out, seen->created_at_ms);
    json_key(out, STR("last_at"));
    json_put_time(out, seen->last_at_ms);
    json_key(out, STR("expires_at"));
    json_put_time(out, seen->expires_at_ms);
    json_member_bool(out, "current", is_current(call, seen));
    json_map_end(out);
}

bool api_sessions(struct call *call)
{
    struct session_seen *seen = NULL;
    struct uuid person = call->context.actor.user;
    struct str text;
    int count = 0;
    if (!call_param(call, "person", &text)) return false;
    if (text.size > 0 && !uuid_parse(text, &person)) {
        return error_set(call->scope, ERROR_INVALID, "field.not_id", STR("person"));
    }
    if (!check_person(call, person) ||
        !session_list(call->scope, call->conn, person, api_wall_ms(), &seen, &count)) {
        return false;
    }
    list_begin(call);
    for (int i = 0; i < count; i++) put_session(call, &seen[i]);
    list_end(call);
    return true;
}

bool api_session_end_one(struct call *call)
{
    struct session_seen *seen = scope_new(call->scope, struct session_seen, 1);
    call->state = seen;
    if (!call_capture_id(call, 0, &call->id) ||
        !session_seen_find(call->scope, call->conn, call->id, api_wall_ms(), seen)) {
        return false;
    }
    if (check_person(call, seen->user)) return true;
    if (call->scope->error.code != ERROR_DENIED) return false;
    scope_error_clear(call->scope);
    return error_set(call->scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
}

bool api_session_end_one_write(struct call *call, struct db_conn *conn)
{
    const struct session_seen *seen = call->state;
    struct audit_pair pairs[] = {
        { "what", STR("ended") },
        { "person", uuid_format(call->scope, seen->user) },
    };
    call->request->response.status = 204;
    who_ended(call->api, conn, seen->user);
    return call_audit(call, conn, "logout", (struct uuid){ { 0 } }, pairs, 2) &&
           session_seen_end(call->scope, conn, seen->id);
}
