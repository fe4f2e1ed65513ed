#include <stdio.h>

#include "base/time.h"
#include "ingest/table.h"
#include "ingest/value.h"
#include "tests/test.h"

TEST(decimal_reads_what_people_write)
{
    static const struct {
        const char *text;
        int scale;
        int64_t units;
    } good[] = {
        { "1280.5", 2, 128050 },      { "1,234.50", 2, 123450 },   { "1,234,567", 0, 1234567 },
        { "１２３．５", 1, 1235 },    { "¥1,200", 2, 120000 },     { "￥1200元", 0, 1200 },
        { "1.2万", 0, 12000 },        { "1.2万", 2, 1200000 },     { "3亿", 0, 300000000 },
        { "0.00012万", 1, 12 },       { "1.2 万元", 0, 12000 },    { "2万亿", 0, 2000000000000 },
        { "(5.00)", 2, -500 },        { "（3）", 0, -3 },          { "-$3", 0, -3 },
        { "$-3", 0, -3 },             { "+7", 0, 7 },              { "15%", 0, 15 },
        { "12.5％", 1, 125 },         { "1.5E3", 0, 1500 },        { "1.38E+10", 0, 13800000000 },
        { "5e-1", 1, 5 },             { ".5", 1, 5 },              { "5.", 0, 5 },
        { " 7 ", 0, 7 },              { "000", 0, 0 },             { "-0", 2, 0 },
        { "1.10", 1, 11 },            { "9223372036854775807", 0, INT64_MAX },
        { "−4", 0, -4 },              { "RMB 100", 0, 100 },       { "0e300", 2, 0 },
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t units = -99;
        CHECK(ingest_parse_decimal(str_of(good[i].text), good[i].scale, &units));
        if (!CHECK_INT(units, good[i].units)) printf("    in %s\n", good[i].text);
    }
    static const char *const bad[] = { "", " ", "abc", "1,23", "12,34,567", "1.2.3", "1 2", "--1",
                                       "(-1)", "万", "¥", "1.234", "9223372036854775808", "1e400",
                                       "1e30", "5%%", "1万万x", ",1", "1,", "(", "()", "e5", "1e",
                                       "1,234,56", "0x10", "1_000", "." };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t units;
        if (!CHECK(!ingest_parse_decimal(str_of(bad[i]), 2, &units))) printf("    %s\n", bad[i]);
    }
}

TEST(decimal_rounds_only_when_asked)
{
    int64_t units;
    bool is_rounded;
    CHECK(!ingest_parse_decimal(STR("1.005"), 2, &units));
    CHECK(ingest_parse_decimal_rounded(STR("1.005"), 2, &units, &is_rounded));
    CHECK_INT(units, 101);
    CHECK(is_rounded);
    CHECK(ingest_parse_decimal_rounded(STR("-0.0049"), 2, &units, &is_rounded) && units == 0);
    CHECK(ingest_parse_decimal_rounded(STR("1.50"), 1, &units, &is_rounded) && !is_rounded);
    CHECK(ingest_parse_decimal_rounded(STR("1e-300"), 2, &units, &is_rounded) && units == 0);
    CHECK(is_rounded);
}

TEST(cell_numbers_lose_binary_noise)
{
    struct ingest_cell cell = { .kind = INGEST_CELL_NUMBER, .text = STR("0.30000000000000004") };
    int64_t units;
    bool is_rounded;
    CHECK(ingest_cell_decimal(&cell, 2, &units, &is_rounded) && units == 30 && !is_rounded);
    cell.text = STR("1280.4999999999998");
    CHECK(ingest_cell_decimal(&cell, 1, &units, &is_rounded) && units == 12805);
    cell.text = STR("9.9999999999999995E-2");
    CHECK(ingest_cell_decimal(&cell, 1, &units, &is_rounded) && units == 1);
    cell = (struct ingest_cell){ .kind = INGEST_CELL_NUMBER, .is_percent = true,
                                 .text = STR("0.15") };
    CHECK(ingest_cell_decimal(&cell, 0, &units, &is_rounded) && units == 15);
    cell.kind = INGEST_CELL_BLANK;
    CHECK(!ingest_cell_decimal(&cell, 0, &units, &is_rounded));
    struct scope scope;
    scope_begin(&scope);
    CHECK_STR(ingest_number_plain(&scope, STR("1.38001380000E+10")), "13800138000");
    CHECK_STR(ingest_number_plain(&scope, STR("0.30000000000000004")), "0.3");
    CHECK_STR(ingest_number_plain(&scope, STR("-2.50")), "-2.5");
    CHECK_STR(ingest_number_plain(&scope, STR("5E-3")), "0.005");
    CHECK_STR(ingest_number_plain(&scope, STR("0.0")), "0");
    CHECK_STR(ingest_number_plain(&scope, STR("12345678901234567890")), "12345678901234567890");
    CHECK_STR(ingest_number_plain(&scope, STR("1E+200")), "1E+200");
    scope_end(&scope);
}

TEST(bool_reads_words)
{
    bool is_true = false;
    CHECK(ingest_parse_bool(STR("是"), &is_true) && is_true);
    CHECK(ingest_parse_bool(STR(" TRUE "), &is_true) && is_true);
    CHECK(ingest_parse_bool(STR("ｙ"), &is_true) && is_true);
    CHECK(ingest_parse_bool(STR("否"), &is_true) && !is_true);
    CHECK(ingest_parse_bool(STR("0"), &is_true) && !is_true);
    CHECK(!ingest_parse_bool(STR("2"), &is_true));
    CHECK(!ingest_parse_bool(STR(""), &is_true));
}

static int64_t day(int year, int month, int number)
{
    return time_days_from_civil(year, month, number);
}

TEST(date_reads_what_people_write)
{
    static const char *const good[] = {
        "2026-01-05", "2026/1/5", "2026.1.5", "2026年1月5日", "2026年01月05号", "2026 年 1 月 5 日",
        "20260105", "２０２６－０１－０５", "5.1.2026", "05/01/2026", "5/1/26", "5-1-2026", "26年1月5日",
        "5 Jan 2026", "Jan 5, 2026", "January 5 2026", "05-Jan-26", "2026-Jan-05", "5. Jan. 2026",
        "Mon, 5 Jan 2026", "2026-01-05 00:00:00", "2026/1/5 星期一", "2026年1月5日（周一）",
        "2026-01-05T00:00", "2026-01-05 12:00 am", "2026-01-05 上午12:00", " 2026-01-05 ",
    };
    struct ingest_date_format format = { .order = INGEST_DATE_DMY };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t days = 0;
        bool ok = CHECK(ingest_parse_date(str_of(good[i]), format, 480, &days)) &&
                  CHECK_INT(days, day(2026, 1, 5));
        if (!ok) printf("    %s\n", good[i]);
    }
    static const char *const bad[] = {
        "", "2026", "2026-01", "2026-13-01", "2026-02-30", "31/2/2026", "1/2", "2026-1/5",
        "12345678",
        "20261301", "hello", "5 Foo 2026", "2026-01-05x", "2026-01-05 25:00", "2026-01-05 8",
        "2026-01-05 08:61", "1月5日", "0000-01-01", "13800138000", "1/5/202", "2026-01-05+99:00",
        "1.2.3.4", "Jan", "2026年", "2026-1-5-6", "99/99/9999",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t days;
        if (!CHECK(!ingest_parse_date(str_of(bad[i]), format, 480, &days))) {
            printf("    %s\n", bad[i]);
        }
    }
}

TEST(date_order_decides)
{
    int64_t days;
    struct ingest_date_format us = { .order = INGEST_DATE_MDY }, eu = { .order = INGEST_DATE_DMY };
    struct ingest_date_format none = { .order = INGEST_DATE_YMD };
    CHECK(ingest_parse_date(STR("3/11/2017"), us, 0, &days) && days == day(2017, 3, 11));
    CHECK(ingest_parse_date(STR("3/11/2017"), eu, 0, &days) && days == day(2017, 11, 3));
    CHECK(!ingest_parse_date(STR("3/11/2017"), none, 0, &days));
    CHECK(ingest_parse_date(STR("3/31/2017"), none, 0, &days) && days == day(2017, 3, 31));
    CHECK(ingest_parse_date(STR("5/5/2017"), none, 0, &days) && days == day(2017, 5, 5));
    CHECK(!ingest_parse_date(STR("31/3/2017"), us, 0, &days));
    CHECK(ingest_parse_date(STR("1/1/70"), us, 0, &days) && days == day(1970, 1, 1));
}

TEST(moment_reads_times_and_offsets)
{
    static const struct {
        const char *text, *wanted;
    } good[] = {
        { "2026-01-05 08:30", "2026-01-05T00:30:00.000Z" },
        { "2026-01-05", "2026-01-04T16:00:00.000Z" },
        { "2026-01-05T08:30:15.25", "2026-01-05T00:30:15.250Z" },
        { "2026-01-05T08:30Z", "2026-01-05T08:30:00.000Z" },
        { "2026-01-05T08:30:00+01:00", "2026-01-05T07:30:00.000Z" },
        { "2026-01-05 08:30 -0530", "2026-01-05T14:00:00.000Z" },
        { "2026/1/5 下午3:05", "2026-01-05T07:05:00.000Z" },
        { "2026/1/5 3:05:09 PM", "2026-01-05T07:05:09.000Z" },
        { "2026年1月5日8时30分15秒", "2026-01-05T00:30:15.000Z" },
        { "2026年1月5日 8点", "2026-01-05T00:00:00.000Z" },
        { "20260105083000", "2026-01-05T00:30:00.000Z" },
    };
    struct ingest_date_format format = { 0 };
    struct scope scope;
    scope_begin(&scope);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        int64_t moment = 0;
        bool ok = CHECK(ingest_parse_moment(str_of(good[i].text), format, 480, &moment)) &&
                  CHECK_STR(time_format(&scope, moment), good[i].wanted);
        if (!ok) printf("    %s\n", good[i].text);
    }
    int64_t days;
    CHECK(ingest_parse_date(STR("2026-01-05T23:30Z"), format, 480, &days));
    CHECK_INT(days, day(2026, 1, 6));
    scope_end(&scope);
}

TEST(serials_know_both_systems)
{
    int64_t days;
    int32_t day_ms;
    CHECK(ingest_serial_read(STR("1"), false, &days, &day_ms) && days == day(1900, 1, 1));
    CHECK(ingest_serial_read(STR("59"), false, &days, &day_ms) && days == day(1900, 2, 28));
    CHECK(ingest_serial_read(STR("60"), false, &days, &day_ms) && days == day(1900, 2, 28));
    CHECK(ingest_serial_read(STR("61"), false, &days, &day_ms) && days == day(1900, 3, 1));
    CHECK(ingest_serial_read(STR("46027"), false, &days, &day_ms) && days == day(2026, 1, 5));
    CHECK(ingest_serial_read(STR("44565"), true, &days, &day_ms) && days == day(2026, 1, 5));
    CHECK(ingest_serial_read(STR("0"), true, &days, &day_ms) && days == day(1904, 1, 1));
    CHECK(ingest_serial_read(STR("46027.354166666664"), false, &days, &day_ms));
    CHECK_INT(day_ms, (8 * 60 + 30) * 60 * 1000);
    CHECK(ingest_serial_read(STR("46026.9999999999"), false, &days, &day_ms));
    CHECK(days == day(2026, 1, 5) && day_ms == 0);
    CHECK(ingest_serial_read(STR("4.6027E4"), false, &days, &day_ms) && days == day(2026, 1, 5));
    CHECK(!ingest_serial_read(STR("-1"), false, &days, &day_ms));
    CHECK(!ingest_serial_read(STR("9999999"), false, &days, &day_ms));
    CHECK(!ingest_serial_read(STR("x"), false, &days, &day_ms));
    struct ingest_date_format format = { .is_serial = true };
    CHECK(ingest_parse_date(STR("46027"), format, 480, &days) && days == day(2026, 1, 5));
    CHECK(!ingest_parse_date(STR("46,027"), format, 480, &days));
    format.is_serial = false;
    CHECK(!ingest_parse_date(STR("46027"), format, 480, &days));
}
