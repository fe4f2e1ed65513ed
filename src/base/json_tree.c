/*
 * JSON trees put together, changed and compared in memory. A tree that was read is
 * shared and stays as it is: setting a member copies the map's arrays first.
 */
#include "base/json.h"

struct json json_of_text(struct str text)
{
    return (struct json){ .kind = JSON_KIND_STR, .text = text };
}

void json_set(struct scope *scope, struct json *map, struct str name, struct json value)
{
    struct str *names = scope_new(scope, struct str, map->count + 1);
    struct json *items = scope_new(scope, struct json, map->count + 1);
    int at = map->count;
    for (int i = 0; i < map->count; i++) {
        names[i] = map->names[i];
        items[i] = map->items[i];
        if (str_equal(names[i], name)) at = i;
    }
    names[at] = name;
    items[at] = value;
    if (at == map->count) map->count += 1;
    map->names = names;
    map->items = items;
}

void json_unset(struct scope *scope, struct json *map, struct str name)
{
    struct str *names = scope_new(scope, struct str, map->count + 1);
    struct json *items = scope_new(scope, struct json, map->count + 1);
    int count = 0;
    for (int i = 0; i < map->count; i++) {
        if (str_equal(map->names[i], name)) continue;
        names[count] = map->names[i];
        items[count++] = map->items[i];
    }
    map->names = names;
    map->items = items;
    map->count = count;
}

static bool is_equal_map(const struct json *a, const struct json *b)
{
    if (a->count != b->count) return false;
    for (int i = 0; i < a->count; i++) {
        const struct json *other = json_get_str(b, a->names[i]);
        if (!other || !json_is_same(&a->items[i], other)) return false;
    }
    return true;
}

static bool is_equal_list(const struct json *a, const struct json *b)
{
    if (a->count != b->count) return false;
    for (int i = 0; i < a->count; i++) {
        if (!json_is_same(&a->items[i], &b->items[i])) return false;
    }
    return true;
}

bool json_is_same(const struct json *a, const struct json *b)
{
    if (a->kind != b->kind) return false;
    switch (a->kind) {
    case JSON_KIND_BOOL: return a->boolean == b->boolean;
    case JSON_KIND_INT: return a->integer == b->integer;
    case JSON_KIND_REAL: return !(a->real < b->real) && !(a->real > b->real);
    case JSON_KIND_STR: return str_equal(a->text, b->text);
    case JSON_KIND_LIST: return is_equal_list(a, b);
    case JSON_KIND_MAP: return is_equal_map(a, b);
    case JSON_KIND_NULL: break;
    }
    return true;
}
