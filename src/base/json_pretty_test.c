#include "base/json.h"

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
