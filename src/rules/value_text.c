/*
 * Values as a sentence to people has them, in the reader's language: amounts
 * with their currency and in groups of three, days by name and in local time.
 * Everything else reads as its field type says (labels, yes and no).
 */
#include "rules/inner.h"

#include "base/decimal.h"
#include "base/time.h"

static const char *const weekdays_zh[] = { "一", "二", "三", "四", "五", "六", "日" };
static const char *const weekdays_en[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
static const char *const months_en[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

bool value_is_money(const struct field *field)
{
    const struct field_type *type = field->result_type ? field->result_type : field->type;
    return str_is(str_of(type->name), "money");
}

static struct str money_speak(struct scope *scope, const struct value_speech *speech,
                              const struct field *field, int64_t units)
{
    struct str digits = decimal_format(scope, units, field->scale);
    bool is_negative = str_starts_with(digits, STR("-"));
    if (is_negative) digits = str_slice(digits, 1, digits.size);
    size_t whole = str_find(digits, STR("."));
    if (whole == SIZE_MAX) whole = digits.size;
    struct buf out;
    buf_begin(&out, scope, 100);
    if (is_negative) buf_put(&out, STR("-"));
    if (!str_is(speech->currency, "CNY")) {
        buf_put(&out, speech->currency);
        buf_put(&out, STR(" "));
    } else {
        buf_put(&out, STR("¥"));
    }
    for (size_t i = 0; i < digits.size; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0) buf_put_char(&out, ',');
        buf_put_char(&out, digits.data[i]);
    }
    return buf_str(&out);
}

static void put_day(struct buf *out, const struct value_speech *speech, int64_t days)
{
    int year, month, day, this_year, this_month, this_day;
    const char *const *weekdays =
        speech->values.language == LANGUAGE_ZH ? weekdays_zh : weekdays_en;
    const char *weekday = weekdays[time_weekday(days) - 1];
    time_civil_from_days(days, &year, &month, &day);
    time_civil_from_days(time_local_days(speech->values.now_ms, speech->values.schema->zone_min),
                         &this_year, &this_month, &this_day);
    if (speech->values.language == LANGUAGE_ZH) {
        if (year != this_year) buf_format(out, "%d年", year);
        buf_format(out, "%d月%d日（周%s）", month, day, weekday);
    } else {
        buf_format(out, "%s %d %s", weekday, day, months_en[month - 1]);
        if (year != this_year) buf_format(out, " %d", year);
    }
}

static struct str moment_speak(struct scope *scope, const struct value_speech *speech,
                               int64_t time_ms)
{
    int zone_min = speech->values.schema->zone_min;
    struct civil civil = time_civil(time_ms, zone_min);
    struct buf out;
    buf_begin(&out, scope, 100);
    put_day(&out, speech, time_local_days(time_ms, zone_min));
    if (speech->values.language != LANGUAGE_ZH) buf_put_char(&out, ' ');
    buf_format(&out, "%02d:%02d", civil.hour, civil.minute);
    return buf_str(&out);
}

struct str value_speak(struct scope *scope, const struct value_speech *speech,
                       const struct field *field, const struct cell *cell)
{
    enum value_kind kind = field_kind(field);
    if (cell->kind == CELL_INT && value_is_money(field)) {
        return money_speak(scope, speech, field, cell->integer);
    }
    if (cell->kind == CELL_INT && kind == VALUE_DATETIME) {
        return moment_speak(scope, speech, cell->integer);
    }
    if (cell->kind == CELL_INT && kind == VALUE_DATE) {
        struct buf out;
        buf_begin(&out, scope, 100);
        put_day(&out, speech, cell->integer);
        return buf_str(&out);
    }
    return field_text(scope, &speech->values, field, cell);
}
