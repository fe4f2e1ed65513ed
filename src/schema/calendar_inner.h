#ifndef SCHEMA_CALENDAR_INNER_H
#define SCHEMA_CALENDAR_INNER_H

#include "schema/calendar.h"
#include "schema/schema_inner.h"

/* A calendar as it is written: what calendar.c makes sums of and calendar_days.c changes. */
enum { CALENDAR_WEEK_DAYS = 7, CALENDAR_DAY_MINUTES = 1440 };

struct calendar_span {
    int64_t first, last;
    enum day_mark mark;
    struct label label;
};
struct calendar_draft {
    bool is_worked[CALENDAR_WEEK_DAYS]; /* Monday first */
    bool is_minute[CALENDAR_DAY_MINUTES];
    struct calendar_span *spans;
    int span_count;
};
/* What is said of each day from the first to the last that anything is said of. */
struct calendar_spread {
    const struct calendar_draft *draft;
    int64_t first;
    int count;
    uint16_t *places; /* of the draft's spans, from 1; 0: the day is plain */
};
/* What is worked wins over what is off around it. Refused: a hundred years and more. */
bool calendar_spread_make(struct scope *scope, const struct calendar_draft *draft,
                          struct calendar_spread *out);
/* NULL: the day is plain. */
const struct calendar_span *calendar_span_of(const struct calendar_spread *spread, int64_t day);
/* The draft is all zero before. Refuses as calendar_build() does. */
bool calendar_draft_read(struct scope *scope, const struct json *body,
                         struct calendar_draft *draft);

#endif
