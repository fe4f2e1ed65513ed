/* Numbers: the measure room computes, here parameters become its question. */
#include "api/inner.h"

#include "metric/metric.h"

bool api_measures(struct call *call)
{
    return call_etag_schema(call) || measures_write(call->scope, &call->context, &call->out);
}

bool api_measure_scopes(struct call *call)
{
    return measure_scopes_write(call->scope, call->conn, &call->context, &call->out);
}

bool api_measure(struct call *call)
{
    struct str scope_text, from, to, by;
    bool is_given = false, has_drill = false;
    struct measure_query query;
    if (!call_param(call, "scope", &scope_text) || !call_param(call, "from", &from) ||
        !call_param(call, "to", &to) || !call_param(call, "by", &by) ||
        !call_param_bool(call, "drill", &is_given, &has_drill)) {
        return false;
    }
    if (scope_text.size == 0) scope_text = STR("me");
    return measure_parse(call->scope, &call->context, call->captures[0], scope_text, from, to, by,
                         has_drill, &query) &&
           measure_write(call->scope, call->conn, &call->context, &query, &call->out);
}
