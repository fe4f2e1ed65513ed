/*
 * Layouts: how a record of an object is laid out on its page and in its forms. One per
 * object for everybody, others for some roles; configuration of kind "layout", so that
 * packs ship them. What one names is looked up when it is kept; a field that is
 * removed later is passed over where the layout is shown.
 */
#include "api/inner.h"
#include "engine/pack.h"

enum { SECTION_COUNT_MAX = 40, FIELD_COUNT_MAX = 200 };

/* ---- checking ---- */

static bool wrong(struct call *call, const char *key, struct str field, struct str value)
{
    error_set(call->scope, ERROR_INVALID, key, field);
    return error_arg(call->scope, "value", value);
}

static bool is_text_list(struct call *call, const struct json *list, struct str field)
{
    bool is_good = !list || list->kind == JSON_KIND_LIST;
    for (int i = 0; is_good && list && i < list->count; i++) {
        is_good = list->items[i].kind == JSON_KIND_STR;
    }
    if (!is_good) return error_set(call->scope, ERROR_INVALID, "field.not_list", field);
    if (list && list->count > FIELD_COUNT_MAX) {
        error_set(call->scope, ERROR_INVALID, "field.too_large", field);
        return error_arg(call->scope, "max",
                         scope_format(call->scope, "%d", FIELD_COUNT_MAX));
    }
    return true;
}

static bool paths_check(struct call *call, const struct json *list, struct str field)
{
    if (!is_text_list(call, list, field)) return false;
    for (int i = 0; list && i < list->count; i++) {
        struct field_path path;
        if (field_path_parse(call->scope, call->object, list->items[i].text, &path)) continue;
        struct error_item *item = error_last(call->scope);
        if (item) item->field = field;
        return false;
    }
    return true;
}

/* What a new record can be given. */
static bool create_check(struct call *call, const struct json *list)
{
    if (!paths_check(call, list, STR("create"))) return false;
    for (int i = 0; list && i < list->count; i++) {
        const struct field *field = object_field(call->object, list->items[i].text);
        if (!field || (field->is_readonly && !field->is_system)) {
            return wrong(call, "field.not_choice", STR("create"), list->items[i].text);
        }
    }
    return true;
}

static bool related_check(struct call *call, const struct json *list)
{
    if (!is_text_list(call, list, STR("related"))) return false;
    for (int i = 0; list && i < list->count; i++) {
        if (object_relation(call->object, list->items[i].text)) continue;
        return wrong(call, "field.not_choice", STR("related"), list->items[i].text);
    }
    return true;
}

static bool condition_check(struct call *call, struct str source, struct str field)
{
    struct formula *formula = NULL;
    if (source.size == 0) return true;
    call->source = source;
    if (formula_compile(call->scope, call->snapshot->schema, call->object, source,
                        FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON, &formula) &&
        formula_expect(call->scope, formula, FORMULA_BOOLEAN)) {
        return true;
    }
    struct error_item *item = error_last(call->scope);
    if (item) item->field = field;
    return false;
}

static bool section_has(const struct json *sections, int count, struct str name)
{
    for (int i = 0; i < count; i++) {
        if (str_equal(json_text(&sections->items[i], "name"), name)) return true;
    }
    return false;
}

static bool section_check(struct call *call, const struct json *sections, int index)
{
    const struct json *section = &sections->items[index];
    struct str at = scope_format(call->scope, "sections[%d]", index);
    struct str name = json_text(section, "name");
    int64_t columns = json_int(section, "columns", 1);
    const struct json *label = json_get(section, "label");
    if (section->kind != JSON_KIND_MAP || name.size == 0 || !label ||
        json_text(label, "zh").size + json_text(label, "en").size == 0) {
        return error_set(call->scope, ERROR_INVALID, "field.required",
                         scope_format(call->scope, "%.*s.%s", STR_ARG(at),
                                      name.size == 0 ? "name" : "label"));
    }
    if (section_has(sections, index, name)) {
        return error_set(call->scope, ERROR_INVALID, "schema.duplicate",
                         scope_format(call->scope, "%.*s.name", STR_ARG(at)));
    }
    if (columns < 1 || columns > 2) {
        return wrong(call, "field.not_choice",
                     scope_format(call->scope, "%.*s.columns", STR_ARG(at)),
                     scope_format(call->scope, "%lld", (long long)columns));
    }
    return paths_check(call, json_get(section, "fields"),
                       scope_format(call->scope, "%.*s.fields", STR_ARG(at))) &&
           condition_check(call, json_text(section, "visible_if"),
                           scope_format(call->scope, "%.*s.visible_if", STR_ARG(at)));
}

/* {FIELD: FORMULA}: the field is there only where the formula holds, in whatever section it is. */
static bool fields_if_check(struct call *call, const struct json *map)
{
    if (!map) return true;
    if (map->kind != JSON_KIND_MAP) {
        return error_set(call->scope, ERROR_INVALID, "request.not_map", STR("fields_if"));
    }
    if (map->count > FIELD_COUNT_MAX) {
        error_set(call->scope, ERROR_INVALID, "field.too_large", STR("fields_if"));
        return error_arg(call->scope, "max", scope_format(call->scope, "%d", FIELD_COUNT_MAX));
    }
    for (int i = 0; i < map->count; i++) {
        struct field_path path;
        struct str at = scope_format(call->scope, "fields_if.%.*s", STR_ARG(map->names[i]));
        if (!field_path_parse(call->scope, call->object, map->names[i], &path)) {
            struct error_item *item = error_last(call->scope);
            if (item) item->field = at;
            return false;
        }
        if (map->items[i].kind != JSON_KIND_STR) {
            return error_set(call->scope, ERROR_INVALID, "field.not_text", at);
        }
        if (!condition_check(call, map->items[i].text, at)) return false;
    }
    return true;
}

/* {"order": [section], "folded": [section]}: only where they differ from the desktop. */
static bool phone_check(struct call *call, const struct json *phone, const struct json *sections)
{
    static const char *const names[] = { "order", "folded" };
    for (int n = 0; phone && n < 2; n++) {
        const struct json *list = json_get(phone, names[n]);
        struct str field = scope_format(call->scope, "phone.%s", names[n]);
        if (!is_text_list(call, list, field)) return false;
        for (int i = 0; list && i < list->count; i++) {
            if (sections && section_has(sections, sections->count, list->items[i].text)) continue;
            return wrong(call, "field.not_choice", field, list->items[i].text);
        }
    }
    return true;
}

static bool roles_check(struct call *call, const struct json *list)
{
    const struct access *access = call->snapshot->access;
    if (!is_text_list(call, list, STR("for_roles"))) return false;
    for (int i = 0; list && i < list->count; i++) {
        bool is_known = false;
        for (int r = 0; !is_known && r < access->role_count; r++) {
            is_known = str_equal(access->roles[r].name, list->items[i].text);
        }
        if (!is_known) {
            return wrong(call, "field.not_choice", STR("for_roles"), list->items[i].text);
        }
    }
    return true;
}

static bool layout_check(struct call *call, const struct json *body)
{
    const struct json *sections = json_get(body, "sections");
    if (!call_object_named(call, json_text(body, "object"), &call->object)) return false;
    if (sections && sections->kind != JSON_KIND_LIST) {
        return error_set(call->scope, ERROR_INVALID, "field.not_list", STR("sections"));
    }
    if (sections && sections->count > SECTION_COUNT_MAX) {
        error_set(call->scope, ERROR_INVALID, "field.too_large", STR("sections"));
        return error_arg(call->scope, "max",
                         scope_format(call->scope, "%d", SECTION_COUNT_MAX));
    }
    for (int i = 0; sections && i < sections->count; i++) {
        if (!section_check(call, sections, i)) return false;
    }
    return paths_check(call, json_get(body, "summary"), STR("summary")) &&
           create_check(call, json_get(body, "create")) &&
           related_check(call, json_get(body, "related")) &&
           phone_check(call, json_get(body, "phone"), sections) &&
           fields_if_check(call, json_get(body, "fields_if")) &&
           roles_check(call, json_get(body, "for_roles"));
}

/* ---- reading ---- */

bool api_layouts(struct call *call)
{
    int count = 0;
    const struct config *configs = schema_configs(call->snapshot->schema, STR("layout"), &count);
    list_begin(call);
    for (int i = 0; i < count; i++) json_put_tree(&call->out, &configs[i].body);
    list_end(call);
    return true;
}

static bool is_for(const struct json *roles, struct str role)
{
    for (int i = 0; roles && i < roles->count; i++) {
        if (str_equal(roles->items[i].text, role)) return true;
    }
    return false;
}

/* By object: the layout made for the person's role, else the one that is for everybody. */
struct json layouts_for(struct call *call)
{
    int count = 0;
    const struct config *configs = schema_configs(call->snapshot->schema, STR("layout"), &count);
    const struct role *role = call->context.actor.role;
    struct json out = { .kind = JSON_KIND_MAP };
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < count; i++) {
            const struct json *roles = json_get(&configs[i].body, "for_roles");
            bool is_common = !roles || roles->count == 0;
            bool is_taken = pass == 0 ? is_common : role && is_for(roles, role->name);
            if (!is_taken) continue;
            json_set(call->scope, &out, json_text(&configs[i].body, "object"), configs[i].body);
        }
    }
    return out;
}

/* ---- writing ---- */

static bool body_store(struct call *call, struct db_conn *conn, struct str name,
                       struct json *body)
{
    json_set(call->scope, body, STR("name"), json_of_text(name));
    if (!layout_check(call, body)) return false;
    struct schema_part part = { .kind = STR("layout"), .name = name, .body = *body };
    if (!engine_configure(call->scope, conn, &call->context, &part, 1)) return false;
    json_put_tree(&call->out, body);
    return true;
}

bool api_layout_create(struct call *call, struct db_conn *conn)
{
    struct str name;
    if (!call_text(call, "name", true, &name)) return false;
    if (schema_config(call->snapshot->schema, STR("layout"), name)) {
        return error_set(call->scope, ERROR_CONFLICT, "schema.duplicate", STR("name"));
    }
    call->request->response.status = 201;
    return body_store(call, conn, name, &call->body);
}

bool api_layout_change(struct call *call, struct db_conn *conn)
{
    struct json body;
    if (!config_body_load(call, conn, "layout", call->captures[0], &body)) return false;
    config_overlay(call->scope, &body, &call->body);
    return body_store(call, conn, call->captures[0], &body);
}

bool api_layout_delete(struct call *call, struct db_conn *conn)
{
    struct json body;
    return config_body_load(call, conn, "layout", call->captures[0], &body) &&
           config_delete(call, conn, "layout");
}

/* As the pack has it that shipped it; ERROR_NOT_FOUND when none did. */
bool api_layout_reset(struct call *call, struct db_conn *conn)
{
    struct json body;
    bool is_found = false;
    if (!pack_shipped_part(call->scope, conn, STR("layout"), call->captures[0], &is_found,
                           &body)) {
        return false;
    }
    if (!is_found) return error_set(call->scope, ERROR_NOT_FOUND, "config.not_found", STR(""));
    return body_store(call, conn, call->captures[0], &body);
}
