/*
 * JSON trees put together or changed in memory. A tree that was read is shared
 * and stays as it is: setting a member copies the map's arrays first.
 */
#include "schema/schema_inner.h"

struct json tree_text(struct str text)
{
    return (struct json){ .kind = JSON_KIND_STR, .text = text };
}

struct json tree_int(int64_t integer)
{
    return (struct json){ .kind = JSON_KIND_INT, .integer = integer };
}

struct json tree_bool(bool boolean)
{
    return (struct json){ .kind = JSON_KIND_BOOL, .boolean = boolean };
}

struct json tree_map(void)
{
    return (struct json){ .kind = JSON_KIND_MAP };
}

struct json tree_list(struct scope *scope, int capacity)
{
    return (struct json){ .kind = JSON_KIND_LIST,
                          .items = scope_new(scope, struct json, capacity > 0 ? capacity : 1) };
}

void tree_set(struct scope *scope, struct json *map, const char *name, struct json value)
{
    struct str *names = scope_new(scope, struct str, map->count + 1);
    struct json *items = scope_new(scope, struct json, map->count + 1);
    int at = map->count;
    for (int i = 0; i < map->count; i++) {
        names[i] = map->names[i];
        items[i] = map->items[i];
        if (str_is(names[i], name)) at = i;
    }
    names[at] = str_of(name);
    items[at] = value;
    map->names = names;
    map->items = items;
    if (at == map->count) map->count += 1;
}

void tree_remove(struct scope *scope, struct json *map, const char *name)
{
    struct str *names = scope_new(scope, struct str, map->count + 1);
    struct json *items = scope_new(scope, struct json, map->count + 1);
    int count = 0;
    for (int i = 0; i < map->count; i++) {
        if (str_is(map->names[i], name)) continue;
        names[count] = map->names[i];
        items[count++] = map->items[i];
    }
    map->names = names;
    map->items = items;
    map->count = count;
}

void tree_push(struct json *list, struct json value)
{
    list->items[list->count++] = value;
}

static void alias_add(struct json *list, struct str name, struct str current)
{
    if (name.size == 0 || str_equal(name, current) || list->count == ALIAS_COUNT_MAX) return;
    for (int i = 0; i < list->count; i++) {
        if (str_equal(list->items[i].text, name)) return;
    }
    tree_push(list, tree_text(name));
}

void tree_alias(struct scope *scope, const struct json *before, struct json *map)
{
    struct str name = str_trim(json_text(map, "name"));
    const struct json *given = json_get(map, "aliases");
    struct json list = tree_list(scope, ALIAS_COUNT_MAX);
    alias_add(&list, json_text(before, "name"), name); /* the latest first: it is kept */
    for (int i = 0; given && given->kind == JSON_KIND_LIST && i < given->count; i++) {
        alias_add(&list, given->items[i].text, name);
    }
    if (list.count > 0) {
        tree_set(scope, map, "aliases", list);
    } else if (given) {
        tree_remove(scope, map, "aliases");
    }
}
