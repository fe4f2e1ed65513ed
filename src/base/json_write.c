/*
 * JSON out. The only state is whether a comma is due before the next thing:
 * true behind a finished value, false behind an opening bracket or a key.
 */
#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"

enum { TEXT_SIZE_MAX = 64 * 1024 * 1024 };

void json_begin(struct json_writer *writer, struct buf *out)
{
    *writer = (struct json_writer){ .out = out };
}

static void separate(struct json_writer *writer)
{
    if (writer->needs_comma) buf_put_char(writer->out, ',');
    writer->needs_comma = true;
}

static void bracket_open(struct json_writer *writer, char bracket)
{
    separate(writer);
    buf_put_char(writer->out, bracket);
    writer->needs_comma = false;
}

static void bracket_close(struct json_writer *writer, char bracket)
{
    buf_put_char(writer->out, bracket);
    writer->needs_comma = true;
}

void json_map_begin(struct json_writer *writer)
{
    bracket_open(writer, '{');
}

void json_map_end(struct json_writer *writer)
{
    bracket_close(writer, '}');
}

void json_list_begin(struct json_writer *writer)
{
    bracket_open(writer, '[');
}

void json_list_end(struct json_writer *writer)
{
    bracket_close(writer, ']');
}

static void escape_put(struct buf *out, char byte)
{
    switch (byte) {
    case '"':
        buf_put(out, STR("\\\""));
        break;
    case '\\':
        buf_put(out, STR("\\\\"));
        break;
    case '\n':
        buf_put(out, STR("\\n"));
        break;
    case '\r':
        buf_put(out, STR("\\r"));
        break;
    case '\t':
        buf_put(out, STR("\\t"));
        break;
    default:
        buf_format(out, "\\u%04x", (unsigned char)byte);
    }
}

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte != '"' && byte != '\\';
}

/* Most texts need no escape: one run, one copy. */
static void quoted_put(struct buf *out, struct str text)
{
    buf_put_char(out, '"');
    size_t start = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (is_plain((unsigned char)text.data[i])) continue;
        buf_put(out, (struct str){ text.data + start, i - start });
        escape_put(out, text.data[i]);
        start = i + 1;
    }
    buf_put(out, (struct str){ text.data + start, text.size - start });
    buf_put_char(out, '"');
}

void json_key(struct json_writer *writer, struct str name)
{
    separate(writer);
    quoted_put(writer->out, name);
    buf_put_char(writer->out, ':');
    writer->needs_comma = false;
}

void json_put_key(struct json_writer *writer, struct str quoted)
{
    separate(writer);
    buf_put(writer->out, quoted);
    writer->needs_comma = false;
}

struct str json_quoted_key(struct scope *scope, struct str name)
{
    struct buf out;
    buf_begin(&out, scope, TEXT_SIZE_MAX);
    quoted_put(&out, name);
    buf_put_char(&out, ':');
    return buf_str(&out);
}

void json_put_str(struct json_writer *writer, struct str text)
{
    separate(writer);
    quoted_put(writer->out, text);
}

void json_put_int(struct json_writer *writer, int64_t number)
{
    separate(writer);
    buf_put_int(writer->out, number);
}

/* As few digits as read back to the same double; number is finite. */
static void real_format(double number, char *out, size_t size)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, size, "%.*g", digits, number);
        if (strtod(out, NULL) == number) return;
    }
}

void json_put_real(struct json_writer *writer, double number)
{
    char text[40] = "null";
    if (isfinite(number)) real_format(number, text, sizeof(text));
    json_put_raw(writer, str_of(text));
}

void json_put_bool(struct json_writer *writer, bool boolean)
{
    json_put_raw(writer, boolean ? STR("true") : STR("false"));
}

void json_put_null(struct json_writer *writer)
{
    json_put_raw(writer, STR("null"));
}

void json_put_raw(struct json_writer *writer, struct str text)
{
    separate(writer);
    buf_put(writer->out, text);
}

/* A real stays one when read again: 3.0, not 3. */
static void tree_real_put(struct json_writer *writer, double number)
{
    json_put_real(writer, number);
    if (isfinite(number) && number == trunc(number) && fabs(number) < 1e15) {
        buf_put(writer->out, STR(".0"));
    }
}

static void tree_put(struct json_writer *writer, const struct json *json, int depth)
{
    assert(depth <= JSON_DEPTH_MAX);
    switch (json->kind) {
    case JSON_KIND_NULL:
        json_put_null(writer);
        break;
    case JSON_KIND_BOOL:
        json_put_bool(writer, json->boolean);
        break;
    case JSON_KIND_INT:
        json_put_int(writer, json->integer);
        break;
    case JSON_KIND_REAL:
        tree_real_put(writer, json->real);
        break;
    case JSON_KIND_STR:
        json_put_str(writer, json->text);
        break;
    case JSON_KIND_LIST:
        json_list_begin(writer);
        for (int i = 0; i < json->count; i++) tree_put(writer, &json->items[i], depth + 1);
        json_list_end(writer);
        break;
    case JSON_KIND_MAP:
        json_map_begin(writer);
        for (int i = 0; i < json->count; i++) {
            json_key(writer, json->names[i]);
            tree_put(writer, &json->items[i], depth + 1);
        }
        json_map_end(writer);
        break;
    }
}

void json_put_tree(struct json_writer *writer, const struct json *json)
{
    tree_put(writer, json, 0);
}

struct str json_to_text(struct scope *scope, const struct json *json)
{
    struct buf out;
    struct json_writer writer;
    buf_begin(&out, scope, TEXT_SIZE_MAX);
    json_begin(&writer, &out);
    json_put_tree(&writer, json);
    assert(!out.is_over);
    return buf_str(&out);
}

void json_member_str(struct json_writer *writer, const char *name, struct str text)
{
    json_key(writer, str_of(name));
    json_put_str(writer, text);
}

void json_member_int(struct json_writer *writer, const char *name, int64_t number)
{
    json_key(writer, str_of(name));
    json_put_int(writer, number);
}

void json_member_bool(struct json_writer *writer, const char *name, bool boolean)
{
    json_key(writer, str_of(name));
    json_put_bool(writer, boolean);
}

void json_member_null(struct json_writer *writer, const char *name)
{
    json_key(writer, str_of(name));
    json_put_null(writer);
}

void json_put_id(struct json_writer *writer, struct uuid id)
{
    separate(writer);
    buf_put_char(writer->out, '"');
    uuid_put(writer->out, id);
    buf_put_char(writer->out, '"');
}

void json_put_time(struct json_writer *writer, int64_t time_ms)
{
    separate(writer);
    buf_put_char(writer->out, '"');
    time_put(writer->out, time_ms);
    buf_put_char(writer->out, '"');
}
