/*
 * Which object a record belongs to, beside a reference that may point anywhere
 * (alert.object and alert.record). In JSON the API name of the object.
 */
#include "schema/schema_inner.h"

static const struct object *find(const struct schema *schema, const struct field *field,
                                 struct str text)
{
    (void)field;
    return schema_object(schema, text);
}

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    if (value_is_blank(in, out)) return true;
    if (in->kind != JSON_KIND_STR) return value_refuse(scope, field, "field.not_text");
    const struct object *object = find(context->schema, field, str_trim(in->text));
    if (!object) return value_refuse_with(scope, field, "field.not_choice", "value", in->text);
    *out = cell_int(object->id);
    return true;
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    struct json json = tree_text(in);
    return read_json(scope, context, field, &json, out);
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)field;
    const struct object *object = schema_object_by_id(context->schema, in->integer);
    if (object) {
        json_put_str(writer, object->name);
    } else {
        json_put_null(writer);
    }
}

static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)scope, (void)field;
    const struct object *object = schema_object_by_id(context->schema, in->integer);
    return object ? label_text(object->label, context->language) : STR("");
}

const struct field_type field_type_object = {
    .name = "object",
    .kind = VALUE_OBJECT,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = text,
};
