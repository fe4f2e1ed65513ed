/*
 * Changing the configuration. A change is laid over the definition as it stands
 * inside the transaction, so that two people changing different things of one
 * object lose nothing; engine_configure checks the whole and makes it current.
 */
#include "api/inner.h"

bool api_configure_check(struct call *call)
{
    return call_body_map(call);
}

/* ---- the definition as it stands ---- */

static bool body_load(struct call *call, struct db_conn *conn, const char *kind, struct str name,
                      struct json *out)
{
    struct cell args[] = { cell_text(str_of(kind)), cell_text(name) };
    struct row row;
    if (!db_one(call->scope, conn, STR("SELECT body FROM config WHERE kind = ? AND name = ?"),
                args, 2, &row)) {
        return false;
    }
    if (row.count > 0) return json_read(call->scope, row.cells[0].text, out);
    const struct object *object = schema_object(call->snapshot->schema, name);
    if (strcmp(kind, "object") == 0 && object && !object->is_builtin) {
        /* user and team before anybody has added to them */
        *out = (struct json){ .kind = JSON_KIND_MAP };
        json_set(call->scope, out, STR("name"), json_of_text(name));
        return true;
    }
    return error_set(call->scope, ERROR_NOT_FOUND, "config.not_found", STR(""));
}

static bool is_there(struct call *call, struct db_conn *conn, const char *kind, struct str name,
                     bool *out)
{
    struct cell args[] = { cell_text(str_of(kind)), cell_text(name) };
    struct row row;
    if (!db_one(call->scope, conn, STR("SELECT 1 FROM config WHERE kind = ? AND name = ?"), args,
                2, &row)) {
        return false;
    }
    *out = row.count > 0 || (strcmp(kind, "object") == 0 &&
                             schema_object(call->snapshot->schema, name) != NULL);
    return true;
}

/* What is given replaces what was; null takes it away. */
static void overlay(struct scope *scope, struct json *map, const struct json *change)
{
    for (int i = 0; i < change->count; i++) {
        if (str_is(change->names[i], "id")) continue;
        if (change->items[i].kind == JSON_KIND_NULL) {
            json_unset(scope, map, change->names[i]);
        } else {
            json_set(scope, map, change->names[i], change->items[i]);
        }
    }
}

static bool config_put(struct call *call, struct db_conn *conn, const char *kind, struct str name,
                       const struct json *body)
{
    struct schema_part part = { .kind = str_of(kind), .name = name, .body = *body };
    struct str *kept = scope_new(call->scope, struct str, 1);
    *kept = json_text(body, "name").size > 0 ? json_text(body, "name") : name;
    call->state = kept;
    return engine_configure(call->scope, conn, &call->context, &part, 1);
}

static bool config_create(struct call *call, struct db_conn *conn, const char *kind)
{
    struct str name;
    bool is_taken = false;
    if (!call_text(call, "name", true, &name) || !is_there(call, conn, kind, name, &is_taken)) {
        return false;
    }
    if (is_taken) return error_set(call->scope, ERROR_CONFLICT, "schema.duplicate", STR("name"));
    call->request->response.status = 201;
    return config_put(call, conn, kind, name, &call->body);
}

static bool config_change(struct call *call, struct db_conn *conn, const char *kind)
{
    struct json body;
    if (!body_load(call, conn, kind, call->captures[0], &body)) return false;
    overlay(call->scope, &body, &call->body);
    return config_put(call, conn, kind, call->captures[0], &body);
}

static bool config_delete(struct call *call, struct db_conn *conn, const char *kind)
{
    call->request->response.status = 204;
    return engine_unconfigure(call->scope, conn, &call->context, str_of(kind), call->captures[0]);
}

/* Kinds that the schema only keeps: the name is the key and does not change. */
static bool plain_change(struct call *call, struct db_conn *conn, const char *kind)
{
    struct json body;
    if (!body_load(call, conn, kind, call->captures[0], &body)) return false;
    overlay(call->scope, &body, &call->body);
    json_set(call->scope, &body, STR("name"), json_of_text(call->captures[0]));
    if (!config_put(call, conn, kind, call->captures[0], &body)) return false;
    json_put_tree(&call->out, &body);
    return true;
}

static bool plain_create(struct call *call, struct db_conn *conn, const char *kind)
{
    if (!config_create(call, conn, kind)) return false;
    json_put_tree(&call->out, &call->body);
    return true;
}

/* ---- objects ---- */

bool api_object_create(struct call *call, struct db_conn *conn)
{
    return config_create(call, conn, "object");
}

bool api_object_change(struct call *call, struct db_conn *conn)
{
    return config_change(call, conn, "object");
}

bool api_object_delete(struct call *call, struct db_conn *conn)
{
    return config_delete(call, conn, "object");
}

/* ---- fields: members of the object's list ---- */

static bool fields_load(struct call *call, struct db_conn *conn, struct json *body,
                        struct json *fields)
{
    if (!body_load(call, conn, "object", call->captures[0], body)) return false;
    const struct json *list = json_get(body, "fields");
    int count = list && list->kind == JSON_KIND_LIST ? list->count : 0;
    *fields = (struct json){ .kind = JSON_KIND_LIST,
                             .items = scope_new(call->scope, struct json, count + 1) };
    for (int i = 0; i < count; i++) fields->items[fields->count++] = list->items[i];
    return true;
}

static bool fields_store(struct call *call, struct db_conn *conn, struct json *body,
                         const struct json *fields)
{
    json_set(call->scope, body, STR("fields"), *fields);
    return config_put(call, conn, "object", call->captures[0], body);
}

static int field_index(const struct json *fields, struct str name)
{
    for (int i = 0; i < fields->count; i++) {
        if (str_equal(json_text(&fields->items[i], "name"), name)) return i;
    }
    return -1;
}

bool api_field_create(struct call *call, struct db_conn *conn)
{
    struct json body, fields;
    struct str name;
    if (!call_text(call, "name", true, &name) || !fields_load(call, conn, &body, &fields)) {
        return false;
    }
    if (field_index(&fields, name) >= 0) {
        return error_set(call->scope, ERROR_CONFLICT, "schema.duplicate", STR("name"));
    }
    fields.items[fields.count++] = call->body;
    call->request->response.status = 201;
    return fields_store(call, conn, &body, &fields);
}

bool api_field_change(struct call *call, struct db_conn *conn)
{
    struct json body, fields;
    if (!fields_load(call, conn, &body, &fields)) return false;
    int at = field_index(&fields, call->captures[1]);
    if (at < 0) {
        /* A field of the engine's own (user, team) may get another label. */
        const struct object *object = schema_object(call->snapshot->schema, call->captures[0]);
        if (!object || !object_field(object, call->captures[1])) {
            return error_set(call->scope, ERROR_NOT_FOUND, "config.not_found", STR(""));
        }
        at = fields.count++;
        fields.items[at] = (struct json){ .kind = JSON_KIND_MAP };
        json_set(call->scope, &fields.items[at], STR("name"), json_of_text(call->captures[1]));
    }
    overlay(call->scope, &fields.items[at], &call->body);
    return fields_store(call, conn, &body, &fields);
}

bool api_field_delete(struct call *call, struct db_conn *conn)
{
    struct json body, fields;
    if (!fields_load(call, conn, &body, &fields)) return false;
    int at = field_index(&fields, call->captures[1]);
    if (at < 0) return error_set(call->scope, ERROR_NOT_FOUND, "config.not_found", STR(""));
    for (int i = at; i + 1 < fields.count; i++) fields.items[i] = fields.items[i + 1];
    fields.count -= 1;
    call->request->response.status = 204;
    return fields_store(call, conn, &body, &fields);
}

/* ---- pipelines, rules, roles ---- */

bool api_pipeline_create(struct call *call, struct db_conn *conn)
{
    return config_create(call, conn, "pipeline");
}

bool api_pipeline_change(struct call *call, struct db_conn *conn)
{
    return config_change(call, conn, "pipeline");
}

bool api_pipeline_delete(struct call *call, struct db_conn *conn)
{
    return config_delete(call, conn, "pipeline");
}

bool api_rule_create(struct call *call, struct db_conn *conn)
{
    return plain_create(call, conn, "rule");
}

bool api_rule_change(struct call *call, struct db_conn *conn)
{
    return plain_change(call, conn, "rule");
}

bool api_rule_delete(struct call *call, struct db_conn *conn)
{
    return config_delete(call, conn, "rule");
}

/*
 * A role decides about everybody, so changing one needs both rights, and nobody
 * gives a role what they may not do themselves.
 */
static bool role_check(struct call *call)
{
    static const struct {
        const char *name;
        enum access_right right;
    } rights[] = {
        { "configure", RIGHT_CONFIGURE },   { "manage_people", RIGHT_MANAGE_PEOPLE },
        { "skip_stage", RIGHT_SKIP_STAGE }, { "import_history", RIGHT_IMPORT_HISTORY },
        { "intervene", RIGHT_INTERVENE },   { "audit", RIGHT_AUDIT },
    };
    const struct json *can = json_get(&call->body, "can");
    bool is_allowed = call_has_right(call, RIGHT_MANAGE_PEOPLE);
    for (int i = 0; is_allowed && can && i < can->count; i++) {
        for (size_t r = 0; r < sizeof(rights) / sizeof(rights[0]); r++) {
            if (!str_is(can->items[i].text, rights[r].name)) continue;
            is_allowed = is_allowed && call_has_right(call, rights[r].right);
        }
    }
    if (is_allowed && str_is(call->captures[0], "admin")) is_allowed = call_is_admin(call);
    return is_allowed || error_set(call->scope, ERROR_DENIED, "access.denied", STR(""));
}

bool api_role_create(struct call *call, struct db_conn *conn)
{
    return role_check(call) && plain_create(call, conn, "role");
}

bool api_role_change(struct call *call, struct db_conn *conn)
{
    return role_check(call) && plain_change(call, conn, "role");
}

bool api_role_delete(struct call *call, struct db_conn *conn)
{
    struct cell name = cell_text(call->captures[0]);
    struct row row;
    if (!role_check(call) ||
        !db_one(call->scope, conn,
                STR("SELECT 1 FROM \"user\" AS u JOIN config AS c ON c.id = u.role AND "
                    "c.kind = 'role' WHERE c.name = ? AND u.deleted_at IS NULL LIMIT 1"),
                &name, 1, &row)) {
        return false;
    }
    if (row.count > 0) {
        return error_set(call->scope, ERROR_CONFLICT, "role.in_use", STR("name"));
    }
    return config_delete(call, conn, "role");
}
