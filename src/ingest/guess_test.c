#include "base/time.h"
#include "ingest/guess.h"
#include "tests/test.h"

static struct ingest_guess guess_of(struct scope *scope, const char *const *values, int count)
{
    struct ingest_guess guess;
    struct ingest_profile *profile = ingest_profile_begin(scope);
    for (int i = 0; i < count; i++) {
        struct ingest_cell cell = { .kind = values[i][0] ? INGEST_CELL_TEXT : INGEST_CELL_BLANK,
                                    .text = str_of(values[i]) };
        ingest_profile_add(profile, i + 2, &cell);
    }
    ingest_profile_end(profile, false, &guess);
    return guess;
}

static struct ingest_guess check_type(struct scope *scope, const char *const *values,
                                      const char *type)
{
    int count = 0;
    while (values[count]) count += 1;
    struct ingest_guess guess = guess_of(scope, values, count);
    CHECK_STR(str_of(ingest_type_name(guess.type)), type);
    return guess;
}

#define VALUES(...) ((const char *const[]){ __VA_ARGS__, NULL })

TEST(guess_types)
{
    struct scope scope;
    scope_begin(&scope);
    check_type(&scope, VALUES("", ""), "blank");
    check_type(&scope, VALUES("a", "1", "2026-01-01"), "text");
    check_type(&scope, VALUES("1", "2", ""), "integer");
    check_type(&scope, VALUES("1996", "2001"), "integer");
    check_type(&scope, VALUES("0", "0"), "integer");
    check_type(&scope, VALUES("1", "0", "2"), "integer");
    check_type(&scope, VALUES("1", "0"), "boolean");
    check_type(&scope, VALUES("是", "否", "是"), "boolean");
    check_type(&scope, VALUES("Y", "n"), "boolean");
    check_type(&scope, VALUES("0012", "0013"), "text");
    check_type(&scope, VALUES("6222021234567890", "6222021234567891"), "text");
    check_type(&scope, VALUES("13800138000", "13900139000"), "integer");
    check_type(&scope, VALUES("20260105", "20260106"), "date");
    check_type(&scope, VALUES("20260105", "20261301"), "integer");
    check_type(&scope, VALUES("2026年1月5日", "2026/1/6"), "date");
    check_type(&scope, VALUES("2026-01-05 08:30", "2026-01-06"), "moment");
    check_type(&scope, VALUES("1.2万", "3,500"), "integer");
    struct ingest_guess guess = check_type(&scope, VALUES("1,234.50", "¥7.125", "(3)"), "decimal");
    CHECK_INT(guess.scale, 3);
    guess = check_type(&scope, VALUES("15%", "20%"), "decimal");
    CHECK(guess.is_percent);
    scope_end(&scope);
}

TEST(guess_decides_date_order_over_the_column)
{
    struct scope scope;
    scope_begin(&scope);
    struct ingest_guess guess = check_type(&scope, VALUES("3/1/2017", "3/11/2017", "10/25/2016"),
                                           "date");
    CHECK(guess.format.order == INGEST_DATE_MDY && !guess.is_ambiguous);
    guess = check_type(&scope, VALUES("3/1/2017", "25/10/2016"), "date");
    CHECK(guess.format.order == INGEST_DATE_DMY && !guess.is_ambiguous);
    guess = check_type(&scope, VALUES("3/1/2017", "4/1/2017"), "date");
    CHECK(guess.format.order == INGEST_DATE_MDY && guess.is_ambiguous);
    guess = check_type(&scope, VALUES("3.1.2017", "4.1.2017"), "date");
    CHECK(guess.format.order == INGEST_DATE_DMY && !guess.is_ambiguous);
    guess = check_type(&scope, VALUES("2017-03-01"), "date");
    CHECK(guess.format.order == INGEST_DATE_YMD && !guess.is_ambiguous);
    scope_end(&scope);
}

TEST(guess_counts_misfits_and_distinct_values)
{
    struct scope scope;
    scope_begin(&scope);
    const char *values[41];
    for (int i = 0; i < 40; i++) values[i] = i % 2 ? "5" : "7";
    values[11] = "n/a";
    values[40] = NULL;
    struct ingest_guess guess = check_type(&scope, values, "integer");
    CHECK_INT(guess.misfit_count, 1);
    CHECK_INT(guess.misfit_kept, 1);
    CHECK_STR(guess.misfits[0].text, "n/a");
    CHECK_INT(guess.misfits[0].row, 13);
    CHECK_INT(guess.distinct_count, 3);
    CHECK_STR(guess.distinct[0].text, "7");
    CHECK_INT(guess.distinct[0].count, 20);
    values[12] = values[14] = "?";
    check_type(&scope, values, "text");
    struct ingest_profile *profile = ingest_profile_begin(&scope);
    for (int i = 0; i < 3000; i++) {
        struct ingest_cell cell = { .kind = INGEST_CELL_TEXT,
                                    .text = scope_format(&scope, "v%d", i) };
        ingest_profile_add(profile, i, &cell);
    }
    ingest_profile_end(profile, false, &guess);
    CHECK_INT(guess.distinct_count, INGEST_DISTINCT_COUNT_MAX);
    CHECK(guess.is_distinct_over);
    scope_end(&scope);
}

TEST(guess_knows_typed_cells)
{
    struct scope scope;
    scope_begin(&scope);
    struct ingest_guess guess;
    struct ingest_profile *profile = ingest_profile_begin(&scope);
    struct ingest_cell cells[] = {
        { .kind = INGEST_CELL_DATE, .days = 20000 },
        { .kind = INGEST_CELL_TEXT, .text = STR("3/11/2017") },
        { .kind = INGEST_CELL_BLANK, .note = STR("#N/A") },
    };
    for (int i = 0; i < 3; i++) ingest_profile_add(profile, i + 2, &cells[i]);
    ingest_profile_end(profile, true, &guess);
    CHECK_INT(guess.type, INGEST_TYPE_DATE);
    CHECK(guess.format.order == INGEST_DATE_DMY && guess.is_ambiguous);
    CHECK_INT(guess.error_count, 1);
    scope_end(&scope);
}
