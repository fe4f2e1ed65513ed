/*
 * One query, one pass, one row in memory. A column is a field path of the query
 * and a kind of cell; a reference without a path becomes the title of the record
 * behind it when people are to read the file.
 */
#include "ingest/export.h"

#include "base/decimal.h"
#include "base/time.h"

enum { EXPORT_FIELDS_SIZE_MAX = 64 * 1024 };

struct out_column {
    const struct field *field; /* the last of the path */
    enum field_mode mode;
};

struct exporting {
    const struct engine_context *context;
    const struct export_options *options;
    struct value_context values;
    struct record_query query;
    struct table_column *columns;
    struct out_column *outs;
    struct table_writer *writer;
    bool is_plain;
};

bool export_format_read(struct str text, enum table_format *out)
{
    if (str_is(text, "csv")) return *out = TABLE_CSV, true;
    if (str_is(text, "xlsx")) return *out = TABLE_XLSX, true;
    *out = TABLE_JSONL;
    return str_is(text, "jsonl");
}

const char *export_content_type(enum table_format format)
{
    switch (format) {
    case TABLE_XLSX: return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    case TABLE_JSONL: return "application/x-ndjson";
    default: return "text/csv; charset=utf-8";
    }
}

/* ---- columns ---- */

static bool is_shown(const struct engine_context *context, const struct object *object,
                     const struct field *field)
{
    if (access_field_mode(context->snapshot->access, &context->actor, object, field) ==
        FIELD_HIDDEN) {
        return false;
    }
    return !str_is(field->name, "id") && !str_is(field->name, "version") &&
           field_kind(field) != VALUE_JSON;
}

/* The path that is read for a field: for people, a reference's title. */
static void path_put(const struct exporting *e, struct buf *out, const struct field *field,
                     struct str name)
{
    if (out->size > 0) buf_put_char(out, ',');
    buf_put(out, name);
    bool is_titled = !e->is_plain && field->to && field->to->title &&
                     (field_kind(field) == VALUE_ID ||
                      (field_kind(field) == VALUE_LINKS &&
                       field_kind(field->to->title) == VALUE_TEXT));
    if (!is_titled) return;
    buf_put_char(out, '.');
    buf_put(out, field->to->title->name);
}

static bool fields_choose(struct scope *scope, struct exporting *e, const struct object *object,
                          struct str *out)
{
    struct buf text;
    struct record_context records = engine_record_context(e->context);
    buf_begin(&text, scope, EXPORT_FIELDS_SIZE_MAX);
    if (e->options->fields.size > 0) {
        struct record_query asked = { .object = object };
        if (!query_parse_fields(scope, &records, e->options->fields, &asked)) return false;
        for (int i = 0; i < asked.field_count; i++) {
            const struct field_path *path = &asked.fields[i];
            path_put(e, &text, path->fields[path->count - 1], asked.field_names[i]);
        }
    }
    for (int i = 0; e->options->fields.size == 0 && i < object->field_count; i++) {
        if (!is_shown(e->context, object, &object->fields[i])) continue;
        path_put(e, &text, &object->fields[i], object->fields[i].name);
    }
    *out = buf_str(&text);
    return true;
}

static enum field_mode path_mode(const struct exporting *e, const struct field_path *path)
{
    const struct object *object = e->query.object;
    enum field_mode mode = FIELD_VISIBLE;
    for (int i = 0; i < path->count && object; i++) {
        enum field_mode here = access_field_mode(e->context->snapshot->access, &e->context->actor,
                                                 object, path->fields[i]);
        if (here > mode) mode = here;
        object = path->fields[i]->to;
    }
    return mode;
}

static enum table_kind kind_of(const struct exporting *e, const struct field *field,
                               enum field_mode mode)
{
    if (mode >= FIELD_MASKED) return TABLE_TEXT;
    const char *type = (field->result_type ? field->result_type : field->type)->name;
    switch (field_kind(field)) {
    case VALUE_NUMBER:
        if (strcmp(type, "money") == 0) {
            /* JSON has money as text, so that no reader makes it a binary fraction. */
            return e->options->format == TABLE_JSONL ? TABLE_TEXT : TABLE_MONEY;
        }
        if (strcmp(type, "percent") == 0) return e->is_plain ? TABLE_DECIMAL : TABLE_TEXT;
        return field->scale == 0 ? TABLE_INTEGER : TABLE_DECIMAL;
    case VALUE_BOOLEAN: return TABLE_BOOL;
    case VALUE_DATE: return TABLE_DATE;
    case VALUE_DATETIME: return TABLE_MOMENT;
    case VALUE_DURATION:
        return e->options->format == TABLE_JSONL ? TABLE_INTEGER : TABLE_SPAN;
    default: return TABLE_TEXT;
    }
}

/* "Firm" for firm.name when that is its title; else "Firm / Region". */
static struct str path_label(struct scope *scope, const struct exporting *e,
                             const struct field_path *path)
{
    struct buf out;
    enum language language = e->context->actor.language;
    buf_begin(&out, scope, 4096);
    for (int i = 0; i < path->count; i++) {
        bool is_title = i > 0 && path->fields[i - 1]->to &&
                        path->fields[i - 1]->to->title == path->fields[i];
        if (is_title && i == path->count - 1) break;
        if (i > 0) buf_put(&out, STR(" / "));
        buf_put(&out, label_text(path->fields[i]->label, language));
    }
    return buf_str(&out);
}

static void columns_make(struct scope *scope, struct exporting *e)
{
    int count = e->query.field_count;
    e->columns = scope_new(scope, struct table_column, count + 1);
    e->outs = scope_new(scope, struct out_column, count + 1);
    e->columns[0] = (struct table_column){ STR("id"), STR("id"), TABLE_TEXT, 0 };
    for (int i = 0; i < count; i++) {
        const struct field_path *path = &e->query.fields[i];
        const struct field *field = path->fields[path->count - 1];
        struct out_column *out = &e->outs[i + 1];
        *out = (struct out_column){ field, path_mode(e, path) };
        struct str name = e->query.field_names[i];
        e->columns[i + 1] = (struct table_column){
            .name = name,
            .title = e->is_plain ? name : path_label(scope, e, path),
            .kind = kind_of(e, field, out->mode),
            .scale = field->scale,
        };
    }
}

/* ---- rows ---- */

static struct str plain_text(struct scope *scope, const struct exporting *e,
                             const struct field *field, const struct cell *cell)
{
    struct buf out;
    struct json_writer writer;
    struct json value;
    buf_begin(&out, scope, 4 * 1024 * 1024);
    json_begin(&writer, &out);
    field_write(&writer, &e->values, field, cell);
    if (!json_read(scope, buf_str(&out), &value)) {
        scope_error_clear(scope);
        return STR("");
    }
    return value.kind == JSON_KIND_STR ? value.text : buf_str(&out);
}

static bool row_each(struct scope *scope, const struct query_row *row, void *user)
{
    struct exporting *e = user;
    struct scope inner;
    scope_begin(&inner);
    struct table_value *values = scope_new(&inner, struct table_value, e->query.field_count + 1);
    int first = e->is_plain ? 1 : 0; /* people need no ids */
    if (e->is_plain) {
        values[0] = (struct table_value){ .is_set = true, .text = uuid_format(&inner, row->id) };
    }
    for (int i = 0; i < e->query.field_count; i++) {
        const struct cell *cell = &row->cells[i];
        const struct out_column *out = &e->outs[i + 1];
        struct table_value *value = &values[i + first];
        if (cell->kind == CELL_NULL) continue;
        value->is_set = true;
        if (out->mode >= FIELD_MASKED) {
            value->text = field_mask(&inner, out->field, cell);
        } else if (e->columns[i + 1].kind != TABLE_TEXT && cell->kind == CELL_INT) {
            value->number = cell->integer;
        } else {
            value->text = e->is_plain ? plain_text(&inner, e, out->field, cell)
                                      : field_text(&inner, &e->values, out->field, cell);
            if (e->columns[i + 1].kind == TABLE_DECIMAL) value->is_set = false;
        }
    }
    bool ok = table_writer_row(e->writer, &inner, values);
    if (!ok) {
        if (inner.error.first) {
            error_set(scope, inner.error.code, inner.error.first->key, STR(""));
        } else {
            error_storage(scope, scope_copy(scope, inner.error.detail));
        }
    }
    scope_end(&inner);
    return ok;
}

static bool query_make(struct scope *scope, struct exporting *e, const struct object *object)
{
    struct record_context records = engine_record_context(e->context);
    struct str fields;
    e->query.object = object;
    e->query.action = ACTION_EXPORT;
    e->query.text = e->options->text;
    return fields_choose(scope, e, object, &fields) &&
           query_parse_fields(scope, &records, fields, &e->query) &&
           query_parse_where(scope, &records, e->options->where, &e->query) &&
           query_parse_order(scope, &records, e->options->order, &e->query);
}

bool export_run(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                const struct export_options *options, const char *path, int64_t *row_count)
{
    const struct schema *schema = context->snapshot->schema;
    const struct object *object = schema_object(schema, options->object);
    struct exporting *e = scope_new(scope, struct exporting, 1);
    *e = (struct exporting){ .context = context, .options = options };
    e->values = (struct value_context){ schema, context->actor.language, context->now_ms };
    e->is_plain = options->is_plain || options->format == TABLE_JSONL;
    if (!object) {
        error_set(scope, ERROR_NOT_FOUND, "import.object_unknown", STR("object"));
        return error_arg(scope, "name", options->object);
    }
    if (!access_check(scope, context->snapshot->access, &context->actor, object, ACTION_EXPORT) ||
        !query_make(scope, e, object)) {
        return false;
    }
    columns_make(scope, e);
    int first = e->is_plain ? 0 : 1;
    bool is_zh = context->actor.language == LANGUAGE_ZH;
    struct table_options table = {
        .zone_min = schema->zone_min,
        .has_bom = !e->is_plain,
        .mark = options->mark,
        .author = context->actor.name,
        .sheet = label_text(object->label_plural, context->actor.language),
        .yes = e->is_plain ? STR("") : is_zh ? STR("是") : STR("Yes"),
        .no = e->is_plain ? STR("") : is_zh ? STR("否") : STR("No"),
    };
    struct record_context records = engine_record_context(context);
    if (!table_writer_open(scope, options->format, path, e->columns + first,
                           e->query.field_count + 1 - first, &table, &e->writer) ||
        !query_each(scope, conn, &records, &e->query, row_each, e) ||
        !table_writer_end(e->writer, scope)) {
        return false;
    }
    *row_count = table_writer_row_count(e->writer);
    return true;
}
