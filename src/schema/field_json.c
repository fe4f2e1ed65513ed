/* A piece of JSON that the engine keeps (a task's card). Not for formulas. */
#include "schema/schema_inner.h"

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    (void)context;
    *out = cell_null();
    if (in->kind == JSON_KIND_NULL) return true;
    struct str text = json_to_text(scope, in);
    if (text.size > LONG_TEXT_SIZE_MAX) {
        return value_refuse_with(scope, field, "field.too_long", "max",
                                 scope_format(scope, "%d", LONG_TEXT_SIZE_MAX));
    }
    *out = cell_text(text);
    return true;
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    *out = cell_null();
    struct json json;
    struct scope reading;
    if (str_trim(in).size == 0) return true;
    scope_begin(&reading);
    bool is_ok = json_read(&reading, in, &json);
    if (is_ok) {
        is_ok = read_json(scope, context, field, &json, out);
    } else {
        value_refuse(scope, field, "field.not_json");
    }
    scope_end(&reading);
    return is_ok;
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context, (void)field;
    json_put_raw(writer, in->text);
}

const struct field_type field_type_json = {
    .name = "json",
    .kind = VALUE_JSON,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = value_text_text,
};
