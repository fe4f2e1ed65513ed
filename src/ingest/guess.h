#ifndef INGEST_GUESS_H
#define INGEST_GUESS_H

#include "ingest/table.h"
#include "ingest/value.h"

/*
 * What a column holds, found out from all of its cells: add every cell, then
 * ask. Memory is bounded however long the column is. A column is of a type
 * when nearly all its filled cells are (19 of 20); the others are counted and
 * the first ones kept, for the preview to show.
 */
enum ingest_type {
    INGEST_TYPE_BLANK = 0, /* no filled cell */
    INGEST_TYPE_TEXT,
    INGEST_TYPE_INTEGER,
    INGEST_TYPE_DECIMAL,
    INGEST_TYPE_BOOL,
    INGEST_TYPE_DATE,
    INGEST_TYPE_MOMENT, /* date with time */
};

enum {
    INGEST_DISTINCT_COUNT_MAX = 1000,
    INGEST_DISTINCT_SIZE_MAX = 200, /* bytes; longer values are not kept */
    INGEST_MISFIT_COUNT_MAX = 5,
};

struct ingest_distinct {
    struct str text; /* trimmed */
    int64_t count;
    int64_t row; /* where it came first */
};

struct ingest_guess {
    enum ingest_type type;
    struct ingest_date_format format; /* of dates */
    bool is_ambiguous; /* day and month could be either way round: the preference decided */
    bool is_percent;   /* numbers are written with % */
    int scale;         /* decimals seen, at most DECIMAL_SCALE_MAX */
    int64_t filled_count, blank_count, error_count;
    int64_t misfit_count; /* filled cells that are not of the type */
    struct ingest_distinct misfits[INGEST_MISFIT_COUNT_MAX]; /* count is unused */
    int misfit_kept;
    /* Different values in the order they came, for mapping to choices. */
    const struct ingest_distinct *distinct;
    int distinct_count;
    bool is_distinct_over; /* there are more, or longer ones, than are kept */
};

struct ingest_profile;

/* Kept in scope, which lives until the guess has been used. */
struct ingest_profile *ingest_profile_begin(struct scope *scope);
void ingest_profile_add(struct ingest_profile *profile, int64_t row,
                        const struct ingest_cell *cell);
/* prefers_day_first: d/m/y when a column of dates cannot tell (m/d/y otherwise). */
void ingest_profile_end(struct ingest_profile *profile, bool prefers_day_first,
                        struct ingest_guess *out);
/* "text", "integer", "decimal", "boolean", "date", "moment", "blank". */
const char *ingest_type_name(enum ingest_type type);

#endif
