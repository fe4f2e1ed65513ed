#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/uuid.h"

/*
 * JSON in: text -> a tree in the scope, read-only. Strict (RFC 8259): bad
 * UTF-8, duplicate keys, number overflow, trailing text are refused.
 * JSON out: a streaming writer onto a buf; commas are its business.
 */
enum json_kind {
    JSON_KIND_NULL = 0,
    JSON_KIND_BOOL,
    JSON_KIND_INT,
    JSON_KIND_REAL,
    JSON_KIND_STR,
    JSON_KIND_LIST,
    JSON_KIND_MAP,
};

struct json {
    enum json_kind kind;
    bool boolean;
    int64_t integer;
    double real;
    struct str text;       /* of a string; NUL-terminated */
    struct str *names;     /* of a map: count names beside count items, in file order */
    struct json *items;    /* of a list or map */
    int count;
};

enum { JSON_DEPTH_MAX = 64 };

/* ERROR_MALFORMED "json.malformed" with {line}, {column}, {reason}. */
MUST_USE bool json_read(struct scope *scope, struct str text, struct json *out);

/* Member of a map, or NULL (also when json is NULL or no map). */
const struct json *json_get(const struct json *json, const char *name);
const struct json *json_get_str(const struct json *json, struct str name);
/* Member as text / integer / boolean, or the fallback when absent or of another kind. */
struct str json_text(const struct json *json, const char *name);
int64_t json_int(const struct json *json, const char *name, int64_t fallback);
bool json_bool(const struct json *json, const char *name, bool fallback);
/* Compact text of a tree, members in their order (for storing parts of configuration). */
struct str json_to_text(struct scope *scope, const struct json *json);

/* ---- trees in memory; what was read stays as it is: a changed map gets arrays of its own ---- */
struct json json_of_text(struct str text);
void json_set(struct scope *scope, struct json *map, struct str name, struct json value);
void json_unset(struct scope *scope, struct json *map, struct str name);
/* The same value; members of maps in any order. */
bool json_is_same(const struct json *a, const struct json *b);

struct json_writer {
    struct buf *out;
    bool needs_comma;
};

void json_begin(struct json_writer *writer, struct buf *out);
void json_map_begin(struct json_writer *writer);
void json_map_end(struct json_writer *writer);
void json_list_begin(struct json_writer *writer);
void json_list_end(struct json_writer *writer);
void json_key(struct json_writer *writer, struct str name);
void json_put_str(struct json_writer *writer, struct str text); /* escapes; text is valid UTF-8 */
void json_put_int(struct json_writer *writer, int64_t number);
void json_put_real(struct json_writer *writer, double number); /* shortest exact; NaN, Inf: null */
void json_put_bool(struct json_writer *writer, bool boolean);
void json_put_null(struct json_writer *writer);
/* Ready JSON text, put as it is. */
void json_put_raw(struct json_writer *writer, struct str text);
void json_put_tree(struct json_writer *writer, const struct json *json);
/*
 * For people and for version control: the same tree always gives the same text. What
 * fits stands on one line; else one member or item per line. Ends with a line break.
 */
void json_pretty(struct buf *out, const struct json *json);
/* key + value in one call; the member forms of the above. */
void json_member_str(struct json_writer *writer, const char *name, struct str text);
void json_member_int(struct json_writer *writer, const char *name, int64_t number);
void json_member_bool(struct json_writer *writer, const char *name, bool boolean);
void json_member_null(struct json_writer *writer, const char *name);
/* A key that is written often: made once, as it stands in the text. */
struct str json_quoted_key(struct scope *scope, struct str name);
void json_put_key(struct json_writer *writer, struct str quoted);
void json_put_id(struct json_writer *writer, struct uuid id);
/* RFC 3339 in UTC ("2026-03-02T01:00:00.000Z"); */
void json_put_time(struct json_writer *writer, int64_t time_ms);

#endif
