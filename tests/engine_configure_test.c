/* Configuration changed elsewhere: in another process, or while a write waits. */
#include <unistd.h>

#include "tests/database.h"
#include "tests/office.h"
#include "tests/test.h"

/* The engine of a second process on the same database. */
static struct engine *neighbour_begin(struct office *office)
{
    struct engine *engine = NULL;
    struct engine_options options = {
        .url = test_database(&office->scope, office->folder, "leadline.db"),
        .clock = &office->clock,
    };
    CHECK(engine_open(&office->scope, &options, &engine));
    return engine;
}

struct configuring {
    struct engine *engine;
    const char *rule;
};

static bool configure_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct configuring *configuring = context;
    const struct snapshot *snapshot = snapshot_take(configuring->engine);
    struct engine_context system =
        engine_system_context(configuring->engine, snapshot, "test");
    bool ok = engine_unconfigure(scope, conn, &system, STR("rule"), str_of(configuring->rule));
    snapshot_release(configuring->engine, snapshot);
    return ok;
}

static void rule_drop(struct office *office, struct engine *engine, const char *rule)
{
    struct configuring configuring = { engine, rule };
    CHECK(db_write_wait(&office->scope, engine_db(engine), configure_run, &configuring));
}

static bool has_rule(struct office *office, const char *rule)
{
    const struct snapshot *snapshot = snapshot_take(office->engine);
    bool is_there = schema_config(snapshot->schema, STR("rule"), str_of(rule)) != NULL;
    snapshot_release(office->engine, snapshot);
    return is_there;
}

static int told_count;

static void listener(const struct event *events, int count, void *context)
{
    (void)context;
    for (int i = 0; i < count; i++) told_count += events[i].kind == EVENT_SCHEMA;
}

TEST(engine_takes_over_what_another_process_configured)
{
    struct office office;
    struct visit visit;
    office_begin(&office);
    struct engine *neighbour = neighbour_begin(&office);
    /* On PostgreSQL a listener would hear of it at once: the test below. */
    int told_once = test_is_postgres() ? 0 : 1;
    if (told_once == 1) engine_listen(office.engine, listener, NULL);
    told_count = 0;

    visit_begin(&visit, &office, office.rob);
    rule_drop(&office, neighbour, "deal_won");
    CHECK(has_rule(&office, "deal_won"));
    /* What was planned with the old configuration is not written. */
    CHECK(uuid_is_nil(visit_create(&visit, "customer", "{\"name\":\"甲\"}")));
    CHECK_STR(str_of(visit_error(&visit)), "config.changed");
    CHECK_INT(visit.scope.error.code, ERROR_STALE);
    visit_end(&visit, &office);

    CHECK(engine_refresh(&office.scope, office.engine));
    CHECK(!has_rule(&office, "deal_won"));
    CHECK_INT(told_count, told_once);
    CHECK(engine_refresh(&office.scope, office.engine));
    CHECK_INT(told_count, told_once);
    visit_begin(&visit, &office, office.rob);
    CHECK(!uuid_is_nil(visit_create(&visit, "customer", "{\"name\":\"甲\"}")));
    visit_end(&visit, &office);

    /* The other way round, the neighbour's next change stands on what is there now. */
    rule_drop(&office, office.engine, "customer_handed_over");
    rule_drop(&office, neighbour, "stall_ladder");
    CHECK(engine_refresh(&office.scope, office.engine));
    CHECK(!has_rule(&office, "customer_handed_over") && !has_rule(&office, "stall_ladder"));
    engine_close(neighbour);
    office_end(&office);
}

TEST(engine_hears_what_another_process_configures)
{
    struct office office;
    if (!test_is_postgres()) return;
    office_begin(&office);
    struct engine *neighbour = neighbour_begin(&office);
    engine_listen(office.engine, listener, NULL);
    told_count = 0;
    rule_drop(&office, neighbour, "deal_won");
    for (int i = 0; i < 300 && has_rule(&office, "deal_won"); i++) usleep(10000);
    CHECK(!has_rule(&office, "deal_won"));
    engine_listen(office.engine, NULL, NULL);
    CHECK(told_count > 0);
    engine_close(neighbour);
    office_end(&office);
}

struct relabelling {
    struct office *office;
    const char *from, *to;
};

static bool relabel_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct relabelling *relabelling = context;
    struct engine *engine = relabelling->office->engine;
    const struct snapshot *snapshot = snapshot_take(engine);
    struct engine_context system = engine_system_context(engine, snapshot, "test");
    struct schema_part part = { .kind = STR("pipeline"), .name = STR("standard") };
    struct schema *schema = NULL;
    struct row row;
    struct buf text;
    bool ok = schema_load(scope, conn, &schema) &&
              db_one(scope, conn,
                     STR("SELECT body FROM config WHERE kind = 'pipeline' AND name = 'standard'"),
                     NULL, 0, &row);
    size_t at = ok ? str_find(row.cells[0].text, str_of(relabelling->from)) : SIZE_MAX;
    if (CHECK(at != SIZE_MAX)) {
        struct str body = row.cells[0].text;
        buf_begin(&text, scope, 1024 * 1024);
        buf_put(&text, str_slice(body, 0, at));
        buf_put(&text, str_of(relabelling->to));
        buf_put(&text, str_slice(body, at + strlen(relabelling->from), body.size));
        ok = json_read(scope, buf_str(&text), &part.body) &&
             engine_configure(scope, conn, &system, &part, 1);
    }
    snapshot_release(engine, snapshot);
    return ok;
}

static int64_t calls_of(struct office *office, const char *from, const char *to)
{
    struct relabelling relabelling = { office, from, to };
    int64_t before = db_call_count(engine_db(office->engine));
    CHECK(db_write_wait(&office->scope, engine_db(office->engine), relabel_run, &relabelling));
    return db_call_count(engine_db(office->engine)) - before;
}

/* A label is no reason to touch any record; a threshold sets the ladder's timers right. */
TEST(engine_computes_again_only_what_a_pipeline_changed)
{
    struct office office;
    struct visit visit;
    office_begin(&office);
    visit_begin(&visit, &office, office.rob);
    CHECK(!uuid_is_nil(visit_create(&visit, "customer", "{\"name\":\"甲\"}")));
    visit_end(&visit, &office);
    int64_t label = calls_of(&office, "\"en\":\"Contact\"", "\"en\":\"First contact\"");
    int64_t threshold = calls_of(&office, "\"red\":\"5d\"", "\"red\":\"6d\"");
    CHECK(label < threshold);
    CHECK(label < 60);
    office_end(&office);
}

/* ---- another zone ---- */

static const char *const STEP_JSON =
    "{\"name\":\"step\",\"plural\":\"steps\",\"fields\":["
    "{\"name\":\"name\",\"type\":\"text\",\"title\":true},"
    "{\"name\":\"at\",\"type\":\"datetime\"},{\"name\":\"pieces\",\"type\":\"integer\"},"
    "{\"name\":\"day\",\"type\":\"formula\",\"formula\":\"DAY(at)\",\"result\":\"integer\","
    "\"stored\":true},"
    "{\"name\":\"next_day\",\"type\":\"formula\",\"formula\":\"day + 1\","
    "\"result\":\"integer\",\"stored\":true},"
    "{\"name\":\"is_late\",\"type\":\"formula\",\"formula\":\"at > \\\"2026-03-01T18:00\\\"\","
    "\"result\":\"boolean\",\"stored\":true},"
    /* Of who asks and when: kept nowhere, and compared all the same. */
    "{\"name\":\"mine\",\"type\":\"formula\",\"formula\":\"IN_TEAM(created_by, MY_TEAM()) OR "
    "created_by = ME() OR HOURS_SINCE(at) > 1 OR DAYS_BETWEEN(at, TODAY()) > 1\","
    "\"result\":\"boolean\"},"
    "{\"name\":\"twice\",\"type\":\"formula\",\"formula\":\"pieces * 2\","
    "\"result\":\"integer\",\"stored\":true}]}";

struct moving {
    struct office *office;
    const char *zone;
};

static bool move_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct moving *moving = context;
    struct engine *engine = moving->office->engine;
    const struct snapshot *snapshot = snapshot_take(engine);
    struct engine_context system = engine_system_context(engine, snapshot, "test");
    bool ok = engine_setting_put(scope, conn, &system, STR("zone"), str_of(moving->zone));
    snapshot_release(engine, snapshot);
    return ok;
}

static bool spoil_run(struct scope *scope, struct db_conn *conn, void *context)
{
    (void)context;
    return db_exec(scope, conn, STR("UPDATE step SET twice = 99"), NULL, 0);
}

static void step_check(struct office *office, struct uuid step, const char *day,
                       const char *next_day, const char *is_late)
{
    struct visit visit;
    visit_begin(&visit, office, (struct uuid){ 0 });
    CHECK_STR(visit_value(&visit, "step", step, "day"), day);
    CHECK_STR(visit_value(&visit, "step", step, "next_day"), next_day);
    CHECK_STR(visit_value(&visit, "step", step, "is_late"), is_late);
    /* What was spoiled by hand shows that it was not computed again. */
    CHECK_STR(visit_value(&visit, "step", step, "twice"), "99");
    visit_end(&visit, office);
}

/* Formulas that stand on the zone, by a function or by a constant, and what stands on them. */
TEST(engine_computes_again_only_what_another_zone_changed)
{
    struct office office;
    struct visit visit;
    office_begin(&office);
    struct db *db = engine_db(office.engine);
    const struct schema_part part = part_of_text(&office.scope, "object", "step", STEP_JSON);
    CHECK(office_configure(&office, &part, 1));
    visit_begin(&visit, &office, (struct uuid){ 0 });
    struct uuid step = visit_create(
        &visit, "step", "{\"name\":\"甲\",\"at\":\"2026-03-01T17:30:00Z\",\"pieces\":7}");
    CHECK_STR(str_of(visit_error(&visit)), "");
    CHECK_STR(visit_value(&visit, "step", step, "twice"), "14");
    visit_end(&visit, &office);
    CHECK(db_write_wait(&office.scope, db, spoil_run, NULL));
    step_check(&office, step, "2", "3", "true");
    CHECK(db_write_wait(&office.scope, db, move_run, &(struct moving){ &office, "UTC" }));
    step_check(&office, step, "1", "2", "false");
    CHECK(db_write_wait(&office.scope, db, move_run, &(struct moving){ &office, "Asia/Shanghai" }));
    step_check(&office, step, "2", "3", "true");
    office_end(&office);
}
