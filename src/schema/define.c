/*
 * Reading definitions: small readers for the properties that occur everywhere.
 * Each blames the very property ("fields.amount.min") and collects, so that a
 * form shows all that is wrong at once.
 */
#include "base/decimal.h"
#include "base/utf8.h"
#include "schema/schema_inner.h"

enum { DEFINITION_VALUE_SIZE_MAX = 40 };

bool define_refuse(struct scope *scope, const struct field *field, const char *property,
                   const char *key)
{
    struct str path = scope_format(scope, "fields.%.*s.%s", STR_ARG(field->name), property);
    return error_add(scope, ERROR_INVALID, key, path);
}

static bool refuse(struct scope *scope, struct str path, const char *name, const char *key)
{
    bool has_path = path.size > 0;
    return error_add(scope, ERROR_INVALID, key,
                     scope_format(scope, "%.*s%s%s", STR_ARG(path), has_path ? "." : "", name));
}

static bool is_absent(const struct json *json)
{
    return !json || json->kind == JSON_KIND_NULL;
}

bool define_text(struct scope *scope, const struct json *definition, const char *name,
                 struct str path, size_t size_max, struct str *out)
{
    const struct json *json = json_get(definition, name);
    *out = STR("");
    if (is_absent(json)) return true;
    if (json->kind != JSON_KIND_STR) return refuse(scope, path, name, "schema.not_text");
    struct str text = str_trim(json->text);
    if (text.size > size_max) return refuse(scope, path, name, "schema.too_long");
    *out = text;
    return true;
}

bool define_bool(struct scope *scope, const struct json *definition, const char *name,
                 struct str path, bool *out)
{
    const struct json *json = json_get(definition, name);
    if (is_absent(json)) return true;
    if (json->kind != JSON_KIND_BOOL) return refuse(scope, path, name, "schema.not_boolean");
    *out = json->boolean;
    return true;
}

bool define_label(struct scope *scope, const struct json *json, struct str path,
                  struct label *out)
{
    *out = (struct label){ .zh = STR(""), .en = STR("") };
    if (is_absent(json)) return true;
    if (json->kind == JSON_KIND_STR) {
        out->zh = out->en = str_trim(json->text);
    } else if (json->kind == JSON_KIND_MAP) {
        if (!define_text(scope, json, "zh", path, 4 * SCHEMA_LABEL_SIZE_MAX, &out->zh) ||
            !define_text(scope, json, "en", path, 4 * SCHEMA_LABEL_SIZE_MAX, &out->en)) {
            return false;
        }
        if (out->zh.size == 0) out->zh = out->en;
        if (out->en.size == 0) out->en = out->zh;
    } else {
        return error_add(scope, ERROR_INVALID, "schema.not_label", path);
    }
    bool is_long = utf8_length(out->zh) > SCHEMA_LABEL_SIZE_MAX ||
                   utf8_length(out->en) > SCHEMA_LABEL_SIZE_MAX;
    return !is_long || error_add(scope, ERROR_INVALID, "schema.too_long", path);
}

bool define_size(struct scope *scope, const struct json *definition, struct field *field,
                 int64_t fallback, int64_t ceiling)
{
    const struct json *json = json_get(definition, "size_max");
    field->size_max = fallback;
    if (is_absent(json)) return true;
    if (json->kind != JSON_KIND_INT || json->integer < 1 || json->integer > ceiling) {
        define_refuse(scope, field, "size_max", "schema.size_max");
        return error_arg(scope, "max", scope_format(scope, "%lld", (long long)ceiling));
    }
    field->size_max = json->integer;
    return true;
}

static bool bound_read(struct scope *scope, const struct json *definition, const char *name,
                       const struct field *field, bool *has, int64_t *out)
{
    const struct json *json = json_get(definition, name);
    *has = !is_absent(json);
    if (!*has) return true;
    struct field plain = { .name = field->name, .scale = field->scale };
    struct scope trial; /* its own error slot: the sentence here is another */
    struct cell cell;
    scope_begin(&trial);
    bool is_ok = value_number_read(&trial, &plain, json, "field.not_number", &cell) &&
                 cell.kind == CELL_INT;
    scope_end(&trial);
    if (!is_ok) return define_refuse(scope, field, name, "schema.bound");
    *out = cell.integer;
    return true;
}

bool define_bounds(struct scope *scope, const struct json *definition, struct field *field)
{
    if (!bound_read(scope, definition, "min", field, &field->has_min, &field->min) ||
        !bound_read(scope, definition, "max", field, &field->has_max, &field->max)) {
        return false;
    }
    if (field->has_min && field->has_max && field->min > field->max) {
        return define_refuse(scope, field, "min", "schema.bounds");
    }
    return true;
}

static const char *const personal_names[] = {
    [PERSONAL_PHONE] = "phone",     [PERSONAL_MAIL] = "mail",
    [PERSONAL_ID_NUMBER] = "id_number", [PERSONAL_NAME] = "name",
    [PERSONAL_ADDRESS] = "address", [PERSONAL_BANK] = "bank",
};
enum { PERSONAL_COUNT = sizeof(personal_names) / sizeof(personal_names[0]) };

const char *personal_name(enum personal personal)
{
    return personal_names[personal];
}

bool define_personal(struct scope *scope, const struct json *definition, struct field *field)
{
    const struct json *json = json_get(definition, "personal");
    if (is_absent(json)) return true;
    if (json->kind == JSON_KIND_BOOL) {
        field->personal = json->boolean ? PERSONAL_YES : PERSONAL_NO;
        return true;
    }
    for (int i = 0; json->kind == JSON_KIND_STR && i < PERSONAL_COUNT; i++) {
        if (!personal_names[i] || !str_is(json->text, personal_names[i])) continue;
        field->personal = (enum personal)i;
        return true;
    }
    return define_refuse(scope, field, "personal", "schema.personal");
}

static const char *const accept_names[] = { "any", "image", "audio" };

const char *accept_name(enum accept accept)
{
    return accept_names[accept];
}

bool define_accept(struct scope *scope, const struct json *definition, struct field *field)
{
    const struct json *json = json_get(definition, "accept");
    if (is_absent(json)) return true;
    for (int i = 0; json->kind == JSON_KIND_STR && i <= ACCEPT_AUDIO; i++) {
        if (!str_is(json->text, accept_names[i])) continue;
        field->accept = (enum accept)i;
        return true;
    }
    return define_refuse(scope, field, "accept", "schema.accept");
}

bool define_width(struct scope *scope, const struct json *definition, struct field *field)
{
    const struct json *json = json_get(definition, "width");
    if (is_absent(json)) return true;
    bool is_ok = json->kind == JSON_KIND_INT && (json->integer == 1 || json->integer == 2);
    if (!is_ok) return define_refuse(scope, field, "width", "schema.width");
    field->width = (int)json->integer;
    return true;
}

/* All that a field's definition may say; docs/configuration.md tells what it means. */
static const char *const members[] = {
    "id",       "name",        "label",       "type",       "help",     "title",    "required",
    "unique",   "index",       "readonly",    "stored",     "hidden",   "personal", "formula",
    "result",   "required_if", "readonly_if", "visible_if", "default",  "validate", "width",
    "scale",    "min",         "max",         "size_max",   "pattern",  "choices",  "open",
    "to",       "to_id",       "accept",      "system",     "choices_from",
    /* Of relations, look-ups and roll-ups. */
    "owned",    "back",        "back_id",     "via",        "via_id",   "field",    "field_id",
    "relation", "relation_id", "function",    "where",
    "aliases",  "gone_at",     "filling",
};

bool define_members_check(struct scope *scope, struct str field_name,
                          const struct json *definition)
{
    bool is_ok = true;
    for (int i = 0; i < definition->count; i++) {
        bool is_known = false;
        for (size_t k = 0; k < sizeof(members) / sizeof(members[0]) && !is_known; k++) {
            is_known = str_is(definition->names[i], members[k]);
        }
        if (is_known) continue;
        is_ok = error_add(scope, ERROR_INVALID, "json.member_unknown",
                          scope_format(scope, "fields.%.*s.%.*s", STR_ARG(field_name),
                                       STR_ARG(utf8_prefix(definition->names[i], 50))));
    }
    return is_ok;
}

void define_aliases(struct scope *scope, const struct json *definition, struct aliases *out)
{
    const struct json *list = json_get(definition, "aliases");
    *out = (struct aliases){ .count = 0 };
    if (!list || list->kind != JSON_KIND_LIST) return;
    out->names = scope_new(scope, struct str, ALIAS_COUNT_MAX);
    for (int i = 0; i < list->count && out->count < ALIAS_COUNT_MAX; i++) {
        if (list->items[i].kind == JSON_KIND_STR) out->names[out->count++] = list->items[i].text;
    }
}

static bool choice_define(struct scope *scope, const struct json *json, struct str path,
                          struct choice *out)
{
    if (json->kind == JSON_KIND_STR) { /* "choices": ["A", "B"] */
        out->name = str_trim(json->text);
        out->label = (struct label){ out->name, out->name };
    } else if (json->kind == JSON_KIND_MAP) {
        if (!define_text(scope, json, "name", path, 4 * SCHEMA_LABEL_SIZE_MAX, &out->name) ||
            !define_label(scope, json_get(json, "label"), path, &out->label) ||
            !define_text(scope, json, "color", path, DEFINITION_VALUE_SIZE_MAX, &out->color) ||
            !define_bool(scope, json, "hidden", path, &out->is_hidden)) {
            return false;
        }
        if (out->label.zh.size == 0) out->label = (struct label){ out->name, out->name };
        define_aliases(scope, json, &out->aliases);
        out->id = (int)json_int(json, "id", 0);
    }
    if (out->name.size == 0 || utf8_length(out->name) > SCHEMA_LABEL_SIZE_MAX) {
        return error_add(scope, ERROR_INVALID, "schema.choice_name", path);
    }
    return true;
}

bool define_choices(struct scope *scope, const struct json *definition, struct field *field)
{
    struct str field_path = scope_format(scope, "fields.%.*s", STR_ARG(field->name));
    const struct json *list = json_get(definition, "choices");
    field->choices_from = json_text(definition, "choices_from");
    if (!define_bool(scope, definition, "open", field_path, &field->is_open)) return false;
    if (field->choices_from.size > 0) return true;
    bool has_list = list && list->kind == JSON_KIND_LIST;
    if (!has_list || (list->count == 0 && !field->is_open)) {
        return define_refuse(scope, field, "choices", "schema.choices");
    }
    if (list->count > SCHEMA_CHOICE_COUNT_MAX) {
        return define_refuse(scope, field, "choices", "schema.too_many");
    }
    field->choices = scope_new(scope, struct choice, list->count + 1);
    for (int i = 0; i < list->count; i++) {
        struct str path = scope_format(scope, "%s.choices.%d", field_path.data, i);
        struct choice *choice = &field->choices[i];
        if (!choice_define(scope, &list->items[i], path, choice)) return false;
        for (int k = 0; k < i; k++) {
            if (!str_equal(field->choices[k].name, choice->name)) continue;
            return error_add(scope, ERROR_INVALID, "schema.duplicate", path);
        }
        field->choice_count += 1;
    }
    return true;
}

bool name_is_valid(struct str name)
{
    if (name.size == 0 || name.size > SCHEMA_NAME_SIZE_MAX) return false;
    if (name.data[0] < 'a' || name.data[0] > 'z') return false;
    for (size_t i = 0; i < name.size; i++) {
        char byte = name.data[i];
        bool is_ok = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
        if (!is_ok) return false;
    }
    return true;
}

static bool is_one_of(struct str name, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(name, words[i])) return true;
    }
    return false;
}

bool name_is_reserved_field(struct str name)
{
    /* System fields, columns beside them, and the words of formulas. */
    static const char *const words[] = {
        "id",         "version",  "created_at",       "created_by", "updated_at", "updated_by",
        "owner",      "pipeline", "stage",            "closed_at",  "deleted_at", "search_id",
        "rowid",      "oid",      "stage_entered_at", "and",        "or",         "not",
        "in",         "true",     "false",            "null",       "blank",
    };
    return is_one_of(name, words, sizeof(words) / sizeof(words[0]));
}

bool name_is_reserved_object(struct str name)
{
    /* The engine's own tables; user and team are objects that may be extended. */
    static const char *const words[] = {
        "config",      "config_history", "job", "setting",    "counter", "change",     "stage_stay",
        "alert",       "intervention",   "task",       "message", "timer",      "session",
        "credential",  "file",           "idempotency", "view",   "import_run", "import_row",
        "migration",   "schema_migration", "outbox",   "record",  "object",     "field",
        "audit",       "share",          "webhook",    "pack",    "api_key",    "otp",
        "filling",     "view_change",    "otp_code",   "pack_base", "pack_run", "pack_upload",
        "webhook_delivery",
        "table",       "and",            "or",         "not",     "in",
    };
    return is_one_of(name, words, sizeof(words) / sizeof(words[0])) ||
           str_starts_with(name, STR("sqlite_")) || str_starts_with(name, STR("pg_")) ||
           str_find(name, STR("_search")) != SIZE_MAX;
}
