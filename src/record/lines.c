/*
 * Sub-tables on the way out: the lines of a page of records in one statement, grouped by the
 * record they belong to, in their order there; what they point to comes along by name.
 */
#include "record/query_inner.h"

enum { LINE_TEXT_SIZE_MAX = 4 * 1024 * 1024 };

struct grouping {
    const struct record_context *context;
    const struct field *via;
    const struct record_query *query;
    const struct uuid *ids;
    int count;
    struct json_writer *writers; /* one list per record */
    struct buf *texts;
};

static int place_of(const struct grouping *grouping, const struct cell *parent)
{
    struct uuid id = cell_uuid(parent);
    for (int i = 0; i < grouping->count; i++) {
        if (uuid_equal(grouping->ids[i], id)) return i;
    }
    return -1;
}

static bool line_put(struct scope *scope, const struct query_row *row, void *user)
{
    struct grouping *grouping = user;
    const struct record_query *query = grouping->query;
    struct value_context values = { grouping->context->access->schema,
                                    grouping->context->actor->language,
                                    grouping->context->now_ms };
    int place = place_of(grouping, &row->cells[0]);
    (void)scope;
    if (place < 0) return true;
    struct json_writer *writer = &grouping->writers[place];
    json_map_begin(writer);
    json_key(writer, STR("id"));
    json_put_id(writer, row->id);
    json_member_int(writer, "version", row->version);
    for (int i = 1; i < query->field_count; i++) {
        const struct field_path *path = &query->fields[i];
        const struct field *field = path->fields[path->count - 1];
        enum field_mode mode = access_field_mode(grouping->context->access,
                                                 grouping->context->actor, field->object, field);
        json_key(writer, query->field_names[i]);
        if (mode >= FIELD_MASKED) {
            query_write_masked(writer, field, &row->cells[i]);
        } else {
            field_write(writer, &values, field, &row->cells[i]);
        }
    }
    json_map_end(writer);
    return true;
}

static bool is_seen(const struct record_context *context, const struct field *field)
{
    return access_field_mode(context->access, context->actor, field->object, field) !=
           FIELD_HIDDEN;
}

static void path_take(struct record_query *query, struct field_path path, struct str name)
{
    query->field_names[query->field_count] = name;
    query->fields[query->field_count++] = path;
}

/* Names of what is pointed to, where there is room for them: "product.name". */
static void names_take(struct scope *scope, const struct record_context *context,
                       struct record_query *query)
{
    int count = query->field_count;
    for (int i = 1; i < count && query->field_count < QUERY_FIELD_COUNT_MAX; i++) {
        const struct field *field = query->fields[i].fields[0];
        const struct field *title = field->to ? field->to->title : NULL;
        enum value_kind kind = field_kind(field);
        bool is_list = kind == VALUE_LINKS && title && field_kind(title) == VALUE_TEXT;
        bool is_named = title && (kind == VALUE_ID || is_list) && is_seen(context, title) &&
                        access_field_mode(context->access, context->actor, field->object,
                                          field) == FIELD_VISIBLE;
        if (!is_named) continue;
        path_take(query, (struct field_path){ { field, title }, 2 },
                  scope_format(scope, "%.*s.%.*s", STR_ARG(field->name), STR_ARG(title->name)));
    }
}

/* The reference back first, then what is the line's own and may be seen. */
static void fields_take(struct scope *scope, const struct record_context *context,
                        const struct field *via, struct record_query *query)
{
    const struct object *object = via->object;
    path_take(query, (struct field_path){ { via }, 1 }, via->name);
    for (int i = 0; i < object->field_count && query->field_count < QUERY_FIELD_COUNT_MAX; i++) {
        const struct field *field = &object->fields[i];
        bool is_shown = field != via && !field->is_system && !field->is_hidden &&
                        field_kind(field) != VALUE_LINES && is_seen(context, field);
        if (is_shown) path_take(query, (struct field_path){ { field }, 1 }, field->name);
    }
    names_take(scope, context, query);
}

bool lines_load(struct scope *scope, struct db_conn *conn, const struct record_context *context,
                const struct field *field, const struct uuid *ids, int count, struct str *out)
{
    const struct field *via = field_lines_via(field);
    struct record_query *query = scope_new(scope, struct record_query, 1);
    struct grouping grouping = {
        .context = context, .via = via, .query = query, .ids = ids, .count = count,
        .writers = scope_new(scope, struct json_writer, count + 1),
        .texts = scope_new(scope, struct buf, count + 1),
    };
    if (count == 0) return true;
    *query = (struct record_query){ .object = via->object, .via = via, .ids = ids,
                                    .id_count = count };
    fields_take(scope, context, via, query);
    if (!query_parse_order(scope, context, STR("line_no,id"), query)) return false;
    for (int i = 0; i < count; i++) {
        buf_begin(&grouping.texts[i], scope, LINE_TEXT_SIZE_MAX);
        json_begin(&grouping.writers[i], &grouping.texts[i]);
        json_list_begin(&grouping.writers[i]);
    }
    if (!query_each(scope, conn, context, query, line_put, &grouping)) return false;
    for (int i = 0; i < count; i++) {
        json_list_end(&grouping.writers[i]);
        if (grouping.texts[i].is_over) {
            return error_set(scope, ERROR_TOO_LARGE, "db.too_large", field->name);
        }
        out[i] = buf_str(&grouping.texts[i]);
    }
    return true;
}
