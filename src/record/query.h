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
    QUERY_PAST_COUNT_MAX = 5000, /* records changed since the moment looked back to */
};

struct query_order {
    struct field_path path;
    bool is_descending;
};

enum query_count { COUNT_NONE = 0, COUNT_CAPPED, COUNT_EXACT };

/* past.c: of the records that were there at past_ms, those that are as they were, or the others. */
enum query_past { PAST_OFF = 0, PAST_SAME, PAST_CHANGED };

struct query_ability {
    const char *name;
    enum access_action action;
    bool is_possible; /* false: to no record at all */
};

struct record_query {
    const struct object *object;
    const struct formula *where; /* NULL: all */
    struct str text;             /* q=: words to find; empty: none */
    const struct field *via;     /* only those that point to one of ids; NULL: ids are their own */
    const struct uuid *ids;      /* only these of them; id_count 0: any */
    int id_count;
    struct query_order orders[QUERY_ORDER_COUNT_MAX];
    int order_count; /* 0: newest first */
    struct field_path fields[QUERY_FIELD_COUNT_MAX];
    struct str field_names[QUERY_FIELD_COUNT_MAX]; /* as asked: "owner.name" */
    int field_count;                               /* 0: all fields of the object */
    int limit;
    struct str after;        /* cursor of an earlier answer; empty: from the start */
    enum query_count count;
    enum access_action action; /* ACTION_READ, or ACTION_EXPORT for files */
    enum query_past past;      /* query_each */
    int64_t past_ms;
    /* query_one: what the actor may do to the record, as "can":{name: yes or no}. */
    const struct query_ability *abilities;
    int ability_count;
};

/* "-amount,name" / "name,owner.region"; unknown or hidden fields are refused by name. */
MUST_USE bool query_parse_order(struct scope *scope, const struct record_context *context,
                                struct str text, struct record_query *query);
MUST_USE bool query_parse_fields(struct scope *scope, const struct record_context *context,
                                 struct str text, struct record_query *query);
MUST_USE bool query_parse_where(struct scope *scope, const struct record_context *context,
                                struct str text, struct record_query *query);

/*
 * A query made ready: its statements with their values. It may be kept and used
 * for the same actor until local midnight, or until the configuration or the
 * actor changes; values that follow the clock are bound anew each time.
 */
struct query_plan;
enum plan_use { PLAN_ONCE, PLAN_KEPT };
/* All memory is of scope; nothing of query or context is referred to afterwards but the schema. */
MUST_USE bool query_plan_list(struct scope *scope, const struct record_context *context,
                              const struct record_query *query, enum plan_use use,
                              struct query_plan **out);
MUST_USE bool query_plan_one(struct scope *scope, const struct record_context *context,
                             const struct record_query *query, enum plan_use use,
                             struct query_plan **out);

/* Writes "items":[…],"next":…,"count":… as members of the map that is open in the writer. */
MUST_USE bool query_list(struct scope *scope, struct db_conn *conn,
                         const struct record_context *context, const struct query_plan *plan,
                         struct json_writer *writer);
/* Both at once, for a list that is asked for once. */
MUST_USE bool query_write(struct scope *scope, struct db_conn *conn,
                          const struct record_context *context, const struct record_query *query,
                          struct json_writer *writer);
/* One record as the API gives it; ERROR_NOT_FOUND when it is absent or out of sight. */
MUST_USE bool query_one(struct scope *scope, struct db_conn *conn,
                        const struct record_context *context, const struct query_plan *plan,
                        struct uuid id, struct json_writer *writer, int64_t *version);

/*
 * The records of query->ids as query_one() gives one: out[i] is that of ids[i], empty when it
 * is absent or out of sight. One statement for all of them.
 */
MUST_USE bool query_named(struct scope *scope, struct db_conn *conn,
                          const struct record_context *context, const struct record_query *query,
                          struct str *out);

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

/* ---- as it was (past.c) ---- */
/*
 * As query_list() and query_one(), with the values and for the clock of a moment:
 * where and order are judged by them. Read is what may be read today; records deleted
 * since are absent, as they are today. Values that stand on other records are null,
 * and refused by name ("query.past_field") in where and order, as are paths everywhere.
 * ERROR_TOO_LARGE "query.past_too_many" when more than QUERY_PAST_COUNT_MAX of the
 * readable records have changed since.
 */
MUST_USE bool query_write_past(struct scope *scope, struct db_conn *conn,
                               const struct record_context *context,
                               const struct record_query *query, int64_t at_ms,
                               struct json_writer *writer);
MUST_USE bool query_write_one_past(struct scope *scope, struct db_conn *conn,
                                   const struct record_context *context,
                                   const struct record_query *query, struct uuid id,
                                   int64_t at_ms, struct json_writer *writer);

/* query.c for past.c */
/* The order a list has when none is asked for. */
MUST_USE bool query_order_default(struct scope *scope, const struct record_context *context,
                                  struct record_query *query);
/* The order values and the id of a row as an opaque text, and back. */
struct str query_cursor(struct scope *scope, const struct cell *cells, int count);
MUST_USE bool query_cursor_read(struct scope *scope, struct str text, struct cell *cells,
                                int count);
/* What field_mask() leaves of it, or null. */
void query_write_masked(struct json_writer *writer, const struct field *field,
                        const struct cell *cell);

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
/*
 * A formula on one record with the reader's rights: *is_found false when it is absent or
 * out of sight. OLD() and CHANGED() see a record that nobody has changed.
 */
MUST_USE bool query_formula(struct scope *scope, struct db_conn *conn,
                            const struct record_context *context, const struct formula *formula,
                            struct uuid id, bool *is_found, struct cell *out);
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
