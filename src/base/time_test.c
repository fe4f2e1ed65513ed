#include "base/time.h"

#include <stdatomic.h>

#include "tests/test.h"

TEST(time_days_round_trip_over_all_years)
{
    int year = 1, month = 1, day = 1, wrong = 0;
    int64_t first = time_days_from_civil(1, 1, 1), last = time_days_from_civil(9999, 12, 31);
    CHECK_INT(last - first, 3652058);
    /* A calendar that goes day by day must agree with the arithmetic. */
    for (int64_t days = first; days <= last; days++) {
        int y = 0, m = 0, d = 0;
        time_civil_from_days(days, &y, &m, &d);
        wrong += y != year || m != month || d != day;
        wrong += time_days_from_civil(year, month, day) != days;
        day += 1;
        if (!time_is_date(year, month, day)) day = 1, month += 1;
        if (month == 13) month = 1, year += 1;
    }
    CHECK_INT(wrong, 0);
    CHECK_INT(year, 10000);
}

TEST(time_known_days)
{
    CHECK_INT(time_days_from_civil(1970, 1, 1), 0);
    CHECK_INT(time_days_from_civil(2000, 2, 29), 11016);
    CHECK_INT(time_days_from_civil(2026, 3, 2), 20514);
    CHECK_INT(time_weekday(0), 4);      /* Thursday */
    CHECK_INT(time_weekday(-1), 3);
    CHECK_INT(time_weekday(20514), 1);  /* 2026-03-02 is a Monday */
    CHECK_INT(time_weekday(-719162), 1); /* 0001-01-01 */
    CHECK(time_is_date(2024, 2, 29) && time_is_date(2000, 2, 29));
    CHECK(!time_is_date(2023, 2, 29) && !time_is_date(1900, 2, 29));
    CHECK(!time_is_date(2023, 4, 31) && !time_is_date(2023, 13, 1) && !time_is_date(2023, 0, 1));
    CHECK(!time_is_date(0, 1, 1) && !time_is_date(10000, 1, 1) && !time_is_date(2023, 1, 0));
}

TEST(time_civil_in_zones)
{
    int64_t moment = 1772413200000; /* 2026-03-02T01:00:00Z */
    struct civil civil = time_civil(moment, TIME_ZONE_SHANGHAI_MIN);
    CHECK_INT(civil.hour, 9);
    CHECK_INT(civil.day, 2);
    CHECK_INT(civil.weekday, 1);
    CHECK_INT(time_from_civil(&civil, TIME_ZONE_SHANGHAI_MIN), moment);
    CHECK_INT(time_civil(moment, -120).day, 1);
    CHECK_INT(time_local_days(moment, TIME_ZONE_SHANGHAI_MIN), 20514);
    CHECK_INT(time_local_days(moment, -120), 20513);
    CHECK_INT(time_day_start(20514, TIME_ZONE_SHANGHAI_MIN), 1772380800000);

    struct civil before = time_civil(-1, 0);
    CHECK_INT(before.year, 1969);
    CHECK_INT(before.millisecond, 999);
    CHECK_INT(before.second, 59);
    for (int64_t ms = -62135596800000; ms < 253402300800000; ms += 98765432101) {
        struct civil any = time_civil(ms, -345);
        if (time_from_civil(&any, -345) != ms) CHECK_INT(time_from_civil(&any, -345), ms);
    }
}

static int64_t parsed(const char *text)
{
    int64_t ms = -7;
    return time_parse(str_of(text), TIME_ZONE_SHANGHAI_MIN, &ms) ? ms : -7;
}

TEST(time_parse_reads)
{
    int64_t moment = 1772413200000;
    CHECK_INT(parsed("2026-03-02T01:00:00Z"), moment);
    CHECK_INT(parsed("2026-03-02t01:00:00.000z"), moment);
    CHECK_INT(parsed("2026-03-02T09:00:00+08:00"), moment);
    CHECK_INT(parsed("2026-03-01T20:30:00-04:30"), moment);
    CHECK_INT(parsed("2026-03-02 09:00"), moment);
    CHECK_INT(parsed("2026-03-02T09:00:00"), moment);
    CHECK_INT(parsed("2026-03-02"), 1772380800000);
    CHECK_INT(parsed("2026-03-02T01:00:00.5Z"), moment + 500);
    CHECK_INT(parsed("2026-03-02T01:00:00.123999999Z"), moment + 123);
    CHECK_INT(parsed("0001-01-02T00:00:00Z"), -62135510400000);
    CHECK_INT(parsed("9999-12-31T23:59:59.999Z"), 253402300799999);
}

TEST(time_parse_refuses)
{
    static const char *const bad[] = {
        "", "2026", "2026-3-2", "2026-02-29", "2026-13-01", "2026-00-10", "26-03-02", "2026/03/02",
        "2026-03-02T", "2026-03-02 ", "2026-03-02T24:00:00Z", "2026-03-02T09", "2026-03-02T09:60Z",
        "2026-03-02T09:00:60Z", "2026-03-02T09:00:00.Z", "2026-03-02T09:00:00.1234567890Z",
        "2026-03-02T09:00:00+8", "2026-03-02T09:00:00+0800", "2026-03-02T09:00:00+24:00",
        "2026-03-02T09:00:00+08:60", "2026-03-02T09:00:00Zx", "2026-03-02x09:00", " 2026-03-02",
        "2026-03-02T09:00:00 Z", "-026-03-02", "2026-03-0٢", "0000-01-01", "9999-12-31T23:59-08:00",
        "0001-01-01", /* in Shanghai this is still the year 0 of UTC */
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (!CHECK_INT(parsed(bad[i]), -7)) CHECK_STR(str_of(bad[i]), "refused");
    }
    int64_t ms = 0;
    CHECK(!time_parse((struct str){ "2026-03-02\0", 11 }, 0, &ms));
    CHECK(!time_parse((struct str){ "2026\00003-02", 10 }, 0, &ms));
}

TEST(time_put_round_trip)
{
    struct scope scope;
    scope_begin(&scope);
    CHECK_STR(time_format(&scope, 1772413200007), "2026-03-02T01:00:00.007Z");
    CHECK_STR(time_format(&scope, -1), "1969-12-31T23:59:59.999Z");
    for (int64_t ms = -62135596800000; ms < 253402300800000; ms += 987654321012) {
        int64_t again = 0;
        if (!time_parse(time_format(&scope, ms), 480, &again) || again != ms) CHECK_INT(again, ms);
    }
    struct buf buf;
    buf_begin(&buf, &scope, 64);
    time_put_date(&buf, 20514);
    CHECK_STR(buf_str(&buf), "2026-03-02");
    int64_t days = 0;
    CHECK(time_parse_date(buf_str(&buf), &days) && days == 20514);
    CHECK(!time_parse_date(STR("2026-03-02T00:00"), &days));
    CHECK(!time_parse_date(STR("2026-02-30"), &days));
    scope_end(&scope);
}

TEST(time_durations)
{
    int64_t ms = 0;
    CHECK(time_parse_duration(STR("90s"), &ms) && ms == 90000);
    CHECK(time_parse_duration(STR("30m"), &ms) && ms == 1800000);
    CHECK(time_parse_duration(STR("48h"), &ms) && ms == 172800000);
    CHECK(time_parse_duration(STR("5d"), &ms) && ms == 432000000);
    CHECK(time_parse_duration(STR("2w"), &ms) && ms == 1209600000);
    CHECK(time_parse_duration(STR("0h"), &ms) && ms == 0);
    static const char *const bad[] = { "", "h", "5", "-5h", "+5h", "5 h", "5x", "5H", "1.5h",
                                       "5hh", "99999999999999999999w", "9223372036854775807w" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK(!time_parse_duration(str_of(bad[i]), &ms));
    }
}

TEST(time_clock_stands_where_it_is_put)
{
    struct clock clock = { 0 };
    int64_t before = time_now_ms();
    int64_t now = clock_now_ms(&clock);
    CHECK(now >= before && now <= time_now_ms());
    atomic_store(&clock.fixed_ms, 1234);
    CHECK_INT(clock_now_ms(&clock), 1234);
    int64_t start = time_monotonic_ms();
    CHECK(time_monotonic_ms() >= start);
}
