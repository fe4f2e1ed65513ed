#include "base/utf8.h"

#include "tests/test.h"

TEST(utf8_refuses_what_is_no_utf8)
{
    static const char *const bad[] = {
        "\x80",             /* continuation alone */
        "a\xbf",            "\xc3",         "\xc3(",     /* cut off */
        "\xe4\xb8",         "\xe4\xb8z",    "\xf0\x9f\x98",
        "\xc0\xaf",         "\xc1\xbf",                  /* overlong */
        "\xe0\x80\xaf",     "\xe0\x9f\xbf", "\xf0\x80\x80\xaf", "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80",     "\xed\xbf\xbf",              /* surrogates */
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe", "\xf8\x88\x80\x80\x80",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (!CHECK(!utf8_is_valid(str_of(bad[i])))) CHECK_INT(i, -1);
    }
    CHECK(utf8_is_valid(STR("")) && utf8_is_valid(STR("a\0b")));
    CHECK(utf8_is_valid(STR("\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"
                            "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")));
}

TEST(utf8_every_code_point_survives)
{
    int wrong = 0;
    for (uint32_t point = 0; point <= 0x10ffff; point += point < 0x3000 ? 1 : 97) {
        if (point >= 0xd800 && point <= 0xdfff) continue;
        char bytes[4];
        struct str text = { bytes, (size_t)utf8_encode(point, bytes) };
        size_t offset = 0;
        wrong += utf8_next(text, &offset) != point || offset != text.size || !utf8_is_valid(text);
    }
    CHECK_INT(wrong, 0);
    char bytes[4];
    CHECK_INT(utf8_encode(0xd800, bytes), 3); /* becomes U+FFFD */
    CHECK(memcmp(bytes, "\xef\xbf\xbd", 3) == 0);
    CHECK_INT(utf8_encode(0x110000, bytes), 3);
}

TEST(utf8_bad_bytes_are_one_character_each)
{
    struct str text = STR("a\xff\xe4\xb8z");
    CHECK_INT(utf8_length(text), 5);
    size_t offset = 1;
    CHECK_INT(utf8_next(text, &offset), 0xfffd);
    CHECK_INT(offset, 2);
}

TEST(utf8_prefix_counts_characters)
{
    CHECK_STR(utf8_prefix(STR("商机abc"), 3), "商机a");
    CHECK_STR(utf8_prefix(STR("商机"), 9), "商机");
    CHECK_STR(utf8_prefix(STR("商机"), 0), "");
    CHECK_INT(utf8_length(STR("商机😀")), 3);
}

TEST(utf8_fold_makes_search_forms)
{
    struct scope scope;
    scope_begin(&scope);
    CHECK_STR(utf8_fold_text(&scope, STR("ＡＢＣ　１２３（ｘ）")), "abc 123(x)");
    CHECK_STR(utf8_fold_text(&scope, STR("ÀÉ×ŐŸŽĐǍ 商机")), "àé×őÿžđǎ 商机");
    struct str folded = utf8_fold_text(&scope, STR("\xff\xff"));
    CHECK_INT(folded.size, 6);
    CHECK(utf8_is_valid(folded));
    scope_end(&scope);
    int changed = 0;
    for (uint32_t point = 0; point < 0x3000; point++) {
        changed += utf8_fold(utf8_fold(point)) != utf8_fold(point);
    }
    CHECK_INT(changed, 0); /* folding twice is folding once */
}

TEST(utf8_cjk)
{
    static const uint32_t cjk[] = { 0x4e00, 0x3007, 0x3042, 0x30a2, 0x3105, 0xac00, 0x20000 };
    static const uint32_t other[] = { 'a', 0xe9, 0x3002, 0xff0c, 0xff21, 0x1f600, 0x10ffff };
    for (size_t i = 0; i < sizeof(cjk) / sizeof(cjk[0]); i++) {
        CHECK(utf8_is_cjk(cjk[i]) && !utf8_is_cjk(other[i]));
    }
}
