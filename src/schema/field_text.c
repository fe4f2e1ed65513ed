/*
 * Text on a line or two. Kept trimmed, so that equal-looking values are equal;
 * blank text is no value at all.
 */
#include "schema/schema_inner.h"

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    return define_size(scope, definition, field, TEXT_SIZE_DEFAULT, TEXT_SIZE_MAX);
}

const struct field_type field_type_text = {
    .name = "text",
    .kind = VALUE_TEXT,
    .is_creatable = true,
    .read = value_read,
    .read_text = value_read_text,
    .write = value_text_write,
    .text = value_text_text,
    .define = define,
};
