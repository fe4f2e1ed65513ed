/*
 * A value that is computed, never given. What it looks like is its result's
 * type ("result"), with the same properties as a field of that type. Kept in a
 * column only when it says "stored"; then the result must be named.
 */
#include "schema/schema_inner.h"

bool computed_read(struct scope *scope, const struct value_context *context,
                   const struct field *field, const struct json *in, struct cell *out)
{
    (void)context, (void)in;
    *out = cell_null();
    return value_refuse(scope, field, "field.computed");
}

bool computed_read_text(struct scope *scope, const struct value_context *context,
                        const struct field *field, struct str in, struct cell *out)
{
    (void)context, (void)in;
    *out = cell_null();
    return value_refuse(scope, field, "field.computed");
}

/* Only reached for a blank cell: others are written by the result's type. */
void computed_write(struct json_writer *writer, const struct value_context *context,
                    const struct field *field, const struct cell *in)
{
    (void)context, (void)field, (void)in;
    json_put_null(writer);
}

struct str computed_text(struct scope *scope, const struct value_context *context,
                         const struct field *field, const struct cell *in)
{
    (void)scope, (void)context, (void)field;
    return in->text;
}

bool computed_result(struct scope *scope, const struct json *definition, struct field *field)
{
    struct str result = json_text(definition, "result");
    if (result.size == 0) {
        /* What a look-up or roll-up is kept as, object_put() finds out (derive.c). */
        if (field->derivation) return true;
        if (field->is_stored) return define_refuse(scope, field, "result", "schema.result_missing");
        return true;
    }
    field->result_type = field_type_find(result);
    bool is_possible = field->result_type && field->result_type->is_creatable &&
                       field->result_type->kind != 0;
    if (!is_possible) return define_refuse(scope, field, "result", "schema.type_unknown");
    if (field->result_type->kind == VALUE_CHOICE && !json_get(definition, "choices")) return true;
    bool has_properties = field->result_type->define && field->result_type->kind != VALUE_ID;
    return !has_properties || field->result_type->define(scope, definition, field);
}

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    field->is_readonly = true;
    if (field->formula_source.size == 0) {
        return define_refuse(scope, field, "formula", "schema.formula_missing");
    }
    return computed_result(scope, definition, field);
}

const struct field_type field_type_formula = {
    .name = "formula",
    .is_creatable = true,
    .is_computed = true,
    .read = computed_read,
    .read_text = computed_read_text,
    .write = computed_write,
    .text = computed_text,
    .define = define,
};
