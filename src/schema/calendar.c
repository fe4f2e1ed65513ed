/*
 * Working time as configuration, kind "calendar": the working days of a week,
 * the working hours of a day, days off and days that are worked instead.
 *
 *   {"label": LABEL, "default": true, "days": ["mon", "tue", …],
 *    "hours": ["09:00-12:00", "13:00-18:00"],
 *    "holidays": ["2026-01-01..2026-01-03", {"on": "2026-05-01", "label": LABEL}],
 *    "workdays": ["2026-01-04"]}
 *
 * Every question is answered from sums made here once (schema.h): how many
 * working days lie before a day, how much work before a slot of the day, and
 * both the other way round. So nothing counts days when a million rows ask.
 */
#include "base/time.h"
#include "schema/calendar_inner.h"

enum {
    DAY_MINUTES = CALENDAR_DAY_MINUTES,
    WEEK_DAYS = CALENDAR_WEEK_DAYS,
    HOURS_COUNT_MAX = 48,        /* spans of a day */
    SPAN_COUNT_MAX = 2000,       /* holidays or workdays in one calendar */
    SPAN_DAY_COUNT_MAX = 366,    /* days of one of them */
    EXCEPTION_DAYS_MAX = 36600,  /* from the first exception to the last */
    SLOT_KINDS = 3,
};

static bool refuse(struct scope *scope, const char *member, struct str found)
{
    error_add(scope, ERROR_INVALID, "schema.calendar", str_of(member));
    return error_arg(scope, "value", found);
}

static bool days_read(struct scope *scope, const struct json *list, struct calendar_draft *draft)
{
    static const char *const names[WEEK_DAYS] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
    if (!list) {
        for (int i = 0; i < 5; i++) draft->is_worked[i] = true;
        return true;
    }
    if (list->kind != JSON_KIND_LIST || list->count == 0) return refuse(scope, "days", STR(""));
    for (int i = 0; i < list->count; i++) {
        int day = 0;
        while (day < WEEK_DAYS && !str_is(list->items[i].text, names[day])) day++;
        if (list->items[i].kind != JSON_KIND_STR || day == WEEK_DAYS) {
            return refuse(scope, "days", list->items[i].text);
        }
        draft->is_worked[day] = true;
    }
    return true;
}

/* "09:00" at *text; 24:00 is the end of the day. */
static bool minute_read(struct str text, int *out)
{
    if (text.size != 5 || text.data[2] != ':') return false;
    for (int i = 0; i < 5; i++) {
        if (i != 2 && (text.data[i] < '0' || text.data[i] > '9')) return false;
    }
    int hour = (text.data[0] - '0') * 10 + text.data[1] - '0';
    int minute = (text.data[3] - '0') * 10 + text.data[4] - '0';
    *out = hour * 60 + minute;
    return minute < 60 && *out <= DAY_MINUTES;
}

static bool hours_read(struct scope *scope, const struct json *list, struct calendar_draft *draft)
{
    static const struct str usual[] = { STR_INIT("09:00-12:00"), STR_INIT("13:00-18:00") };
    bool is_given = list != NULL;
    if (is_given && (list->kind != JSON_KIND_LIST || list->count == 0 ||
                     list->count > HOURS_COUNT_MAX)) {
        return refuse(scope, "hours", STR(""));
    }
    int count = is_given ? list->count : (int)(sizeof(usual) / sizeof(usual[0]));
    for (int i = 0; i < count; i++) {
        struct str text = is_given ? list->items[i].text : usual[i];
        int from = 0, to = 0;
        bool is_ok = (!is_given || list->items[i].kind == JSON_KIND_STR) && text.size == 11 &&
                     text.data[5] == '-' && minute_read(str_slice(text, 0, 5), &from) &&
                     minute_read(str_slice(text, 6, 11), &to) && from < to;
        if (!is_ok) return refuse(scope, "hours", text);
        for (int minute = from; minute < to; minute++) draft->is_minute[minute] = true;
    }
    return true;
}

/* "2026-05-01", "2026-05-01..2026-05-05" or a map with such an "on". */
static bool span_read(const struct json *item, struct calendar_span *out)
{
    struct str text = item->kind == JSON_KIND_MAP ? json_text(item, "on")
                      : item->kind == JSON_KIND_STR ? item->text
                                                    : STR("");
    size_t dots = str_find(text, STR(".."));
    if (dots == SIZE_MAX) {
        out->last = 0;
        if (!time_parse_date(text, &out->first)) return false;
        out->last = out->first;
        return true;
    }
    return time_parse_date(str_slice(text, 0, dots), &out->first) &&
           time_parse_date(str_slice(text, dots + 2, text.size), &out->last) &&
           out->first <= out->last && out->last - out->first < SPAN_DAY_COUNT_MAX;
}

static bool spans_read(struct scope *scope, const char *member, const struct json *list,
                       enum day_mark mark, struct calendar_draft *draft)
{
    if (!list) return true;
    if (list->kind != JSON_KIND_LIST || list->count > SPAN_COUNT_MAX) {
        return refuse(scope, member, STR(""));
    }
    for (int i = 0; i < list->count; i++) {
        struct calendar_span *span = &draft->spans[draft->span_count++];
        span->mark = mark;
        if (!span_read(&list->items[i], span)) {
            bool is_text = list->items[i].kind == JSON_KIND_STR;
            return refuse(scope, member, is_text ? list->items[i].text
                                                 : json_text(&list->items[i], "on"));
        }
        if (!define_label(scope, json_get(&list->items[i], "label"), str_of(member),
                          &span->label)) {
            return false;
        }
    }
    return true;
}

static void week_sum(const struct calendar_draft *draft, struct calendar *out)
{
    for (int day = 0; day < WEEK_DAYS; day++) {
        int sum = out->week_count * 2 + draft->is_worked[day];
        out->plain |= (int64_t)sum << (CALENDAR_PLAIN_BITS * day);
        if (!draft->is_worked[day]) continue;
        out->nth |= (int64_t)day << (CALENDAR_NTH_BITS * out->week_count++);
        out->week_mask |= 1 << day;
    }
}

/* The longest slots at whose ends alone work begins and ends. */
static int slot_minutes(const struct calendar_draft *draft)
{
    int slot = DAY_MINUTES;
    for (int minute = 1; minute < DAY_MINUTES; minute++) {
        if (draft->is_minute[minute] == draft->is_minute[minute - 1]) continue;
        for (int other = minute; other != 0;) { /* Euclid */
            int rest = slot % other;
            slot = other;
            other = rest;
        }
    }
    return slot;
}

static void slots_sum(struct scope *scope, const struct calendar_draft *draft,
                      struct calendar *out)
{
    int slot_min = slot_minutes(draft), slot_count = DAY_MINUTES / slot_min, worked_count = 0;
    int64_t *worked = scope_new(scope, int64_t, SLOT_KINDS * slot_count);
    int64_t *flags = worked + slot_count, *gaps = flags + slot_count;
    out->slot_ms = slot_min * TIME_MINUTE_MS;
    for (int slot = 0; slot < slot_count; slot++) {
        int start_ms = slot * out->slot_ms;
        flags[slot] = draft->is_minute[slot * slot_min];
        worked[slot] = out->day_ms - flags[slot] * start_ms;
        if (!flags[slot]) continue;
        gaps[worked_count++] = start_ms - out->day_ms;
        out->day_ms += out->slot_ms;
    }
    out->slots = cell_ints(scope, worked, SLOT_KINDS * slot_count);
}

static enum day_mark mark_of(const struct calendar_spread *spread, int64_t day)
{
    const struct calendar_span *span = calendar_span_of(spread, day);
    return span ? span->mark : DAY_PLAIN;
}

/* The weeks from the first exception to the last. */
static void days_sum(struct scope *scope, const struct calendar_spread *spread,
                     struct calendar *out)
{
    int64_t first_week = 0;
    int worked_count = 0;
    if (spread->count > 0) {
        int64_t last = spread->first + spread->count - 1;
        first_week = (spread->first + CALENDAR_DAY_SHIFT) / WEEK_DAYS;
        int64_t week_count = (last + CALENDAR_DAY_SHIFT) / WEEK_DAYS - first_week + 1;
        out->day_count = (int)week_count * WEEK_DAYS;
    }
    out->first_day = first_week * WEEK_DAYS - CALENDAR_DAY_SHIFT;
    out->number = out->week_count * (first_week - CALENDAR_WEEK_SHIFT);
    int64_t *sums = scope_new(scope, int64_t, out->day_count + 1);
    int64_t *days = scope_new(scope, int64_t, out->day_count + 1);
    for (int i = 0; i < out->day_count; i++) {
        enum day_mark mark = mark_of(spread, out->first_day + i);
        bool is_worked = mark == DAY_PLAIN ? out->week_mask >> i % WEEK_DAYS & 1
                                           : mark == DAY_WORKED;
        sums[i] = (out->number + worked_count) * 2 + is_worked;
        if (is_worked) days[worked_count++] = out->first_day + i;
    }
    out->off = worked_count - out->week_count * (out->day_count / WEEK_DAYS);
    out->sums = cell_ints(scope, sums, out->day_count);
    out->days = cell_ints(scope, days, worked_count);
}

bool calendar_spread_make(struct scope *scope, const struct calendar_draft *draft,
                          struct calendar_spread *out)
{
    int64_t first = 0, last = -1;
    for (int i = 0; i < draft->span_count; i++) {
        const struct calendar_span *span = &draft->spans[i];
        if (i == 0 || span->first < first) first = span->first;
        if (i == 0 || span->last > last) last = span->last;
    }
    if (last - first >= EXCEPTION_DAYS_MAX) return refuse(scope, "holidays", STR(""));
    *out = (struct calendar_spread){ draft, first, (int)(last - first + 1), NULL };
    out->places = scope_new(scope, uint16_t, out->count + 1);
    for (int i = 0; i < draft->span_count; i++) {
        const struct calendar_span *span = &draft->spans[i];
        for (int64_t day = span->first; day <= span->last; day++) {
            const struct calendar_span *other = calendar_span_of(out, day);
            if (!other || other->mark < span->mark) out->places[day - first] = (uint16_t)(i + 1);
        }
    }
    return true;
}

const struct calendar_span *calendar_span_of(const struct calendar_spread *spread, int64_t day)
{
    int64_t at = day - spread->first;
    int place = at >= 0 && at < spread->count ? spread->places[at] : 0;
    return place > 0 ? &spread->draft->spans[place - 1] : NULL;
}

bool calendar_draft_read(struct scope *scope, const struct json *body,
                         struct calendar_draft *draft)
{
    const struct json *off = json_get(body, "holidays"), *worked = json_get(body, "workdays");
    int span_count = (off ? off->count : 0) + (worked ? worked->count : 0);
    draft->spans = scope_new(scope, struct calendar_span, span_count + 1);
    return days_read(scope, json_get(body, "days"), draft) &&
           hours_read(scope, json_get(body, "hours"), draft) &&
           spans_read(scope, "holidays", off, DAY_OFF, draft) &&
           spans_read(scope, "workdays", worked, DAY_WORKED, draft);
}

bool calendar_build(struct scope *scope, struct str name, const struct json *body,
                    struct calendar *out)
{
    struct calendar_spread spread;
    struct calendar_draft *draft = scope_new(scope, struct calendar_draft, 1);
    *out = (struct calendar){ .name = name, .is_default = json_bool(body, "default", false) };
    if (!define_label(scope, json_get(body, "label"), STR("label"), &out->label) ||
        !calendar_draft_read(scope, body, draft) || !calendar_spread_make(scope, draft, &spread)) {
        return false;
    }
    week_sum(draft, out);
    slots_sum(scope, draft, out);
    days_sum(scope, &spread, out);
    return true;
}

bool calendars_load(struct scope *scope, struct schema *schema)
{
    int count;
    const struct config *configs = schema_configs(schema, STR("calendar"), &count);
    const struct json usual = tree_map();
    schema->calendars = scope_new(scope, struct calendar, count + 1);
    for (int i = 0; i < count; i++) {
        struct calendar *calendar = &schema->calendars[schema->calendar_count++];
        if (!calendar_build(scope, configs[i].name, &configs[i].body, calendar)) return false;
        if (calendar->is_default && !schema->calendar) schema->calendar = calendar;
    }
    if (!schema->calendar && count > 0) schema->calendar = &schema->calendars[0];
    if (schema->calendar) return true;
    schema->calendar = &schema->calendars[count];
    return calendar_build(scope, STR(""), &usual, &schema->calendars[count]);
}

const struct calendar *schema_calendar(const struct schema *schema, struct str name)
{
    for (int i = 0; i < schema->calendar_count; i++) {
        if (str_equal(schema->calendars[i].name, name)) return &schema->calendars[i];
    }
    return NULL;
}
