/*
 * Evaluates values of a recipe for one record. Depth is bounded when the recipe
 * is read. Every random draw happens in the order of the recipe, which is what
 * makes two runs alike.
 */
#include "cli/demo_inner.h"

#include <math.h>

#include "base/time.h"

enum { APART_TRY_COUNT = 8, WHERE_ROW_COUNT_MAX = 4096 };

static struct demo_value blank(void)
{
    return (struct demo_value){ .kind = DEMO_BLANK };
}

static struct demo_value value_int(int64_t integer)
{
    return (struct demo_value){ .kind = DEMO_INT, .integer = integer };
}

static struct demo_value value_time(int64_t time_ms)
{
    return (struct demo_value){ .kind = DEMO_TIME, .integer = time_ms };
}

static struct demo_value value_row(struct demo_record *row)
{
    return row ? (struct demo_value){ .kind = DEMO_ROW, .row = row } : blank();
}

bool value_is_true(const struct demo_value *value)
{
    switch (value->kind) {
    case DEMO_BLANK:
        return false;
    case DEMO_TEXT:
        return value->text.size > 0;
    case DEMO_INT:
    case DEMO_BOOL:
        return value->integer != 0;
    default:
        return true;
    }
}

bool value_equal(const struct demo_value *a, const struct demo_value *b)
{
    if (a->kind != b->kind) return false;
    if (a->kind == DEMO_TEXT) return str_equal(a->text, b->text);
    if (a->kind == DEMO_ROW) return a->row == b->row;
    return a->integer == b->integer;
}

struct demo_value demo_value_of(const struct demo_record *record, const char *name)
{
    for (int i = 0; i < record->entity->field_count; i++) {
        if (str_is(record->entity->fields[i].name, name)) return record->values[i];
    }
    return blank();
}

/* ---- paths and texts ---- */

static struct demo_value path_value(struct run *run, const struct path *path,
                                    struct demo_record *self)
{
    if (path->base == PATH_NOW) return value_time(run->options->now_ms);
    if (path->base == PATH_WORDS) {
        const struct words *words = path->words;
        int i = random_weighted(&run->random, words->sums, words->count);
        return (struct demo_value){ .kind = DEMO_TEXT, .text = words->items[i] };
    }
    struct demo_record *row = self;
    for (int i = 0; i < path->up && row; i++) row = row->parent;
    struct demo_value value = value_row(row);
    struct demo_record *holder = row;
    for (int i = 0; i < path->step_count; i++) {
        if (value.kind != DEMO_ROW) return blank();
        holder = value.row;
        value = holder->values[path->steps[i]];
    }
    if (path->is_created) {
        return value.kind == DEMO_ROW ? value_time(value.row->created_at_ms) : blank();
    }
    if (path->entry_key < 0) return value;
    if (value.kind != DEMO_ENTRY) return blank();
    const struct entry *entry = value.entry;
    struct expression *of_key = entry->values[path->entry_key];
    return of_key ? expression_value(run, of_key, holder) : blank();
}

static void put_time(struct run *run, struct buf *out, int64_t days, enum text_format format)
{
    static const char *const weekdays[] = { "一", "二", "三", "四", "五", "六", "日" };
    (void)run;
    if (format == TEXT_WEEKDAY) {
        buf_format(out, "周%s", weekdays[time_weekday(days) - 1]);
        return;
    }
    int year, month, day;
    time_civil_from_days(days, &year, &month, &day);
    buf_format(out, "%d月%d日", month, day);
}

static void put_wan(struct buf *out, int64_t number)
{
    int64_t tenths = (number + 500) / 1000;
    if (tenths % 10 == 0) {
        buf_format(out, "%lld万", (long long)(tenths / 10));
    } else {
        buf_format(out, "%lld.%lld万", (long long)(tenths / 10), (long long)(tenths % 10));
    }
}

static void put_value(struct run *run, struct buf *out, const struct demo_value *value,
                      enum text_format format)
{
    switch (value->kind) {
    case DEMO_TEXT:
        buf_put(out, value->text);
        break;
    case DEMO_TIME:
        put_time(run, out, time_local_days(value->integer, run->options->zone_min), format);
        break;
    case DEMO_DATE:
        put_time(run, out, value->integer, format);
        break;
    case DEMO_INT:
    case DEMO_BOOL:
        if (format == TEXT_WAN) {
            put_wan(out, value->integer);
        } else {
            buf_put_int(out, value->integer);
        }
        break;
    default:
        break;
    }
}

static struct demo_value text_value(struct run *run, const struct expression *expression,
                                    struct demo_record *self)
{
    struct buf out;
    buf_begin(&out, run->scope, DEMO_TEXT_SIZE_MAX);
    for (int i = 0; i < expression->part_count; i++) {
        const struct text_part *part = &expression->parts[i];
        if (!part->has_path) {
            buf_put(&out, part->text);
            continue;
        }
        struct demo_value value = path_value(run, &part->path, self);
        put_value(run, &out, &value, part->format);
    }
    return (struct demo_value){ .kind = DEMO_TEXT, .text = buf_str(&out) };
}

/* ---- numbers ---- */

static int64_t to_step(double number, int64_t step, int64_t min, int64_t max)
{
    if (number > (double)max) number = (double)max;
    int64_t rounded = (int64_t)(number / (double)step + 0.5) * step;
    return rounded < min ? min : rounded;
}

int64_t expression_int(struct run *run, struct expression *expression, struct demo_record *self,
                       int64_t fallback)
{
    if (!expression) return fallback;
    struct demo_value value = expression_value(run, expression, self);
    return value.kind == DEMO_INT || value.kind == DEMO_BOOL ? value.integer : fallback;
}

static struct demo_value item_value(struct run *run, const struct expression *expression, int i,
                                    struct demo_record *self)
{
    bool is_there = i < expression->item_count && expression->items[i];
    return is_there ? expression_value(run, expression->items[i], self) : blank();
}

static struct demo_value case_value(struct run *run, const struct expression *expression,
                                    struct demo_record *self)
{
    int count = expression->item_count - 2;
    struct demo_value asked = item_value(run, expression, count, self);
    for (int i = 0; asked.kind == DEMO_TEXT && i < count; i++) {
        if (str_equal(expression->keys[i], asked.text)) {
            return item_value(run, expression, i, self);
        }
    }
    return item_value(run, expression, count + 1, self);
}

/* ---- times ---- */

/* A weekend's day becomes one of the working days around it; before it when it is recent. */
static int64_t weekday_move(struct run *run, int64_t days, bool is_recent)
{
    int weekday = time_weekday(days);
    if (weekday < 6) return days;
    if (weekday == 6 || is_recent) return days - (weekday - 5) - random_range(&run->random, 0, 3);
    return days + 1 + random_range(&run->random, 0, 3);
}

int64_t work_time(struct run *run, int64_t time_ms)
{
    enum { HOUR_FIRST = 9, HOUR_LAST = 18 };
    int zone_min = run->options->zone_min;
    int64_t now_ms = run->options->now_ms;
    int64_t days = time_local_days(time_ms, zone_min);
    int64_t in_day = time_ms - time_day_start(days, zone_min);
    bool is_future = time_ms > now_ms;
    days = weekday_move(run, days, !is_future && now_ms - time_ms < 5 * (int64_t)TIME_DAY_MS);
    if (in_day < HOUR_FIRST * TIME_HOUR_MS || in_day >= HOUR_LAST * TIME_HOUR_MS) {
        in_day = random_range(&run->random, HOUR_FIRST * 60, HOUR_LAST * 60 - 1) * TIME_MINUTE_MS;
    }
    int64_t moved = time_day_start(days, zone_min) + in_day;
    return !is_future && moved > now_ms ? time_ms : moved;
}

static struct demo_value ago_value(struct run *run, const struct expression *expression,
                                   const struct demo_record *self)
{
    double draw = random_real(&run->random);
    const struct entity *entity = expression->entity;
    if (expression->is_in_order && self && entity && entity->planned_count > 0) {
        /* The oldest first, each somewhere within a share of its own. */
        draw = ((double)(entity->planned_count - 1 - self->index) + draw) /
               (double)entity->planned_count;
    }
    double share = pow(draw, expression->power);
    double back = (double)expression->low +
                  (double)(expression->high - expression->low) * share;
    int64_t time_ms = run->options->now_ms - (int64_t)back;
    return value_time(expression->is_work_time ? work_time(run, time_ms) : time_ms);
}

static struct demo_value after_value(struct run *run, const struct expression *expression,
                                     struct demo_record *self)
{
    struct demo_value start = item_value(run, expression, 0, self);
    if (start.kind != DEMO_TIME) return blank();
    int64_t time_ms =
        start.integer + random_range(&run->random, expression->low, expression->high);
    int64_t moved_ms = expression->is_work_time ? work_time(run, time_ms) : time_ms;
    return value_time(moved_ms > start.integer ? moved_ms : time_ms);
}

static int64_t value_days(const struct run *run, const struct demo_value *value)
{
    if (value->kind == DEMO_DATE) return value->integer;
    return time_local_days(value->integer, run->options->zone_min);
}

static struct demo_value date_value(struct run *run, const struct expression *expression,
                                    struct demo_record *self)
{
    struct demo_value time = item_value(run, expression, 0, self);
    if (time.kind != DEMO_TIME && time.kind != DEMO_DATE) return blank();
    int64_t days = value_days(run, &time);
    if (expression->kind == EXPRESSION_MONTH_END) {
        int year, month, day;
        time_civil_from_days(days, &year, &month, &day);
        bool is_last = month == 12;
        days = time_days_from_civil(year + (is_last ? 1 : 0), is_last ? 1 : month + 1, 1) - 1;
    }
    return (struct demo_value){ .kind = DEMO_DATE, .integer = days };
}

static struct demo_value sequence_value(struct run *run, struct expression *expression)
{
    expression->counter++;
    struct str text = scope_format(run->scope, "%.*s%0*lld%.*s", STR_ARG(expression->prefix),
                                   expression->digits, (long long)expression->counter,
                                   STR_ARG(expression->suffix));
    return (struct demo_value){ .kind = DEMO_TEXT, .text = text };
}

/* ---- rows and entries ---- */

static bool row_matches(const struct expression *expression, const struct demo_record *row,
                        const struct demo_value *wanted)
{
    for (int i = 0; i < expression->item_count; i++) {
        if (!value_equal(&row->values[expression->where[i]], &wanted[i])) return false;
    }
    return true;
}

/* Any of those that match; their number is small (people, teams), so they are walked. */
static struct demo_value row_where(struct run *run, struct expression *expression,
                                   struct demo_record *self)
{
    struct entity *entity = expression->entity;
    struct demo_value wanted[DEMO_STEP_COUNT_MAX];
    struct demo_record *found = NULL;
    int64_t weight_sum = 0;
    if (expression->item_count > DEMO_STEP_COUNT_MAX) return blank();
    for (int i = 0; i < expression->item_count; i++) {
        wanted[i] = item_value(run, expression, i, self);
    }
    for (int64_t i = 0; i < entity->made_count && i < WHERE_ROW_COUNT_MAX; i++) {
        struct demo_record *row = entity->records[i];
        if (!row_matches(expression, row, wanted)) continue;
        int64_t weight = 1;
        if (expression->weight_field >= 0) weight = row->values[expression->weight_field].integer;
        if (weight <= 0) continue;
        weight_sum += weight;
        /* Kept with the share it has of all seen so far: one walk is enough. */
        if (random_range(&run->random, 1, weight_sum) <= weight) found = row;
    }
    return value_row(found);
}

static struct demo_value row_any(struct run *run, struct expression *expression)
{
    struct entity *entity = expression->entity;
    if (entity->made_count == 0) return blank();
    if (expression->weight_field < 0) {
        return value_row(
            entity->records[random_range(&run->random, 0, entity->made_count - 1)]);
    }
    if (expression->sum_count != entity->made_count) {
        int64_t sum = 0;
        expression->sums = scope_new(run->main, int64_t, entity->made_count);
        expression->sum_count = (int)entity->made_count;
        for (int64_t i = 0; i < entity->made_count; i++) {
            int64_t weight = entity->records[i]->values[expression->weight_field].integer;
            if (weight > 0) sum += weight;
            expression->sums[i] = sum;
        }
    }
    return value_row(entity->records[random_weighted(&run->random, expression->sums,
                                                     expression->sum_count)]);
}

static struct demo_value child_value(struct run *run, const struct expression *expression,
                                     struct demo_record *self)
{
    const struct entity *entity = expression->entity;
    struct demo_value of = item_value(run, expression, 0, self);
    if (of.kind != DEMO_ROW || !entity->child_first) return blank();
    int64_t first = entity->child_first[of.row->index];
    int64_t last = entity->child_first[of.row->index + 1] - 1;
    if (last < first) return blank();
    return value_row(entity->records[random_range(&run->random, first, last)]);
}

static bool had_lately(const struct demo_record *row, uint32_t number)
{
    int count = row->recent_count < DEMO_RECENT_COUNT ? row->recent_count : DEMO_RECENT_COUNT;
    for (int i = 0; row->recent && i < count; i++) {
        if (row->recent[i] == number) return true;
    }
    return false;
}

static void recent_add(struct run *run, struct demo_record *row, uint32_t number)
{
    if (!row->recent) row->recent = scope_new(run->main, uint32_t, DEMO_RECENT_COUNT);
    row->recent[row->recent_count % DEMO_RECENT_COUNT] = number;
    /* The count only matters below and modulo the size of the ring. */
    row->recent_count++;
    if (row->recent_count == 2 * DEMO_RECENT_COUNT) row->recent_count = DEMO_RECENT_COUNT;
}

static struct demo_value entry_value(struct run *run, const struct expression *expression,
                                     struct demo_record *self)
{
    struct demo_value name = item_value(run, expression, 0, self);
    struct demo_value apart = item_value(run, expression, 1, self);
    const struct entry_table *table = NULL;
    for (int i = 0; name.kind == DEMO_TEXT && i < expression->entry_set->table_count; i++) {
        const struct entry_table *other = &expression->entry_set->tables[i];
        if (str_equal(other->name, name.text)) table = other;
    }
    if (!table) return blank();
    const struct entry *entry = NULL;
    for (int i = 0; i < APART_TRY_COUNT; i++) {
        entry = &table->entries[random_weighted(&run->random, table->sums, table->count)];
        if (apart.kind != DEMO_ROW || !had_lately(apart.row, entry->number)) break;
    }
    if (apart.kind == DEMO_ROW) recent_add(run, apart.row, entry->number);
    return (struct demo_value){ .kind = DEMO_ENTRY, .entry = entry };
}

/* ---- the whole ---- */

static struct demo_value branch_value(struct run *run, struct expression *expression,
                                      struct demo_record *self)
{
    struct demo_value first = item_value(run, expression, 0, self), second;
    switch (expression->kind) {
    case EXPRESSION_CHANCE:
        return item_value(run, expression,
                          random_chance(&run->random, (double)first.integer / 100) ? 1 : 2, self);
    case EXPRESSION_IF:
        return item_value(run, expression, value_is_true(&first) ? 1 : 2, self);
    case EXPRESSION_FIRST:
        for (int i = 1; first.kind == DEMO_BLANK && i < expression->item_count; i++) {
            first = item_value(run, expression, i, self);
        }
        return first;
    default:
        second = item_value(run, expression, 1, self);
        break;
    }
    bool is_it = expression->kind == EXPRESSION_SAME
                     ? value_equal(&first, &second)
                     : first.kind == second.kind && first.kind != DEMO_BLANK &&
                           first.integer < second.integer;
    return (struct demo_value){ .kind = DEMO_BOOL, .integer = is_it };
}

static struct demo_value share_value(struct run *run, const struct expression *expression,
                                     struct demo_record *self)
{
    struct demo_value share = item_value(run, expression, 0, self);
    struct demo_value of = item_value(run, expression, 1, self);
    if (share.kind != DEMO_INT || of.kind != DEMO_INT) return blank();
    double part = (double)share.integer * (double)of.integer / 100;
    return value_int(to_step(part, expression->step, 0, INT64_C(1000000000000)));
}

static struct demo_value drawn_value(struct run *run, struct expression *expression,
                                     struct demo_record *self)
{
    struct demo_random *random = &run->random;
    switch (expression->kind) {
    case EXPRESSION_WORDS:
        return (struct demo_value){
            .kind = DEMO_TEXT,
            .text = expression->words->items[random_weighted(random, expression->words->sums,
                                                             expression->words->count)]
        };
    case EXPRESSION_WEIGHTED:
        return item_value(run, expression,
                          random_weighted(random, expression->sums, expression->item_count),
                          self);
    case EXPRESSION_SHARE:
        return share_value(run, expression, self);
    case EXPRESSION_RANGE:
        return value_int(expression->low +
                         random_range(random, 0,
                                      (expression->high - expression->low) / expression->step) *
                             expression->step);
    default:
        return value_int(to_step(random_lognormal(random, expression->median, expression->sigma),
                                 expression->step, expression->min, expression->max));
    }
}

struct demo_value expression_value(struct run *run, struct expression *expression,
                                   struct demo_record *self)
{
    switch (expression->kind) {
    case EXPRESSION_LITERAL:
        return expression->literal;
    case EXPRESSION_TEXT:
        return text_value(run, expression, self);
    case EXPRESSION_PATH:
        return path_value(run, &expression->path, self);
    case EXPRESSION_CASE:
        return case_value(run, expression, self);
    case EXPRESSION_AGO:
        return ago_value(run, expression, self);
    case EXPRESSION_AFTER:
        return after_value(run, expression, self);
    case EXPRESSION_DATE:
    case EXPRESSION_MONTH_END:
        return date_value(run, expression, self);
    case EXPRESSION_SEQUENCE:
        return sequence_value(run, expression);
    case EXPRESSION_ROW:
        return expression->item_count > 0 ? row_where(run, expression, self)
                                          : row_any(run, expression);
    case EXPRESSION_CHILD:
        return child_value(run, expression, self);
    case EXPRESSION_ENTRY:
        return entry_value(run, expression, self);
    case EXPRESSION_WORDS:
    case EXPRESSION_WEIGHTED:
    case EXPRESSION_RANGE:
    case EXPRESSION_LOGNORMAL:
    case EXPRESSION_SHARE:
        return drawn_value(run, expression, self);
    default:
        return branch_value(run, expression, self);
    }
}
