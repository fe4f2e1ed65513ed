/* What befalls an alert on its way: thresholds, hand-overs, deletions, answers, restarts. */
#include <stdatomic.h>
#include <stdio.h>

#include "jobs/jobs.h"
#include "tests/test.h"
#include "tests/trace.h"

struct stalled {
    struct office office;
    struct uuid account, deal, log;
};

static const char log_json[] = "{\"opportunity\":\"%s\",\"conclusion\":\"客户确认预算五十万，要求下周三"
                               "现场演示\",\"next_action\":\"准备演示环境\"}";
static const char second_json[] = "{\"opportunity\":\"%s\",\"conclusion\":\"采购王经理说价格要再降三个点"
                                  "才能上会\",\"next_action\":\"申请特价\"}";

static const char *with_id(struct scope *scope, const char *format, struct uuid id)
{
    struct str rest = str_of(format);
    size_t at = str_find(rest, STR("%s"));
    struct str head = str_slice(rest, 0, at), tail = str_slice(rest, at + 2, rest.size);
    return scope_format(scope, "%.*s%.*s%.*s", STR_ARG(head), STR_ARG(uuid_format(scope, id)),
                        STR_ARG(tail))
        .data;
}

static struct uuid write_log(struct stalled *story, const char *json)
{
    struct visit visit;
    visit_begin(&visit, &story->office, story->office.rob);
    struct uuid id =
        visit_create(&visit, "contact_log", with_id(&visit.scope, json, story->deal));
    CHECK_STR(str_of(visit_error(&visit)), "");
    visit_end(&visit, &story->office);
    return id;
}

static void stalled_begin(struct stalled *story)
{
    office_begin(&story->office);
    struct visit visit;
    visit_begin(&visit, &story->office, story->office.rob);
    story->account = visit_create(&visit, "customer", "{\"name\":\"华东器械\"}");
    story->deal = visit_create(&visit, "opportunity",
                               with_id(&visit.scope, "{\"name\":\"监护仪\",\"customer\":\"%s\"}",
                                       story->account));
    CHECK_STR(str_of(visit_error(&visit)), "");
    visit_end(&visit, &story->office);
    story->log = write_log(story, log_json);
}

static void move_to(struct stalled *story, int64_t hours)
{
    struct scope scope;
    scope_begin(&scope);
    CHECK(jobs_clock_move(&scope, story->office.engine, OFFICE_START_MS + hours * TIME_HOUR_MS));
    scope_end(&scope);
}

static int64_t number(struct stalled *story, const char *sql)
{
    return office_number(&story->office, sql);
}

static int64_t open_level(struct stalled *story)
{
    return number(story, "SELECT COALESCE(MAX(level), 0) FROM alert WHERE cleared_at IS NULL");
}

/* The formula of the pack and the ladder say the same at every hour. */
static void check_levels_agree(struct stalled *story, int64_t from, int64_t to)
{
    static const char *const names[] = { "", "yellow", "orange", "red" };
    for (int64_t hour = from; hour <= to; hour++) {
        move_to(story, hour);
        struct visit visit;
        visit_begin(&visit, &story->office, (struct uuid){ { 0 } });
        struct str level = visit_value(&visit, "opportunity", story->deal, "stall_level");
        if (str_is(level, "null")) level = STR("");
        if (!CHECK_STR(level, names[open_level(story)])) {
            CHECK_INT(hour, 0);
            hour = to;
        }
        visit_end(&visit, &story->office);
    }
}

/* The stored body with one text replaced by another, stored again. */
static void reconfigure(struct stalled *story, const char *kind, const char *name,
                        const char *from, const char *to)
{
    struct visit visit;
    visit_begin(&visit, &story->office, (struct uuid){ { 0 } });
    const struct schema *schema = visit.context.snapshot->schema;
    const struct pipeline *pipeline = schema_pipeline(schema, str_of(name));
    struct str body;
    struct buf text;
    if (pipeline) {
        struct json_writer writer;
        buf_begin(&text, &visit.scope, 1024 * 1024);
        json_begin(&writer, &text);
        schema_write_pipeline(&writer, pipeline);
        body = buf_str(&text);
    } else {
        body = json_to_text(&visit.scope,
                            &schema_config(schema, str_of(kind), str_of(name))->body);
    }
    struct buf out;
    buf_begin(&out, &visit.scope, 1024 * 1024);
    bool is_found = false;
    for (size_t at; (at = str_find(body, str_of(from))) != SIZE_MAX; is_found = true) {
        buf_put(&out, str_slice(body, 0, at));
        buf_put(&out, str_of(to));
        body = str_slice(body, at + strlen(from), body.size);
    }
    buf_put(&out, body);
    CHECK(is_found);
    const struct schema_part part = part_of_text(&visit.scope, kind, name, out.data);
    CHECK(visit_configure(&visit, &part, 1));
    CHECK_STR(str_of(visit_error(&visit)), "");
    visit_end(&visit, &story->office);
}

TEST(story_formula_and_ladder_agree)
{
    struct stalled story;
    stalled_begin(&story);
    check_levels_agree(&story, 46, 49);
    check_levels_agree(&story, 71, 73);
    check_levels_agree(&story, 119, 121);
    office_end(&story.office);
}

TEST(story_thresholds_change_under_an_open_alert)
{
    struct stalled story;
    stalled_begin(&story);
    move_to(&story, 73);
    CHECK_INT(open_level(&story), LEVEL_ORANGE);
    reconfigure(&story, "pipeline", "standard", "\"red\":\"5d\"", "\"red\":\"100h\"");
    check_levels_agree(&story, 98, 101);
    CHECK_INT(number(&story, "SELECT COUNT(*) FROM alert"), 1);
    /* A level that is not reached any more is not shown any more. */
    reconfigure(&story, "pipeline", "standard", "\"red\":\"100h\"", "\"red\":\"10d\"");
    move_to(&story, 102);
    CHECK_INT(open_level(&story), LEVEL_ORANGE);
    check_levels_agree(&story, 239, 241);
    office_end(&story.office);
}

TEST(story_rule_switched_off_and_on)
{
    struct stalled story;
    stalled_begin(&story);
    move_to(&story, 73);
    reconfigure(&story, "rule", "stall_ladder", "\"enabled\":true", "\"enabled\":false");
    CHECK_INT(open_level(&story), LEVEL_NONE);
    CHECK_INT(number(&story, "SELECT COUNT(*) FROM timer"), 0);
    CHECK_INT(number(&story, "SELECT COUNT(*) FROM task WHERE done_at IS NULL"), 0);
    move_to(&story, 130);
    CHECK_INT(open_level(&story), LEVEL_NONE);
    reconfigure(&story, "rule", "stall_ladder", "\"enabled\":false", "\"enabled\":true");
    move_to(&story, 131);
    CHECK_INT(open_level(&story), LEVEL_RED);
    office_end(&story.office);
}

TEST(story_deleted_log_does_not_tell_again)
{
    struct stalled story;
    stalled_begin(&story);
    atomic_store(&story.office.clock.fixed_ms, OFFICE_START_MS + 10 * TIME_HOUR_MS);
    struct uuid later = write_log(&story, second_json);
    move_to(&story, 10 + 49);
    CHECK_INT(open_level(&story), LEVEL_YELLOW);
    int64_t told = number(&story, "SELECT COUNT(*) FROM message");
    struct visit visit;
    visit_begin(&visit, &story.office, story.office.sue);
    CHECK(visit_delete(&visit, "contact_log", later));
    visit_end(&visit, &story.office);
    move_to(&story, 60);
    CHECK_INT(open_level(&story), LEVEL_YELLOW);
    CHECK_INT(number(&story, "SELECT COUNT(*) FROM message"), told);
    check_levels_agree(&story, 71, 73);
    CHECK_INT(number(&story, "SELECT COUNT(*) FROM alert"), 1);
    office_end(&story.office);
}

TEST(story_handed_over_with_alert_and_tasks)
{
    struct stalled story;
    stalled_begin(&story);
    move_to(&story, 121);
    struct visit visit;
    visit_begin(&visit, &story.office, (struct uuid){ { 0 } });
    CHECK(visit_update(&visit, "opportunity", story.deal,
                       with_id(&visit.scope, "{\"owner\":\"%s\"}", story.office.ron), ""));
    CHECK(visit_update(&visit, "customer", story.account,
                       with_id(&visit.scope, "{\"owner\":\"%s\"}", story.office.ron), ""));
    visit_end(&visit, &story.office);
    CHECK_INT(open_level(&story), LEVEL_RED);
    CHECK_INT(number(&story, "SELECT COUNT(*) FROM alert AS a JOIN \"user\" AS u ON u.id = a.owner "
                             "WHERE u.login = 'ron'"),
              1);
    CHECK_INT(number(&story, "SELECT COUNT(*) FROM task AS t JOIN \"user\" AS u "
                             "ON u.id = t.assignee WHERE u.login IN ('ron', 'sam') AND "
                             "t.done_at IS NULL"),
              2);
    visit_begin(&visit, &story.office, story.office.rob);
    CHECK_INT(visit_count(&visit, "alert", ""), 0);
    CHECK_INT(visit_count(&visit, "task", ""), 0);
    visit_end(&visit, &story.office);
    visit_begin(&visit, &story.office, story.office.sue);
    CHECK_INT(visit_count(&visit, "alert", ""), 0);
    CHECK_INT(visit_count(&visit, "task", "done_at > NOW() OR ISBLANK(done_at)"), 0);
    visit_end(&visit, &story.office);
    office_end(&story.office);
}

TEST(story_deleted_and_restored)
{
    struct stalled story;
    stalled_begin(&story);
    move_to(&story, 73);
    struct visit visit;
    visit_begin(&visit, &story.office, story.office.sue);
    CHECK(visit_delete(&visit, "opportunity", story.deal));
    CHECK_INT(open_level(&story), LEVEL_NONE);
    CHECK_INT(number(&story, "SELECT COUNT(*) FROM timer"), 0);
    CHECK_INT(number(&story, "SELECT COUNT(*) FROM task WHERE done_at IS NULL"), 0);
    CHECK_INT(visit_count(&visit, "opportunity", ""), 0);
    struct write restore = {
        .verb = WRITE_RESTORE, .id = story.deal,
        .object = schema_object(visit.context.snapshot->schema, STR("opportunity")),
    };
    CHECK(engine_write_wait(&visit.scope, &visit.context, &restore, NULL));
    visit_end(&visit, &story.office);
    move_to(&story, 74);
    CHECK_INT(open_level(&story), LEVEL_ORANGE);
    office_end(&story.office);
}

struct answer {
    struct visit *visit;
    struct uuid alert;
};

static bool answer_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct answer *answer = context;
    struct uuid id;
    return engine_intervene(scope, conn, &answer->visit->context, answer->alert, STR("call"),
                            STR("周五一起去见王总"), &id);
}

static const char *intervene(struct stalled *story, struct uuid person)
{
    static char key[64];
    struct visit visit;
    struct db_conn *conn = NULL;
    struct row row;
    visit_begin(&visit, &story->office, person);
    struct answer answer = { .visit = &visit };
    CHECK(db_read_begin(&visit.scope, engine_db(story->office.engine), &conn));
    CHECK(db_one(&visit.scope, conn, STR("SELECT id FROM alert ORDER BY id DESC LIMIT 1"), NULL,
                 0, &row));
    db_read_end(conn);
    answer.alert = cell_uuid(&row.cells[0]);
    if (!db_write_wait(&visit.scope, engine_db(story->office.engine), answer_run, &answer)) {
        CHECK(error_is_set(&visit.scope));
    }
    snprintf(key, sizeof(key), "%s", visit_error(&visit));
    visit_end(&visit, &story->office);
    return key;
}

TEST(story_interventions)
{
    struct stalled story;
    stalled_begin(&story);
    move_to(&story, 121);
    uint64_t before = office_trace(&story.office);
    CHECK_STR(str_of(intervene(&story, story.office.rob)), "alert.intervene_denied");
    CHECK_STR(str_of(intervene(&story, story.office.sam)), "record.not_found");
    CHECK(office_trace(&story.office) == before);
    move_to(&story, 122);
    CHECK_STR(str_of(intervene(&story, story.office.sue)), "");
    move_to(&story, 123);
    CHECK_STR(str_of(intervene(&story, story.office.boss)), "");
    CHECK_INT(number(&story, "SELECT first_response_at - red_at FROM alert"), 2 * TIME_HOUR_MS);
    CHECK_INT(number(&story, "SELECT COUNT(*) FROM intervention"), 2);
    CHECK_INT(number(&story, "SELECT COUNT(*) FROM task WHERE kind = 'intervene' AND "
                             "done_at IS NULL"),
              0);
    CHECK_INT(number(&story, "SELECT COUNT(*) FROM message AS m JOIN \"user\" AS u ON "
                             "u.id = m.recipient WHERE u.login = 'rob' AND m.key LIKE 'inter%'"),
              2);
    write_log(&story, second_json);
    CHECK_STR(str_of(intervene(&story, story.office.sue)), "alert.is_cleared");
    office_end(&story.office);
}

/* Many at once: in batches, each told once, with a restart in the middle. */
TEST(story_thousand_due_at_once)
{
    enum { DEAL_COUNT = 450 };
    struct stalled story;
    stalled_begin(&story);
    struct visit visit;
    visit_begin(&visit, &story.office, story.office.rob);
    for (int i = 1; i < DEAL_COUNT; i++) {
        visit_create(&visit, "opportunity",
                     with_id(&visit.scope, "{\"name\":\"单\",\"customer\":\"%s\"}",
                             story.account));
    }
    visit_end(&visit, &story.office);
    move_to(&story, 50);
    office_restart(&story.office);
    move_to(&story, 73);
    CHECK_INT(number(&story, "SELECT COUNT(*) FROM alert WHERE level = 2"), DEAL_COUNT);
    CHECK_INT(number(&story, "SELECT COUNT(*) FROM message"), 2 * DEAL_COUNT);
    CHECK_INT(number(&story, "SELECT COUNT(*) FROM message WHERE sent_at IS NULL"), 0);
    CHECK_INT(number(&story, "SELECT COUNT(DISTINCT record) FROM message"), DEAL_COUNT);
    office_end(&story.office);
}
