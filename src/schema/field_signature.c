/* A signature drawn by hand: a file, and always an image. */
#include "schema/schema_inner.h"

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    (void)scope, (void)definition;
    field->accept = ACCEPT_IMAGE;
    return true;
}

const struct field_type field_type_signature = {
    .name = "signature",
    .kind = VALUE_ID,
    .is_creatable = true,
    .read = value_id_read,
    .read_text = value_id_read_text,
    .write = value_id_write,
    .text = value_id_text,
    .define = define,
};
