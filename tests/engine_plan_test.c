/* Plans that are kept: what goes with the clock does so in a plan made earlier. */
#include "tests/office.h"
#include "tests/test.h"

static struct query_plan *plan_of(struct visit *visit, struct scope *scope, const char *where)
{
    struct record_context context = engine_record_context(&visit->context);
    struct record_query query = {
        .object = schema_object(visit->context.snapshot->schema, STR("opportunity")),
        .limit = 10, .count = COUNT_EXACT,
    };
    struct query_plan *plan = NULL;
    CHECK(query_parse_where(&visit->scope, &context, str_of(where), &query) &&
          query_parse_fields(&visit->scope, &context, STR("name,created_at"), &query) &&
          query_plan_list(scope, &context, &query, PLAN_KEPT, &plan));
    return plan;
}

/* How many rows and what count the plan gives some time later. */
static int rows_at(struct visit *visit, const struct query_plan *plan, int64_t later_ms,
                   int *out_count)
{
    struct record_context context = engine_record_context(&visit->context);
    struct buf text;
    struct json_writer writer;
    struct json answer;
    struct db_conn *conn = NULL;
    context.now_ms += later_ms;
    buf_begin(&text, &visit->scope, 1024 * 1024);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    if (!CHECK(db_read_begin(&visit->scope, engine_db(visit->context.engine), &conn))) return -1;
    CHECK(query_list(&visit->scope, conn, &context, plan, &writer));
    db_read_end(conn);
    json_map_end(&writer);
    if (!CHECK(json_read(&visit->scope, buf_str(&text), &answer))) return -1;
    *out_count = (int)json_int(&answer, "count", -1);
    return json_get(&answer, "items")->count;
}

TEST(plan_kept_goes_with_the_clock)
{
    struct office office;
    struct visit visit;
    struct scope kept;
    int count = 0;
    office_begin(&office);
    visit_begin(&visit, &office, office.rob);
    struct uuid account = visit_create(&visit, "customer", "{\"name\":\"A\"}");
    visit_create(&visit, "opportunity",
                 scope_format(&visit.scope, "{\"name\":\"D\",\"customer\":\"%s\"}",
                              uuid_format(&visit.scope, account).data).data);
    CHECK_STR(str_of(visit_error(&visit)), "");
    scope_begin(&kept);
    struct query_plan *since = plan_of(&visit, &kept, "HOURS_SINCE(created_at) >= 5");
    struct query_plan *before = plan_of(&visit, &kept, "created_at + HOURS(5) > NOW()");
    int64_t five_hours = 5 * (int64_t)TIME_HOUR_MS;
    CHECK_INT(rows_at(&visit, since, five_hours - 1, &count), 0);
    CHECK_INT(count, 0);
    CHECK_INT(rows_at(&visit, since, five_hours, &count), 1);
    CHECK_INT(count, 1);
    CHECK_INT(rows_at(&visit, before, five_hours - 1, &count), 1);
    CHECK_INT(rows_at(&visit, before, five_hours, &count), 0);
    scope_end(&kept);
    visit_end(&visit, &office);
    office_end(&office);
}
