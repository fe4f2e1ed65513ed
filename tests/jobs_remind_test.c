/* Reminders, on a clock that stands where it is put: each step once, to the minute. */
#include <stdatomic.h>

#include "jobs/jobs.h"
#include "tests/test.h"
#include "tests/office.h"

/* The office begins on Monday 2026-03-02 at 09:00; what is promised is due on Thursday at 15:00. */
enum { DUE_HOURS = 78, EVE_HOURS = 57 /* 18:00 */ };
static const int64_t MORNING_MS = 71 * TIME_HOUR_MS + 30 * TIME_MINUTE_MS; /* 08:30 */

struct promise {
    struct office office;
    struct uuid id;
};

static struct uuid promise_make(struct promise *promise, const char *due)
{
    struct visit visit;
    visit_begin(&visit, &promise->office, promise->office.rob);
    struct uuid account = visit_create(&visit, "customer", "{\"name\":\"华东器械\"}");
    struct str json = scope_format(
        &visit.scope, "{\"what\":\"送样机\",\"customer\":\"%s\",\"due_at\":\"%s\"}",
        uuid_format(&visit.scope, account).data, due);
    struct uuid id = visit_create(&visit, "commitment", json.data);
    CHECK_STR(str_of(visit_error(&visit)), "");
    visit_end(&visit, &promise->office);
    return id;
}

static void promise_begin(struct promise *promise)
{
    office_begin(&promise->office);
    promise->id = promise_make(promise, "2026-03-05T15:00:00+08:00");
}

static void change(struct promise *promise, const char *json)
{
    struct visit visit;
    visit_begin(&visit, &promise->office, promise->office.rob);
    CHECK(visit_update(&visit, "commitment", promise->id, json, ""));
    CHECK_STR(str_of(visit_error(&visit)), "");
    visit_end(&visit, &promise->office);
}

static void move_to(struct promise *promise, int64_t after_ms)
{
    struct scope scope;
    scope_begin(&scope);
    CHECK(jobs_clock_move(&scope, promise->office.engine, OFFICE_START_MS + after_ms));
    scope_end(&scope);
}

/* The clock jumps, as over a standstill of the server; then everything due is done twice. */
static void jump_to(struct promise *promise, int64_t after_ms)
{
    struct scope scope;
    scope_begin(&scope);
    atomic_store(&promise->office.clock.fixed_ms, OFFICE_START_MS + after_ms);
    office_restart(&promise->office);
    CHECK(jobs_run_due(&scope, promise->office.engine));
    CHECK(jobs_run_due(&scope, promise->office.engine));
    scope_end(&scope);
}

static int64_t told(struct promise *promise, const char *rule)
{
    struct scope scope;
    scope_begin(&scope);
    int64_t count = office_number(
        &promise->office,
        scope_format(&scope, "SELECT COUNT(*) FROM message WHERE rule = '%s'", rule).data);
    scope_end(&scope);
    return count;
}

TEST(reminder_steps_come_to_the_minute_and_once)
{
    struct promise promise;
    promise_begin(&promise);
    move_to(&promise, EVE_HOURS * TIME_HOUR_MS - 1);
    CHECK_INT(told(&promise, "commitment_reminder"), 0);
    move_to(&promise, EVE_HOURS * TIME_HOUR_MS);
    CHECK_INT(told(&promise, "commitment_reminder"), 1);
    office_restart(&promise.office);
    move_to(&promise, MORNING_MS - 1);
    CHECK_INT(told(&promise, "commitment_reminder"), 1);
    move_to(&promise, MORNING_MS);
    CHECK_INT(told(&promise, "commitment_reminder"), 2);
    CHECK_INT(told(&promise, "commitment_overdue"), 0);
    office_restart(&promise.office);
    move_to(&promise, DUE_HOURS * TIME_HOUR_MS);
    CHECK_INT(told(&promise, "commitment_overdue"), 1);
    move_to(&promise, (int64_t)30 * TIME_DAY_MS);
    CHECK_INT(told(&promise, "commitment_reminder"), 2);
    CHECK_INT(told(&promise, "commitment_overdue"), 1);
    CHECK_INT(office_number(&promise.office,
                            "SELECT COUNT(*) FROM message WHERE level = 1 AND body LIKE "
                            "'%3月5日（周四）15:00%华东器械%Thu 5 Mar 15:00%华东器械%'"),
              1);
    office_end(&promise.office);
}

TEST(reminder_follows_the_moved_moment)
{
    struct promise promise;
    promise_begin(&promise);
    move_to(&promise, MORNING_MS);
    change(&promise, "{\"due_at\":\"2026-03-10T15:00:00+08:00\"}");
    move_to(&promise, EVE_HOURS * TIME_HOUR_MS + 5 * TIME_DAY_MS);
    CHECK_INT(told(&promise, "commitment_reminder"), 3);
    CHECK_INT(told(&promise, "commitment_overdue"), 0);
    /* Back to a moment whose steps were told: they are not told again. */
    change(&promise, "{\"due_at\":\"2026-03-05T15:00:00+08:00\"}");
    change(&promise, "{\"due_at\":\"2026-03-10T15:00:00+08:00\"}");
    move_to(&promise, MORNING_MS + 5 * TIME_DAY_MS);
    CHECK_INT(told(&promise, "commitment_reminder"), 4);
    office_end(&promise.office);
}

TEST(reminder_ends_with_its_condition)
{
    struct promise promise;
    promise_begin(&promise);
    CHECK_INT(office_number(&promise.office, "SELECT COUNT(*) FROM timer"), 2);
    change(&promise, "{\"done_at\":\"2026-03-02T09:00:00+08:00\"}");
    CHECK_INT(office_number(&promise.office, "SELECT COUNT(*) FROM timer"), 0);
    move_to(&promise, (int64_t)30 * TIME_DAY_MS);
    CHECK_INT(told(&promise, "commitment_reminder") + told(&promise, "commitment_overdue"), 0);
    office_end(&promise.office);
}

TEST(reminder_says_nothing_of_steps_before_its_time)
{
    struct promise promise;
    promise_begin(&promise);
    promise_make(&promise, "2026-03-02T11:00:00+08:00");
    promise_make(&promise, "2026-03-01T11:00:00+08:00");
    move_to(&promise, 2 * TIME_HOUR_MS);
    CHECK_INT(told(&promise, "commitment_reminder"), 0);
    CHECK_INT(told(&promise, "commitment_overdue"), 1);
    office_end(&promise.office);
}

TEST(reminder_after_a_standstill_tells_the_latest_and_the_fresh)
{
    struct promise promise;
    promise_begin(&promise);
    jump_to(&promise, MORNING_MS + TIME_HOUR_MS); /* the eve is 15 hours past */
    CHECK_INT(told(&promise, "commitment_reminder"), 1);
    office_end(&promise.office);

    promise_begin(&promise);
    change(&promise, "{\"due_at\":\"2026-03-05T00:10:00+08:00\"}");
    jump_to(&promise, EVE_HOURS * TIME_HOUR_MS + 11 * TIME_HOUR_MS); /* 05:00, eve 11 hours past */
    CHECK_INT(told(&promise, "commitment_reminder"), 1);
    CHECK_INT(told(&promise, "commitment_overdue"), 1);
    office_end(&promise.office);

    promise_begin(&promise);
    jump_to(&promise, (int64_t)40 * TIME_DAY_MS);
    CHECK_INT(told(&promise, "commitment_reminder"), 1);
    CHECK_INT(told(&promise, "commitment_overdue"), 1);
    CHECK_INT(office_number(&promise.office,
                            "SELECT COUNT(*) FROM timer WHERE due_at IS NOT NULL"),
              0);
    office_end(&promise.office);
}

static bool rebuild_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct visit *visit = context;
    return db_exec(scope, conn, STR("DELETE FROM timer"), NULL, 0) &&
           engine_recompute(scope, conn, &visit->context,
                            schema_object(visit->context.snapshot->schema, STR("commitment")));
}

/* The database finds the same next step for many records as the engine for one. */
TEST(reminder_timers_are_the_same_set_wise)
{
    static const char sum[] = "SELECT SUM(due_at * (rule % 97 + 1)) + SUM(since_at) FROM timer";
    struct promise promise;
    promise_begin(&promise);
    promise_make(&promise, "2026-03-03T00:00:00+08:00");
    promise_make(&promise, "2026-03-03T23:59:59+08:00");
    promise_make(&promise, "2026-03-02T10:00:00+08:00");
    promise_make(&promise, "2026-02-02T10:00:00+08:00");
    int64_t before = office_number(&promise.office, sum);
    struct visit visit;
    visit_begin(&visit, &promise.office, (struct uuid){ { 0 } });
    CHECK(db_write_wait(&visit.scope, engine_db(promise.office.engine), rebuild_run, &visit));
    visit_end(&visit, &promise.office);
    CHECK_INT(office_number(&promise.office, "SELECT COUNT(*) FROM timer"), 10);
    CHECK_INT(office_number(&promise.office, sum), before);
    office_end(&promise.office);
}
