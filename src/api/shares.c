/* Records shared with people and teams, and why somebody may see one or not. */
#include "api/inner.h"

#include <string.h>

enum share_column { SHARE_ID, SHARE_PERSON, SHARE_TEAM, SHARE_LEVEL, SHARE_UNTIL, SHARE_BY,
                    SHARE_AT, SHARE_PERSON_NAME, SHARE_TEAM_NAME, SHARE_BY_NAME };

#define SHARE_SELECT                                                                          \
    "SELECT s.id, s.person, s.team, s.level, s.until, s.created_by, s.created_at, p.name, "   \
    "t.name, b.name FROM share AS s LEFT JOIN \"user\" AS p ON p.id = s.person "              \
    "LEFT JOIN \"team\" AS t ON t.id = s.team LEFT JOIN \"user\" AS b ON b.id = s.created_by "

static void put_share(struct call *call, const struct cell *cells, bool can_share)
{
    struct json_writer *out = &call->out;
    bool is_person = cells[SHARE_PERSON].kind == CELL_BLOB;
    bool is_mine = uuid_equal(cell_uuid(&cells[SHARE_BY]), call->context.actor.user);
    json_map_begin(out);
    member_id(out, "id", &cells[SHARE_ID]);
    member_id(out, is_person ? "person" : "team", &cells[is_person ? SHARE_PERSON : SHARE_TEAM]);
    member_text(out, "name", &cells[is_person ? SHARE_PERSON_NAME : SHARE_TEAM_NAME]);
    json_member_str(out, "level",
                    str_of(share_level_name((enum share_level)cells[SHARE_LEVEL].integer)));
    member_time(out, "until", &cells[SHARE_UNTIL]);
    member_id(out, "by", &cells[SHARE_BY]);
    member_text(out, "by_name", &cells[SHARE_BY_NAME]);
    member_time(out, "at", &cells[SHARE_AT]);
    json_member_bool(out, "can_remove", can_share || is_mine);
    json_map_end(out);
}

/* The record of the path, which the person can see. */
static bool record_find(struct call *call)
{
    struct record record;
    return call_object(call) && call_capture_id(call, 1, &call->id) &&
           record_load(call->scope, call->conn, &call->records, call->object, call->id,
                       ACTION_READ, &record);
}

bool api_shares(struct call *call)
{
    struct rows rows;
    if (!record_find(call)) return false;
    bool can_share = engine_may_share(call->scope, call->conn, &call->context, call->object,
                                      call->id);
    if (!can_share && call->scope->error.code == ERROR_STORAGE) return false;
    scope_error_clear(call->scope);
    struct cell args[] = { cell_id(call->scope, call->id), cell_int(call->context.now_ms) };
    if (!db_all(call->scope, call->conn,
                STR(SHARE_SELECT "WHERE s.record = ? AND (s.until IS NULL OR s.until > ?) "
                                 "ORDER BY s.created_at, s.id"),
                args, 2, SHARE_COUNT_MAX, &rows)) {
        return false;
    }
    list_begin(call);
    for (int i = 0; i < rows.count; i++) put_share(call, rows.items[i].cells, can_share);
    json_list_end(&call->out);
    json_member_bool(&call->out, "can_share", can_share);
    json_map_end(&call->out);
    return true;
}

/* ---- giving and taking back ---- */

static bool read_id(struct call *call, const char *name, struct uuid *out)
{
    struct str text;
    *out = (struct uuid){ { 0 } };
    if (!call_text(call, name, false, &text)) return false;
    if (text.size == 0 || uuid_parse(text, out)) return true;
    return error_set(call->scope, ERROR_INVALID, "field.not_id", str_of(name));
}

bool api_share_create(struct call *call)
{
    struct share *share = scope_new(call->scope, struct share, 1);
    struct str level;
    const struct json *until = NULL;
    call->state = share;
    if (!record_find(call) || !call_body_map(call) || !read_id(call, "person", &share->person) ||
        !read_id(call, "team", &share->team) || !call_text(call, "level", true, &level)) {
        return false;
    }
    if (!share_level_read(level, &share->level)) {
        error_set(call->scope, ERROR_INVALID, "share.level", STR("level"));
        return error_arg(call->scope, "value", level);
    }
    until = json_get(&call->body, "until");
    return !until || until->kind == JSON_KIND_NULL || call_time(call, "until", &share->until_ms);
}

bool api_share_create_write(struct call *call, struct db_conn *conn)
{
    struct share *share = call->state;
    struct row row;
    if (!engine_share(call->scope, conn, &call->context, call->object, call->id, share)) {
        return false;
    }
    struct cell id = cell_id(call->scope, share->id);
    if (!db_one(call->scope, conn, STR(SHARE_SELECT "WHERE s.id = ?"), &id, 1, &row)) {
        return false;
    }
    call->request->response.status = 201;
    put_share(call, row.cells, true);
    return true;
}

bool api_share_delete(struct call *call)
{
    struct uuid *id = scope_new(call->scope, struct uuid, 1);
    call->state = id;
    return record_find(call) && call_capture_id(call, 2, id);
}

bool api_share_delete_write(struct call *call, struct db_conn *conn)
{
    call->request->response.status = 204;
    return engine_unshare(call->scope, conn, &call->context, call->object, call->id,
                          *(const struct uuid *)call->state);
}

/* ---- why ---- */

/* Of somebody else only for who manages people or configures, and can see both. */
static bool subject_load(struct call *call, struct str person, struct actor *out)
{
    const struct object *user = call->snapshot->access->user;
    struct record record;
    struct uuid id;
    *out = call->context.actor;
    if (person.size == 0) return true;
    if (!uuid_parse(person, &id)) {
        return error_set(call->scope, ERROR_INVALID, "field.not_id", STR("person"));
    }
    if (uuid_equal(id, out->user)) return true;
    if (!call_has_right(call, RIGHT_MANAGE_PEOPLE) && !call_has_right(call, RIGHT_CONFIGURE)) {
        return error_set(call->scope, ERROR_DENIED, "access.denied", STR(""));
    }
    bool is_ok = record_load(call->scope, call->conn, &call->records, user, id, ACTION_READ,
                             &record) &&
                 actor_load(call->scope, call->conn, call->snapshot->access, id,
                            call->context.now_ms, out);
    if (is_ok || call->scope->error.code == ERROR_STORAGE) return is_ok;
    scope_error_clear(call->scope);
    return error_set(call->scope, ERROR_INVALID, "field.not_reference", STR("person"));
}

static bool put_why(struct call *call, const struct actor *subject, const char *name,
                    enum access_action action, bool is_blind)
{
    struct json_writer *out = &call->out;
    struct why why;
    if (!access_why(call->scope, call->conn, call->snapshot->access, &call->context.actor,
                    subject, call->context.now_ms, call->object, call->id, action, is_blind,
                    &why)) {
        return false;
    }
    json_map_begin(out);
    json_member_str(out, "action", str_of(name));
    json_member_bool(out, "allowed", why.is_allowed);
    json_key(out, STR("because"));
    json_list_begin(out);
    for (int i = 0; i < why.line_count; i++) json_put_str(out, why.lines[i]);
    json_list_end(out);
    json_map_end(out);
    return true;
}

bool api_why(struct call *call)
{
    struct json_writer *out = &call->out;
    struct actor subject;
    struct record record;
    struct str person;
    if (!call_object(call) || !call_capture_id(call, 1, &call->id) ||
        !call_param(call, "person", &person) || !subject_load(call, person, &subject)) {
        return false;
    }
    if (call->object->is_builtin) {
        return error_set(call->scope, ERROR_INVALID, "share.object", STR(""));
    }
    bool is_seen = record_load(call->scope, call->conn, &call->records, call->object, call->id,
                               ACTION_READ, &record);
    bool is_self = uuid_equal(subject.user, call->context.actor.user);
    if (!is_seen && (!is_self || call->scope->error.code != ERROR_NOT_FOUND)) return false;
    scope_error_clear(call->scope);
    json_map_begin(out);
    json_key(out, STR("person"));
    json_put_id(out, subject.user);
    json_member_str(out, "name", subject.name);
    json_member_str(out, "role", subject.role->name);
    member_label(out, "role_label", subject.role->label);
    json_key(out, STR("items"));
    json_list_begin(out);
    bool is_ok = put_why(call, &subject, "read", ACTION_READ, !is_seen) &&
                 put_why(call, &subject, "update", ACTION_UPDATE, !is_seen) &&
                 put_why(call, &subject, "delete", ACTION_DELETE, !is_seen) &&
                 put_why(call, &subject, "export", ACTION_EXPORT, !is_seen);
    json_list_end(out);
    json_map_end(out);
    return is_ok;
}
