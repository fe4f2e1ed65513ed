/*
 * Definitions put together or changed in memory, member by member (base/json.h: what was
 * read stays as it is), and the names a thing had before.
 */
#include "schema/schema_inner.h"

struct json tree_text(struct str text)
{
    return json_of_text(text);
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
    json_set(scope, map, str_of(name), value);
}

void tree_remove(struct scope *scope, struct json *map, const char *name)
{
    json_unset(scope, map, str_of(name));
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
