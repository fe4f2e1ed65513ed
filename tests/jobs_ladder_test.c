/* The stall ladder, from T to T+5d, on a clock that stands where it is put. */
#include <stdatomic.h>

#include "jobs/jobs.h"
#include "tests/test.h"
#include "tests/office.h"

static const char good_log[] =
    "{\"opportunity\":\"%s\",\"conclusion\":\"客户确认预算五十万，要求下周三现场演示\","
    "\"next_action\":\"准备演示环境\"}";
static const char empty_log[] =
    "{\"opportunity\":\"%s\",\"conclusion\":\"已沟通\",\"next_action\":\"继续跟进\"}";

struct story {
    struct office office;
    struct uuid deal;
};

static struct uuid log_write(struct story *story, const char *format)
{
    struct visit visit;
    visit_begin(&visit, &story->office, story->office.rob);
    struct buf json;
    buf_begin(&json, &visit.scope, 4000);
    struct str rest = str_of(format);
    size_t at = str_find(rest, STR("%s"));
    buf_put(&json, str_slice(rest, 0, at));
    uuid_put(&json, story->deal);
    buf_put(&json, str_slice(rest, at + 2, rest.size));
    struct uuid id = visit_create(&visit, "contact_log", json.data);
    CHECK_STR(str_of(visit_error(&visit)), "");
    visit_end(&visit, &story->office);
    return id;
}

static void story_begin(struct story *story)
{
    office_begin(&story->office);
    struct visit visit;
    visit_begin(&visit, &story->office, story->office.rob);
    struct uuid account = visit_create(&visit, "customer", "{\"name\":\"华东器械\"}");
    CHECK_STR(str_of(visit_error(&visit)), "");
    struct str json = scope_format(&visit.scope,
                                   "{\"name\":\"监护仪采购\",\"customer\":\"%s\","
                                   "\"amount\":\"500000.00\"}",
                                   uuid_format(&visit.scope, account).data);
    story->deal = visit_create(&visit, "opportunity", json.data);
    CHECK_STR(str_of(visit_error(&visit)), "");
    visit_end(&visit, &story->office);
    log_write(story, good_log);
}

static void move_to(struct story *story, int64_t hours, int64_t extra_ms)
{
    struct scope scope;
    scope_begin(&scope);
    CHECK(jobs_clock_move(&scope, story->office.engine,
                          OFFICE_START_MS + hours * TIME_HOUR_MS + extra_ms));
    scope_end(&scope);
}

static int64_t open_level(struct story *story)
{
    return office_number(&story->office,
                            "SELECT COALESCE(MAX(level), 0) FROM alert WHERE cleared_at IS NULL");
}

TEST(ladder_rises_at_48_72_and_120_hours)
{
    struct story story;
    story_begin(&story);
    move_to(&story, 48, -TIME_MINUTE_MS);
    CHECK_INT(open_level(&story), LEVEL_NONE);
    move_to(&story, 48, 0);
    CHECK_INT(open_level(&story), LEVEL_YELLOW);
    move_to(&story, 72, -1);
    CHECK_INT(open_level(&story), LEVEL_YELLOW);
    move_to(&story, 72, 0);
    CHECK_INT(open_level(&story), LEVEL_ORANGE);
    office_restart(&story.office);
    move_to(&story, 120, 0);
    CHECK_INT(open_level(&story), LEVEL_RED);
    move_to(&story, 200, 0);
    CHECK_INT(office_number(&story.office, "SELECT COUNT(*) FROM alert"), 1);
    CHECK_INT(office_number(&story.office,
                               "SELECT COUNT(*) FROM message AS m JOIN \"user\" AS u "
                               "ON u.id = m.recipient WHERE u.login = 'sue'"),
              1);
    CHECK_INT(office_number(&story.office,
                               "SELECT COUNT(*) FROM message AS m JOIN \"user\" AS u "
                               "ON u.id = m.recipient WHERE u.login = 'rob'"),
              3);
    office_end(&story.office);
}

TEST(ladder_stands_as_it_stood_when_its_record_is_restored)
{
    struct story story;
    struct visit visit;
    story_begin(&story);
    move_to(&story, 73, 0);
    CHECK_INT(open_level(&story), LEVEL_ORANGE);
    int64_t told = office_number(&story.office, "SELECT COUNT(*) FROM message");
    int64_t tasks = office_number(&story.office, "SELECT COUNT(*) FROM task WHERE done_at IS NULL");
    CHECK(tasks > 0);
    visit_begin(&visit, &story.office, (struct uuid){ { 0 } });
    CHECK(visit_delete(&visit, "opportunity", story.deal));
    visit_end(&visit, &story.office);
    CHECK_INT(open_level(&story), LEVEL_NONE);
    CHECK(office_number(&story.office, "SELECT COUNT(*) FROM task WHERE done_at IS NULL") < tasks);
    move_to(&story, 80, 0);
    visit_begin(&visit, &story.office, (struct uuid){ { 0 } });
    CHECK(visit_restore(&visit, "opportunity", story.deal));
    CHECK_STR(str_of(visit_error(&visit)), "");
    visit_end(&visit, &story.office);
    CHECK_INT(open_level(&story), LEVEL_ORANGE);
    CHECK_INT(office_number(&story.office, "SELECT COUNT(*) FROM task WHERE done_at IS NULL"),
              tasks);
    move_to(&story, 119, 0);
    CHECK_INT(office_number(&story.office, "SELECT COUNT(*) FROM message"), told);
    CHECK_INT(open_level(&story), LEVEL_ORANGE);
    move_to(&story, 120, 0);
    CHECK_INT(open_level(&story), LEVEL_RED);
    CHECK_INT(office_number(&story.office, "SELECT COUNT(*) FROM alert"), 1);
    office_end(&story.office);
}

TEST(ladder_is_cleared_by_substance_only)
{
    struct story story;
    story_begin(&story);
    move_to(&story, 72, 0);
    log_write(&story, empty_log);
    CHECK_INT(open_level(&story), LEVEL_ORANGE);
    log_write(&story, "{\"opportunity\":\"%s\",\"conclusion\":"
                      "\"采购王经理说价格要再降三个点才能上会\",\"next_action\":\"申请特价\"}");
    CHECK_INT(open_level(&story), LEVEL_NONE);
    CHECK_INT(office_number(&story.office,
                               "SELECT COUNT(*) FROM task WHERE alert IS NOT NULL AND "
                               "done_at IS NULL"),
              0);
    move_to(&story, 120, -1);
    CHECK_INT(open_level(&story), LEVEL_NONE);
    move_to(&story, 120, 0);
    CHECK_INT(open_level(&story), LEVEL_YELLOW);
    CHECK_INT(office_number(&story.office, "SELECT COUNT(*) FROM alert"), 2);
    office_end(&story.office);
}

TEST(ladder_skips_levels_passed_while_the_server_was_down)
{
    struct story story;
    story_begin(&story);
    struct scope scope;
    scope_begin(&scope);
    atomic_store(&story.office.clock.fixed_ms, OFFICE_START_MS + 200 * TIME_HOUR_MS);
    CHECK(jobs_run_due(&scope, story.office.engine));
    CHECK(jobs_run_due(&scope, story.office.engine));
    scope_end(&scope);
    CHECK_INT(open_level(&story), LEVEL_RED);
    CHECK_INT(office_number(&story.office, "SELECT COUNT(*) FROM message"), 2);
    CHECK_INT(office_number(&story.office,
                               "SELECT COUNT(*) FROM alert WHERE yellow_at = red_at"),
              1);
    office_end(&story.office);
}
