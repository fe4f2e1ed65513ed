/* What the person who imports has chosen, as JSON in and out. */
#include "ingest/import_inner.h"

enum { OPTIONS_TEXT_SIZE_MAX = 2 * 1024 * 1024 };

bool import_kind_read(struct str text, enum import_kind *out)
{
    *out = str_is(text, "stage_history") ? IMPORT_STAGES : IMPORT_RECORDS;
    return text.size == 0 || str_is(text, "records") || *out == IMPORT_STAGES;
}

static bool refuse(struct scope *scope, const char *name)
{
    error_add(scope, ERROR_INVALID, "import.option", str_of(name));
    return false;
}

static bool map_add(struct scope *scope, struct import_options *out, struct str column,
                    struct str field)
{
    if (str_trim(field).size == 0) return true;
    if (out->map_count == IMPORT_MAP_COUNT_MAX) return refuse(scope, "map");
    out->maps[out->map_count++] = (struct import_map){ column, str_trim(field) };
    return true;
}

/* A column's field, or the list of them; null and "" leave the column out. */
static bool maps_read(struct scope *scope, const struct json *json, struct import_options *out)
{
    if (!json) return true;
    if (json->kind != JSON_KIND_MAP) return refuse(scope, "map");
    for (int i = 0; i < json->count; i++) {
        const struct json *value = &json->items[i];
        int count = value->kind == JSON_KIND_LIST ? value->count : 1;
        const struct json *items = value->kind == JSON_KIND_LIST ? value->items : value;
        for (int k = 0; k < count; k++) {
            if (items[k].kind == JSON_KIND_NULL) continue;
            if (items[k].kind != JSON_KIND_STR) return refuse(scope, "map");
            if (!map_add(scope, out, json->names[i], items[k].text)) return false;
        }
    }
    return true;
}

/* A constant as the text a cell would have. */
static struct str constant_text(struct scope *scope, const struct json *value)
{
    return value->kind == JSON_KIND_STR ? value->text : json_to_text(scope, value);
}

static bool sets_read(struct scope *scope, const struct json *json, struct import_options *out)
{
    if (!json) return true;
    if (json->kind != JSON_KIND_MAP || json->count > IMPORT_MAP_COUNT_MAX) {
        return refuse(scope, "set");
    }
    for (int i = 0; i < json->count; i++) {
        if (json->items[i].kind == JSON_KIND_NULL) continue;
        if (json->items[i].kind >= JSON_KIND_LIST) return refuse(scope, "set");
        out->sets[out->set_count++] =
            (struct import_map){ constant_text(scope, &json->items[i]), json->names[i] };
    }
    return true;
}

static bool values_read(struct scope *scope, const struct json *json, struct import_options *out)
{
    if (!json) return true;
    if (json->kind != JSON_KIND_MAP) return refuse(scope, "values");
    for (int i = 0; i < json->count; i++) {
        const struct json *map = &json->items[i];
        if (map->kind != JSON_KIND_MAP) return refuse(scope, "values");
        for (int k = 0; k < map->count; k++) {
            if (map->items[k].kind == JSON_KIND_NULL) continue;
            if (map->items[k].kind != JSON_KIND_STR ||
                out->value_count == IMPORT_VALUE_COUNT_MAX) {
                return refuse(scope, "values");
            }
            out->values[out->value_count++] =
                (struct import_value){ json->names[i], map->names[k], map->items[k].text };
        }
    }
    return true;
}

/* One of two or three words; the first when nothing is said. */
static int word_read(struct scope *scope, const struct json *json, const char *name,
                     const char *const *words)
{
    struct str text = json_text(json, name);
    if (text.size == 0) return 0;
    for (int i = 0; words[i]; i++) {
        if (str_is(text, words[i])) return i;
    }
    refuse(scope, name);
    return 0;
}

bool import_options_read(struct scope *scope, const struct json *json, struct import_options *out)
{
    static const char *const refs[] = { "match", "create", NULL };
    static const char *const missing[] = { "refuse", "accept", NULL };
    static const char *const duplicates[] = { "create", "skip", "update", NULL };
    *out = (struct import_options){
        .maps = scope_new(scope, struct import_map, IMPORT_MAP_COUNT_MAX),
        .sets = scope_new(scope, struct import_map, IMPORT_MAP_COUNT_MAX),
        .values = scope_new(scope, struct import_value, IMPORT_VALUE_COUNT_MAX),
        .object = json_text(json, "object"),
        .sheet = json_text(json, "sheet"),
        .key = json_text(json, "key"),
        .is_dry_run = json_bool(json, "dry_run", false),
    };
    if (!json || json->kind != JSON_KIND_MAP) return refuse(scope, "options");
    out->creates_refs = word_read(scope, json, "refs", refs) == 1;
    out->accepts_missing = word_read(scope, json, "missing", missing) == 1;
    out->duplicate = (enum import_duplicate)word_read(scope, json, "on_duplicate", duplicates);
    if (json_text(json, "on_duplicate").size == 0 && out->key.size > 0) {
        out->duplicate = DUPLICATE_UPDATE;
    }
    if (!import_kind_read(json_text(json, "kind"), &out->kind)) refuse(scope, "kind");
    return maps_read(scope, json_get(json, "map"), out) &&
           sets_read(scope, json_get(json, "set"), out) &&
           values_read(scope, json_get(json, "values"), out) && !error_is_set(scope);
}

static bool is_column_written(const struct import_options *options, int i)
{
    for (int k = 0; k < i; k++) {
        if (str_equal(options->maps[k].column, options->maps[i].column)) return true;
    }
    return false;
}

static void maps_put(struct json_writer *writer, const struct import_options *options)
{
    json_key(writer, STR("map"));
    json_map_begin(writer);
    for (int i = 0; i < options->map_count; i++) {
        if (is_column_written(options, i)) continue;
        json_key(writer, options->maps[i].column);
        json_list_begin(writer);
        for (int k = i; k < options->map_count; k++) {
            if (!str_equal(options->maps[k].column, options->maps[i].column)) continue;
            json_put_str(writer, options->maps[k].field);
        }
        json_list_end(writer);
    }
    json_map_end(writer);
    json_key(writer, STR("set"));
    json_map_begin(writer);
    for (int i = 0; i < options->set_count; i++) {
        json_key(writer, options->sets[i].field);
        json_put_str(writer, options->sets[i].column);
    }
    json_map_end(writer);
}

static void values_put(struct json_writer *writer, const struct import_options *options)
{
    json_key(writer, STR("values"));
    json_map_begin(writer);
    for (int i = 0; i < options->value_count; i++) {
        bool is_first =
            i == 0 || !str_equal(options->values[i - 1].field, options->values[i].field);
        if (is_first && i > 0) json_map_end(writer);
        if (is_first) {
            json_key(writer, options->values[i].field);
            json_map_begin(writer);
        }
        json_key(writer, options->values[i].from);
        json_put_str(writer, options->values[i].to);
    }
    if (options->value_count > 0) json_map_end(writer);
    json_map_end(writer);
}

struct str import_options_text(struct scope *scope, const struct import_options *options)
{
    static const char *const duplicates[] = { "create", "skip", "update" };
    struct buf out;
    struct json_writer writer;
    buf_begin(&out, scope, OPTIONS_TEXT_SIZE_MAX);
    json_begin(&writer, &out);
    json_map_begin(&writer);
    maps_put(&writer, options);
    values_put(&writer, options);
    json_member_str(&writer, "sheet", options->sheet);
    json_member_str(&writer, "key", options->key);
    json_member_str(&writer, "refs", options->creates_refs ? STR("create") : STR("match"));
    json_member_str(&writer, "on_duplicate", str_of(duplicates[options->duplicate]));
    json_member_str(&writer, "missing",
                    options->accepts_missing ? STR("accept") : STR("refuse"));
    json_map_end(&writer);
    return out.is_over ? STR("{}") : buf_str(&out);
}
