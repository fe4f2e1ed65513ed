/*
 * What every role sees and may do, against an oracle made from the role's JSON:
 * records of a colleague (rob: same team and region) and of a stranger (ron), by
 * reading, listing, counting, searching, summing, through references, and in
 * everything that hangs on a record.
 */
#include <stdio.h>

#include "jobs/jobs.h"
#include "metric/metric.h"
#include "tests/office.h"
#include "tests/test.h"

enum { OBJECT_COUNT = 5, SIDE_COUNT = 2 };

/* In the order of making; the parents along which sight is inherited, as the pack has them. */
static const struct {
    const char *name, *json, *parents[3];
} objects[OBJECT_COUNT] = {
    { "customer", "{\"name\":\"%w 公司\"}", { NULL } },
    { "contact", "{\"name\":\"%w\",\"customer\":\"%c\"}", { "customer", NULL } },
    { "opportunity", "{\"name\":\"%w\",\"customer\":\"%c\"}", { "customer", NULL } },
    { "contact_log",
      "{\"opportunity\":\"%o\",\"conclusion\":\"%w 确认了预算，要求下周三现场演示\","
      "\"next_action\":\"准备\",\"next_action_due\":\"2026-04-01T00:00:00Z\"}",
      { "opportunity", "customer", NULL } },
    { "commitment", "{\"what\":\"%w\",\"opportunity\":\"%o\",\"due_at\":\"2026-04-01T00:00:00Z\"}",
      { "opportunity", "customer", NULL } },
};
static const char *const words[SIDE_COUNT] = { "xylophone", "zeppelin" };

struct side {
    struct uuid owner;
    struct uuid ids[OBJECT_COUNT];
    bool is_near; /* same team and region as the one who looks */
};

struct matrix {
    struct office office;
    struct side sides[SIDE_COUNT];
};

static const char *fill(struct scope *scope, const char *format, const char *word,
                        const struct uuid *ids)
{
    struct buf out;
    buf_begin(&out, scope, 4000);
    for (const char *at = format; *at; at++) {
        if (*at != '%') {
            buf_put_char(&out, *at);
            continue;
        }
        at += 1;
        if (*at == 'w') buf_put(&out, str_of(word));
        if (*at == 'c') uuid_put(&out, ids[0]);
        if (*at == 'o') uuid_put(&out, ids[2]);
    }
    return out.data;
}

static void matrix_begin(struct matrix *matrix)
{
    office_begin(&matrix->office);
    matrix->sides[0].owner = matrix->office.rob;
    matrix->sides[0].is_near = true;
    matrix->sides[1].owner = matrix->office.ron;
    matrix->sides[1].is_near = false;
    for (int s = 0; s < SIDE_COUNT; s++) {
        struct visit visit;
        struct side *side = &matrix->sides[s];
        visit_begin(&visit, &matrix->office, side->owner);
        for (int o = 0; o < OBJECT_COUNT; o++) {
            side->ids[o] = visit_create(&visit, objects[o].name,
                                        fill(&visit.scope, objects[o].json, words[s], side->ids));
            CHECK_STR(str_of(visit_error(&visit)), "");
        }
        visit_end(&visit, &matrix->office);
    }
    struct scope scope;
    scope_begin(&scope);
    CHECK(jobs_clock_move(&scope, matrix->office.engine, OFFICE_START_MS + 125 * TIME_HOUR_MS));
    scope_end(&scope);
}

/* ---- the oracle ---- */

static struct str scope_word(const struct config *role, const char *object, const char *action)
{
    const struct json *grants = json_get(&role->body, "grants");
    const struct json *grant = json_get(grants, object);
    if (!grant) grant = json_get(grants, "*");
    const struct json *word = json_get(grant, action);
    if (word && word->kind == JSON_KIND_BOOL) return word->boolean ? STR("all") : STR("none");
    return word ? word->text : STR("none");
}

static bool reaches(struct str word, const struct side *side)
{
    if (str_is(word, "all")) return true;
    return side->is_near &&
           (str_is(word, "team") || str_is(word, "team_below") || str_is(word, "region"));
}

static bool may_see(const struct config *role, int object, const struct side *side)
{
    bool may = reaches(scope_word(role, objects[object].name, "read"), side);
    for (int i = 0; objects[object].parents[i]; i++) {
        may = may || reaches(scope_word(role, objects[object].parents[i], "read"), side);
    }
    return may;
}

/* ---- looking ---- */

static int found(struct visit *visit, const char *object, const char *text)
{
    struct record_query query = {
        .object = schema_object(visit->context.snapshot->schema, str_of(object)), .limit = 10,
        .text = str_of(text), .count = COUNT_EXACT,
    };
    struct buf out;
    struct json_writer writer;
    struct json answer;
    struct db_conn *conn = NULL;
    buf_begin(&out, &visit->scope, 1024 * 1024);
    json_begin(&writer, &out);
    json_map_begin(&writer);
    CHECK(db_read_begin(&visit->scope, engine_db(visit->context.engine), &conn));
    CHECK(visit_list(visit, conn, &query, &writer));
    db_read_end(conn);
    json_map_end(&writer);
    CHECK(json_read(&visit->scope, buf_str(&out), &answer));
    CHECK_INT(json_get(&answer, "items")->count, json_int(&answer, "count", -1));
    return (int)json_int(&answer, "count", -1);
}

static int64_t summed(struct visit *visit, const char *object)
{
    struct record_context context = engine_record_context(&visit->context);
    struct sum_query *query = scope_new(&visit->scope, struct sum_query, 1);
    struct buf out;
    struct json_writer writer;
    struct json body, answer;
    struct db_conn *conn = NULL;
    buf_begin(&out, &visit->scope, 1024 * 1024);
    json_begin(&writer, &out);
    json_map_begin(&writer);
    CHECK(json_read(&visit->scope, STR("{\"values\":[\"COUNT()\"]}"), &body));
    CHECK(sum_parse(&visit->scope, &context,
                    schema_object(visit->context.snapshot->schema, str_of(object)), &body, query));
    CHECK(db_read_begin(&visit->scope, engine_db(visit->context.engine), &conn));
    CHECK(sum_write(&visit->scope, conn, &context, query, &writer));
    db_read_end(conn);
    json_map_end(&writer);
    CHECK(json_read(&visit->scope, buf_str(&out), &answer));
    return json_int(&json_get(&answer, "rows")->items[0], "COUNT()", -1);
}

static const char *by_id(struct visit *visit, const char *field, struct uuid id)
{
    return scope_format(&visit->scope, "%s = \"%s\"", field,
                        uuid_format(&visit->scope, id).data)
        .data;
}

static void check_reading(struct visit *visit, const struct config *role, const struct side *side,
                          const char *word)
{
    for (int o = 0; o < OBJECT_COUNT; o++) {
        int wanted = may_see(role, o, side) ? 1 : 0;
        if (!CHECK_INT(visit_count(visit, objects[o].name, by_id(visit, "id", side->ids[o])),
                       wanted)) {
            CHECK_STR(role->name, objects[o].name);
        }
        CHECK_INT(found(visit, objects[o].name, word) > 0, wanted);
        CHECK_INT(summed(visit, objects[o].name), visit_count(visit, objects[o].name, ""));
    }
    bool may = may_see(role, 2, side);
    static const char *const hangers[] = { "alert", "task", "stage_stay", "change" };
    for (size_t i = 0; i < sizeof(hangers) / sizeof(hangers[0]); i++) {
        int count = visit_count(visit, hangers[i], by_id(visit, "record", side->ids[2]));
        if (!CHECK((count > 0) == may)) CHECK_STR(role->name, hangers[i]);
    }
    CHECK_INT(visit_count(visit, "message", by_id(visit, "record", side->ids[2])), 0);
}

/* "" where the write would go in; it is then left alone. */
static const char *verdict(const struct config *role, int object, const struct side *side,
                           const char *action)
{
    if (!may_see(role, object, side)) return "record.not_found";
    return reaches(scope_word(role, objects[object].name, action), side) ? "" : "access.denied";
}

static void check_writing(struct visit *visit, const struct config *role, const struct side *side)
{
    for (int o = 0; o < OBJECT_COUNT; o++) {
        const char *object = objects[o].name;
        visit_update(visit, object, side->ids[o], "{}", "");
        if (!CHECK_STR(str_of(visit_error(visit)), verdict(role, o, side, "update"))) {
            CHECK_STR(role->name, object);
        }
        if (verdict(role, o, side, "delete")[0]) {
            CHECK(!visit_delete(visit, object, side->ids[o]));
            CHECK_STR(str_of(visit_error(visit)), verdict(role, o, side, "delete"));
        }
        if (verdict(role, o, side, "assign")[0]) {
            struct str me = uuid_format(&visit->scope, visit->context.actor.user);
            struct str json = scope_format(&visit->scope, "{\"owner\":\"%s\"}", me.data);
            CHECK(!visit_update(visit, object, side->ids[o], json.data, ""));
            CHECK_STR(str_of(visit_error(visit)), verdict(role, o, side, "assign"));
        }
        bool may_create = str_is(scope_word(role, object, "create"), "all");
        visit_create(visit, object, "{}");
        CHECK(str_is(str_of(visit_error(visit)), "access.denied") != may_create);
    }
}

static void check_measures(struct visit *visit, const struct config *role, const struct side *side)
{
    struct measure_query query;
    struct buf out;
    struct json_writer writer;
    struct db_conn *conn = NULL;
    struct str user = scope_format(&visit->scope, "user:%s",
                                   uuid_format(&visit->scope, side->owner).data);
    scope_error_clear(&visit->scope);
    buf_begin(&out, &visit->scope, 1024 * 1024);
    json_begin(&writer, &out);
    CHECK(measure_parse(&visit->scope, &visit->context, STR("log_count"), user, STR(""), STR(""),
                        STR(""), true, &query));
    CHECK(db_read_begin(&visit->scope, engine_db(visit->context.engine), &conn));
    bool ok = measure_write(&visit->scope, conn, &visit->context, &query, &writer);
    db_read_end(conn);
    bool may = reaches(scope_word(role, "contact_log", "read"), side);
    if (!CHECK(ok == may)) CHECK_STR(role->name, "measures");
}

/* A log of the person's own that points to what they may not see. */
static void check_references(struct matrix *matrix, struct visit *visit, struct uuid person,
                             const struct config *role, const struct side *side)
{
    struct visit system;
    visit_begin(&system, &matrix->office, (struct uuid){ { 0 } });
    struct str owner = uuid_format(&system.scope, person);
    struct str customer = uuid_format(&system.scope, side->ids[0]);
    struct uuid log = visit_create(
        &system, "contact_log",
        scope_format(&system.scope,
                     "{\"owner\":\"%s\",\"customer\":\"%s\",\"conclusion\":\"自己的一条记录内容\","
                     "\"next_action\":\"x\"}",
                     owner.data, customer.data)
            .data);
    CHECK_STR(str_of(visit_error(&system)), "");
    visit_end(&system, &matrix->office);
    bool may = may_see(role, 0, side);
    bool may_own = !str_is(scope_word(role, "contact_log", "read"), "none") || may;
    CHECK_INT(visit_count(visit, "contact_log", by_id(visit, "id", log)), may_own);
    struct str name = visit_value(visit, "contact_log", log, "customer.name");
    CHECK((name.size > 0 && !str_is(name, "null")) == may);
    struct str own = str_of(by_id(visit, "id", log));
    static const char *const conditions[] = {
        "NOT ISBLANK(customer.name)", "COUNT(customer.opportunities) > 0",
        "EXISTS(customer.contacts)", "customer.owner.name <> \"\"",
    };
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        struct str where = scope_format(&visit->scope, "%s AND %s", own.data, conditions[i]);
        int count = visit_count(visit, "contact_log", where.data);
        CHECK(count >= 0);
        if (!may && !CHECK_INT(count, 0)) CHECK_STR(role->name, conditions[i]);
    }
}

TEST(access_matrix_of_every_role)
{
    struct matrix matrix;
    matrix_begin(&matrix);
    struct visit visit;
    visit_begin(&visit, &matrix.office, (struct uuid){ { 0 } });
    int count = 0;
    const struct config *roles =
        schema_configs(visit.context.snapshot->schema, STR("role"), &count);
    CHECK(count >= 12);
    for (int r = 0; r < count; r++) {
        struct str json = scope_format(
            &visit.scope,
            "{\"name\":\"p%d\",\"login\":\"p%d\",\"role\":\"%.*s\",\"team\":\"%s\","
            "\"region\":\"N\"}",
            r, r, STR_ARG(roles[r].name), uuid_format(&visit.scope, matrix.office.north).data);
        struct uuid person = visit_create(&visit, "user", json.data);
        CHECK_STR(str_of(visit_error(&visit)), "");
        for (int s = 0; s < SIDE_COUNT; s++) {
            struct visit own;
            visit_begin(&own, &matrix.office, person);
            check_reading(&own, &roles[r], &matrix.sides[s], words[s]);
            check_writing(&own, &roles[r], &matrix.sides[s]);
            check_measures(&own, &roles[r], &matrix.sides[s]);
            check_references(&matrix, &own, person, &roles[r], &matrix.sides[s]);
            visit_end(&own, &matrix.office);
        }
    }
    visit_end(&visit, &matrix.office);
    office_end(&matrix.office);
}
