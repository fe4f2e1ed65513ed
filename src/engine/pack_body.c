/*
 * Bodies of configuration as packs have them, and where two of them differ.
 * JSON_DEPTH_MAX bounds every recursion.
 */
#include "engine/pack_inner.h"

#include <stdio.h>

enum { PATH_SIZE_MAX = 400 };

/* ---- what a pack holds ---- */

static bool is_local(struct str name)
{
    static const char *const names[] = { "id",          "to_id",    "object_id", "gone",
                                         "via_id",      "field_id", "relation_id" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (str_is(name, names[i])) return true;
    }
    return false;
}

/* A field that the schema makes by itself, from "inherit". */
static bool is_made(const struct json *field)
{
    return str_starts_with(json_text(field, "name"), STR("seen_by_")) &&
           json_bool(field, "hidden", false);
}

static struct json without_local(struct scope *scope, const struct json *json)
{
    struct json out = *json;
    if (json->kind != JSON_KIND_MAP && json->kind != JSON_KIND_LIST) return out;
    out.items = scope_new(scope, struct json, json->count + 1);
    out.names = scope_new(scope, struct str, json->count + 1);
    out.count = 0;
    for (int i = 0; i < json->count; i++) {
        if (json->kind == JSON_KIND_MAP) {
            if (is_local(json->names[i])) continue;
            out.names[out.count] = json->names[i];
        } else if (is_made(&json->items[i])) {
            continue;
        }
        out.items[out.count++] = without_local(scope, &json->items[i]);
    }
    return out;
}

struct json pack_body(struct scope *scope, struct str kind, const struct json *body)
{
    /* Only these get ids; elsewhere "id" may be a word of the body's own. */
    bool has_ids = str_is(kind, "object") || str_is(kind, "pipeline");
    return has_ids ? without_local(scope, body) : *body;
}

/* ---- comparing ---- */

struct comparison {
    struct buf *out;
    char path[PATH_SIZE_MAX];
    size_t size;
};

static size_t path_push(struct comparison *c, struct str name)
{
    size_t old = c->size;
    if (c->size + name.size + 2 < PATH_SIZE_MAX) {
        if (c->size > 0) c->path[c->size++] = '.';
        memcpy(c->path + c->size, name.data, name.size);
        c->size += name.size;
    }
    return old;
}

static void differ(struct comparison *c)
{
    buf_put(c->out, (struct str){ c->path, c->size });
    buf_put_char(c->out, '\n');
}

static const struct json *item_named(const struct json *list, struct str name)
{
    for (int i = 0; i < list->count; i++) {
        if (str_equal(json_text(&list->items[i], "name"), name)) return &list->items[i];
    }
    return NULL;
}

static bool has_names(const struct json *list)
{
    for (int i = 0; i < list->count; i++) {
        if (json_text(&list->items[i], "name").size == 0) return false;
    }
    return list->count > 0;
}

static void compare(struct comparison *c, const struct json *a, const struct json *b);

static void compare_member(struct comparison *c, struct str name, const struct json *a,
                           const struct json *b)
{
    size_t old = path_push(c, name);
    if (a && b) {
        compare(c, a, b);
    } else {
        differ(c);
    }
    c->size = old;
}

static void compare_maps(struct comparison *c, const struct json *a, const struct json *b)
{
    for (int i = 0; i < a->count; i++) {
        compare_member(c, a->names[i], &a->items[i], json_get_str(b, a->names[i]));
    }
    for (int i = 0; i < b->count; i++) {
        if (!json_get_str(a, b->names[i])) compare_member(c, b->names[i], NULL, &b->items[i]);
    }
}

static void compare_named(struct comparison *c, const struct json *a, const struct json *b)
{
    bool is_same_order = a->count == b->count;
    for (int i = 0; i < a->count; i++) {
        struct str name = json_text(&a->items[i], "name");
        compare_member(c, name, &a->items[i], item_named(b, name));
        is_same_order = is_same_order && str_equal(name, json_text(&b->items[i], "name"));
    }
    for (int i = 0; i < b->count; i++) {
        struct str name = json_text(&b->items[i], "name");
        if (!item_named(a, name)) compare_member(c, name, NULL, &b->items[i]);
    }
    if (!is_same_order && a->count == b->count) compare_member(c, STR("(order)"), NULL, NULL);
}

static void compare(struct comparison *c, const struct json *a, const struct json *b)
{
    if (a->kind == JSON_KIND_MAP && b->kind == JSON_KIND_MAP) {
        compare_maps(c, a, b);
    } else if (a->kind == JSON_KIND_LIST && b->kind == JSON_KIND_LIST && has_names(a) &&
               has_names(b)) {
        compare_named(c, a, b);
    } else if (a->kind == JSON_KIND_LIST && b->kind == JSON_KIND_LIST && a->count == b->count) {
        for (int i = 0; i < a->count; i++) {
            char index[16];
            snprintf(index, sizeof(index), "%d", i);
            compare_member(c, str_of(index), &a->items[i], &b->items[i]);
        }
    } else if (!json_is_same(a, b)) {
        differ(c);
    }
}

void pack_differences(struct buf *out, const struct json *a, const struct json *b)
{
    struct comparison comparison = { .out = out };
    compare(&comparison, a, b);
}

/* ---- as it is stored ---- */

static struct json choices_whole(struct scope *scope, const struct json *choices)
{
    struct json out = *choices;
    out.items = scope_new(scope, struct json, choices->count + 1);
    for (int i = 0; i < choices->count; i++) {
        out.items[i] = choices->items[i];
        if (choices->items[i].kind != JSON_KIND_STR) continue;
        out.items[i] = (struct json){ .kind = JSON_KIND_MAP };
        json_set(scope, &out.items[i], STR("name"), choices->items[i]);
    }
    return out;
}

static struct json fields_whole(struct scope *scope, const struct json *fields)
{
    struct json out = *fields;
    out.items = scope_new(scope, struct json, fields->count + 1);
    for (int i = 0; i < fields->count; i++) {
        const struct json *choices = json_get(&fields->items[i], "choices");
        out.items[i] = fields->items[i];
        if (!choices || choices->kind != JSON_KIND_LIST) continue;
        json_set(scope, &out.items[i], STR("choices"), choices_whole(scope, choices));
    }
    return out;
}

struct part_set pack_set(struct scope *scope, const struct pack *pack)
{
    struct part_set set = { .items = scope_new(scope, struct schema_part, pack->part_count + 1),
                            .count = pack->part_count };
    for (int i = 0; i < pack->part_count; i++) {
        struct schema_part *part = &set.items[i];
        *part = pack->parts[i];
        if (!part_has_ids(part->kind)) continue;
        if (json_text(&part->body, "name").size == 0) {
            json_set(scope, &part->body, STR("name"), json_of_text(part->name));
        }
        const struct json *fields = json_get(&part->body, "fields");
        if (!fields || fields->kind != JSON_KIND_LIST) continue;
        json_set(scope, &part->body, STR("fields"), fields_whole(scope, fields));
    }
    return set;
}
