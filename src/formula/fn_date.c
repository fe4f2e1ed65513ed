/* Days and moments in SQL: proleptic Gregorian, years 1 to 9999, fixed zone. */
#include <math.h>

#include "base/time.h"
#include "formula/fn.h"

__extension__ typedef __int128 wide;

enum { DAY_MIN = -719162, DAY_MAX = 2932896 }; /* 0001-01-01 and 9999-12-31 */

static void give_day(struct cell *result, wide day)
{
    if (day >= DAY_MIN && day <= DAY_MAX) *result = cell_int((int64_t)day);
}

static void give_time(struct cell *result, wide time_ms)
{
    wide least = (wide)DAY_MIN * TIME_DAY_MS, most = ((wide)DAY_MAX + 1) * TIME_DAY_MS;
    if (time_ms >= least && time_ms < most) *result = cell_int((int64_t)time_ms);
}

static bool is_day(const struct cell *cell)
{
    return cell->kind == CELL_INT && cell->integer >= DAY_MIN && cell->integer <= DAY_MAX;
}

static bool is_time(const struct cell *cell)
{
    return cell->kind == CELL_INT && cell->integer >= (int64_t)DAY_MIN * TIME_DAY_MS &&
           cell->integer < ((int64_t)DAY_MAX + 1) * TIME_DAY_MS;
}

/* Half away from zero. */
static wide divided(wide value, wide by)
{
    wide whole = value / by, rest = value % by;
    if (rest < 0 ? -rest * 2 >= by : rest * 2 >= by) whole += value < 0 ? -1 : 1;
    return whole;
}

static wide power(int64_t exponent)
{
    wide value = 1;
    for (; exponent > 0; exponent--) value *= 10;
    return value;
}

/* (ms, zone in minutes) */
FN(fn_date_of)
{
    (void)scope, (void)arg_count;
    if (is_time(&args[0])) {
        *result = cell_int(time_local_days(args[0].integer, (int)args[1].integer));
    }
}

/* (day, days, sign) */
FN(fn_date_add)
{
    (void)scope;
    if (!fn_are(args, 0, arg_count - 1, CELL_INT)) return;
    give_day(result, (wide)args[0].integer + (wide)args[1].integer * args[2].integer);
}

/* (ms, units, scale, ms of one, sign) */
FN(fn_time_add)
{
    (void)scope;
    if (!fn_are(args, 0, arg_count - 1, CELL_INT)) return;
    wide step = divided((wide)args[1].integer * args[3].integer, power(args[2].integer));
    give_time(result, args[0].integer + step * args[4].integer);
}

/* (ms, days as a real, sign) */
FN(fn_time_add_real)
{
    (void)scope, (void)arg_count;
    if (args[0].kind != CELL_INT || args[1].kind != CELL_REAL) return;
    double step = round(args[1].real * TIME_DAY_MS);
    if (fabs(step) < 1e15) give_time(result, args[0].integer + (wide)step * args[2].integer);
}

/* (units, scale, ms of one) */
FN(fn_span)
{
    (void)scope;
    if (!fn_are(args, 0, arg_count - 1, CELL_INT)) return;
    wide span = divided((wide)args[0].integer * args[2].integer, power(args[1].integer));
    if (span > INT64_MIN && span < INT64_MAX) *result = cell_int((int64_t)span);
}

/* (count as a real, ms of one) */
FN(fn_span_real)
{
    (void)scope, (void)arg_count;
    if (args[0].kind != CELL_REAL) return;
    double span = round(args[0].real * (double)args[1].integer);
    if (fabs(span) < 9e18) *result = cell_int((int64_t)span);
}

static bool civil_of(const struct cell *cell, int *year, int *month, int *day)
{
    if (!is_day(cell)) return false;
    time_civil_from_days(cell->integer, year, month, day);
    return true;
}

FN(fn_year)
{
    (void)scope, (void)arg_count;
    int year, month, day;
    if (civil_of(&args[0], &year, &month, &day)) *result = cell_int(year);
}

FN(fn_month)
{
    (void)scope, (void)arg_count;
    int year, month, day;
    if (civil_of(&args[0], &year, &month, &day)) *result = cell_int(month);
}

FN(fn_day)
{
    (void)scope, (void)arg_count;
    int year, month, day;
    if (civil_of(&args[0], &year, &month, &day)) *result = cell_int(day);
}

FN(fn_hour)
{
    (void)scope, (void)arg_count;
    if (!is_time(&args[0])) return;
    *result = cell_int(time_civil(args[0].integer, (int)args[1].integer).hour);
}

FN(fn_minute)
{
    (void)scope, (void)arg_count;
    if (!is_time(&args[0])) return;
    *result = cell_int(time_civil(args[0].integer, (int)args[1].integer).minute);
}

FN(fn_second)
{
    (void)scope, (void)arg_count;
    if (!is_time(&args[0])) return;
    *result = cell_int(time_civil(args[0].integer, (int)args[1].integer).second);
}

/* (day, way): Excel's 1 (Sunday = 1), 2 (Monday = 1), 3 (Monday = 0) */
FN(fn_weekday)
{
    (void)scope, (void)arg_count;
    if (!is_day(&args[0])) return;
    int monday = time_weekday(args[0].integer);
    int64_t way = args[1].integer;
    *result = cell_int(way == 1 ? monday % 7 + 1 : way == 2 ? monday : monday - 1);
}

/* (day, way): weeks begin on Sunday (1) or Monday (2) and January 1 is in week 1; 21: ISO */
FN(fn_weeknum)
{
    (void)scope, (void)arg_count;
    int year, month, day;
    if (!civil_of(&args[0], &year, &month, &day)) return;
    int64_t date = args[0].integer;
    if (args[1].integer == 21) { /* the week of its Thursday */
        int64_t thursday = date - time_weekday(date) + 4;
        time_civil_from_days(thursday, &year, &month, &day);
        *result = cell_int((thursday - time_days_from_civil(year, 1, 1)) / 7 + 1);
        return;
    }
    int64_t first = time_days_from_civil(year, 1, 1);
    int start = time_weekday(first);
    int offset = args[1].integer == 1 ? start % 7 : start - 1; /* days of that week before it */
    *result = cell_int((date - first + offset) / 7 + 1);
}

/* Months counted from year 0, so that what is over goes on into the next year. */
static bool month_start(wide months, int *year, int *month)
{
    if (months < 12 || months >= 12 * 10000) return false;
    *year = (int)(months / 12);
    *month = (int)(months % 12) + 1;
    return true;
}

FN(fn_date)
{
    (void)scope;
    int year, month;
    if (!fn_are(args, 0, arg_count - 1, CELL_INT)) return;
    wide months = (wide)args[0].integer * 12 + args[1].integer - 1;
    if (!month_start(months, &year, &month)) return;
    give_day(result, (wide)time_days_from_civil(year, month, 1) + args[2].integer - 1);
}

/* (text, zone in minutes) */
FN(fn_datetime)
{
    (void)scope, (void)arg_count;
    int64_t time_ms;
    if (args[0].kind != CELL_TEXT) return;
    if (time_parse(str_trim(args[0].text), (int)args[1].integer, &time_ms)) {
        give_time(result, time_ms);
    }
}

/* First and last day of the month so many months from a day. */
static bool month_shift(const struct cell *args, int64_t *first, int64_t *last, int *day)
{
    int year, month;
    if (!civil_of(&args[0], &year, &month, day) || args[1].kind != CELL_INT) return false;
    wide months = (wide)year * 12 + month - 1 + args[1].integer;
    if (!month_start(months, &year, &month)) return false;
    *first = time_days_from_civil(year, month, 1);
    int64_t next = month == 12 ? *first + 31 : time_days_from_civil(year, month + 1, 1);
    *last = next - 1;
    return true;
}

FN(fn_edate)
{
    (void)scope, (void)arg_count;
    int64_t first, last;
    int day;
    if (!month_shift(args, &first, &last, &day)) return;
    *result = cell_int(first + day - 1 < last ? first + day - 1 : last);
}

FN(fn_eomonth)
{
    (void)scope, (void)arg_count;
    int64_t first, last;
    int day;
    if (month_shift(args, &first, &last, &day)) *result = cell_int(last);
}

/* A day moved by months, kept inside its month: 31 January + 1 is 28 or 29 February. */
static int64_t day_after_months(int year, int month, int day, int months)
{
    int at = year * 12 + month - 1 + months;
    int64_t first = time_days_from_civil(at / 12, at % 12 + 1, 1);
    int64_t next = time_days_from_civil((at + 1) / 12, (at + 1) % 12 + 1, 1);
    return first + day - 1 < next - 1 ? first + day - 1 : next - 1;
}

/*
 * (from, to, unit), Excel's units: Y and M whole years and months, D days, YM months beyond
 * the years, YD days beyond the years, MD days beyond the months, counted like Excel from the
 * same day of the month before `to`, so 31 January to 1 March is 1 + 28 - 31 = -2.
 */
FN(fn_datedif)
{
    (void)scope, (void)arg_count;
    int y[2], m[2], d[2];
    if (!civil_of(&args[0], &y[0], &m[0], &d[0]) || !civil_of(&args[1], &y[1], &m[1], &d[1]) ||
        args[2].kind != CELL_TEXT || args[0].integer > args[1].integer) {
        return;
    }
    int months = (y[1] - y[0]) * 12 + m[1] - m[0] - (d[1] < d[0]);
    if (str_equal_nocase(args[2].text, STR("Y"))) {
        *result = cell_int(months / 12);
    } else if (str_equal_nocase(args[2].text, STR("M"))) {
        *result = cell_int(months);
    } else if (str_equal_nocase(args[2].text, STR("D"))) {
        *result = cell_int(args[1].integer - args[0].integer);
    } else if (str_equal_nocase(args[2].text, STR("YM"))) {
        *result = cell_int(months % 12);
    } else if (str_equal_nocase(args[2].text, STR("YD"))) {
        *result = cell_int(args[1].integer -
                           day_after_months(y[0], m[0], d[0], months / 12 * 12));
    } else if (str_equal_nocase(args[2].text, STR("MD"))) {
        int64_t first = time_days_from_civil(y[1], m[1], 1);
        int64_t before = m[1] == 1 ? 31 : first - time_days_from_civil(y[1], m[1] - 1, 1);
        *result = cell_int(d[1] - d[0] + (d[1] < d[0] ? before : 0));
    }
}

FN(fn_text_date)
{
    (void)arg_count;
    if (!is_day(&args[0])) return;
    struct buf out;
    buf_begin(&out, scope, 64);
    time_put_date(&out, args[0].integer);
    *result = cell_text(buf_str(&out));
}

FN(fn_text_time)
{
    (void)arg_count;
    if (!is_time(&args[0])) return;
    struct civil at = time_civil(args[0].integer, (int)args[1].integer);
    *result = cell_text(scope_format(scope, "%04d-%02d-%02d %02d:%02d", at.year, at.month, at.day,
                                     at.hour, at.minute));
}

static int run_length(struct str format, size_t at)
{
    size_t end = at;
    char letter = (char)(format.data[at] | 0x20);
    while (end < format.size && (format.data[end] | 0x20) == letter) end++;
    return (int)(end - at);
}

/* The next letter of the format that is a part of a date; 0 when there is none. */
static char next_part(struct str format, size_t at)
{
    for (; at < format.size; at++) {
        char letter = (char)(format.data[at] | 0x20);
        if (letter == 'y' || letter == 'm' || letter == 'd' || letter == 'h' || letter == 's') {
            return letter;
        }
    }
    return 0;
}

static void put_number(struct buf *out, int number, int length)
{
    buf_format(out, length >= 2 ? "%02d" : "%d", number);
}

static void put_part(struct buf *out, const struct civil *at, char letter, int length,
                     bool is_minute)
{
    static const char *const weekdays[] = { "一", "二", "三", "四", "五", "六", "日" };
    switch (letter) {
    case 'y':
        buf_format(out, length > 2 ? "%04d" : "%02d", length > 2 ? at->year : at->year % 100);
        break;
    case 'm':
        put_number(out, is_minute ? at->minute : at->month, length);
        break;
    case 'd':
        put_number(out, at->day, length);
        break;
    case 'h':
        put_number(out, at->hour, length);
        break;
    case 's':
        put_number(out, at->second, length);
        break;
    default: /* aaaa: 星期三, aaa: 三 */
        if (length >= 4) buf_put(out, STR("星期"));
        buf_put(out, str_of(weekdays[at->weekday - 1]));
        break;
    }
}

/* As in Excel: m beside h or s is minutes, else months. */
static void format_civil(struct buf *out, const struct civil *at, struct str format)
{
    char last = 0;
    for (size_t i = 0; i < format.size;) {
        char letter = (char)(format.data[i] | 0x20);
        int length = run_length(format, i);
        bool is_part = letter == 'y' || letter == 'm' || letter == 'd' || letter == 'h' ||
                       letter == 's' || (letter == 'a' && length >= 3);
        if (format.data[i] == '"') {
            for (i++; i < format.size && format.data[i] != '"'; i++) {
                buf_put_char(out, format.data[i]);
            }
            i++;
            continue;
        }
        if (!is_part || (format.data[i] & 0x80)) {
            buf_put_char(out, format.data[i++]);
            continue;
        }
        i += (size_t)length;
        bool is_minute = letter == 'm' && (last == 'h' || next_part(format, i) == 's');
        put_part(out, at, letter, length, is_minute);
        last = letter;
    }
}

static void give_format(struct scope *scope, const struct civil *at, const struct cell *format,
                        struct cell *result)
{
    struct buf out;
    if (format->kind != CELL_TEXT) return;
    buf_begin(&out, scope, FN_TEXT_SIZE_MAX);
    format_civil(&out, at, format->text);
    if (!out.is_over) *result = cell_text(buf_str(&out));
}

/* (day, format) */
FN(fn_format_date)
{
    (void)arg_count;
    if (!is_day(&args[0])) return;
    struct civil at = time_civil(args[0].integer * TIME_DAY_MS, 0);
    give_format(scope, &at, &args[1], result);
}

/* (ms, zone in minutes, format) */
FN(fn_format_time)
{
    (void)arg_count;
    if (!is_time(&args[0])) return;
    struct civil at = time_civil(args[0].integer, (int)args[1].integer);
    give_format(scope, &at, &args[2], result);
}
