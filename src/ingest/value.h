#ifndef INGEST_VALUE_H
#define INGEST_VALUE_H

#include "base/scope.h"

struct ingest_cell;

/*
 * One text or cell as a number, date or yes/no, in the spellings people use.
 * Exact: no floating point. False means "not one of these"; nothing is
 * reported, the caller knows row and field. Full-width characters are folded
 * and blanks at both ends ignored everywhere.
 */

/* How a date with the year at its end is meant: decided over a whole column. */
enum ingest_date_order {
    INGEST_DATE_YMD = 0, /* only the year first, or what can be read one way only */
    INGEST_DATE_DMY,
    INGEST_DATE_MDY,
};

struct ingest_date_format {
    enum ingest_date_order order;
    bool is_serial; /* bare numbers 1..2958465 are Excel day serials (1900 system) */
};

/* A date as written: local date, and the time and offset when it names them. */
struct ingest_date {
    int64_t days;
    int32_t day_ms;
    bool has_time, has_offset;
    int offset_min;
    bool is_year_last; /* d/m/y or m/d/y with a number for the month */
    bool has_dots;     /* d.m.y */
};

/*
 * 2026-01-05 2026/1/5 2026.1.5 2026年1月5日 20260105 20260105083000 5.1.2026 1/5/2026
 * 1/5/26 5 Jan 2026 Jan 5, 2026 05-Jan-26, each with a time behind it: 8:30 08:30:15.250
 * 8:30 PM 下午3:30 8时30分 T08:30Z +08:00. Bare compact dates are of 1900..2199.
 */
bool ingest_read_date(struct str text, enum ingest_date_order order, struct ingest_date *out);
/* Local date in the zone (a text that names an offset is moved there). */
bool ingest_parse_date(struct str text, struct ingest_date_format format, int zone_min,
                       int64_t *out_days);
/* Moment; a text without offset means the zone, without time its midnight. */
bool ingest_parse_moment(struct str text, struct ingest_date_format format, int zone_min,
                         int64_t *out_ms);

/*
 * "1280.5" "1,234.50" "１２" "¥1,200" "1.2万" "3亿元" "(5.00)" "-$3" "15%" "1.5E3" as
 * units of 10^-scale (scale 0..DECIMAL_SCALE_MAX). The number before % as it
 * stands: "15%" is 15. False also when there are more decimals than scale
 * (unless zero) or the number is out of range.
 */
bool ingest_parse_decimal(struct str text, int scale, int64_t *out_units);
/* The same, rounding half away from zero; *is_rounded when digits were lost. */
bool ingest_parse_decimal_rounded(struct str text, int scale, int64_t *out_units,
                                  bool *is_rounded);
/* 是/否 对/错 真/假 有/无 TRUE/FALSE YES/NO Y/N T/F 1/0 √/×. */
bool ingest_parse_bool(struct str text, bool *out);

/*
 * The same for cells of any kind: a DATE cell is a date, a NUMBER is freed
 * from binary noise behind 15 digits, a percent is multiplied (0.15 is 15).
 */
bool ingest_cell_date(const struct ingest_cell *cell, struct ingest_date_format format,
                      int zone_min, int64_t *out_days);
bool ingest_cell_moment(const struct ingest_cell *cell, struct ingest_date_format format,
                        int zone_min, int64_t *out_ms);
bool ingest_cell_decimal(const struct ingest_cell *cell, int scale, int64_t *out_units,
                         bool *is_rounded);
bool ingest_cell_bool(const struct ingest_cell *cell, bool *out);

/* "1.38001380000E+10" as "13800138000"; texts that are no number come back as they are. */
struct str ingest_number_plain(struct scope *scope, struct str raw);
/*
 * Excel day serial (days with fraction) as date and time of day, to the millisecond.
 * Serial 60 of the 1900 system, a 29 February that never was, is the 28th.
 */
bool ingest_serial_read(struct str raw, bool is_1904, int64_t *out_days, int32_t *out_day_ms);

#endif
