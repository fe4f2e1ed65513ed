#ifndef METRIC_METRIC_H
#define METRIC_METRIC_H

#include "engine/engine.h"

/*
 * Read-only numbers, defined as configuration (kind "measure"; see
 * docs/configuration.md). A measure says which records count, when they count
 * and for whom; this room asks the database and writes the answer. A rate whose
 * denominator is zero is null, never 0 or 100 %.
 */
enum measure_kind { MEASURE_RATIO = 1, MEASURE_WEIGHTED, MEASURE_VALUE };
enum measure_scope { MEASURE_ME = 1, MEASURE_USER, MEASURE_TEAM, MEASURE_REGION, MEASURE_ALL };
enum { MEASURE_BUCKET_COUNT_MAX = 400, MEASURE_DRILL_COUNT_MAX = 1000, MEASURE_PART_COUNT_MAX = 8 };

struct measure_query {
    struct str name;
    enum measure_scope scope;
    struct uuid id;       /* user or team */
    struct str region;
    struct str scope_text; /* as asked, for the answer */
    int64_t from_ms, to_ms; /* half-open */
    enum period by;       /* PERIOD_NONE, _DAY, _WEEK, _MONTH */
    bool has_drill;
};

/*
 * scope: "me", "user:ID", "team:ID", "region:NAME", "all"; from, to: dates (local
 * midnight) or moments; empty: this month up to tomorrow. Errors name the parameter.
 */
MUST_USE bool measure_parse(struct scope *scope, const struct engine_context *context,
                            struct str name, struct str scope_text, struct str from,
                            struct str to, struct str by, bool has_drill,
                            struct measure_query *out);
/*
 * Writes one JSON map as 50-interfaces says. ERROR_DENIED "measure.scope_denied"
 * when the actor may not look at all of the scope.
 */
MUST_USE bool measure_write(struct scope *scope, struct db_conn *conn,
                            const struct engine_context *context,
                            const struct measure_query *query, struct json_writer *writer);
/* {"items":[{"name","label","help","unit","at","baseline","better","parts"}]}; "at": what puts a
 * record into a period; without it all count as they are now, whatever the period. */
MUST_USE bool measures_write(struct scope *scope, const struct engine_context *context,
                             struct json_writer *writer);
/* {"items":[{"scope","label","level"}]}: what the actor may look at. */
MUST_USE bool measure_scopes_write(struct scope *scope, struct db_conn *conn,
                                   const struct engine_context *context,
                                   struct json_writer *writer);

#endif
