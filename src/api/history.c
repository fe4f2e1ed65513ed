/*
 * What happened to a record: rows of change grouped by version, newest first.
 * Values were kept as text that survives renames and are shown as the fields
 * show them today; fields that a role may not see are left out. What a page
 * names is gathered from all its rows before the first of them is written.
 */
#include "api/inner.h"

#include <inttypes.h>

enum { ROW_COUNT_MAX = 20000, CHANGE_COUNT_PER_VERSION = 130 };

enum change_column { CHANGE_ID, CHANGE_VERSION, CHANGE_FIELD, CHANGE_OLD, CHANGE_NEW, CHANGE_AT,
                     CHANGE_BY, CHANGE_VIA };

/* Sharing makes no version: such a row stands alone. */
static bool is_share(const struct row *row)
{
    int64_t field = row->cells[CHANGE_FIELD].integer;
    return field == CHANGE_SHARED || field == CHANGE_UNSHARED;
}

static const char *kind_of(const struct row *rows, int count)
{
    enum feed_kind kind = FEED_UPDATE;
    if (is_share(rows)) {
        return rows->cells[CHANGE_FIELD].integer == CHANGE_SHARED ? "share" : "unshare";
    }
    for (int i = 0; i < count; i++) {
        kind = feed_kind_fold(kind, rows[i].cells[CHANGE_FIELD].integer);
    }
    return feed_kind_name(kind);
}

/* The name behind an id, for those who may see what it names. */
static bool put_label(struct call *call, const char *name, const struct field *field,
                      const struct cell *cell)
{
    struct str title;
    if (field_kind(field) != VALUE_ID || !field->to || cell->kind != CELL_BLOB) return true;
    if (!record_title(call, call->conn, field->to, cell_uuid(cell), &title)) return false;
    if (title.size > 0) json_member_str(&call->out, name, title);
    return true;
}

static bool put_value(struct call *call, const char *name, const char *label_name,
                      const struct field *field, const struct cell *stored)
{
    struct value_context values = { call->snapshot->schema, call->context.actor.language,
                                    call->context.now_ms };
    struct cell cell = cell_null();
    struct cell seen = *stored;
    json_key(&call->out, str_of(name));
    if (field_kind(field) == VALUE_LINKS &&
        !links_seen(call_titles(call), call->conn, field, &seen)) {
        return false;
    }
    field_write_kept(call->scope, &call->out, &values, field, &seen);
    if (field_kind(field) != VALUE_ID || stored->kind != CELL_TEXT) return true;
    if (field_load_text(call->scope, field, stored->text, &cell)) {
        return put_label(call, label_name, field, &cell);
    }
    scope_error_clear(call->scope);
    return true;
}

/* ---- lines of a sub-table, as engine/lines_note.c tells of them ---- */

static struct cell cell_of(const struct json *json)
{
    return json->kind == JSON_KIND_STR ? cell_text(json->text) : cell_null();
}

/* [field, old, new]; of a field that is gone or out of sight nothing. */
static bool put_line_value(struct call *call, const struct object *object,
                           const struct json *value)
{
    if (value->kind != JSON_KIND_LIST || value->count != 3) return true;
    const struct field *field = object_field_by_id(object, value->items[0].integer);
    if (!field || field->is_hidden) return true;
    enum field_mode mode =
        access_field_mode(call->snapshot->access, &call->context.actor, object, field);
    if (mode == FIELD_HIDDEN) return true;
    struct cell nothing = cell_null();
    struct cell old = mode == FIELD_MASKED ? nothing : cell_of(&value->items[1]);
    struct cell now = mode == FIELD_MASKED ? nothing : cell_of(&value->items[2]);
    json_map_begin(&call->out);
    json_member_str(&call->out, "field", field->name);
    bool is_ok = put_value(call, "old", "old_label", field, &old) &&
                 put_value(call, "new", "new_label", field, &now);
    json_map_end(&call->out);
    return is_ok;
}

static bool is_title_seen(const struct call *call, const struct object *object)
{
    return object->title && access_field_mode(call->snapshot->access, &call->context.actor, object,
                                              object->title) < FIELD_MASKED;
}

static bool put_line(struct call *call, const struct object *object, const struct json *line)
{
    struct value_context values = { call->snapshot->schema, call->context.actor.language,
                                    call->context.now_ms };
    const struct json *told = json_get(line, "values"), *title = json_get(line, "title");
    struct str is = json_text(line, "is");
    struct cell cell = cell_null();
    bool is_ok = true;
    json_map_begin(&call->out);
    json_member_str(&call->out, "line", json_text(line, "id"));
    json_member_int(&call->out, "number", json_int(line, "number", 0));
    json_member_str(&call->out, "kind", is.size > 0 ? is : STR("changed"));
    if (title && is_title_seen(call, object) && field_kind(object->title) != VALUE_ID) {
        if (field_load_text(call->scope, object->title, title->text, &cell)) {
            json_member_str(&call->out, "title",
                            field_text(call->scope, &values, object->title, &cell));
        } else {
            scope_error_clear(call->scope); /* kept when the title was another field */
        }
    }
    json_key(&call->out, STR("changes"));
    json_list_begin(&call->out);
    for (int i = 0; is_ok && told && i < told->count; i++) {
        is_ok = put_line_value(call, object, &told->items[i]);
    }
    json_list_end(&call->out);
    json_map_end(&call->out);
    return is_ok;
}

static bool put_lines(struct call *call, const struct field *field, const struct cell *kept)
{
    struct json note;
    const struct field *via = field_lines_via(field);
    if (!via || kept->kind != CELL_TEXT) return true;
    if (!json_read(call->scope, kept->text, &note)) return false;
    const struct json *lines = json_get(&note, "lines"), *order = json_get(&note, "order");
    json_key(&call->out, STR("lines"));
    json_list_begin(&call->out);
    for (int i = 0; lines && i < lines->count; i++) {
        if (!put_line(call, via->object, &lines->items[i])) return false;
    }
    json_list_end(&call->out);
    if (order && is_title_seen(call, via->object)) {
        json_key(&call->out, STR("order"));
        json_put_tree(&call->out, order);
    }
    return true;
}

static bool put_change(struct call *call, const struct row *row)
{
    int64_t field_id = row->cells[CHANGE_FIELD].integer;
    const struct field *field = object_field_by_id(call->object, field_id);
    if (field_id == CHANGE_CREATED || !field) return true;
    enum field_mode mode = access_field_mode(call->snapshot->access, &call->context.actor,
                                             call->object, field);
    if (mode == FIELD_HIDDEN) return true;
    json_map_begin(&call->out);
    json_member_str(&call->out, "field", field->name);
    bool is_lines = field_kind(field) == VALUE_LINES;
    if (mode == FIELD_MASKED || is_lines) {
        json_member_null(&call->out, "old");
        json_member_null(&call->out, "new");
    }
    if (mode == FIELD_MASKED) {
        /* that something changed, not what */
    } else if (is_lines) {
        if (!put_lines(call, field, &row->cells[CHANGE_NEW])) return false;
    } else if (!put_value(call, "old", "old_label", field, &row->cells[CHANGE_OLD]) ||
               !put_value(call, "new", "new_label", field, &row->cells[CHANGE_NEW])) {
        return false;
    }
    json_map_end(&call->out);
    return true;
}

/*
 * What the record was created with, as rows of change: not kept, but the changes since lead
 * back to it.
 */
static bool initial_rows(struct call *call, const struct record *record, struct rows *out)
{
    struct record first;
    if (!record_at_creation(call->scope, call->conn, record, &first)) return false;
    *out = (struct rows){ scope_new(call->scope, struct row, call->object->field_count + 1), 0 };
    for (int i = 0; i < call->object->field_count; i++) {
        const struct field *field = &call->object->fields[i];
        bool is_named = field == call->object->owner || field == call->object->stage ||
                        field == call->object->pipeline;
        if (field->column.size == 0 || field->is_stored || (field->is_system && !is_named) ||
            first.cells[i].kind == CELL_NULL) {
            continue;
        }
        struct cell *cells = scope_new(call->scope, struct cell, CHANGE_VIA + 1);
        cells[CHANGE_FIELD] = cell_int(field->id);
        cells[CHANGE_NEW] = cell_text(field_store_text(call->scope, field, &first.cells[i]));
        out->items[out->count++] = (struct row){ cells, CHANGE_VIA + 1 };
    }
    return true;
}

static bool share_read(struct call *call, const struct row *row, struct json *out)
{
    const struct cell *given = &row->cells[CHANGE_NEW];
    const struct cell *kept = given->kind == CELL_TEXT ? given : &row->cells[CHANGE_OLD];
    return kept->kind == CELL_TEXT && json_read(call->scope, kept->text, out);
}

/* {"person" or "team","name","level","until"?} as it was given or taken back. */
static bool put_share(struct call *call, const struct row *row)
{
    struct json said;
    struct uuid whom;
    if (!share_read(call, row, &said)) return false;
    bool is_person = json_get(&said, "person") != NULL;
    json_key(&call->out, STR("share"));
    json_map_begin(&call->out);
    for (int i = 0; i < said.count; i++) {
        json_key(&call->out, said.names[i]);
        json_put_tree(&call->out, &said.items[i]);
    }
    if (uuid_parse(json_text(&said, is_person ? "person" : "team"), &whom)) {
        struct cell id = cell_id(call->scope, whom);
        if (!member_name_of(call, call->conn, "name", is_person ? "user" : "team", &id)) {
            return false;
        }
    }
    json_map_end(&call->out);
    return true;
}

/* What a program did stands under the name of its key. */
static bool put_doer(struct call *call, const struct cell *cells)
{
    struct str via = cells[CHANGE_VIA].kind == CELL_TEXT ? cells[CHANGE_VIA].text : STR("");
    if (str_starts_with(via, STR("key:"))) {
        json_member_str(&call->out, "by_name", str_slice(via, 4, via.size));
        return true;
    }
    return member_name_of(call, call->conn, "by_name", "user", &cells[CHANGE_BY]);
}

static bool put_version(struct call *call, const struct rows *initial, const struct row *rows,
                        int count)
{
    struct json_writer *out = &call->out;
    json_map_begin(out);
    json_member_int(out, "version", rows[0].cells[CHANGE_VERSION].integer);
    member_time(out, "at", &rows[0].cells[CHANGE_AT]);
    member_id(out, "by", &rows[0].cells[CHANGE_BY]);
    if (!put_doer(call, rows[0].cells)) return false;
    member_text(out, "via", &rows[0].cells[CHANGE_VIA]);
    json_member_str(out, "kind", str_of(kind_of(rows, count)));
    if (is_share(rows) && !put_share(call, rows)) return false;
    json_key(out, STR("changes"));
    json_list_begin(out);
    bool is_create = strcmp(kind_of(rows, count), "create") == 0;
    for (int i = 0; is_create && i < initial->count; i++) {
        if (!put_change(call, &initial->items[i])) return false;
    }
    for (int i = count - 1; i >= 0; i--) {
        if (!put_change(call, &rows[i])) return false;
    }
    json_list_end(out);
    json_map_end(out);
    return true;
}

/* ---- what a page will name ---- */

static void want_value(struct call *call, const struct field *field, const struct cell *kept)
{
    struct cell cell = cell_null();
    if (kept->kind != CELL_TEXT) return;
    if (field_kind(field) == VALUE_LINKS) links_want(call_titles(call), field, kept);
    if (field_kind(field) != VALUE_ID) return;
    if (field_load_text(call->scope, field, kept->text, &cell)) {
        title_want(call, field->to, cell_uuid(&cell));
    } else {
        scope_error_clear(call->scope);
    }
}

static bool want_lines(struct call *call, const struct object *object, const struct cell *kept)
{
    struct json note;
    if (kept->kind != CELL_TEXT) return true;
    if (!json_read(call->scope, kept->text, &note)) return false;
    const struct json *lines = json_get(&note, "lines");
    for (int i = 0; lines && i < lines->count; i++) {
        const struct json *values = json_get(&lines->items[i], "values");
        for (int k = 0; values && k < values->count; k++) {
            const struct json *value = &values->items[k];
            if (value->kind != JSON_KIND_LIST || value->count != 3) continue;
            const struct field *field = object_field_by_id(object, value->items[0].integer);
            struct cell old = cell_of(&value->items[1]), now = cell_of(&value->items[2]);
            if (!field) continue;
            want_value(call, field, &old);
            want_value(call, field, &now);
        }
    }
    return true;
}

static bool want_change(struct call *call, const struct row *row)
{
    const struct field *field =
        object_field_by_id(call->object, row->cells[CHANGE_FIELD].integer);
    if (!field) return true;
    const struct field *via = field_lines_via(field);
    if (via) return want_lines(call, via->object, &row->cells[CHANGE_NEW]);
    want_value(call, field, &row->cells[CHANGE_OLD]);
    want_value(call, field, &row->cells[CHANGE_NEW]);
    return true;
}

static bool want_share(struct call *call, const struct row *row)
{
    struct json said;
    struct uuid id;
    if (!share_read(call, row, &said)) return false;
    if (uuid_parse(json_text(&said, "person"), &id)) name_want(call, "user", id);
    if (uuid_parse(json_text(&said, "team"), &id)) name_want(call, "team", id);
    return true;
}

/* With the creation among the rows also what the record was created with. */
static bool want_rows(struct call *call, const struct record *record, const struct row *rows,
                      int count, struct rows *initial)
{
    *initial = (struct rows){ 0 };
    for (int i = 0; i < count; i++) {
        bool is_ok = is_share(&rows[i]) ? want_share(call, &rows[i]) : want_change(call, &rows[i]);
        bool is_create = rows[i].cells[CHANGE_FIELD].integer == CHANGE_CREATED;
        name_want(call, "user", cell_uuid(&rows[i].cells[CHANGE_BY]));
        if (!is_ok || (is_create && !initial_rows(call, record, initial))) return false;
    }
    for (int i = 0; i < initial->count; i++) {
        if (!want_change(call, &initial->items[i])) return false;
    }
    return true;
}

/* ---- the page ---- */

/* Where the version ends that begins there. */
static int version_end(const struct rows *rows, int at)
{
    int end = at + 1;
    while (!is_share(&rows->items[at]) && end < rows->count && !is_share(&rows->items[end]) &&
           cell_equal(&rows->items[end].cells[CHANGE_VERSION],
                      &rows->items[at].cells[CHANGE_VERSION])) {
        end += 1;
    }
    return end;
}

static bool rows_load(struct call *call, int64_t before, int limit, struct rows *out)
{
    int row_limit = limit * CHANGE_COUNT_PER_VERSION;
    if (row_limit > ROW_COUNT_MAX) row_limit = ROW_COUNT_MAX;
    struct cell args[] = { cell_int(call->object->id), cell_id(call->scope, call->id),
                           cell_int(before), cell_int(row_limit) };
    return db_all(call->scope, call->conn,
                  STR("SELECT id, version, field, old, new, at, \"by\", via FROM change "
                      "WHERE object = ? AND record = ? AND id < ? ORDER BY id DESC LIMIT ?"),
                  args, 4, ROW_COUNT_MAX, out);
}

bool api_history(struct call *call)
{
    struct record record;
    struct rows rows, initial;
    struct str after;
    int limit;
    int64_t before = INT64_MAX;
    if (!call_object(call) || !call_capture_id(call, 1, &call->id) ||
        !call_param(call, "after", &after) ||
        !call_param_limit(call, PAGE_LIMIT, PAGE_LIMIT_MAX, &limit)) {
        return false;
    }
    if (after.size > 0 && !str_to_int64(after, &before)) {
        return error_set(call->scope, ERROR_INVALID, "query.bad_cursor", STR("after"));
    }
    if (!record_load(call->scope, call->conn, &call->records, call->object, call->id, ACTION_READ,
                     &record) ||
        !rows_load(call, before, limit, &rows)) {
        return false;
    }
    int end = 0;
    for (int shown = 0; shown < limit && end < rows.count; shown++) end = version_end(&rows, end);
    if (!want_rows(call, &record, rows.items, end, &initial)) return false;
    list_begin(call);
    for (int at = 0, next; at < end; at = next) {
        next = version_end(&rows, at);
        if (!put_version(call, &initial, &rows.items[at], next - at)) return false;
    }
    list_next(call, end < rows.count
                        ? scope_format(call->scope, "%" PRId64,
                                       rows.items[end - 1].cells[CHANGE_ID].integer)
                        : STR(""));
    json_map_end(&call->out);
    return true;
}
