/*
 * Text with Markdown in it, kept as it was written. What it looks like is the reader's business:
 * nothing here makes HTML of it. Searched, compared and exported as the text it is.
 */
#include "schema/schema_inner.h"

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    return define_size(scope, definition, field, LONG_TEXT_SIZE_DEFAULT, LONG_TEXT_SIZE_MAX);
}

const struct field_type field_type_rich_text = {
    .name = "rich_text",
    .kind = VALUE_TEXT,
    .is_creatable = true,
    .read = value_read,
    .read_text = value_read_text,
    .write = value_text_write,
    .text = value_text_text,
    .define = define,
};
