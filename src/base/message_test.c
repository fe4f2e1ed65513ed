#include "base/message.h"

#include "base/utf8.h"
#include "tests/test.h"

/* Every {name} of one text must be in the other. */
static bool has_same_names(const char *from, const char *to)
{
    struct str text = str_of(from), other = str_of(to);
    for (size_t at = str_find(text, STR("{")); at != SIZE_MAX; at = str_find(text, STR("{"))) {
        size_t end = str_find(text, STR("}"));
        if (end == SIZE_MAX) return false;
        if (str_find(other, str_slice(text, at, end + 1)) == SIZE_MAX) return false;
        text = str_slice(text, end + 1, text.size);
    }
    return true;
}

TEST(message_rows_are_whole_and_stand_once)
{
    const struct message *message;
    for (int i = 0; (message = message_at(i)); i++) {
        bool is_whole = message->zh[0] && message->en[0] && strchr(message->key, '.') &&
                        utf8_is_valid(str_of(message->zh)) && utf8_is_valid(str_of(message->en)) &&
                        has_same_names(message->zh, message->en) &&
                        has_same_names(message->en, message->zh);
        if (!CHECK(is_whole)) CHECK_STR(str_of(message->key), "a whole row");
        for (int j = 0; j < i; j++) {
            if (strcmp(message_at(j)->key, message->key) != 0) continue;
            CHECK_STR(str_of(message->key), "a key that stands once");
        }
    }
}

TEST(message_text_fills_in)
{
    struct scope scope;
    scope_begin(&scope);
    struct error_arg args[] = { { "field", STR("金额") }, { "max", STR("5{max}") } };
    CHECK_STR(message_text(&scope, LANGUAGE_ZH, "field.too_large", args, 2),
              "“金额”不能大于 5{max}。");
    CHECK_STR(message_text(&scope, LANGUAGE_EN, "field.too_large", args, 1),
              "“金额” must be at most {max}.");
    CHECK_STR(message_text(&scope, LANGUAGE_EN, "no.such_key", NULL, 0), "no.such_key");
    CHECK_STR(message_text(&scope, LANGUAGE_ZH, "", NULL, 0), "");
    CHECK_STR(message_code("field.required"), "required");
    CHECK_STR(message_code("a.b.c"), "c");
    CHECK_STR(message_code("plain"), "plain");
    scope_end(&scope);
}

TEST(message_of_error_takes_the_best_text)
{
    struct scope scope;
    scope_begin(&scope);
    error_set(&scope, ERROR_INVALID, "field.too_long", STR("title"));
    error_arg(&scope, "max", STR("200"));
    struct error_item *item = error_last(&scope);
    CHECK_STR(message_of_error(&scope, LANGUAGE_EN, item),
              "“title” is too long; at most 200 characters. Shorten it.");
    error_arg(&scope, "field", STR("Title"));
    CHECK_STR(message_of_error(&scope, LANGUAGE_EN, item),
              "“Title” is too long; at most 200 characters. Shorten it.");
    item->text_zh = STR("{field}最多{max}字{");
    CHECK_STR(message_of_error(&scope, LANGUAGE_ZH, item), "Title最多200字{");
    CHECK_STR(message_of_error(&scope, LANGUAGE_EN, item), "Title最多200字{");
    item->text_en = STR("own } text");
    CHECK_STR(message_of_error(&scope, LANGUAGE_EN, item), "own } text");
    scope_end(&scope);
}

TEST(message_language_of_a_header)
{
    CHECK_INT(language_from_header(STR("")), LANGUAGE_ZH);
    CHECK_INT(language_from_header((struct str){ NULL, 0 }), LANGUAGE_ZH);
    CHECK_INT(language_from_header(STR("zh-CN,zh;q=0.9,en;q=0.8")), LANGUAGE_ZH);
    CHECK_INT(language_from_header(STR("en-US,en;q=0.9,zh;q=0.8")), LANGUAGE_EN);
    CHECK_INT(language_from_header(STR("fr, EN ;q=0.2")), LANGUAGE_EN);
    CHECK_INT(language_from_header(STR("en;q=0.3, zh;q=0.7")), LANGUAGE_ZH);
    CHECK_INT(language_from_header(STR("zh;q=0, en;q=0.001")), LANGUAGE_EN);
    CHECK_INT(language_from_header(STR("en;q=0")), LANGUAGE_ZH);
    CHECK_INT(language_from_header(STR("fr,*")), LANGUAGE_ZH);
    CHECK_INT(language_from_header(STR(",;q=,;;,en;q=x,--")), LANGUAGE_ZH);
}
