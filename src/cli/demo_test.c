#include "cli/demo.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "cli/demo_random.h"
#include "engine/pack.h"
#include "tests/test.h"

enum { TEST_RECORD_COUNT_MAX = 60000 };
static const int64_t now_ms = 1772427600000; /* 2026-03-02T13:00:00+08:00, a Monday */

/* What a run gave out, as text of each record. */
struct seen {
    struct scope scope;
    struct demo_recipe *recipe;
    struct str *lines;
    const struct demo_record **records; /* only good while the recipe has no journey */
    int count;
    bool is_ok;
    int put_max; /* refuse after so many; 0: never */
};

static void put_value(struct buf *out, const struct demo_value *value)
{
    switch (value->kind) {
    case DEMO_TEXT:
        buf_put(out, value->text);
        break;
    case DEMO_TIME:
        time_put(out, value->integer);
        break;
    case DEMO_DATE:
        time_put_date(out, value->integer);
        break;
    case DEMO_ROW:
        buf_format(out, "#%lld", (long long)value->row->index);
        break;
    case DEMO_INT:
    case DEMO_BOOL:
        buf_put_int(out, value->integer);
        break;
    default:
        buf_put(out, STR("-"));
        break;
    }
}

static bool seen_put(struct scope *scope, void *context, const struct demo_record *record)
{
    struct seen *seen = context;
    struct buf line;
    if (seen->put_max > 0 && seen->count == seen->put_max) {
        return error_set(scope, ERROR_STORAGE, "demo.stopped", STR(""));
    }
    buf_begin(&line, &seen->scope, 64 * 1024);
    buf_put(&line, record->entity->name);
    for (int i = 0; i < record->entity->field_count; i++) {
        if (!record->entity->fields[i].is_stored) continue;
        buf_put_char(&line, ' ');
        put_value(&line, &record->values[i]);
    }
    for (int i = 0; i < record->stay_count; i++) {
        buf_format(&line, " %s:%.*s", record->stays[i].move, STR_ARG(record->stays[i].stage));
    }
    buf_put_char(&line, ' ');
    uuid_put(&line, record->id);
    if (seen->count < TEST_RECORD_COUNT_MAX) {
        seen->lines[seen->count] = buf_str(&line);
        seen->records[seen->count++] = record;
    }
    return true;
}

static void seen_begin(struct seen *seen, const char *json_text)
{
    struct json json;
    *seen = (struct seen){ 0 };
    scope_begin(&seen->scope);
    seen->lines = scope_new(&seen->scope, struct str, TEST_RECORD_COUNT_MAX);
    seen->records = scope_new(&seen->scope, const struct demo_record *, TEST_RECORD_COUNT_MAX);
    seen->is_ok = json_read(&seen->scope, str_of(json_text), &json) &&
                  demo_recipe_read(&seen->scope, &json, &seen->recipe);
}

static void seen_run(struct seen *seen, int64_t scale_percent, uint64_t seed)
{
    struct demo_options options = { now_ms, TIME_ZONE_SHANGHAI_MIN, scale_percent, seed };
    struct demo_sink sink = { seen, seen_put };
    if (seen->is_ok) {
        seen->is_ok = demo_generate(&seen->scope, seen->recipe, &options, &sink);
    }
}

/* The only record of an entity "a" with the set given; its stored values as text. */
static struct str value_of(struct seen *seen, const char *set)
{
    char text[4000];
    snprintf(text, sizeof(text),
             "{\"words\":{\"color\":[[\"red\",1],[\"blue\",0]]},"
             "\"tables\":{\"t\":[{\"k\":\"{color}!\",\"n\":3}],\"u\":[{\"m\":\"only\"}]},"
             "\"entities\":[{\"name\":\"a\",\"rows\":[{}],\"set\":%s}]}",
             set);
    seen_begin(seen, text);
    seen_run(seen, 100, 1);
    if (!seen->is_ok || seen->count != 1) return STR("?");
    struct str line = seen->lines[0];
    return str_slice(line, 2, line.size - 37); /* without "a " and the id */
}

#define CHECK_VALUE(set, wanted)                       \
    do {                                               \
        struct seen seen_;                             \
        CHECK_STR(value_of(&seen_, (set)), (wanted));  \
        scope_end(&seen_.scope);                       \
    } while (0)

static void check_refused(const char *entities, const char *part)
{
    char text[4000];
    struct seen seen;
    snprintf(text, sizeof(text), "{\"tables\":{\"t\":[{\"k\":1}],\"e\":[]},\"entities\":%s}",
             entities);
    seen_begin(&seen, text);
    CHECK(!seen.is_ok);
    CHECK(seen.scope.error.code == ERROR_INVALID);
    struct error_item *item = seen.scope.error.first;
    CHECK(item && str_is(str_of(item->key), "demo.recipe") && item->arg_count == 2);
    CHECK(item && str_find(item->args[1].value, str_of(part)) != SIZE_MAX);
    scope_end(&seen.scope);
}

TEST(demo_random_repeats_and_keeps_its_bounds)
{
    struct demo_random a, b;
    random_seed(&a, 42);
    random_seed(&b, 42);
    for (int i = 0; i < 100; i++) CHECK(random_next(&a) == random_next(&b));
    random_seed(&b, 43);
    CHECK(random_next(&a) != random_next(&b));
    bool is_low = false, is_high = false;
    for (int i = 0; i < 10000; i++) {
        int64_t drawn = random_range(&a, -3, 3);
        is_low = is_low || drawn == -3;
        is_high = is_high || drawn == 3;
        CHECK(drawn >= -3 && drawn <= 3);
    }
    CHECK(is_low && is_high);
    CHECK_INT(random_range(&a, 5, 5), 5);
    CHECK_INT(random_range(&a, 5, 4), 5);
    CHECK(!random_chance(&a, 0) && random_chance(&a, 1));
}

TEST(demo_random_distributions)
{
    struct demo_random random;
    const int64_t sums[] = { 10, 10, 40 }; /* 10, nothing, 30 */
    int below = 0, drawn[3] = { 0 };
    random_seed(&random, 7);
    for (int i = 0; i < 20000; i++) {
        below += random_lognormal(&random, 100, 0.8) < 100;
        drawn[random_weighted(&random, sums, 3)]++;
    }
    CHECK(below > 9700 && below < 10300);
    CHECK_INT(drawn[1], 0);
    CHECK(drawn[0] > 4600 && drawn[0] < 5400);
    CHECK_INT(random_weighted(&random, sums, 0), 0);
}

TEST(demo_values_texts_and_numbers)
{
    CHECK_VALUE("{\"x\":\"plain\"}", "plain");
    CHECK_VALUE("{\"x\":7,\"y\":\"{x} of {color}\"}", "7 7 of red");
    CHECK_VALUE("{\"_hidden\":7,\"y\":\"{_hidden}\"}", "7");
    CHECK_VALUE("{\"x\":352000,\"y\":\"{x|wan}\"}", "352000 35.2万");
    CHECK_VALUE("{\"x\":350000,\"y\":\"{x|wan}\"}", "350000 35万");
    CHECK_VALUE("{\"y\":\"{now|md} {now|weekday}\"}", "3月2日 周一");
    CHECK_VALUE("{\"x\":{\"pick\":\"color\"}}", "red");
    CHECK_VALUE("{\"x\":{\"pick\":[5]}}", "5");
    CHECK_VALUE("{\"x\":{\"weighted\":[[\"no\",0],[\"yes\",2]]}}", "yes");
    CHECK_VALUE("{\"x\":{\"range\":[10,10]}}", "10");
    CHECK_VALUE("{\"x\":{\"lognormal\":[1000,0],\"step\":300}}", "900");
    CHECK_VALUE("{\"x\":{\"lognormal\":[1000,0],\"min\":5000}}", "5000");
    CHECK_VALUE("{\"x\":{\"share\":90,\"of\":5000,\"step\":1000}}", "5000");
    CHECK_VALUE("{\"x\":{\"share\":50,\"of\":\"text\"}}", "-");
    CHECK_VALUE("{\"x\":{\"sequence\":\"CP-{000}\"}}", "CP-001");
    CHECK_VALUE("{\"x\":null,\"y\":true}", "- 1");
}

TEST(demo_values_branches)
{
    CHECK_VALUE("{\"x\":{\"chance\":100,\"then\":1,\"else\":2}}", "1");
    CHECK_VALUE("{\"x\":{\"chance\":0,\"then\":1,\"else\":2}}", "2");
    CHECK_VALUE("{\"x\":{\"chance\":0,\"then\":1}}", "-");
    CHECK_VALUE("{\"x\":{\"if\":\"\",\"then\":1,\"else\":2}}", "2");
    CHECK_VALUE("{\"x\":{\"first\":[null,\"b\",\"c\"]}}", "b");
    CHECK_VALUE("{\"x\":{\"same\":[\"b\",\"b\"]},\"y\":{\"same\":[1,2]}}", "1 0");
    CHECK_VALUE("{\"x\":{\"before\":[1,2]},\"y\":{\"before\":[2,1]}}", "1 0");
    CHECK_VALUE("{\"x\":{\"before\":[null,1]}}", "0");
    CHECK_VALUE("{\"k\":\"b\",\"x\":{\"case\":\"{k}\",\"of\":{\"a\":1,\"b\":2},\"else\":3}}",
                "b 2");
    CHECK_VALUE("{\"k\":\"z\",\"x\":{\"case\":\"{k}\",\"of\":{\"a\":1}}}", "z -");
}

TEST(demo_values_times)
{
    CHECK_VALUE("{\"x\":{\"ago\":[\"1h\",\"1h\"]}}", "2026-03-02T04:00:00.000Z");
    CHECK_VALUE("{\"x\":{\"after\":\"{now}\",\"by\":[\"1d\",\"1d\"]}}",
                "2026-03-03T05:00:00.000Z");
    CHECK_VALUE("{\"x\":{\"date\":\"{now}\"},\"y\":{\"month_end\":\"{now}\"}}",
                "2026-03-02 2026-03-31");
    CHECK_VALUE("{\"x\":{\"month_end\":{\"ago\":[\"90d\",\"90d\"]}}}", "2025-12-31");
    CHECK_VALUE("{\"x\":{\"after\":null,\"by\":[\"1d\",\"1d\"]}}", "-");
}

TEST(demo_values_entries)
{
    CHECK_VALUE("{\"_e\":{\"entry\":\"t\"},\"x\":\"{_e.k}\",\"y\":\"{_e.n}\"}", "red! 3");
    /* A key the chosen table does not have is blank. */
    CHECK_VALUE("{\"_e\":{\"entry\":{\"chance\":100,\"then\":\"u\",\"else\":\"t\"}},"
                "\"x\":\"{_e.k}\",\"y\":\"{_e.m}\"}",
                "- only");
}

TEST(demo_recipe_says_what_is_wrong)
{
    check_refused("3", "entities");
    check_refused("[{\"set\":{}}]", "name");
    check_refused("[{\"name\":\"a\",\"set\":{\"x\":\"{nothing}\"}}]", "nothing");
    check_refused("[{\"name\":\"a\",\"set\":{\"x\":\"{open\"}}]", "without }");
    check_refused("[{\"name\":\"a\",\"set\":{\"x\":1,\"y\":\"{x.z}\"}}]", "z");
    check_refused("[{\"name\":\"a\",\"set\":{\"x\":\"{x}\"}}]", "x");
    check_refused("[{\"name\":\"a\",\"set\":{\"x\":{\"what\":1}}}]", "what");
    check_refused("[{\"name\":\"a\",\"set\":{\"x\":[1]}}]", "list");
    check_refused("[{\"name\":\"a\",\"set\":{\"x\":{\"range\":[1]}}}]", "range");
    check_refused("[{\"name\":\"a\",\"set\":{\"x\":{\"range\":[1,2],\"step\":0}}}]", "step");
    check_refused("[{\"name\":\"a\",\"set\":{\"x\":{\"ago\":[\"1h\",\"soon\"]}}}]", "durations");
    check_refused("[{\"name\":\"a\",\"set\":{\"x\":{\"pick\":\"w\"}}}]", "w");
    check_refused("[{\"name\":\"a\",\"set\":{\"x\":{\"row\":\"b\"}}}]", "b");
    check_refused("[{\"name\":\"a\",\"set\":{\"x\":{\"entry\":\"no\"}}}]", "no");
    check_refused("[{\"name\":\"a\",\"set\":{\"x\":{\"entry\":\"e\"}}}]", "e");
    check_refused("[{\"name\":\"a\",\"set\":{\"x\":\"{now|odd}\"}}]", "odd");
    check_refused("[{\"name\":\"a\",\"rows\":[{\"y\":1}],\"set\":{\"x\":1}}]", "y");
    check_refused("[{\"name\":\"a\",\"set\":{}},{\"name\":\"a\",\"set\":{}}]", "two");
    check_refused("[{\"name\":\"b\",\"per\":\"a\",\"set\":{}}]", "a");
    check_refused("[{\"name\":\"a\",\"journey\":{},\"set\":{}}]", "journey");
}

TEST(demo_recipe_depth_is_bounded)
{
    struct seen seen;
    struct scope scope;
    struct buf text;
    scope_begin(&scope);
    buf_begin(&text, &scope, 8000);
    buf_put(&text, STR("{\"entities\":[{\"name\":\"a\",\"set\":{\"x\":"));
    for (int i = 0; i < 25; i++) buf_put(&text, STR("{\"first\":["));
    buf_put(&text, STR("1"));
    for (int i = 0; i < 25; i++) buf_put(&text, STR("]}"));
    buf_put(&text, STR("}}]}"));
    seen_begin(&seen, text.data);
    CHECK(!seen.is_ok);
    CHECK(seen.scope.error.code == ERROR_INVALID);
    scope_end(&seen.scope);
    scope_end(&scope);
}

TEST(demo_rows_children_and_order)
{
    struct seen seen;
    seen_begin(&seen, "{\"entities\":["
                      "{\"name\":\"a\",\"rows\":[{\"n\":\"x\"},{\"n\":\"y\",\"w\":1}],"
                      " \"set\":{\"n\":null,\"w\":0}},"
                      "{\"name\":\"b\",\"per\":\"a\",\"count\":2,\"set\":{\"of\":\"{a}\","
                      " \"n\":\"{a.n}\"}},"
                      "{\"name\":\"c\",\"count\":3,\"scaled\":true,"
                      " \"at\":{\"ago\":[\"1d\",\"9d\"],\"in_order\":true},"
                      " \"set\":{\"a\":{\"row\":\"a\",\"weight\":\"w\"},"
                      " \"same\":{\"row\":\"a\",\"where\":{\"n\":\"x\"}},"
                      " \"child\":{\"child\":\"b\",\"of\":\"{a}\"},\"name\":\"{child.n}\"},"
                      " \"then\":[{\"name\":\"d\",\"when\":\"{name}\","
                      "  \"set\":{\"c\":\"{c}\"}}]}]}");
    seen_run(&seen, 200, 0);
    CHECK(seen.is_ok);
    CHECK_INT(seen.count, 2 + 4 + 6 + 6);
    CHECK_INT(demo_entity_count(seen.recipe), 4);
    int64_t last_ms = 0;
    for (int i = 6; i < seen.count; i += 2) {
        const struct demo_record *c = seen.records[i], *d = seen.records[i + 1];
        CHECK_INT(demo_value_of(c, "a").row->index, 1);
        CHECK_INT(demo_value_of(c, "same").row->index, 0);
        CHECK_STR(demo_value_of(c, "name").text, "y");
        CHECK(d->parent == c && demo_value_of(d, "c").row == c);
        CHECK(c->created_at_ms > last_ms && c->created_at_ms < now_ms);
        last_ms = c->created_at_ms;
    }
    CHECK(demo_value_of(seen.records[0], "nothing").kind == DEMO_BLANK);
    scope_end(&seen.scope);
}

TEST(demo_stops_when_the_sink_refuses)
{
    struct seen seen;
    seen_begin(&seen, "{\"entities\":[{\"name\":\"a\",\"count\":9,\"set\":{\"x\":1}}]}");
    seen.put_max = 4;
    seen_run(&seen, 100, 0);
    CHECK(!seen.is_ok);
    CHECK_INT(seen.count, 4);
    CHECK(seen.scope.error.code == ERROR_STORAGE);
    scope_end(&seen.scope);
}

TEST(demo_changes_name_their_record)
{
    struct seen seen;
    seen_begin(&seen, "{\"entities\":[{\"name\":\"a\",\"count\":2,\"set\":{\"x\":1},"
                      "\"then\":[{\"name\":\"b\",\"object\":\"a\",\"change\":\"{a}\","
                      "\"set\":{\"x\":2}}]}]}");
    seen_run(&seen, 100, 0);
    CHECK(seen.is_ok);
    CHECK_INT(seen.count, 4);
    CHECK(seen.records[0]->change == NULL);
    CHECK(seen.records[3]->change == seen.records[2]);
    scope_end(&seen.scope);
    check_refused("[{\"name\":\"a\",\"change\":7,\"set\":{\"x\":1}}]", "change");
}

/* ---- journeys ---- */

struct watched {
    int64_t last_event_ms, opened_ms;
    int deal_count, open_count, closed_count, event_count, alert_count;
    bool is_wrong;
};

static void watch_deal(struct watched *watched, const struct demo_record *record)
{
    watched->deal_count++;
    watched->opened_ms = watched->last_event_ms = record->created_at_ms;
    *(record->is_closed ? &watched->closed_count : &watched->open_count) += 1;
    for (int i = 0; i < record->stay_count; i++) {
        const struct demo_stay *stay = &record->stays[i];
        bool is_last = i + 1 == record->stay_count;
        bool is_joined = is_last || stay->left_at_ms == record->stays[i + 1].entered_at_ms;
        if (stay->entered_at_ms > now_ms || !is_joined) watched->is_wrong = true;
        if (is_last && stay->left_at_ms != 0) watched->is_wrong = true;
        if (!is_last && stay->left_at_ms <= stay->entered_at_ms) watched->is_wrong = true;
    }
}

static bool watch_put(struct scope *scope, void *context, const struct demo_record *record)
{
    (void)scope;
    struct watched *watched = context;
    if (str_is(record->entity->name, "deal")) watch_deal(watched, record);
    if (str_is(record->entity->name, "note")) {
        int64_t at_ms = demo_value_of(record, "at").integer;
        if (at_ms <= watched->last_event_ms || at_ms > now_ms) watched->is_wrong = true;
        watched->last_event_ms = at_ms;
        watched->event_count++;
    }
    if (str_is(record->entity->name, "bell")) {
        int64_t since_ms = demo_value_of(record, "since").integer;
        struct demo_value end = demo_value_of(record, "end"), red = demo_value_of(record, "red");
        int64_t end_ms = end.kind == DEMO_TIME ? end.integer : now_ms;
        bool is_red = end_ms - since_ms > 5 * (int64_t)TIME_DAY_MS;
        if (is_red != (red.kind == DEMO_TIME)) watched->is_wrong = true;
        if (end_ms - since_ms <= 48 * (int64_t)TIME_HOUR_MS) watched->is_wrong = true;
        watched->alert_count++;
    }
    return true;
}

static const char journey_text[] =
    "{\"entities\":[{\"name\":\"deal\",\"count\":300,"
    "\"at\":{\"ago\":[\"1h\",\"120d\"],\"work\":true},\"set\":{\"why\":null},"
    "\"journey\":{\"pipeline\":\"p\",\"won\":\"won\",\"lost\":\"lost\","
    "\"idle\":{\"range\":[1,200]},"
    "\"fields\":{\"lost\":{\"why\":\"{_stage}\"}},"
    "\"stages\":{\"p\":[{\"stage\":\"one\",\"days\":[4,0.5],\"lose\":0.2,\"skip\":0.1},"
    "{\"stage\":\"two\",\"days\":[9,0.5],\"lose\":0.2,\"back\":0.1},"
    "{\"stage\":\"three\",\"days\":[9,0.5],\"lose\":0.2,\"back\":0.1}]},"
    "\"events\":{\"gap_days\":[2.5,0.6],\"idle_chance\":50,"
    "\"entity\":{\"name\":\"note\",\"set\":{\"at\":\"{_at}\",\"step\":\"{_step}\"}}},"
    "\"alerts\":{\"levels\":[\"48h\",\"72h\",\"5d\"],\"within\":\"400d\","
    "\"entity\":{\"name\":\"bell\",\"set\":{\"since\":\"{_since}\",\"end\":\"{_cleared_at}\","
    "\"red\":\"{_red_at}\"}}}}}]}";

TEST(demo_journey_runs_forward)
{
    struct seen seen;
    struct watched watched = { 0 };
    seen_begin(&seen, journey_text);
    CHECK(seen.is_ok);
    struct demo_options options = { now_ms, TIME_ZONE_SHANGHAI_MIN, 100, 5 };
    struct demo_sink sink = { &watched, watch_put };
    CHECK(seen.is_ok && demo_generate(&seen.scope, seen.recipe, &options, &sink));
    CHECK(!watched.is_wrong);
    CHECK_INT(watched.deal_count, 300);
    CHECK(watched.open_count > 20 && watched.closed_count > 100);
    CHECK(watched.event_count > 1500 && watched.alert_count > 300);
    scope_end(&seen.scope);
}

TEST(demo_is_the_same_each_time)
{
    struct seen a, b, c;
    seen_begin(&a, journey_text);
    seen_begin(&b, journey_text);
    seen_begin(&c, journey_text);
    seen_run(&a, 100, 9);
    seen_run(&b, 100, 9);
    seen_run(&c, 100, 10);
    CHECK(a.is_ok && b.is_ok && c.is_ok);
    CHECK_INT(a.count, b.count);
    int differ = 0;
    for (int i = 0; i < a.count && i < b.count; i++) differ += !str_equal(a.lines[i], b.lines[i]);
    CHECK_INT(differ, 0);
    CHECK(!str_equal(a.lines[0], c.lines[0]));
    scope_end(&a.scope);
    scope_end(&b.scope);
    scope_end(&c.scope);
}

/* ---- the recipe that is shipped ---- */

static int count_of(const struct seen *seen, const char *prefix, const char *part)
{
    int count = 0;
    for (int i = 0; i < seen->count; i++) {
        if (!str_starts_with(seen->lines[i], str_of(prefix))) continue;
        count += !part || str_find(seen->lines[i], str_of(part)) != SIZE_MAX;
    }
    return count;
}

static int compare_lines(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static const struct json *shipped_recipe(struct scope *scope)
{
    struct pack pack;
    if (!pack_read(scope, STR("sales"), &pack)) return NULL;
    for (int i = 0; i < pack.part_count; i++) {
        if (str_is(pack.parts[i].kind, "demo")) return &pack.parts[i].body;
    }
    return NULL;
}

TEST(demo_shipped_recipe_is_large_and_varied)
{
    struct seen seen;
    seen_begin(&seen, "{\"entities\":[]}");
    const struct json *json = shipped_recipe(&seen.scope);
    CHECK(json && demo_recipe_read(&seen.scope, json, &seen.recipe));
    if (!json || !seen.recipe) return;
    seen_run(&seen, 100, 0);
    CHECK(seen.is_ok);
    CHECK_INT(count_of(&seen, "user ", NULL), 24);
    CHECK_INT(count_of(&seen, "team ", NULL), 4);
    CHECK(count_of(&seen, "customer ", NULL) >= 400);
    CHECK(count_of(&seen, "opportunity ", NULL) >= 900);
    CHECK(count_of(&seen, "log ", NULL) >= 8000);
    CHECK(count_of(&seen, "log ", "已沟通") > 0);
    CHECK(count_of(&seen, "alert ", " red ") > 100);
    CHECK(count_of(&seen, "intervention ", NULL) > 100);
    static const char *const stages[] = { "lead",           "contact",     "requirement",
                                          "proposal",       "negotiation", "first_contact",
                                          "decision_chain", "internal_evaluation" };
    for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
        CHECK(count_of(&seen, "opportunity ", stages[i]) > 10);
    }
    qsort(seen.lines, (size_t)seen.count, sizeof(struct str), compare_lines);
    int doubled = 0;
    for (int i = 1; i < seen.count; i++) doubled += str_equal(seen.lines[i - 1], seen.lines[i]);
    CHECK_INT(doubled, 0);
    scope_end(&seen.scope);
}
