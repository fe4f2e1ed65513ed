/*
 * What a scanner reads off a thing. A text of one line without blanks at its ends; the character
 * that separates the parts of a GS1 code (FNC1, sent as 0x1D) is dropped, since nobody could see
 * or type it.
 */
#include "schema/schema_inner.h"

enum { FNC1 = 0x1D };

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    struct buf plain;
    buf_begin(&plain, scope, in.size + 1);
    for (size_t i = 0; i < in.size; i++) {
        if (in.data[i] != FNC1) buf_put_char(&plain, in.data[i]);
    }
    if (!value_text_clean(scope, field, buf_str(&plain), out)) return false;
    if (out->kind == CELL_NULL) return true;
    /* Judged as it would be kept: a carriage return has become the end of a line. */
    if (str_find(out->text, STR("\n")) == SIZE_MAX && str_find(out->text, STR("\t")) == SIZE_MAX) {
        return true;
    }
    *out = cell_null();
    return value_refuse(scope, field, "field.control");
}

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    return define_size(scope, definition, field, BARCODE_SIZE_MAX, TEXT_SIZE_MAX);
}

const struct field_type field_type_barcode = {
    .name = "barcode",
    .kind = VALUE_TEXT,
    .is_creatable = true,
    .read = value_read,
    .read_text = read_text,
    .write = value_text_write,
    .text = value_text_text,
    .define = define,
};
