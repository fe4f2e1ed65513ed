/* Alerts: seen by those who see the record they are about. */
#include "api/inner.h"

enum alert_column {
    ALERT_ID,
    ALERT_VERSION,
    ALERT_RULE,
    ALERT_OBJECT,
    ALERT_RECORD,
    ALERT_LEVEL,
    ALERT_OWNER,
    ALERT_OPENED,
    ALERT_YELLOW,
    ALERT_ORANGE,
    ALERT_RED,
    ALERT_RESPONSE,
    ALERT_CLEARED,
    ALERT_CLEARED_BY,
    ALERT_CLEARED_WHY,
    ALERT_LEVEL_AT,
};

#define LEVEL_AT \
    "COALESCE(CASE t.level WHEN 3 THEN t.red_at WHEN 2 THEN t.orange_at ELSE t.yellow_at END, " \
    "t.opened_at)"
/* Open ones first, red first, then those that have stood longest. */
#define ALERT_ORDER \
    "CASE WHEN t.cleared_at IS NULL THEN 0 ELSE 1 END, -t.level, " LEVEL_AT ", t.id"

static const char alert_columns[] =
    "t.id, t.version, t.rule, t.object, t.record, t.level, t.owner, t.opened_at, t.yellow_at, "
    "t.orange_at, t.red_at, t.first_response_at, t.cleared_at, t.cleared_by, t.cleared_why, "
    LEVEL_AT;

enum step_column { STEP_ALERT, STEP_ID, STEP_KIND, STEP_TEXT, STEP_BY, STEP_AT };
enum { STEP_COUNT_MAX = 20000 };

/* What was done about some alerts, in one statement; oldest first. */
static bool interventions_load(struct call *call, struct db_conn *conn, const struct row *alerts,
                               int count, struct rows *out)
{
    struct sql sql;
    sql_begin(&sql, call->scope);
    sql_put(&sql, STR("SELECT alert, id, kind, text, \"by\", at FROM intervention WHERE "
                      "alert IN (NULL"));
    for (int i = 0; i < count; i++) {
        sql_put(&sql, STR(", "));
        sql_value(&sql, alerts[i].cells[ALERT_ID]);
    }
    sql_put(&sql, STR(") ORDER BY at, id"));
    return sql_all(call->scope, conn, &sql, STEP_COUNT_MAX, out);
}

static bool put_interventions(struct call *call, struct db_conn *conn, const struct rows *steps,
                              const struct cell *alert)
{
    struct json_writer *out = &call->out;
    json_key(out, STR("interventions"));
    json_list_begin(out);
    for (int i = 0; i < steps->count; i++) {
        const struct cell *row = steps->items[i].cells;
        if (!cell_equal(&row[STEP_ALERT], alert)) continue;
        json_map_begin(out);
        member_id(out, "id", &row[STEP_ID]);
        member_text(out, "kind", &row[STEP_KIND]);
        member_text(out, "text", &row[STEP_TEXT]);
        member_id(out, "by", &row[STEP_BY]);
        if (!member_name_of(call, conn, "by_name", "user", &row[STEP_BY])) return false;
        member_time(out, "at", &row[STEP_AT]);
        json_map_end(out);
    }
    json_list_end(out);
    return true;
}

static const struct ladder *ladder_of(const struct call *call, struct str rule)
{
    const struct rules *rules = call->snapshot->rules;
    for (int i = 0; i < rules->ladder_count; i++) {
        if (str_equal(rules->ladders[i].watch.name, rule)) return &rules->ladders[i];
    }
    return NULL;
}

static void put_levels(struct call *call, const struct cell *row)
{
    struct json_writer *out = &call->out;
    const char *level = level_name(row[ALERT_LEVEL].integer);
    if (level) json_member_str(out, "level", str_of(level));
    member_time(out, "level_at", &row[ALERT_LEVEL_AT]);
    json_key(out, STR("levels"));
    json_map_begin(out);
    member_time(out, "yellow", &row[ALERT_YELLOW]);
    member_time(out, "orange", &row[ALERT_ORANGE]);
    member_time(out, "red", &row[ALERT_RED]);
    json_map_end(out);
    const struct ladder *ladder = ladder_of(call, row[ALERT_RULE].text);
    struct cell respond_by = row[ALERT_RED];
    if (ladder) respond_by.integer += ladder->respond_ms;
    if (!ladder || ladder->respond_ms == 0) respond_by = cell_null();
    member_time(out, "respond_by", &respond_by);
}

static const struct object *object_of(const struct call *call, const struct cell *row)
{
    return schema_object_by_id(call->snapshot->schema, row[ALERT_OBJECT].integer);
}

static bool put_alert(struct call *call, struct db_conn *conn, const struct rows *steps,
                      const struct cell *row)
{
    struct json_writer *out = &call->out;
    struct str title;
    const struct object *object = object_of(call, row);
    if (!record_title(call, conn, object, cell_uuid(&row[ALERT_RECORD]), &title)) return false;
    json_map_begin(out);
    member_id(out, "id", &row[ALERT_ID]);
    json_member_int(out, "version", row[ALERT_VERSION].integer);
    member_text(out, "rule", &row[ALERT_RULE]);
    const struct ladder *ladder = ladder_of(call, row[ALERT_RULE].text);
    if (ladder) member_label(out, "rule_label", ladder->watch.label);
    member_object(call, "object", &row[ALERT_OBJECT]);
    member_id(out, "record", &row[ALERT_RECORD]);
    json_member_str(out, "record_title", title);
    member_id(out, "owner", &row[ALERT_OWNER]);
    if (!member_name_of(call, conn, "owner_name", "user", &row[ALERT_OWNER])) return false;
    put_levels(call, row);
    member_time(out, "opened_at", &row[ALERT_OPENED]);
    member_time(out, "first_response_at", &row[ALERT_RESPONSE]);
    member_time(out, "cleared_at", &row[ALERT_CLEARED]);
    member_id(out, "cleared_by", &row[ALERT_CLEARED_BY]);
    member_text(out, "cleared_why", &row[ALERT_CLEARED_WHY]);
    if (!put_interventions(call, conn, steps, &row[ALERT_ID])) return false;
    json_map_end(out);
    return true;
}

/* Alerts one after another, with all that they name read for all of them. */
static bool put_alerts(struct call *call, struct db_conn *conn, const struct row *alerts,
                       int count)
{
    struct rows steps;
    if (!interventions_load(call, conn, alerts, count, &steps)) return false;
    for (int i = 0; i < steps.count; i++) {
        name_want(call, "user", cell_uuid(&steps.items[i].cells[STEP_BY]));
    }
    for (int i = 0; i < count; i++) {
        const struct cell *row = alerts[i].cells;
        name_want(call, "user", cell_uuid(&row[ALERT_OWNER]));
        title_want(call, object_of(call, row), cell_uuid(&row[ALERT_RECORD]));
    }
    for (int i = 0; i < count; i++) {
        if (!put_alert(call, conn, &steps, alerts[i].cells)) return false;
    }
    return true;
}

static void put_select(struct call *call, struct sql *sql)
{
    const struct object *alert = schema_object(call->snapshot->schema, STR("alert"));
    sql_putf(sql, "SELECT %s FROM alert AS t WHERE ", alert_columns);
    access_put(sql, call->snapshot->access, &call->context.actor, call->context.now_ms, alert,
               ACTION_READ, STR("t"));
}

/* ---- the list ---- */

static bool put_id_filter(struct call *call, struct sql *sql, const char *name)
{
    struct str text;
    struct uuid id = call->context.actor.user;
    if (!call_param(call, name, &text)) return false;
    if (text.size == 0) return true;
    bool is_me = strcmp(name, "owner") == 0 && str_is(text, "me");
    if (!is_me && !uuid_parse(text, &id)) {
        return error_set(call->scope, ERROR_INVALID, "field.not_id", str_of(name));
    }
    sql_put(sql, STR(" AND "));
    sql_column(sql, STR("t"), str_of(name));
    sql_put(sql, STR(" = "));
    sql_id(sql, id);
    return true;
}

static bool put_filters(struct call *call, struct sql *sql)
{
    struct str level, rule, part;
    bool is_given = false, is_open = false;
    if (!call_param(call, "level", &level) || !call_param(call, "rule", &rule) ||
        !call_param_bool(call, "open", &is_given, &is_open)) {
        return false;
    }
    if (is_given) {
        sql_put(sql, is_open ? STR(" AND t.cleared_at IS NULL")
                             : STR(" AND t.cleared_at IS NOT NULL"));
    }
    if (level.size > 0) sql_put(sql, STR(" AND t.level IN (0"));
    bool has_levels = level.size > 0;
    while (level.size > 0 && str_split(&level, ',', &part)) {
        part = str_trim(part);
        if (level_of(part) == LEVEL_NONE) {
            error_set(call->scope, ERROR_INVALID, "field.not_choice", STR("level"));
            return error_arg(call->scope, "value", part);
        }
        sql_putf(sql, ", %d", level_of(part));
    }
    if (has_levels) sql_put(sql, STR(")"));
    if (rule.size > 0) {
        sql_put(sql, STR(" AND t.rule = "));
        sql_text(sql, rule);
    }
    return put_id_filter(call, sql, "owner") && put_id_filter(call, sql, "record");
}

static bool put_after(struct call *call, struct sql *sql)
{
    struct str after;
    int64_t keys[3];
    struct uuid id;
    if (!call_param(call, "after", &after)) return false;
    if (after.size == 0) return true;
    if (!cursor_take(call->scope, after, keys, 3, &id)) return false;
    sql_put(sql, STR(" AND (" ALERT_ORDER ") > ("));
    for (int i = 0; i < 3; i++) {
        sql_int(sql, keys[i]);
        sql_put(sql, STR(", "));
    }
    sql_id(sql, id);
    sql_put(sql, STR(")"));
    return true;
}

bool api_alerts(struct call *call)
{
    struct sql sql;
    struct rows rows;
    int limit;
    sql_begin(&sql, call->scope);
    put_select(call, &sql);
    if (!call_param_limit(call, PAGE_LIMIT, PAGE_LIMIT_MAX, &limit) || !put_filters(call, &sql) ||
        !put_after(call, &sql)) {
        return false;
    }
    sql_put(&sql, STR(" ORDER BY " ALERT_ORDER " LIMIT "));
    sql_int(&sql, limit + 1);
    if (!sql_all(call->scope, call->conn, &sql, PAGE_LIMIT_MAX + 1, &rows)) return false;
    list_begin(call);
    int count = rows.count < limit ? rows.count : limit;
    if (!put_alerts(call, call->conn, rows.items, count)) return false;
    struct str next = STR("");
    if (rows.count > limit) {
        const struct cell *last = rows.items[limit - 1].cells;
        int64_t keys[] = { last[ALERT_CLEARED].kind == CELL_NULL ? 0 : 1,
                           -last[ALERT_LEVEL].integer, last[ALERT_LEVEL_AT].integer };
        next = cursor_put(call->scope, keys, 3, cell_uuid(&last[ALERT_ID]));
    }
    list_next(call, next);
    json_map_end(&call->out);
    return true;
}

/* ---- one alert ---- */

static bool alert_answer(struct call *call, struct db_conn *conn)
{
    struct sql sql;
    struct row row;
    sql_begin(&sql, call->scope);
    put_select(call, &sql);
    sql_put(&sql, STR(" AND t.id = "));
    sql_id(&sql, call->id);
    if (!sql_one(call->scope, conn, &sql, &row)) return false;
    if (row.count == 0) {
        return error_set(call->scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
    }
    return put_alerts(call, conn, &row, 1);
}

bool api_alert(struct call *call)
{
    return call_capture_id(call, 0, &call->id) && alert_answer(call, call->conn);
}

bool api_intervene(struct call *call)
{
    struct str kind, text;
    return call_capture_id(call, 0, &call->id) && call_body_map(call) &&
           call_text(call, "kind", true, &kind) && call_text(call, "text", false, &text);
}

bool api_intervene_write(struct call *call, struct db_conn *conn)
{
    struct uuid id;
    call->request->response.status = 201;
    return engine_intervene(call->scope, conn, &call->context, call->id,
                            json_text(&call->body, "kind"), json_text(&call->body, "text"),
                            &id) &&
           alert_answer(call, conn);
}
