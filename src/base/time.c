/*
 * The calendar is counted in eras of 400 years that begin on 1 March, so that
 * the leap day is the last day of a year; days and milliseconds divide by
 * rounding down, so moments before 1970 need no cases of their own.
 */
#include "base/time.h"

#include <assert.h>
#include <stdatomic.h>
#include <time.h>

enum { DAYS_PER_ERA = 146097, DAYS_0000_TO_1970 = 719468 };

static int64_t divide_down(int64_t number, int64_t divisor)
{
    int64_t whole = number / divisor;
    return number % divisor < 0 ? whole - 1 : whole;
}

int64_t time_days_from_civil(int year, int month, int day)
{
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t era = divide_down(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_0000_TO_1970;
}

void time_civil_from_days(int64_t days, int *year, int *month, int *day)
{
    int64_t shifted = days + DAYS_0000_TO_1970;
    int64_t era = divide_down(shifted, DAYS_PER_ERA);
    int64_t day_of_era = shifted - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2 ? 1 : 0));
}

bool time_is_date(int year, int month, int day)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return false;
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

int time_weekday(int64_t days)
{
    int64_t since_monday = days + 3; /* 1970-01-01 was a Thursday */
    return (int)(since_monday - divide_down(since_monday, 7) * 7) + 1;
}

int64_t time_local_days(int64_t time_ms, int zone_min)
{
    return divide_down(time_ms + (int64_t)zone_min * TIME_MINUTE_MS, TIME_DAY_MS);
}

int64_t time_day_start(int64_t days, int zone_min)
{
    return days * TIME_DAY_MS - (int64_t)zone_min * TIME_MINUTE_MS;
}

struct civil time_civil(int64_t time_ms, int zone_min)
{
    int64_t days = time_local_days(time_ms, zone_min);
    int ms = (int)(time_ms - time_day_start(days, zone_min));
    struct civil civil = { .weekday = time_weekday(days) };
    time_civil_from_days(days, &civil.year, &civil.month, &civil.day);
    civil.hour = ms / TIME_HOUR_MS;
    civil.minute = ms / TIME_MINUTE_MS % 60;
    civil.second = ms / TIME_SECOND_MS % 60;
    civil.millisecond = ms % TIME_SECOND_MS;
    return civil;
}

int64_t time_from_civil(const struct civil *civil, int zone_min)
{
    int64_t days = time_days_from_civil(civil->year, civil->month, civil->day);
    return time_day_start(days, zone_min) + (int64_t)civil->hour * TIME_HOUR_MS +
           (int64_t)civil->minute * TIME_MINUTE_MS + (int64_t)civil->second * TIME_SECOND_MS +
           civil->millisecond;
}

/* Exactly count digits at *at; moves on. */
static bool digits_parse(struct str text, size_t *at, size_t count, int *out)
{
    if (text.size - *at < count) return false;
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        char digit = text.data[*at + i];
        if (digit < '0' || digit > '9') return false;
        sum = sum * 10 + (digit - '0');
    }
    *at += count;
    *out = sum;
    return true;
}

static bool char_parse(struct str text, size_t *at, const char *choices)
{
    if (*at >= text.size || text.data[*at] == 0 || !strchr(choices, text.data[*at])) return false;
    *at += 1;
    return true;
}

static bool date_parse(struct str text, size_t *at, struct civil *out)
{
    return digits_parse(text, at, 4, &out->year) && char_parse(text, at, "-") &&
           digits_parse(text, at, 2, &out->month) && char_parse(text, at, "-") &&
           digits_parse(text, at, 2, &out->day) && time_is_date(out->year, out->month, out->day);
}

/* ".5" is 500 ms; what is finer than a millisecond is cut off. */
static bool fraction_parse(struct str text, size_t *at, int *out_ms)
{
    int weight = 100, count = 0, digit = 0;
    *out_ms = 0;
    while (count < 9 && digits_parse(text, at, 1, &digit)) {
        *out_ms += digit * weight;
        weight /= 10;
        count += 1;
    }
    return count > 0;
}

static bool clock_parse(struct str text, size_t *at, struct civil *out)
{
    if (!digits_parse(text, at, 2, &out->hour) || out->hour > 23) return false;
    if (!char_parse(text, at, ":")) return false;
    if (!digits_parse(text, at, 2, &out->minute) || out->minute > 59) return false;
    if (!char_parse(text, at, ":")) return true;
    if (!digits_parse(text, at, 2, &out->second) || out->second > 59) return false;
    if (!char_parse(text, at, ".")) return true;
    return fraction_parse(text, at, &out->millisecond);
}

/* What follows the clock: nothing (the given zone is meant), Z or +HH:MM. */
static bool zone_parse(struct str text, size_t *at, int *zone_min)
{
    if (*at == text.size) return true;
    if (char_parse(text, at, "Zz")) {
        *zone_min = 0;
        return true;
    }
    int hour = 0, minute = 0, sign = text.data[*at] == '-' ? -1 : 1;
    if (!char_parse(text, at, "+-") || !digits_parse(text, at, 2, &hour)) return false;
    if (!char_parse(text, at, ":") || !digits_parse(text, at, 2, &minute)) return false;
    if (hour > 23 || minute > 59) return false;
    *zone_min = sign * (hour * 60 + minute);
    return true;
}

bool time_parse(struct str text, int zone_min, int64_t *out_ms)
{
    struct civil civil = { 0 };
    size_t at = 0;
    if (!date_parse(text, &at, &civil)) return false;
    if (at < text.size) {
        if (!char_parse(text, &at, "Tt ") || !clock_parse(text, &at, &civil)) return false;
        if (!zone_parse(text, &at, &zone_min) || at != text.size) return false;
    }
    int64_t time_ms = time_from_civil(&civil, zone_min);
    int year_utc = time_civil(time_ms, 0).year;
    if (year_utc < 1 || year_utc > 9999) return false;
    *out_ms = time_ms;
    return true;
}

bool time_parse_date(struct str text, int64_t *out_days)
{
    struct civil civil = { 0 };
    size_t at = 0;
    if (!date_parse(text, &at, &civil) || at != text.size) return false;
    *out_days = time_days_from_civil(civil.year, civil.month, civil.day);
    return true;
}

bool time_parse_duration(struct str text, int64_t *out_ms)
{
    static const struct {
        char name;
        int64_t size_ms;
    } units[] = { { 's', TIME_SECOND_MS },
                  { 'm', TIME_MINUTE_MS },
                  { 'h', TIME_HOUR_MS },
                  { 'd', TIME_DAY_MS },
                  { 'w', (int64_t)7 * TIME_DAY_MS } };
    int64_t count = 0;
    if (text.size < 2 || text.data[0] == '+' || text.data[0] == '-') return false;
    if (!str_to_int64(str_slice(text, 0, text.size - 1), &count)) return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (text.data[text.size - 1] != units[i].name) continue;
        return !__builtin_mul_overflow(count, units[i].size_ms, out_ms);
    }
    return false;
}

/* By hand: every record in every list has several times. */
static void digits_write(char *out, int count, int number)
{
    for (int i = count - 1; i >= 0; i--) {
        out[i] = (char)('0' + number % 10);
        number /= 10;
    }
}

static void date_put(struct buf *out, int year, int month, int day)
{
    char text[] = "0000-00-00";
    if (year < 0 || year > 9999) {
        buf_format(out, "%04d-%02d-%02d", year, month, day);
        return;
    }
    digits_write(text, 4, year);
    digits_write(text + 5, 2, month);
    digits_write(text + 8, 2, day);
    buf_put(out, (struct str){ text, sizeof(text) - 1 });
}

void time_put_date(struct buf *out, int64_t days)
{
    int year = 0, month = 0, day = 0;
    time_civil_from_days(days, &year, &month, &day);
    date_put(out, year, month, day);
}

void time_put(struct buf *out, int64_t time_ms)
{
    struct civil civil = time_civil(time_ms, 0);
    char text[] = "T00:00:00.000Z";
    date_put(out, civil.year, civil.month, civil.day);
    digits_write(text + 1, 2, civil.hour);
    digits_write(text + 4, 2, civil.minute);
    digits_write(text + 7, 2, civil.second);
    digits_write(text + 10, 3, civil.millisecond);
    buf_put(out, (struct str){ text, sizeof(text) - 1 });
}

struct str time_format(struct scope *scope, int64_t time_ms)
{
    struct buf out;
    buf_begin(&out, scope, 64);
    time_put(&out, time_ms);
    return buf_str(&out);
}

static int64_t clock_read_ms(clockid_t id)
{
    struct timespec now;
    int failed = clock_gettime(id, &now);
    assert(failed == 0);
    (void)failed;
    return (int64_t)now.tv_sec * TIME_SECOND_MS + now.tv_nsec / 1000000;
}

int64_t time_now_ms(void)
{
    return clock_read_ms(CLOCK_REALTIME);
}

int64_t time_monotonic_ms(void)
{
    return clock_read_ms(CLOCK_MONOTONIC);
}

int64_t clock_now_ms(struct clock *clock)
{
    int64_t fixed_ms = atomic_load(&clock->fixed_ms);
    return fixed_ms != 0 ? fixed_ms : time_now_ms();
}
