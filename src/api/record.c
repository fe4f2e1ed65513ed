/*
 * Reading records: lists, one record, sums. The query room makes the SELECT with
 * the reader's predicate in it; here parameters become a query.
 */
#include "api/inner.h"

/* ---- saved views ---- */

/* view=NAME of the configuration, or the id of one kept by a person. */
static bool view_find(struct call *call, struct str name, struct json *out)
{
    const struct config *config = schema_config(call->snapshot->schema, STR("view"), name);
    struct uuid id;
    if (config) {
        *out = config->body;
        return true;
    }
    struct row row = { .count = 0 };
    if (uuid_parse(name, &id)) {
        struct cell args[] = { cell_id(call->scope, id),
                               cell_id(call->scope, call->context.actor.user) };
        if (!db_one(call->scope, call->conn,
                    STR("SELECT body FROM view WHERE id = ? AND (owner = ? OR shared <> 'me')"),
                    args, 2, &row)) {
            return false;
        }
    }
    if (row.count > 0) return json_read(call->scope, row.cells[0].text, out);
    return error_set(call->scope, ERROR_INVALID, "view.unknown", STR("view"));
}

/* What the request leaves open, the view says. */
static bool view_apply(struct call *call, struct str *where, struct str *order)
{
    struct str name;
    struct json view;
    if (!call_param(call, "view", &name)) return false;
    if (name.size == 0) return true;
    if (!view_find(call, name, &view)) return false;
    struct str view_where = json_text(&view, "where");
    if (order->size == 0) *order = json_text(&view, "order");
    if (where->size == 0) {
        *where = view_where;
    } else if (view_where.size > 0) {
        *where = scope_format(call->scope, "(%.*s) AND (%.*s)", STR_ARG(view_where),
                              STR_ARG(*where));
    }
    return true;
}

/* ---- lists ---- */

static bool count_take(struct call *call, enum query_count *out)
{
    struct str text;
    if (!call_param(call, "count", &text)) return false;
    if (text.size == 0 || str_is(text, "none")) {
        *out = COUNT_NONE;
    } else if (str_is(text, "exact")) {
        *out = COUNT_EXACT;
    } else if (str_is(text, "capped")) {
        *out = COUNT_CAPPED;
    } else {
        error_set(call->scope, ERROR_INVALID, "field.not_choice", STR("count"));
        return error_arg(call->scope, "value", text);
    }
    return true;
}

static bool query_take(struct call *call, struct record_query *query)
{
    struct str where, order, fields, as_of;
    *query = (struct record_query){ .object = call->object, .action = ACTION_READ };
    if (!call_param(call, "where", &where) || !call_param(call, "order", &order) ||
        !call_param(call, "fields", &fields) || !call_param(call, "q", &query->text) ||
        !call_param(call, "after", &query->after) || !call_param(call, "as_of", &as_of) ||
        !count_take(call, &query->count) ||
        !call_param_limit(call, PAGE_LIMIT, QUERY_LIMIT_MAX, &query->limit) ||
        !view_apply(call, &where, &order)) {
        return false;
    }
    if (as_of.size > 0) {
        return error_set(call->scope, ERROR_INVALID, "query.no_as_of", STR("as_of"));
    }
    call->source = where;
    return query_parse_where(call->scope, &call->records, where, query) &&
           query_parse_order(call->scope, &call->records, order, query) &&
           query_parse_fields(call->scope, &call->records, fields, query);
}

bool api_records(struct call *call)
{
    struct record_query *query = scope_new(call->scope, struct record_query, 1);
    if (!call_object(call) || !query_take(call, query)) return false;
    json_map_begin(&call->out);
    if (!query_write(call->scope, call->conn, &call->records, query, &call->out)) return false;
    json_map_end(&call->out);
    return true;
}

/* ---- one record ---- */

static const struct {
    const char *name;
    enum access_action action;
} abilities[] = {
    { "update", ACTION_UPDATE },
    { "delete", ACTION_DELETE },
    { "move", ACTION_UPDATE },
    { "assign", ACTION_ASSIGN },
};
enum { ABILITY_COUNT = sizeof(abilities) / sizeof(abilities[0]) };

static bool may_ever(const struct call *call, enum access_action action)
{
    const struct object *object = call->object;
    bool is_people = object == call->snapshot->access->user ||
                     object == call->snapshot->access->team;
    return !object->is_builtin && (!is_people || call_has_right(call, RIGHT_MANAGE_PEOPLE)) &&
           access_scope(call->snapshot->access, &call->context.actor, object, action) !=
               SCOPE_NONE;
}

/* "can":{…}: what the person may do to this very record. */
static bool put_can(struct call *call, struct uuid id)
{
    struct sql sql;
    struct row row;
    sql_begin(&sql, call->scope);
    sql_put(&sql, STR("SELECT 1"));
    for (int i = 0; i < ABILITY_COUNT; i++) {
        bool is_ever = may_ever(call, abilities[i].action);
        if (strcmp(abilities[i].name, "move") == 0) {
            is_ever = is_ever && call->object->has_pipeline;
        }
        if (!is_ever) {
            sql_put(&sql, STR(", 0"));
            continue;
        }
        sql_put(&sql, STR(", CASE WHEN "));
        access_put(&sql, call->snapshot->access, &call->context.actor, call->object,
                   abilities[i].action, STR("t"));
        sql_put(&sql, STR(" THEN 1 ELSE 0 END"));
    }
    sql_put(&sql, STR(" FROM "));
    sql_name(&sql, call->object->table);
    sql_put(&sql, STR(" AS t WHERE t.id = "));
    sql_id(&sql, id);
    if (!sql_one(call->scope, call->conn, &sql, &row)) return false;
    json_key(&call->out, STR("can"));
    json_map_begin(&call->out);
    for (int i = 0; i < ABILITY_COUNT; i++) {
        json_member_bool(&call->out, abilities[i].name,
                         row.count > 0 && row.cells[i + 1].integer != 0);
    }
    json_map_end(&call->out);
    return true;
}

bool api_record(struct call *call)
{
    struct record_query *query = scope_new(call->scope, struct record_query, 1);
    struct str fields;
    int64_t version = 0;
    if (!call_object(call) || !call_capture_id(call, 1, &call->id) ||
        !call_param(call, "fields", &fields)) {
        return false;
    }
    *query = (struct record_query){ .object = call->object, .action = ACTION_READ };
    if (!query_parse_fields(call->scope, &call->records, fields, query) ||
        !query_write_one(call->scope, call->conn, &call->records, query, call->id, &call->out,
                         &version)) {
        return false;
    }
    /* The map is taken open again for one more member. */
    buf_cut(call->out.out, call->out.out->size - 1);
    call->out.needs_comma = true;
    if (!put_can(call, call->id)) return false;
    json_map_end(&call->out);
    call_etag(call, version);
    return true;
}

bool record_answer(struct call *call, struct db_conn *conn, const struct object *object,
                   struct uuid id, int64_t version)
{
    struct record_query *query = scope_new(call->scope, struct record_query, 1);
    struct json_writer kept = call->out;
    size_t size = call->out.out->size;
    *query = (struct record_query){ .object = object, .action = ACTION_READ };
    if (query_write_one(call->scope, conn, &call->records, query, id, &call->out, &version)) {
        return true;
    }
    if (call->scope->error.code != ERROR_NOT_FOUND) return false;
    /* Handed over out of one's own sight: the write stands all the same. */
    scope_error_clear(call->scope);
    call->out = kept;
    buf_cut(call->out.out, size);
    json_map_begin(&call->out);
    json_key(&call->out, STR("id"));
    put_id(&call->out, id);
    json_member_int(&call->out, "version", version);
    json_map_end(&call->out);
    return true;
}

/* ---- sums ---- */

bool api_query(struct call *call)
{
    struct sum_query *query = scope_new(call->scope, struct sum_query, 1);
    if (!call_object(call) || !call_body_map(call)) return false;
    call->source = json_text(&call->body, "where");
    if (!access_check(call->scope, call->snapshot->access, &call->context.actor, call->object,
                      ACTION_READ) ||
        !sum_parse(call->scope, &call->records, call->object, &call->body, query)) {
        return false;
    }
    json_map_begin(&call->out);
    if (!sum_write(call->scope, call->conn, &call->records, query, &call->out)) return false;
    json_map_end(&call->out);
    return true;
}
