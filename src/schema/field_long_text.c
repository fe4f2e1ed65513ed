/*
 * Text of any length that a person writes: notes, conclusions. Like text, with
 * a higher ceiling; programs may show it on several lines.
 */
#include "schema/schema_inner.h"

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    return define_size(scope, definition, field, LONG_TEXT_SIZE_DEFAULT, LONG_TEXT_SIZE_MAX);
}

const struct field_type field_type_long_text = {
    .name = "long_text",
    .kind = VALUE_TEXT,
    .is_creatable = true,
    .read = value_read,
    .read_text = value_read_text,
    .write = value_text_write,
    .text = value_text_text,
    .define = define,
};
