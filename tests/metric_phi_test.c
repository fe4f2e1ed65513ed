/*
 * Measures against a recomputation from raw rows that shares no code with them:
 * random data from a fixed seed, random periods, every person, team and region.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "metric/metric.h"
#include "tests/office.h"
#include "tests/test.h"

enum { PEOPLE = 3, ROWS_EACH = 70, SPAN_HOURS = 24 * 40, QUERY_COUNT = 60 };

struct figures {
    struct office office;
    struct uuid people[PEOPLE]; /* rob, ray: north, region N; ron: south, region S */
    uint64_t state;
};

static int64_t pick(struct figures *figures, int64_t below)
{
    figures->state = figures->state * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((figures->state >> 33) % (uint64_t)below);
}

static int64_t moment(struct figures *figures)
{
    return OFFICE_START_MS - pick(figures, SPAN_HOURS) * TIME_HOUR_MS - pick(figures, 3600000);
}

/* ---- data ---- */

static void put(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                const char *object, const char *const *names, const struct cell *cells, int count)
{
    const struct object *to = schema_object(context->snapshot->schema, str_of(object));
    struct history_row row = { .object = to, .id = uuid_make(context->now_ms) };
    row.changes.items = scope_new(scope, struct change, count);
    for (int i = 0; i < count; i++) {
        if (cells[i].kind == CELL_NULL) continue;
        row.changes.items[row.changes.count++] =
            (struct change){ object_field(to, str_of(names[i])), cells[i] };
    }
    CHECK(engine_put_history(scope, conn, context, &row));
}

static void put_one(struct scope *scope, struct db_conn *conn, struct figures *figures,
                    const struct engine_context *context, struct uuid person)
{
    static const char *const log_names[] = { "owner", "contacted_at", "conclusion",
                                             "next_action" };
    static const char *const promise_names[] = { "owner", "what", "due_at", "done_at" };
    static const char *const alert_names[] = { "owner",     "rule",     "object",
                                               "record",    "level",    "opened_at",
                                               "yellow_at", "red_at",   "first_response_at",
                                               "cleared_at" };
    struct cell owner = cell_id(scope, person);
    struct cell log[] = { owner, cell_int(moment(figures)),
                          pick(figures, 8) ? cell_text(STR("结论")) : cell_null(),
                          pick(figures, 6) ? cell_text(STR("下一步")) : cell_null() };
    put(scope, conn, context, "contact_log", log_names, log, 4);
    int64_t due = moment(figures);
    /* Around the limit to the millisecond, too. */
    int64_t late = pick(figures, 4) == 0 ? 24 * TIME_HOUR_MS + pick(figures, 3) - 1
                                         : (pick(figures, 60) - 20) * TIME_HOUR_MS;
    struct cell promise[] = { owner, cell_text(STR("做")), cell_int(due),
                              pick(figures, 4) ? cell_int(due + late) : cell_null() };
    put(scope, conn, context, "commitment", promise_names, promise, 4);
    int64_t red = moment(figures);
    int64_t answer = pick(figures, 3) == 0 ? 4 * TIME_HOUR_MS + pick(figures, 3) - 1
                                           : pick(figures, 10) * TIME_HOUR_MS;
    bool is_red = pick(figures, 3) != 0;
    struct cell alert[] = {
        owner, cell_text(STR("stall_ladder")),
        cell_int(schema_object(context->snapshot->schema, STR("opportunity"))->id),
        cell_id(scope, uuid_make(context->now_ms)), cell_int(is_red ? 3 : 1),
        cell_int(red - TIME_DAY_MS), cell_int(red - TIME_DAY_MS),
        is_red ? cell_int(red) : cell_null(),
        is_red && pick(figures, 4) ? cell_int(red + answer) : cell_null(),
        cell_int(red + TIME_DAY_MS),
    };
    put(scope, conn, context, "alert", alert_names, alert, 10);
}

static bool fill_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct figures *figures = context;
    const struct snapshot *snapshot = snapshot_take(figures->office.engine);
    struct engine_context system =
        engine_system_context(figures->office.engine, snapshot, "test");
    for (int p = 0; p < PEOPLE; p++) {
        for (int i = 0; i < ROWS_EACH; i++) {
            put_one(scope, conn, figures, &system, figures->people[p]);
        }
    }
    CHECK(engine_recompute(scope, conn, &system,
                           schema_object(snapshot->schema, STR("contact_log"))));
    snapshot_release(figures->office.engine, snapshot);
    return true;
}

static void figures_begin(struct figures *figures)
{
    struct scope scope;
    office_begin(&figures->office);
    figures->state = 20260302;
    figures->people[0] = figures->office.rob;
    figures->people[1] = figures->office.ray;
    figures->people[2] = figures->office.ron;
    scope_begin(&scope);
    CHECK(db_write_wait(&scope, engine_db(figures->office.engine), fill_run, figures));
    scope_end(&scope);
}

/* ---- the recomputation ---- */

struct rate {
    int64_t met, all;
};

struct raw {
    struct rows logs, promises, alerts;
};

static void raw_read(struct scope *scope, struct figures *figures, struct raw *raw)
{
    struct db_conn *conn = NULL;
    CHECK(db_read_begin(scope, engine_db(figures->office.engine), &conn));
    CHECK(db_all(scope, conn,
                 STR("SELECT owner, contacted_at, conclusion, next_action FROM contact_log"), NULL,
                 0, 10000, &raw->logs));
    CHECK(db_all(scope, conn, STR("SELECT owner, due_at, done_at FROM commitment"), NULL, 0, 10000,
                 &raw->promises));
    CHECK(db_all(scope, conn, STR("SELECT owner, red_at, first_response_at FROM alert"), NULL, 0,
                 10000, &raw->alerts));
    db_read_end(conn);
}

/* Bit i of who: person i counts. */
static bool is_in(const struct figures *figures, const struct cell *owner, unsigned who,
                  int64_t at, int64_t from, int64_t to)
{
    if (at < from || at >= to) return false;
    for (int p = 0; p < PEOPLE; p++) {
        if ((who >> p & 1) && uuid_equal(cell_uuid(owner), figures->people[p])) return true;
    }
    return false;
}

static void recompute(const struct figures *figures, const struct raw *raw, unsigned who,
                      int64_t from, int64_t to, struct rate rates[3])
{
    memset(rates, 0, sizeof(struct rate) * 3);
    for (int i = 0; i < raw->promises.count; i++) {
        const struct cell *row = raw->promises.items[i].cells;
        int64_t limit = row[1].integer + 24 * TIME_HOUR_MS;
        if (!is_in(figures, &row[0], who, limit, from, to)) continue;
        rates[0].all += 1;
        rates[0].met += row[2].kind == CELL_INT && row[2].integer <= limit;
    }
    for (int i = 0; i < raw->logs.count; i++) {
        const struct cell *row = raw->logs.items[i].cells;
        if (!is_in(figures, &row[0], who, row[1].integer, from, to)) continue;
        rates[1].all += 1;
        rates[1].met += row[2].kind == CELL_TEXT && row[3].kind == CELL_TEXT;
    }
    for (int i = 0; i < raw->alerts.count; i++) {
        const struct cell *row = raw->alerts.items[i].cells;
        int64_t limit = row[1].integer + 4 * TIME_HOUR_MS;
        if (row[1].kind != CELL_INT || !is_in(figures, &row[0], who, limit, from, to)) continue;
        rates[2].all += 1;
        rates[2].met += row[2].kind == CELL_INT && row[2].integer <= limit;
    }
}

static double phi_of(const struct rate rates[3], bool *has_value)
{
    double sum = 0;
    int parts = 0;
    for (int i = 0; i < 3; i++) {
        if (rates[i].all == 0) continue;
        sum += (double)rates[i].met / (double)rates[i].all;
        parts += 1;
    }
    *has_value = parts > 0;
    return parts > 0 ? 100 * sum / parts : 0;
}

/* ---- asking ---- */

static bool ask(struct visit *visit, const char *name, struct str scope_text, struct str from,
                struct str to, const char *by, bool has_drill, struct json *out)
{
    struct measure_query query;
    struct buf text;
    struct json_writer writer;
    struct db_conn *conn = NULL;
    scope_error_clear(&visit->scope);
    buf_begin(&text, &visit->scope, 4 * 1024 * 1024);
    json_begin(&writer, &text);
    if (!measure_parse(&visit->scope, &visit->context, str_of(name), scope_text, from, to,
                       str_of(by), has_drill, &query) ||
        !db_read_begin(&visit->scope, engine_db(visit->context.engine), &conn)) {
        return false;
    }
    bool ok = measure_write(&visit->scope, conn, &visit->context, &query, &writer);
    db_read_end(conn);
    return ok && json_read(&visit->scope, buf_str(&text), out);
}

static double real_of(const struct json *json, bool *has_value)
{
    *has_value = json && json->kind != JSON_KIND_NULL;
    if (!*has_value) return 0;
    return json->kind == JSON_KIND_REAL ? json->real : (double)json->integer;
}

static void check_phi(const struct figures *figures, const struct raw *raw, unsigned who,
                      int64_t from, int64_t to, const struct json *answer)
{
    struct rate rates[3];
    bool has_wanted, has_got;
    recompute(figures, raw, who, from, to, rates);
    double wanted = phi_of(rates, &has_wanted);
    double got = real_of(json_get(answer, "value"), &has_got);
    CHECK(has_got == has_wanted);
    CHECK(fabs(got - wanted) < 1e-9);
    const struct json *parts = json_get(answer, "parts");
    for (int i = 0; parts && i < 3; i++) {
        CHECK_INT(json_int(&parts->items[i], "numerator", -1), rates[i].met);
        CHECK_INT(json_int(&parts->items[i], "denominator", -1), rates[i].all);
    }
}

static void check_series(const struct figures *figures, const struct raw *raw, unsigned who,
                         int64_t from, int64_t to, const struct json *answer)
{
    const struct json *series = json_get(answer, "series");
    int64_t at = from;
    for (int i = 0; i < series->count; i++) {
        int64_t start = 0, end = 0;
        CHECK(time_parse(json_text(&series->items[i], "from"), 0, &start));
        CHECK(time_parse(json_text(&series->items[i], "to"), 0, &end));
        CHECK_INT(start, at);
        check_phi(figures, raw, who, start, end, &series->items[i]);
        at = end;
    }
    if (series->count > 0) CHECK_INT(at, to);
}

TEST(metric_phi_equals_an_independent_recomputation)
{
    static const char *const bys[] = { "", "day", "week", "month" };
    struct figures figures;
    figures_begin(&figures);
    struct visit visit;
    struct raw raw;
    visit_begin(&visit, &figures.office, (struct uuid){ { 0 } });
    raw_read(&visit.scope, &figures, &raw);
    struct str scopes[7] = {
        scope_format(&visit.scope, "user:%s", uuid_format(&visit.scope, figures.people[0]).data),
        scope_format(&visit.scope, "user:%s", uuid_format(&visit.scope, figures.people[1]).data),
        scope_format(&visit.scope, "user:%s", uuid_format(&visit.scope, figures.people[2]).data),
        scope_format(&visit.scope, "team:%s",
                     uuid_format(&visit.scope, figures.office.north).data),
        scope_format(&visit.scope, "team:%s",
                     uuid_format(&visit.scope, figures.office.south).data),
        STR("region:N"), STR("all"),
    };
    static const unsigned who[7] = { 1, 2, 4, 3, 4, 3, 7 };
    for (int i = 0; i < QUERY_COUNT; i++) {
        int64_t from = moment(&figures), to = moment(&figures);
        if (to < from) {
            int64_t swap = to;
            to = from;
            from = swap;
        }
        if (i % 5 == 0) to = from + 1 + pick(&figures, 3 * TIME_HOUR_MS); /* often empty */
        if (i % 7 == 0) {
            from = time_day_start(time_local_days(from, TIME_ZONE_SHANGHAI_MIN),
                                  TIME_ZONE_SHANGHAI_MIN);
        }
        if (to <= from) continue;
        int s = (int)pick(&figures, 7);
        struct json answer;
        CHECK(ask(&visit, "phi", scopes[s], time_format(&visit.scope, from),
                  time_format(&visit.scope, to), bys[i % 4], false, &answer));
        check_phi(&figures, &raw, who[s], from, to, &answer);
        check_series(&figures, &raw, who[s], from, to, &answer);
    }
    visit_end(&visit, &figures.office);
    office_end(&figures.office);
}

TEST(metric_drill_holds_the_records_behind_the_number)
{
    struct figures figures;
    figures_begin(&figures);
    struct visit visit;
    struct json answer;
    visit_begin(&visit, &figures.office, figures.office.sue);
    struct str team = scope_format(&visit.scope, "team:%s",
                                   uuid_format(&visit.scope, figures.office.north).data);
    CHECK(ask(&visit, "action_timeliness", team, STR("2026-01-01"), STR("2026-04-01"), "", true,
              &answer));
    const struct json *records = json_get(&answer, "records");
    int64_t met = 0;
    for (int i = 0; i < records->count; i++) met += json_bool(&records->items[i], "met", false);
    CHECK_INT(records->count, json_int(&answer, "denominator", -1));
    CHECK_INT(met, json_int(&answer, "numerator", -1));
    CHECK_INT(records->count, 2 * ROWS_EACH);
    CHECK(ask(&visit, "won_amount", team, STR("2026-01-01"), STR("2026-04-01"), "month", false,
              &answer));
    CHECK_INT(json_get(&answer, "series")->count, 3);
    visit_end(&visit, &figures.office);
    office_end(&figures.office);
}

TEST(metric_scopes_end_where_sight_ends)
{
    struct figures figures;
    figures_begin(&figures);
    struct office *office = &figures.office;
    struct visit visit;
    struct json answer;
    const char *names[] = { "phi", "action_timeliness", "alert_response", "won_amount",
                            "log_count" };
    visit_begin(&visit, office, office->rob);
    const struct uuid foreign[] = { office->ron, office->ray, office->sue };
    for (int n = 0; n < 5; n++) {
        CHECK(ask(&visit, names[n], STR("me"), STR("2026-01-01"), STR("2026-04-01"), "", false,
                  &answer));
        for (int i = 0; i < 3; i++) {
            struct str user = scope_format(&visit.scope, "user:%s",
                                           uuid_format(&visit.scope, foreign[i]).data);
            CHECK(!ask(&visit, names[n], user, STR(""), STR(""), "", false, &answer));
            CHECK_STR(str_of(visit_error(&visit)), "measure.scope_denied");
        }
        CHECK(!ask(&visit, names[n], STR("all"), STR(""), STR(""), "", false, &answer));
        CHECK(!ask(&visit, names[n], STR("region:N"), STR(""), STR(""), "", false, &answer));
        struct str team = scope_format(&visit.scope, "team:%s",
                                       uuid_format(&visit.scope, office->north).data);
        CHECK(!ask(&visit, names[n], team, STR(""), STR(""), "", false, &answer));
    }
    visit_end(&visit, office);
    visit_begin(&visit, office, office->sue);
    struct str south = scope_format(&visit.scope, "team:%s",
                                    uuid_format(&visit.scope, office->south).data);
    CHECK(!ask(&visit, "phi", south, STR(""), STR(""), "", false, &answer));
    CHECK_STR(str_of(visit_error(&visit)), "measure.scope_denied");
    CHECK(!ask(&visit, "phi", STR("nobody"), STR(""), STR(""), "", false, &answer));
    CHECK_STR(str_of(visit_error(&visit)), "measure.bad_scope");
    CHECK(!ask(&visit, "phi", STR("me"), STR("2026-02-02"), STR("2026-02-02"), "", false,
               &answer));
    CHECK_STR(str_of(visit_error(&visit)), "measure.bad_period");
    CHECK(!ask(&visit, "phi", STR("me"), STR("2020-02-02"), STR("2026-02-02"), "day", false,
               &answer));
    CHECK_STR(str_of(visit_error(&visit)), "measure.period_too_long");
    CHECK(!ask(&visit, "phy", STR("me"), STR(""), STR(""), "", false, &answer));
    CHECK_STR(str_of(visit_error(&visit)), "measure.not_found");
    visit_end(&visit, office);
    office_end(office);
}
