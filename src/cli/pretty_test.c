#include "cli/pretty.h"

#include "tests/test.h"

static struct json tree(struct scope *scope, const char *text)
{
    struct json json = { 0 };
    CHECK(json_read(scope, str_of(text), &json));
    return json;
}

static struct str pretty(struct scope *scope, const char *text)
{
    struct buf out;
    struct json json = tree(scope, text);
    buf_begin(&out, scope, 100000);
    json_pretty(&out, &json);
    return buf_str(&out);
}

static struct str differences(struct scope *scope, const char *a, const char *b)
{
    struct buf out;
    struct json left = tree(scope, a), right = tree(scope, b);
    buf_begin(&out, scope, 100000);
    json_differences(&out, &left, &right);
    return buf_str(&out);
}

TEST(pretty_is_stable_and_reads_back)
{
    struct scope scope;
    scope_begin(&scope);
    const char *text = "{\"a\":[1,2,{\"b\":null}],\"c\":{},\"d\":[],\"e\":\"x\\n\",\"f\":0.5}";
    struct str once = pretty(&scope, text);
    CHECK_STR(once, "{\n  \"a\": [1, 2, {\"b\": null}],\n  \"c\": {},\n  \"d\": [],\n"
                    "  \"e\": \"x\\n\",\n  \"f\": 0.5\n}\n");
    CHECK_STR(pretty(&scope, scope_copy(&scope, once).data), once.data);
    scope_end(&scope);
}

TEST(pretty_breaks_what_is_too_long_for_a_line)
{
    struct scope scope;
    scope_begin(&scope);
    struct buf text;
    buf_begin(&text, &scope, 10000);
    buf_put(&text, STR("{\"list\":["));
    for (int i = 0; i < 40; i++) buf_format(&text, "%s\"item %d\"", i ? "," : "", i);
    buf_put(&text, STR("]}"));
    struct str out = pretty(&scope, text.data), line;
    int count = 0;
    while (str_split(&out, '\n', &line)) {
        CHECK(line.size <= 112);
        count += 1;
    }
    CHECK(count > 40);
    scope_end(&scope);
}

TEST(portable_bodies_hold_no_ids_of_a_workspace)
{
    struct scope scope;
    scope_begin(&scope);
    struct json body = tree(&scope, "{\"id\":3,\"name\":\"x\",\"gone\":[{\"id\":1}],\"fields\":["
                                    "{\"id\":4,\"name\":\"f\",\"to_id\":9,\"choices\":[{\"id\":1,"
                                    "\"name\":\"c\"}]},{\"name\":\"seen_by_f\",\"hidden\":true}]}");
    struct json object = body_portable(&scope, STR("object"), &body);
    CHECK_STR(json_to_text(&scope, &object),
              "{\"name\":\"x\",\"fields\":[{\"name\":\"f\",\"choices\":[{\"name\":\"c\"}]}]}");
    struct json rule = body_portable(&scope, STR("rule"), &body);
    CHECK_INT(json_int(&rule, "id", 0), 3);
    scope_end(&scope);
}

TEST(differences_name_the_place)
{
    struct scope scope;
    scope_begin(&scope);
    CHECK_STR(differences(&scope, "{\"a\":1,\"b\":{\"c\":2}}", "{\"b\":{\"c\":2},\"a\":1}"), "");
    CHECK_STR(differences(&scope, "{\"a\":1,\"b\":{\"c\":2}}", "{\"b\":{\"c\":3},\"d\":1}"),
              "a\nb.c\nd\n");
    CHECK_STR(differences(&scope, "{\"f\":[{\"name\":\"x\",\"v\":1},{\"name\":\"y\"}]}",
                          "{\"f\":[{\"name\":\"x\",\"v\":2},{\"name\":\"z\"}]}"),
              "f.x.v\nf.y\nf.z\nf.(order)\n");
    CHECK_STR(differences(&scope, "{\"f\":[{\"name\":\"x\"},{\"name\":\"y\"}]}",
                          "{\"f\":[{\"name\":\"y\"},{\"name\":\"x\"}]}"),
              "f.(order)\n");
    CHECK_STR(differences(&scope, "[1,2,3]", "[1,2]"), "\n");
    CHECK_STR(differences(&scope, "{\"a\":[1,2]}", "{\"a\":[1,3]}"), "a.1\n");
    CHECK_STR(differences(&scope, "{\"a\":1}", "{\"a\":\"1\"}"), "a\n");
    CHECK_STR(differences(&scope, "{\"a\":[]}", "{\"a\":{}}"), "a\n");
    scope_end(&scope);
}
