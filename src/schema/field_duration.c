/*
 * A span of time in whole milliseconds. Programs send the number; people write "2 h 30 min",
 * "1.5小时" or "2:30" (hours and minutes, as a spreadsheet has it). A bare number in a text
 * could be hours or minutes and is refused.
 */
#include "base/decimal.h"
#include "base/time.h"
#include "schema/schema_inner.h"

static const struct {
    const char *word;
    int64_t unit_ms;
} words[] = {
    /* Longer words before those they begin with. */
    { "days", TIME_DAY_MS },       { "day", TIME_DAY_MS },         { "d", TIME_DAY_MS },
    { "天", TIME_DAY_MS },         { "日", TIME_DAY_MS },          { "hours", TIME_HOUR_MS },
    { "hour", TIME_HOUR_MS },      { "hrs", TIME_HOUR_MS },        { "hr", TIME_HOUR_MS },
    { "h", TIME_HOUR_MS },         { "个小时", TIME_HOUR_MS },     { "小时", TIME_HOUR_MS },
    { "时", TIME_HOUR_MS },        { "minutes", TIME_MINUTE_MS },  { "minute", TIME_MINUTE_MS },
    { "mins", TIME_MINUTE_MS },    { "min", TIME_MINUTE_MS },      { "m", TIME_MINUTE_MS },
    { "分钟", TIME_MINUTE_MS },    { "分", TIME_MINUTE_MS },       { "seconds", 1000 },
    { "second", 1000 },            { "secs", 1000 },               { "sec", 1000 },
    { "s", 1000 },                 { "秒", 1000 },
};

static bool read_json(struct scope *scope, const struct value_context *context,
                      const struct field *field, const struct json *in, struct cell *out)
{
    (void)context;
    return value_number_read(scope, field, in, "field.not_duration", out);
}

static size_t number_size(struct str text, const char *allowed)
{
    size_t size = 0;
    while (size < text.size && text.data[size] && strchr(allowed, text.data[size])) size++;
    return size;
}

/* "2 h 30 min": numbers, each with its word, from the larger to the smaller. */
static bool worded_parse(struct str text, int64_t *out)
{
    int64_t last = INT64_MAX;
    *out = 0;
    while (text.size > 0) {
        size_t size = number_size(text, "0123456789.");
        int64_t units, span;
        size_t word = 0, count = sizeof(words) / sizeof(words[0]);
        struct str digits = str_slice(text, 0, size);
        if (!decimal_parse(digits, DECIMAL_SCALE_MAX, false, &units)) return false;
        text = str_trim(str_slice(text, size, text.size));
        while (word < count && !str_starts_with(text, str_of(words[word].word))) word++;
        if (word == count || words[word].unit_ms >= last) return false;
        last = words[word].unit_ms;
        text = str_trim(str_slice(text, strlen(words[word].word), text.size));
        if (__builtin_mul_overflow(units, last, &span) ||
            !decimal_rescale(span, DECIMAL_SCALE_MAX, 0, &span) ||
            __builtin_add_overflow(*out, span, out)) {
            return false;
        }
    }
    return last != INT64_MAX;
}

/* "26:30" or "26:30:15". */
static bool clock_parse(struct str text, int64_t *out)
{
    static const int64_t units[] = { TIME_HOUR_MS, TIME_MINUTE_MS, 1000 };
    struct str part;
    int count = 0;
    *out = 0;
    while (text.size > 0 && str_split(&text, ':', &part)) {
        int64_t number, span;
        bool is_plain = part.size > 0 && part.size <= 9 &&
                        number_size(part, "0123456789") == part.size;
        if (count == 3 || !is_plain || !str_to_int64(part, &number)) return false;
        if (count > 0 && (part.size != 2 || number > 59)) return false;
        if (__builtin_mul_overflow(number, units[count++], &span)) return false;
        *out += span;
    }
    return count >= 2;
}

static bool read_text(struct scope *scope, const struct value_context *context,
                      const struct field *field, struct str in, struct cell *out)
{
    (void)context;
    *out = cell_null();
    struct str text = value_fold(scope, in);
    if (text.size == 0) return true;
    bool is_negative = text.data[0] == '-';
    if (is_negative) text = str_trim(str_slice(text, 1, text.size));
    int64_t span = 0;
    if (!str_is(text, "0") && !worded_parse(text, &span) && !clock_parse(text, &span)) {
        return value_refuse(scope, field, "field.not_duration");
    }
    return value_bounds(scope, field, is_negative ? -span : span, out);
}

static void write_json(struct json_writer *writer, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)context, (void)field;
    json_put_int(writer, in->integer);
}

struct str duration_text(struct scope *scope, enum language language, int64_t span_ms)
{
    static const struct {
        int64_t unit_ms;
        const char *zh, *en;
    } units[] = {
        { TIME_DAY_MS, "天", "d" },
        { TIME_HOUR_MS, "小时", "h" },
        { TIME_MINUTE_MS, "分钟", "min" },
        { 1000, "秒", "s" },
    };
    bool is_zh = language == LANGUAGE_ZH;
    uint64_t rest = span_ms < 0 ? 0 - (uint64_t)span_ms : (uint64_t)span_ms;
    struct buf out;
    buf_begin(&out, scope, 128);
    if (span_ms < 0) buf_put_char(&out, '-');
    size_t empty = out.size;
    /* Up to three days people count in hours. */
    for (size_t i = rest > 3 * TIME_DAY_MS ? 0 : 1; i < sizeof(units) / sizeof(units[0]); i++) {
        uint64_t unit = (uint64_t)units[i].unit_ms, count = rest / unit;
        rest %= unit;
        bool is_last = unit == 1000;
        if (count == 0 && !(is_last && (rest > 0 || out.size == empty))) continue;
        if (out.size > empty) buf_put_char(&out, ' ');
        buf_format(&out, "%llu", (unsigned long long)count);
        if (is_last && rest > 0) buf_format(&out, ".%03llu", (unsigned long long)rest);
        buf_format(&out, " %s", is_zh ? units[i].zh : units[i].en);
    }
    return buf_str(&out);
}

static struct str text(struct scope *scope, const struct value_context *context,
                       const struct field *field, const struct cell *in)
{
    (void)field;
    return duration_text(scope, context->language, in->integer);
}

static bool define(struct scope *scope, const struct json *definition, struct field *field)
{
    return define_bounds(scope, definition, field);
}

const struct field_type field_type_duration = {
    .name = "duration",
    .kind = VALUE_DURATION,
    .is_creatable = true,
    .read = read_json,
    .read_text = read_text,
    .write = write_json,
    .text = text,
    .define = define,
};
