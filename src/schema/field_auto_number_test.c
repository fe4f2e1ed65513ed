/* Numbers given out: in order, anew each period, never twice. */
#include "base/time.h"
#include "schema/schema_fixture_test.h"
#include "schema/schema_inner.h"

struct numbering {
    struct workspace *workspace;
    const char *field;
    int64_t now_ms;
    const char *seen; /* not NULL: reported as taken first */
    bool is_failing;
    struct str out;
};

static bool number_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct numbering *numbering = context;
    const struct schema *schema = numbering->workspace->schema;
    const struct object *object = schema_object(schema, STR("deal"));
    const struct field *field = object_field(object, str_of(numbering->field));
    struct cell cell;
    if (numbering->seen &&
        !auto_number_seen(scope, conn, object, field, str_of(numbering->seen))) {
        return false;
    }
    if (!auto_number_next(scope, conn, schema, object, field, numbering->now_ms, &cell)) {
        return false;
    }
    numbering->out = cell.text;
    return !numbering->is_failing || error_set(scope, ERROR_INVALID, "field.required", STR("x"));
}

static struct str next(struct workspace *w, const char *field, const char *time, const char *seen)
{
    struct numbering numbering = { .workspace = w, .field = field, .seen = seen };
    CHECK(time_parse(str_of(time), 480, &numbering.now_ms));
    CHECK(db_write_wait(w->scope, w->fixture.db, number_run, &numbering));
    return numbering.out;
}

TEST(auto_numbers_count_by_period)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    CHECK(workspace_put(&w, "object", "deal",
                        "{'name':'deal','fields':["
                        "{'name':'yearly','type':'auto_number','pattern':'SJ-{yyyy}-{000000}'},"
                        "{'name':'monthly','type':'auto_number','pattern':'{yy}{mm}/{00}'},"
                        "{'name':'daily','type':'auto_number','pattern':'{yyyy}{mm}{dd}-{0}'},"
                        "{'name':'plain','type':'auto_number','pattern':'N{0000}'}]}"));
    CHECK_STR(next(&w, "yearly", "2026-12-31 23:59", NULL), "SJ-2026-000001");
    CHECK_STR(next(&w, "yearly", "2026-12-31 23:59", NULL), "SJ-2026-000002");
    CHECK_STR(next(&w, "yearly", "2027-01-01 00:00", NULL), "SJ-2027-000001");
    CHECK_STR(next(&w, "yearly", "2026-12-31 23:59", NULL), "SJ-2026-000003");
    CHECK_STR(next(&w, "monthly", "2026-03-02", NULL), "2603/01");
    CHECK_STR(next(&w, "monthly", "2026-04-01", NULL), "2604/01");
    CHECK_STR(next(&w, "daily", "2026-03-02", NULL), "20260302-1");
    CHECK_STR(next(&w, "daily", "2026-03-02", NULL), "20260302-2");
    CHECK_STR(next(&w, "daily", "2026-03-03", NULL), "20260303-1");
    CHECK_STR(next(&w, "plain", "2026-03-03", NULL), "N0001");
    /* Numbers from elsewhere are stepped over; lower and foreign ones change nothing. */
    CHECK_STR(next(&w, "plain", "2026-03-03", "N0041"), "N0042");
    CHECK_STR(next(&w, "plain", "2026-03-03", "N0007"), "N0043");
    CHECK_STR(next(&w, "plain", "2026-03-03", "X9999"), "N0044");
    CHECK_STR(next(&w, "plain", "2026-03-03", "N9999"), "N10000");
    CHECK_STR(next(&w, "plain", "2026-03-03", "N99999999999999999999999"), "N10001");
    CHECK_STR(next(&w, "yearly", "2026-05-05", "SJ-2027-000123"), "SJ-2026-000004");
    CHECK_STR(next(&w, "yearly", "2027-05-05", NULL), "SJ-2027-000124");
    workspace_end(&w);
}

TEST(auto_numbers_go_back_with_their_write)
{
    struct workspace w;
    if (!workspace_begin(&w)) return;
    CHECK(workspace_put(&w, "object", "deal",
                        "{'name':'deal','fields':[{'name':'n','type':'auto_number','pattern':"
                        "'{000}'}]}"));
    CHECK_STR(next(&w, "n", "2026-01-01", NULL), "001");
    struct numbering failing = { .workspace = &w, .field = "n", .is_failing = true };
    CHECK(!db_write_wait(w.scope, w.fixture.db, number_run, &failing));
    scope_error_clear(w.scope);
    CHECK_STR(next(&w, "n", "2026-01-01", NULL), "002");
    workspace_end(&w);
}
