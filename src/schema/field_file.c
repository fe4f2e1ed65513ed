/*
 * A file that was uploaded before, by its id. "accept" says what kind of content it may have;
 * that is asked when the file is hung on its record, of the bytes that were sent.
 */
#include "schema/schema_inner.h"

const struct field_type field_type_file = {
    .name = "file",
    .kind = VALUE_ID,
    .is_creatable = true,
    .read = value_id_read,
    .read_text = value_id_read_text,
    .write = value_id_write,
    .text = value_id_text,
    .define = define_accept,
};
