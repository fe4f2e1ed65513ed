/*
 * Money: whole fen in an int64, so sums are exact. "1280.5" is 128050 fen.
 * Binary floating point never touches an amount. Which currency it is, the
 * workspace says; a currency sign in a file is read over.
 */
#include "base/decimal.h"
#include "schema/schema_inner.h"

enum { MONEY_SCALE = 2 };

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    (void)context;
    return value_number_read(scope, field, in, "field.not_money", out);
}

/* Without a sign before it ("¥") or a word behind it ("元"); text is folded. */
static struct str without_currency(struct str text)
{
    static const char *const before[] = { "¥", "￥", "$", "€", "£", "cny", "rmb", "usd" };
    static const char *const behind[] = { "元", "圆", "cny", "rmb", "usd" };
    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        if (!str_starts_with(text, str_of(before[i]))) continue;
        text = str_trim(str_slice(text, strlen(before[i]), text.size));
        break;
    }
    for (size_t i = 0; i < sizeof(behind) / sizeof(behind[0]); i++) {
        if (!str_ends_with(text, str_of(behind[i]))) continue;
        text = str_trim(str_slice(text, 0, text.size - strlen(behind[i])));
        break;
    }
    return text;
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    *out = cell_null();
    struct str text = value_fold(scope, in);
    if (text.size == 0) return true;
    bool is_negative = text.data[0] == '-';
    text = without_currency(str_slice(text, is_negative ? 1 : 0, text.size));
    /* One sign: "-¥5" and "¥-5" are fine, "-¥-5" is not. */
    bool is_signed = text.size > 0 && (text.data[0] == '-' || text.data[0] == '+');
    int64_t fen;
    if ((is_negative && is_signed) || !value_amount_parse(text, MONEY_SCALE, &fen)) {
        return value_refuse(scope, field, "field.not_money");
    }
    return value_bounds(scope, field, is_negative ? -fen : fen, out);
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context;
    json_put_raw(writer, STR("\""));
    decimal_put(writer->out, in->integer, field->scale);
    buf_put_char(writer->out, '"');
}

static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context;
    return decimal_format(scope, in->integer, field->scale);
}

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    field->scale = MONEY_SCALE;
    return define_bounds(scope, definition, field);
}

const struct field_type field_type_money = {
    .name = "money",
    .kind = VALUE_NUMBER,
    .is_creatable = true,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = text,
    .define = define,
};
