/*
 * JSON in. jansson parses, its tree is copied into the scope and given back at
 * once, so nobody else ever sees it. Depth is counted on the text beforehand:
 * whatever recurses over a tree later recurses at most JSON_DEPTH_MAX deep.
 */
#include "base/json.h"

#include <assert.h>
#include <jansson.h>

#include "base/utf8.h"

static bool malformed(struct scope *scope, int line, int column, const char *reason)
{
    /* The reason may quote half a character of the text. */
    struct str raw = str_of(reason);
    struct buf clean;
    buf_begin(&clean, scope, 1024);
    for (size_t offset = 0; offset < raw.size;) {
        char bytes[4];
        int size = utf8_encode(utf8_next(raw, &offset), bytes);
        buf_put(&clean, (struct str){ bytes, (size_t)size });
    }
    error_set(scope, ERROR_MALFORMED, "json.malformed", STR(""));
    error_arg(scope, "line", scope_format(scope, "%d", line));
    error_arg(scope, "column", scope_format(scope, "%d", column));
    return error_arg(scope, "reason", buf_str(&clean));
}

/* Counts brackets outside of strings; what else is wrong is for the parser to say. */
static bool is_shallow(struct scope *scope, struct str text)
{
    int depth = 0, line = 1;
    size_t line_start = 0;
    bool is_in_string = false;
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        if (byte == '\n') {
            line += 1;
            line_start = i + 1;
        } else if (is_in_string) {
            if (byte == '\\') i += 1;
            if (byte == '"') is_in_string = false;
        } else if (byte == '"') {
            is_in_string = true;
        } else if (byte == '[' || byte == '{') {
            depth += 1;
            if (depth > JSON_DEPTH_MAX) {
                return malformed(scope, line, (int)(i - line_start) + 1, "nested too deeply");
            }
        } else if (byte == ']' || byte == '}') {
            depth -= 1;
        }
    }
    return true;
}

static void convert(struct scope *scope, json_t *from, struct json *out, int depth);

static void convert_list(struct scope *scope, json_t *from, struct json *out, int depth)
{
    out->kind = JSON_KIND_LIST;
    out->count = (int)json_array_size(from);
    out->items = scope_new(scope, struct json, out->count);
    for (int i = 0; i < out->count; i++) {
        convert(scope, json_array_get(from, (size_t)i), &out->items[i], depth + 1);
    }
}

static void convert_map(struct scope *scope, json_t *from, struct json *out, int depth)
{
    out->kind = JSON_KIND_MAP;
    int count_max = (int)json_object_size(from);
    out->names = scope_new(scope, struct str, count_max);
    out->items = scope_new(scope, struct json, count_max);
    const char *name;
    json_t *item;
    json_object_foreach(from, name, item) {
        out->names[out->count] = scope_copy(scope, str_of(name));
        convert(scope, item, &out->items[out->count], depth + 1);
        out->count += 1;
    }
}

static void convert(struct scope *scope, json_t *from, struct json *out, int depth)
{
    assert(depth <= JSON_DEPTH_MAX);
    switch (json_typeof(from)) {
    case JSON_OBJECT:
        convert_map(scope, from, out, depth);
        break;
    case JSON_ARRAY:
        convert_list(scope, from, out, depth);
        break;
    case JSON_STRING:
        out->kind = JSON_KIND_STR;
        out->text = scope_copy(scope, (struct str){ json_string_value(from),
                                                    json_string_length(from) });
        break;
    case JSON_INTEGER:
        out->kind = JSON_KIND_INT;
        out->integer = json_integer_value(from);
        break;
    case JSON_REAL:
        out->kind = JSON_KIND_REAL;
        out->real = json_real_value(from);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        out->kind = JSON_KIND_BOOL;
        out->boolean = json_is_true(from);
        break;
    case JSON_NULL:
        out->kind = JSON_KIND_NULL;
        break;
    }
}

bool json_read(struct scope *scope, struct str text, struct json *out)
{
    *out = (struct json){ 0 };
    if (!is_shallow(scope, text)) return false;
    json_error_t error;
    json_t *root = json_loadb(text.size > 0 ? text.data : "", text.size,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!root) return malformed(scope, error.line, error.column, error.text);
    convert(scope, root, out, 0);
    json_decref(root);
    return true;
}

const struct json *json_get_str(const struct json *json, struct str name)
{
    if (!json || json->kind != JSON_KIND_MAP) return NULL;
    for (int i = 0; i < json->count; i++) {
        if (str_equal(json->names[i], name)) return &json->items[i];
    }
    return NULL;
}

const struct json *json_get(const struct json *json, const char *name)
{
    return json_get_str(json, str_of(name));
}

struct str json_text(const struct json *json, const char *name)
{
    const struct json *item = json_get(json, name);
    return item && item->kind == JSON_KIND_STR ? item->text : STR("");
}

int64_t json_int(const struct json *json, const char *name, int64_t fallback)
{
    const struct json *item = json_get(json, name);
    return item && item->kind == JSON_KIND_INT ? item->integer : fallback;
}

bool json_bool(const struct json *json, const char *name, bool fallback)
{
    const struct json *item = json_get(json, name);
    return item && item->kind == JSON_KIND_BOOL ? item->boolean : fallback;
}
