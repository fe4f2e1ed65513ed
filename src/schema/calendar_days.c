/*
 * A calendar day by day. Its definition keeps spans; a day is taken out of the span that holds
 * it and put back as it is now, joined with the day before it when they are called the same. So
 * a definition changes where its days do and nowhere else, and packs and undo can tell.
 */
#include "base/time.h"
#include "schema/calendar_inner.h"

#include <stdlib.h>

static bool is_unnamed(struct label label)
{
    return label.zh.size + label.en.size == 0;
}

static bool is_same_label(struct label a, struct label b)
{
    return str_equal(a.zh, b.zh) && str_equal(a.en, b.en);
}

static bool draft_of(struct scope *scope, const struct json *body, struct calendar_draft **out)
{
    *out = scope_new(scope, struct calendar_draft, 1);
    return calendar_draft_read(scope, body, *out);
}

/* ---- out of spans ---- */

static struct calendar_day day_of(const struct calendar_spread *spread, int64_t day)
{
    const struct calendar_span *span = calendar_span_of(spread, day);
    struct calendar_day out = { .day = day, .mark = DAY_PLAIN };
    if (!span) return out;
    out.mark = span->mark;
    out.label = span->label;
    return out;
}

bool calendar_days(struct scope *scope, const struct json *body, struct calendar_day **out,
                   int *count)
{
    struct calendar_draft *draft;
    struct calendar_spread spread;
    if (!draft_of(scope, body, &draft) || !calendar_spread_make(scope, draft, &spread)) {
        return false;
    }
    *out = scope_new(scope, struct calendar_day, spread.count + 1);
    *count = 0;
    for (int i = 0; i < spread.count; i++) {
        struct calendar_day day = day_of(&spread, spread.first + i);
        if (day.mark != DAY_PLAIN) (*out)[(*count)++] = day;
    }
    return true;
}

/* ---- into spans ---- */

struct span_list {
    struct calendar_span *items;
    int count;
};

static void drop_at(struct span_list *list, int at)
{
    memmove(list->items + at, list->items + at + 1,
            sizeof(*list->items) * (size_t)(list->count - at - 1));
    list->count -= 1;
}

/* What the spans say of a day is forgotten. */
static void day_cut(struct span_list *list, int64_t day)
{
    for (int i = list->count - 1; i >= 0; i--) {
        struct calendar_span *span = &list->items[i];
        if (day < span->first || day > span->last) continue;
        if (span->first == span->last) {
            drop_at(list, i);
        } else if (day == span->first) {
            span->first += 1;
        } else if (day == span->last) {
            span->last -= 1;
        } else {
            list->items[list->count] = *span;
            list->items[list->count++].first = day + 1;
            span->last = day - 1;
        }
    }
}

static void cut_year(struct span_list *list, int year)
{
    int64_t first = time_days_from_civil(year, 1, 1), last = time_days_from_civil(year, 12, 31);
    for (int i = list->count - 1; i >= 0; i--) {
        if (list->items[i].last >= first && list->items[i].last <= last) drop_at(list, i);
    }
}

static void day_put(struct span_list *list, const struct calendar_day *day)
{
    for (int i = 0; i < list->count && !is_unnamed(day->label); i++) {
        struct calendar_span *span = &list->items[i];
        bool is_next = span->last + 1 == day->day && span->mark == day->mark &&
                       is_same_label(span->label, day->label);
        if (!is_next) continue;
        span->last = day->day;
        return;
    }
    list->items[list->count++] =
        (struct calendar_span){ day->day, day->day, day->mark, day->label };
}

/* Without a name, to be as the week is anyway says nothing. */
static bool is_plain(const struct calendar_draft *draft, const struct calendar_day *day)
{
    bool is_worked = draft->is_worked[time_weekday(day->day) - 1];
    return day->mark == DAY_PLAIN ||
           (is_unnamed(day->label) && is_worked == (day->mark == DAY_WORKED));
}

static int by_day(const void *a, const void *b)
{
    const struct calendar_day *one = a, *two = b;
    return one->day < two->day ? -1 : one->day > two->day;
}

static int by_first(const void *a, const void *b)
{
    const struct calendar_span *one = a, *two = b;
    if (one->first != two->first) return one->first < two->first ? -1 : 1;
    return one->last < two->last ? -1 : one->last > two->last;
}

static struct str days_text(struct scope *scope, const struct calendar_span *span)
{
    struct buf text;
    buf_begin(&text, scope, 64);
    time_put_date(&text, span->first);
    if (span->last != span->first) {
        buf_put(&text, STR(".."));
        time_put_date(&text, span->last);
    }
    return buf_str(&text);
}

static struct json label_tree(struct scope *scope, struct label label)
{
    struct json map = tree_map();
    tree_set(scope, &map, "zh", tree_text(label.zh));
    tree_set(scope, &map, "en", tree_text(label.en));
    return map;
}

/* One list of the definition: as maps where anything has a name, so that all items look alike. */
static struct json list_of(struct scope *scope, const struct span_list *list, enum day_mark mark)
{
    struct json out = tree_list(scope, list->count);
    bool has_names = mark == DAY_OFF;
    for (int i = 0; i < list->count; i++) {
        has_names = has_names || (list->items[i].mark == mark &&
                                  !is_unnamed(list->items[i].label));
    }
    for (int i = 0; i < list->count; i++) {
        const struct calendar_span *span = &list->items[i];
        if (span->mark != mark) continue;
        struct json item = tree_text(days_text(scope, span));
        if (has_names) {
            struct json map = tree_map();
            tree_set(scope, &map, "on", item);
            if (!is_unnamed(span->label)) {
                tree_set(scope, &map, "label", label_tree(scope, span->label));
            }
            item = map;
        }
        tree_push(&out, item);
    }
    return out;
}

static void list_set(struct scope *scope, struct json *body, const char *member,
                     const struct span_list *list, enum day_mark mark)
{
    struct json items = list_of(scope, list, mark);
    if (items.count > 0) {
        tree_set(scope, body, member, items);
    } else {
        tree_remove(scope, body, member);
    }
}

bool calendar_days_put(struct scope *scope, struct json *body, const struct calendar_day *days,
                       int count, const int *years, int year_count)
{
    struct calendar_draft *draft;
    struct calendar_day *sorted = scope_new(scope, struct calendar_day, count + 1);
    if (!draft_of(scope, body, &draft)) return false;
    /* A day makes at most one span more where it is cut out, and one where it is put. */
    struct span_list list = { scope_new(scope, struct calendar_span,
                                        draft->span_count + 2 * count + 1),
                              draft->span_count };
    if (list.count > 0) {
        memcpy(list.items, draft->spans, sizeof(*list.items) * (size_t)list.count);
    }
    if (count > 0) memcpy(sorted, days, sizeof(*sorted) * (size_t)count);
    qsort(sorted, (size_t)count, sizeof(*sorted), by_day);
    for (int i = 0; i < year_count; i++) cut_year(&list, years[i]);
    for (int i = 0; i < count; i++) {
        day_cut(&list, sorted[i].day);
        if (!is_plain(draft, &sorted[i])) day_put(&list, &sorted[i]);
    }
    qsort(list.items, (size_t)list.count, sizeof(*list.items), by_first);
    list_set(scope, body, "holidays", &list, DAY_OFF);
    list_set(scope, body, "workdays", &list, DAY_WORKED);
    return true;
}

/* ---- two of them ---- */

static bool is_worked_on(const struct calendar_draft *draft, const struct calendar_day *day)
{
    return day->mark == DAY_PLAIN ? draft->is_worked[time_weekday(day->day) - 1]
                                  : day->mark == DAY_WORKED;
}

bool calendar_compare(struct scope *scope, const struct json *before, const struct json *after,
                      struct calendar_difference *out)
{
    struct calendar_draft *old, *now;
    struct calendar_spread was, is;
    *out = (struct calendar_difference){ .count = 0 };
    if (!draft_of(scope, before, &old) || !draft_of(scope, after, &now) ||
        !calendar_spread_make(scope, old, &was) || !calendar_spread_make(scope, now, &is)) {
        return false;
    }
    out->is_other_week = memcmp(old->is_worked, now->is_worked, sizeof(old->is_worked)) != 0;
    out->is_other_hours = memcmp(old->is_minute, now->is_minute, sizeof(old->is_minute)) != 0;
    int64_t first = was.count > 0 && (is.count == 0 || was.first < is.first) ? was.first
                                                                             : is.first;
    int64_t was_end = was.first + was.count, end = is.first + is.count;
    if (was.count > 0 && (is.count == 0 || was_end > end)) end = was_end;
    out->changes = scope_new(scope, struct calendar_change, was.count + is.count + 1);
    for (int64_t day = first; day < end; day++) {
        struct calendar_change change = { day_of(&was, day), day_of(&is, day),
                                          false, false };
        if (change.was.mark == change.is.mark &&
            is_same_label(change.was.label, change.is.label)) {
            continue;
        }
        change.was_worked = is_worked_on(old, &change.was);
        change.is_worked = is_worked_on(now, &change.is);
        out->worked += (int)change.is_worked - (int)change.was_worked;
        out->changes[out->count++] = change;
    }
    return true;
}

static void days_follow(struct scope *scope, struct json *body, const struct json *from)
{
    static const char *const members[] = { "holidays", "workdays" };
    for (int i = 0; i < 2; i++) {
        const struct json *list = json_get(from, members[i]);
        if (list) {
            tree_set(scope, body, members[i], *list);
        } else {
            tree_remove(scope, body, members[i]);
        }
    }
}

bool calendar_days_undo(struct scope *scope, struct json *before, struct json *after,
                        struct json *current, int64_t *conflict)
{
    struct calendar_difference difference;
    struct calendar_draft *draft;
    struct calendar_spread now;
    *conflict = INT64_MIN;
    if (!calendar_compare(scope, before, after, &difference) ||
        !draft_of(scope, current, &draft) || !calendar_spread_make(scope, draft, &now)) {
        return false;
    }
    struct calendar_day *back = scope_new(scope, struct calendar_day, difference.count + 1);
    int count = 0;
    for (int i = 0; i < difference.count; i++) {
        const struct calendar_change *change = &difference.changes[i];
        struct calendar_day day = day_of(&now, change->is.day);
        bool is_ours = day.mark == change->is.mark && is_same_label(day.label, change->is.label);
        bool is_back = day.mark == change->was.mark &&
                       is_same_label(day.label, change->was.label);
        if (is_ours) back[count++] = change->was;
        if (!is_ours && !is_back && *conflict == INT64_MIN) *conflict = day.day;
    }
    if (!calendar_days_put(scope, current, back, count, NULL, 0)) return false;
    days_follow(scope, before, current);
    days_follow(scope, after, current);
    return true;
}
