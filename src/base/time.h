#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/buf.h"

/*
 * Moments are int64 milliseconds since 1970-01-01T00:00:00Z, dates are int32
 * days since 1970-01-01. A zone is a fixed offset (Asia/Shanghai has had no
 * daylight saving since 1991); day and month boundaries use it.
 */
enum {
    TIME_SECOND_MS = 1000,
    TIME_MINUTE_MS = 60 * 1000,
    TIME_HOUR_MS = 60 * 60 * 1000,
    TIME_DAY_MS = 24 * 60 * 60 * 1000,
    TIME_ZONE_SHANGHAI_MIN = 8 * 60,
};

struct civil {
    int year, month, day;               /* 1..12, 1..31 */
    int hour, minute, second, millisecond;
    int weekday;                        /* 1 = Monday .. 7 = Sunday (ISO) */
};

/* Proleptic Gregorian, any year 1..9999. */
int64_t time_days_from_civil(int year, int month, int day);
void time_civil_from_days(int64_t days, int *year, int *month, int *day);
bool time_is_date(int year, int month, int day);
struct civil time_civil(int64_t time_ms, int zone_min);
int64_t time_from_civil(const struct civil *civil, int zone_min);
int64_t time_local_days(int64_t time_ms, int zone_min); /* local date of a moment */
int64_t time_day_start(int64_t days, int zone_min);     /* local midnight as a moment */
int time_weekday(int64_t days);                         /* 1 = Monday .. 7 = Sunday */

/*
 * RFC 3339 with offset or Z, up to 9 fraction digits; without an offset, and
 * for "YYYY-MM-DD" and "YYYY-MM-DD HH:MM[:SS]", the given zone is meant.
 * False: not a time, or outside the years 1..9999.
 */
bool time_parse(struct str text, int zone_min, int64_t *out_ms);
bool time_parse_date(struct str text, int64_t *out_days); /* "2026-03-02" */
/* "48h", "5d", "30m", "90s", "2w" in milliseconds; false on anything else. */
bool time_parse_duration(struct str text, int64_t *out_ms);
void time_put(struct buf *out, int64_t time_ms);      /* 2026-03-02T01:00:00.000Z */
void time_put_date(struct buf *out, int64_t days);    /* 2026-03-02 */
struct str time_format(struct scope *scope, int64_t time_ms);

/* The machine's clocks. Only cli/, jobs/ and http/ may call these; all else gets now_ms. */
int64_t time_now_ms(void);
int64_t time_monotonic_ms(void);

/*
 * The clock that is handed around: real, or standing still until it is moved
 * (--clock with --test-mode). Reading and moving are atomic.
 */
struct clock {
    _Atomic int64_t fixed_ms; /* 0: the real clock */
};
int64_t clock_now_ms(struct clock *clock);

#endif
