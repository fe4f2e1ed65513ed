/*
 * A region. Chinese places become the path of their full names ("广东深圳",
 * "440300" and "深圳市" are all "广东省/深圳市"); what is not in the table
 * ("United States", "East") is kept as written.
 */
#include "base/utf8.h"
#include "schema/schema_inner.h"

enum { REGION_LENGTH_MAX = 100 };

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    if (!value_text_clean(scope, field, in, out)) return false;
    if (out->kind == CELL_NULL) return true;
    struct str path;
    if (region_find(scope, out->text, &path)) {
        *out = cell_text(path);
        return true;
    }
    if (utf8_length(out->text) > REGION_LENGTH_MAX) {
        return value_refuse_with(scope, field, "field.too_long", "max",
                                 scope_format(scope, "%d", REGION_LENGTH_MAX));
    }
    int64_t number;
    if (str_to_int64(out->text, &number)) {
        return value_refuse_with(scope, field, "field.not_region", "value", out->text);
    }
    return true;
}

const struct field_type field_type_region = {
    .name = "region",
    .kind = VALUE_TEXT,
    .is_creatable = true,
    .read = value_read,
    .read_text = read_text,
    .write = value_text_write,
    .text = value_text_text,
};
