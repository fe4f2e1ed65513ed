/*
 * Working time in SQL. The sums of a calendar come along as arguments, made
 * once in schema/calendar.c, so that each answer is a few look-ups whatever the
 * distance. Behind the arguments of its own a function has these, as many of
 * the three groups as it needs:
 *
 *   sums, first_day, week_count, off, plain
 *   slots, slot_ms, day_ms
 *   days, number, nth
 */
#include "base/time.h"
#include "formula/fn.h"
#include "schema/schema.h"

enum {
    DAY_MIN = -719162, /* 0001-01-01 */
    DAY_MAX = 2932896, /* 9999-12-31 */
    WEEKS_LEAST = 110000, /* what lies within years 1 to 9999 lies within these */
    WEEKS_MOST = 450000,
    NUMBER_MAX = 10000000,
    NUMBER_SHIFT = 16800000, /* keeps what is divided above zero */
};

static const struct cell *take_days(struct calendar *calendar, const struct cell *args)
{
    calendar->sums = args[0];
    calendar->first_day = args[1].integer;
    calendar->day_count = ints_count(args[0].text);
    calendar->week_count = (int)args[2].integer;
    calendar->off = (int)args[3].integer;
    calendar->plain = args[4].integer;
    return args + 5;
}

static const struct cell *take_slots(struct calendar *calendar, const struct cell *args)
{
    calendar->slots = args[0];
    calendar->slot_ms = (int)args[1].integer;
    calendar->day_ms = (int)args[2].integer;
    return args + 3;
}

static void take_numbers(struct calendar *calendar, const struct cell *args)
{
    calendar->days = args[0];
    calendar->number = args[1].integer;
    calendar->nth = args[2].integer;
}

/* A row of slots: what is worked before, whether it is, the gap. */
static int64_t slot_at(const struct calendar *calendar, int kind, int64_t slot)
{
    return ints_at(calendar->slots.text, kind * (TIME_DAY_MS / calendar->slot_ms) + slot);
}

static bool is_day(int64_t day)
{
    return day >= DAY_MIN && day <= DAY_MAX + 1;
}

/* Its number * 2, + 1 when it is worked. */
static int64_t day_sum(const struct calendar *calendar, int64_t day)
{
    int64_t place = day - calendar->first_day;
    if (place >= 0 && place < calendar->day_count) return ints_at(calendar->sums.text, place);
    int64_t week = (day + CALENDAR_DAY_SHIFT) / 7, weekday = (day + CALENDAR_DAY_SHIFT) % 7;
    int64_t number = calendar->week_count * (week - CALENDAR_WEEK_SHIFT);
    if (place >= 0) number += calendar->off;
    return number * 2 + (calendar->plain >> (CALENDAR_PLAIN_BITS * weekday) & 15);
}

/* Working days before a day. */
static int64_t number_of(const struct calendar *calendar, int64_t day)
{
    return day_sum(calendar, day) >> 1;
}

/* The working day with a number, behind the last when there is none. */
static int64_t day_of(const struct calendar *calendar, int64_t number)
{
    int64_t least = -(int64_t)calendar->week_count * WEEKS_LEAST;
    int64_t most = (int64_t)calendar->week_count * WEEKS_MOST;
    if (number < least || number > most) return DAY_MAX + 1;
    int64_t place = number - calendar->number;
    if (place >= 0 && place < ints_count(calendar->days.text)) {
        return ints_at(calendar->days.text, place);
    }
    if (place >= 0) number -= calendar->off;
    int64_t week_count = calendar->week_count;
    int64_t week = (number + week_count * CALENDAR_WEEK_SHIFT) / week_count;
    int64_t rest = (number + week_count * CALENDAR_WEEK_SHIFT) % week_count;
    int64_t day = week * 7 - CALENDAR_DAY_SHIFT + (calendar->nth >> (CALENDAR_NTH_BITS * rest) & 7);
    return day > DAY_MIN && day < DAY_MAX ? day : DAY_MAX + 1;
}

/* (day, of the calendar the days) */
FN(fn_is_workday)
{
    (void)scope, (void)arg_count;
    struct calendar calendar = { .off = 0 };
    if (args[0].kind != CELL_INT || !is_day(args[0].integer)) return;
    take_days(&calendar, args + 1);
    *result = cell_int(day_sum(&calendar, args[0].integer) & 1);
}

/* (from, to, of the calendar the days): both counted in; negative when they are turned round */
FN(fn_networkdays)
{
    (void)scope, (void)arg_count;
    struct calendar calendar = { .off = 0 };
    if (!fn_are(args, 0, 1, CELL_INT) || !is_day(args[0].integer) || !is_day(args[1].integer)) {
        return;
    }
    take_days(&calendar, args + 2);
    int64_t from = args[0].integer, to = args[1].integer;
    *result = cell_int(to >= from ? number_of(&calendar, to + 1) - number_of(&calendar, from)
                                  : number_of(&calendar, to) - number_of(&calendar, from + 1));
}

/* (day, count, of the calendar days and numbers): the count-th working day after it, or before */
FN(fn_workday)
{
    (void)scope, (void)arg_count;
    struct calendar calendar = { .off = 0 };
    if (!fn_are(args, 0, 1, CELL_INT) || !is_day(args[0].integer)) return;
    int64_t day = args[0].integer, count = args[1].integer;
    if (day > DAY_MAX || count > NUMBER_MAX || count < -NUMBER_MAX) return;
    take_numbers(&calendar, take_days(&calendar, args + 2));
    if (count > 0) day = day_of(&calendar, number_of(&calendar, day + 1) + count - 1);
    if (count < 0) day = day_of(&calendar, number_of(&calendar, day) + count);
    if (day <= DAY_MAX) *result = cell_int(day);
}

static bool is_time(const struct cell *cell)
{
    return cell->kind == CELL_INT && cell->integer >= (int64_t)DAY_MIN * TIME_DAY_MS &&
           cell->integer < ((int64_t)DAY_MAX + 1) * TIME_DAY_MS;
}

/* Milliseconds worked before a moment of a local clock. */
static int64_t worked_before(const struct calendar *calendar, int64_t local_ms)
{
    int64_t shifted = local_ms + (int64_t)CALENDAR_DAY_SHIFT * TIME_DAY_MS;
    int64_t day = day_sum(calendar, shifted / TIME_DAY_MS - CALENDAR_DAY_SHIFT);
    int64_t sum = (day >> 1) * calendar->day_ms, rest = shifted % TIME_DAY_MS;
    if (!(day & 1)) return sum;
    int64_t slot = rest / calendar->slot_ms;
    return sum + slot_at(calendar, 0, slot) + slot_at(calendar, 1, slot) * rest;
}

/* (ms, zone in minutes, of the calendar days and slots): milliseconds worked before it */
FN(fn_worked)
{
    (void)scope, (void)arg_count;
    struct calendar calendar = { .off = 0 };
    if (!is_time(&args[0])) return;
    take_slots(&calendar, take_days(&calendar, args + 2));
    int64_t local_ms = args[0].integer + args[1].integer * TIME_MINUTE_MS;
    *result = cell_int(worked_before(&calendar, local_ms));
}

/* The moment by which sum has been worked: the last of them forward, else the first behind it. */
static bool moment_of(const struct calendar *calendar, int64_t sum, bool is_forward,
                      int64_t *local_ms)
{
    int64_t day_ms = calendar->day_ms, target = sum + NUMBER_SHIFT * day_ms - is_forward;
    int64_t rest = target % day_ms, day = day_of(calendar, target / day_ms - NUMBER_SHIFT);
    int64_t gap_ms = slot_at(calendar, 2, rest / calendar->slot_ms);
    *local_ms = day * TIME_DAY_MS + rest + gap_ms + is_forward;
    return day <= DAY_MAX;
}

/*
 * (ms, span in ms, zone in minutes, calendar): the moment by which so much has been worked.
 * Forward that is the end of the last minute of it, backward the beginning of the first.
 */
FN(fn_worked_add)
{
    (void)scope, (void)arg_count;
    struct calendar calendar = { .off = 0 };
    if (!is_time(&args[0]) || args[1].kind != CELL_INT) return;
    int64_t span = args[1].integer, zone_ms = args[2].integer * TIME_MINUTE_MS;
    take_numbers(&calendar, take_slots(&calendar, take_days(&calendar, args + 3)));
    int64_t day_ms = calendar.day_ms;
    if (span > NUMBER_MAX * day_ms || span < -NUMBER_MAX * day_ms) return;
    if (span == 0) {
        *result = args[0];
        return;
    }
    int64_t sum = worked_before(&calendar, args[0].integer + zone_ms) + span, local_ms;
    if (moment_of(&calendar, sum, span > 0, &local_ms)) *result = cell_int(local_ms - zone_ms);
}

/* ---- what a comparison with a constant is rewritten with ---- */

bool fn_work_reached(const struct calendar *calendar, int zone_min, int64_t now_ms,
                     int64_t since_ms, int64_t *out_ms)
{
    int64_t zone_ms = (int64_t)zone_min * TIME_MINUTE_MS, local_ms;
    int64_t most = NUMBER_MAX * (int64_t)calendar->day_ms;
    if (since_ms > most || since_ms < -most) return false;
    int64_t sum = worked_before(calendar, now_ms + zone_ms) - since_ms;
    if (!moment_of(calendar, sum, true, &local_ms)) return false;
    *out_ms = local_ms - zone_ms;
    return true;
}

bool fn_work_reached_day(const struct calendar *calendar, int64_t today, int64_t since,
                         int64_t *out)
{
    if (since > NUMBER_MAX || since < -NUMBER_MAX) return false;
    *out = day_of(calendar, number_of(calendar, today + 1) - since - 1);
    return *out <= DAY_MAX;
}
