/*
 * What field types have in common. Values come in as JSON (strict about kinds,
 * because a program wrote it) or as text (lenient about spelling, because a
 * person did); either way a mistake names the field and nothing is guessed.
 */
#include "base/decimal.h"
#include "base/time.h"
#include "base/utf8.h"
#include "schema/schema_inner.h"

bool value_refuse(struct scope *scope, const struct field *field, const char *key)
{
    return error_add(scope, ERROR_INVALID, key, field->name);
}

bool value_refuse_with(struct scope *scope, const struct field *field, const char *key,
                       const char *name, struct str value)
{
    error_add(scope, ERROR_INVALID, key, field->name);
    return error_arg(scope, name, utf8_prefix(value, 80));
}

bool value_is_blank(const struct json *in, struct cell *out)
{
    *out = cell_null();
    if (in->kind == JSON_KIND_NULL) return true;
    return in->kind == JSON_KIND_STR && str_trim(in->text).size == 0;
}

static bool is_control(uint32_t code_point)
{
    if (code_point == '\n' || code_point == '\t') return false;
    return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) ||
           code_point == 0x2028 || code_point == 0x2029;
}

/* Windows' line ends become plain ones. */
static struct str without_returns(struct scope *scope, struct str in)
{
    if (str_find(in, STR("\r")) == SIZE_MAX) return in;
    struct buf out;
    buf_begin(&out, scope, in.size + 1);
    for (size_t i = 0; i < in.size; i++) {
        if (in.data[i] != '\r') {
            buf_put_char(&out, in.data[i]);
        } else if (i + 1 >= in.size || in.data[i + 1] != '\n') {
            buf_put_char(&out, '\n');
        }
    }
    return buf_str(&out);
}

bool value_text_clean(struct scope *scope, const struct field *field, struct str in,
                      struct cell *out)
{
    *out = cell_null();
    struct str text = str_trim(without_returns(scope, in));
    if (text.size == 0) return true;
    for (size_t at = 0; at < text.size;) {
        if (is_control(utf8_next(text, &at))) {
            return value_refuse(scope, field, "field.control");
        }
    }
    if (field->size_max > 0 && utf8_length(text) > (size_t)field->size_max) {
        return value_refuse_with(scope, field, "field.too_long", "max",
                                 scope_format(scope, "%lld", (long long)field->size_max));
    }
    *out = cell_text(text);
    return true;
}

bool value_read(struct scope *scope, const struct value_context *context,
                const struct field *field, const struct json *in, struct cell *out)
{
    if (value_is_blank(in, out)) return true;
    if (in->kind != JSON_KIND_STR) return value_refuse(scope, field, "field.not_text");
    return field->type->read_text(scope, context, field, in->text, out);
}

bool value_read_text(struct scope *scope, const struct value_context *context,
                     const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    return value_text_clean(scope, field, in, out);
}

/* Fifteen digits come back from JSON's numbers and from spreadsheets as they went in. */
static const int64_t UNITS_MAX = 999999999999999;

bool value_bounds(struct scope *scope, const struct field *field, int64_t units, struct cell *out)
{
    int64_t min = field->has_min && field->min > -UNITS_MAX ? field->min : -UNITS_MAX;
    int64_t max = field->has_max && field->max < UNITS_MAX ? field->max : UNITS_MAX;
    if (units < min) {
        return value_refuse_with(scope, field, "field.too_small", "min",
                                 decimal_format(scope, min, field->scale));
    }
    if (units > max) {
        return value_refuse_with(scope, field, "field.too_large", "max",
                                 decimal_format(scope, max, field->scale));
    }
    *out = cell_int(units);
    return true;
}

/* A JSON number with a fraction was a decimal text: it must have been one of this scale. */
static bool real_to_units(double real, int scale, int64_t *out)
{
    if (!decimal_from_real(real, scale, out)) return false;
    double back = (double)*out / (double)decimal_power(scale);
    double size = real < 0 ? -real : real;
    double off = back < real ? real - back : back - real;
    return off <= 1e-12 * (size < 1 ? 1 : size);
}

bool value_number_read(struct scope *scope, const struct field *field, const struct json *in,
                       const char *key, struct cell *out)
{
    if (value_is_blank(in, out)) return true;
    int64_t units = 0;
    bool is_ok = false;
    if (in->kind == JSON_KIND_INT) {
        is_ok = decimal_rescale(in->integer, 0, field->scale, &units);
    } else if (in->kind == JSON_KIND_REAL) {
        is_ok = real_to_units(in->real, field->scale, &units);
    } else if (in->kind == JSON_KIND_STR) {
        is_ok = decimal_parse(str_trim(in->text), field->scale, false, &units);
    }
    if (!is_ok) {
        return value_refuse_with(scope, field, key, "scale",
                                 scope_format(scope, "%d", field->scale));
    }
    return value_bounds(scope, field, units, out);
}

struct str value_fold(struct scope *scope, struct str in)
{
    return str_trim(utf8_fold_text(scope, in));
}

/* The number with its word taken off: 万 counts ten thousand, 亿 a hundred million. */
static int64_t amount_word(struct str *text)
{
    if (str_ends_with(*text, STR("万"))) {
        *text = str_trim(str_slice(*text, 0, text->size - strlen("万")));
        return 10000;
    }
    if (str_ends_with(*text, STR("亿"))) {
        *text = str_trim(str_slice(*text, 0, text->size - strlen("亿")));
        return 100000000;
    }
    return 1;
}

bool value_amount_parse(struct str text, int scale, int64_t *out)
{
    int64_t factor = amount_word(&text), units, divisor;
    if (factor == 1) return decimal_parse(text, scale, true, out);
    if (!decimal_parse(text, DECIMAL_SCALE_MAX, true, &units)) return false;
    if (__builtin_mul_overflow(units, factor, &units)) return false;
    divisor = decimal_power(DECIMAL_SCALE_MAX - scale);
    if (units % divisor != 0) return false;
    *out = units / divisor;
    return true;
}

/* Up to size_max digits from *at on. */
static bool digits_take(struct str text, size_t *at, size_t size_max, int *out)
{
    size_t start = *at;
    int number = 0;
    while (*at < text.size && *at - start < size_max && text.data[*at] >= '0' &&
           text.data[*at] <= '9') {
        number = number * 10 + (text.data[*at] - '0');
        *at += 1;
    }
    *out = number;
    return *at > start;
}

static bool literal_take(struct str text, size_t *at, const char *literal)
{
    size_t size = strlen(literal);
    if (!str_starts_with(str_slice(text, *at, text.size), (struct str){ literal, size })) {
        return false;
    }
    *at += size;
    return true;
}

bool value_date_parse(struct str text, int64_t *out_days)
{
    static const char *const marks[][3] = {
        { "-", "-", "" }, { "/", "/", "" }, { ".", ".", "" }, { "年", "月", "日" }, { "", "", "" },
    };
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        size_t at = 0, size_max = marks[i][0][0] ? 4 : 8;
        int year, month, day;
        bool is_compact = size_max == 8;
        if (is_compact && text.size != 8) continue;
        if (!digits_take(text, &at, 4, &year) || at != 4) continue;
        if (!literal_take(text, &at, marks[i][0])) continue;
        if (!digits_take(text, &at, 2, &month)) continue;
        if (!literal_take(text, &at, marks[i][1])) continue;
        if (!digits_take(text, &at, 2, &day)) continue;
        if (!literal_take(text, &at, marks[i][2]) || at != text.size) continue;
        if (!time_is_date(year, month, day)) return false;
        *out_days = time_days_from_civil(year, month, day);
        return true;
    }
    return false;
}

struct str value_day_text(struct scope *scope, int64_t days)
{
    struct buf out;
    buf_begin(&out, scope, 32);
    time_put_date(&out, days);
    return buf_str(&out);
}

bool value_id_read(struct scope *scope, const struct value_context *context,
                   const struct field *field, const struct json *in, struct cell *out)
{
    (void)context;
    if (value_is_blank(in, out)) return true;
    struct uuid id;
    if (in->kind != JSON_KIND_STR || !uuid_parse(in->text, &id)) {
        return value_refuse(scope, field, "field.not_id");
    }
    *out = cell_id(scope, id);
    return true;
}

bool value_id_read_text(struct scope *scope, const struct value_context *context,
                        const struct field *field, struct str in, struct cell *out)
{
    struct json json = tree_text(str_trim(in));
    return value_id_read(scope, context, field, &json, out);
}

void value_id_write(struct json_writer *writer, const struct value_context *context,
                    const struct field *field, const struct cell *in)
{
    (void)context, (void)field;
    json_put_id(writer, cell_uuid(in));
}

struct str value_id_text(struct scope *scope, const struct value_context *context,
                         const struct field *field, const struct cell *in)
{
    (void)context, (void)field;
    return uuid_format(scope, cell_uuid(in));
}

void value_text_write(struct json_writer *writer, const struct value_context *context,
                      const struct field *field, const struct cell *in)
{
    (void)context, (void)field;
    json_put_str(writer, in->text);
}

struct str value_text_text(struct scope *scope, const struct value_context *context,
                           const struct field *field, const struct cell *in)
{
    (void)scope, (void)context, (void)field;
    return in->text;
}
