/* Arrangements of holidays as they were published, and what is no such thing. */
#include "base/time.h"
#include "schema/calendar.h"
#include "tests/test.h"

static struct calendar_text read(struct scope *scope, const char *text, int year)
{
    struct calendar_text out;
    calendar_text_read(scope, str_of(text), year, &out);
    return out;
}

/* "2026-01-01* 2026-01-04+": off, worked, by day. */
static struct str days_of(struct scope *scope, const struct calendar_text *text)
{
    struct buf out;
    int64_t last = INT64_MIN;
    buf_begin(&out, scope, 64 * 1024);
    for (int n = 0; n < text->day_count; n++) {
        const struct calendar_day *next = NULL;
        for (int i = 0; i < text->day_count; i++) {
            const struct calendar_day *day = &text->days[i];
            if (day->day > last && (!next || day->day < next->day)) next = day;
        }
        if (!next) break;
        if (n > 0) buf_put_char(&out, ' ');
        time_put_date(&out, next->day);
        buf_put_char(&out, next->mark == DAY_OFF ? '*' : '+');
        last = next->day;
    }
    return buf_str(&out);
}

static const char notice[] =
    "国务院办公厅关于2026年部分节假日安排的通知\n"
    "国办发明电〔2025〕7号\r\n"
    "各省、自治区、直辖市人民政府，国务院各部委、各直属机构：\n"
    "　　经国务院批准，现将2026年元旦、春节放假调休日期的具体安排通知如下。\n"
    "　　一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。\n"
    "　　二、春节：2月15日（农历腊月二十八、周日）至17日（农历正月初一、周二）放假调休，共3天。"
    "2月14日（周六）、2月28日（周六）上班。\n"
    "　　七、国庆节、中秋节：10月1日（周四）至2日（周五）放假，共2天。\n"
    "　　节假日期间，各地区、各部门要妥善安排好值班和安全、保卫等工作。\n"
    "国务院办公厅\n"
    "2025年11月4日\n";

TEST(calendar_text_reads_a_notice_as_it_is_published)
{
    struct scope scope;
    scope_begin(&scope);
    struct calendar_text text = read(&scope, notice, 1999);
    CHECK_INT(text.year, 2026);
    CHECK(text.is_whole);
    CHECK_INT(text.refusal_count, 0);
    CHECK_INT(text.passed_count, 7);
    CHECK_STR(days_of(&scope, &text),
              "2026-01-01* 2026-01-02* 2026-01-03* 2026-01-04+ 2026-02-14+ 2026-02-15* "
              "2026-02-16* 2026-02-17* 2026-02-28+ 2026-10-01* 2026-10-02*");
    CHECK_STR(text.days[0].label.zh, "元旦");
    CHECK_STR(text.days[0].label.en, "New Year's Day");
    CHECK_INT(text.days[0].line, 5);
    CHECK_STR(text.days[3].label.zh, "");
    CHECK_STR(text.days[text.day_count - 1].label.en, "National Day, Mid-autumn Festival");
    scope_end(&scope);
}

struct sentence_case {
    const char *text, *days;
    int year;
};

TEST(calendar_text_knows_the_turns_of_other_years)
{
    static const struct sentence_case cases[] = {
        { "元旦：1月1日放假，与周末连休。", "2024-01-01*", 2024 },
        { "一、元旦：1月1日（周三）放假1天，不调休。", "2025-01-01*", 2025 },
        { "清明节：4月5日放假，4月6日（星期一）补休。", "2015-04-05* 2015-04-06*", 2015 },
        { "元旦：2018年12月30日至2019年1月1日放假调休，共3天。2018年12月29日（星期六）上班。",
          "2018-12-29+ 2018-12-30* 2018-12-31* 2019-01-01*", 2019 },
        { "端午节：6月22日至24日放假公休，共3天。", "2012-06-22* 2012-06-23* 2012-06-24*", 2012 },
        { "9月28日、29日上班", "2025-09-28+ 2025-09-29+", 2025 },
        { "2026年1月4日上班", "2026-01-04+", 0 },
        { "1月1日(周四)－3日放假", NULL, 2026 },
        { "2026-05-01..2026-05-03, 节假日, 劳动节\n2026/5/9,上班\n20260510\tworkday",
          "2026-05-01* 2026-05-02* 2026-05-03* 2026-05-09+ 2026-05-10+", 0 },
        { "date,kind,name\n\"2026-12-25\",off,\"Company day\"", "2026-12-25*", 0 },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scope scope;
        scope_begin(&scope);
        struct calendar_text text = read(&scope, cases[i].text, cases[i].year);
        bool is_refused = !cases[i].days;
        CHECK_INT(text.refusal_count, is_refused ? 1 : 0);
        if (!is_refused) CHECK_STR(days_of(&scope, &text), cases[i].days);
        scope_end(&scope);
    }
}

TEST(calendar_text_refuses_what_it_does_not_understand_and_says_why)
{
    static const struct {
        const char *text, *key;
    } cases[] = {
        { "1月1日（周五）放假", "calendar.line_weekday" },
        { "1月1日（周四）至3日放假，共4天", "calendar.line_count" },
        { "1月1日放假2天", "calendar.line_count" },
        { "2月30日放假", "calendar.line_date" },
        { "1月3日至1日放假", "calendar.line_range" },
        { "1月1日至3月1日放假", "calendar.line_range" },
        { "1月1日放假，请大家注意", "calendar.line_unread" },
        { "1月1日", "calendar.line_unread" },
        { "鼓励各单位安排职工在除夕（2月9日）休息", "calendar.line_unread" },
        { "周六照常上班", "calendar.line_unread" },
        { "2026-02-30,holiday,X", "calendar.line_date" },
        { "2026-02-03,party,X", "calendar.line_kind" },
        { "2026-02-03", "calendar.line_kind" },
        { "2026-02-03,off\n2026-02-03,workday", "calendar.line_twice" },
        { "1月1日（周四放假", "calendar.line_unread" },
        { "99999999999999999999月1日放假", "calendar.line_unread" },
    };
    struct scope scope;
    scope_begin(&scope);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct calendar_text text = read(&scope, cases[i].text, 2026);
        if (!CHECK_INT(text.refusal_count, 1)) continue;
        CHECK_STR(str_of(text.refusals[0].key), cases[i].key);
        CHECK(str_find(str_of(cases[i].text), text.refusals[0].text) != SIZE_MAX);
    }
    struct calendar_text unknown = read(&scope, "1月1日放假", 0);
    CHECK_INT(unknown.refusal_count, 1);
    CHECK_STR(str_of(unknown.refusals[0].key), "calendar.line_year");
    scope_end(&scope);
}
