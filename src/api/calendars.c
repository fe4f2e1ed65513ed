/*
 * Calendars of working time. A change of days says which days and nothing else, so that two
 * people who change different days lose nothing; what comes of them is schema/calendar.h's.
 */
#include "api/inner.h"
#include "base/time.h"
#include "engine/calendar_use.h"
#include "schema/calendar.h"

/* ---- reading ---- */

static struct json text_list(struct scope *scope, const char *const *texts, int count)
{
    struct json list = { .kind = JSON_KIND_LIST, .items = scope_new(scope, struct json, count),
                         .count = count };
    for (int i = 0; i < count; i++) list.items[i] = json_of_text(str_of(texts[i]));
    return list;
}

static void fill(struct scope *scope, struct json *body, const char *name, struct json value)
{
    if (!json_get(body, name)) json_set(scope, body, str_of(name), value);
}

/* With all members there: what a definition leaves out is told as it counts. */
static void put_calendar(struct call *call, struct str name, const struct json *body)
{
    static const char *const days[] = { "mon", "tue", "wed", "thu", "fri" };
    static const char *const hours[] = { "09:00-12:00", "13:00-18:00" };
    struct scope *scope = call->scope;
    struct json out = *body, label = { .kind = JSON_KIND_MAP };
    json_set(scope, &label, STR("zh"), json_of_text(name));
    json_set(scope, &label, STR("en"), json_of_text(name));
    json_set(scope, &out, STR("name"), json_of_text(name));
    fill(scope, &out, "label", label);
    fill(scope, &out, "default", (struct json){ .kind = JSON_KIND_BOOL });
    fill(scope, &out, "days", text_list(scope, days, 5));
    fill(scope, &out, "hours", text_list(scope, hours, 2));
    fill(scope, &out, "holidays", text_list(scope, NULL, 0));
    fill(scope, &out, "workdays", text_list(scope, NULL, 0));
    json_put_tree(&call->out, &out);
}

bool api_calendars(struct call *call)
{
    const struct schema *schema = call->snapshot->schema;
    int count;
    const struct config *configs = schema_configs(schema, STR("calendar"), &count);
    list_begin(call);
    for (int i = 0; i < count; i++) put_calendar(call, configs[i].name, &configs[i].body);
    json_list_end(&call->out);
    json_key(&call->out, STR("current"));
    if (schema->calendar->name.size > 0) {
        json_put_str(&call->out, schema->calendar->name);
    } else {
        json_put_null(&call->out);
    }
    json_map_end(&call->out);
    return true;
}

/* ---- the words of an arrangement ---- */

static const char *kind_of(const struct calendar_day *day)
{
    if (day->mark == DAY_WORKED) return "workday";
    return day->label.zh.size > 0 ? "holiday" : "off";
}

static void put_day(struct call *call, const struct calendar_day *day)
{
    struct buf on;
    buf_begin(&on, call->scope, 32);
    time_put_date(&on, day->day);
    json_map_begin(&call->out);
    json_member_str(&call->out, "on", buf_str(&on));
    json_member_str(&call->out, "kind", str_of(kind_of(day)));
    if (day->label.zh.size > 0) member_label(&call->out, "label", day->label);
    json_member_int(&call->out, "line", day->line);
    json_map_end(&call->out);
}

static struct str reason(struct call *call, const struct calendar_refusal *refusal)
{
    enum language language = call->context.actor.language;
    struct error_arg args[2];
    memcpy(args, refusal->args, sizeof(args));
    for (int i = 0; i < refusal->arg_count; i++) {
        if (strcmp(args[i].name, "weekday") != 0) continue;
        const char *key = scope_format(call->scope, "calendar.weekday_%.*s",
                                       STR_ARG(args[i].value)).data;
        args[i].value = message_text(call->scope, language, key, NULL, 0);
    }
    return message_text(call->scope, language, refusal->key, args, refusal->arg_count);
}

static void put_passages(struct call *call, const char *name,
                         const struct calendar_refusal *passages, int count)
{
    json_key(&call->out, str_of(name));
    json_list_begin(&call->out);
    for (int i = 0; i < count; i++) {
        const struct calendar_refusal *passage = &passages[i];
        json_map_begin(&call->out);
        json_member_int(&call->out, "line", passage->line);
        json_member_str(&call->out, "text", passage->text);
        if (passage->key) {
            json_member_str(&call->out, "message", reason(call, passage));
        }
        json_map_end(&call->out);
    }
    json_list_end(&call->out);
}

bool api_calendar_read(struct call *call)
{
    struct calendar_text read;
    struct str text;
    if (!call_body_map(call) || !call_text(call, "text", true, &text)) return false;
    if (text.size > CALENDAR_TEXT_SIZE_MAX) {
        error_set(call->scope, ERROR_INVALID, "field.too_large", STR("text"));
        return error_arg(call->scope, "max",
                         scope_format(call->scope, "%d", CALENDAR_TEXT_SIZE_MAX));
    }
    calendar_text_read(call->scope, text, (int)json_int(&call->body, "year", 0), &read);
    json_map_begin(&call->out);
    json_key(&call->out, STR("year"));
    if (read.year != 0) {
        json_put_int(&call->out, read.year);
    } else {
        json_put_null(&call->out);
    }
    json_member_bool(&call->out, "whole", read.is_whole);
    json_key(&call->out, STR("days"));
    json_list_begin(&call->out);
    for (int i = 0; i < read.day_count; i++) put_day(call, &read.days[i]);
    json_list_end(&call->out);
    put_passages(call, "refused", read.refusals, read.refusal_count);
    put_passages(call, "passed", read.passed, read.passed_count);
    json_map_end(&call->out);
    return true;
}

/* ---- days that are given ---- */

static bool refuse_at(struct call *call, int i, const char *member, const char *key,
                      struct str value)
{
    error_add(call->scope, ERROR_INVALID, key,
              scope_format(call->scope, "days[%d].%s", i, member));
    return error_arg(call->scope, "value", value);
}

static struct label label_given(const struct json *json)
{
    struct label label = { json_text(json, "zh"), json_text(json, "en") };
    if (json && json->kind == JSON_KIND_STR) label.zh = label.en = json->text;
    label.zh = str_trim(label.zh);
    label.en = str_trim(label.en);
    if (label.zh.size == 0) label.zh = label.en;
    if (label.en.size == 0) label.en = label.zh;
    return label;
}

static bool day_read(struct call *call, const struct json *item, int i, struct calendar_day *out)
{
    struct str on = json_text(item, "on"), kind = json_text(item, "kind");
    *out = (struct calendar_day){ .mark = DAY_PLAIN };
    if (!time_parse_date(on, &out->day)) {
        return refuse_at(call, i, "on", "calendar.line_date", on);
    }
    if (str_is(kind, "workday")) {
        out->mark = DAY_WORKED;
    } else if (str_is(kind, "off") || str_is(kind, "holiday")) {
        out->mark = DAY_OFF;
    } else if (!str_is(kind, "plain")) {
        return refuse_at(call, i, "kind", "calendar.day_kind", kind);
    }
    if (str_is(kind, "holiday")) out->label = label_given(json_get(item, "label"));
    return true;
}

static bool years_read(struct call *call, const struct json *list, int *years, int *count)
{
    *count = 0;
    if (list && list->kind != JSON_KIND_LIST) {
        return error_set(call->scope, ERROR_INVALID, "field.not_list", STR("years"));
    }
    for (int i = 0; list && i < list->count; i++) {
        const struct json *item = &list->items[i];
        bool is_year = item->kind == JSON_KIND_INT && item->integer > 0 && item->integer <= 9999;
        if (!is_year || *count == CALENDAR_YEAR_COUNT_MAX) {
            error_add(call->scope, ERROR_INVALID, "calendar.line_date", STR("years"));
            return error_arg(call->scope, "value", json_to_text(call->scope, item));
        }
        years[(*count)++] = (int)item->integer;
    }
    return true;
}

bool calendar_days_apply(struct call *call, const struct json *change, struct json *body)
{
    const struct json *list = json_get(change, "days");
    int years[CALENDAR_YEAR_COUNT_MAX], year_count;
    if (!list || list->kind != JSON_KIND_LIST) {
        return error_set(call->scope, ERROR_INVALID, "field.not_list", STR("days"));
    }
    if (list->count > CALENDAR_DAY_COUNT_MAX) {
        error_set(call->scope, ERROR_INVALID, "field.too_large", STR("days"));
        return error_arg(call->scope, "max",
                         scope_format(call->scope, "%d", CALENDAR_DAY_COUNT_MAX));
    }
    struct calendar_day *days = scope_new(call->scope, struct calendar_day, list->count + 1);
    for (int i = 0; i < list->count; i++) day_read(call, &list->items[i], i, &days[i]);
    return !error_is_set(call->scope) &&
           years_read(call, json_get(change, "years"), years, &year_count) &&
           calendar_days_put(call->scope, body, days, list->count, years, year_count);
}

/* ---- changing ---- */

/* The one that is the workspace's own takes that from the others. */
static bool store(struct call *call, struct db_conn *conn, struct str name, struct json *body)
{
    int other_count, count = 0;
    const struct config *others =
        schema_configs(call->snapshot->schema, STR("calendar"), &other_count);
    struct schema_part *parts = scope_new(call->scope, struct schema_part, other_count + 1);
    json_unset(call->scope, body, STR("name")); /* it is called by its place */
    parts[count++] = (struct schema_part){ STR("calendar"), name, *body };
    for (int i = 0; i < other_count && json_bool(body, "default", false); i++) {
        struct json tree = others[i].body;
        if (str_equal(others[i].name, name) || !json_bool(&tree, "default", false)) continue;
        json_unset(call->scope, &tree, STR("default"));
        parts[count++] = (struct schema_part){ STR("calendar"), others[i].name, tree };
    }
    if (!engine_configure(call->scope, conn, &call->context, parts, count)) return false;
    put_calendar(call, name, body);
    return true;
}

bool api_calendar_create(struct call *call, struct db_conn *conn)
{
    struct str name;
    struct json body = call->body;
    if (!call_text(call, "name", true, &name)) return false;
    if (schema_config(call->snapshot->schema, STR("calendar"), name)) {
        return error_set(call->scope, ERROR_CONFLICT, "schema.duplicate", STR("name"));
    }
    call->request->response.status = 201;
    return store(call, conn, name, &body);
}

bool api_calendar_change(struct call *call, struct db_conn *conn)
{
    struct json body;
    if (!config_body_load(call, conn, "calendar", call->captures[0], &body)) return false;
    config_overlay(call->scope, &body, &call->body);
    return store(call, conn, call->captures[0], &body);
}

bool api_calendar_days(struct call *call, struct db_conn *conn)
{
    struct json body;
    return config_body_load(call, conn, "calendar", call->captures[0], &body) &&
           calendar_days_apply(call, &call->body, &body) &&
           store(call, conn, call->captures[0], &body);
}

bool api_calendar_delete(struct call *call, struct db_conn *conn)
{
    struct json body;
    return config_body_load(call, conn, "calendar", call->captures[0], &body) &&
           calendar_may_drop(call->scope, conn, &call->context, call->captures[0]) &&
           config_delete(call, conn, "calendar");
}
