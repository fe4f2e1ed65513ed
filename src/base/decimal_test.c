#include "base/decimal.h"

#include <math.h>

#include "tests/test.h"

static int64_t parsed(const char *text, int scale, bool has_group)
{
    int64_t units = -77777;
    return decimal_parse(str_of(text), scale, has_group, &units) ? units : -77777;
}

TEST(decimal_parse_is_exact)
{
    CHECK_INT(parsed("1280.5", 2, false), 128050);
    CHECK_INT(parsed("-0.01", 2, false), -1);
    CHECK_INT(parsed("+3", 2, false), 300);
    CHECK_INT(parsed("1.50000", 2, false), 150); /* zeros beyond the scale are nothing */
    CHECK_INT(parsed("12", 0, false), 12);
    CHECK_INT(parsed("12.0", 0, false), 12);
    CHECK_INT(parsed("92233720368547758.07", 2, false), INT64_MAX);
    CHECK_INT(parsed("-92233720368547758.08", 2, false), INT64_MIN);
    CHECK_INT(parsed("1,280.50", 2, true), 128050);
    CHECK_INT(parsed("1,234,567", 2, true), 123456700);
    CHECK_INT(parsed("1234567", 2, true), 123456700);
    CHECK_INT(parsed("0.000001", 6, false), 1);
}

TEST(decimal_parse_refuses)
{
    static const char *const bad[] = { "", "-", ".", "1.", ".5", "1.234", "1e3", "1 000", "0x10",
                                       "--1", "1.2.3", "1.5 ", " 1", "1,2,3", "12,34", ",123",
                                       "1,2345", "1234,567", "1,234,", "1,,234", "NaN", "１２",
                                       "92233720368547758.08", "-92233720368547758.09",
                                       "99999999999999999999" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (!CHECK_INT(parsed(bad[i], 2, true), -77777)) CHECK_STR(str_of(bad[i]), "refused");
    }
    CHECK_INT(parsed("1,280", 2, false), -77777);
}

TEST(decimal_format_round_trip)
{
    struct scope scope;
    scope_begin(&scope);
    CHECK_STR(decimal_format(&scope, 128050, 2), "1280.50");
    CHECK_STR(decimal_format(&scope, -5, 2), "-0.05");
    CHECK_STR(decimal_format(&scope, 0, 2), "0.00");
    CHECK_STR(decimal_format(&scope, 7, 0), "7");
    CHECK_STR(decimal_format(&scope, INT64_MIN, 2), "-92233720368547758.08");
    CHECK_STR(decimal_format(&scope, INT64_MIN, 0), "-9223372036854775808");
    for (int64_t units = -100000; units < 100000; units += 173) {
        for (int scale = 0; scale <= DECIMAL_SCALE_MAX; scale++) {
            int64_t again = 0;
            bool ok = decimal_parse(decimal_format(&scope, units, scale), scale, false, &again);
            if (!ok || again != units) CHECK_INT(again, units);
        }
    }
    scope_end(&scope);
}

static int64_t rescaled(int64_t units, int from, int to)
{
    int64_t out = 0;
    CHECK(decimal_rescale(units, from, to, &out));
    return out;
}

TEST(decimal_rescale_rounds_half_away_from_zero)
{
    CHECK_INT(rescaled(125, 2, 1), 13);
    CHECK_INT(rescaled(-125, 2, 1), -13);
    CHECK_INT(rescaled(124, 2, 1), 12);
    CHECK_INT(rescaled(-124, 2, 1), -12);
    CHECK_INT(rescaled(5, 1, 0), 1);
    CHECK_INT(rescaled(4999999, 6, 0), 5);
    CHECK_INT(rescaled(499999, 6, 0), 0);
    CHECK_INT(rescaled(-500000, 6, 0), -1);
    CHECK_INT(rescaled(77, 2, 2), 77);
    CHECK_INT(rescaled(INT64_MAX, 6, 0), 9223372036855);
    CHECK_INT(rescaled(3, 0, 6), 3000000);
    int64_t out = 0;
    CHECK(!decimal_rescale(INT64_MAX, 0, 1, &out));
    CHECK(!decimal_rescale(INT64_MIN, 0, 6, &out));
}

static int64_t from_real(double real, int scale)
{
    int64_t out = -77777;
    return decimal_from_real(real, scale, &out) ? out : -77777;
}

TEST(decimal_from_real_rounds_what_a_person_reads)
{
    CHECK_INT(from_real(1.005, 2), 101);
    CHECK_INT(from_real(2.675, 2), 268);
    CHECK_INT(from_real(-2.675, 2), -268);
    CHECK_INT(from_real(1.0049999, 2), 100);
    CHECK_INT(from_real(0.1 + 0.2, 2), 30);
    CHECK_INT(from_real(0.0, 6), 0);
    CHECK_INT(from_real(-0.0, 6), 0);
    CHECK_INT(from_real(0.5, 0), 1);
    CHECK_INT(from_real(1e-300, 6), 0);
    CHECK_INT(from_real(5e-324, 6), 0);
    CHECK_INT(from_real(9007199254740993.0, 0), 9007199254740992);
    CHECK_INT(from_real(329406144173384832.0, 0), 329406144173384832);
    CHECK_INT(from_real(1e15, 2), 100000000000000000);
    CHECK_INT(from_real(123456789012.345, 3), 123456789012345);
    CHECK_INT(from_real(1e17, 2), -77777);
    CHECK_INT(from_real(1e300, 0), -77777);
    CHECK_INT(from_real((double)NAN, 2), -77777);
    CHECK_INT(from_real((double)INFINITY, 2), -77777);
    CHECK_INT(from_real(-(double)INFINITY, 2), -77777);
}
