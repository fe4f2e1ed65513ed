#ifndef RECORD_QUERY_H
#define RECORD_QUERY_H

#include "record/record.h"

/*
 * Lists and sums of one object's records, always with the reader's predicate.
 * One SELECT; rows go from the columns straight into JSON.
 */
enum {
    QUERY_LIMIT_MAX = 1000,
    QUERY_FIELD_COUNT_MAX = 100,
    QUERY_ORDER_COUNT_MAX = 4,
    QUERY_COUNT_CAP = 1000,
    QUERY_GROUP_COUNT_MAX = 4,
    QUERY_VALUE_COUNT_MAX = 16,
    QUERY_ROW_COUNT_MAX = 10000,
};

struct query_order {
    struct field_path path;
    bool is_descending;
};

enum query_count { COUNT_NONE = 0, COUNT_CAPPED, COUNT_EXACT };

struct record_query {
    const struct object *object;
    const struct formula *where; /* NULL: all */
    struct str text;             /* q=: words to find; empty: none */
    struct query_order orders[QUERY_ORDER_COUNT_MAX];
    int order_count; /* 0: newest first */
    struct field_path fields[QUERY_FIELD_COUNT_MAX];
    struct str field_names[QUERY_FIELD_COUNT_MAX]; /* as asked: "owner.name" */
    int field_count;                               /* 0: all fields of the object */
    int limit;
    struct str after;        /* cursor of an earlier answer; empty: from the start */
    enum query_count count;
    enum access_action action; /* ACTION_READ, or ACTION_EXPORT for files */
};

/* "-amount,name" / "name,owner.region"; unknown or hidden fields are refused by name. */
MUST_USE bool query_parse_order(struct scope *scope, const struct record_context *context,
                                struct str text, struct record_query *query);
MUST_USE bool query_parse_fields(struct scope *scope, const struct record_context *context,
                                 struct str text, struct record_query *query);
MUST_USE bool query_parse_where(struct scope *scope, const struct record_context *context,
                                struct str text, struct record_query *query);

/* Writes "items":[…],"next":…,"count":… as members of the map that is open in the writer. */
MUST_USE bool query_write(struct scope *scope, struct db_conn *conn,
                          const struct record_context *context, const struct record_query *query,
                          struct json_writer *writer);

/* Rows one by one for exports and jobs: cells in the order of query->fields, id first. */
struct query_row {
    struct uuid id;
    int64_t version;
    struct cell *cells; /* valid until the callback returns */
};
MUST_USE bool query_each(struct scope *scope, struct db_conn *conn,
                         const struct record_context *context, const struct record_query *query,
                         bool (*each)(struct scope *scope, const struct query_row *row,
                                      void *user),
                         void *user);

/* One record as the API gives it; fields NULL-terminated selection comes from query->fields. */
MUST_USE bool query_write_one(struct scope *scope, struct db_conn *conn,
                              const struct record_context *context,
                              const struct record_query *query, struct uuid id,
                              struct json_writer *writer, int64_t *version);

/* ---- sums ---- */
enum period { PERIOD_NONE = 0, PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH, PERIOD_QUARTER, PERIOD_YEAR };
struct query_group {
    struct field_path path;        /* by == PERIOD_NONE */
    const struct formula *formula; /* else: the first day of the period, a date */
    struct str name;
    enum period by;
};
/* A formula's value as JSON: money as a decimal string, a choice as its API name … */
void query_write_value(struct json_writer *writer, const struct schema *schema,
                       const struct formula_type *type, const struct cell *cell);
struct query_value {
    const struct formula *formula; /* compiled with FORMULA_ALLOW_AGGREGATE */
    struct str name;               /* as written */
};
struct sum_query {
    const struct object *object;
    const struct formula *where;
    struct query_group groups[QUERY_GROUP_COUNT_MAX];
    int group_count;
    struct query_value values[QUERY_VALUE_COUNT_MAX];
    int value_count;
    int order_column; /* 1-based over groups then values; 0: by group */
    bool is_descending;
    int limit; /* ≤ QUERY_ROW_COUNT_MAX */
};
/* {"where","group","values","order","limit"} of the API. */
MUST_USE bool sum_parse(struct scope *scope, const struct record_context *context,
                        const struct object *object, const struct json *body,
                        struct sum_query *out);
/* Writes "rows":[{…}]. */
MUST_USE bool sum_write(struct scope *scope, struct db_conn *conn,
                        const struct record_context *context, const struct sum_query *query,
                        struct json_writer *writer);

#endif
