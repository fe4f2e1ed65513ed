#include "base/str.h"

#include "tests/test.h"

TEST(str_slice_is_clipped)
{
    struct str text = STR("hello");
    CHECK_STR(str_slice(text, 1, 3), "el");
    CHECK_STR(str_slice(text, 3, 99), "lo");
    CHECK_STR(str_slice(text, 9, 99), "");
    CHECK_STR(str_slice(text, 3, 1), "");
    CHECK_INT(str_slice((struct str){ NULL, 0 }, 0, 5).size, 0);
}

TEST(str_trim_takes_every_blank)
{
    CHECK_STR(str_trim(STR(" \t\r\n a b \v\f")), "a b");
    CHECK_STR(str_trim(STR("\xe3\x80\x80\xc2\xa0商机\xc2\xa0 \xe3\x80\x80")), "商机");
    CHECK_STR(str_trim(STR("\xef\xbb\xbfname")), "name");
    CHECK_STR(str_trim(STR("   ")), "");
    CHECK_STR(str_trim(STR("")), "");
    CHECK_STR(str_trim((struct str){ NULL, 0 }), "");
    /* The last bytes of other characters are no blanks. */
    CHECK_STR(str_trim(STR("\xe4\xb8\x80\x80\x80")), "\xe4\xb8\x80\x80\x80");
    CHECK_STR(str_trim(STR("à")), "à"); /* C3 A0 ends like NBSP */
}

TEST(str_find_and_ends)
{
    CHECK_INT(str_find(STR("banana"), STR("nan")), 2);
    CHECK_INT(str_find(STR("banana"), STR("")), 0);
    CHECK(str_find(STR("banana"), STR("x")) == SIZE_MAX);
    CHECK(str_find(STR("na"), STR("nan")) == SIZE_MAX);
    CHECK(str_starts_with(STR("abc"), STR("ab")) && !str_starts_with(STR("a"), STR("ab")));
    CHECK(str_ends_with(STR("abc"), STR("bc")) && !str_ends_with(STR("c"), STR("bc")));
    CHECK(str_ends_with(STR("abc"), STR("")) && str_starts_with(STR(""), STR("")));
}

TEST(str_compare_is_by_bytes)
{
    CHECK(str_compare(STR("a"), STR("b")) < 0);
    CHECK(str_compare(STR("ab"), STR("a")) > 0);
    CHECK(str_compare(STR(""), STR("")) == 0);
    CHECK(str_compare(STR("\xff"), STR("a")) > 0);
    CHECK(str_compare((struct str){ NULL, 0 }, STR("a")) < 0);
    CHECK(str_equal_nocase(STR("Content-TYPE"), STR("content-type")));
    CHECK(!str_equal_nocase(STR("[a"), STR("{a"))); /* only letters have a case */
    CHECK(!str_equal_nocase(STR("a"), STR("ab")));
    CHECK(str_equal((struct str){ NULL, 0 }, STR("")));
}

static int parts_of(struct str text, struct str *parts)
{
    int count = 0;
    while (str_split(&text, ',', &parts[count])) count += 1;
    return count;
}

TEST(str_split_gives_every_part)
{
    struct str parts[8];
    CHECK_INT(parts_of(STR("a,b"), parts), 2);
    CHECK_STR(parts[1], "b");
    CHECK_INT(parts_of(STR("a"), parts), 1);
    CHECK_INT(parts_of(STR(""), parts), 1);
    CHECK_STR(parts[0], "");
    CHECK_INT(parts_of(STR("a,"), parts), 2);
    CHECK_STR(parts[1], "");
    CHECK_INT(parts_of(STR(",,"), parts), 3);
}

TEST(str_to_int64_is_exact)
{
    int64_t number = 5;
    CHECK(str_to_int64(STR("9223372036854775807"), &number) && number == INT64_MAX);
    CHECK(str_to_int64(STR("-9223372036854775808"), &number) && number == INT64_MIN);
    CHECK(str_to_int64(STR("+07"), &number) && number == 7);
    static const char *const bad[] = { "", "-", "+", "1 ", " 1", "1.0", "0x1", "--1", "1a",
                                       "9223372036854775808", "-9223372036854775809",
                                       "99999999999999999999999" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(!str_to_int64(str_of(bad[i]), &number));
    }
    CHECK_INT(number, 7); /* a failure leaves the result alone */
}

TEST(str_hash_tells_texts_apart)
{
    CHECK(str_hash(STR("a")) != str_hash(STR("b")));
    CHECK(str_hash(STR("ab")) != str_hash(STR("ba")));
    CHECK(str_hash(STR("")) != str_hash(STR("\0")));
}
