#ifndef INGEST_IMPORT_GUESS_H
#define INGEST_IMPORT_GUESS_H

#include "ingest/import_inner.h"

/*
 * What the columns of a file seem to be: by their headers, and by whether their
 * values are stages, choices or names of records that are there.
 */
enum { GUESS_SAMPLE_COUNT = 5, GUESS_VALUE_COUNT_MAX = 200, GUESS_SCORE_MIN = 60 };

struct seen_value {
    struct str text, to; /* to: empty when nothing is offered */
    int64_t count;
};
struct seen_column {
    struct str name;
    struct ingest_guess guess;
    struct str samples[GUESS_SAMPLE_COUNT];
    int sample_count;
    bool has_field;
    struct target target; /* name: "firm.name" */
    int score;
    struct seen_value *values;
    int value_count;
};
struct seen {
    const struct object *object;
    struct ingest_header header;
    struct seen_column *columns;
    int64_t rows;
};

/* Reads the whole table; it must be rewound afterwards. */
MUST_USE bool seen_read(struct scope *scope, struct ingest_table *table, struct seen *out);
/* Fields and values; resolvers are used and filled. */
MUST_USE bool seen_guess(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context, struct resolvers *resolvers,
                         enum import_kind kind, struct seen *seen);
/* The guesses as mapping and value maps of the options. */
void seen_options(struct scope *scope, const struct seen *seen, struct import_options *options);

#endif
