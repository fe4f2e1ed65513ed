/*
 * A history of stages that came in by a file, against a program of its own: random ways through
 * a pipeline with returns, skips and closings, written down in no order, become the stays that a
 * plain reading of the events gives. Positions and kinds of stages are all the two share.
 */
#include <stdio.h>

#include "base/time.h"
#include "tests/take.h"
#include "tests/test.h"

enum { DEAL_COUNT = 300, EVENT_COUNT_MAX = 24, STAGE_COUNT = 7, TEXT_SIZE_MAX = 4 * 1024 * 1024 };

static const int64_t START_MS = 1704038400000; /* 2024-01-01T00:00+08:00 */
static const struct uuid nobody;

/* The pipeline "standard" of the sales pack, as its file has it. */
static const struct {
    const char *name;
    char kind; /* open, won, lost */
} stages[STAGE_COUNT] = {
    { "lead", 'o' },        { "contact", 'o' }, { "requirement", 'o' }, { "proposal", 'o' },
    { "negotiation", 'o' }, { "won", 'w' },     { "lost", 'l' },
};

struct way {
    int stage[EVENT_COUNT_MAX];
    int64_t minute[EVENT_COUNT_MAX];
    int count;
};

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16;
}

static struct way way_make(unsigned *seed)
{
    struct way way = { .count = 1 + (int)(next_random(seed) % EVENT_COUNT_MAX) };
    int64_t minute = next_random(seed) % 500000;
    for (int i = 0; i < way.count; i++) {
        way.stage[i] = (int)(next_random(seed) % STAGE_COUNT);
        way.minute[i] = minute;
        minute += 1 + next_random(seed) % 3000;
    }
    return way;
}

/* What the engine counts: start 1, forward 2, skip 3, back 4, win 5, lose 6. */
static int kind_of(int from, int to)
{
    if (from < 0) return 1;
    if (stages[to].kind == 'w') return 5;
    if (stages[to].kind == 'l') return 6;
    if (stages[from].kind != 'o' || to < from) return 4;
    return to - from > 1 ? 3 : 2;
}

struct expected {
    int64_t stays, moves[7], minutes[STAGE_COUNT], open_ends;
};

static void expect(const struct way *way, struct expected *out)
{
    int at = -1;
    int64_t since = 0;
    for (int i = 0; i < way->count; i++) {
        if (way->stage[i] == at) continue; /* still there */
        if (at >= 0) out->minutes[at] += way->minute[i] - since;
        out->moves[kind_of(at, way->stage[i])] += 1;
        out->stays += 1;
        at = way->stage[i];
        since = way->minute[i];
    }
    out->open_ends += 1;
}

/* event_count_max: how many events are held at once; 0: all of them. */
static struct import_report take(struct office *office, struct str path, const char *json,
                                 int event_count_max)
{
    struct import_task task = { .by = { .language = LANGUAGE_EN },
                                .event_count_max = event_count_max };
    struct import_report report;
    CHECK(take_try(office, &task, path, json, &report) == !error_is_set(&office->scope));
    return report;
}

#define DEALS "{'object':'opportunity','map':{'name':'name','number':'number'}," \
    "'missing':'accept'}"
#define EVENTS "{'object':'opportunity','kind':'stage_history'," \
    "'map':{'CaseID':'key','Activity':'stage','Time':'at'}}"

/* All events of all deals, each at a random place of the file. */
static struct str events_put(struct office *office, const struct way *ways, unsigned *seed,
                             int *out_count)
{
    struct event {
        int deal, at;
    } *events = scope_alloc(&office->scope,
                            sizeof(*events) * (size_t)(DEAL_COUNT * EVENT_COUNT_MAX));
    int count = 0;
    for (int deal = 0; deal < DEAL_COUNT; deal++) {
        for (int at = 0; at < ways[deal].count; at++) events[count++] = (struct event){ deal, at };
    }
    for (int i = count - 1; i > 0; i--) {
        int other = (int)(next_random(seed) % (unsigned)(i + 1));
        struct event kept = events[i];
        events[i] = events[other];
        events[other] = kept;
    }
    struct buf text;
    buf_begin(&text, &office->scope, TEXT_SIZE_MAX);
    buf_put(&text, STR("CaseID,Activity,Time\n"));
    for (int i = 0; i < count; i++) {
        const struct way *way = &ways[events[i].deal];
        struct civil at = time_civil(START_MS + way->minute[events[i].at] * TIME_MINUTE_MS, 480);
        buf_format(&text, "D%d,%s,%d-%02d-%02d %02d:%02d\n", events[i].deal,
                   stages[way->stage[events[i].at]].name, at.year, at.month, at.day, at.hour,
                   at.minute);
    }
    *out_count = count;
    return office_file(office, "events.csv", buf_str(&text));
}

static int64_t number(struct office *office, const char *format, int value)
{
    return office_number(office, scope_format(&office->scope, format, value).data);
}

static void read_plainly(int event_count_max)
{
    struct office office;
    struct way *ways;
    struct expected wanted = { 0 };
    struct buf text;
    unsigned seed = 20240302;
    int event_count = 0;
    office_begin(&office);
    ways = scope_new(&office.scope, struct way, DEAL_COUNT);
    buf_begin(&text, &office.scope, TEXT_SIZE_MAX);
    buf_put(&text, STR("name,number\n"));
    for (int i = 0; i < DEAL_COUNT; i++) {
        buf_format(&text, "Deal %d,D%d\n", i, i);
        ways[i] = way_make(&seed);
        expect(&ways[i], &wanted);
    }
    struct str deals = office_file(&office, "deals.csv", buf_str(&text));
    CHECK_INT(take(&office, deals, DEALS, 0).created, DEAL_COUNT);
    struct str events = events_put(&office, ways, &seed, &event_count);
    struct import_report report = take(&office, events, EVENTS, event_count_max);
    CHECK_STR(report.state, "done");
    CHECK_INT(report.rows, event_count);
    CHECK_INT(report.updated, DEAL_COUNT);
    CHECK_INT(report.failed_count, 0);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM stage_stay"), wanted.stays);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM stage_stay WHERE left_at IS NULL"),
              wanted.open_ends);
    for (int move = 1; move <= 6; move++) {
        CHECK(wanted.moves[move] > 0);
        CHECK_INT(number(&office, "SELECT COUNT(*) FROM stage_stay WHERE move = %d", move),
                  wanted.moves[move]);
    }
    struct visit visit;
    visit_begin(&visit, &office, nobody);
    const struct object *object = schema_object(visit.context.snapshot->schema,
                                                STR("opportunity"));
    const struct pipeline *standard = object->pipelines[0];
    for (int i = 0; i < object->pipeline_count; i++) {
        if (object->pipelines[i]->is_default) standard = object->pipelines[i];
    }
    for (int i = 0; i < STAGE_COUNT; i++) {
        const struct stage *stage = pipeline_stage(standard, str_of(stages[i].name));
        if (!CHECK(stage && stage->position == i)) continue;
        CHECK_INT(number(&office, "SELECT COALESCE(SUM(left_at - entered_at), 0) / 60000 FROM "
                                  "stage_stay WHERE left_at IS NOT NULL AND stage = %d",
                         stage->id), wanted.minutes[i]);
    }
    visit_end(&visit, &office);
    /* The record stands where its last event left it. */
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM opportunity AS o JOIN stage_stay AS s "
                                     "ON s.record = o.id AND s.left_at IS NULL AND s.stage = "
                                     "o.stage AND s.entered_at = o.stage_entered_at"), DEAL_COUNT);
    office_end(&office);
}

TEST(stages_of_a_file_become_the_stays_of_a_plain_reading)
{
    read_plainly(0);
}

TEST(stages_of_a_long_file_are_read_in_groups_of_records)
{
    read_plainly(400);
}

/* By its number and by its name: taken back, it stands where it stood before either. */
TEST(stages_of_a_record_called_by_two_keys_are_taken_back)
{
    static const char stays[] = "SELECT COUNT(*) FROM stage_stay AS s JOIN opportunity AS o ON "
                                "o.id = s.record WHERE s.stage = o.stage AND s.left_at IS NULL";
    struct office office;
    office_begin(&office);
    struct str deals = office_file(&office, "deals.csv", STR("name,number\nDeal,D1\n"));
    CHECK_INT(take(&office, deals, DEALS, 0).created, 1);
    int64_t stage = office_number(&office, "SELECT stage FROM opportunity");
    struct str events = office_file(&office, "events.csv",
                                    STR("CaseID,Activity,Time\nD1,contact,2024-01-01 08:00\n"
                                        "Deal,proposal,2024-01-02 08:00\n"));
    struct import_report report = take(&office, events, EVENTS, 0);
    CHECK_INT(report.updated, 2);
    CHECK(office_number(&office, "SELECT stage FROM opportunity") != stage);
    struct import_by by = { office.engine, nobody, LANGUAGE_EN };
    CHECK(import_undo(&office.scope, &by, report.id));
    CHECK_INT(office_number(&office, "SELECT stage FROM opportunity"), stage);
    CHECK_INT(office_number(&office, stays), 1);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM stage_stay"), 1);
    office_end(&office);
}

TEST(stages_of_one_record_that_do_not_fit_stop_the_import)
{
    struct office office;
    struct buf text;
    office_begin(&office);
    buf_begin(&text, &office.scope, TEXT_SIZE_MAX);
    buf_put(&text, STR("name,number\nDeal,D1\n"));
    struct str deals = office_file(&office, "deals.csv", buf_str(&text));
    CHECK_INT(take(&office, deals, DEALS, 0).created, 1);
    buf_begin(&text, &office.scope, TEXT_SIZE_MAX);
    buf_put(&text, STR("CaseID,Activity,Time\n"));
    for (int i = 0; i < 100; i++) {
        buf_format(&text, "D1,%s,2024-01-01 08:%02d\n", stages[i % 2].name, i % 60);
    }
    struct str path = office_file(&office, "events.csv", buf_str(&text));
    CHECK_STR(take(&office, path, EVENTS, 20).state, "failed");
    CHECK_STR(str_of(office.scope.error.first->key), "import.too_many_events");
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM stage_stay"), 1);
    scope_error_clear(&office.scope);
    CHECK_STR(take(&office, path, EVENTS, 60).state, "done");
    office_end(&office);
}
