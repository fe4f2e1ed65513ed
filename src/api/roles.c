/*
 * Roles: what there is, changing them, and what somebody would see with one. Whether the
 * person may give what they give is the engine's to say (engine/roles.c).
 */
#include "api/inner.h"

enum { COUNT_CAP = 10000, NAME_COUNT_MAX = 3, HOLDER_COUNT_MAX = 2000 };

/* Names and labels for pickers; the grants are for those who may set them. */
bool api_roles(struct call *call)
{
    const struct access *access = call->snapshot->access;
    if (call_etag_schema(call)) return true;
    if (call_has_right(call, RIGHT_CONFIGURE)) {
        put_configs(call, "role");
        return true;
    }
    list_begin(call);
    for (int i = 0; i < access->role_count; i++) {
        json_map_begin(&call->out);
        json_member_str(&call->out, "name", access->roles[i].name);
        member_label(&call->out, "label", access->roles[i].label);
        json_map_end(&call->out);
    }
    list_end(call);
    return true;
}

/* ---- changing ---- */

static bool may_change(struct call *call)
{
    return call_has_right(call, RIGHT_MANAGE_PEOPLE) ||
           error_set(call->scope, ERROR_DENIED, "access.denied", STR(""));
}

/* The formula an error is about, "role.grants.object.action", so that its place can be told. */
static bool blame(struct call *call, bool is_ok)
{
    struct error_item *item = is_ok ? NULL : error_last(call->scope);
    if (!item || str_find(str_of(item->key), STR("formula.")) != 0) return is_ok;
    const struct json *at = &call->body;
    struct str rest = item->field, part;
    if (!str_split(&rest, '.', &part)) return is_ok; /* the role itself */
    while (at && str_split(&rest, '.', &part)) {
        at = json_get(at, scope_copy(call->scope, part).data);
    }
    call->source = json_text(at, "formula");
    return is_ok;
}

bool api_role_create(struct call *call, struct db_conn *conn)
{
    return may_change(call) && blame(call, plain_create(call, conn, "role"));
}

bool api_role_change(struct call *call, struct db_conn *conn)
{
    return may_change(call) && blame(call, plain_change(call, conn, "role"));
}

/* ---- removing ---- */

static bool holders_load(struct call *call, struct db_conn *conn, int role, struct rows *out)
{
    struct cell id = cell_int(role);
    return db_all(call->scope, conn,
                  STR("SELECT id, name FROM \"user\" WHERE role = ? AND deleted_at IS NULL "
                      "ORDER BY name, id LIMIT 2000"),
                  &id, 1, HOLDER_COUNT_MAX, out);
}

static bool refuse_held(struct call *call, const struct rows *holders)
{
    struct buf names;
    buf_begin(&names, call->scope, 1024);
    for (int i = 0; i < holders->count && i < NAME_COUNT_MAX; i++) {
        if (i > 0) buf_put(&names, STR(", "));
        buf_put(&names, holders->items[i].cells[1].text);
    }
    if (holders->count > NAME_COUNT_MAX) buf_put(&names, STR(" …"));
    error_set(call->scope, ERROR_CONFLICT, "role.in_use", STR("name"));
    error_arg(call->scope, "count", scope_format(call->scope, "%d", holders->count));
    return error_arg(call->scope, "names", buf_str(&names));
}

/* Each through the door of all writes, so that their history says so. */
static bool hand_over(struct call *call, struct db_conn *conn, const struct rows *holders,
                      const struct role *heir)
{
    const struct object *user = call->snapshot->access->user;
    struct change change = { object_field(user, STR("role")), cell_int(heir->id) };
    struct engine_context context = call->context;
    context.actor.role = NULL; /* what one's own role grants on people plays no part */
    for (int i = 0; i < holders->count; i++) {
        struct write write = { .verb = WRITE_UPDATE, .object = user,
                               .id = cell_uuid(&holders->items[i].cells[0]),
                               .changes = { &change, 1 } };
        struct record record;
        if (!engine_people_check(call->scope, conn, &call->context, user, write.id,
                                 &write.changes) ||
            !engine_write(call->scope, conn, &context, &write, &record, NULL)) {
            return false;
        }
    }
    if (holders->count > 0) who_forget_after(call->api, conn);
    return true;
}

bool api_role_delete(struct call *call, struct db_conn *conn)
{
    const struct access *access = call->snapshot->access;
    const struct role *role = access_role(access, call->captures[0]);
    struct rows holders = { .count = 0 };
    struct str to;
    if (!may_change(call) || !call_param(call, "to", &to)) return false;
    if (!role) return error_set(call->scope, ERROR_NOT_FOUND, "config.not_found", STR(""));
    const struct role *heir = to.size > 0 ? access_role(access, to) : NULL;
    if (to.size > 0 && (!heir || heir == role)) {
        error_set(call->scope, ERROR_INVALID, "field.not_choice", STR("to"));
        return error_arg(call->scope, "value", to);
    }
    if (!holders_load(call, conn, role->id, &holders)) return false;
    if (holders.count > 0 && !heir) return refuse_held(call, &holders);
    who_forget_after(call->api, conn); /* its keys are gone with it */
    return (!heir || hand_over(call, conn, &holders, heir)) && config_delete(call, conn, "role");
}

/* ---- as somebody with the role would see it ---- */

static bool count_seen(struct call *call, const struct object *object, const struct actor *actor,
                       int64_t *out)
{
    struct sql sql;
    struct row row;
    sql_begin(&sql, call->scope);
    sql_put(&sql, STR("SELECT COUNT(*) FROM (SELECT 1 FROM "));
    sql_name(&sql, object->table);
    sql_put(&sql, STR(" AS t WHERE t.deleted_at IS NULL AND "));
    access_put(&sql, call->snapshot->access, actor, call->context.now_ms, object, ACTION_READ,
               STR("t"));
    sql_putf(&sql, " LIMIT %d) AS counted", COUNT_CAP);
    if (!sql_one(call->scope, call->conn, &sql, &row)) return false;
    *out = row.cells[0].integer;
    return true;
}

static void put_modes(struct call *call, const struct object *object, const struct actor *actor)
{
    const struct access *access = call->snapshot->access;
    json_key(&call->out, STR("fields"));
    json_list_begin(&call->out);
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        if (field->is_hidden || field->id == FIELD_ID || field->id == FIELD_VERSION) continue;
        json_map_begin(&call->out);
        json_member_str(&call->out, "name", field->name);
        json_member_str(&call->out, "mode",
                        str_of(access_mode_name(
                            access_field_mode(access, actor, object, field))));
        json_map_end(&call->out);
    }
    json_list_end(&call->out);
}

static bool put_seen(struct call *call, const struct object *object, const struct actor *actor,
                     bool has_person)
{
    const struct access *access = call->snapshot->access;
    struct actor all = actor_system();
    int64_t count = 0, total = 0;
    json_map_begin(&call->out);
    json_member_str(&call->out, "name", object->name);
    json_key(&call->out, STR("actions"));
    json_map_begin(&call->out);
    for (int i = 0; i < ACTION_COUNT; i++) {
        enum access_action action = (enum access_action)i;
        json_member_str(&call->out, access_action_name(action),
                        str_of(access_scope_name(access_scope(access, actor, object, action))));
    }
    json_map_end(&call->out);
    if (has_person) {
        if (!count_seen(call, object, actor, &count) || !count_seen(call, object, &all, &total)) {
            return false;
        }
        json_member_int(&call->out, "count", count);
        json_member_int(&call->out, "total", total);
    }
    put_modes(call, object, actor);
    json_map_end(&call->out);
    return true;
}

/* person=ID: as they would see it with this role, with their own team and region. */
static bool preview_actor(struct call *call, const struct role *role, struct actor *out,
                          bool *has_person)
{
    struct str text;
    struct uuid person;
    if (!call_param(call, "person", &text)) return false;
    *has_person = text.size > 0;
    *out = (struct actor){ .role = role };
    if (!*has_person) return true;
    if (!uuid_parse(text, &person)) {
        return error_set(call->scope, ERROR_INVALID, "field.not_id", STR("person"));
    }
    if (actor_load_as(call->scope, call->conn, call->snapshot->access, person, role,
                      call->context.now_ms, out)) {
        return true;
    }
    if (call->scope->error.code != ERROR_UNAUTHENTICATED) return false;
    scope_error_clear(call->scope);
    return error_set(call->scope, ERROR_INVALID, "field.not_reference", STR("person"));
}

bool api_role_preview(struct call *call)
{
    const struct access *access = call->snapshot->access;
    const struct role *role = access_role(access, call->captures[0]);
    struct actor actor;
    bool has_person;
    if (!may_change(call)) return false;
    if (!role) return error_set(call->scope, ERROR_NOT_FOUND, "config.not_found", STR(""));
    if (!preview_actor(call, role, &actor, &has_person)) return false;
    list_begin(call);
    for (int i = 0; i < access->schema->object_count; i++) {
        const struct object *object = &access->schema->objects[i];
        if (!object->is_builtin && !put_seen(call, object, &actor, has_person)) return false;
    }
    list_end(call);
    return true;
}
