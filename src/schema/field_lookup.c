/*
 * A field of the record behind a reference: "via" and "field". It is the path via.field
 * written as a formula, so there is one way to compute; it looks as that field does.
 */
#include "schema/schema_inner.h"

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    struct derivation *derivation = derivation_begin(scope, definition, field);
    if (!derivation) return false;
    derivation->via = json_text(definition, "via");
    derivation->via_id = json_int(definition, "via_id", 0);
    if (derivation->via.size == 0) {
        return define_refuse(scope, field, "via", "schema.derived_missing");
    }
    if (derivation->field.size == 0) {
        return define_refuse(scope, field, "field", "schema.derived_missing");
    }
    derivation_write(scope, field);
    return computed_result(scope, definition, field);
}

const struct field_type field_type_lookup = {
    .name = "lookup",
    .is_creatable = true,
    .is_computed = true,
    .read = computed_read,
    .read_text = computed_read_text,
    .write = computed_write,
    .text = computed_text,
    .define = define,
};
