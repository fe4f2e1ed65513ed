/*
 * A share, kept as a fraction with four decimals: 0.25 is 25 %. In a file "25%"
 * and "0.25" are the same; a bare "25" could be either and is refused.
 */
#include "base/decimal.h"
#include "schema/schema_inner.h"

enum { PERCENT_SCALE = 4 };

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    (void)context;
    return value_number_read(scope, field, in, "field.not_percent", out);
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    *out = cell_null();
    struct str text = value_fold(scope, in);
    if (text.size == 0) return true;
    bool has_sign = str_ends_with(text, STR("%"));
    if (has_sign) text = str_trim(str_slice(text, 0, text.size - 1));
    int64_t units;
    /* Hundredths with two decimals are the same units as a fraction with four. */
    if (!decimal_parse(text, has_sign ? PERCENT_SCALE - 2 : PERCENT_SCALE, true, &units)) {
        return value_refuse(scope, field, "field.not_percent");
    }
    int64_t one = decimal_power(PERCENT_SCALE);
    if (!has_sign && (units > one || units < -one)) {
        return value_refuse(scope, field, "field.not_percent");
    }
    return value_bounds(scope, field, units, out);
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context;
    json_put_raw(writer, STR(""));
    decimal_put(writer->out, in->integer, field->scale);
}

static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context, (void)field;
    struct str number = decimal_format(scope, in->integer, PERCENT_SCALE - 2);
    return scope_format(scope, "%.*s%%", STR_ARG(number));
}

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    field->scale = PERCENT_SCALE;
    return define_bounds(scope, definition, field);
}

const struct field_type field_type_percent = {
    .name = "percent",
    .kind = VALUE_NUMBER,
    .is_creatable = true,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = text,
    .define = define,
};
