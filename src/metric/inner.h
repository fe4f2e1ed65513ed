#ifndef METRIC_INNER_H
#define METRIC_INNER_H

#include "metric/metric.h"

/* What the files of this room share. */
struct measure_part {
    struct str name;
    double weight;
};

struct measure {
    struct str name;
    enum measure_kind kind;
    const struct json *body;
    const struct object *object;
    const struct field *at;     /* NULL: now, whatever the period */
    const struct field *person;
    int64_t after_ms;
    const struct formula *when; /* NULL: all */
    const struct formula *of;    /* MEASURE_RATIO */
    const struct formula *value; /* MEASURE_VALUE */
    double factor;
    struct measure_part parts[MEASURE_PART_COUNT_MAX];
    int part_count;
};

/* A stretch of the period and what was found in it. */
struct bucket {
    int64_t from_ms, to_ms;
    bool has_value;
    double value;
    int64_t numerator, denominator; /* ratio */
    struct cell cell;               /* value */
};

MUST_USE bool measure_load(struct scope *scope, const struct schema *schema, struct str name,
                           struct measure *out);
/* Refuses a scope that holds people whose records the actor may not see. */
MUST_USE bool measure_scope_check(struct scope *scope, struct db_conn *conn,
                                  const struct engine_context *context,
                                  const struct measure *measure,
                                  const struct measure_query *query);
/* " AND <the row belongs to a person of the scope>" for alias t. */
MUST_USE bool measure_scope_put(struct scope *scope, struct db_conn *conn,
                                const struct engine_context *context,
                                const struct measure *measure,
                                const struct measure_query *query, struct sql *sql);

#endif
