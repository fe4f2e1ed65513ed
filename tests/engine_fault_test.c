/*
 * The storage fails at its n-th touch, for every n until the work goes through:
 * after each failure every table is exactly as before, and what went through went
 * through once.
 */
#include <stdatomic.h>

#include "tests/test.h"
#include "tests/trace.h"

enum { TOUCH_COUNT_MAX = 2000, LOG_CALL_COUNT_MAX = 24 };

struct fault_story {
    struct office office;
    struct uuid deal;
};

static void story_begin(struct fault_story *story)
{
    office_begin(&story->office);
    struct visit visit;
    visit_begin(&visit, &story->office, story->office.rob);
    struct uuid account = visit_create(&visit, "customer", "{\"name\":\"华东器械\"}");
    struct str json = scope_format(&visit.scope, "{\"name\":\"监护仪\",\"customer\":\"%s\"}",
                                   uuid_format(&visit.scope, account).data);
    story->deal = visit_create(&visit, "opportunity", json.data);
    CHECK_STR(str_of(visit_error(&visit)), "");
    visit_end(&visit, &story->office);
}

/* One write with everything behind it: history, commitment, task, formulas, timer, alert. */
static bool log_once(struct fault_story *story, struct uuid id, int touch)
{
    struct visit visit;
    struct json map;
    visit_begin(&visit, &story->office, story->office.rob);
    struct write write = {
        .verb = WRITE_CREATE, .id = id,
        .object = schema_object(visit.context.snapshot->schema, STR("contact_log")),
    };
    struct str json = scope_format(
        &visit.scope,
        "{\"opportunity\":\"%s\",\"conclusion\":\"客户要看现场演示，下周三可以来公司\","
        "\"next_action\":\"准备演示\",\"next_action_due\":\"2026-04-05T10:00:00Z\"}",
        uuid_format(&visit.scope, story->deal).data);
    CHECK(json_read(&visit.scope, json, &map) &&
          engine_parse(&visit.scope, &visit.context, write.object, &map, false, &write.changes));
    db_fault_after(engine_db(story->office.engine), touch);
    bool ok = engine_write_wait(&visit.scope, &visit.context, &write, NULL);
    db_fault_after(engine_db(story->office.engine), 0);
    if (!ok) CHECK_INT(visit.scope.error.code, ERROR_STORAGE);
    visit_end(&visit, &story->office);
    return ok;
}

static bool sweep_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct engine *engine = context;
    const struct snapshot *snapshot = snapshot_take(engine);
    struct engine_context system = engine_system_context(engine, snapshot, "ladder");
    int count = 0;
    bool ok = engine_sweep(scope, conn, &system, 100, &count);
    snapshot_release(engine, snapshot);
    return ok;
}

static bool sweep_once(struct fault_story *story, int touch)
{
    struct scope scope;
    scope_begin(&scope);
    db_fault_after(engine_db(story->office.engine), touch);
    bool ok = db_write_wait(&scope, engine_db(story->office.engine), sweep_run,
                            story->office.engine);
    db_fault_after(engine_db(story->office.engine), 0);
    if (!ok) CHECK_INT(scope.error.code, ERROR_STORAGE);
    scope_end(&scope);
    return ok;
}

static bool log_with_id(struct fault_story *story, int touch)
{
    static const struct uuid id = { "log of the fault" };
    return log_once(story, id, touch);
}

/* How many touches it took; 0: it never went through. */
static int until_done(struct fault_story *story, bool (*work)(struct fault_story *story, int touch))
{
    uint64_t before = office_trace(&story->office);
    for (int n = 1; n < TOUCH_COUNT_MAX; n++) {
        if (work(story, n)) return n;
        if (!CHECK(office_trace(&story->office) == before)) return 0;
    }
    return 0;
}

TEST(fault_at_any_touch_of_a_write_leaves_nothing)
{
    struct fault_story story;
    story_begin(&story);
    atomic_store(&story.office.clock.fixed_ms, OFFICE_START_MS + 80 * TIME_HOUR_MS);
    CHECK(sweep_once(&story, 0)); /* an alert that the log will clear */
    CHECK_INT(office_number(&story.office, "SELECT COUNT(*) FROM alert WHERE cleared_at IS NULL"),
              1);
    CHECK(until_done(&story, log_with_id) > 10);
    CHECK_INT(office_number(&story.office, "SELECT COUNT(*) FROM contact_log"), 1);
    CHECK_INT(office_number(&story.office, "SELECT COUNT(*) FROM commitment"), 1);
    CHECK_INT(office_number(&story.office,
                            "SELECT COUNT(*) FROM task WHERE kind = 'commitment'"),
              1);
    CHECK_INT(office_number(&story.office, "SELECT COUNT(*) FROM alert WHERE cleared_at IS NULL"),
              0);
    /* Told twice, it happened once. */
    uint64_t after = office_trace(&story.office);
    CHECK(log_with_id(&story, 0));
    CHECK(office_trace(&story.office) == after);
    office_end(&story.office);
}

TEST(fault_at_any_touch_of_a_sweep_leaves_nothing)
{
    struct fault_story story;
    story_begin(&story);
    atomic_store(&story.office.clock.fixed_ms, OFFICE_START_MS + 121 * TIME_HOUR_MS);
    CHECK(until_done(&story, sweep_once) > 10);
    uint64_t after = office_trace(&story.office);
    CHECK(sweep_once(&story, 0));
    CHECK(office_trace(&story.office) == after);
    CHECK_INT(office_number(&story.office, "SELECT COUNT(*) FROM alert WHERE level = 3"), 1);
    CHECK_INT(office_number(&story.office, "SELECT COUNT(*) FROM message"), 2);
    CHECK_INT(office_number(&story.office, "SELECT COUNT(*) FROM task"), 2);
    office_end(&story.office);
}

static int64_t log_cost(struct fault_story *story, const char *conclusion)
{
    struct db *db = engine_db(story->office.engine);
    struct visit visit;
    visit_begin(&visit, &story->office, story->office.rob);
    struct str json = scope_format(
        &visit.scope, "{\"opportunity\":\"%s\",\"conclusion\":\"%s\",\"next_action\":\"准备\"}",
        uuid_format(&visit.scope, story->deal).data, conclusion);
    int64_t before = db_call_count(db);
    visit_create(&visit, "contact_log", json.data);
    int64_t count = db_call_count(db) - before;
    CHECK_STR(str_of(visit_error(&visit)), "");
    visit_end(&visit, &story->office);
    return count;
}

/* A budget, so that a dearer write path is noticed: a log with substance, then one without. */
TEST(fault_free_log_stays_within_its_budget)
{
    struct fault_story story;
    story_begin(&story);
    log_cost(&story, "客户确认预算，要求下周三现场演示");
    atomic_store(&story.office.clock.fixed_ms, OFFICE_START_MS + TIME_HOUR_MS);
    CHECK(log_cost(&story, "采购王经理说价格还要再降三个点") <= LOG_CALL_COUNT_MAX);
    CHECK(log_cost(&story, "已沟通") <= LOG_CALL_COUNT_MAX);
    office_end(&story.office);
}
