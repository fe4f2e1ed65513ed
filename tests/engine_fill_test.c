/*
 * Stored formulas over many records are filled by jobs while people go on writing: whatever is
 * read meanwhile is what the rows of the model come to, the columns are right at the end, and
 * a restart, a cancelled job or a storage that fails for a while changes nothing of that.
 */
#include "engine/job.h"
#include "tests/office.h"
#include "tests/test.h"

enum { FIRM_COUNT = 1100, SALE_COUNT = 1300, STEP_COUNT_MAX = 400 };

static const char *const FIRM_JSON =
    "{\"name\":\"firm\",\"plural\":\"firms\",\"fields\":["
    "{\"name\":\"name\",\"type\":\"text\",\"title\":true}%s]}";
static const char *const SALE_JSON =
    "{\"name\":\"sale\",\"plural\":\"sales\",\"fields\":["
    "{\"name\":\"name\",\"type\":\"text\",\"title\":true},"
    "{\"name\":\"firm\",\"type\":\"reference\",\"to\":\"firm\"},"
    "{\"name\":\"pieces\",\"type\":\"integer\"}%s]}";
/* A chain: over the way back, on it, and along the reference. */
static const char *const TOTALS =
    ",{\"name\":\"total\",\"type\":\"rollup\",\"relation\":\"sales\",\"function\":\"sum\","
    "\"field\":\"pieces\",\"where\":\"pieces > %d\",\"stored\":true,\"index\":true},"
    "{\"name\":\"double\",\"type\":\"formula\",\"formula\":\"total * 2\",\"result\":\"integer\","
    "\"stored\":true}";
static const char *const SHARE =
    ",{\"name\":\"beside\",\"type\":\"formula\",\"formula\":\"firm.double - pieces\","
    "\"result\":\"integer\",\"stored\":true}";

struct model {
    struct office office;
    struct uuid firms[FIRM_COUNT], sales[SALE_COUNT];
    int firm_of[SALE_COUNT], pieces[SALE_COUNT];
    int least; /* sales of no more pieces do not count */
    uint32_t state;
};

static int draw(struct model *model, int below)
{
    model->state = model->state * 1664525u + 1013904223u;
    return (int)((model->state >> 8) % (uint32_t)below);
}

/* ---- the workspace ---- */

static bool configure(struct model *model, const char *firm, const char *sale)
{
    struct scope *scope = &model->office.scope;
    const struct schema_part parts[] = {
        part_of_text(scope, "object", "firm", scope_format(scope, FIRM_JSON, firm).data),
        part_of_text(scope, "object", "sale", scope_format(scope, SALE_JSON, sale).data),
    };
    return office_configure(&model->office, parts, 2);
}

/* With sums of what is above `least`, and what stands on them. */
static bool configure_totals(struct model *model, int least)
{
    struct scope scope;
    scope_begin(&scope);
    model->least = least;
    bool ok = configure(model, scope_format(&scope, TOTALS, least).data, SHARE);
    scope_end(&scope);
    return ok;
}

static bool fill_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct model *model = context;
    struct engine *engine = model->office.engine;
    const struct snapshot *snapshot = snapshot_take(engine);
    struct engine_context system = engine_system_context(engine, snapshot, "test");
    const struct object *firm = schema_object(snapshot->schema, STR("firm"));
    const struct object *sale = schema_object(snapshot->schema, STR("sale"));
    bool ok = true;
    for (int i = 0; ok && i < FIRM_COUNT + SALE_COUNT; i++) {
        int s = i - FIRM_COUNT;
        struct change changes[] = {
            { object_field(s < 0 ? firm : sale, STR("name")), cell_text(STR("n")) },
            { object_field(sale, STR("firm")), cell_null() },
            { object_field(sale, STR("pieces")), cell_null() },
        };
        struct history_row row = { .object = s < 0 ? firm : sale, .id = uuid_make(system.now_ms),
                                   .changes = { changes, s < 0 ? 1 : 3 } };
        if (s < 0) {
            model->firms[i] = row.id;
        } else {
            model->sales[s] = row.id;
            model->firm_of[s] = draw(model, FIRM_COUNT);
            model->pieces[s] = draw(model, 50);
            changes[1].cell = cell_id(scope, model->firms[model->firm_of[s]]);
            changes[2].cell = cell_int(model->pieces[s]);
        }
        ok = engine_put_history(scope, conn, &system, &row);
    }
    snapshot_release(engine, snapshot);
    return ok;
}

static void begin(struct model *model)
{
    *model = (struct model){ .state = 20261122 };
    office_begin(&model->office);
    CHECK(configure(model, "", ""));
    CHECK(db_write_wait(&model->office.scope, engine_db(model->office.engine), fill_run, model));
}

/* ---- what must hold at every moment ---- */

static int total_of(const struct model *model, int firm)
{
    int total = 0;
    for (int i = 0; i < SALE_COUNT; i++) {
        bool counts = model->firm_of[i] == firm && model->pieces[i] > model->least;
        if (counts) total += model->pieces[i];
    }
    return total;
}

static void firm_check(struct model *model, struct visit *visit, int firm)
{
    struct str total = visit_value(visit, "firm", model->firms[firm], "total");
    struct str twice = visit_value(visit, "firm", model->firms[firm], "double");
    int right = total_of(model, firm);
    CHECK_STR(total, scope_format(&visit->scope, "%d", right).data);
    CHECK_STR(twice, scope_format(&visit->scope, "%d", 2 * right).data);
}

/* Somebody works: a sale gets other pieces or another firm; all that stands on it is right. */
static void write_and_read(struct model *model)
{
    struct visit visit;
    int s = draw(model, SALE_COUNT), before = model->firm_of[s];
    visit_begin(&visit, &model->office, (struct uuid){ { 0 } });
    model->pieces[s] = draw(model, 50);
    if (draw(model, 2) == 0) model->firm_of[s] = draw(model, FIRM_COUNT);
    struct str firm = uuid_format(&visit.scope, model->firms[model->firm_of[s]]);
    CHECK(visit_update(&visit, "sale", model->sales[s],
                       scope_format(&visit.scope, "{\"firm\":\"%s\",\"pieces\":%d}", firm.data,
                                    model->pieces[s])
                           .data,
                       ""));
    visit_end(&visit, &model->office);

    visit_begin(&visit, &model->office, (struct uuid){ { 0 } });
    firm_check(model, &visit, before);
    firm_check(model, &visit, model->firm_of[s]);
    firm_check(model, &visit, draw(model, FIRM_COUNT));
    int any = draw(model, SALE_COUNT);
    int beside = 2 * total_of(model, model->firm_of[any]) - model->pieces[any];
    CHECK_STR(visit_value(&visit, "sale", model->sales[any], "beside"),
              scope_format(&visit.scope, "%d", beside).data);
    visit_end(&visit, &model->office);
}

static bool step(struct model *model)
{
    struct scope scope;
    bool is_more = false;
    scope_begin(&scope);
    CHECK(job_step(&scope, model->office.engine, &is_more));
    scope_end(&scope);
    return is_more;
}

/* All columns as the rows have it, and no field is read otherwise any more. */
static void end_check(struct model *model)
{
    struct scope scope;
    scope_begin(&scope);
    CHECK_INT(office_number(&model->office, "SELECT COUNT(*) FROM filling"), 0);
    CHECK_INT(office_number(&model->office, "SELECT COUNT(*) FROM job WHERE state <> 'done'"), 0);
    struct str wrong = scope_format(
        &scope,
        "SELECT COUNT(*) FROM (SELECT t.total AS total, t.\"double\" AS twice, COALESCE((SELECT "
        "SUM(s.pieces) FROM sale AS s WHERE s.firm = t.id AND s.pieces > %d), 0) AS v FROM firm "
        "AS t) AS q WHERE q.total IS DISTINCT FROM q.v OR q.twice IS DISTINCT FROM 2 * q.v",
        model->least);
    CHECK_INT(office_number(&model->office, wrong.data), 0);
    CHECK_INT(office_number(&model->office,
                            "SELECT COUNT(*) FROM sale AS s JOIN firm AS t ON t.id = s.firm WHERE "
                            "s.beside IS DISTINCT FROM t.\"double\" - s.pieces"),
              0);
    const struct snapshot *snapshot = snapshot_take(model->office.engine);
    const struct object *firm = schema_object(snapshot->schema, STR("firm"));
    CHECK(object_field(firm, STR("total"))->is_stored);
    CHECK(object_field(firm, STR("double"))->is_stored);
    snapshot_release(model->office.engine, snapshot);
    scope_end(&scope);
}

static void work_on(struct model *model)
{
    int steps = 0;
    while (step(model) && steps++ < STEP_COUNT_MAX) write_and_read(model);
    CHECK(steps < STEP_COUNT_MAX);
    end_check(model);
}

/* ---- tests ---- */

TEST(fill_is_right_at_every_moment_and_at_the_end)
{
    static struct model model;
    begin(&model);
    CHECK(configure_totals(&model, 0));
    /* One after the other: the sums, what stands on them, what stands on that over there. */
    CHECK_INT(office_number(&model.office, "SELECT COUNT(*) FROM job WHERE kind = 'fill'"), 3);
    write_and_read(&model);
    work_on(&model);
    write_and_read(&model);

    /* They mean something else now, and once more before that is done; then a restart. */
    CHECK(configure_totals(&model, 10));
    for (int i = 0; i < 5 && step(&model); i++) write_and_read(&model);
    CHECK(configure_totals(&model, 20));
    for (int i = 0; i < 4 && step(&model); i++) write_and_read(&model);
    office_restart(&model.office);
    write_and_read(&model);
    work_on(&model);

    /* Another name or label is no other formula. */
    CHECK(configure(&model, "", ",{\"name\":\"note\",\"type\":\"text\"}"));
    CHECK_INT(office_number(&model.office,
                            "SELECT COUNT(*) FROM job WHERE state IN ('waiting', 'running')"), 0);
    office_end(&model.office);
}

/* The moment a rule counts from is right at once; what else is due is left to jobs. */
TEST(fill_leaves_all_but_what_a_rule_counts_from)
{
    static const char *const RULE_JSON =
        "{\"name\":\"idle\",\"kind\":\"ladder\",\"object\":\"firm\",\"when\":\"TRUE\","
        "\"since\":\"seen_at\",\"levels\":[{\"level\":\"yellow\",\"after\":\"48h\"}],"
        "\"title\":\"x\",\"body\":\"x\"}";
    static const char *const SEEN =
        ",{\"name\":\"seen_at\",\"type\":\"formula\",\"result\":\"datetime\",\"stored\":true,"
        "\"formula\":\"created_at + %d\"},{\"name\":\"size\",\"type\":\"formula\","
        "\"formula\":\"LEN(name) + %d\",\"result\":\"integer\",\"stored\":true}";
    static struct model model;
    struct scope scope;
    scope_begin(&scope);
    begin(&model);
    CHECK(configure(&model, scope_format(&scope, SEEN, 0, 0).data, ""));
    while (step(&model)) continue;
    const struct schema_part rule = part_of_text(&scope, "rule", "idle", RULE_JSON);
    CHECK(office_configure(&model.office, &rule, 1));
    CHECK(configure(&model, scope_format(&scope, SEEN, 1, 1).data, ""));
    CHECK_INT(office_number(&model.office, "SELECT COUNT(*) FROM filling"), 1);
    CHECK_INT(office_number(&model.office,
                            "SELECT COUNT(*) FROM firm WHERE seen_at <> created_at + 86400000"), 0);
    CHECK_INT(office_number(&model.office, "SELECT COUNT(*) FROM firm WHERE size <> 1"), 0);
    while (step(&model)) continue;
    CHECK_INT(office_number(&model.office, "SELECT COUNT(*) FROM firm WHERE size <> 2"), 0);
    office_end(&model.office);
    scope_end(&scope);
}

struct asking {
    struct model *model;
    bool (*run)(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                int64_t id);
    int64_t id;
};

static bool ask_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct asking *asking = context;
    struct engine *engine = asking->model->office.engine;
    const struct snapshot *snapshot = snapshot_take(engine);
    struct engine_context system = engine_system_context(engine, snapshot, "test");
    bool ok = asking->run(scope, conn, &system, asking->id);
    snapshot_release(engine, snapshot);
    return ok;
}

static bool ask(struct asking asking)
{
    struct scope scope;
    scope_begin(&scope);
    bool ok = db_write_wait(&scope, engine_db(asking.model->office.engine), ask_run, &asking);
    scope_end(&scope);
    return ok;
}

TEST(fill_cancelled_goes_on_being_computed_and_can_go_on)
{
    static struct model model;
    begin(&model);
    CHECK(configure_totals(&model, 0));
    int64_t first = office_number(&model.office, "SELECT MIN(id) FROM job");
    for (int i = 0; i < 2; i++) CHECK(step(&model));
    CHECK(ask((struct asking){ &model, job_cancel, first }));
    CHECK(!ask((struct asking){ &model, job_cancel, first }));
    for (int i = 0; i < 5 && step(&model); i++) write_and_read(&model);
    /* What stands on it cannot be kept before it is; it says so and does not wait for ever. */
    CHECK_INT(office_number(&model.office, "SELECT COUNT(*) FROM job WHERE state = 'failed'"), 2);
    write_and_read(&model);
    for (int64_t id = first; id < first + 3; id++) {
        CHECK(ask((struct asking){ &model, job_retry, id }));
    }
    CHECK(!ask((struct asking){ &model, job_retry, first }));
    work_on(&model);
    office_end(&model.office);
}

static bool sql_run(struct scope *scope, struct db_conn *conn, void *context)
{
    return db_exec(scope, conn, str_of(context), NULL, 0);
}

TEST(job_step_that_fails_is_tried_again_and_others_go_on)
{
    static char hide[] = "ALTER TABLE firm RENAME COLUMN total TO aside";
    static char show[] = "ALTER TABLE firm RENAME COLUMN aside TO total";
    static struct model model;
    begin(&model);
    CHECK(configure_totals(&model, 0));
    int64_t first = office_number(&model.office, "SELECT MIN(id) FROM job");
    CHECK(step(&model));
    struct db *db = engine_db(model.office.engine);
    CHECK(db_write_wait(&model.office.scope, db, sql_run, hide));
    for (int i = 1; i <= JOB_ATTEMPT_COUNT_MAX; i++) {
        struct scope scope;
        bool is_due, is_last = i == JOB_ATTEMPT_COUNT_MAX;
        struct db_conn *conn;
        struct job job;
        CHECK(step(&model));
        scope_begin(&scope);
        if (!CHECK(db_read_begin(&scope, db, &conn))) return;
        CHECK(job_load(&scope, conn, first, &job));
        CHECK_STR(job.state, is_last ? "failed" : "running");
        CHECK_INT(job.attempts, is_last ? i - 1 : i);
        CHECK(job.error.size > 0);
        /* It waits longer each time, and those behind it have their turn meanwhile. */
        CHECK(is_last || job.retry_at.integer >= model.office.clock.fixed_ms + 500 * i);
        CHECK(job_is_due(&scope, conn, model.office.clock.fixed_ms, &is_due) && is_due);
        db_read_end(conn);
        if (!is_last) model.office.clock.fixed_ms = job.retry_at.integer;
        scope_end(&scope);
    }
    CHECK(db_write_wait(&model.office.scope, db, sql_run, show));
    CHECK(ask((struct asking){ &model, job_retry, first }));
    work_on(&model);
    office_end(&model.office);
}

/* ---- indexes ---- */

#define INDEX_COUNT "SELECT COUNT(*) FROM sqlite_master WHERE type = 'index'"

/* As if there were many: numbers of rows grow. */
static bool many_run(struct scope *scope, struct db_conn *conn, void *context)
{
    (void)context;
    struct cell arg = cell_id(scope, uuid_make(1));
    return db_exec(scope, conn,
                   STR("INSERT INTO firm (search_id, id, version, created_at, updated_at, name) "
                       "VALUES (30000, ?, 1, 1, 1, 'far')"),
                   &arg, 1);
}

TEST(index_of_many_records_is_made_by_a_job)
{
    static struct model model;
    static const char *const plain = ",{\"name\":\"size\",\"type\":\"integer\"%s}";
    struct scope scope;
    scope_begin(&scope);
    model = (struct model){ .state = 1 };
    office_begin(&model.office);
    CHECK(configure(&model, "", ""));
    CHECK(db_write_wait(&scope, engine_db(model.office.engine), many_run, NULL));
    CHECK(configure(&model, scope_format(&scope, plain, "").data, ""));
    int64_t before = office_number(&model.office, INDEX_COUNT);
    CHECK(configure(&model, scope_format(&scope, plain, ",\"index\":true").data, ""));
    CHECK_INT(office_number(&model.office, INDEX_COUNT), before);
    CHECK_INT(office_number(&model.office, "SELECT COUNT(*) FROM job WHERE kind = 'index' AND "
                                           "state = 'waiting' AND total = 1"), 1);
    /* Asked for once more, and renamed, before it is made. */
    CHECK(configure(&model, scope_format(&scope, plain, ",\"index\":true").data, ""));
    while (step(&model)) {}
    CHECK_INT(office_number(&model.office, "SELECT COUNT(*) FROM job WHERE kind = 'index' AND "
                                           "state = 'done' AND done = 1"), 1);
    CHECK_INT(office_number(&model.office, INDEX_COUNT), before + 1);
    /* What is unique is judged while one waits; what is not asked for any more goes at once. */
    CHECK(configure(&model, scope_format(&scope, plain, ",\"unique\":true").data, ""));
    CHECK_INT(office_number(&model.office, INDEX_COUNT), before + 1);
    CHECK(configure(&model, scope_format(&scope, plain, "").data, ""));
    CHECK_INT(office_number(&model.office, INDEX_COUNT), before);
    CHECK_INT(office_number(&model.office, "SELECT COUNT(*) FROM job WHERE state <> 'done'"), 0);
    office_end(&model.office);
    scope_end(&scope);
}
