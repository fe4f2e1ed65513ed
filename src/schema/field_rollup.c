/*
 * What the records behind a relation come to: count, sum, min, max, avg or last, of a field,
 * of those that meet a condition. It is that function written as a formula.
 */
#include "schema/schema_inner.h"

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    struct str path = scope_format(scope, "fields.%.*s", STR_ARG(field->name));
    struct derivation *derivation = derivation_begin(scope, definition, field);
    if (!derivation) return false;
    derivation->relation = json_text(definition, "relation");
    derivation->relation_id = json_int(definition, "relation_id", 0);
    derivation->function = json_text(definition, "function");
    if (!define_text(scope, definition, "where", path, SCHEMA_FORMULA_SIZE_MAX,
                     &derivation->where)) {
        return false;
    }
    if (derivation->relation.size == 0) {
        return define_refuse(scope, field, "relation", "schema.derived_missing");
    }
    if (!derivation_function(derivation->function)) {
        return define_refuse(scope, field, "function", "schema.rollup_function");
    }
    if (derivation->field.size == 0 && !str_is(derivation->function, "count")) {
        return define_refuse(scope, field, "field", "schema.derived_missing");
    }
    derivation_write(scope, field);
    return computed_result(scope, definition, field);
}

const struct field_type field_type_rollup = {
    .name = "rollup",
    .is_creatable = true,
    .is_computed = true,
    .read = computed_read,
    .read_text = computed_read_text,
    .write = computed_write,
    .text = computed_text,
    .define = define,
};
