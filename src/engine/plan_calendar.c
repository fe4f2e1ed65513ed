/*
 * What another calendar would do: which days are other days, which formulas count anew and
 * which reminders are set anew. Nothing that is counted by a calendar is ever stored, so there
 * is nothing to rewrite; what was filled in by one, a default or a task's due time, stays.
 */
#include "base/time.h"
#include "engine/calendar_use.h"
#include "engine/inner.h"
#include "engine/names.h"
#include "engine/plan_inner.h"
#include "schema/calendar.h"

enum { DAY_SHOWN_MAX = 400, USE_SHOWN_MAX = 40, PLACE_SHOWN_MAX = 5 };
static const uint64_t OWN_CALENDAR = 1;

/* ---- who uses them ---- */

struct use_list {
    uint64_t wanted;
    struct calendar_use *items;
    int count;
};

static bool is_same_place(const struct calendar_use *a, const struct names *names)
{
    return str_equal(a->kind, names->kind) && str_equal(a->name, names->name) &&
           str_equal(a->field, names->field);
}

static void meet(struct names *names, const struct formula *formula, struct str member)
{
    struct use_list *list = names->context;
    if ((formula->calendars & list->wanted) == 0) return;
    for (int i = 0; i < list->count; i++) {
        if (!is_same_place(&list->items[i], names)) continue;
        list->items[i].calendars |= formula->calendars;
        return;
    }
    if (list->count == CALENDAR_USE_COUNT_MAX) return;
    list->items[list->count++] =
        (struct calendar_use){ .kind = names->kind, .name = names->name, .field = names->field,
                               .member = member, .calendars = formula->calendars };
}

bool calendar_uses_find(struct scope *scope, struct db_conn *conn, const struct schema *schema,
                        uint64_t calendars, struct calendar_use **out, int *count)
{
    struct use_list list = { calendars,
                             scope_new(scope, struct calendar_use, CALENDAR_USE_COUNT_MAX), 0 };
    struct names *names = scope_new(scope, struct names, 1);
    names->scope = scope;
    names->meet = meet;
    names->context = &list;
    bool is_ok = calendars == 0 || names_walk(names, conn, schema);
    *out = list.items;
    *count = list.count;
    return is_ok;
}

static uint64_t bit_at(int64_t index)
{
    int64_t bit = 1 + index;
    return (uint64_t)1 << (bit > FORMULA_CALENDAR_BIT_MAX ? FORMULA_CALENDAR_BIT_MAX : bit);
}

uint64_t calendar_bit(const struct schema *schema, struct str name)
{
    const struct calendar *calendar = schema_calendar(schema, name);
    return calendar ? bit_at(calendar - schema->calendars) : 0;
}

static struct str called(const struct plan *p, const struct schema *schema, struct str name)
{
    const struct calendar *calendar = schema_calendar(schema, name);
    struct str label = calendar ? label_text(calendar->label, plan_language(p)) : STR("");
    return label.size > 0 ? label : name;
}

bool calendar_may_drop(struct scope *scope, struct db_conn *conn,
                       const struct engine_context *context, struct str name)
{
    struct schema *schema = NULL;
    struct calendar_use *uses;
    struct buf places;
    int count;
    if (!schema_load(scope, conn, &schema) || !formula_build(scope, schema) ||
        !calendar_uses_find(scope, conn, schema, calendar_bit(schema, name), &uses, &count)) {
        return false;
    }
    if (count == 0) return true;
    struct plan plan = { .scope = scope, .conn = conn, .context = context, .before = schema };
    bool is_zh = plan_language(&plan) == LANGUAGE_ZH;
    buf_begin(&places, scope, 4096);
    for (int i = 0; i < count && i < PLACE_SHOWN_MAX; i++) {
        struct str place = plan_place(&plan, uses[i].kind, uses[i].name, uses[i].field);
        buf_format(&places, "%s%.*s", i == 0 ? "" : is_zh ? "、" : ", ", STR_ARG(place));
    }
    if (count > PLACE_SHOWN_MAX) buf_put(&places, STR(" …"));
    error_set(scope, ERROR_CONFLICT, "calendar.in_use", STR("name"));
    error_arg(scope, "name", called(&plan, schema, name));
    return error_arg(scope, "where", buf_str(&places));
}

/* ---- which days ---- */

static struct str day_kind(const struct calendar_day *day)
{
    bool has_name = day->label.zh.size + day->label.en.size > 0;
    if (day->mark == DAY_WORKED) return STR("workday");
    if (day->mark == DAY_PLAIN) return STR("plain");
    return has_name ? STR("holiday") : STR("off");
}

static void put_change(struct plan *p, const struct calendar_change *change)
{
    struct buf day;
    struct label label = change->is.mark == DAY_PLAIN ? change->was.label : change->is.label;
    buf_begin(&day, p->scope, 32);
    time_put_date(&day, change->is.day);
    json_map_begin(p->out);
    json_member_str(p->out, "on", buf_str(&day));
    json_member_str(p->out, "was", day_kind(&change->was));
    json_member_str(p->out, "is", day_kind(&change->is));
    json_member_bool(p->out, "was_worked", change->was_worked);
    json_member_bool(p->out, "is_worked", change->is_worked);
    if (label.zh.size > 0) {
        json_member_str(p->out, "label", label_text(label, plan_language(p)));
    }
    json_map_end(p->out);
}

static struct str worked_words(struct plan *p, int worked)
{
    const char *key = worked > 0   ? "plan.calendar_more"
                      : worked < 0 ? "plan.calendar_less"
                                   : "plan.calendar_even";
    struct error_arg arg = { "count", scope_format(p->scope, "%d", worked < 0 ? -worked : worked) };
    return message_text(p->scope, plan_language(p), key, &arg, 1);
}

static void put_days(struct plan *p, struct str name, const struct calendar_difference *difference)
{
    const struct error_arg args[] = {
        { "name", name },
        { "count", scope_format(p->scope, "%d", difference->count) },
        { "other", worked_words(p, difference->worked) },
    };
    json_map_begin(p->out);
    json_member_str(p->out, "kind", STR("calendar_days"));
    json_member_str(p->out, "text",
                    message_text(p->scope, plan_language(p), "plan.calendar_days", args, 3));
    json_key(p->out, STR("days"));
    json_list_begin(p->out);
    for (int i = 0; i < difference->count && i < DAY_SHOWN_MAX; i++) {
        put_change(p, &difference->changes[i]);
    }
    json_list_end(p->out);
    json_map_end(p->out);
}

static void step(struct plan *p, const char *kind, const char *key, struct str name)
{
    plan_step_begin(p, kind, key, name, STR(""));
    json_map_end(p->out);
}

/* *changed: does it count otherwise than before? */
static bool calendar_steps(struct plan *p, const struct config *was, const struct config *now,
                           bool *changed)
{
    struct calendar_difference difference;
    struct str name = called(p, p->after, now->name);
    if (!calendar_compare(p->scope, &was->body, &now->body, &difference)) return false;
    if (difference.count > 0) put_days(p, name, &difference);
    if (difference.is_other_week) step(p, "calendar_week", "plan.calendar_week", name);
    if (difference.is_other_hours) step(p, "calendar_hours", "plan.calendar_hours", name);
    *changed = difference.count > 0 || difference.is_other_week || difference.is_other_hours;
    return true;
}

/* ---- what follows from it ---- */

static void use_step(struct plan *p, const struct calendar_use *use)
{
    bool is_rule = str_is(use->kind, "rule");
    bool is_from_now = str_is(use->member, "default") || str_is(use->member, "set") ||
                       str_is(use->member, "due") || str_is(use->member, "due_at");
    const char *key = is_from_now ? "plan.calendar_from_now"
                      : is_rule   ? "plan.calendar_rule"
                                  : "plan.calendar_use";
    const struct error_arg args[] = {
        { "kind", plan_kind_word(p, use->kind) },
        { "name", plan_place(p, use->kind, use->name, use->field) },
    };
    json_map_begin(p->out);
    json_member_str(p->out, "kind", STR("calendar_use"));
    json_member_str(p->out, "text", message_text(p->scope, plan_language(p), key, args, 2));
    json_map_end(p->out);
}

static bool use_steps(struct plan *p, uint64_t changed)
{
    struct calendar_use *uses;
    int count;
    if (!calendar_uses_find(p->scope, p->conn, p->before, changed, &uses, &count)) return false;
    for (int i = 0; i < count && i < USE_SHOWN_MAX; i++) use_step(p, &uses[i]);
    if (count > USE_SHOWN_MAX) {
        struct error_arg arg = { "count", scope_format(p->scope, "%d", count - USE_SHOWN_MAX) };
        json_map_begin(p->out);
        json_member_str(p->out, "kind", STR("calendar_use"));
        json_member_str(p->out, "text", message_text(p->scope, plan_language(p),
                                                     "plan.calendar_uses_more", &arg, 1));
        json_map_end(p->out);
    }
    step(p, "calendar_kept", count == 0 ? "plan.calendar_unused" : "plan.calendar_kept", STR(""));
    return true;
}

/* The one that formulas count by that name none. */
static void own_steps(struct plan *p, uint64_t *changed)
{
    struct str was = p->before->calendar->name, now = p->after->calendar->name;
    if (!str_equal(was, now)) {
        *changed |= OWN_CALENDAR;
        step(p, "calendar_default",
             now.size > 0 ? "plan.calendar_default" : "plan.calendar_default_none",
             called(p, p->after, now));
    } else if (*changed & calendar_bit(p->before, was)) {
        *changed |= OWN_CALENDAR;
    }
}

bool plan_calendars(struct plan *p)
{
    int before_count, after_count;
    const struct config *before = schema_configs(p->before, STR("calendar"), &before_count);
    const struct config *after = schema_configs(p->after, STR("calendar"), &after_count);
    uint64_t changed = 0;
    bool is_any = false;
    for (int i = 0; i < after_count; i++) {
        const struct config *was = schema_config(p->before, STR("calendar"), after[i].name);
        bool is_other = false;
        if (!was) {
            is_any = true;
            step(p, "calendar_add", "plan.calendar_add", called(p, p->after, after[i].name));
            continue;
        }
        if (!calendar_steps(p, was, &after[i], &is_other)) return false;
        if (is_other) changed |= calendar_bit(p->before, after[i].name);
    }
    for (int i = 0; i < before_count; i++) {
        if (schema_config(p->after, STR("calendar"), before[i].name)) continue;
        is_any = true;
        changed |= calendar_bit(p->before, before[i].name);
        step(p, "calendar_drop", "plan.calendar_drop", called(p, p->before, before[i].name));
    }
    own_steps(p, &changed);
    return (changed == 0 && !is_any) || use_steps(p, changed);
}
