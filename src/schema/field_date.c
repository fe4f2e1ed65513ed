/*
 * A day of the calendar, without a time and without a zone: days since 1970.
 * "3/2/2026" means different days to different people and is refused.
 */
#include "base/time.h"
#include "schema/schema_inner.h"

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    (void)context;
    if (value_is_blank(in, out)) return true;
    int64_t days;
    if (in->kind != JSON_KIND_STR || !time_parse_date(str_trim(in->text), &days)) {
        return value_refuse(scope, field, "field.not_date");
    }
    *out = cell_int(days);
    return true;
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    *out = cell_null();
    struct str text = value_fold(scope, in);
    if (text.size == 0) return true;
    /* Spreadsheets write a day as its midnight. */
    if (str_ends_with(text, STR(" 00:00:00"))) text = str_slice(text, 0, text.size - 9);
    int64_t days;
    if (!value_date_parse(text, &days)) return value_refuse(scope, field, "field.not_date");
    *out = cell_int(days);
    return true;
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context, (void)field;
    json_put_raw(writer, STR("\""));
    time_put_date(writer->out, in->integer);
    buf_put_char(writer->out, '"');
}

static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context, (void)field;
    return value_day_text(scope, in->integer);
}

const struct field_type field_type_date = {
    .name = "date",
    .kind = VALUE_DATE,
    .is_creatable = true,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = text,
};
