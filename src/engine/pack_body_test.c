#include "engine/pack.h"

#include "tests/test.h"

static struct json tree(struct scope *scope, const char *text)
{
    struct json json = { 0 };
    CHECK(json_read(scope, str_of(text), &json));
    return json;
}

static struct str differences(struct scope *scope, const char *a, const char *b)
{
    struct buf out;
    struct json left = tree(scope, a), right = tree(scope, b);
    buf_begin(&out, scope, 100000);
    pack_differences(&out, &left, &right);
    return buf_str(&out);
}

TEST(pack_portable_bodies_hold_no_ids_of_a_workspace)
{
    struct scope scope;
    scope_begin(&scope);
    struct json body = tree(&scope, "{\"id\":3,\"name\":\"x\",\"gone\":[{\"id\":1}],\"fields\":["
                                    "{\"id\":4,\"name\":\"f\",\"to_id\":9,\"choices\":[{\"id\":1,"
                                    "\"name\":\"c\"}]},{\"name\":\"seen_by_f\",\"hidden\":true}]}");
    struct json object = pack_body(&scope, STR("object"), &body);
    CHECK_STR(json_to_text(&scope, &object),
              "{\"name\":\"x\",\"fields\":[{\"name\":\"f\",\"choices\":[{\"name\":\"c\"}]}]}");
    struct json rule = pack_body(&scope, STR("rule"), &body);
    CHECK_INT(json_int(&rule, "id", 0), 3);
    scope_end(&scope);
}

TEST(pack_differences_name_the_place)
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
