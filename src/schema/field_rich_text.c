/*
 * Text with Markdown in it, kept as it was written. What it looks like is the reader's business:
 * nothing here makes HTML of it. Searched, compared and exported as the text it is.
 */
#include "schema/schema_inner.h"

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    (void)context;
    if (value_is_blank(in, out)) return true;
    if (in->kind != JSON_KIND_STR) return value_refuse(scope, field, "field.not_text");
    return value_text_clean(scope, field, in->text, out);
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    return value_text_clean(scope, field, in, out);
}

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    return define_size(scope, definition, field, LONG_TEXT_SIZE_DEFAULT, LONG_TEXT_SIZE_MAX);
}

const struct field_type field_type_rich_text = {
    .name = "rich_text",
    .kind = VALUE_TEXT,
    .is_creatable = true,
    .read = read_json,
    .read_text = read_text,
    .write = value_text_write,
    .text = value_text_text,
    .define = define,
};
