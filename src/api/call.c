/* What handlers need of their call: parameters, parts of the body, members of answers. */
#include "api/inner.h"

#include <inttypes.h>

#include "base/utf8.h"

/* ---- parameters ---- */

bool call_param(struct call *call, const char *name, struct str *out)
{
    if (!http_query(call->scope, call->request, name, out)) return false;
    if (!out->data) *out = STR("");
    return true;
}

bool call_param_limit(struct call *call, int fallback, int max, int *out)
{
    struct str text;
    int64_t number = fallback;
    if (!call_param(call, "limit", &text)) return false;
    if (text.size > 0 && !str_to_int64(text, &number)) {
        return error_set(call->scope, ERROR_INVALID, "field.not_integer", STR("limit"));
    }
    if (number < 1) {
        error_set(call->scope, ERROR_INVALID, "field.too_small", STR("limit"));
        return error_arg(call->scope, "min", STR("1"));
    }
    if (number > max) {
        error_set(call->scope, ERROR_INVALID, "field.too_large", STR("limit"));
        return error_arg(call->scope, "max", scope_format(call->scope, "%d", max));
    }
    *out = (int)number;
    return true;
}

bool call_param_bool(struct call *call, const char *name, bool *out_is_given, bool *out)
{
    struct str text;
    if (!call_param(call, name, &text)) return false;
    *out_is_given = text.size > 0;
    *out = str_is(text, "1") || str_is(text, "true");
    if (!*out_is_given || *out || str_is(text, "0") || str_is(text, "false")) return true;
    return error_set(call->scope, ERROR_INVALID, "field.not_boolean", str_of(name));
}

bool call_capture_id(struct call *call, int index, struct uuid *out)
{
    if (uuid_parse(call->captures[index], out)) return true;
    return error_set(call->scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
}

bool call_object_named(struct call *call, struct str name, const struct object **out)
{
    const struct access *access = call->snapshot->access;
    const struct actor *actor = &call->context.actor;
    const struct object *object = schema_object(call->snapshot->schema, name);
    bool is_seen = object && (access_scope(access, actor, object, ACTION_READ) != SCOPE_NONE ||
                              access_scope(access, actor, object, ACTION_CREATE) != SCOPE_NONE);
    if (!is_seen) {
        error_set(call->scope, ERROR_NOT_FOUND, "object.not_found", STR(""));
        return error_arg(call->scope, "name", name);
    }
    *out = object;
    return true;
}

bool call_object(struct call *call)
{
    return call_object_named(call, call->captures[0], &call->object);
}

/* ---- versions ---- */

int64_t call_if_match(const struct call *call)
{
    struct str text = str_trim(http_header(call->request, "if-match"));
    int64_t version;
    if (text.size == 0 || str_is(text, "*")) return 0;
    if (str_starts_with(text, STR("W/"))) text = str_slice(text, 2, text.size);
    if (text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"') {
        text = str_slice(text, 1, text.size - 1);
    }
    /* What is no version of ours matches nothing. */
    return str_to_int64(text, &version) && version > 0 ? version : -1;
}

void call_etag(struct call *call, int64_t version)
{
    http_header_add(call->request, STR("ETag"),
                    scope_format(call->scope, "\"%" PRId64 "\"", version));
}

bool call_etag_schema(struct call *call)
{
    const struct role *role = call->context.actor.role;
    struct str tag = scope_format(call->scope, "W/\"%" PRId64 "-%d-%d-%s\"",
                                  call->snapshot->version, role ? role->id : 0,
                                  (int)call->context.actor.language, call->api->options.version);
    http_header_add(call->request, STR("ETag"), tag);
    http_header_add(call->request, STR("Cache-Control"), STR("private, no-cache"));
    http_header_add(call->request, STR("Vary"), STR("Accept-Language, Cookie, Authorization"));
    struct str rest = http_header(call->request, "if-none-match"), part;
    while (str_split(&rest, ',', &part)) {
        if (!str_equal(str_trim(part), tag)) continue;
        call->request->response.status = 304;
        return true;
    }
    return false;
}

/* ---- the body ---- */

bool call_body_map(struct call *call)
{
    if (call->body.kind != JSON_KIND_MAP) {
        return error_set(call->scope, ERROR_INVALID, "json.not_map", STR(""));
    }
    return shape_check(call->scope, call->route->request, &call->body);
}

bool call_text(struct call *call, const char *name, bool is_required, struct str *out)
{
    const struct json *value = json_get(&call->body, name);
    *out = STR("");
    if (value && value->kind != JSON_KIND_NULL && value->kind != JSON_KIND_STR) {
        return error_set(call->scope, ERROR_INVALID, "field.not_text", str_of(name));
    }
    if (value && value->kind == JSON_KIND_STR) *out = value->text;
    if (!is_required || str_trim(*out).size > 0) return true;
    return error_set(call->scope, ERROR_INVALID, "field.required", str_of(name));
}

bool call_time(struct call *call, const char *name, int64_t *out_ms)
{
    struct str text;
    if (!call_text(call, name, true, &text)) return false;
    if (time_parse(text, call->snapshot->schema->zone_min, out_ms)) return true;
    return error_set(call->scope, ERROR_INVALID, "field.not_time", str_of(name));
}

bool call_has_right(const struct call *call, enum access_right right)
{
    return actor_has_right(&call->context.actor, right);
}

bool call_is_admin(const struct call *call)
{
    const struct role *role = call->context.actor.role;
    return !role || str_is(role->name, "admin");
}

/* ---- members of answers ---- */

void member_id(struct json_writer *writer, const char *name, const struct cell *cell)
{
    json_key(writer, str_of(name));
    struct uuid id = cell_uuid(cell);
    if (uuid_is_nil(id)) {
        json_put_null(writer);
    } else {
        json_put_id(writer, id);
    }
}

void member_time(struct json_writer *writer, const char *name, const struct cell *cell)
{
    json_key(writer, str_of(name));
    if (cell->kind == CELL_INT) {
        json_put_time(writer, cell->integer);
    } else {
        json_put_null(writer);
    }
}

void member_text(struct json_writer *writer, const char *name, const struct cell *cell)
{
    json_key(writer, str_of(name));
    if (cell->kind == CELL_TEXT) {
        json_put_str(writer, cell->text);
    } else {
        json_put_null(writer);
    }
}

void member_label(struct json_writer *writer, const char *name, struct label label)
{
    json_key(writer, str_of(name));
    json_map_begin(writer);
    json_member_str(writer, "zh", label_text(label, LANGUAGE_ZH));
    json_member_str(writer, "en", label_text(label, LANGUAGE_EN));
    json_map_end(writer);
}

/* What we stored ourselves is JSON; anything else is shown as it is. */
static bool stored_json(struct call *call, const struct cell *cell, struct json *out)
{
    if (cell->kind != CELL_TEXT || cell->text.size == 0) return false;
    if (json_read(call->scope, cell->text, out)) return true;
    scope_error_clear(call->scope);
    return false;
}

void member_both(struct call *call, const char *name, const struct cell *cell)
{
    struct json both;
    struct cell shown = *cell;
    if (stored_json(call, cell, &both) && both.kind == JSON_KIND_MAP) {
        struct label label = { json_text(&both, "zh"), json_text(&both, "en") };
        shown = cell_text(label_text(label, call->context.actor.language));
    }
    member_text(&call->out, name, &shown);
}

void member_json(struct call *call, const char *name, const struct cell *cell)
{
    struct json value;
    json_key(&call->out, str_of(name));
    if (stored_json(call, cell, &value)) {
        json_put_tree(&call->out, &value);
    } else {
        json_put_null(&call->out);
    }
}

void member_object(struct call *call, const char *name, const struct cell *cell)
{
    const struct object *object =
        cell->kind == CELL_INT ? schema_object_by_id(call->snapshot->schema, cell->integer)
                               : NULL;
    if (object) {
        json_member_str(&call->out, name, object->name);
    } else {
        json_member_null(&call->out, name);
    }
}

struct titles *call_titles(struct call *call)
{
    if (!call->titles.scope) titles_begin(&call->titles, call->scope, &call->records);
    return &call->titles;
}

static const struct object *people(const struct call *call, const char *table)
{
    const struct access *access = call->snapshot->access;
    return strcmp(table, "team") == 0 ? access->team : access->user;
}

void name_want(struct call *call, const char *table, struct uuid id)
{
    titles_want_name(call_titles(call), people(call, table), id);
}

bool name_find(struct call *call, struct db_conn *conn, const char *table, struct uuid id,
               struct str *out, bool *is_found)
{
    return titles_find_name(call_titles(call), conn, people(call, table), id, out, is_found);
}

bool member_name_of(struct call *call, struct db_conn *conn, const char *name, const char *table,
                    const struct cell *id)
{
    struct str found;
    bool is_found;
    if (!name_find(call, conn, table, cell_uuid(id), &found, &is_found)) return false;
    struct cell cell = is_found ? cell_text(found) : cell_null();
    member_text(&call->out, name, &cell);
    return true;
}

void title_want(struct call *call, const struct object *object, struct uuid id)
{
    titles_want(call_titles(call), object, id);
}

bool record_title(struct call *call, struct db_conn *conn, const struct object *object,
                  struct uuid id, struct str *out)
{
    return titles_find(call_titles(call), conn, object, id, out, NULL);
}

static const char *const level_names[LEVEL_COUNT] = { NULL, "yellow", "orange", "red" };

const char *level_name(int64_t level)
{
    return level > LEVEL_NONE && level < LEVEL_COUNT ? level_names[level] : NULL;
}

int level_of(struct str name)
{
    for (int level = LEVEL_YELLOW; level < LEVEL_COUNT; level++) {
        if (str_is(name, level_names[level])) return level;
    }
    return LEVEL_NONE;
}

void member_tree(struct json_writer *writer, const char *name, const struct json *tree)
{
    json_key(writer, str_of(name));
    if (tree) {
        json_put_tree(writer, tree);
    } else {
        json_put_null(writer);
    }
}

/* ---- lists and their pages ---- */

void list_begin(struct call *call)
{
    json_map_begin(&call->out);
    json_key(&call->out, STR("items"));
    json_list_begin(&call->out);
}

void list_end(struct call *call)
{
    json_list_end(&call->out);
    json_map_end(&call->out);
}

void list_next(struct call *call, struct str cursor)
{
    json_list_end(&call->out);
    json_key(&call->out, STR("next"));
    if (cursor.size > 0) {
        json_put_str(&call->out, cursor);
    } else {
        json_put_null(&call->out);
    }
}

struct str cursor_put(struct scope *scope, const int64_t *keys, int key_count, struct uuid id)
{
    struct buf text;
    buf_begin(&text, scope, 512);
    for (int i = 0; i < key_count; i++) {
        buf_put_int(&text, keys[i]);
        buf_put_char(&text, '.');
    }
    uuid_put(&text, id);
    return buf_str(&text);
}

bool cursor_take(struct scope *scope, struct str text, int64_t *keys, int key_count,
                 struct uuid *id)
{
    struct str part;
    bool is_good = true;
    for (int i = 0; is_good && i < key_count; i++) {
        is_good = str_split(&text, '.', &part) && str_to_int64(part, &keys[i]);
    }
    if (is_good && uuid_parse(text, id)) return true;
    return error_set(scope, ERROR_INVALID, "query.bad_cursor", STR("after"));
}
