#include "base/json.h"

#include <math.h>

#include "tests/test.h"

static bool reads(const char *text)
{
    struct scope scope;
    struct json json;
    scope_begin(&scope);
    bool ok = json_read(&scope, str_of(text), &json);
    if (ok == error_is_set(&scope)) ok = !ok;
    if (!ok) {
        CHECK(scope.error.code == ERROR_MALFORMED);
        CHECK_STR(str_of(scope.error.first->key), "json.malformed");
        CHECK_INT(scope.error.first->arg_count, 3);
    }
    scope_end(&scope);
    return ok;
}

TEST(json_reads_every_kind)
{
    struct scope scope;
    struct json json;
    scope_begin(&scope);
    const char *text = "{\"a\": 1, \"b\": [true, false, null, -2.5e3], \"c\": \"\\u5546\\n\","
                       " \"d\": {\"e\": 9223372036854775807}, \"\": -9223372036854775808}";
    CHECK(json_read(&scope, str_of(text), &json));
    CHECK_INT(json.kind, JSON_KIND_MAP);
    CHECK_INT(json.count, 5);
    CHECK_STR(json.names[1], "b");
    CHECK_INT(json_int(&json, "a", 0), 1);
    const struct json *list = json_get(&json, "b");
    CHECK_INT(list->count, 4);
    CHECK(list->items[0].boolean && !list->items[1].boolean);
    CHECK_INT(list->items[2].kind, JSON_KIND_NULL);
    CHECK(list->items[3].real == -2500.0);
    CHECK_STR(json_text(&json, "c"), "商\n");
    CHECK_INT(json_int(json_get(&json, "d"), "e", 0), INT64_MAX);
    CHECK_INT(json_int(&json, "", 0), INT64_MIN);
    CHECK(json_get(&json, "nothing") == NULL);
    CHECK(json_get(NULL, "a") == NULL && json_get(list, "a") == NULL);
    CHECK_INT(json_int(&json, "c", 7), 7); /* another kind: the fallback */
    CHECK(json_bool(&json, "a", true));
    CHECK_STR(json_text(&json, "a"), "");
    scope_end(&scope);
}

TEST(json_refuses_what_is_not_strict)
{
    static const char *const bad[] = {
        "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "[1] x", "[1][2]", "nul",
        "'a'", "{a:1}", "[01]", "[1.]", "[.5]", "[+1]", "[9223372036854775808]",
        "[-9223372036854775809]", "[1e999]", "[-1e999]", "[NaN]", "[Infinity]", "\"\\u0000\"",
        "\"\\ud800\"", "\"\\udc00\"", "\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"",
        "\"\xe5\x95\"", "\"a\nb\"", "\"\\x41\"", "\xef\xbb\xbf[1]", "[1] // no", "{\"a\" 1}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (!CHECK(!reads(bad[i]))) CHECK_STR(str_of(bad[i]), "to be refused");
    }
    struct scope scope;
    struct json json;
    scope_begin(&scope);
    CHECK(!json_read(&scope, (struct str){ "[1]\0", 4 }, &json));
    scope_end(&scope);
    CHECK(reads("1") && reads("\"x\"") && reads("null") && reads(" [ ] ") && reads("{}"));
    CHECK(reads("\"\\ud83d\\ude00\"") && reads("[1E+2]") && reads("[-0]"));
}

TEST(json_error_says_where)
{
    struct scope scope;
    struct json json;
    scope_begin(&scope);
    CHECK(!json_read(&scope, STR("{\n  \"a\": tru\n}"), &json));
    CHECK_STR(scope.error.first->args[0].name ? scope.error.first->args[0].value : STR(""), "2");
    CHECK(scope.error.first->args[2].value.size > 0);
    scope_end(&scope);
}

static struct str nested(struct scope *scope, int depth)
{
    char *text = scope_alloc(scope, (size_t)depth * 2 + 1);
    memset(text, '[', (size_t)depth);
    memset(text + depth, ']', (size_t)depth);
    return (struct str){ text, (size_t)depth * 2 };
}

TEST(json_depth_is_bounded)
{
    struct scope scope;
    struct json json;
    scope_begin(&scope);
    CHECK(json_read(&scope, nested(&scope, JSON_DEPTH_MAX), &json));
    CHECK_STR(json_to_text(&scope, &json), nested(&scope, JSON_DEPTH_MAX).data);
    CHECK(!json_read(&scope, nested(&scope, JSON_DEPTH_MAX + 1), &json));
    scope_error_clear(&scope);
    CHECK(!json_read(&scope, nested(&scope, 100000), &json));
    scope_error_clear(&scope);
    /* Brackets inside strings do not count. */
    char *text = scope_alloc(&scope, 1024);
    memset(text, '[', 1023);
    text[0] = text[1022] = '"';
    CHECK(json_read(&scope, (struct str){ text, 1023 }, &json));
    scope_end(&scope);
}

TEST(json_tree_survives_a_round_trip)
{
    struct scope scope;
    struct json json;
    scope_begin(&scope);
    const char *text = "{\"b\":[1,-2.5,3.0,1e+300,\"\\\"\\\\/\\u0001\\n\\t\\r\",null,true],"
                       "\"a\":{},\"c\":[]}";
    CHECK(json_read(&scope, str_of(text), &json));
    struct str again = json_to_text(&scope, &json);
    CHECK_STR(again, text);
    scope_end(&scope);
}

TEST(json_writer_puts_the_commas)
{
    struct scope scope;
    struct buf out;
    struct json_writer writer;
    scope_begin(&scope);
    buf_begin(&out, &scope, 4096);
    json_begin(&writer, &out);
    json_map_begin(&writer);
    json_member_str(&writer, "s", STR("商机\x7f"));
    json_member_int(&writer, "i", INT64_MIN);
    json_member_bool(&writer, "b", false);
    json_member_null(&writer, "n");
    json_key(&writer, STR("l"));
    json_list_begin(&writer);
    json_list_begin(&writer);
    json_list_end(&writer);
    json_put_real(&writer, 0.1);
    json_put_real(&writer, NAN);
    json_put_real(&writer, -INFINITY);
    json_put_real(&writer, 0.1 + 0.2);
    json_put_time(&writer, 0);
    json_put_raw(&writer, STR("{}"));
    json_list_end(&writer);
    json_map_end(&writer);
    CHECK_STR(buf_str(&out),
              "{\"s\":\"商机\x7f\",\"i\":-9223372036854775808,\"b\":false,\"n\":null,"
              "\"l\":[[],0.1,null,null,0.30000000000000004,\"1970-01-01T00:00:00.000Z\",{}]}");
    scope_end(&scope);
}
