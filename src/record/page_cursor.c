/* Page cursors: the order values and the id of a row as an opaque text, and back. */
#include <stdlib.h>

#include "record/query_inner.h"

static void put_hex(struct buf *out, struct str bytes)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char byte = (unsigned char)bytes.data[i];
        buf_put_char(out, digits[byte >> 4]);
        buf_put_char(out, digits[byte & 15]);
    }
}

static bool take_hex(struct scope *scope, struct str hex, struct str *out)
{
    char *bytes = scope_alloc(scope, hex.size / 2 + 1);
    if (hex.size % 2 != 0) return false;
    for (size_t i = 0; i < hex.size; i += 2) {
        char pair[3] = { hex.data[i], hex.data[i + 1], 0 };
        char *end = NULL;
        bytes[i / 2] = (char)strtoul(pair, &end, 16);
        if (end != pair + 2) return false;
    }
    *out = (struct str){ bytes, hex.size / 2 };
    return true;
}

struct str query_cursor(struct scope *scope, const struct cell *cells, int count)
{
    struct buf text, hex;
    struct json_writer writer;
    buf_begin(&text, scope, 64 * 1024);
    json_begin(&writer, &text);
    json_list_begin(&writer);
    for (int i = 0; i < count; i++) {
        struct buf blob;
        switch (cells[i].kind) {
        case CELL_NULL: json_put_null(&writer); break;
        case CELL_INT: json_put_int(&writer, cells[i].integer); break;
        case CELL_REAL: json_put_real(&writer, cells[i].real); break;
        case CELL_TEXT: json_put_str(&writer, cells[i].text); break;
        case CELL_INTS:
        case CELL_BLOB:
            buf_begin(&blob, scope, 1024);
            put_hex(&blob, cells[i].text);
            json_list_begin(&writer);
            json_put_str(&writer, buf_str(&blob));
            json_list_end(&writer);
            break;
        }
    }
    json_list_end(&writer);
    buf_begin(&hex, scope, 128 * 1024);
    put_hex(&hex, buf_str(&text));
    return buf_str(&hex);
}

static bool cursor_cell(struct scope *scope, const struct json *item, struct cell *out)
{
    struct str bytes;
    switch (item->kind) {
    case JSON_KIND_NULL: *out = cell_null(); return true;
    case JSON_KIND_INT: *out = cell_int(item->integer); return true;
    case JSON_KIND_REAL: *out = cell_real(item->real); return true;
    case JSON_KIND_STR: *out = cell_text(item->text); return true;
    case JSON_KIND_LIST:
        if (item->count != 1 || !take_hex(scope, item->items[0].text, &bytes)) return false;
        *out = cell_blob(bytes);
        return true;
    default: return false;
    }
}

bool query_cursor_read(struct scope *scope, struct str text, struct cell *cells, int count)
{
    struct str plain;
    struct json list;
    bool is_good = take_hex(scope, text, &plain) && json_read(scope, plain, &list) &&
                   list.kind == JSON_KIND_LIST && list.count == count;
    for (int i = 0; is_good && i < count; i++) {
        is_good = cursor_cell(scope, &list.items[i], &cells[i]);
    }
    bool has_id = is_good && (cells[count - 1].kind == CELL_BLOB ||
                              cells[count - 1].kind == CELL_INT);
    if (has_id) return true;
    scope_error_clear(scope);
    return error_set(scope, ERROR_INVALID, "query.bad_cursor", STR("after"));
}
