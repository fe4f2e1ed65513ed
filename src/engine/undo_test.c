/* One change taken back: what was changed since stays, and a member changed again is named. */
#include "engine/life.h"
#include "tests/test.h"

static struct json tree(struct scope *scope, const char *text)
{
    struct json json = { 0 };
    CHECK(json_read(scope, str_of(text), &json));
    return json;
}

struct taking {
    const char *before, *after, *current, *wanted;
    const char *conflict; /* the member that is named, or "" */
};

static void expect(const struct taking *taking)
{
    struct scope scope;
    scope_begin(&scope);
    struct json before = tree(&scope, taking->before), after = tree(&scope, taking->after);
    struct json current = tree(&scope, taking->current), out;
    bool ok = config_take_back(&scope, &before, &after, &current, &out);
    CHECK_INT(ok, taking->conflict[0] == '\0');
    if (!ok && CHECK(scope.error.first)) {
        CHECK_INT(scope.error.code, ERROR_CONFLICT);
        CHECK_STR(scope.error.first->field, taking->conflict);
    }
    if (ok) CHECK_STR(json_to_text(&scope, &out), taking->wanted);
    scope_end(&scope);
}

TEST(undo_takes_back_one_change_and_leaves_the_others)
{
    static const struct taking cases[] = {
        /* As the change left it: it goes back. */
        { "{\"a\":1,\"b\":2}", "{\"a\":5,\"b\":2}", "{\"a\":5,\"b\":2}", "{\"a\":1,\"b\":2}", "" },
        /* Another member was changed since. */
        { "{\"a\":1,\"b\":2}", "{\"a\":5,\"b\":2}", "{\"a\":5,\"b\":9}", "{\"a\":1,\"b\":9}", "" },
        /* It is back already. */
        { "{\"a\":1}", "{\"a\":5}", "{\"a\":1}", "{\"a\":1}", "" },
        /* What was new goes, what was taken away returns, what came since stays. */
        { "{\"a\":1}", "{\"a\":1,\"n\":2}", "{\"a\":1,\"n\":2,\"z\":3}", "{\"a\":1,\"z\":3}", "" },
        { "{\"a\":1,\"o\":2}", "{\"a\":1}", "{\"a\":1,\"z\":3}", "{\"a\":1,\"z\":3,\"o\":2}", "" },
        /* Changed again: a conflict, at any depth. */
        { "{\"a\":1}", "{\"a\":5}", "{\"a\":7}", "", "a" },
        { "{\"l\":{\"zh\":\"x\",\"en\":\"y\"}}", "{\"l\":{\"zh\":\"x2\",\"en\":\"y\"}}",
          "{\"l\":{\"zh\":\"x3\",\"en\":\"y\"}}", "", "l.zh" },
        { "{\"l\":{\"zh\":\"x\",\"en\":\"y\"}}", "{\"l\":{\"zh\":\"x2\",\"en\":\"y\"}}",
          "{\"l\":{\"zh\":\"x2\",\"en\":\"y2\"}}", "{\"l\":{\"zh\":\"x\",\"en\":\"y2\"}}", "" },
        { "{}", "{\"a\":1}", "{\"a\":2}", "", "a" },
        { "{\"a\":1}", "{}", "{\"a\":2}", "", "a" },
        /* A list without names is one value. */
        { "{\"s\":[1,2]}", "{\"s\":[1,3]}", "{\"s\":[1,3]}", "{\"s\":[1,2]}", "" },
        { "{\"s\":[1,2]}", "{\"s\":[1,3]}", "{\"s\":[1,4]}", "", "s" },
        /* Former names, and what was taken away, are kept as they are now. */
        { "{\"aliases\":[],\"a\":1}", "{\"aliases\":[\"x\"],\"a\":2}",
          "{\"aliases\":[\"x\",\"y\"],\"a\":2}", "{\"aliases\":[\"x\",\"y\"],\"a\":1}", "" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) expect(&cases[i]);
}

/* Members of a list are known by id, else by name. */
TEST(undo_knows_the_members_of_a_list)
{
#define F(id, name, more) "{\"id\":" id ",\"name\":\"" name "\"" more "}"
    static const struct taking cases[] = {
        /* Renamed, and another one added since. */
        { "{\"fields\":[" F("1", "a", "") "," F("2", "b", "") "]}",
          "{\"fields\":[" F("1", "c", "") "," F("2", "b", "") "]}",
          "{\"fields\":[" F("1", "c", "") "," F("2", "b", "") "," F("3", "d", "") "]}",
          "{\"fields\":[" F("1", "a", "") "," F("2", "b", "") "," F("3", "d", "") "]}", "" },
        /* Removed: it comes back where it stood. */
        { "{\"fields\":[" F("1", "a", "") "," F("2", "b", "") "," F("3", "c", "") "]}",
          "{\"fields\":[" F("1", "a", "") "," F("3", "c", "") "]}",
          "{\"fields\":[" F("1", "a2", "") "," F("3", "c", "") "]}",
          "{\"fields\":[" F("1", "a2", "") "," F("2", "b", "") "," F("3", "c", "") "]}", "" },
        /* Added: it goes, although its neighbour was changed since. */
        { "{\"fields\":[" F("1", "a", "") "]}",
          "{\"fields\":[" F("1", "a", "") "," F("2", "b", "") "]}",
          "{\"fields\":[" F("1", "a", ",\"x\":1") "," F("2", "b", "") "]}",
          "{\"fields\":[" F("1", "a", ",\"x\":1") "]}", "" },
        /* Added, and changed since: not gone behind somebody's back. */
        { "{\"fields\":[" F("1", "a", "") "]}",
          "{\"fields\":[" F("1", "a", "") "," F("2", "b", "") "]}",
          "{\"fields\":[" F("1", "a", "") "," F("2", "b", ",\"x\":1") "]}", "", "fields.b" },
        { "{\"fields\":[" F("1", "a", ",\"x\":1") "]}",
          "{\"fields\":[" F("1", "a", ",\"x\":2") "]}",
          "{\"fields\":[" F("1", "a", ",\"x\":3") "]}", "", "fields.a.x" },
    };
#undef F
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) expect(&cases[i]);
}
