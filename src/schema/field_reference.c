/*
 * Another record, by its id. "to" names the object; it is linked when the whole
 * snapshot is loaded. Only the engine's own references may be without "to":
 * they come with a field that says the object.
 */
#include "schema/schema_inner.h"

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    const struct json *to = json_get(definition, "to");
    if (!to && field->is_system) return true;
    if (!to || to->kind != JSON_KIND_STR || to->text.size == 0) {
        return define_refuse(scope, field, "to", "schema.to_missing");
    }
    return true;
}

const struct field_type field_type_reference = {
    .name = "reference",
    .kind = VALUE_ID,
    .is_creatable = true,
    .read = value_id_read,
    .read_text = value_id_read_text,
    .write = value_id_write,
    .text = value_id_text,
    .define = define,
};
