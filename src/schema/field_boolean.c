/* Yes or no: 0 or 1. Blank is neither, and stays blank. */
#include "schema/schema_inner.h"

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    (void)context;
    if (value_is_blank(in, out)) return true;
    if (in->kind != JSON_KIND_BOOL) return value_refuse(scope, field, "field.not_boolean");
    *out = cell_int(in->boolean);
    return true;
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    static const struct {
        const char *text;
        int value;
    } words[] = {
        { "是", 1 }, { "对", 1 }, { "true", 1 }, { "yes", 1 }, { "y", 1 }, { "1", 1 },
        { "√", 1 },  { "✓", 1 },  { "on", 1 },   { "否", 0 },  { "不", 0 }, { "false", 0 },
        { "no", 0 }, { "n", 0 },  { "0", 0 },    { "×", 0 },   { "✗", 0 },  { "off", 0 },
    };
    *out = cell_null();
    struct str text = value_fold(scope, in);
    if (text.size == 0) return true;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!str_is(text, words[i].text)) continue;
        *out = cell_int(words[i].value);
        return true;
    }
    return value_refuse(scope, field, "field.not_boolean");
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context, (void)field;
    json_put_bool(writer, in->integer != 0);
}

static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)field;
    return message_text(scope, context->language, in->integer ? "value.yes" : "value.no", NULL, 0);
}

const struct field_type field_type_boolean = {
    .name = "boolean",
    .kind = VALUE_BOOLEAN,
    .is_creatable = true,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = text,
};
