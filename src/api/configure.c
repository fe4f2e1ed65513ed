/*
 * Changing the configuration. A change is laid over the definition as it stands
 * inside the transaction, so that two people changing different things of one
 * object lose nothing; engine_configure checks the whole and makes it current.
 */
#include "api/inner.h"
#include "engine/job.h"
#include "engine/life.h"

bool api_configure_check(struct call *call)
{
    return call_body_map(call);
}

/* ---- the definition as it stands ---- */

bool config_body_load(struct call *call, struct db_conn *conn, const char *kind, struct str name,
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
void config_overlay(struct scope *scope, struct json *map, const struct json *change)
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
    /* A copy: the snapshot that a name may stand in is gone when the answer is made. */
    *kept = scope_copy(call->scope, json_text(body, "name").size > 0 ? json_text(body, "name")
                                                                      : name);
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
    if (!config_body_load(call, conn, kind, call->captures[0], &body)) return false;
    config_overlay(call->scope, &body, &call->body);
    return config_put(call, conn, kind, call->captures[0], &body);
}

bool config_delete(struct call *call, struct db_conn *conn, const char *kind)
{
    call->request->response.status = 204;
    return engine_unconfigure(call->scope, conn, &call->context, str_of(kind), call->captures[0]);
}

/* Kinds that the schema only keeps: the name is the key and does not change. */
bool plain_change(struct call *call, struct db_conn *conn, const char *kind)
{
    struct json body;
    if (!config_body_load(call, conn, kind, call->captures[0], &body)) return false;
    config_overlay(call->scope, &body, &call->body);
    json_set(call->scope, &body, STR("name"), json_of_text(call->captures[0]));
    if (!config_put(call, conn, kind, call->captures[0], &body)) return false;
    json_put_tree(&call->out, &body);
    return true;
}

bool plain_create(struct call *call, struct db_conn *conn, const char *kind)
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

/* "field_order": names, first to last; fields not named follow in the order they had. */
static void fields_order(struct scope *scope, struct json *body, const struct json *names)
{
    const struct json *fields = json_get(body, "fields");
    int count = fields ? fields->count : 0;
    struct json list = { .kind = JSON_KIND_LIST,
                         .items = scope_new(scope, struct json, count + 1) };
    bool *is_placed = scope_new(scope, bool, count + 1);
    for (int i = 0; i < names->count; i++) {
        for (int k = 0; k < count; k++) {
            bool is_it = !is_placed[k] &&
                         str_equal(json_text(&fields->items[k], "name"), names->items[i].text);
            if (!is_it) continue;
            is_placed[k] = true;
            list.items[list.count++] = fields->items[k];
        }
    }
    for (int k = 0; k < count; k++) {
        if (!is_placed[k]) list.items[list.count++] = fields->items[k];
    }
    json_set(scope, body, STR("fields"), list);
}

/* "title_field": the field that names a record from now on, and no other does. */
static bool title_move(struct call *call, struct json *body, struct str name)
{
    const struct object *object = schema_object(call->snapshot->schema, call->captures[0]);
    const struct json *fields = json_get(body, "fields");
    int count = fields ? fields->count : 0;
    struct json list = { .kind = JSON_KIND_LIST, .count = count,
                         .items = scope_new(call->scope, struct json, count + 1) };
    bool is_found = false;
    if (object && object->title && str_equal(object->title->name, name)) return true;
    for (int i = 0; i < count; i++) {
        list.items[i] = fields->items[i];
        json_unset(call->scope, &list.items[i], STR("title"));
        if (!str_equal(json_text(&list.items[i], "name"), name)) continue;
        json_set(call->scope, &list.items[i], STR("title"),
                 (struct json){ .kind = JSON_KIND_BOOL, .boolean = true });
        is_found = true;
    }
    if (!is_found) {
        error_set(call->scope, ERROR_INVALID, "field.not_choice", STR("title_field"));
        return error_arg(call->scope, "value", name);
    }
    json_set(call->scope, body, STR("fields"), list);
    return true;
}

bool api_object_change(struct call *call, struct db_conn *conn)
{
    struct json body;
    const struct json *order = json_get(&call->body, "field_order");
    struct str title = json_text(&call->body, "title_field");
    bool has_fields = json_get(&call->body, "fields") != NULL; /* which say it themselves */
    if (!config_body_load(call, conn, "object", call->captures[0], &body)) return false;
    config_overlay(call->scope, &body, &call->body);
    json_unset(call->scope, &body, STR("field_order"));
    if (order && order->kind == JSON_KIND_LIST) fields_order(call->scope, &body, order);
    if (title.size > 0 && !has_fields && !title_move(call, &body, title)) return false;
    return config_put(call, conn, "object", call->captures[0], &body);
}

bool api_object_delete(struct call *call, struct db_conn *conn)
{
    return config_delete(call, conn, "object");
}

/* ---- fields: members of the object's list ---- */

static bool fields_load(struct call *call, struct db_conn *conn, struct json *body,
                        struct json *fields)
{
    if (!config_body_load(call, conn, "object", call->captures[0], body)) return false;
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

/* Another type is another column: at once where there are few records, else by a job. */
static bool field_retype(struct call *call, struct db_conn *conn, bool *is_done)
{
    struct str type = json_text(&call->body, "type");
    const struct object *object = schema_object(call->snapshot->schema, call->captures[0]);
    const struct field *field = object ? object_field(object, call->captures[1]) : NULL;
    bool is_same = !field || type.size == 0 || str_is(type, field->type->name) ||
                   field->formula_source.size > 0 || field->id < 0;
    int64_t job = 0;
    *is_done = !is_same;
    if (is_same) return true;
    if (!engine_retype(call->scope, conn, &call->context, object, field, &call->body,
                       json_bool(&call->body, "lossy", false), &job)) {
        return false;
    }
    struct str *kept = scope_new(call->scope, struct str, 1);
    *kept = scope_copy(call->scope, object->name);
    call->state = kept;
    if (job == 0) return true;
    call->request->response.status = 202;
    call->job = job;
    return true;
}

bool api_field_change(struct call *call, struct db_conn *conn)
{
    struct json body, fields;
    bool is_done = false;
    if (!field_retype(call, conn, &is_done)) return false;
    if (is_done) return true;
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
    config_overlay(call->scope, &fields.items[at], &call->body);
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

/* ---- pipelines, rules ---- */

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

/* ---- what a change would do ---- */

enum { PLAN_CHANGE_COUNT_MAX = 200 };

/* "object.field": the object with this field changed, added or (body null) taken away. */
static bool plan_field(struct call *call, struct db_conn *conn, const struct json *change,
                       struct schema_part *part)
{
    struct str name = json_text(change, "name");
    size_t dot = str_find(name, STR("."));
    const struct json *body = json_get(change, "body");
    struct json fields = { .kind = JSON_KIND_LIST };
    if (dot == SIZE_MAX) return error_set(call->scope, ERROR_INVALID, "schema.name", STR("name"));
    part->kind = STR("object");
    part->name = str_slice(name, 0, dot);
    if (!config_body_load(call, conn, "object", part->name, &part->body)) return false;
    const struct json *list = json_get(&part->body, "fields");
    int at = list ? field_index(list, str_slice(name, dot + 1, name.size)) : -1;
    bool is_drop = !body || body->kind != JSON_KIND_MAP;
    int count = list ? list->count : 0;
    fields.items = scope_new(call->scope, struct json, count + 1);
    for (int i = 0; i < count; i++) {
        if (i == at && is_drop) continue;
        fields.items[fields.count] = list->items[i];
        if (i == at) config_overlay(call->scope, &fields.items[fields.count], body);
        fields.count += 1;
    }
    if (at < 0 && !is_drop) fields.items[fields.count++] = *body;
    json_set(call->scope, &part->body, STR("fields"), fields);
    return true;
}

/* The shape of a body of the kind, as its own route has it; "": any. */
static const char *shape_of(struct str kind)
{
    static const char *const shapes[][2] = {
        { "object", "Object" }, { "field", "Field" },       { "pipeline", "Pipeline" },
        { "rule", "Rule" },     { "calendar", "Calendar" }, { "calendar_days", "CalendarDays" },
        { "role", "Role" },     { "layout", "Layout" },
    };
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        if (str_is(kind, shapes[i][0])) return shapes[i][1];
    }
    return "";
}

static bool plan_part(struct call *call, struct db_conn *conn, const struct json *change,
                      struct schema_part *part)
{
    const struct json *body = json_get(change, "body");
    *part = (struct schema_part){ .kind = json_text(change, "kind"),
                                  .name = json_text(change, "name") };
    if (part->kind.size == 0 || part->name.size == 0) {
        return error_set(call->scope, ERROR_INVALID, "schema.name", STR("name"));
    }
    if (body && !shape_check(call->scope, shape_of(part->kind), body)) return false;
    if (str_is(part->kind, "field")) return plan_field(call, conn, change, part);
    if (str_is(part->kind, "calendar_days") && body) {
        part->kind = STR("calendar");
        return config_body_load(call, conn, "calendar", part->name, &part->body) &&
               calendar_days_apply(call, body, &part->body);
    }
    if (!body || body->kind != JSON_KIND_MAP) return true; /* taken away */
    struct str kind = scope_copy(call->scope, part->kind);
    bool has_old = false;
    if (!is_there(call, conn, kind.data, part->name, &has_old)) return false;
    if (!has_old) {
        part->body = *body;
        return true;
    }
    if (!config_body_load(call, conn, kind.data, part->name, &part->body)) return false;
    config_overlay(call->scope, &part->body, body);
    return true;
}

bool api_config_plan(struct call *call, struct db_conn *conn)
{
    const struct json *changes = json_get(&call->body, "changes");
    bool is_list = changes && changes->kind == JSON_KIND_LIST;
    int count = is_list ? changes->count : 1;
    if (count > PLAN_CHANGE_COUNT_MAX) {
        return error_set(call->scope, ERROR_TOO_LARGE, "schema.too_many", STR("changes"));
    }
    struct schema_part *parts = scope_new(call->scope, struct schema_part, count + 1);
    for (int i = 0; i < count; i++) {
        if (!plan_part(call, conn, is_list ? &changes->items[i] : &call->body, &parts[i])) {
            return false;
        }
    }
    return engine_plan(call->scope, conn, &call->context, parts, count, &call->out);
}
