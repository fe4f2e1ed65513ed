/*
 * Any number of other records: "to" and, for the way back, "back". In JSON a list of ids; a
 * change may also be {"add": [ids], "remove": [ids]}, which leaves the others alone.
 */
#include "schema/schema_inner.h"

static bool ids_read(struct scope *scope, const struct field *field, const struct json *list,
                     struct links *out)
{
    *out = (struct links){ NULL, 0 };
    if (!list || list->kind == JSON_KIND_NULL) return true;
    if (list->kind != JSON_KIND_LIST) return value_refuse(scope, field, "field.not_list");
    if (list->count > LINK_COUNT_MAX) return value_refuse(scope, field, "field.too_many_links");
    out->ids = scope_new(scope, struct uuid, list->count + 1);
    for (int i = 0; i < list->count; i++) {
        bool is_id = list->items[i].kind == JSON_KIND_STR &&
                     uuid_parse(list->items[i].text, &out->ids[out->count]);
        if (!is_id) return value_refuse(scope, field, "field.not_id");
        out->count += 1;
    }
    links_sort(out);
    return true;
}

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    struct links links, removed;
    (void)context;
    if (value_is_blank(in, out)) return true;
    if (in->kind != JSON_KIND_MAP) {
        if (!ids_read(scope, field, in, &links)) return false;
        *out = links_cell(scope, links);
        return true;
    }
    if (!ids_read(scope, field, json_get(in, "add"), &links) ||
        !ids_read(scope, field, json_get(in, "remove"), &removed)) {
        return false;
    }
    *out = links_change_cell(scope, links, removed);
    return true;
}

static bool is_id_byte(char byte)
{
    return byte == '-' || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
           (byte >= 'A' && byte <= 'F');
}

/* Ids with any of the marks people put between things. */
static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    struct links links = { scope_new(scope, struct uuid, in.size / 36 + 1), 0 };
    (void)context;
    size_t at = 0;
    while (at < in.size) {
        size_t end = at;
        while (end < in.size && is_id_byte(in.data[end])) end += 1;
        if (end > at && !uuid_parse(str_slice(in, at, end), &links.ids[links.count++])) {
            *out = cell_null();
            return value_refuse(scope, field, "field.not_id");
        }
        at = end > at ? end : at + 1;
    }
    links_sort(&links);
    *out = links_cell(scope, links);
    return true;
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    struct str rest = in->kind == CELL_TEXT ? in->text : STR(""), id;
    (void)context, (void)field;
    json_list_begin(writer);
    while (rest.size > 0 && str_split(&rest, ',', &id)) json_put_str(writer, id);
    json_list_end(writer);
}

static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)scope, (void)context, (void)field;
    return in->text;
}

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    field->back = json_text(definition, "back");
    if (json_text(definition, "to").size == 0) {
        return define_refuse(scope, field, "to", "schema.to_missing");
    }
    if (field->back.size > 0 && !name_is_valid(field->back)) {
        return define_refuse(scope, field, "back", "schema.name");
    }
    if (field->is_unique || field->is_indexed) {
        return define_refuse(scope, field, field->is_unique ? "unique" : "index",
                             "schema.formula_not_allowed");
    }
    return true;
}

const struct field_type field_type_many_to_many = {
    .name = "many_to_many",
    .kind = VALUE_LINKS,
    .is_creatable = true,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = text,
    .define = define,
};
