/* Calendars as configuration: what is refused, which one counts, what the sums say. */
#include "base/time.h"
#include "schema/schema_fixture_test.h"
#include "tests/test.h"

static bool refused(struct workspace *w, const char *body, const char *member)
{
    return !workspace_put(w, "calendar", "bad", body) &&
           workspace_refused(w, "schema.calendar", member);
}

TEST(calendar_refuses_what_it_cannot_read)
{
    struct workspace w;
    if (!CHECK(workspace_begin(&w))) return;
    CHECK(refused(&w, "{'days':[]}", "days"));
    CHECK(refused(&w, "{'days':['monday']}", "days"));
    CHECK(refused(&w, "{'days':'mon'}", "days"));
    CHECK(refused(&w, "{'days':[1]}", "days"));
    CHECK(refused(&w, "{'hours':['09:00-09:00']}", "hours"));
    CHECK(refused(&w, "{'hours':['09:00-24:01']}", "hours"));
    CHECK(refused(&w, "{'hours':['9:00-12:00']}", "hours"));
    CHECK(refused(&w, "{'hours':[]}", "hours"));
    CHECK(refused(&w, "{'holidays':['2026-02-30']}", "holidays"));
    CHECK(refused(&w, "{'holidays':['2026-02-02..2026-02-01']}", "holidays"));
    CHECK(refused(&w, "{'holidays':['2026-02-02..2028-02-01']}", "holidays"));
    CHECK(refused(&w, "{'holidays':['0001-01-01','2026-01-01']}", "holidays"));
    CHECK(refused(&w, "{'holidays':[{'label':'x'}]}", "holidays"));
    CHECK(refused(&w, "{'workdays':[7]}", "workdays"));
    CHECK(refused(&w, "{'workdays':{}}", "workdays"));
    CHECK_INT(w.schema->calendar_count, 0);
    workspace_end(&w);
}

TEST(calendar_of_the_workspace_is_the_marked_one)
{
    struct workspace w;
    if (!CHECK(workspace_begin(&w))) return;
    CHECK_INT(w.schema->calendar->week_count, 5); /* nobody set one up */
    CHECK_INT(w.schema->calendar->day_ms, 8 * TIME_HOUR_MS);
    CHECK(workspace_put(&w, "calendar", "b", "{'days':['sat'],'hours':['00:00-24:00']}"));
    CHECK_STR(w.schema->calendar->name, "b");
    CHECK_INT(w.schema->calendar->week_mask, 1 << 5);
    CHECK_INT(w.schema->calendar->day_ms, TIME_DAY_MS);
    CHECK(workspace_put(&w, "calendar", "a", "{}"));
    CHECK_STR(w.schema->calendar->name, "a");
    CHECK(workspace_put(&w, "calendar", "c", "{'default':true,'label':{'zh':'三班'}}"));
    CHECK_STR(w.schema->calendar->name, "c");
    CHECK_STR(w.schema->calendar->label.zh, "三班");
    CHECK(schema_calendar(w.schema, STR("b")) && !schema_calendar(w.schema, STR("d")));
    CHECK(workspace_drop(&w, "calendar", "c"));
    CHECK_STR(w.schema->calendar->name, "a");
    workspace_end(&w);
}

TEST(calendar_counts_what_differs_from_plain_weeks)
{
    struct workspace w;
    if (!CHECK(workspace_begin(&w))) return;
    CHECK(workspace_put(&w, "calendar", "a",
                        "{'holidays':['2026-02-15..2026-02-23','2026-02-18'],"
                        "'workdays':['2026-02-14','2026-02-18','2026-02-28']}"));
    const struct calendar *calendar = w.schema->calendar;
    int64_t first;
    CHECK(time_parse_date(STR("2026-02-09"), &first)); /* the Monday before the 14th */
    CHECK_INT(calendar->first_day, first);
    CHECK_INT(calendar->day_count, 3 * 7);
    CHECK_INT(ints_count(calendar->days.text), 12); /* 9 … 14, 18 (worked wins), 24 … 28 */
    CHECK_INT(calendar->off, -3);         /* two Saturdays more, five days less */
    workspace_end(&w);
}
