/* Whole numbers: a number of scale 0, with sentences that say so. */
#include "base/decimal.h"
#include "schema/schema_inner.h"

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    (void)context;
    return value_number_read(scope, field, in, "field.not_integer", out);
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    *out = cell_null();
    struct str text = value_fold(scope, in);
    if (text.size == 0) return true;
    int64_t units;
    if (!value_amount_parse(text, 0, &units)) {
        return value_refuse(scope, field, "field.not_integer");
    }
    return value_bounds(scope, field, units, out);
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context, (void)field;
    json_put_int(writer, in->integer);
}

static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context, (void)field;
    return scope_format(scope, "%lld", (long long)in->integer);
}

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    field->scale = 0;
    return define_bounds(scope, definition, field);
}

const struct field_type field_type_integer = {
    .name = "integer",
    .kind = VALUE_NUMBER,
    .is_creatable = true,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = text,
    .define = define,
};
