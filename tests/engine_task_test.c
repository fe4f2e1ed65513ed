/* Tasks and what hangs on them: finishing and moving write the record, logs move their promise. */
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
                            "SELECT COUNT(*) FROM change AS c JOIN \"user\" AS u ON u.id = c.\"by\" "
                            "WHERE c.via = 'rule:commitment_task' AND u.login = 'rob' AND "
                            "c.version > 1"),
              2);
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
    CHECK_INT(office_number(&desk.office,
                            "SELECT COUNT(*) FROM message WHERE rule = 'deal_handed_over' AND "
                            "body LIKE '%华东器械，¥1,234,567.00。%华东器械, ¥1,234,567.00.%'"),
              1);
    desk_end(&desk);
}
