/*
 * The records that belong to this one: "to" names their object and "via" its owned reference
 * back. They are written and read with their record, and are no value of a column.
 */
#include "schema/schema_inner.h"

/* What came in is made into writes by engine/lines.c, which knows who is asking. */
static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    (void)context;
    *out = cell_null();
    if (in->kind == JSON_KIND_LIST) return true;
    return value_refuse(scope, field, "field.not_list");
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context, (void)in;
    *out = cell_null();
    return value_refuse(scope, field, "field.read_only");
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context, (void)field, (void)in;
    json_put_null(writer);
}

static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)scope, (void)context, (void)field, (void)in;
    return STR("");
}

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    field->via = json_text(definition, "via");
    if (json_text(definition, "to").size == 0) {
        return define_refuse(scope, field, "to", "schema.to_missing");
    }
    if (field->via.size == 0) {
        return define_refuse(scope, field, "via", "schema.derived_missing");
    }
    if (field->is_required || field->default_source.size > 0) {
        return define_refuse(scope, field, field->is_required ? "required" : "default",
                             "schema.formula_not_allowed");
    }
    return true;
}

const struct field_type field_type_sub_table = {
    .name = "sub_table",
    .kind = VALUE_LINES,
    .is_creatable = true,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = text,
    .define = define,
};
