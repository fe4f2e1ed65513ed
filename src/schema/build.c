/*
 * A definition as stored -> struct object. The same code reads what a person
 * proposes (schema_put) and what is in the database (schema_load), so nothing
 * can be stored that does not load. Mistakes are collected, not just the first.
 *
 * Other objects are not looked at here: links (to, relations, pipelines) are
 * made by load.c when all objects stand.
 */
#include "base/decimal.h"
#include "base/utf8.h"
#include "schema/schema_inner.h"

static const struct {
    int id;
    const char *name, *type;
    const char *zh, *en;
    bool is_readonly, is_for_pipeline;
} system_fields[] = {
    { FIELD_ID, "id", "id", "标识", "ID", true, false },
    { FIELD_VERSION, "version", "integer", "版本", "Version", true, false },
    { FIELD_CREATED_AT, "created_at", "datetime", "创建时间", "Created at", true, false },
    { FIELD_CREATED_BY, "created_by", "person", "创建人", "Created by", true, false },
    { FIELD_UPDATED_AT, "updated_at", "datetime", "更新时间", "Updated at", true, false },
    { FIELD_UPDATED_BY, "updated_by", "person", "更新人", "Updated by", true, false },
    { FIELD_OWNER, "owner", "person", "负责人", "Owner", false, false },
    { FIELD_PIPELINE, "pipeline", "pipeline", "流程", "Pipeline", false, true },
    { FIELD_STAGE, "stage", "stage", "阶段", "Stage", false, true },
    { FIELD_STAGE_ENTERED_AT, "stage_entered_at", "datetime", "进入阶段时间", "In stage since", true,
      true },
    { FIELD_CLOSED_AT, "closed_at", "datetime", "关闭时间", "Closed at", true, true },
    { FIELD_LINE_NO, "line_no", "integer", "行号", "Line", true, false },
};

enum { SYSTEM_FIELD_COUNT = sizeof(system_fields) / sizeof(system_fields[0]) };

bool name_is_system_field(struct str name)
{
    for (int i = 0; i < SYSTEM_FIELD_COUNT; i++) {
        if (str_is(name, system_fields[i].name)) return true;
    }
    return false;
}

/* "team" -> "teams", "company" -> "companies", "box" -> "boxes". */
static struct str plural_of(struct scope *scope, struct str name)
{
    static const char *const hissing[] = { "s", "x", "z", "ch", "sh" };
    size_t size = name.size;
    bool is_y = size > 1 && name.data[size - 1] == 'y' && !strchr("aeiou", name.data[size - 2]);
    if (is_y) return scope_format(scope, "%.*sies", (int)size - 1, name.data);
    for (size_t i = 0; i < sizeof(hissing) / sizeof(hissing[0]); i++) {
        if (str_ends_with(name, str_of(hissing[i]))) {
            return scope_format(scope, "%.*ses", STR_ARG(name));
        }
    }
    return scope_format(scope, "%.*ss", STR_ARG(name));
}

static bool list_has(const struct json *list, const char *name)
{
    for (int i = 0; i < list->count; i++) {
        if (list->items[i].kind == JSON_KIND_STR && str_is(list->items[i].text, name)) return true;
    }
    return false;
}

static bool is_owned(const struct json *body)
{
    const struct json *fields = json_get(body, "fields");
    for (int i = 0; fields && i < fields->count; i++) {
        if (json_bool(&fields->items[i], "owned", false)) return true;
    }
    return false;
}

/* Which system fields an object has: the engine's own say it, others by their kind. */
static bool has_system_field(const struct json *body, const struct object *object, int index)
{
    const struct json *named = json_get(body, "system");
    if (named) return list_has(named, system_fields[index].name);
    if (system_fields[index].id == FIELD_OWNER) return object->has_owner;
    if (system_fields[index].id == FIELD_LINE_NO) return is_owned(body);
    return !system_fields[index].is_for_pipeline || object->has_pipeline;
}

static void system_fields_build(const struct json *body, struct object *object)
{
    for (int i = 0; i < SYSTEM_FIELD_COUNT; i++) {
        if (!has_system_field(body, object, i)) continue;
        struct field *field = &object->fields[object->field_count];
        *field = (struct field){
            .id = system_fields[i].id,
            .index = object->field_count,
            .object = object,
            .name = str_of(system_fields[i].name),
            .label = { str_of(system_fields[i].zh), str_of(system_fields[i].en) },
            .help = { STR(""), STR("") },
            .type = field_type_find(str_of(system_fields[i].type)),
            .column = str_of(system_fields[i].name),
            .is_system = true,
            .is_unique = system_fields[i].id == FIELD_ID,
            .is_readonly = system_fields[i].is_readonly,
        };
        object->field_count += 1;
        if (field->id == FIELD_OWNER) object->owner = field;
        if (field->id == FIELD_PIPELINE) object->pipeline = field;
        if (field->id == FIELD_STAGE) object->stage = field;
        if (field->id == FIELD_STAGE_ENTERED_AT) object->stage_entered_at = field;
        if (field->id == FIELD_CLOSED_AT) object->closed_at = field;
        if (field->id == FIELD_LINE_NO) object->line_no = field;
    }
}

/* A default may be written as a value; as a formula it is the same. */
static bool default_read(struct scope *scope, const struct json *definition, struct field *field)
{
    const struct json *json = json_get(definition, "default");
    if (!json || json->kind == JSON_KIND_NULL) return true;
    if (json->kind == JSON_KIND_STR) {
        field->default_source = str_trim(json->text);
    } else if (json->kind == JSON_KIND_BOOL) {
        field->default_source = json->boolean ? STR("TRUE") : STR("FALSE");
    } else if (json->kind == JSON_KIND_INT && field->type->kind == VALUE_DURATION) {
        field->default_source = scope_format(
            scope, "SECONDS(%.*s)", STR_ARG(decimal_format(scope, json->integer, 3)));
    } else if (json->kind == JSON_KIND_INT || json->kind == JSON_KIND_REAL) {
        field->default_source = json_to_text(scope, json);
    } else {
        return define_refuse(scope, field, "default", "schema.not_text");
    }
    if (field->default_source.size <= SCHEMA_FORMULA_SIZE_MAX) return true;
    return define_refuse(scope, field, "default", "schema.too_long");
}

static bool formulas_read(struct scope *scope, const struct json *definition, struct str path,
                          struct field *field)
{
    const size_t size_max = SCHEMA_FORMULA_SIZE_MAX;
    const struct json *validate = json_get(definition, "validate");
    bool is_ok = define_text(scope, definition, "formula", path, size_max,
                             &field->formula_source) &&
                 define_text(scope, definition, "required_if", path, size_max,
                             &field->required_if_source) &&
                 define_text(scope, definition, "visible_if", path, size_max,
                             &field->visible_if_source) &&
                 define_text(scope, definition, "readonly_if", path, size_max,
                             &field->readonly_if_source) &&
                 default_read(scope, definition, field);
    if (!is_ok || !validate || validate->kind == JSON_KIND_NULL) return is_ok;
    struct str validate_path = scope_format(scope, "%.*s.validate", STR_ARG(path));
    if (validate->kind != JSON_KIND_MAP) {
        return error_add(scope, ERROR_INVALID, "schema.not_map", validate_path);
    }
    is_ok = define_text(scope, validate, "formula", validate_path, size_max,
                        &field->validate.source) &&
            define_label(scope, json_get(validate, "message"), validate_path,
                         &field->validate.message);
    if (is_ok && field->validate.source.size == 0) {
        return define_refuse(scope, field, "validate.formula", "schema.formula_missing");
    }
    return is_ok;
}

static bool flags_read(struct scope *scope, const struct json *definition, struct str path,
                       struct field *field)
{
    return define_bool(scope, definition, "title", path, &field->is_title) &&
           define_bool(scope, definition, "required", path, &field->is_required) &&
           define_bool(scope, definition, "unique", path, &field->is_unique) &&
           define_bool(scope, definition, "index", path, &field->is_indexed) &&
           define_bool(scope, definition, "readonly", path, &field->is_readonly) &&
           define_bool(scope, definition, "stored", path, &field->is_stored) &&
           define_bool(scope, definition, "hidden", path, &field->is_hidden) &&
           define_bool(scope, definition, "owned", path, &field->is_owned) &&
           define_personal(scope, definition, field) && define_width(scope, definition, field);
}

static bool field_name_check(struct scope *scope, const struct object *object,
                             const struct field *field)
{
    if (!name_is_valid(field->name)) return define_refuse(scope, field, "name", "schema.name");
    if (!object->is_builtin && name_is_reserved_field(field->name)) {
        return define_refuse(scope, field, "name", "schema.name_reserved");
    }
    const struct field *same = object_field(object, field->name);
    return !same || define_refuse(scope, field, "name", "schema.duplicate");
}

/* What only makes sense for a value that is kept. */
static bool combinations_check(struct scope *scope, const struct field *field)
{
    bool is_computed = field->type->is_computed;
    if (!is_computed && field->formula_source.size > 0) {
        return define_refuse(scope, field, "formula", "schema.formula_not_allowed");
    }
    if (field->column.size == 0 && (field->is_unique || field->is_indexed)) {
        return define_refuse(scope, field, field->is_unique ? "unique" : "index",
                             "schema.needs_stored");
    }
    const char *given = field->is_required                    ? "required"
                        : field->default_source.size > 0      ? "default"
                        : field->required_if_source.size > 0 ? "required_if"
                        : field->readonly_if_source.size > 0 ? "readonly_if"
                                                             : NULL;
    if (is_computed && given) {
        return define_refuse(scope, field, given, "schema.formula_not_allowed");
    }
    return true;
}

static bool field_build(struct scope *scope, const struct json *definition, int number,
                        const struct object *object, struct field *field)
{
    struct str place = scope_format(scope, "fields.%d", number);
    if (definition->kind != JSON_KIND_MAP) {
        return error_add(scope, ERROR_INVALID, "schema.not_map", place);
    }
    if (!define_text(scope, definition, "name", place, SCHEMA_NAME_SIZE_MAX * 4, &field->name)) {
        return false;
    }
    if (field->name.size == 0) field->name = scope_format(scope, "%d", number);
    if (!field_name_check(scope, object, field)) return false;
    struct str path = scope_format(scope, "fields.%.*s", STR_ARG(field->name));
    field->id = (int)json_int(definition, "id", 0);
    define_aliases(scope, definition, &field->aliases);
    field->type = field_type_find(json_text(definition, "type"));
    if (!field->type || (!field->type->is_creatable && !object->is_builtin)) {
        return define_refuse(scope, field, "type", "schema.type_unknown");
    }
    field->is_system = object->is_builtin;
    bool is_ok = define_label(scope, json_get(definition, "label"), path, &field->label) &&
                 define_label(scope, json_get(definition, "help"), path, &field->help) &&
                 flags_read(scope, definition, path, field) &&
                 formulas_read(scope, definition, path, field) &&
                 (!field->type->define || field->type->define(scope, definition, field));
    if (!is_ok) return false;
    if (field->label.zh.size == 0) field->label = (struct label){ field->name, field->name };
    if (field->type->kind == VALUE_LINKS) {
        field->link_table = scope_format(scope, "_link_%d", field->id);
    }
    field->is_stored = field->type->is_computed && field->is_stored;
    bool has_column = field->type->kind != VALUE_LINES &&
                      (!field->type->is_computed || field->is_stored);
    field->column = has_column ? field->name : STR("");
    return combinations_check(scope, field);
}

static bool fields_build(struct scope *scope, const struct json *body, struct object *object)
{
    const struct json *list = json_get(body, "fields");
    if (list && list->kind != JSON_KIND_LIST) {
        return error_add(scope, ERROR_INVALID, "schema.not_list", STR("fields"));
    }
    int count = list ? list->count : 0;
    if (count > SCHEMA_FIELD_COUNT_MAX) {
        return error_add(scope, ERROR_INVALID, "schema.too_many", STR("fields"));
    }
    int stored_count = 0; /* each may get a shadow (fill.c) */
    for (int i = 0; i < count; i++) stored_count += json_bool(&list->items[i], "stored", false);
    object->fields = scope_new(scope, struct field, count + stored_count + SYSTEM_FIELD_COUNT);
    system_fields_build(body, object);
    bool is_ok = true;
    for (int i = 0; i < count; i++) {
        struct field *field = &object->fields[object->field_count];
        *field = (struct field){ .index = object->field_count, .object = object };
        bool is_built = field_build(scope, &list->items[i], i, object, field);
        is_ok = is_ok && is_built;
        if (is_built) object->field_count += 1;
    }
    return is_ok;
}

/* The field that names a record: the one that says so, "name", the first text, the first. */
static bool title_find(struct scope *scope, struct object *object)
{
    struct field *first = NULL, *first_text = NULL, *named = NULL;
    for (int i = 0; i < object->field_count; i++) {
        struct field *field = &object->fields[i];
        if (field->is_title && object->title) {
            return define_refuse(scope, field, "title", "schema.two_titles");
        }
        if (field->is_title) object->title = field;
        if (field->id < 0 || field->column.size == 0) continue;
        if (!first) first = field;
        if (!first_text && field_kind(field) == VALUE_TEXT) first_text = field;
        if (!named && str_is(field->name, "name")) named = field;
    }
    if (!object->title) object->title = named ? named : first_text ? first_text : first;
    if (object->title) object->title->is_title = true;
    return true;
}

/* A list of field names as fields; a name that is no field is a mistake. */
static bool names_to_fields(struct scope *scope, const struct object *object,
                            const struct json *list, const char *property, struct field ***out,
                            int *out_count)
{
    *out_count = 0;
    if (!list || list->kind == JSON_KIND_NULL) return true;
    if (list->kind != JSON_KIND_LIST) {
        return error_add(scope, ERROR_INVALID, "schema.not_list", str_of(property));
    }
    *out = scope_new(scope, struct field *, list->count + 1);
    for (int i = 0; i < list->count; i++) {
        struct field *field = object_field(object, list->items[i].text);
        if (list->items[i].kind != JSON_KIND_STR || !field) {
            error_add(scope, ERROR_INVALID, "schema.no_such_field", str_of(property));
            return error_arg(scope, "name", list->items[i].text);
        }
        (*out)[(*out_count)++] = field;
    }
    return true;
}

static bool search_read(struct scope *scope, const struct json *body, struct object *object)
{
    const struct json *list = json_get(body, "search");
    if (list && list->kind == JSON_KIND_BOOL && !list->boolean) return true;
    if (!list || list->kind == JSON_KIND_NULL) {
        bool is_text = object->title && field_kind(object->title) == VALUE_TEXT;
        if (!is_text || object->is_builtin) return true;
        object->search = scope_new(scope, struct field *, 1);
        object->search[0] = object->title;
        object->search_count = 1;
        return true;
    }
    if (!names_to_fields(scope, object, list, "search", &object->search, &object->search_count)) {
        return false;
    }
    for (int i = 0; i < object->search_count; i++) {
        const struct field *field = object->search[i];
        bool is_given = field->column.size > 0 && !field->type->is_computed;
        if (is_given && field_kind(field) == VALUE_TEXT) continue;
        error_add(scope, ERROR_INVALID, "schema.search", STR("search"));
        return error_arg(scope, "name", field->name);
    }
    return true;
}

/* Whose it is, is one record's: so at most one reference says it. */
static bool owned_find(struct scope *scope, struct object *object)
{
    for (int i = 0; i < object->field_count; i++) {
        struct field *field = &object->fields[i];
        if (!field->is_owned) continue;
        bool is_possible = str_is(str_of(field->type->name), "reference") && !object->owned_by;
        if (!is_possible) return define_refuse(scope, field, "owned", "schema.owned");
        object->owned_by = field;
        field->is_required = true;
    }
    return true;
}

static bool inherit_read(struct scope *scope, const struct json *body, struct object *object)
{
    if (!names_to_fields(scope, object, json_get(body, "inherit"), "inherit", &object->inherit,
                         &object->inherit_count)) {
        return false;
    }
    object->seen_by = scope_new(scope, struct field *, object->inherit_count + 1);
    for (int i = 0; i < object->inherit_count; i++) {
        const struct field *field = object->inherit[i];
        object->seen_by[i] = object_field(
            object, scope_format(scope, SCHEMA_SEEN_BY "%.*s", STR_ARG(field->name)));
        if (str_is(str_of(field->type->name), "reference")) continue;
        error_add(scope, ERROR_INVALID, "schema.inherit", STR("inherit"));
        return error_arg(scope, "name", field->name);
    }
    return true;
}

/* "indexes": lists of fields that are found and sorted by together. */
static bool indexes_check(struct scope *scope, const struct json *body,
                          const struct object *object)
{
    const struct json *indexes = json_get(body, "indexes");
    if (!indexes || indexes->kind == JSON_KIND_NULL) return true;
    if (indexes->kind != JSON_KIND_LIST || indexes->count > SCHEMA_INDEX_COUNT_MAX) {
        return error_add(scope, ERROR_INVALID, "schema.not_list", STR("indexes"));
    }
    for (int i = 0; i < indexes->count; i++) {
        struct field **fields = NULL;
        int count = 0;
        const struct json *list = &indexes->items[i];
        if (list->kind != JSON_KIND_LIST || list->count > SCHEMA_INDEX_FIELD_COUNT_MAX) {
            return error_add(scope, ERROR_INVALID, "schema.not_list", STR("indexes"));
        }
        if (!names_to_fields(scope, object, list, "indexes", &fields, &count)) return false;
        for (int k = 0; k < count; k++) {
            if (fields[k]->column.size > 0) continue;
            error_add(scope, ERROR_INVALID, "schema.needs_stored", STR("indexes"));
            return error_arg(scope, "name", fields[k]->name);
        }
    }
    return true;
}

/* "unique": lists of fields whose values together occur once. */
static bool uniques_read(struct scope *scope, const struct json *body, struct object *object)
{
    const struct json *lists = json_get(body, "unique");
    if (!lists || lists->kind == JSON_KIND_NULL) return true;
    if (lists->kind != JSON_KIND_LIST || lists->count > SCHEMA_UNIQUE_COUNT_MAX) {
        return error_add(scope, ERROR_INVALID, "schema.not_list", STR("unique"));
    }
    object->uniques = scope_new(scope, struct unique, lists->count + 1);
    for (int i = 0; i < lists->count; i++) {
        struct field **fields = NULL;
        int count = 0;
        const struct json *list = &lists->items[i];
        if (list->kind != JSON_KIND_LIST || list->count < 2 ||
            list->count > UNIQUE_FIELD_COUNT_MAX) {
            return error_add(scope, ERROR_INVALID, "schema.unique", STR("unique"));
        }
        if (!names_to_fields(scope, object, list, "unique", &fields, &count)) return false;
        struct unique *unique = &object->uniques[object->unique_count++];
        for (int k = 0; k < count; k++) {
            bool is_again = false;
            for (int j = 0; j < k; j++) is_again = is_again || fields[j] == fields[k];
            if (fields[k]->column.size == 0 || is_again) {
                error_add(scope, ERROR_INVALID,
                          is_again ? "schema.duplicate" : "schema.needs_stored", STR("unique"));
                return error_arg(scope, "name", fields[k]->name);
            }
            unique->fields[unique->count++] = fields[k];
        }
    }
    return true;
}

static bool object_head_build(struct scope *scope, const struct json *body, struct object *out)
{
    const size_t size_max = 4 * SCHEMA_LABEL_SIZE_MAX;
    out->id = (int)json_int(body, "id", 0);
    out->is_builtin = json_bool(body, "builtin", false);
    out->is_polymorphic = json_bool(body, "polymorphic", false);
    out->has_history = !out->is_builtin;
    out->has_owner = !out->is_builtin;
    define_aliases(scope, body, &out->aliases);
    bool is_ok = define_text(scope, body, "name", STR(""), size_max, &out->name) &&
                 define_text(scope, body, "plural", STR(""), size_max, &out->plural) &&
                 define_text(scope, body, "icon", STR(""), size_max, &out->icon) &&
                 define_label(scope, json_get(body, "label"), STR("label"), &out->label) &&
                 define_label(scope, json_get(body, "label_plural"), STR("label_plural"),
                              &out->label_plural) &&
                 define_bool(scope, body, "pipeline", STR(""), &out->has_pipeline) &&
                 define_bool(scope, body, "owner", STR(""), &out->has_owner) &&
                 define_bool(scope, body, "menu", STR(""), &out->is_in_menu);
    if (!is_ok) return false;
    if (!name_is_valid(out->name)) {
        return error_add(scope, ERROR_INVALID, "schema.name", STR("name"));
    }
    if (out->plural.size == 0) out->plural = plural_of(scope, out->name);
    if (!name_is_valid(out->plural)) {
        return error_add(scope, ERROR_INVALID, "schema.name", STR("plural"));
    }
    if (!out->is_builtin && name_is_reserved_object(out->name)) {
        return error_add(scope, ERROR_INVALID, "schema.name_reserved", STR("name"));
    }
    out->table = out->name;
    if (out->label.zh.size == 0) out->label = (struct label){ out->name, out->name };
    if (out->label_plural.zh.size == 0) out->label_plural = out->label;
    return true;
}

bool object_build(struct scope *scope, const struct json *body, struct object *out)
{
    *out = (struct object){ .body = body };
    if (body->kind != JSON_KIND_MAP) {
        return error_add(scope, ERROR_INVALID, "schema.not_map", STR(""));
    }
    return object_head_build(scope, body, out) && fields_build(scope, body, out) &&
           title_find(scope, out) && search_read(scope, body, out) &&
           inherit_read(scope, body, out) && owned_find(scope, out) &&
           indexes_check(scope, body, out) && uniques_read(scope, body, out);
}
