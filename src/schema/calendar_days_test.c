/* Calendars changed day by day: what is said of one day moves no other. */
#include "base/time.h"
#include "schema/calendar.h"
#include "schema/schema_fixture_test.h"
#include "tests/test.h"

static struct calendar_day day(const char *on, enum day_mark mark, const char *name)
{
    struct calendar_day out = { .mark = mark, .label = { str_of(name), str_of(name) } };
    CHECK(time_parse_date(str_of(on), &out.day));
    return out;
}

static struct str put(struct scope *scope, const char *body, const struct calendar_day *days,
                      int count, int year)
{
    struct json tree = quoted(scope, body);
    CHECK(calendar_days_put(scope, &tree, days, count, &year, year == 0 ? 0 : 1));
    return json_to_text(scope, &tree);
}

TEST(calendar_days_leave_what_is_not_theirs_as_it_was_written)
{
    struct scope scope;
    scope_begin(&scope);
    static const char body[] = "{'holidays':[{'on':'2026-05-01..2026-05-05','label':{'zh':'五一',"
                               "'en':'五一'}}],'workdays':['2026-04-26','2026-05-09']}";
    struct calendar_day middle[] = { day("2026-05-03", DAY_PLAIN, "") };
    CHECK_STR(put(&scope, body, middle, 1, 0),
              "{\"holidays\":[{\"on\":\"2026-05-01..2026-05-02\",\"label\":{\"zh\":\"五一\","
              "\"en\":\"五一\"}},{\"on\":\"2026-05-04..2026-05-05\",\"label\":{\"zh\":\"五一\","
              "\"en\":\"五一\"}}],\"workdays\":[\"2026-04-26\",\"2026-05-09\"]}");
    struct calendar_day next[] = { day("2026-05-06", DAY_OFF, "五一"),
                                   day("2026-05-07", DAY_WORKED, ""),
                                   day("2026-05-10", DAY_WORKED, "") };
    CHECK_STR(put(&scope, body, next, 3, 0),
              "{\"holidays\":[{\"on\":\"2026-05-01..2026-05-06\",\"label\":{\"zh\":\"五一\","
              "\"en\":\"五一\"}}],\"workdays\":[\"2026-04-26\",\"2026-05-09\",\"2026-05-10\"]}");
    CHECK_STR(put(&scope, body, NULL, 0, 2026), "{}");
    CHECK_STR(put(&scope, body, NULL, 0, 2025).size > 60 ? STR("kept") : STR(""), "kept");
    scope_end(&scope);
}

/* New Year's Eve belongs to the arrangement of the year that its holiday ends in. */
TEST(calendar_days_of_a_year_are_those_that_end_in_it)
{
    struct scope scope;
    scope_begin(&scope);
    static const char body[] = "{'holidays':['2022-12-31..2023-01-02']}";
    CHECK_STR(put(&scope, body, NULL, 0, 2022),
              "{\"holidays\":[{\"on\":\"2022-12-31..2023-01-02\"}]}");
    CHECK_STR(put(&scope, body, NULL, 0, 2023), "{}");
    scope_end(&scope);
}

TEST(calendar_difference_tells_days_weeks_and_hours)
{
    struct scope scope;
    struct calendar_difference difference;
    scope_begin(&scope);
    struct json before = quoted(&scope, "{'holidays':['2026-05-01']}");
    struct json after = quoted(&scope, "{'holidays':['2026-05-04'],'workdays':['2026-05-09'],"
                                       "'hours':['08:00-12:00']}");
    if (!CHECK(calendar_compare(&scope, &before, &after, &difference))) return;
    CHECK_INT(difference.count, 3);
    CHECK_INT(difference.worked, 1); /* Friday and Saturday are worked, Monday is not */
    CHECK(difference.is_other_hours && !difference.is_other_week);
    CHECK(difference.changes[0].is_worked && !difference.changes[0].was_worked);
    scope_end(&scope);
}

TEST(calendar_hours_of_a_day_are_bounded)
{
    struct scope scope;
    struct buf text;
    struct calendar_day *days;
    int count;
    scope_begin(&scope);
    for (int most = 48; most <= 49; most++) {
        buf_begin(&text, &scope, 4096);
        buf_put(&text, STR("{'hours':['09:00-10:00'"));
        for (int i = 1; i < most; i++) buf_put(&text, STR(",'09:00-10:00'"));
        buf_put(&text, STR("]}"));
        struct json body = quoted(&scope, text.data);
        CHECK_INT(calendar_days(&scope, &body, &days, &count), most == 48);
    }
    CHECK_STR(scope.error.first->field, "hours");
    scope_end(&scope);
}

TEST(calendar_undo_takes_back_its_own_days_only)
{
    struct scope scope;
    int64_t conflict;
    scope_begin(&scope);
    struct json before = quoted(&scope, "{}");
    struct json after = quoted(&scope, "{'holidays':['2026-05-01']}");
    struct json now = quoted(&scope, "{'holidays':['2026-05-01','2027-05-03']}");
    CHECK(calendar_days_undo(&scope, &before, &after, &now, &conflict));
    CHECK_INT(conflict, INT64_MIN);
    CHECK_STR(json_to_text(&scope, &now), "{\"holidays\":[{\"on\":\"2027-05-03\"}]}");
    CHECK_STR(json_to_text(&scope, &before), json_to_text(&scope, &after).data);
    struct json other = quoted(&scope, "{'holidays':[{'on':'2026-05-01','label':'X'}]}");
    before = quoted(&scope, "{}");
    after = quoted(&scope, "{'holidays':['2026-05-01']}");
    CHECK(calendar_days_undo(&scope, &before, &after, &other, &conflict));
    CHECK_INT(conflict, day("2026-05-01", DAY_PLAIN, "").day);
    scope_end(&scope);
}
