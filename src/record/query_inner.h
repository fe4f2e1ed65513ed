#ifndef RECORD_QUERY_INNER_H
#define RECORD_QUERY_INNER_H

#include "record/query.h"

/* What query.c makes and query_run.c runs; nobody else includes it. */

/* A statement made ready: its text and values, copied. */
struct ready {
    struct str sql; /* empty: there is none */
    struct cell *args;
    int arg_count;
    /* Values that go with the clock: bound plus the time since the statement was made. */
    const bool *is_moving; /* NULL: none does */
};

struct query_plan {
    const struct object *object;
    int64_t made_at_ms;
    int field_count;
    const struct field_path *fields;
    const struct str *keys; /* "name": as it stands in the answer */
    const enum field_mode *modes;
    int order_count;
    int limit;
    enum query_count count;
    const struct query_ability *abilities;
    int ability_count;
    bool has_lines; /* some field is a sub-table: its records are read for the whole page */
    /* (id, version, fields…, then the order's keys or the abilities); one more row than limit. */
    struct ready rows;
    struct ready counting;
    int id_arg; /* query_one: which value is the record's id */
};

/*
 * The records of a sub-table of each of those records, as JSON lists: out[i] for ids[i]. One
 * statement for all of them (lines.c).
 */
MUST_USE bool lines_load(struct scope *scope, struct db_conn *conn,
                         const struct record_context *context, const struct field *field,
                         const struct uuid *ids, int count, struct str *out);

#endif
