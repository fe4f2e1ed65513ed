/* The BI views, for who connects a BI tool: what each shows, and what it leaves out and why. */
#include "api/inner.h"
#include "engine/bi.h"

static const char *why(enum bi_absence absence)
{
    switch (absence) {
    case BI_PERSONAL: return "personal";
    case BI_COMPUTED: return "computed";
    case BI_RELATED: return "related";
    default: return "inner";
    }
}

static void put_column(struct json_writer *out, struct str name, const char *type,
                       const struct field *field)
{
    json_map_begin(out);
    json_member_str(out, "name", name);
    json_member_str(out, "type", str_of(type));
    json_member_str(out, "field", field->name);
    member_label(out, "label", field->label);
    if (field->fill_job != 0) json_member_bool(out, "filling", true);
    json_map_end(out);
}

static void put_columns(struct call *call, const struct bi *bi, const struct bi_view *view)
{
    struct json_writer *out = &call->out;
    const struct object *object = view->object;
    struct bi_column *columns =
        scope_new(call->scope, struct bi_column, object->field_count * 2 + 1);
    int count = view->links ? 0 : bi_columns(bi, object, columns);
    json_key(out, STR("columns"));
    json_list_begin(out);
    for (int i = 0; i < count; i++) {
        put_column(out, columns[i].name, bi_column_type(&columns[i]), columns[i].field);
    }
    if (view->links) {
        put_column(out, STR("record"), "id", view->links);
        put_column(out, STR("target"), "id", view->links);
    }
    json_list_end(out);
}

/* The view that has what a field with several records points to; empty: none. */
static struct str view_of(const struct bi_list *list, const struct field *field)
{
    const struct field *via = field_lines_via(field);
    for (int i = 0; i < list->count; i++) {
        const struct bi_view *view = &list->items[i];
        bool is_it = via ? view->object == via->object && !view->links : view->links == field;
        if (is_it) return view->name;
    }
    return STR("");
}

static void put_absent(struct call *call, const struct bi_list *list, const struct object *object)
{
    struct json_writer *out = &call->out;
    json_key(out, STR("left_out"));
    json_list_begin(out);
    for (int i = 0; i < object->field_count; i++) {
        const struct field *field = &object->fields[i];
        enum bi_absence absence = bi_absence(&list->bi, field);
        if (absence == BI_SHOWN || absence == BI_OWN) continue;
        struct str view = absence == BI_RELATED ? view_of(list, field) : STR("");
        json_map_begin(out);
        json_member_str(out, "field", field->name);
        member_label(out, "label", field->label);
        json_member_str(out, "why", str_of(why(absence)));
        if (view.size > 0) json_member_str(out, "view", view);
        json_map_end(out);
    }
    json_list_end(out);
}

static void put_view(struct call *call, const struct bi_list *list, const struct bi_view *view)
{
    struct json_writer *out = &call->out;
    json_map_begin(out);
    json_member_str(out, "name", view->name);
    json_member_str(out, "object", view->object->name);
    member_label(out, "label", view->object->label);
    if (view->links) json_member_str(out, "field", view->links->name);
    if (view->links) member_label(out, "field_label", view->links->label);
    put_columns(call, &list->bi, view);
    if (!view->links) put_absent(call, list, view->object);
    json_map_end(out);
}

bool api_bi(struct call *call)
{
    struct bi_list list;
    if (!bi_list(call->scope, call->conn, call->snapshot->schema, &list)) return false;
    list_begin(call);
    for (int i = 0; i < list.count; i++) put_view(call, &list, &list.items[i]);
    json_list_end(&call->out);
    json_member_str(&call->out, "database",
                    list.bi.dialect == DB_POSTGRES ? STR("postgres") : STR("sqlite"));
    json_member_str(&call->out, "schema", list.place);
    json_member_bool(&call->out, "barred", list.is_barred);
    json_map_end(&call->out);
    return true;
}
