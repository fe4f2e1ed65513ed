/*
 * Dates as people write them. The text is folded and read from left to right:
 * date (three parts, in an order told by the place of the year), then perhaps
 * a time, then perhaps an offset. Anything left over means: not a date.
 */
#include "ingest/value.h"

#include "base/time.h"
#include "ingest/table.h"
#include "ingest/value_inner.h"

enum {
    COMPACT_YEAR_MIN = 1900, COMPACT_YEAR_MAX = 2199,
    YEAR_PIVOT = 70, /* 70..99 are of the last century */
};

static bool next_is(const struct str *rest, const char *text)
{
    return str_starts_with(*rest, str_of(text));
}

static bool take(struct str *rest, const char *text)
{
    if (!next_is(rest, text)) return false;
    *rest = str_slice(*rest, strlen(text), rest->size);
    return true;
}

static void skip_blanks(struct str *rest)
{
    while (take(rest, " ")) continue;
}

/* A number of 1..digits_max digits; returns how many digits, 0: none or too many. */
static int take_number(struct str *rest, int digits_max, int64_t *out)
{
    int count = 0;
    int64_t number = 0;
    *out = 0;
    while ((size_t)count < rest->size && rest->data[count] >= '0' && rest->data[count] <= '9') {
        if (count == digits_max) return 0;
        number = number * 10 + (rest->data[count] - '0');
        count += 1;
    }
    *rest = str_slice(*rest, (size_t)count, rest->size);
    *out = number;
    return count;
}

/* "jan", "january", "sept." */
static bool take_month_name(struct str *rest, int64_t *out)
{
    static const char *const names[] = { "january", "february", "march",     "april",
                                         "may",     "june",     "july",      "august",
                                         "september", "october", "november", "december" };
    size_t size = 0;
    while (size < rest->size && rest->data[size] >= 'a' && rest->data[size] <= 'z') size += 1;
    if (size < 3) return false;
    for (int month = 0; month < 12; month++) {
        if (size > strlen(names[month]) || memcmp(rest->data, names[month], size) != 0) continue;
        *out = month + 1;
        *rest = str_slice(*rest, size, rest->size);
        take(rest, ".");
        return true;
    }
    return false;
}

static void take_weekday(struct str *rest)
{
    static const char *const names[] = { "monday,", "tuesday,", "wednesday,", "thursday,",
                                         "friday,", "saturday,", "sunday,", "mon,", "tue,",
                                         "wed,", "thu,", "fri,", "sat,", "sun," };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (take(rest, names[i])) break;
    }
    skip_blanks(rest);
}

/* The separator between parts: one of - / . blank or nothing but blanks and a comma. */
static char take_separator(struct str *rest)
{
    static const char *const separators[] = { "-", "/", ".", ",", " " };
    for (size_t i = 0; i < sizeof(separators) / sizeof(separators[0]); i++) {
        if (!take(rest, separators[i])) continue;
        skip_blanks(rest);
        return separators[i][0];
    }
    return 0;
}

struct parts {
    int64_t year, month, day;
};

/* Behind a year: "-1-5", "/1/5", ".1.5", "年1月5日", "-Jan-5". */
static bool read_year_first(struct str *rest, struct parts *parts)
{
    struct str before = *rest;
    skip_blanks(rest);
    if (take(rest, "年")) {
        skip_blanks(rest);
        if (!take_number(rest, 2, &parts->month)) return false;
        skip_blanks(rest);
        if (!take(rest, "月")) return false;
        skip_blanks(rest);
        if (!take_number(rest, 2, &parts->day)) return false;
        skip_blanks(rest);
        if (!take(rest, "日")) take(rest, "号");
        return true;
    }
    *rest = before;
    char separator = take_separator(rest);
    if (separator != '-' && separator != '/' && separator != '.') return false;
    if (!take_month_name(rest, &parts->month) && !take_number(rest, 2, &parts->month)) {
        return false;
    }
    return take_separator(rest) == separator && take_number(rest, 2, &parts->day) > 0;
}

static bool read_year_last(struct str *rest, int64_t *out)
{
    int digits = take_number(rest, 4, out);
    if (digits == 2) *out += *out < YEAR_PIVOT ? 2000 : 1900;
    return digits == 2 || digits == 4;
}

/* Behind the first number of "5.1.2026", "1/5/26", "5-Jan-2026". */
static bool read_number_first(struct str *rest, int64_t first, enum ingest_date_order order,
                              struct parts *parts, struct ingest_date *out)
{
    char separator = take_separator(rest);
    if (separator == 0 || separator == ',') return false;
    if (take_month_name(rest, &parts->month)) {
        parts->day = first;
        take_separator(rest);
        return read_year_last(rest, &parts->year);
    }
    int64_t second;
    if (separator == ' ' || !take_number(rest, 2, &second)) return false;
    if (take_separator(rest) != separator || !read_year_last(rest, &parts->year)) return false;
    out->is_year_last = true;
    out->has_dots = separator == '.';
    bool is_month_first = order == INGEST_DATE_MDY;
    if (order == INGEST_DATE_YMD) {
        if (first <= 12 && second <= 12 && first != second) return false;
        is_month_first = second > 12;
    }
    parts->month = is_month_first ? first : second;
    parts->day = is_month_first ? second : first;
    return true;
}

static bool read_month_first(struct str *rest, struct parts *parts)
{
    if (!take_month_name(rest, &parts->month) || take_separator(rest) == 0) return false;
    if (!take_number(rest, 2, &parts->day)) return false;
    return take_separator(rest) != 0 && read_year_last(rest, &parts->year);
}

static bool read_compact(int64_t number, struct parts *parts)
{
    *parts = (struct parts){ number / 10000, number / 100 % 100, number % 100 };
    return parts->year >= COMPACT_YEAR_MIN && parts->year <= COMPACT_YEAR_MAX;
}

static bool clock_set(struct ingest_date *out, int64_t hour, int64_t minute, int64_t second,
                      int64_t ms)
{
    if (hour > 23 || minute > 59 || second > 59) return false;
    out->day_ms = (int32_t)(((hour * 60 + minute) * 60 + second) * TIME_SECOND_MS + ms);
    out->has_time = true;
    return true;
}

static bool read_parts(struct str *rest, enum ingest_date_order order, struct parts *parts,
                       struct ingest_date *out)
{
    int64_t number;
    take_weekday(rest);
    struct str start = *rest;
    int digits = take_number(rest, 14, &number);
    if (digits == 0) {
        *rest = start;
        return read_month_first(rest, parts);
    }
    if (digits == 14) {
        int64_t clock = number % 1000000;
        return read_compact(number / 1000000, parts) &&
               clock_set(out, clock / 10000, clock / 100 % 100, clock % 100, 0);
    }
    if (digits == 8) return read_compact(number, parts);
    if (digits == 2 && next_is(rest, "年")) number += number < YEAR_PIVOT ? 2000 : 1900;
    if (digits == 4 || (digits == 2 && next_is(rest, "年"))) {
        parts->year = number;
        return read_year_first(rest, parts);
    }
    return digits <= 2 && read_number_first(rest, number, order, parts, out);
}

static bool is_before_noon(struct str *rest, bool *is_after)
{
    static const char *const before[] = { "上午", "早上", "凌晨", "am", "a.m." };
    static const char *const after[] = { "下午", "晚上", "pm", "p.m." };
    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        if (take(rest, before[i])) return true;
    }
    for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++) {
        if (!take(rest, after[i])) continue;
        *is_after = true;
        return true;
    }
    return false;
}

static bool take_hour_mark(struct str *rest)
{
    return take(rest, ":") || take(rest, "时") || take(rest, "点");
}

/* ".250", to the millisecond; more digits are cut. */
static int64_t take_fraction(struct str *rest)
{
    int64_t fraction = 0;
    if (!take(rest, ".")) return 0;
    struct str digits = *rest;
    int count = take_number(rest, 9, &fraction);
    for (; count < 3; count++) fraction *= 10;
    for (; count > 3; count--) fraction /= 10;
    return digits.size == rest->size ? 0 : fraction;
}

static bool read_clock(struct str *rest, struct ingest_date *out)
{
    int64_t hour, minute = 0, second = 0, ms = 0;
    bool is_after = false;
    bool has_half = is_before_noon(rest, &is_after);
    skip_blanks(rest);
    if (!take_number(rest, 2, &hour)) return false;
    bool has_mark = take_hour_mark(rest);
    if (has_mark && rest->size > 0 && take_number(rest, 2, &minute)) {
        bool has_seconds = take(rest, ":") || take(rest, "分");
        if (has_seconds && rest->size > 0 && take_number(rest, 2, &second)) {
            ms = take_fraction(rest);
            take(rest, "秒");
        }
    }
    skip_blanks(rest);
    if (!has_half) has_half = is_before_noon(rest, &is_after);
    if (!has_mark && !has_half) return false;
    if (has_half) {
        if (is_after && hour < 12) hour += 12;
        if (!is_after && hour == 12) hour = 0;
    }
    return clock_set(out, hour, minute, second, ms);
}

static bool read_offset(struct str *rest, struct ingest_date *out)
{
    skip_blanks(rest);
    if (rest->size == 0) return true;
    out->has_offset = true;
    if (take(rest, "z") || take(rest, "utc") || take(rest, "gmt")) {
        if (rest->size == 0) return true;
    }
    bool is_west = take(rest, "-");
    if (!is_west && !take(rest, "+")) return false;
    int64_t hours, minutes = 0;
    int digits = take_number(rest, 4, &hours);
    if (digits == 4) {
        minutes = hours % 100;
        hours /= 100;
    } else if (take(rest, ":") && !take_number(rest, 2, &minutes)) {
        return false;
    }
    if (digits == 0 || digits == 3 || hours > 14 || minutes > 59) return false;
    int offset_min = (int)(hours * 60 + minutes);
    out->offset_min = is_west ? -offset_min : offset_min;
    return rest->size == 0;
}

static void take_chinese_weekday(struct str *rest)
{
    static const char *const days[] = { "一", "二", "三", "四", "五", "六", "日", "天" };
    skip_blanks(rest);
    bool has_bracket = take(rest, "(");
    if (!take(rest, "星期") && !take(rest, "周") && !has_bracket) return;
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        if (take(rest, days[i])) break;
    }
    if (has_bracket) take(rest, ")");
    skip_blanks(rest);
}

bool ingest_read_date(struct str text, enum ingest_date_order order, struct ingest_date *out)
{
    struct value_text folded;
    struct parts parts = { 0 };
    *out = (struct ingest_date){ 0 };
    if (text.size < 6 || !value_text_fold(text, &folded)) return false;
    struct str rest = { folded.data, folded.size };
    if (!read_parts(&rest, order, &parts, out)) return false;
    if (parts.year < 1 || !time_is_date((int)parts.year, (int)parts.month, (int)parts.day)) {
        return false;
    }
    out->days = time_days_from_civil((int)parts.year, (int)parts.month, (int)parts.day);
    if (rest.size == 0) return true;
    if (out->has_time) return false;
    bool has_gap = take(&rest, "t") || take(&rest, ",") || next_is(&rest, " ");
    struct str before = rest;
    take_chinese_weekday(&rest);
    if (rest.size == 0) return true;
    if (!has_gap && rest.size == before.size && (unsigned char)rest.data[0] < 0x80) {
        /* "2026年1月5日8:30" has no gap; "1/5/20268:30" is nothing. */
        if (!str_ends_with(str_slice((struct str){ folded.data, folded.size }, 0,
                                     folded.size - rest.size), STR("日"))) return false;
    }
    skip_blanks(&rest);
    return read_clock(&rest, out) && read_offset(&rest, out);
}

static int64_t moment_of(const struct ingest_date *date, int zone_min)
{
    int offset_min = date->has_offset ? date->offset_min : zone_min;
    return time_day_start(date->days, offset_min) + date->day_ms;
}

static bool read_serial(struct str text, struct ingest_date *out)
{
    struct value_number number;
    *out = (struct ingest_date){ 0 };
    if (!value_number_parse(text, &number) || !number.is_plain) return false;
    if (!ingest_serial_read(text, false, &out->days, &out->day_ms)) return false;
    out->has_time = out->day_ms != 0;
    return out->days > -25568; /* serial 1 and up */
}

static bool read_any(struct str text, struct ingest_date_format format, struct ingest_date *out)
{
    if (ingest_read_date(text, format.order, out)) return true;
    return format.is_serial && read_serial(text, out);
}

bool ingest_parse_date(struct str text, struct ingest_date_format format, int zone_min,
                       int64_t *out_days)
{
    struct ingest_date date;
    if (!read_any(text, format, &date)) return false;
    *out_days = date.has_offset ? time_local_days(moment_of(&date, zone_min), zone_min) : date.days;
    return true;
}

bool ingest_parse_moment(struct str text, struct ingest_date_format format, int zone_min,
                         int64_t *out_ms)
{
    struct ingest_date date;
    if (!read_any(text, format, &date)) return false;
    *out_ms = moment_of(&date, zone_min);
    return true;
}

bool ingest_cell_date(const struct ingest_cell *cell, struct ingest_date_format format,
                      int zone_min, int64_t *out_days)
{
    *out_days = cell->days;
    if (cell->kind == INGEST_CELL_DATE) return true;
    bool has_text = cell->kind == INGEST_CELL_TEXT || cell->kind == INGEST_CELL_NUMBER;
    return has_text && ingest_parse_date(cell->text, format, zone_min, out_days);
}

bool ingest_cell_moment(const struct ingest_cell *cell, struct ingest_date_format format,
                        int zone_min, int64_t *out_ms)
{
    if (cell->kind == INGEST_CELL_DATE) {
        *out_ms = time_day_start(cell->days, zone_min) + cell->day_ms;
        return true;
    }
    bool has_text = cell->kind == INGEST_CELL_TEXT || cell->kind == INGEST_CELL_NUMBER;
    return has_text && ingest_parse_moment(cell->text, format, zone_min, out_ms);
}
