/* Numbers: the measure room computes, here parameters become its question. */
#include "api/inner.h"

#include "metric/metric.h"

enum { SCOPE_COUNT_MAX = 100 };

bool api_measures(struct call *call)
{
    return call_etag_schema(call) || measures_write(call->scope, &call->context, &call->out);
}

bool api_measure_scopes(struct call *call)
{
    return measure_scopes_write(call->scope, call->conn, &call->context, &call->out);
}

static bool put_measure(struct call *call, struct str scope_text, bool has_drill)
{
    struct str from, to, by;
    struct measure_query query;
    return call_param(call, "from", &from) && call_param(call, "to", &to) &&
           call_param(call, "by", &by) &&
           measure_parse(call->scope, &call->context, call->captures[0], scope_text, from, to, by,
                         has_drill, &query) &&
           measure_write(call->scope, call->conn, &call->context, &query, &call->out);
}

/* A table of teams or people in one answer, from one snapshot. */
static bool put_measures(struct call *call, struct str scopes, bool has_drill)
{
    struct str part;
    int count = 0;
    list_begin(call);
    while (str_split(&scopes, ',', &part)) {
        if (++count > SCOPE_COUNT_MAX) {
            error_set(call->scope, ERROR_INVALID, "field.too_many", STR("scopes"));
            return error_arg(call->scope, "max", scope_format(call->scope, "%d", SCOPE_COUNT_MAX));
        }
        if (!put_measure(call, part, has_drill)) return false;
    }
    list_end(call);
    return true;
}

bool api_measure(struct call *call)
{
    struct str scope_text, scopes;
    bool is_given = false, has_drill = false;
    if (!call_param(call, "scope", &scope_text) || !call_param(call, "scopes", &scopes) ||
        !call_param_bool(call, "drill", &is_given, &has_drill)) {
        return false;
    }
    if (scopes.size > 0) return put_measures(call, scopes, has_drill);
    return put_measure(call, scope_text.size > 0 ? scope_text : STR("me"), has_drill);
}
