/* The write door: what goes in, what is refused without a trace, what follows. */
#include <stdio.h>

#include "tests/test.h"
#include "tests/trace.h"

static struct uuid no_one;

struct desk {
    struct office office;
    struct uuid account, deal, foreign; /* rob's customer and deal; ron's customer */
};

static struct uuid make(struct office *office, struct uuid person, const char *object,
                        const char *json)
{
    struct visit visit;
    visit_begin(&visit, office, person);
    struct uuid id = visit_create(&visit, object, json);
    if (!CHECK_STR(str_of(visit_error(&visit)), "")) {
        CHECK_STR(visit.scope.error.first->field, "");
    }
    visit_end(&visit, office);
    return id;
}

/* The first %s of the text becomes the id. */
static const char *with_id(struct scope *scope, const char *format, struct uuid id)
{
    struct str rest = str_of(format);
    size_t at = str_find(rest, STR("%s"));
    if (at == SIZE_MAX) return format;
    struct str head = str_slice(rest, 0, at), tail = str_slice(rest, at + 2, rest.size);
    return scope_format(scope, "%.*s%.*s%.*s", STR_ARG(head), STR_ARG(uuid_format(scope, id)),
                        STR_ARG(tail))
        .data;
}

static void desk_begin(struct desk *desk)
{
    office_begin(&desk->office);
    struct scope scope;
    scope_begin(&scope);
    desk->account = make(&desk->office, desk->office.rob, "customer", "{\"name\":\"华东器械\"}");
    desk->foreign = make(&desk->office, desk->office.ron, "customer", "{\"name\":\"南方医院\"}");
    desk->deal = make(&desk->office, desk->office.rob, "opportunity",
                      with_id(&scope, "{\"name\":\"监护仪\",\"customer\":\"%s\"}",
                              desk->account));
    scope_end(&scope);
}

static const char good_log[] =
    "{\"opportunity\":\"%s\",\"conclusion\":\"客户确认预算五十万，要求下周三现场演示\","
    "\"next_action\":\"准备演示环境\"}";

static void log_write(struct desk *desk, const char *json)
{
    struct scope scope;
    scope_begin(&scope);
    make(&desk->office, desk->office.rob, "contact_log", with_id(&scope, json, desk->deal));
    scope_end(&scope);
}

/* As the person: a change of the deal; the error's key, "" when it went in. */
static const char *patch(struct desk *desk, struct uuid person, const char *json,
                         const char *reason)
{
    static char key[64];
    struct visit visit;
    visit_begin(&visit, &desk->office, person);
    visit_update(&visit, "opportunity", desk->deal, json, reason);
    snprintf(key, sizeof(key), "%s", visit_error(&visit));
    visit_end(&visit, &desk->office);
    return key;
}

static struct str deal_value(struct desk *desk, struct scope *scope, const char *field)
{
    struct visit visit;
    visit_begin(&visit, &desk->office, no_one);
    struct str value = scope_copy(scope, visit_value(&visit, "opportunity", desk->deal, field));
    visit_end(&visit, &desk->office);
    return value;
}

#define CHECK_DEAL(desk, field, wanted)                            \
    do {                                                           \
        struct scope check_scope;                                  \
        scope_begin(&check_scope);                                 \
        CHECK_STR(deal_value((desk), &check_scope, field), wanted); \
        scope_end(&check_scope);                                   \
    } while (0)

/* ---- refusals ---- */

struct refusal {
    const char *person, *object, *json, *key;
};

static struct uuid person_of(struct office *office, const char *name)
{
    if (strcmp(name, "rob") == 0) return office->rob;
    if (strcmp(name, "ron") == 0) return office->ron;
    if (strcmp(name, "sue") == 0) return office->sue;
    return office->boss;
}

TEST(write_refused_creates_leave_no_trace)
{
    static const struct refusal refusals[] = {
        { "rob", "customer", "{\"name\":\"甲\",\"colour\":\"red\"}", "field.unknown" },
        { "rob", "customer", "{\"name\":\"甲\",\"last_contact_at\":\"2026-01-01T00:00:00Z\"}",
          "field.computed" },
        { "rob", "customer", "{\"name\":\"甲\",\"created_at\":\"2026-01-01T00:00:00Z\"}",
          "field.read_only" },
        { "rob", "product", "{\"code\":\"p\",\"name\":\"p\",\"floor_price\":\"1.00\"}",
          "field.unknown" },
        { "rob", "product", "{\"code\":\"p\",\"name\":\"p\"}", "access.denied" },
        { "rob", "customer", "{}", "field.required" },
        { "rob", "customer", "{\"name\":\"  \"}", "field.required" },
        { "rob", "customer", "{\"name\":\"甲\",\"grade\":\"z\"}", "field.not_choice" },
        { "rob", "customer", "{\"name\":\"甲\",\"annual_purchase\":\"-1\"}", "field.too_small" },
        { "rob", "contact_log",
          "{\"conclusion\":\"客户同意下周三签合同\",\"next_action\":\"寄合同\"}",
          "field.required" },
        { "rob", "opportunity", "{\"name\":\"x\",\"customer\":\"%s\"}", "field.not_reference" },
        { "rob", "contact_log",
          "{\"customer\":\"%s\",\"conclusion\":\"客户同意下周三签合同\",\"next_action\":\"寄\"}",
          "field.not_reference" },
        { "rob", "customer", "{\"name\":\"甲\",\"owner\":\"%r\"}", "access.assign" },
        { "sue", "customer", "{\"name\":\"甲\",\"owner\":\"%s\"}", "field.not_reference" },
        { "rob", "alert", "{\"rule\":\"x\"}", "access.denied" },
        { "rob", "opportunity", "{\"name\":\"x\",\"customer\":\"%a\",\"stage\":\"proposal\"}",
          "stage.skip_denied" },
        { "rob", "opportunity", "{\"name\":\"x\",\"customer\":\"%a\",\"stage\":\"lost\"}",
          "gate.gate" },
        { "rob", "opportunity", "{\"name\":\"x\",\"customer\":\"%a\",\"stage\":\"nowhere\"}",
          "field.not_choice" },
        { "rob", "opportunity", "{\"name\":\"x\",\"customer\":\"%a\",\"pipeline\":\"nowhere\"}",
          "field.not_choice" },
        { "rob", "contact_log",
          "{\"customer\":\"%a\",\"conclusion\":\"客户同意下周三签合同\",\"next_action\":\"寄\","
          "\"contacted_at\":\"2030-01-01T00:00:00Z\"}",
          "field.invalid" },
    };
    struct desk desk;
    desk_begin(&desk);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal *refusal = &refusals[i];
        struct visit visit;
        visit_begin(&visit, &desk.office, person_of(&desk.office, refusal->person));
        struct str json = str_of(refusal->json);
        struct uuid id = desk.foreign;
        size_t at = str_find(json, STR("%"));
        if (at != SIZE_MAX && json.data[at + 1] == 'r') id = desk.office.ray;
        if (at != SIZE_MAX && json.data[at + 1] == 'a') id = desk.account;
        struct str copy = scope_copy(&visit.scope, json);
        if (at != SIZE_MAX) ((char *)(uintptr_t)copy.data)[at + 1] = 's';
        uint64_t before = office_trace(&desk.office);
        visit_create(&visit, refusal->object, with_id(&visit.scope, copy.data, id));
        if (!CHECK_STR(str_of(visit_error(&visit)), refusal->key)) {
            CHECK_STR(json, "is refused for another reason");
        }
        CHECK(office_trace(&desk.office) == before);
        visit_end(&visit, &desk.office);
    }
    office_end(&desk.office);
}

TEST(write_refused_updates_leave_no_trace)
{
    struct desk desk;
    desk_begin(&desk);
    uint64_t before = office_trace(&desk.office);
    CHECK_STR(str_of(patch(&desk, desk.office.ron, "{\"name\":\"x\"}", "")), "record.not_found");
    CHECK_STR(str_of(patch(&desk, desk.office.ray, "{\"name\":\"x\"}", "")), "record.not_found");
    CHECK_STR(str_of(patch(&desk, desk.office.rob, "{\"name\":\"\"}", "")), "field.required");
    CHECK_STR(str_of(patch(&desk, desk.office.rob, "{\"stage\":\"proposal\"}", "")),
              "stage.skip_denied");
    CHECK_STR(str_of(patch(&desk, desk.office.sue, "{\"stage\":\"proposal\"}", "")),
              "stage.reason_required");
    CHECK_STR(str_of(patch(&desk, desk.office.sue, "{\"stage\":\"proposal\"}", "急单")),
              "gate.gate");
    CHECK_STR(str_of(patch(&desk, desk.office.rob,
                           "{\"pipeline\":\"small_order\",\"stage\":\"quotation\"}", "")),
              "stage.skip_denied");
    CHECK_STR(str_of(patch(&desk, desk.office.rob, "{\"stage\":\"lost\"}", "")), "gate.gate");
    struct visit visit;
    visit_begin(&visit, &desk.office, desk.office.rob);
    struct scope *scope = &visit.scope;
    const char *to_ray = with_id(scope, "{\"owner\":\"%s\"}", desk.office.ray);
    CHECK(!visit_update(&visit, "opportunity", desk.deal, to_ray, ""));
    CHECK_STR(str_of(visit_error(&visit)), "access.denied");
    CHECK(!visit_delete(&visit, "opportunity", desk.deal));
    CHECK_STR(str_of(visit_error(&visit)), "access.denied");
    CHECK(!visit_delete(&visit, "customer", desk.foreign));
    CHECK_STR(str_of(visit_error(&visit)), "record.not_found");
    visit_end(&visit, &desk.office);
    CHECK(office_trace(&desk.office) == before);
    office_end(&desk.office);
}

TEST(write_versions_and_ids)
{
    struct desk desk;
    desk_begin(&desk);
    struct visit visit;
    visit_begin(&visit, &desk.office, desk.office.rob);
    const struct object *object = schema_object(visit.context.snapshot->schema, STR("customer"));
    struct change change = { object_field(object, STR("name")), cell_text(STR("乙")) };
    struct write write = { .verb = WRITE_UPDATE, .object = object, .id = desk.account,
                           .version = 7, .changes = { &change, 1 } };
    CHECK(!engine_write_wait(&visit.scope, &visit.context, &write, NULL));
    CHECK_INT(visit.scope.error.code, ERROR_STALE);
    scope_error_clear(&visit.scope);
    struct record out;
    write.version = 1;
    CHECK(engine_write_wait(&visit.scope, &visit.context, &write, &out));
    CHECK_INT(out.version, 2);
    /* The same once more changes nothing. */
    write.version = 2;
    uint64_t before = office_trace(&desk.office);
    CHECK(engine_write_wait(&visit.scope, &visit.context, &write, &out));
    CHECK_INT(out.version, 2);
    CHECK(office_trace(&desk.office) == before);
    /* Creating is idempotent for the same person, a conflict for another. */
    struct write create = { .verb = WRITE_CREATE, .object = object, .id = desk.account,
                            .changes = { &change, 1 } };
    CHECK(engine_write_wait(&visit.scope, &visit.context, &create, &out));
    CHECK_INT(out.version, 2);
    visit_end(&visit, &desk.office);
    visit_begin(&visit, &desk.office, desk.office.ron);
    create.object = schema_object(visit.context.snapshot->schema, STR("customer"));
    CHECK(!engine_write_wait(&visit.scope, &visit.context, &create, NULL));
    CHECK_STR(str_of(visit_error(&visit)), "record.exists");
    visit_end(&visit, &desk.office);
    CHECK(office_trace(&desk.office) == before);
    office_end(&desk.office);
}

/* ---- stages ---- */

TEST(write_moves_keep_stays)
{
    struct desk desk;
    desk_begin(&desk);
    log_write(&desk, good_log);
    CHECK_STR(str_of(patch(&desk, desk.office.rob, "{\"stage\":\"contact\"}", "")), "");
    CHECK_STR(str_of(patch(&desk, desk.office.rob, "{\"stage\":\"requirement\"}", "")), "");
    CHECK_STR(str_of(patch(&desk, desk.office.rob, "{\"stage\":\"contact\"}", "")),
              "stage.reason_required");
    CHECK_STR(str_of(patch(&desk, desk.office.rob, "{\"stage\":\"contact\"}", "客户换了人")), "");
    CHECK_STR(str_of(patch(&desk, desk.office.sue, "{\"stage\":\"proposal\",\"amount\":\"5\","
                                                   "\"expected_close\":\"2026-06-01\"}",
                           "大客户急单")),
              "");
    CHECK_STR(str_of(patch(&desk, desk.office.rob,
                           "{\"stage\":\"lost\",\"lost_reason\":\"price\"}", "")),
              "");
    CHECK(office_number(&desk.office, "SELECT COUNT(*) FROM opportunity WHERE closed_at = "
                                      "stage_entered_at") == 1);
    /* Reopened past a stage it never stood in, or won straight away: not without the right. */
    CHECK_STR(str_of(patch(&desk, desk.office.rob, "{\"stage\":\"won\"}", "客户回来了")),
              "stage.skip_denied");
    CHECK_STR(str_of(patch(&desk, desk.office.rob, "{\"stage\":\"proposal\"}", "客户回来了")),
              "");
    CHECK(office_number(&desk.office, "SELECT COUNT(*) FROM opportunity WHERE closed_at IS NULL") ==
          1);
    static const int moves[] = { MOVE_START, MOVE_FORWARD, MOVE_FORWARD, MOVE_BACK,
                                 MOVE_SKIP,  MOVE_LOSE,    MOVE_BACK };
    for (int i = 0; i < 7; i++) {
        char sql[200];
        snprintf(sql, sizeof(sql), "SELECT move FROM stage_stay ORDER BY id LIMIT 1 OFFSET %d", i);
        CHECK_INT(office_number(&desk.office, sql), moves[i]);
    }
    CHECK_INT(office_number(&desk.office, "SELECT COUNT(*) FROM stage_stay WHERE left_at IS NULL"),
              1);
    /* Handing over touches no stay. */
    int64_t owners = office_number(&desk.office,
                                   "SELECT COUNT(DISTINCT owner) FROM stage_stay");
    struct visit visit;
    visit_begin(&visit, &desk.office, desk.office.sue);
    CHECK(visit_update(&visit, "opportunity", desk.deal,
                       with_id(&visit.scope, "{\"owner\":\"%s\"}", desk.office.ray), ""));
    visit_end(&visit, &desk.office);
    CHECK_INT(office_number(&desk.office, "SELECT COUNT(DISTINCT owner) FROM stage_stay"), owners);
    CHECK_INT(office_number(&desk.office, "SELECT COUNT(*) FROM stage_stay"), 7);
    office_end(&desk.office);
}

TEST(write_pipelines_keep_the_stage_of_the_same_name)
{
    struct desk desk;
    desk_begin(&desk);
    CHECK_STR(str_of(patch(&desk, desk.office.rob, "{\"stage\":\"contact\"}", "")), "");
    CHECK_STR(str_of(patch(&desk, desk.office.rob, "{\"pipeline\":\"key_account\"}", "")), "");
    CHECK_DEAL(&desk, "stage", "contact");
    CHECK_STR(str_of(patch(&desk, desk.office.rob, "{\"pipeline\":\"region\"}", "")), "");
    CHECK_DEAL(&desk, "stage", "first_contact");
    office_end(&desk.office);
}

/* ---- what follows ---- */

TEST(write_log_makes_commitment_and_task)
{
    struct desk desk;
    desk_begin(&desk);
    log_write(&desk, "{\"opportunity\":\"%s\",\"conclusion\":\"客户要看现场，下周三可以来\","
                     "\"next_action\":\"准备演示\",\"next_action_due\":\"2026-03-05T10:00:00Z\"}");
    CHECK_INT(office_number(&desk.office, "SELECT COUNT(*) FROM commitment AS c JOIN opportunity "
                                          "AS o ON o.id = c.opportunity AND o.owner = c.owner"),
              1);
    CHECK_INT(office_number(&desk.office, "SELECT COUNT(*) FROM task WHERE done_at IS NULL"), 1);
    struct visit visit;
    visit_begin(&visit, &desk.office, desk.office.rob);
    CHECK_STR(visit_value(&visit, "customer", desk.account, "next_contact_at"),
              "2026-03-05T10:00:00.000Z");
    struct json rows;
    CHECK(visit_count(&visit, "task", "title = \"x\"") == 0);
    struct rows tasks;
    struct db_conn *conn = NULL;
    CHECK(db_read_begin(&visit.scope, engine_db(desk.office.engine), &conn));
    CHECK(db_all(&visit.scope, conn, STR("SELECT id FROM task"), NULL, 0, 10, &tasks));
    db_read_end(conn);
    struct uuid task = cell_uuid(&tasks.items[0].cells[0]);
    CHECK_STR(visit_value(&visit, "task", task, "title"), "准备演示");
    (void)rows;
    visit_end(&visit, &desk.office);
    office_end(&desk.office);
}

TEST(write_contact_follows_logs)
{
    struct desk desk;
    desk_begin(&desk);
    struct scope scope;
    scope_begin(&scope);
    const char *early = "{\"opportunity\":\"%s\",\"conclusion\":\"客户确认预算，要求现场演示设备\","
                        "\"next_action\":\"准备\",\"contacted_at\":\"2026-03-01T02:00:00Z\"}";
    const char *late = "{\"opportunity\":\"%s\",\"conclusion\":\"采购王经理说价格要再降三个点\","
                       "\"next_action\":\"申请\",\"contacted_at\":\"2026-03-01T05:00:00Z\"}";
    make(&desk.office, desk.office.rob, "contact_log", with_id(&scope, early, desk.deal));
    struct uuid log = make(&desk.office, desk.office.rob, "contact_log",
                           with_id(&scope, late, desk.deal));
    log_write(&desk, "{\"opportunity\":\"%s\",\"conclusion\":\"已沟通\",\"next_action\":\"跟进\"}");
    CHECK_DEAL(&desk, "last_contact_at", "2026-03-01T05:00:00.000Z");
    struct visit visit;
    visit_begin(&visit, &desk.office, desk.office.sue);
    CHECK_STR(visit_value(&visit, "customer", desk.account, "last_contact_at"),
              "2026-03-01T05:00:00.000Z");
    CHECK(visit_update(&visit, "contact_log", log,
                       "{\"contacted_at\":\"2026-03-01T06:00:00Z\"}", ""));
    CHECK_DEAL(&desk, "last_contact_at", "2026-03-01T06:00:00.000Z");
    CHECK(visit_delete(&visit, "contact_log", log));
    CHECK_DEAL(&desk, "last_contact_at", "2026-03-01T02:00:00.000Z");
    CHECK_STR(visit_value(&visit, "customer", desk.account, "last_contact_at"),
              "2026-03-01T02:00:00.000Z");
    struct write restore = {
        .verb = WRITE_RESTORE, .id = log,
        .object = schema_object(visit.context.snapshot->schema, STR("contact_log")),
    };
    CHECK(engine_write_wait(&visit.scope, &visit.context, &restore, NULL));
    CHECK_DEAL(&desk, "last_contact_at", "2026-03-01T06:00:00.000Z");
    /* To another deal: both are right. */
    struct uuid other = make(&desk.office, desk.office.rob, "opportunity",
                             with_id(&scope, "{\"name\":\"二期\",\"customer\":\"%s\"}",
                                     desk.account));
    CHECK(visit_update(&visit, "contact_log", log,
                       with_id(&scope, "{\"opportunity\":\"%s\"}", other), ""));
    CHECK_DEAL(&desk, "last_contact_at", "2026-03-01T02:00:00.000Z");
    CHECK_STR(visit_value(&visit, "opportunity", other, "last_contact_at"),
              "2026-03-01T06:00:00.000Z");
    visit_end(&visit, &desk.office);
    scope_end(&scope);
    office_end(&desk.office);
}
