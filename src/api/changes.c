/* GET /changes: the feed, from a position on. */
#include "api/inner.h"

enum { FEED_LIMIT = 100 };

/* Comma-separated names: all must be there and readable. */
static bool objects_take(struct call *call, struct str names, struct feed_query *query)
{
    struct str name;
    query->objects = scope_new(call->scope, const struct object *, FEED_OBJECT_COUNT_MAX);
    while (names.size > 0 && str_split(&names, ',', &name)) {
        const struct object *object;
        if (query->object_count == FEED_OBJECT_COUNT_MAX) {
            return error_set(call->scope, ERROR_INVALID, "feed.too_many_objects", STR("objects"));
        }
        if (!call_object_named(call, str_trim(name), &object)) return false;
        if (object->is_builtin) {
            error_set(call->scope, ERROR_INVALID, "feed.no_history", STR("objects"));
            return error_arg(call->scope, "object", object->name);
        }
        query->objects[query->object_count++] = object;
    }
    return true;
}

static bool kinds_take(struct call *call, struct str names, struct feed_query *query)
{
    struct str name;
    while (names.size > 0 && str_split(&names, ',', &name)) {
        enum feed_kind kind = feed_kind_find(str_trim(name));
        if (!kind) {
            error_set(call->scope, ERROR_INVALID, "feed.kind", STR("kinds"));
            return error_arg(call->scope, "value", name);
        }
        query->kinds |= kind;
    }
    if (query->kinds == 0) query->kinds = FEED_ALL;
    return true;
}

static bool where_take(struct call *call, struct str text, struct feed_query *query)
{
    if (text.size == 0) return true;
    if (query->object_count != 1) {
        return error_set(call->scope, ERROR_INVALID, "feed.where_of_one", STR("where"));
    }
    struct record_query list = { .object = query->objects[0] };
    if (!query_parse_where(call->scope, &call->records, text, &list)) return false;
    query->where = list.where;
    return true;
}

/* "" and "0": from the beginning; "now": only what happens from now on. */
static bool since_take(struct call *call, struct str text, struct feed_query *query)
{
    if (text.size == 0) return true;
    if (str_is(text, "now")) return feed_end(call->scope, call->conn, &query->after);
    if (str_to_int64(text, &query->after) && query->after >= 0) return true;
    return error_set(call->scope, ERROR_INVALID, "query.bad_cursor", STR("since"));
}

static bool query_take(struct call *call, struct feed_query *query)
{
    struct str since, objects, kinds, where;
    bool is_given;
    return call_param(call, "since", &since) && call_param(call, "objects", &objects) &&
           call_param(call, "kinds", &kinds) && call_param(call, "where", &where) &&
           call_param_bool(call, "records", &is_given, &query->has_records) &&
           call_param_limit(call, FEED_LIMIT, FEED_LIMIT_MAX, &query->limit) &&
           since_take(call, since, query) && objects_take(call, objects, query) &&
           kinds_take(call, kinds, query) && where_take(call, where, query);
}

bool api_changes(struct call *call)
{
    struct feed_query query = { .after = 0 };
    struct feed_page page;
    if (!query_take(call, &query)) return false;
    json_map_begin(&call->out);
    if (!feed_write(call->scope, call->conn, &call->records, &query, &call->out, &page)) {
        return false;
    }
    json_member_str(&call->out, "next",
                    scope_format(call->scope, "%lld", (long long)page.next));
    json_member_bool(&call->out, "more", page.has_more);
    json_map_end(&call->out);
    return true;
}
