/* A team, by its id. */
#include "schema/schema_inner.h"

const struct field_type field_type_team = {
    .name = "team",
    .kind = VALUE_ID,
    .is_creatable = true,
    .read = value_id_read,
    .read_text = value_id_read_text,
    .write = value_id_write,
    .text = value_id_text,
};
