/* A record's own id. Only the engine makes fields of this type. */
#include "schema/schema_inner.h"

const struct field_type field_type_id = {
    .name = "id",
    .kind = VALUE_ID,
    .is_creatable = false,
    .read = value_id_read,
    .read_text = value_id_read_text,
    .write = value_id_write,
    .text = value_id_text,
};
