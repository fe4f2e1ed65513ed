#ifndef SCHEMA_CALENDAR_H
#define SCHEMA_CALENDAR_H

#include "schema/schema.h"

/*
 * Calendars as people change them: day by day, year by year, from the words of a published
 * arrangement. A day says something or it is plain: then the week says whether it is worked.
 */
enum day_mark { DAY_PLAIN = 0, DAY_OFF, DAY_WORKED };

struct calendar_day {
    int64_t day;
    enum day_mark mark;
    struct label label; /* of what is celebrated; empty: nothing */
    int line;           /* of the text it was read from, 1 the first */
};
enum { CALENDAR_DAY_COUNT_MAX = 2000 /* set or read at once */, CALENDAR_YEAR_COUNT_MAX = 20 };

/* All days that the definition says something of, in their order. */
MUST_USE bool calendar_days(struct scope *scope, const struct json *body,
                            struct calendar_day **out, int *count);
/*
 * The definition with these days as given; plain ones are as the week has them again. What ends
 * in one of the years is dropped before. Spans that nothing is said of stay as they were written.
 */
MUST_USE bool calendar_days_put(struct scope *scope, struct json *body,
                                const struct calendar_day *days, int count, const int *years,
                                int year_count);

/* ---- what differs between two definitions ---- */
struct calendar_change {
    struct calendar_day was, is; /* of the same day */
    bool was_worked, is_worked;
};
struct calendar_difference {
    struct calendar_change *changes; /* by day; days that are plain in both are not among them */
    int count;
    int worked;      /* how many more of them are worked */
    bool is_other_week, is_other_hours;
};
MUST_USE bool calendar_compare(struct scope *scope, const struct json *before,
                               const struct json *after, struct calendar_difference *out);
/*
 * Takes the days back that differ between before and after, in current, and puts the lists of
 * days of current into all three: then they do not differ by days. A day that current has in a
 * third way stays; *conflict is it then, else INT64_MIN.
 */
MUST_USE bool calendar_days_undo(struct scope *scope, struct json *before, struct json *after,
                                 struct json *current, int64_t *conflict);

/* ---- a published arrangement (calendar_text.c) ---- */
/* What was not understood, in the words it was written in, and why. */
struct calendar_refusal {
    int line;
    struct str text;
    const char *key; /* of message.c, "calendar.line_…"; {weekday} is 1 (Monday) to 7 */
    struct error_arg args[2];
    int arg_count;
};
struct calendar_text {
    struct calendar_day *days;
    int day_count;
    struct calendar_refusal *refusals;
    int refusal_count;
    struct calendar_refusal *passed; /* lines that name no day: headings, greetings; no key */
    int passed_count;
    int year;      /* that it is the arrangement of; 0: it does not say */
    bool is_whole; /* it is a year's whole arrangement */
};
enum { CALENDAR_TEXT_SIZE_MAX = 200000, CALENDAR_REFUSAL_COUNT_MAX = 200 };
/*
 * Lines of "date, kind, name" and sentences of the State Council's notices, mixed as one likes.
 * Days without a year are of the text's own year, else of the one given. What is said to count
 * so many days or to be a Monday must be so. Never fails: what it does not know it refuses.
 */
void calendar_text_read(struct scope *scope, struct str text, int year,
                        struct calendar_text *out);

#endif
