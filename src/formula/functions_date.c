/*
 * Functions of days and moments. Days are those of the workspace's zone; a
 * moment where a date is wanted counts as its local date. What has elapsed is
 * exact in milliseconds; comparing it with a constant becomes a range of the
 * field itself (put_time.c).
 */
#include "base/time.h"
#include "formula/inner.h"

static void put_now(struct put *put, const struct formula_node *node)
{
    (void)node;
    sql_int(put->sql, put->context->now_ms);
}

static void put_today(struct put *put, const struct formula_node *node)
{
    (void)node;
    sql_int(put->sql, time_local_days(put->context->now_ms, put->context->schema->zone_min));
}

/* (to - from) / unit, either side a node or now. */
static void put_span(struct put *put, const struct formula_node *from,
                     const struct formula_node *to, const char *unit)
{
    put_text(put, "((");
    if (to) {
        put_node(put, to);
    } else {
        sql_int(put->sql, put->context->now_ms);
    }
    put_text(put, " - ");
    put_node(put, from);
    put_text(put, ")");
    put_text(put, unit);
    put_text(put, ")");
}

static void put_hours_since(struct put *put, const struct formula_node *node)
{
    put_span(put, node->args[0], NULL, " / 3600000.0");
}

static void put_hours_between(struct put *put, const struct formula_node *node)
{
    put_span(put, node->args[0], node->args[1], " / 3600000.0");
}

static void put_days_between(struct put *put, const struct formula_node *node)
{
    put_span(put, node->args[0], node->args[1], "");
}

/* Of a date: whole days; of a moment: days with their fraction. */
static bool check_days_since(struct check *check, struct formula_node *node)
{
    if (node->args[0]->type.kind == FORMULA_DATE) {
        node->type = (struct formula_type){ .kind = FORMULA_NUMBER };
        return true;
    }
    struct formula_type moment = { .kind = FORMULA_DATETIME };
    return check_convert(check, &node->args[0], moment);
}

static void put_days_since(struct put *put, const struct formula_node *node)
{
    if (node->type.kind == FORMULA_REAL) {
        put_span(put, node->args[0], NULL, " / 86400000.0");
        return;
    }
    put_text(put, "(");
    put_today(put, node);
    put_text(put, " - ");
    put_node(put, node->args[0]);
    put_text(put, ")");
}

static bool check_days(struct check *check, struct formula_node *node)
{
    (void)check;
    node->type = node->args[0]->type;
    return true;
}

static void put_days(struct put *put, const struct formula_node *node)
{
    put_node(put, node->args[0]);
}

static void put_duration(struct put *put, const struct formula_node *node, int unit_ms)
{
    const struct formula_node *count = node->args[0];
    bool is_real = count->type.kind == FORMULA_REAL;
    put_text(put, is_real ? "f_span_real(" : "f_span(");
    put_node(put, count);
    if (is_real) {
        sql_putf(put->sql, ", %d)", unit_ms);
    } else {
        sql_putf(put->sql, ", %d, %d)", count->type.scale, unit_ms);
    }
}

static void put_hours(struct put *put, const struct formula_node *node)
{
    put_duration(put, node, TIME_HOUR_MS);
}

static void put_minutes(struct put *put, const struct formula_node *node)
{
    put_duration(put, node, TIME_MINUTE_MS);
}

static void put_seconds(struct put *put, const struct formula_node *node)
{
    put_duration(put, node, 1000);
}

/* Weekday and week number know Excel's ways of counting; which one is written as a number. */
static bool check_way(struct check *check, struct formula_node *node)
{
    static const struct {
        const char *function;
        int ways[4];
    } known[] = { { "WEEKDAY", { 1, 2, 3, 0 } }, { "WEEKNUM", { 1, 2, 21, 0 } } };
    if (node->arg_count == 1) return true;
    int64_t way;
    int scale;
    bool is_constant = node_constant(node->args[1], &way, &scale) && scale == 0;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]) && is_constant; i++) {
        if (!is_call(node, known[i].function)) continue;
        for (int j = 0; known[i].ways[j] != 0; j++) {
            if (known[i].ways[j] == way) return true;
        }
    }
    return check_fail(check, "formula.constant", node->args[1], STR(""),
                      str_of(node->function->signature));
}

static void put_way(struct put *put, const struct formula_node *node, const char *function)
{
    put_text(put, function);
    put_text(put, "(");
    put_node(put, node->args[0]);
    put_text(put, ", ");
    if (node->arg_count == 2) {
        put_node(put, node->args[1]);
    } else {
        put_text(put, "1");
    }
    put_text(put, ")");
}

static void put_weekday(struct put *put, const struct formula_node *node)
{
    put_way(put, node, "f_weekday");
}

static void put_weeknum(struct put *put, const struct formula_node *node)
{
    put_way(put, node, "f_weeknum");
}

static void put_zoned(struct put *put, const struct formula_node *node, const char *function)
{
    put_text(put, function);
    put_text(put, "(");
    put_node(put, node->args[0]);
    sql_putf(put->sql, ", %d)", put->context->schema->zone_min);
}

static void put_hour(struct put *put, const struct formula_node *node)
{
    put_zoned(put, node, "f_hour");
}

static void put_minute(struct put *put, const struct formula_node *node)
{
    put_zoned(put, node, "f_minute");
}

static void put_second(struct put *put, const struct formula_node *node)
{
    put_zoned(put, node, "f_second");
}

static void put_quarter(struct put *put, const struct formula_node *node)
{
    put_text(put, "((f_month(");
    put_node(put, node->args[0]);
    put_text(put, ") + 2) / 3)");
}

/* The date moved so that the fiscal year it is in becomes the calendar year that year ends in. */
static void put_fiscal_date(struct put *put, const struct formula_node *node)
{
    put_text(put, "f_edate(");
    put_node(put, node->args[0]);
    put_text(put, ", CASE ");
    put_node(put, node->args[1]);
    put_text(put, " WHEN 1 THEN 0");
    for (int month = 2; month <= 12; month++) {
        sql_putf(put->sql, " WHEN %d THEN %d", month, 13 - month);
    }
    put_text(put, " END)");
}

static void put_fiscalyear(struct put *put, const struct formula_node *node)
{
    put_text(put, "f_year(");
    put_fiscal_date(put, node);
    put_text(put, ")");
}

static void put_fiscalquarter(struct put *put, const struct formula_node *node)
{
    put_text(put, "((f_month(");
    put_fiscal_date(put, node);
    put_text(put, ") + 2) / 3)");
}

static void put_isoweeknum(struct put *put, const struct formula_node *node)
{
    put_text(put, "f_weeknum(");
    put_node(put, node->args[0]);
    put_text(put, ", 21)");
}

/* The unit is written, so that a misspelt one is found while the author is there. */
static bool check_datedif(struct check *check, struct formula_node *node)
{
    static const char *const units[] = { "Y", "M", "D", "YM", "YD", "MD" };
    const struct formula_node *unit = node->args[2];
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (is_text_literal(unit) && str_equal_nocase(unit->text, str_of(units[i]))) return true;
    }
    return check_fail(check, "formula.constant", unit, STR(""),
                      STR("\"Y\", \"M\", \"D\", \"YM\", \"YD\", \"MD\""));
}

static void put_datetime(struct put *put, const struct formula_node *node)
{
    put_zoned(put, node, "f_datetime");
}

/* A moment written in the formula is checked now, not when it is too late. */
static bool check_datetime(struct check *check, struct formula_node *node)
{
    int64_t time_ms;
    const struct formula_node *text = node->args[0];
    if (!is_text_literal(text) || time_parse(text->text, check->schema->zone_min, &time_ms)) {
        return true;
    }
    return check_fail(check, "formula.no_time", text, text->text, STR(""));
}

enum date_unit { UNIT_DAY, UNIT_WEEK, UNIT_MONTH, UNIT_QUARTER, UNIT_YEAR, UNIT_NONE };

static enum date_unit unit_of(const struct formula_node *node)
{
    static const char *const names[] = { "day", "week", "month", "quarter", "year" };
    int unit = UNIT_DAY;
    if (!is_text_literal(node)) return UNIT_NONE;
    while (unit < UNIT_NONE && !str_equal_nocase(node->text, str_of(names[unit]))) unit++;
    return (enum date_unit)unit;
}

/* The last argument is a unit; written, so that a misspelt one is found. */
static bool check_unit(struct check *check, struct formula_node *node)
{
    const struct formula_node *unit = node->args[node->arg_count - 1];
    if (unit_of(unit) != UNIT_NONE) return true;
    return check_fail(check, "formula.constant", unit, STR(""),
                      STR("\"day\", \"week\", \"month\", \"quarter\", \"year\""));
}

static void put_dateadd(struct put *put, const struct formula_node *node)
{
    static const int counts[] = { 1, 7, 1, 3, 12 };
    enum date_unit unit = unit_of(node->args[2]);
    put_text(put, unit < UNIT_MONTH ? "f_date_add(" : "f_edate(");
    put_node(put, node->args[0]);
    put_text(put, ", f_mul(");
    put_node(put, node->args[1]);
    sql_putf(put->sql, ", %d, 0)%s)", counts[unit], unit < UNIT_MONTH ? ", 1" : "");
}

static void put_datetrunc(struct put *put, const struct formula_node *node)
{
    const struct formula_node *date = node->args[0];
    enum date_unit unit = unit_of(node->args[1]);
    if (unit == UNIT_DAY) {
        put_node(put, date);
        return;
    }
    if (unit == UNIT_WEEK) { /* weekdays from Monday 0 */
        put_text(put, "f_date_add(");
        put_node(put, date);
        put_text(put, ", f_weekday(");
        put_node(put, date);
        put_text(put, ", 3), -1)");
        return;
    }
    put_text(put, "f_date(f_year(");
    put_node(put, date);
    if (unit == UNIT_YEAR) {
        put_text(put, "), 1, 1)");
        return;
    }
    put_text(put, unit == UNIT_MONTH ? "), f_month(" : "), (f_month(");
    put_node(put, date);
    put_text(put, unit == UNIT_MONTH ? "), 1)" : ") - 1) / 3 * 3 + 1, 1)");
}

static const struct function list[] = {
    { .name = "NOW",
      .alias_zh = "现在",
      .signature = "NOW()",
      .args = "",
      .result = FORMULA_DATETIME,
      .put = put_now,
      .flags = FUNCTION_CLOCK,
      .help_zh = "现在的日期和时间。",
      .help_en = "The present moment.",
      .example = "NOW()" },
    { .name = "TODAY",
      .alias_zh = "今天",
      .signature = "TODAY()",
      .args = "",
      .result = FORMULA_DATE,
      .put = put_today,
      .flags = FUNCTION_CLOCK,
      .help_zh = "今天的日期。",
      .help_en = "Today's date.",
      .example = "due_on < TODAY()" },
    { .name = "HOURS_SINCE",
      .alias_zh = "已过小时",
      .signature = "HOURS_SINCE(moment)",
      .args = "m",
      .result = FORMULA_REAL,
      .put = put_hours_since,
      .flags = FUNCTION_CLOCK,
      .help_zh = "到现在过了多少小时。",
      .help_en = "Hours from then to now.",
      .example = "HOURS_SINCE(updated_at) > 48" },
    { .name = "DAYS_SINCE",
      .alias_zh = "已过天数",
      .signature = "DAYS_SINCE(moment)",
      .args = "*",
      .result = FORMULA_REAL,
      .check = check_days_since,
      .put = put_days_since,
      .flags = FUNCTION_CLOCK,
      .help_zh = "到现在过了多少天；日期按整天算。",
      .help_en = "Days from then to now; whole days for a date.",
      .example = "DAYS_SINCE(created_at) > 7" },
    { .name = "HOURS_BETWEEN",
      .alias_zh = "相隔小时",
      .signature = "HOURS_BETWEEN(from, to)",
      .args = "mm",
      .result = FORMULA_REAL,
      .put = put_hours_between,
      .help_zh = "从前者到后者多少小时。",
      .help_en = "Hours from the first to the second.",
      .example = "HOURS_BETWEEN(created_at, closed_at)" },
    { .name = "DAYS_BETWEEN",
      .alias_zh = "相隔天数",
      .signature = "DAYS_BETWEEN(from, to)",
      .args = "dd",
      .result = FORMULA_NUMBER,
      .put = put_days_between,
      .help_zh = "从前者到后者多少个日历日。",
      .help_en = "Calendar days from the first to the second.",
      .example = "DAYS_BETWEEN(created_at, TODAY()) > 30" },
    { .name = "HOURS",
      .alias_zh = "小时",
      .signature = "HOURS(count)",
      .args = "n",
      .result = FORMULA_DURATION,
      .put = put_hours,
      .help_zh = "若干小时，用来加减时间。",
      .help_en = "So many hours, to add to a moment.",
      .example = "due_at + HOURS(24)" },
    { .name = "MINUTES",
      .alias_zh = "分钟",
      .signature = "MINUTES(count)",
      .args = "n",
      .result = FORMULA_DURATION,
      .put = put_minutes,
      .help_zh = "若干分钟，用来加减时间。",
      .help_en = "So many minutes, to add to a moment.",
      .example = "due_at - MINUTES(30)" },
    { .name = "SECONDS",
      .alias_zh = "秒数",
      .signature = "SECONDS(count)",
      .args = "n",
      .result = FORMULA_DURATION,
      .put = put_seconds,
      .help_zh = "若干秒，用来加减时间。",
      .help_en = "So many seconds, to add to a moment.",
      .example = "due_at + SECONDS(90)" },
    { .name = "DAYS",
      .alias_zh = "天",
      .signature = "DAYS(count)",
      .args = "n",
      .check = check_days,
      .put = put_days,
      .help_zh = "若干天，用来加减日期和时间。",
      .help_en = "So many days, to add to a date or moment.",
      .example = "due_on + DAYS(7)" },
    { .name = "YEAR",
      .alias_zh = "年",
      .signature = "YEAR(date)",
      .args = "d",
      .result = FORMULA_NUMBER,
      .sql = "f_year",
      .help_zh = "年份。",
      .help_en = "The year.",
      .example = "YEAR(closed_at)" },
    { .name = "MONTH",
      .alias_zh = "月",
      .signature = "MONTH(date)",
      .args = "d",
      .result = FORMULA_NUMBER,
      .sql = "f_month",
      .help_zh = "月份，1 到 12。",
      .help_en = "The month, 1 to 12.",
      .example = "MONTH(closed_at)" },
    { .name = "DAY",
      .alias_zh = "日",
      .signature = "DAY(date)",
      .args = "d",
      .result = FORMULA_NUMBER,
      .sql = "f_day",
      .help_zh = "几号，1 到 31。",
      .help_en = "The day of the month, 1 to 31.",
      .example = "DAY(TODAY())" },
    { .name = "HOUR",
      .alias_zh = "时",
      .signature = "HOUR(moment)",
      .args = "m",
      .result = FORMULA_NUMBER,
      .put = put_hour,
      .help_zh = "几点，0 到 23。",
      .help_en = "The hour, 0 to 23.",
      .example = "HOUR(created_at)" },
    { .name = "MINUTE",
      .alias_zh = "分",
      .signature = "MINUTE(moment)",
      .args = "m",
      .result = FORMULA_NUMBER,
      .put = put_minute,
      .help_zh = "分钟，0 到 59。",
      .help_en = "The minute, 0 to 59.",
      .example = "MINUTE(created_at)" },
    { .name = "SECOND",
      .alias_zh = "秒",
      .signature = "SECOND(moment)",
      .args = "m",
      .result = FORMULA_NUMBER,
      .put = put_second,
      .help_zh = "秒，0 到 59。",
      .help_en = "The second, 0 to 59.",
      .example = "SECOND(created_at)" },
    { .name = "QUARTER",
      .alias_zh = "季度",
      .signature = "QUARTER(date)",
      .args = "d",
      .result = FORMULA_NUMBER,
      .put = put_quarter,
      .help_zh = "第几季度，1 到 4。",
      .help_en = "The quarter, 1 to 4.",
      .example = "QUARTER(created_at)" },
    { .name = "FISCALYEAR",
      .alias_zh = "财年",
      .signature = "FISCALYEAR(date, first_month)",
      .args = "di",
      .result = FORMULA_NUMBER,
      .put = put_fiscalyear,
      .help_zh = "财年，以结束的那一年为名；第二个参数是财年开始的月份。",
      .help_en = "The fiscal year, named after the year it ends in; it begins with the month "
                 "given.",
      .example = "FISCALYEAR(created_at, 4)" },
    { .name = "FISCALQUARTER",
      .alias_zh = "财季",
      .signature = "FISCALQUARTER(date, first_month)",
      .args = "di",
      .result = FORMULA_NUMBER,
      .put = put_fiscalquarter,
      .help_zh = "财年的第几季度，1 到 4；第二个参数是财年开始的月份。",
      .help_en = "The quarter of the fiscal year, 1 to 4; the year begins with the month given.",
      .example = "FISCALQUARTER(created_at, 4)" },
    { .name = "ISOWEEKNUM",
      .alias_zh = "国际周数",
      .signature = "ISOWEEKNUM(date)",
      .args = "d",
      .result = FORMULA_NUMBER,
      .put = put_isoweeknum,
      .help_zh = "国际标准的周数：周一开始，第一周含一月四日。",
      .help_en = "The ISO week: from Monday; week 1 has January 4 in it.",
      .example = "ISOWEEKNUM(created_at)" },
    { .name = "DATEDIF",
      .alias_zh = "日期差",
      .signature = "DATEDIF(from, to, unit)",
      .args = "ddt",
      .result = FORMULA_NUMBER,
      .sql = "f_datedif",
      .check = check_datedif,
      .help_zh = "两个日期相差的整年 \"Y\"、整月 \"M\" 或天数 \"D\"；\"YM\"、\"YD\"、\"MD\" "
                 "为去掉整年或整月后的月数或天数；开始晚于结束时为空。",
      .help_en = "Whole years \"Y\", months \"M\" or days \"D\" between two dates; \"YM\", "
                 "\"YD\" and \"MD\" are what is left beyond whole years or months; blank when "
                 "the first is later.",
      .example = "DATEDIF(created_at, TODAY(), \"M\")" },
    { .name = "WEEKDAY",
      .alias_zh = "星期",
      .signature = "WEEKDAY(date, [1|2|3])",
      .args = "d?i",
      .result = FORMULA_NUMBER,
      .check = check_way,
      .put = put_weekday,
      .help_zh = "星期几：1 时周日为 1；2 时周一为 1；3 时周一为 0。",
      .help_en = "The weekday: 1 counts from Sunday = 1, 2 from Monday = 1, 3 from Monday = 0.",
      .example = "WEEKDAY(TODAY(), 2) > 5" },
    { .name = "WEEKNUM",
      .alias_zh = "周数",
      .signature = "WEEKNUM(date, [1|2|21])",
      .args = "d?i",
      .result = FORMULA_NUMBER,
      .check = check_way,
      .put = put_weeknum,
      .help_zh = "一年的第几周：1 从周日起；2 从周一起；21 为 ISO 周。",
      .help_en = "The week of the year: 1 from Sunday, 2 from Monday, 21 the ISO week.",
      .example = "WEEKNUM(created_at, 21)" },
    { .name = "DATE",
      .alias_zh = "日期",
      .signature = "DATE(year, month, day)",
      .args = "iii",
      .result = FORMULA_DATE,
      .sql = "f_date",
      .help_zh = "由年月日组成的日期；超出的月和日顺延。",
      .help_en = "The date of year, month and day; what is over goes on into the next.",
      .example = "DATE(2026, 3, 2)" },
    { .name = "DATETIME",
      .alias_zh = "日期时间",
      .signature = "DATETIME(text)",
      .args = "t",
      .result = FORMULA_DATETIME,
      .check = check_datetime,
      .put = put_datetime,
      .help_zh = "文字写出的时间，例如 \"2026-03-02 09:00\"。",
      .help_en = "The moment a text spells, such as \"2026-03-02T09:00:00+08:00\".",
      .example = "DATETIME(\"2026-03-02T09:00:00+08:00\")" },
    { .name = "DATEADD",
      .alias_zh = "日期加",
      .signature = "DATEADD(date, count, \"day|week|month|quarter|year\")",
      .args = "dit",
      .result = FORMULA_DATE,
      .check = check_unit,
      .put = put_dateadd,
      .help_zh = "加上若干天、周、月、季或年，负数为减；月末不足时取当月最后一天。",
      .help_en = "So many days, weeks, months, quarters or years later, or before; the last of the "
                 "month where the day is missing.",
      .example = "DATEADD(due_on, 2, \"week\")" },
    { .name = "DATETRUNC",
      .alias_zh = "日期截断",
      .signature = "DATETRUNC(date, \"week|month|quarter|year\")",
      .args = "dt",
      .result = FORMULA_DATE,
      .check = check_unit,
      .put = put_datetrunc,
      .help_zh = "所在周（周一）、月、季或年的第一天。",
      .help_en = "The first day of the week (a Monday), month, quarter or year it is in.",
      .example = "DATETRUNC(TODAY(), \"quarter\")" },
    { .name = "EDATE",
      .alias_zh = "月份偏移",
      .signature = "EDATE(date, months)",
      .args = "di",
      .result = FORMULA_DATE,
      .sql = "f_edate",
      .help_zh = "若干个月之后（负数为之前）的同一天，没有这一天时取月末。",
      .help_en = "The same day so many months later, or the last day of that month.",
      .example = "EDATE(TODAY(), 3)" },
    { .name = "EOMONTH",
      .alias_zh = "月末",
      .signature = "EOMONTH(date, months)",
      .args = "di",
      .result = FORMULA_DATE,
      .sql = "f_eomonth",
      .help_zh = "若干个月之后那个月的最后一天。",
      .help_en = "The last day of the month so many months later.",
      .example = "EOMONTH(TODAY(), 0)" },
};

const struct function_group functions_date = { list, sizeof(list) / sizeof(list[0]) };
