/*
 * JSON for people and for version control: the same tree always gives the same
 * text. JSON_DEPTH_MAX bounds the recursion.
 */
#include "base/json.h"

enum { LINE_WIDTH_MAX = 110, INDENT = 2 };

static void put_flat(struct buf *out, const struct json *json)
{
    bool is_map = json->kind == JSON_KIND_MAP;
    struct json_writer writer;
    if (!is_map && json->kind != JSON_KIND_LIST) {
        json_begin(&writer, out);
        json_put_tree(&writer, json);
        return;
    }
    buf_put_char(out, is_map ? '{' : '[');
    for (int i = 0; i < json->count; i++) {
        if (i > 0) buf_put(out, STR(", "));
        if (is_map) {
            json_begin(&writer, out);
            json_put_str(&writer, json->names[i]);
            buf_put(out, STR(": "));
        }
        put_flat(out, &json->items[i]);
    }
    buf_put_char(out, is_map ? '}' : ']');
}

static void put_line(struct buf *out, int indent)
{
    buf_put_char(out, '\n');
    for (int i = 0; i < indent; i++) buf_put_char(out, ' ');
}

/* column: how much of the line is used already. */
static void put_tree(struct buf *out, const struct json *json, int indent, size_t column)
{
    size_t start = out->size;
    put_flat(out, json);
    bool is_leaf = json->count == 0;
    if (is_leaf || (indent > 0 && column + out->size - start <= LINE_WIDTH_MAX)) return;
    bool is_map = json->kind == JSON_KIND_MAP;
    buf_cut(out, start);
    buf_put_char(out, is_map ? '{' : '[');
    for (int i = 0; i < json->count; i++) {
        struct json_writer writer;
        size_t used = out->size;
        if (i > 0) buf_put_char(out, ',');
        put_line(out, indent + INDENT);
        if (is_map) {
            json_begin(&writer, out);
            json_put_str(&writer, json->names[i]);
            buf_put(out, STR(": "));
        }
        put_tree(out, &json->items[i], indent + INDENT, out->size - used);
    }
    put_line(out, indent);
    buf_put_char(out, is_map ? '}' : ']');
}

void json_pretty(struct buf *out, const struct json *json)
{
    put_tree(out, json, 0, 0);
    buf_put_char(out, '\n');
}
