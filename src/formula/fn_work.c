/*
 * Working time in SQL. The sums of a calendar come along as an argument, made
 * once in schema/calendar.c, so that each answer is a few look-ups whatever the
 * distance. The arguments behind the first ones are always these, as many of
 * them as a function needs:
 *
 *   table, first, count, week_count, week_mask, day_minutes, number, number_count, off
 */
#include "base/time.h"
#include "formula/fn.h"
#include "schema/schema.h"

enum {
    DAY_MIN = -719162, /* 0001-01-01 */
    DAY_MAX = 2932896, /* 9999-12-31 */
    WEEK_SHIFT = 840003, /* day 0 was a Thursday; 120000 weeks keep it above zero */
    WEEKS_BEFORE = 120000,
    WEEKS_LEAST = 110000, /* what lies within years 1 to 9999 lies within these */
    WEEKS_MOST = 450000,
    NUMBER_MAX = 10000000,
    NUMBER_SHIFT = 16800000, /* keeps what is divided above zero */
};

static struct calendar calendar_of(const struct cell *args, int count)
{
    struct calendar calendar = { .table = args[0].text };
    int64_t numbers[9] = { 0 };
    for (int i = 1; i < count; i++) numbers[i] = args[i].integer;
    calendar.first = numbers[1];
    calendar.count = (int)numbers[2];
    calendar.week_count = (int)numbers[3];
    calendar.week_mask = (int)numbers[4];
    calendar.day_minutes = (int)numbers[5];
    calendar.number = numbers[6];
    calendar.number_count = (int)numbers[7];
    calendar.off = (int)numbers[8];
    return calendar;
}

static int64_t byte_at(const struct calendar *calendar, int64_t at)
{
    return (unsigned char)calendar->table.data[at];
}

static int64_t short_at(const struct calendar *calendar, int64_t at)
{
    return byte_at(calendar, at) * 256 + byte_at(calendar, at + 1);
}

static bool is_day(int64_t day)
{
    return day >= DAY_MIN && day <= DAY_MAX + 1;
}

/* Working days before a day. */
static int64_t number_of(const struct calendar *calendar, int64_t day)
{
    int64_t at = day - calendar->first, shifted = day + WEEK_SHIFT;
    at = at < 0 ? 0 : at > calendar->count ? calendar->count : at;
    return calendar->week_count * (shifted / 7 - WEEKS_BEFORE) +
           byte_at(calendar, CALENDAR_WEEK_AT + shifted % 7) +
           short_at(calendar, CALENDAR_DAY_AT + 2 * at) / 2 - CALENDAR_OFF_BASE;
}

static bool is_worked(const struct calendar *calendar, int64_t day)
{
    int64_t at = day - calendar->first;
    if (at >= 0 && at < calendar->count) {
        return short_at(calendar, CALENDAR_DAY_AT + 2 * at) & 1;
    }
    return calendar->week_mask >> ((day + WEEK_SHIFT) % 7) & 1;
}

/* The working day with a number; one out of range when there is none. */
static int64_t day_of(const struct calendar *calendar, int64_t number)
{
    int64_t least = -(int64_t)calendar->week_count * WEEKS_LEAST;
    int64_t most = (int64_t)calendar->week_count * WEEKS_MOST;
    if (number < least || number > most) return DAY_MAX + 1;
    int64_t at = number - calendar->number;
    if (at >= 0 && at < calendar->number_count) {
        int64_t numbers_at = CALENDAR_DAY_AT + 2 * ((int64_t)calendar->count + 1);
        return calendar->first + short_at(calendar, numbers_at + 2 * at);
    }
    if (at >= 0) number -= calendar->off;
    int64_t week_count = calendar->week_count;
    int64_t week = (number + week_count * WEEKS_BEFORE) / week_count;
    int64_t rest = (number + week_count * WEEKS_BEFORE) % week_count;
    return week * 7 - WEEK_SHIFT + byte_at(calendar, CALENDAR_NTH_AT + rest);
}

/* (day, calendar to week_mask) */
FN(fn_is_workday)
{
    (void)scope;
    if (args[0].kind != CELL_INT || !is_day(args[0].integer)) return;
    struct calendar calendar = calendar_of(args + 1, arg_count - 1);
    *result = cell_int(is_worked(&calendar, args[0].integer));
}

/* (from, to, calendar to week_count): both counted in; negative when they are turned round */
FN(fn_networkdays)
{
    (void)scope;
    if (!fn_are(args, 0, 1, CELL_INT) || !is_day(args[0].integer) || !is_day(args[1].integer)) {
        return;
    }
    struct calendar calendar = calendar_of(args + 2, arg_count - 2);
    int64_t from = args[0].integer, to = args[1].integer;
    *result = cell_int(to >= from ? number_of(&calendar, to + 1) - number_of(&calendar, from)
                                  : number_of(&calendar, to) - number_of(&calendar, from + 1));
}

/* (day, count, calendar): the count-th working day after it, or before it */
FN(fn_workday)
{
    (void)scope;
    if (!fn_are(args, 0, 1, CELL_INT) || !is_day(args[0].integer)) return;
    int64_t day = args[0].integer, count = args[1].integer;
    if (count > NUMBER_MAX || count < -NUMBER_MAX) return;
    struct calendar calendar = calendar_of(args + 2, arg_count - 2);
    if (count > 0) day = day_of(&calendar, number_of(&calendar, day + 1) + count - 1);
    if (count < 0) day = day_of(&calendar, number_of(&calendar, day) + count);
    if (day >= DAY_MIN && day <= DAY_MAX) *result = cell_int(day);
}

static bool is_time(const struct cell *cell)
{
    return cell->kind == CELL_INT && cell->integer >= (int64_t)DAY_MIN * TIME_DAY_MS &&
           cell->integer < ((int64_t)DAY_MAX + 1) * TIME_DAY_MS;
}

/* Milliseconds worked before a moment of a local clock. */
static int64_t worked_before(const struct calendar *calendar, int64_t local_ms)
{
    int64_t shifted = local_ms + (int64_t)WEEK_SHIFT * TIME_DAY_MS;
    int64_t day = shifted / TIME_DAY_MS - WEEK_SHIFT, rest = shifted % TIME_DAY_MS;
    int64_t sum = number_of(calendar, day) * calendar->day_minutes * TIME_MINUTE_MS;
    if (!is_worked(calendar, day)) return sum;
    int64_t at = CALENDAR_WORKED_AT + rest / TIME_MINUTE_MS * 2;
    int64_t before = short_at(calendar, at);
    return sum + before * TIME_MINUTE_MS +
           (short_at(calendar, at + 2) - before) * (rest % TIME_MINUTE_MS);
}

/* (ms, zone in minutes, calendar to day_minutes): milliseconds worked before it */
FN(fn_worked)
{
    (void)scope;
    if (!is_time(&args[0])) return;
    struct calendar calendar = calendar_of(args + 2, arg_count - 2);
    int64_t local_ms = args[0].integer + args[1].integer * TIME_MINUTE_MS;
    *result = cell_int(worked_before(&calendar, local_ms));
}

/*
 * (ms, span in ms, zone in minutes, calendar): the moment by which so much has been worked.
 * Forward that is the end of the last minute of it, backward the beginning of the first.
 */
FN(fn_worked_add)
{
    (void)scope;
    if (!is_time(&args[0]) || args[1].kind != CELL_INT) return;
    int64_t span = args[1].integer, zone_ms = args[2].integer * TIME_MINUTE_MS;
    struct calendar calendar = calendar_of(args + 3, arg_count - 3);
    int64_t day_ms = calendar.day_minutes * (int64_t)TIME_MINUTE_MS;
    if (span > NUMBER_MAX * day_ms || span < -NUMBER_MAX * day_ms) return;
    if (span == 0) {
        *result = args[0];
        return;
    }
    int64_t sum = worked_before(&calendar, args[0].integer + zone_ms) + span;
    int64_t is_forward = span > 0, target = sum + NUMBER_SHIFT * day_ms - is_forward;
    int64_t number = target / day_ms - NUMBER_SHIFT, rest = target % day_ms;
    int64_t minute = short_at(&calendar, CALENDAR_MINUTE_AT + rest / TIME_MINUTE_MS * 2);
    int64_t local_ms = day_of(&calendar, number) * TIME_DAY_MS + minute * TIME_MINUTE_MS +
                       rest % TIME_MINUTE_MS + is_forward;
    struct cell at = cell_int(local_ms - zone_ms);
    if (is_time(&at)) *result = at;
}
