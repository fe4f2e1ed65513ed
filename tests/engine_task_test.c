/* Tasks and what hangs on them: finishing and moving write the record, logs move their promise. */
#include <stdatomic.h>

#include "tests/test.h"
#include "tests/office.h"

struct desk {
    struct office office;
    struct visit visit; /* rob's */
    struct uuid deal, log, commitment, task;
};

static struct uuid first_id(struct desk *desk, const char *sql)
{
    struct db_conn *conn = NULL;
    struct row row = { 0 };
    CHECK(db_read_begin(&desk->visit.scope, engine_db(desk->office.engine), &conn));
    CHECK(db_one(&desk->visit.scope, conn, str_of(sql), NULL, 0, &row));
    struct uuid id = row.count > 0 ? cell_uuid(&row.cells[0]) : (struct uuid){ { 0 } };
    db_read_end(conn);
    return id;
}

static void desk_begin(struct desk *desk)
{
    office_begin(&desk->office);
    visit_begin(&desk->visit, &desk->office, desk->office.rob);
    struct visit *visit = &desk->visit;
    struct uuid account = visit_create(visit, "customer", "{\"name\":\"华东器械\"}");
    desk->deal = visit_create(visit, "opportunity",
                              scope_format(&visit->scope,
                                           "{\"name\":\"监护仪采购\",\"customer\":\"%s\","
                                           "\"amount\":\"1234567.00\"}",
                                           uuid_format(&visit->scope, account).data)
                                  .data);
    desk->log = visit_create(visit, "contact_log",
                             scope_format(&visit->scope,
                                          "{\"opportunity\":\"%s\",\"conclusion\":"
                                          "\"客户确认预算五十万，要求下周三现场演示\","
                                          "\"next_action\":\"准备演示环境\","
                                          "\"next_action_due\":\"2026-03-05T15:00:00+08:00\"}",
                                          uuid_format(&visit->scope, desk->deal).data)
                                 .data);
    CHECK_STR(str_of(visit_error(visit)), "");
    desk->commitment = first_id(desk, "SELECT id FROM commitment");
    desk->task = first_id(desk, "SELECT id FROM task WHERE kind = 'commitment'");
    CHECK(!uuid_is_nil(desk->task));
}

static void desk_end(struct desk *desk)
{
    visit_end(&desk->visit, &desk->office);
    office_end(&desk->office);
}

static bool done_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct desk *desk = context;
    return engine_task_done(scope, conn, &desk->visit.context, desk->task,
                            STR("  演示环境已装好，发了截图  "));
}

static bool move_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct desk *desk = context;
    return engine_task_reschedule(scope, conn, &desk->visit.context, desk->task,
                                  OFFICE_START_MS + TIME_DAY_MS);
}

static bool run(struct desk *desk,
                bool (*what)(struct scope *scope, struct db_conn *conn, void *context))
{
    return db_write_wait(&desk->visit.scope, engine_db(desk->office.engine), what, desk);
}

TEST(task_done_writes_what_its_rule_says)
{
    struct desk desk;
    desk_begin(&desk);
    CHECK(run(&desk, done_run));
    CHECK_STR(visit_value(&desk.visit, "commitment", desk.commitment, "evidence"),
              "演示环境已装好，发了截图");
    CHECK_INT(visit_count(&desk.visit, "commitment", "on_time AND done_at = NOW()"), 1);
    CHECK_INT(office_number(&desk.office,
                            "SELECT COUNT(*) FROM task WHERE outcome LIKE '演示环境%' AND "
                            "rule = 'commitment_task'"),
              1);
    CHECK_INT(office_number(&desk.office, "SELECT COUNT(*) FROM task"), 1);
    CHECK_INT(office_number(&desk.office,
                            "SELECT COUNT(*) FROM change AS c JOIN \"user\" AS u "
                            "ON u.id = c.\"by\" "
                            "WHERE c.via = 'rule:commitment_task' AND u.login = 'rob' AND "
                            "c.version > 1"),
              2);
    desk_end(&desk);
}

TEST(task_is_open_again_when_its_record_is_restored)
{
    struct desk desk;
    struct visit ops;
    desk_begin(&desk);
    visit_begin(&ops, &desk.office, (struct uuid){ { 0 } });
    CHECK(visit_delete(&ops, "commitment", desk.commitment));
    CHECK_INT(office_number(&desk.office, "SELECT COUNT(*) FROM task WHERE kind = 'commitment' "
                                          "AND done_at IS NULL"),
              0);
    CHECK(visit_restore(&ops, "commitment", desk.commitment));
    CHECK_STR(str_of(visit_error(&ops)), "");
    CHECK_INT(office_number(&desk.office, "SELECT COUNT(*) FROM task WHERE kind = 'commitment' "
                                          "AND done_at IS NULL AND outcome IS NULL"),
              1);
    /* One that was done before the deletion stays done. */
    CHECK(run(&desk, done_run));
    atomic_store(&desk.office.clock.fixed_ms, OFFICE_START_MS + TIME_HOUR_MS);
    visit_end(&ops, &desk.office);
    visit_begin(&ops, &desk.office, (struct uuid){ { 0 } });
    CHECK(visit_delete(&ops, "commitment", desk.commitment));
    CHECK(visit_restore(&ops, "commitment", desk.commitment));
    CHECK_INT(office_number(&desk.office, "SELECT COUNT(*) FROM task WHERE kind = 'commitment' "
                                          "AND done_at IS NULL"),
              0);
    visit_end(&ops, &desk.office);
    desk_end(&desk);
}

TEST(task_moved_moves_the_field_it_is_due_by)
{
    struct desk desk;
    desk_begin(&desk);
    CHECK(run(&desk, move_run));
    CHECK_STR(visit_value(&desk.visit, "commitment", desk.commitment, "due_at"),
              "2026-03-03T01:00:00.000Z");
    CHECK_INT(visit_count(&desk.visit, "task", "ISBLANK(done_at) AND HOUR(due_at) = 9"), 1);
    CHECK_INT(visit_count(&desk.visit, "task", "outcome = \"rescheduled\""), 1);
    desk_end(&desk);
}

TEST(log_moved_moves_its_open_commitment_only)
{
    struct desk desk;
    desk_begin(&desk);
    CHECK(visit_update(&desk.visit, "contact_log", desk.log,
                       "{\"next_action_due\":\"2026-03-09T10:00:00+08:00\","
                       "\"next_action\":\"带专家现场演示\"}",
                       ""));
    CHECK_STR(visit_value(&desk.visit, "commitment", desk.commitment, "due_at"),
              "2026-03-09T02:00:00.000Z");
    CHECK_STR(visit_value(&desk.visit, "commitment", desk.commitment, "what"), "带专家现场演示");
    CHECK_INT(visit_count(&desk.visit, "commitment", ""), 1);
    CHECK(visit_update(&desk.visit, "commitment", desk.commitment,
                       "{\"done_at\":\"2026-03-02T09:00:00+08:00\"}", ""));
    CHECK(visit_update(&desk.visit, "contact_log", desk.log,
                       "{\"next_action_due\":\"2026-03-12T10:00:00+08:00\"}", ""));
    CHECK_STR(visit_value(&desk.visit, "commitment", desk.commitment, "due_at"),
              "2026-03-09T02:00:00.000Z");
    desk_end(&desk);
}

TEST(log_goes_to_another_person_and_its_commitment_with_it)
{
    struct desk desk;
    desk_begin(&desk);
    struct str json = scope_format(&desk.visit.scope, "{\"next_action_by\":\"%s\"}",
                                   uuid_format(&desk.visit.scope, desk.office.ray).data);
    CHECK(visit_update(&desk.visit, "contact_log", desk.log, json.data, ""));
    CHECK_INT(office_number(&desk.office,
                            "SELECT COUNT(*) FROM commitment AS c JOIN \"user\" AS u ON "
                            "u.id = c.owner WHERE u.login = 'ray'"),
              1);
    desk_end(&desk);
}

TEST(message_speaks_of_amounts_as_people_do)
{
    struct desk desk;
    struct visit sue;
    desk_begin(&desk);
    visit_begin(&sue, &desk.office, desk.office.sue);
    CHECK(visit_update(&sue, "opportunity", desk.deal,
                       scope_format(&sue.scope, "{\"owner\":\"%s\"}",
                                    uuid_format(&sue.scope, desk.office.ray).data)
                           .data,
                       ""));
    visit_end(&sue, &desk.office);
    /* Ray has the deal now, not the customer: the name of that is not for him. */
    CHECK_INT(office_number(&desk.office,
                            "SELECT COUNT(*) FROM message WHERE rule = 'deal_handed_over' AND "
                            "body LIKE '%\"，¥1,234,567.00。%\", ¥1,234,567.00.%'"),
              1);
    desk_end(&desk);
}

/* ---- bodies that cannot run, and too many records at once ---- */

static struct str store(struct office *office, struct scope *scope, const char *body)
{
    struct visit visit;
    visit_begin(&visit, office, (struct uuid){ { 0 } });
    const struct schema_part part = part_of_text(&visit.scope, "rule", "tried", body);
    bool ok = visit_configure(&visit, &part, 1);
    struct str key = scope_copy(scope, ok ? STR("") : str_of(visit_error(&visit)));
    visit_end(&visit, office);
    return key;
}

TEST(rule_bodies_that_cannot_run_are_refused)
{
#define REMIND "{\"kind\":\"remind\",\"object\":\"commitment\",\"tell\":[\"owner\"],"
#define TASK "{\"kind\":\"change\",\"object\":\"commitment\",\"on\":[\"create\"],\"actions\":[{"
#define TELL TASK "\"do\":\"notify\",\"to\":[\"owner\"],\"body\":\"{[{what}]}\",\"title\":\""
    static const struct {
        const char *body, *key;
    } cases[] = {
        { REMIND "\"since\":\"due_at\",\"steps\":[{\"on\":\"day-30\",\"at\":\"09:00\"}]}", "" },
        { REMIND "\"since\":\"due_at\",\"steps\":[]}", "rule.bad" },
        { REMIND "\"since\":\"what\",\"steps\":[{\"at\":\"0h\"}]}", "rule.bad" },
        { REMIND "\"since\":\"due_at\",\"steps\":[{\"at\":\"24\"}]}", "rule.bad" },
        { REMIND "\"since\":\"due_at\",\"steps\":[{\"at\":\"--1h\"}]}", "rule.bad" },
        { REMIND "\"since\":\"due_at\",\"steps\":[{\"on\":\"day\",\"at\":\"24:00\"}]}",
          "rule.bad" },
        { REMIND "\"since\":\"due_at\",\"steps\":[{\"on\":\"day-\",\"at\":\"08:00\"}]}",
          "rule.bad" },
        { REMIND "\"since\":\"due_at\",\"steps\":[{\"on\":\"week\",\"at\":\"08:00\"}]}",
          "rule.bad" },
        { REMIND "\"since\":\"due_at\",\"steps\":[{\"at\":\"999999d\"}]}", "rule.bad" },
        { TASK "\"do\":\"task\",\"kind\":\"x\",\"on_done\":{\"evidence\":\"$outcome\"}}]}", "" },
        { TASK "\"do\":\"task\",\"kind\":\"x\",\"on_done\":{\"due_at\":\"$outcome\"}}]}",
          "rule.bad" },
        { TASK "\"do\":\"task\",\"kind\":\"x\",\"on_done\":{\"on_time\":\"TRUE\"}}]}", "rule.bad" },
        { TASK "\"do\":\"set\",\"on_done\":{\"done_at\":\"NOW()\"}}]}", "rule.bad" },
        { TASK "\"do\":\"set\",\"over\":\"nothing\",\"set\":{\"what\":\"what\"}}]}", "rule.bad" },
        { TELL "{[{what}, ]}{customer}{[ ({owner.name})]}\"}]}", "" },
        { TELL "{[{what} {[{customer}]}]}\"}]}", "rule.part_nested" },
        { TELL "{[{what}\"}]}", "rule.part_unbalanced" },
        { TELL "{[\"}]}", "rule.part_unbalanced" },
        { TELL "{what}]}\"}]}", "rule.part_unbalanced" },
        { TELL "{[what]}{what}\"}]}", "rule.part_plain" },
        { TELL "{[{what}]}{[{nothing}]}\"}]}", "field.unknown" },
    };
    struct office office;
    office_begin(&office);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK_STR(store(&office, &office.scope, cases[i].body), cases[i].key);
    }
    office_end(&office);
}

TEST(set_over_more_than_a_hundred_changes_nothing)
{
    struct office office;
    struct visit visit;
    office_begin(&office);
    CHECK_STR(store(&office, &office.scope,
                    "{\"kind\":\"change\",\"object\":\"customer\",\"on\":[\"update\"],\"actions\":"
                    "[{\"do\":\"set\",\"over\":\"commitments\",\"set\":{\"what\":\"name\"}}]}"),
              "");
    visit_begin(&visit, &office, office.rob);
    struct uuid account = visit_create(&visit, "customer", "{\"name\":\"甲\"}");
    struct str json = scope_format(&visit.scope,
                                   "{\"what\":\"做\",\"customer\":\"%s\","
                                   "\"due_at\":\"2026-03-05T15:00:00+08:00\"}",
                                   uuid_format(&visit.scope, account).data);
    for (int i = 0; i < 100; i++) {
        CHECK(!uuid_is_nil(visit_create(&visit, "commitment", json.data)));
    }
    CHECK(visit_update(&visit, "customer", account, "{\"name\":\"乙\"}", ""));
    CHECK_INT(visit_count(&visit, "commitment", "what = \"乙\""), 100);
    CHECK(!uuid_is_nil(visit_create(&visit, "commitment", json.data)));
    CHECK(!visit_update(&visit, "customer", account, "{\"name\":\"丙\"}", ""));
    CHECK_STR(str_of(visit_error(&visit)), "rule.too_many");
    CHECK_INT(visit_count(&visit, "commitment", "what = \"丙\""), 0);
    CHECK_INT(visit_count(&visit, "customer", "name = \"乙\""), 1);
    visit_end(&visit, &office);
    office_end(&office);
}
