/*
 * Which field a history row is about: change.field. A number in the column, so
 * that history survives renames; in JSON the API name. Creation, deletion and
 * restoring are no field: "created", "deleted", "restored"; nor is sharing.
 */
#include "schema/schema_inner.h"

static const struct field *find(const struct schema *schema, int64_t id)
{
    for (int i = 0; i < schema->object_count; i++) {
        const struct field *field = object_field_by_id(&schema->objects[i], id);
        if (field) return field;
    }
    return NULL;
}

static struct str name_of(const struct schema *schema, int64_t id)
{
    if (id == CHANGE_CREATED) return STR("created");
    if (id == CHANGE_DELETED) return STR("deleted");
    if (id == CHANGE_RESTORED) return STR("restored");
    if (id == CHANGE_SHARED) return STR("shared");
    if (id == CHANGE_UNSHARED) return STR("unshared");
    const struct field *field = find(schema, id);
    return field ? field->name : STR("");
}

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    (void)context, (void)in;
    *out = cell_null();
    return value_refuse(scope, field, "field.read_only");
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
    (void)field;
    struct str name = name_of(context->schema, in->integer);
    if (name.size > 0) {
        json_put_str(writer, name);
    } else {
        json_put_null(writer);
    }
}

static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)scope, (void)field;
    const struct field *subject = find(context->schema, in->integer);
    return subject ? label_text(subject->label, context->language)
                   : name_of(context->schema, in->integer);
}

const struct field_type field_type_field = {
    .name = "field",
    .kind = VALUE_NUMBER,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = text,
};
