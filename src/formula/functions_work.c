/*
 * Functions of working time. The calendar is the workspace's own, or the one
 * named by the last argument, which is written as a text so that a name nobody
 * has is found at once. Its sums go into the SQL as arrays (fn_work.c), so a
 * change of the calendar holds from the next query on, and nothing computed with
 * it may be stored.
 */
#include "base/time.h"
#include "formula/fn.h"
#include "formula/inner.h"

/* How many arguments come before the calendar. */
static int own_count(const struct formula_node *node)
{
    int count = 0;
    for (const char *letter = node->function->args; *letter && *letter != '?'; letter++) count++;
    return count;
}

static const struct calendar *calendar_of(const struct schema *schema,
                                          const struct formula_node *node)
{
    int count = own_count(node);
    return node->arg_count > count ? schema_calendar(schema, node->args[count]->text)
                                   : schema->calendar;
}

static bool check_calendar(struct check *check, struct formula_node *node)
{
    int count = own_count(node);
    check->formula->is_live = true;
    if (node->arg_count == count) {
        check->formula->calendars |= 1;
        return true;
    }
    const struct formula_node *name = node->args[count];
    if (!is_text_literal(name)) {
        return check_fail(check, "formula.constant", name, STR(""),
                          str_of(node->function->signature));
    }
    const struct calendar *calendar = calendar_of(check->schema, node);
    if (!calendar) return check_fail(check, "formula.no_calendar", name, name->text, STR(""));
    int64_t bit = 1 + (calendar - check->schema->calendars);
    if (bit > FORMULA_CALENDAR_BIT_MAX) bit = FORMULA_CALENDAR_BIT_MAX;
    check->formula->calendars |= (uint64_t)1 << bit;
    return true;
}

enum { FIRST_DAY = -719162 };

/* The arguments that say how the calendar is, in three groups; fn_work.c says which. */
static void put_days(struct put *put, const struct calendar *calendar)
{
    put_text(put, ", ");
    sql_value(put->sql, calendar->sums);
    sql_putf(put->sql, ", %lld, %d, %d, %lld", (long long)calendar->first_day,
             calendar->week_count, calendar->off, (long long)calendar->plain);
}

static void put_slots(struct put *put, const struct calendar *calendar)
{
    put_text(put, ", ");
    sql_value(put->sql, calendar->slots);
    sql_putf(put->sql, ", %d, %d", calendar->slot_ms, calendar->day_ms);
}

static void put_numbers(struct put *put, const struct calendar *calendar)
{
    put_text(put, ", ");
    sql_value(put->sql, calendar->days);
    sql_putf(put->sql, ", %lld, %lld", (long long)calendar->number, (long long)calendar->nth);
}

/* A column or what is known without a row. */
static bool is_light(const struct put *put, const struct formula_node *node)
{
    int64_t value;
    int scale;
    while (node->kind == NODE_CONVERT) node = node->args[0];
    if (node->kind == NODE_NAME && node->path.count == 1) {
        const struct field *field = node->path.fields[0];
        return field->column.size > 0 && !field->formula;
    }
    return put_constant_time(put, node, &value) || node_constant(node, &value, &scale);
}

/*
 * The beginning of a call, up to the calendar. PostgreSQL writes a function into the query only
 * where arguments that are used more than once are light, so others are made in a row of their
 * own, which OFFSET 0 keeps. True: they are.
 */
static bool call_begin(struct put *put, const char *head, struct formula_node *const *args,
                       int count)
{
    bool is_row = false;
    for (int i = 0; i < count; i++) {
        is_row |= put->context->schema->dialect == DB_POSTGRES && !is_light(put, args[i]);
    }
    if (is_row) put_text(put, "(SELECT ");
    put_text(put, head);
    for (int i = 0; i < count; i++) {
        if (i > 0) put_text(put, ", ");
        if (is_row) {
            sql_putf(put->sql, "v.a%d", i);
        } else {
            put_node(put, args[i]);
        }
    }
    return is_row;
}

static void call_end(struct put *put, bool is_row, struct formula_node *const *args, int count)
{
    put_text(put, ")");
    for (int i = 0; is_row && i < count; i++) {
        put_text(put, i == 0 ? " FROM (SELECT CAST(" : ", CAST("); /* a blank has no type */
        put_node(put, args[i]);
        sql_putf(put->sql, " AS BIGINT) AS a%d", i);
    }
    if (is_row) put_text(put, " OFFSET 0) AS v)");
}

static void put_is_workday(struct put *put, const struct formula_node *node)
{
    put_text(put, "(");
    bool is_row = call_begin(put, "f_is_workday(", node->args, 1);
    put_days(put, calendar_of(put->context->schema, node));
    call_end(put, is_row, node->args, 1);
    put_text(put, " = 1)");
}

static void put_networkdays(struct put *put, const struct formula_node *node)
{
    bool is_row = call_begin(put, "f_networkdays(", node->args, 2);
    put_days(put, calendar_of(put->context->schema, node));
    call_end(put, is_row, node->args, 2);
}

static void put_workday(struct put *put, const struct formula_node *node)
{
    const struct calendar *calendar = calendar_of(put->context->schema, node);
    bool is_row = call_begin(put, "f_workday(", node->args, 2);
    put_days(put, calendar);
    put_numbers(put, calendar);
    call_end(put, is_row, node->args, 2);
}

/* Milliseconds worked before a moment; count 0: before now. */
static void put_worked(struct put *put, const struct formula_node *node,
                       struct formula_node *const *moment, int count)
{
    const struct schema *schema = put->context->schema;
    const struct calendar *calendar = calendar_of(schema, node);
    bool is_row = call_begin(put, "f_worked(", moment, count);
    if (count == 0) sql_int(put->sql, put->context->now_ms);
    sql_putf(put->sql, ", %d", schema->zone_min);
    put_days(put, calendar);
    put_slots(put, calendar);
    call_end(put, is_row, moment, count);
}

static void put_workhours(struct put *put, const struct formula_node *node)
{
    put_text(put, "((");
    if (is_call(node, "WORKHOURS_SINCE")) {
        put_worked(put, node, NULL, 0);
    } else {
        put_worked(put, node, node->args + 1, 1);
    }
    put_text(put, " - ");
    put_worked(put, node, node->args, 1);
    put_text(put, ") / 3600000.0)");
}

/* Both counted from the first day there is, so that the day itself is left out on either side. */
static void put_workdays_since(struct put *put, const struct formula_node *node)
{
    const struct schema *schema = put->context->schema;
    const struct calendar *calendar = calendar_of(schema, node);
    int64_t today = time_local_days(put->context->now_ms, schema->zone_min);
    sql_putf(put->sql, "(f_networkdays(%d, %lld", FIRST_DAY, (long long)today);
    put_days(put, calendar);
    put_text(put, ") - ");
    struct str head = scope_format(put->sql->text.scope, "f_networkdays(%d, ", FIRST_DAY);
    bool is_row = call_begin(put, head.data, node->args, 1);
    put_days(put, calendar);
    call_end(put, is_row, node->args, 1);
    put_text(put, ")");
}

/*
 * What has been worked since x falls, or stays, as x grows. So it is at most v from the first x
 * on at which it is at most v: a bound that is known now, in steps of a millisecond or a day.
 */
static bool bound_of(const struct put *put, const struct formula_node *call, int64_t steps,
                     int64_t *out)
{
    const struct schema *schema = put->context->schema;
    const struct calendar *calendar = calendar_of(schema, call);
    int64_t now_ms = put->context->now_ms;
    if (is_call(call, "WORKHOURS_SINCE")) {
        return fn_work_reached(calendar, schema->zone_min, now_ms, steps, out);
    }
    int64_t today = time_local_days(now_ms, schema->zone_min);
    return fn_work_reached_day(calendar, today, steps, out);
}

bool put_worked_since(struct put *put, const struct formula_node *left, enum op op,
                      const struct formula_node *right)
{
    int64_t units, bound;
    int scale;
    left = number_inside(left);
    bool is_hours = is_call(left, "WORKHOURS_SINCE");
    if (put->is_plain || (!is_hours && !is_call(left, "WORKDAYS_SINCE")) ||
        op == OP_EQUAL || op == OP_DIFFERENT || !node_constant(right, &units, &scale)) {
        return false;
    }
    int64_t unit = is_hours ? TIME_HOUR_MS : 1, below = 1;
    if (units > INT64_MAX / TIME_HOUR_MS || units < INT64_MIN / TIME_HOUR_MS) return false;
    for (; scale > 0; scale--) below *= 10;
    int64_t above = units * unit, floor = above / below - (above % below < 0);
    bool is_whole = above % below == 0;
    /* > v: not at most floor(v); >= v: not at most the step before v; < and <= likewise. */
    bool is_at_most = op == OP_LESS_EQUAL || op == OP_LESS;
    bool is_below = op == OP_LESS || op == OP_MORE_EQUAL;
    if (!bound_of(put, left, floor - (is_below && is_whole), &bound)) return false;
    put_time_bound(put, left->args[0], is_at_most ? OP_MORE_EQUAL : OP_LESS, bound);
    return true;
}

/* The hours of a call as a span. */
static void put_span(struct put *put, const struct formula_node *hours)
{
    bool is_real = hours->type.kind == FORMULA_REAL;
    put_text(put, is_real ? "f_span_real(" : "f_span(");
    put_node(put, hours);
    if (!is_real) sql_putf(put->sql, ", %d", hours->type.scale);
    sql_putf(put->sql, ", %d)", TIME_HOUR_MS);
}

/*
 * PostgreSQL would compute the work that is to be done by then again wherever it is used:
 * OFFSET 0 makes it a row of its own.
 */
static void put_added_rows(struct put *put, const struct formula_node *node,
                           const struct calendar *calendar)
{
    int zone_min = put->context->schema->zone_min;
    sql_putf(put->sql, "(SELECT f_worked_by(w.ms, w.span, w.target, %d, %d, %d", zone_min,
             calendar->week_count, calendar->off);
    put_slots(put, calendar);
    put_numbers(put, calendar);
    sql_putf(put->sql, ") FROM (SELECT v.ms, v.span, f_work_target(v.ms, v.span, %d", zone_min);
    put_days(put, calendar);
    put_slots(put, calendar);
    put_text(put, ") AS target FROM (SELECT CAST(");
    put_node(put, node->args[0]);
    put_text(put, " AS BIGINT) AS ms, ");
    put_span(put, node->args[1]);
    bool is_row = !is_light(put, node->args[0]) || !is_light(put, node->args[1]);
    put_text(put, is_row ? " AS span OFFSET 0) AS v OFFSET 0) AS w)"
                         : " AS span) AS v OFFSET 0) AS w)");
}

static void put_workhours_add(struct put *put, const struct formula_node *node)
{
    const struct schema *schema = put->context->schema;
    const struct calendar *calendar = calendar_of(schema, node);
    if (schema->dialect == DB_POSTGRES) {
        put_added_rows(put, node, calendar);
        return;
    }
    put_text(put, "f_worked_add(");
    put_node(put, node->args[0]);
    put_text(put, ", ");
    put_span(put, node->args[1]);
    sql_putf(put->sql, ", %d", schema->zone_min);
    put_days(put, calendar);
    put_slots(put, calendar);
    put_numbers(put, calendar);
    put_text(put, ")");
}

static const struct function list[] = {
    { .name = "IS_WORKDAY",
      .alias_zh = "是工作日",
      .signature = "IS_WORKDAY(date, [calendar])",
      .args = "d?t",
      .result = FORMULA_BOOLEAN,
      .check = check_calendar,
      .put_condition = put_is_workday,
      .help_zh = "这一天要上班：按工作日历，节假日除外，调休上班日算工作日。",
      .help_en = "The day is worked: by the calendar, its holidays and make-up workdays.",
      .example = "IS_WORKDAY(due_on)" },
    { .name = "NETWORKDAYS",
      .alias_zh = "工作日数",
      .signature = "NETWORKDAYS(from, to, [calendar])",
      .args = "dd?t",
      .result = FORMULA_NUMBER,
      .check = check_calendar,
      .put = put_networkdays,
      .help_zh = "从一天到另一天有几个工作日，两头都算；倒过来为负数。",
      .help_en = "How many working days there are from one day to another, both counted in; "
                 "negative when they are turned round.",
      .example = "NETWORKDAYS(created_at, TODAY())" },
    { .name = "WORKDAY",
      .alias_zh = "工作日",
      .signature = "WORKDAY(date, count, [calendar])",
      .args = "di?t",
      .result = FORMULA_DATE,
      .check = check_calendar,
      .put = put_workday,
      .help_zh = "某天之后第几个工作日；负数为之前。",
      .help_en = "The so many-th working day after a day, or before it.",
      .example = "WORKDAY(TODAY(), 3)" },
    { .name = "WORKHOURS",
      .alias_zh = "工作小时",
      .alias = "WORKHOURS_BETWEEN",
      .signature = "WORKHOURS(from, to, [calendar])",
      .args = "mm?t",
      .result = FORMULA_REAL,
      .check = check_calendar,
      .put = put_workhours,
      .help_zh = "两个时间之间有多少个工作小时，按工作日历的上班时间。",
      .help_en = "How many working hours lie between two moments.",
      .example = "WORKHOURS(created_at, updated_at)" },
    { .name = "WORKHOURS_SINCE",
      .alias_zh = "已过工作小时",
      .signature = "WORKHOURS_SINCE(moment, [calendar])",
      .args = "m?t",
      .result = FORMULA_REAL,
      .check = check_calendar,
      .put = put_workhours,
      .flags = FUNCTION_CLOCK,
      .help_zh = "到现在过了多少个工作小时。",
      .help_en = "How many working hours have passed since.",
      .example = "WORKHOURS_SINCE(created_at) > 16" },
    { .name = "WORKDAYS_SINCE",
      .alias_zh = "已过工作日",
      .signature = "WORKDAYS_SINCE(date, [calendar])",
      .args = "d?t",
      .result = FORMULA_NUMBER,
      .check = check_calendar,
      .put = put_workdays_since,
      .flags = FUNCTION_CLOCK,
      .help_zh = "这一天之后到今天过了几个工作日，今天算在内，当天不算。",
      .help_en = "How many working days have passed since the day: today counts, the day itself "
                 "does not.",
      .example = "WORKDAYS_SINCE(created_at) >= 3" },
    { .name = "WORKHOURS_ADD",
      .alias_zh = "加工作小时",
      .signature = "WORKHOURS_ADD(moment, hours, [calendar])",
      .args = "mn?t",
      .result = FORMULA_DATETIME,
      .check = check_calendar,
      .put = put_workhours_add,
      .help_zh = "过了这么多工作小时之后的时间；负数为之前。",
      .help_en = "The moment by which so many working hours have passed, or before it.",
      .example = "WORKHOURS_ADD(created_at, 8)" },
};

const struct function_group functions_work = { list, sizeof(list) / sizeof(list[0]) };
