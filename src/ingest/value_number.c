/*
 * Numbers as people write them, exactly: text -> decimal digits and an
 * exponent -> units. Nothing passes through floating point, so "1.2万" is
 * 12000 at any scale and 0.1 stays 0.1.
 */
#include "ingest/value.h"

#include "base/buf.h"
#include "base/decimal.h"
#include "base/utf8.h"
#include "ingest/table.h"
#include "ingest/value_inner.h"

enum { EXPONENT_MAX = 400, SIGNIFICANT_MAX = 15 };

static uint32_t fold_point(uint32_t point)
{
    switch (point) {
    case 0xa0: case 0x2007: case 0x202f: case '\t': return ' ';
    case 0x2010: case 0x2011: case 0x2012: case 0x2013: case 0x2212: return '-';
    case 0xffe5: return 0xa5; /* full-width yuan sign */
    default: return utf8_fold(point);
    }
}

bool value_text_fold(struct str text, struct value_text *out)
{
    text = str_trim(text);
    out->size = 0;
    for (size_t offset = 0; offset < text.size;) {
        if (out->size >= VALUE_SIZE_MAX) return false;
        out->size += (size_t)utf8_encode(fold_point(utf8_next(text, &offset)),
                                         out->data + out->size);
    }
    return true;
}

static bool take_prefix(struct str *text, const char *prefix)
{
    if (!str_starts_with(*text, str_of(prefix))) return false;
    *text = str_trim(str_slice(*text, strlen(prefix), text->size));
    return true;
}

static bool take_suffix(struct str *text, const char *suffix)
{
    if (!str_ends_with(*text, str_of(suffix))) return false;
    *text = str_trim(str_slice(*text, 0, text->size - strlen(suffix)));
    return true;
}

static bool take_one(struct str *text, const char *const *list,
                     bool (*take)(struct str *, const char *))
{
    for (; *list; list++) {
        if (take(text, *list)) return true;
    }
    return false;
}

static bool take_sign(struct str *text, bool *is_negative)
{
    if (text->size == 0 || (text->data[0] != '-' && text->data[0] != '+')) return false;
    *is_negative = text->data[0] == '-';
    *text = str_trim(str_slice(*text, 1, text->size));
    return true;
}

/* Sign, brackets, currency and units off; what is left are digits. */
static bool take_affixes(struct str *text, struct value_number *out, int *shift)
{
    static const char *const currencies[] = { "¥", "$", "€", "£", "rmb", "cny", "usd", "eur",
                                              "人民币", "us$", "hk$", NULL };
    static const char *const money_words[] = { "元", "圆", "块", "rmb", "cny", "usd", "eur", NULL };
    static const struct {
        const char *name;
        int shift;
    } units[] = { { "万亿", 12 }, { "亿", 8 }, { "千万", 7 }, { "百万", 6 }, { "万", 4 },
                  { "千", 3 } };
    size_t size = text->size;
    bool is_bracketed = size > 2 && text->data[0] == '(' && text->data[size - 1] == ')';
    if (is_bracketed) *text = str_trim(str_slice(*text, 1, size - 1));
    bool is_signed = take_sign(text, &out->is_negative);
    take_one(text, currencies, take_prefix);
    if (!is_signed) is_signed = take_sign(text, &out->is_negative);
    if (is_bracketed && is_signed) return false;
    out->is_negative = out->is_negative || is_bracketed;
    out->is_percent = take_suffix(text, "%");
    if (!out->is_percent) take_one(text, money_words, take_suffix);
    *shift = 0;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && *shift == 0; i++) {
        if (take_suffix(text, units[i].name)) *shift = units[i].shift;
    }
    out->is_plain = !is_bracketed && text->size + (size_t)is_signed == size;
    return true;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool digit_put(struct value_number *out, char digit)
{
    if (out->count == 0 && digit == '0') return true;
    if (out->count == VALUE_DIGIT_COUNT_MAX) return false;
    out->digits[out->count++] = digit;
    return true;
}

/* Digits with commas every three; returns how many bytes, 0: wrong. */
static size_t whole_part(struct str text, struct value_number *out)
{
    size_t at = 0, group = 0;
    bool has_group = false;
    for (; at < text.size && (is_digit(text.data[at]) || text.data[at] == ','); at++) {
        if (text.data[at] == ',') {
            if (group == 0 || group > 3 || (has_group && group != 3)) return 0;
            has_group = true;
            out->is_plain = false;
            group = 0;
        } else {
            group += 1;
            if (!digit_put(out, text.data[at])) return 0;
        }
    }
    return has_group && group != 3 ? 0 : at;
}

static bool exponent_part(struct str text, struct value_number *out)
{
    int64_t exponent;
    if (text.size < 2 || text.size > 5 || !str_to_int64(str_slice(text, 1, text.size), &exponent)) {
        return false;
    }
    if (exponent > EXPONENT_MAX || exponent < -EXPONENT_MAX) return false;
    out->exponent += (int)exponent;
    out->is_plain = false;
    return true;
}

bool value_number_parse(struct str text, struct value_number *out)
{
    struct value_text folded;
    *out = (struct value_number){ 0 };
    if (!value_text_fold(text, &folded)) return false;
    struct str rest = { folded.data, folded.size };
    int shift;
    if (!take_affixes(&rest, out, &shift) || rest.size == 0) return false;
    size_t at = whole_part(rest, out);
    bool has_digits = at > 0;
    if (at == 0 && rest.data[0] != '.') return false;
    if (at < rest.size && rest.data[at] == '.') {
        at += 1;
        for (; at < rest.size && is_digit(rest.data[at]); at++) {
            if (!digit_put(out, rest.data[at])) return false;
            out->exponent -= 1;
            has_digits = true;
        }
    }
    if (!has_digits) return false;
    if (at < rest.size) {
        bool is_exponent = rest.data[at] == 'e' && shift == 0 && !out->is_percent;
        if (!is_exponent || !exponent_part(str_slice(rest, at, rest.size), out)) return false;
    }
    out->exponent += shift;
    if (out->count == 0) out->exponent = 0;
    return true;
}

void value_number_round(struct value_number *number, int count)
{
    if (number->count <= count) return;
    bool is_up = number->digits[count] >= '5';
    number->exponent += number->count - count;
    number->count = count;
    for (int i = count - 1; is_up && i >= 0; i--) {
        is_up = number->digits[i] == '9';
        number->digits[i] = is_up ? '0' : (char)(number->digits[i] + 1);
    }
    if (is_up) {
        number->digits[0] = '1';
        number->count = 1;
        number->exponent += count;
    }
}

bool value_number_units(const struct value_number *number, int scale, int64_t *out,
                        bool *is_rounded)
{
    int shift = number->exponent + scale;
    int kept = shift < 0 ? number->count + shift : number->count;
    uint64_t units = 0;
    for (int i = 0; i < kept; i++) {
        if (units > (UINT64_MAX - 9) / 10) return false;
        units = units * 10 + (uint64_t)(number->digits[i] - '0');
    }
    for (int i = 0; i < shift && units > 0; i++) {
        if (units > UINT64_MAX / 10) return false;
        units *= 10;
    }
    bool is_lossy = false;
    for (int i = kept < 0 ? 0 : kept; i < number->count; i++) {
        is_lossy = is_lossy || number->digits[i] != '0';
    }
    if (is_lossy && !is_rounded) return false;
    if (is_rounded) *is_rounded = is_lossy;
    units += kept >= 0 && kept < number->count && number->digits[kept] >= '5';
    if (units > (uint64_t)INT64_MAX) return false;
    *out = number->is_negative ? -(int64_t)units : (int64_t)units;
    return true;
}

bool ingest_parse_decimal(struct str text, int scale, int64_t *out_units)
{
    struct value_number number;
    return value_number_parse(text, &number) &&
           value_number_units(&number, scale, out_units, NULL);
}

bool ingest_parse_decimal_rounded(struct str text, int scale, int64_t *out_units,
                                  bool *is_rounded)
{
    struct value_number number;
    return value_number_parse(text, &number) &&
           value_number_units(&number, scale, out_units, is_rounded);
}

bool ingest_parse_bool(struct str text, bool *out)
{
    static const struct {
        const char *name;
        bool value;
    } words[] = { { "是", true },    { "否", false },   { "true", true }, { "false", false },
                  { "yes", true },   { "no", false },   { "y", true },    { "n", false },
                  { "1", true },     { "0", false },    { "t", true },    { "f", false },
                  { "对", true },    { "错", false },   { "真", true },   { "假", false },
                  { "有", true },    { "无", false },   { "√", true },    { "×", false },
                  { "✓", true },     { "✗", false } };
    struct value_text folded;
    if (!value_text_fold(text, &folded)) return false;
    struct str word = { folded.data, folded.size };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!str_is(word, words[i].name)) continue;
        *out = words[i].value;
        return true;
    }
    return false;
}

/* A double has noise behind 15 digits ("0.30000000000000004"); whole numbers are kept. */
static bool cell_number_read(const struct ingest_cell *cell, struct value_number *out)
{
    if (!value_number_parse(cell->text, out)) return false;
    if (out->exponent < 0) value_number_round(out, SIGNIFICANT_MAX);
    if (cell->is_percent) out->exponent += out->count > 0 ? 2 : 0;
    return true;
}

bool ingest_cell_decimal(const struct ingest_cell *cell, int scale, int64_t *out_units,
                         bool *is_rounded)
{
    struct value_number number;
    if (cell->kind == INGEST_CELL_TEXT) {
        return ingest_parse_decimal_rounded(cell->text, scale, out_units, is_rounded);
    }
    if (cell->kind != INGEST_CELL_NUMBER) return false;
    return cell_number_read(cell, &number) &&
           value_number_units(&number, scale, out_units, is_rounded);
}

bool ingest_cell_bool(const struct ingest_cell *cell, bool *out)
{
    if (cell->kind == INGEST_CELL_BOOL) {
        *out = cell->is_true;
        return true;
    }
    bool has_text = cell->kind == INGEST_CELL_TEXT || cell->kind == INGEST_CELL_NUMBER;
    return has_text && ingest_parse_bool(cell->text, out);
}

struct str ingest_number_plain(struct scope *scope, struct str raw)
{
    struct value_number number;
    if (!value_number_parse(raw, &number)) return raw;
    if (number.exponent < 0) value_number_round(&number, SIGNIFICANT_MAX);
    while (number.exponent < 0 && number.count > 0 && number.digits[number.count - 1] == '0') {
        number.count -= 1;
        number.exponent += 1;
    }
    if (number.exponent > VALUE_DIGIT_COUNT_MAX || number.exponent < -VALUE_DIGIT_COUNT_MAX) {
        return raw;
    }
    struct buf out;
    buf_begin(&out, scope, VALUE_DIGIT_COUNT_MAX * 3);
    if (number.count == 0) return STR("0");
    if (number.is_negative) buf_put_char(&out, '-');
    int whole = number.count + number.exponent;
    if (whole <= 0) buf_put_char(&out, '0');
    for (int i = 0; i < whole; i++) {
        buf_put_char(&out, i < number.count ? number.digits[i] : '0');
    }
    if (number.exponent < 0) buf_put_char(&out, '.');
    for (int i = whole; i < number.count; i++) buf_put_char(&out, i < 0 ? '0' : number.digits[i]);
    return buf_str(&out);
}

bool ingest_serial_read(struct str raw, bool is_1904, int64_t *out_days, int32_t *out_day_ms)
{
    /* 10^-10 of a day is 9 µs: enough for milliseconds, and the product fits. */
    enum { FRACTION_SCALE = 10, SERIAL_MAX = 2958465, DAY_MS = 24 * 60 * 60 * 1000 };
    static const int64_t fraction_one = 10000000000;
    struct value_number number;
    bool is_rounded;
    int64_t units;
    if (!value_number_parse(raw, &number) || number.is_negative) return false;
    if (!value_number_units(&number, FRACTION_SCALE, &units, &is_rounded)) return false;
    int64_t serial = units / fraction_one;
    int64_t day_ms = ((units % fraction_one) * DAY_MS + fraction_one / 2) / fraction_one;
    if (day_ms == DAY_MS) {
        serial += 1;
        day_ms = 0;
    }
    if (serial > SERIAL_MAX) return false;
    /* 1970-01-01 is serial 25569, or 24107 when counting from 1904. */
    int64_t days = serial - (is_1904 ? 24107 : 25569);
    if (!is_1904 && serial < 60) days += 1;
    *out_days = days;
    *out_day_ms = (int32_t)day_ms;
    return true;
}
