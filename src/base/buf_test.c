#include "base/buf.h"

#include "tests/test.h"

TEST(buf_grows_and_stays_terminated)
{
    struct scope scope;
    struct buf buf;
    scope_begin(&scope);
    buf_begin(&buf, &scope, 1 << 20);
    CHECK_INT(buf.data[0], 0);
    for (int i = 0; i < 20000; i++) {
        buf_put(&buf, STR("ab"));
        buf_put_char(&buf, '-');
    }
    CHECK_INT(buf.size, 60000);
    CHECK_INT(buf.data[60000], 0);
    CHECK(!buf.is_over);
    CHECK_STR(str_slice(buf_str(&buf), 59994, 60000), "ab-ab-");
    buf_cut(&buf, 2);
    CHECK_STR(buf_str(&buf), "ab");
    CHECK_INT(buf.data[2], 0);
    buf_put(&buf, (struct str){ NULL, 0 });
    CHECK_STR(buf_str(&buf), "ab");
    scope_end(&scope);
}

TEST(buf_over_is_sticky)
{
    struct scope scope;
    struct buf buf;
    scope_begin(&scope);
    buf_begin(&buf, &scope, 10);
    buf_put(&buf, STR("0123456789"));
    CHECK(!buf.is_over);
    buf_put_char(&buf, 'x');
    CHECK(buf.is_over);
    CHECK_INT(buf.size, 10);
    buf_cut(&buf, 0);
    buf_put(&buf, STR("a"));
    CHECK(buf.is_over && buf.size == 0);

    buf_begin(&buf, &scope, 0);
    buf_put(&buf, STR(""));
    CHECK(!buf.is_over);
    buf_format(&buf, "%d", 1);
    CHECK(buf.is_over);
    scope_end(&scope);
}

TEST(buf_numbers)
{
    struct scope scope;
    struct buf buf;
    scope_begin(&scope);
    buf_begin(&buf, &scope, 10000);
    buf_put_int(&buf, 0);
    buf_put_char(&buf, ' ');
    buf_put_int(&buf, INT64_MIN);
    buf_put_char(&buf, ' ');
    buf_put_int(&buf, INT64_MAX);
    CHECK_STR(buf_str(&buf), "0 -9223372036854775808 9223372036854775807");
    buf_cut(&buf, 0);
    buf_format(&buf, "%500s", "x");
    CHECK_INT(buf.size, 500);
    CHECK_INT(buf.data[499], 'x');
    scope_end(&scope);
}
