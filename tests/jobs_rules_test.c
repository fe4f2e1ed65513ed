/* Rules that are configured in the running office: depth, versions, several ladders, bad bodies. */
#include <stdio.h>
#include <string.h>

#include "jobs/jobs.h"
#include "tests/test.h"
#include "tests/trace.h"

/* The error's key, "" when it is in force. body NULL: away with it. */
static const char *configure_as(struct office *office, struct uuid person, const char *kind,
                                const char *name, const char *body)
{
    static char key[64];
    struct visit visit;
    visit_begin(&visit, office, person);
    const struct schema_part part = part_of_text(&visit.scope, kind, name, body);
    bool ok = visit_configure(&visit, &part, 1);
    CHECK(ok != error_is_set(&visit.scope));
    snprintf(key, sizeof(key), "%s", visit_error(&visit));
    visit_end(&visit, office);
    return key;
}

static const char *configure(struct office *office, const char *name, const char *body)
{
    return configure_as(office, (struct uuid){ { 0 } }, "rule", name, body);
}

static struct uuid customer(struct office *office, const char *name, const char *key)
{
    struct visit visit;
    visit_begin(&visit, office, office->rob);
    struct str json = scope_format(&visit.scope, "{\"name\":\"%s\"}", name);
    struct uuid id = visit_create(&visit, "customer", json.data);
    CHECK_STR(str_of(visit_error(&visit)), key);
    visit_end(&visit, office);
    return id;
}

#define SETS(on, when, set)                                                              \
    "{\"kind\":\"change\",\"object\":\"customer\",\"on\":[" on "],\"when\":\"" when            \
    "\",\"actions\":[{\"do\":\"set\",\"set\":{" set "}}]}"
#define ANY "\"create\",\"update\""

/* Two rules that cannot agree: neither reads what they set, so only running them shows it. */
TEST(rules_that_call_themselves_are_cut)
{
    struct office office;
    office_begin(&office);
    CHECK_STR(str_of(configure(&office, "one", SETS(ANY, "TRUE", "\"size\":\"1\""))), "");
    CHECK_STR(str_of(configure(&office, "two", SETS(ANY, "TRUE", "\"size\":\"2\""))), "");
    uint64_t before = office_trace(&office);
    customer(&office, "甲", "rule.too_deep");
    CHECK(office_trace(&office) == before);
    CHECK_STR(str_of(configure(&office, "two", NULL)), "");
    customer(&office, "甲", "");
    office_end(&office);
}

TEST(rules_in_a_ring_are_refused_unless_something_ends_it)
{
    static const struct {
        const char *one, *two, *key;
    } cases[] = {
        /* A value made of itself, however it is asked for. */
        { SETS(ANY, "TRUE", "\"size\":\"COALESCE(size, 0) + 1\""), NULL, "rule.ring" },
        { SETS(ANY, "CHANGED(size)", "\"size\":\"size + 1\""), NULL, "rule.ring" },
        { SETS(ANY, "size > 3", "\"size\":\"size + 1\""), NULL, "rule.ring" },
        { SETS(ANY, "CHANGED(name) OR size > 3", "\"size\":\"size + 1\""), NULL, "rule.ring" },
        /* A change outside of it; a record that comes only once. */
        { SETS(ANY, "CHANGED(name)", "\"size\":\"size + 1\""), NULL, "" },
        { SETS(ANY, "(CHANGED(name) OR IS_NEW()) AND size > 3", "\"size\":\"size + 1\""),
          NULL, "" },
        { SETS("\"create\"", "TRUE", "\"size\":\"size + 1\""), NULL, "" },
        /* A condition that the rule itself ends. */
        { SETS(ANY, "ISBLANK(notes)", "\"notes\":\"name\""), NULL, "" },
        { SETS(ANY, "notes = \\\"a\\\"", "\"notes\":\"\\\"b\\\"\""), NULL, "" },
        { SETS(ANY, "notes = \\\"a\\\"", "\"notes\":\"notes & \\\"a\\\"\""),
          NULL, "rule.ring" },
        { SETS(ANY, "notes <> \\\"b\\\"", "\"notes\":\"\\\"b\\\"\""), NULL, "" },
        { SETS(ANY, "notes <> \\\"b\\\"", "\"notes\":\"\\\"c\\\"\""), NULL, "rule.ring" },
        /* Two of them: each way alone is none. */
        { SETS(ANY, "size > 3", "\"notes\":\"name\""),
          SETS(ANY, "NOT ISBLANK(notes)", "\"size\":\"9\""), "rule.ring" },
        { SETS(ANY, "size > 3", "\"notes\":\"name\""),
          SETS(ANY, "NOT ISBLANK(notes) AND CHANGED(name)", "\"size\":\"9\""), "" },
        { SETS(ANY, "notes = \\\"a\\\"", "\"notes\":\"\\\"b\\\"\""),
          SETS(ANY, "notes = \\\"b\\\"", "\"notes\":\"\\\"a\\\"\""), "rule.ring" },
        { SETS(ANY, "notes = \\\"a\\\"", "\"notes\":\"\\\"b\\\"\""),
          SETS(ANY, "notes = \\\"b\\\"", "\"notes\":\"\\\"c\\\"\""), "" },
        /* New records that make new records. */
        { "{\"kind\":\"change\",\"object\":\"customer\",\"on\":[" ANY "],\"actions\":"
          "[{\"do\":\"create\",\"object\":\"customer\",\"set\":{\"name\":\"name\"}}]}",
          NULL, "rule.ring" },
        { "{\"kind\":\"change\",\"object\":\"customer\",\"on\":[\"update\"],\"when\":"
          "\"CHANGED(size)\",\"actions\":"
          "[{\"do\":\"create\",\"object\":\"customer\",\"set\":{\"name\":\"name\"}}]}",
          NULL, "" },
    };
    struct office office;
    office_begin(&office);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *last = cases[i].two ? cases[i].two : cases[i].one;
        if (cases[i].two) CHECK_STR(str_of(configure(&office, "a_one", cases[i].one)), "");
        const char *key = configure(&office, "b_two", last);
        if (strcmp(key, cases[i].key) != 0) printf("case %d\n", (int)i);
        CHECK_STR(str_of(key), cases[i].key);
        if (!cases[i].key[0]) CHECK_STR(str_of(configure(&office, "b_two", NULL)), "");
        if (cases[i].two) CHECK_STR(str_of(configure(&office, "a_one", NULL)), "");
    }
    customer(&office, "甲", "");
    office_end(&office);
}

TEST(rules_on_the_record_itself_give_its_newest_version)
{
    struct office office;
    office_begin(&office);
    CHECK_STR(str_of(configure(&office, "mark",
                               "{\"kind\":\"change\",\"object\":\"customer\",\"on\":[\"create\"],"
                               "\"actions\":[{\"do\":\"set\",\"set\":{\"notes\":\"name\"}},"
                               "{\"do\":\"task\",\"kind\":\"a\",\"title\":{\"zh\":\"一\"}},"
                               "{\"do\":\"task\",\"kind\":\"b\",\"title\":{\"zh\":\"二\"}}]}")),
              "");
    struct visit visit;
    visit_begin(&visit, &office, office.rob);
    const struct object *object = schema_object(visit.context.snapshot->schema, STR("customer"));
    struct change change = { object_field(object, STR("name")), cell_text(STR("乙")) };
    struct write write = { .verb = WRITE_CREATE, .object = object, .changes = { &change, 1 } };
    struct record record;
    CHECK(engine_write_wait(&visit.scope, &visit.context, &write, &record));
    CHECK_INT(record.version, 2);
    CHECK_STR(record_cell(&record, object_field(object, STR("notes")))->text, "乙");
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM task"), 2);
    CHECK_INT(visit_count(&visit, "task", "title = \"{\""), 0);
    visit_end(&visit, &office);
    office_end(&office);
}

TEST(rules_that_cannot_run_are_refused_when_stored)
{
    static const char *const bodies[][2] = {
        { "{\"kind\":\"change\",\"object\":\"nothing\",\"on\":[\"create\"]}", "rule.bad" },
        { "{\"kind\":\"change\",\"object\":\"customer\",\"on\":[]}", "rule.bad" },
        { "{\"kind\":\"wish\",\"object\":\"customer\"}", "rule.bad" },
        { "{\"kind\":\"change\",\"object\":\"customer\",\"on\":[\"create\"],\"actions\":"
          "[{\"do\":\"dance\"}]}",
          "rule.bad" },
        { "{\"kind\":\"change\",\"object\":\"customer\",\"on\":[\"create\"],\"actions\":"
          "[{\"do\":\"set\",\"set\":{\"colour\":\"1\"}}]}",
          "rule.bad" },
        { "{\"kind\":\"change\",\"object\":\"customer\",\"on\":[\"create\"],\"actions\":"
          "[{\"do\":\"notify\",\"to\":[\"owner\"],\"title\":{\"zh\":\"{nmae}\"}}]}",
          "field.unknown" },
        { "{\"kind\":\"change\",\"object\":\"customer\",\"on\":[\"create\"],"
          "\"when\":\"name + \"}",
          "" },
        { "{\"kind\":\"ladder\",\"object\":\"customer\",\"since\":\"name\",\"levels\":[]}",
          "rule.bad" },
        { "{\"kind\":\"ladder\",\"object\":\"customer\",\"since\":\"created_at\",\"levels\":"
          "[{\"level\":\"pink\",\"after\":\"1h\"}]}",
          "rule.bad" },
        { "{\"kind\":\"ladder\",\"object\":\"customer\",\"since\":\"created_at\",\"levels\":"
          "[{\"level\":\"red\",\"after\":\"soon\"}]}",
          "rule.bad" },
    };
    struct office office;
    office_begin(&office);
    uint64_t before = office_trace(&office);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        const char *key = configure(&office, "try", bodies[i][0]);
        CHECK(key[0] != 0);
        if (bodies[i][1][0]) CHECK_STR(str_of(key), bodies[i][1]);
        CHECK(office_trace(&office) == before);
    }
    CHECK_STR(str_of(configure_as(&office, office.rob, "rule", "try", "{}")), "access.denied");
    customer(&office, "甲", "");
    office_end(&office);
}

TEST(rules_two_ladders_stand_side_by_side)
{
    struct office office;
    office_begin(&office);
    struct uuid account = customer(&office, "甲", "");
    CHECK_STR(str_of(configure(&office, "second",
                               "{\"kind\":\"ladder\",\"object\":\"opportunity\",\"since\":"
                               "\"stage_entered_at\",\"levels\":[{\"level\":\"red\",\"after\":"
                               "\"60h\",\"tell\":[\"supervisor\"]}],\"title\":{\"zh\":\"{name}\"},"
                               "\"body\":{\"zh\":\"{customer.name}\"}}")),
              "");
    struct visit visit;
    visit_begin(&visit, &office, office.rob);
    struct str json = scope_format(&visit.scope, "{\"name\":\"单\",\"customer\":\"%s\"}",
                                   uuid_format(&visit.scope, account).data);
    struct uuid deal = visit_create(&visit, "opportunity", json.data);
    visit_end(&visit, &office);
    struct scope scope;
    scope_begin(&scope);
    CHECK(jobs_clock_move(&scope, office.engine, OFFICE_START_MS + 61 * TIME_HOUR_MS));
    /* The stage's own yellow and orange hold for this ladder too: thresholds, not rules. */
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM alert WHERE cleared_at IS NULL"), 2);
    visit_begin(&visit, &office, office.rob);
    json = scope_format(&visit.scope,
                        "{\"opportunity\":\"%s\",\"conclusion\":\"客户确认预算，要求下周演示\","
                        "\"next_action\":\"准备\"}",
                        uuid_format(&visit.scope, deal).data);
    visit_create(&visit, "contact_log", json.data);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM alert WHERE cleared_at IS NULL AND "
                                     "rule = 'second'"),
              1);
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM alert WHERE cleared_at IS NULL"), 1);
    CHECK(visit_update(&visit, "opportunity", deal, "{\"stage\":\"contact\"}", ""));
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM alert WHERE cleared_at IS NULL"), 0);
    visit_end(&visit, &office);
    CHECK_STR(str_of(configure(&office, "second", NULL)), "");
    CHECK_INT(office_number(&office, "SELECT COUNT(*) FROM timer"), 1);
    scope_end(&scope);
    office_end(&office);
}
