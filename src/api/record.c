/*
 * Reading records: lists, one record, sums. The query room makes the SELECT with
 * the reader's predicate in it; here parameters become a query.
 */
#include "api/inner.h"

/* ---- saved views ---- */

/* view=NAME of the configuration, or the id of one kept by a person. */
static bool view_named(struct call *call, struct str name, struct json *out)
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
                               cell_id(call->scope, call->context.actor.user),
                               cell_id(call->scope, call->context.actor.team) };
        if (!db_one(call->scope, call->conn,
                    STR("SELECT v.body, v.part FROM view AS v WHERE v.id = ? AND (v.owner = ? OR "
                        "v.shared = 'all' OR (v.shared = 'team' AND EXISTS (SELECT 1 FROM "
                        "\"user\" AS u WHERE u.id = v.owner AND u.team = ?)))"),
                    args, 3, &row)) {
            return false;
        }
    }
    bool is_app = row.count > 0 && row.cells[1].kind == CELL_TEXT; /* … which stands for it now */
    if (is_app) config = schema_config(call->snapshot->schema, STR("view"), row.cells[1].text);
    if (config) {
        *out = config->body;
        return true;
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
    if (!view_named(call, name, &view)) return false;
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
    struct str where, order, fields;
    *query = (struct record_query){ .object = call->object, .action = ACTION_READ };
    if (!call_param(call, "where", &where) || !call_param(call, "order", &order) ||
        !call_param(call, "fields", &fields) || !call_param(call, "q", &query->text) ||
        !call_param(call, "after", &query->after) || !count_take(call, &query->count) ||
        !call_param_limit(call, PAGE_LIMIT, QUERY_LIMIT_MAX, &query->limit) ||
        !view_apply(call, &where, &order)) {
        return false;
    }
    call->source = where;
    return query_parse_where(call->scope, &call->records, where, query) &&
           query_parse_order(call->scope, &call->records, order, query) &&
           query_parse_fields(call->scope, &call->records, fields, query);
}

/* A page further on, or a view that may be other by now, is worked out anew. */
static bool is_kept_list(struct call *call, bool *out)
{
    static const char *const varying[] = { "after", "view" };
    *out = true;
    for (size_t i = 0; i < sizeof(varying) / sizeof(varying[0]); i++) {
        struct str value;
        if (!call_param(call, varying[i], &value)) return false;
        if (value.size > 0) *out = false;
    }
    return true;
}

static bool list_plan(struct call *call, struct plan_hold *out)
{
    bool is_kept = false;
    if (!is_kept_list(call, &is_kept)) return false;
    struct str key = is_kept ? call_plan_key(call, 'L', call->request->query) : STR("");
    if (call_plan_find(call, key, out)) return true;
    struct record_query *query = scope_new(call->scope, struct record_query, 1);
    return query_take(call, query) && call_plan_make(call, query_plan_list, query, out);
}

/* as_of=TIME: as it was then; *out_ms 0: not asked. */
static bool as_of_take(struct call *call, int64_t *out_ms)
{
    struct str text;
    *out_ms = 0;
    if (!call_param(call, "as_of", &text)) return false;
    if (text.size == 0) return true;
    if (time_parse(text, call->snapshot->schema->zone_min, out_ms) && *out_ms != 0) return true;
    return error_set(call->scope, ERROR_INVALID, "field.not_time", STR("as_of"));
}

static void put_as_of(struct call *call, int64_t at_ms)
{
    json_key(&call->out, STR("as_of"));
    json_put_time(&call->out, at_ms);
}

static bool records_past(struct call *call, int64_t at_ms)
{
    struct record_query *query = scope_new(call->scope, struct record_query, 1);
    if (!query_take(call, query)) return false;
    json_map_begin(&call->out);
    if (!query_write_past(call->scope, call->conn, &call->records, query, at_ms, &call->out)) {
        return false;
    }
    put_as_of(call, at_ms);
    json_map_end(&call->out);
    return true;
}

bool api_records(struct call *call)
{
    struct plan_hold hold;
    int64_t at_ms;
    if (!call_object(call) || !as_of_take(call, &at_ms)) return false;
    if (at_ms != 0) return records_past(call, at_ms);
    if (!list_plan(call, &hold)) return false;
    json_map_begin(&call->out);
    bool is_ok = query_list(call->scope, call->conn, &call->records, hold.plan, &call->out);
    json_map_end(&call->out);
    call_plan_drop(&hold);
    return is_ok;
}

/* ---- one record ---- */

/* What a person may perhaps do to a record, and what that is called in "can". */
static const struct query_ability abilities[] = {
    { "update", ACTION_UPDATE, true },
    { "delete", ACTION_DELETE, true },
    { "move", ACTION_UPDATE, true },
    { "assign", ACTION_ASSIGN, true },
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

static const struct query_ability *abilities_of(struct call *call)
{
    struct query_ability *mine = scope_new(call->scope, struct query_ability, ABILITY_COUNT);
    for (int i = 0; i < ABILITY_COUNT; i++) {
        bool is_move = strcmp(abilities[i].name, "move") == 0;
        mine[i] = abilities[i];
        mine[i].is_possible = may_ever(call, abilities[i].action) &&
                              (!is_move || call->object->has_pipeline);
    }
    return mine;
}

static bool one_plan(struct call *call, struct str fields, bool has_abilities,
                     struct plan_hold *out)
{
    struct str key = call_plan_key(call, has_abilities ? 'R' : 'W', fields);
    if (call_plan_find(call, key, out)) return true;
    struct record_query *query = scope_new(call->scope, struct record_query, 1);
    *query = (struct record_query){ .object = call->object, .action = ACTION_READ };
    if (has_abilities) {
        query->abilities = abilities_of(call);
        query->ability_count = ABILITY_COUNT;
    }
    return query_parse_fields(call->scope, &call->records, fields, query) &&
           call_plan_make(call, query_plan_one, query, out);
}

/* Without "can" and without a version to come back with: nobody writes to what was. */
static bool record_past(struct call *call, struct str fields, int64_t at_ms)
{
    struct record_query *query = scope_new(call->scope, struct record_query, 1);
    *query = (struct record_query){ .object = call->object, .action = ACTION_READ };
    if (!query_parse_fields(call->scope, &call->records, fields, query)) return false;
    json_map_begin(&call->out);
    if (!query_write_one_past(call->scope, call->conn, &call->records, query, call->id, at_ms,
                              &call->out)) {
        return false;
    }
    put_as_of(call, at_ms);
    json_map_end(&call->out);
    return true;
}

bool api_record(struct call *call)
{
    struct str fields;
    struct plan_hold hold;
    int64_t version = 0, at_ms;
    if (!call_object(call) || !call_capture_id(call, 1, &call->id) ||
        !call_param(call, "fields", &fields) || !as_of_take(call, &at_ms)) {
        return false;
    }
    if (at_ms != 0) return record_past(call, fields, at_ms);
    if (!one_plan(call, fields, true, &hold)) return false;
    bool is_ok = query_one(call->scope, call->conn, &call->records, hold.plan, call->id,
                           &call->out, &version);
    call_plan_drop(&hold);
    if (is_ok) call_etag(call, version);
    return is_ok;
}

/* Handed over out of one's own sight: the write stands all the same. */
static void put_bare(struct call *call, struct uuid id, int64_t version)
{
    json_map_begin(&call->out);
    json_key(&call->out, STR("id"));
    json_put_id(&call->out, id);
    json_member_int(&call->out, "version", version);
    json_map_end(&call->out);
}

bool record_answer(struct call *call, struct db_conn *conn, const struct object *object,
                   struct uuid id, int64_t version)
{
    struct plan_hold hold;
    struct json_writer kept = call->out;
    size_t size = call->out.out->size;
    const struct object *named = call->object;
    call->object = object;
    bool is_planned = one_plan(call, STR(""), false, &hold);
    call->object = named;
    if (!is_planned) return false;
    bool is_ok = query_one(call->scope, conn, &call->records, hold.plan, id, &call->out, &version);
    call_plan_drop(&hold);
    if (is_ok) return true;
    if (call->scope->error.code != ERROR_NOT_FOUND) return false;
    scope_error_clear(call->scope);
    call->out = kept;
    buf_cut(call->out.out, size);
    put_bare(call, id, version);
    return true;
}

static bool part_answer(struct call *call, struct db_conn *conn, const struct record *records,
                        int count)
{
    struct record_query *query = scope_new(call->scope, struct record_query, 1);
    struct uuid *ids = scope_new(call->scope, struct uuid, count);
    struct str *texts = scope_new(call->scope, struct str, count);
    for (int i = 0; i < count; i++) ids[i] = records[i].id;
    *query = (struct record_query){ .object = call->object, .action = ACTION_READ, .ids = ids,
                                    .id_count = count };
    if (!query_parse_fields(call->scope, &call->records, STR(""), query) ||
        !query_named(call->scope, conn, &call->records, query, texts)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (texts[i].size > 0) {
            json_put_raw(&call->out, texts[i]);
        } else {
            put_bare(call, records[i].id, records[i].version);
        }
    }
    return true;
}

bool records_answer(struct call *call, struct db_conn *conn, const struct record *records,
                    int count)
{
    enum { PART_COUNT = 200 };
    bool is_ok = true;
    json_list_begin(&call->out);
    for (int at = 0; is_ok && at < count; at += PART_COUNT) {
        int rest = count - at < PART_COUNT ? count - at : PART_COUNT;
        is_ok = part_answer(call, conn, records + at, rest);
    }
    json_list_end(&call->out);
    return is_ok;
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
