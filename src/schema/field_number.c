/*
 * Exact decimals with a scale of 0 to 6 (2 unless said): units of 10^-scale in
 * an int64. More decimals than the scale are refused, never rounded away.
 */
#include "base/decimal.h"
#include "schema/schema_inner.h"

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    (void)context;
    return value_number_read(scope, field, in, "field.not_decimal", out);
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    *out = cell_null();
    struct str text = value_fold(scope, in);
    if (text.size == 0) return true;
    int64_t units;
    if (!value_amount_parse(text, field->scale, &units)) {
        return value_refuse_with(scope, field, "field.not_decimal", "scale",
                                 scope_format(scope, "%d", field->scale));
    }
    return value_bounds(scope, field, units, out);
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context;
    if (field->scale == 0) {
        json_put_int(writer, in->integer);
        return;
    }
    /* A number's text is JSON as it is, and exact. */
    json_put_raw(writer, STR(""));
    decimal_put(writer->out, in->integer, field->scale);
}

static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context;
    return decimal_format(scope, in->integer, field->scale);
}

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    const struct json *scale = json_get(definition, "scale");
    field->scale = 2;
    if (scale && scale->kind != JSON_KIND_NULL) {
        if (scale->kind != JSON_KIND_INT || scale->integer < 0 ||
            scale->integer > DECIMAL_SCALE_MAX) {
            return define_refuse(scope, field, "scale", "schema.scale");
        }
        field->scale = (int)scale->integer;
    }
    return define_bounds(scope, definition, field);
}

const struct field_type field_type_number = {
    .name = "number",
    .kind = VALUE_NUMBER,
    .is_creatable = true,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = text,
    .define = define,
};
