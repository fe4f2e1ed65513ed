/*
 * Real files that nobody here wrote, through reader, guess and values: counts
 * and sums must be those of the data set's own description.
 */
#include "ingest/guess.h"
#include "ingest/similar.h"
#include "tests/test.h"

enum { COLUMN_COUNT = 8 };

static int64_t read_all(struct scope *scope, const char *path, struct ingest_guess *guesses)
{
    struct ingest_table *table;
    struct ingest_profile *profiles[COLUMN_COUNT];
    if (!CHECK(ingest_open_file(scope, path, NULL, &table))) return -1;
    int count = ingest_header(table).count;
    for (int i = 0; i < count; i++) profiles[i] = ingest_profile_begin(scope);
    int64_t rows = 0;
    for (bool has_row = true; has_row; rows += has_row) {
        struct scope inner;
        struct ingest_row row;
        scope_begin(&inner);
        if (!CHECK(ingest_next(table, &inner, &row, &has_row))) has_row = false;
        for (int i = 0; i < row.count; i++) {
            ingest_profile_add(profiles[i], row.number, &row.cells[i]);
        }
        CHECK_INT(row.extra_count, 0);
        scope_end(&inner);
    }
    for (int i = 0; i < count; i++) ingest_profile_end(profiles[i], true, &guesses[i]);
    return rows;
}

TEST(maven_pipeline_is_understood)
{
    struct scope scope;
    scope_begin(&scope);
    struct ingest_guess guess[COLUMN_COUNT];
    CHECK_INT(read_all(&scope, "tests/data/maven-crm/sales_pipeline.csv", guess), 8800);
    CHECK_INT(guess[0].type, INGEST_TYPE_TEXT);
    CHECK_INT(guess[1].distinct_count, 30);
    CHECK_INT(guess[2].distinct_count, 7);
    CHECK_INT(guess[3].blank_count, 1425);
    CHECK_INT(guess[4].distinct_count, 4);
    CHECK_INT(guess[5].type, INGEST_TYPE_DATE);
    CHECK_INT(guess[5].format.order, INGEST_DATE_MDY);
    CHECK(!guess[5].is_ambiguous);
    CHECK_INT(guess[5].blank_count, 500);
    CHECK_INT(guess[5].misfit_count, 0);
    CHECK_INT(guess[6].type, INGEST_TYPE_DATE);
    CHECK_INT(guess[7].type, INGEST_TYPE_INTEGER);
    scope_end(&scope);
}

TEST(maven_sums_agree)
{
    struct scope scope;
    scope_begin(&scope);
    struct ingest_table *table;
    int64_t won_count = 0, won_value = 0, first_days = INT64_MAX, last_days = 0;
    struct ingest_date_format format = { .order = INGEST_DATE_MDY };
    CHECK(ingest_open_file(&scope, "tests/data/maven-crm/sales_pipeline.csv", NULL, &table));
    for (bool has_row = true; has_row;) {
        struct scope inner;
        struct ingest_row row;
        scope_begin(&inner);
        if (!CHECK(ingest_next(table, &inner, &row, &has_row))) has_row = false;
        int64_t days, value;
        if (has_row && ingest_cell_date(&row.cells[5], format, 480, &days)) {
            if (days < first_days) first_days = days;
            if (days > last_days) last_days = days;
        }
        if (has_row && str_is(row.cells[4].text, "Won")) {
            CHECK(ingest_parse_decimal(row.cells[7].text, 0, &value));
            won_count += 1;
            won_value += value;
        }
        scope_end(&inner);
    }
    CHECK_INT(won_count, 4238);
    CHECK_INT(won_value, 10005534);
    CHECK_INT(first_days, 17094); /* 2016-10-20 */
    CHECK(last_days < 17532);     /* within 2017 */
    scope_end(&scope);
}

TEST(maven_side_files_are_understood)
{
    struct scope scope;
    scope_begin(&scope);
    struct ingest_guess accounts[COLUMN_COUNT], products[COLUMN_COUNT], teams[COLUMN_COUNT];
    CHECK_INT(read_all(&scope, "tests/data/maven-crm/accounts.csv", accounts), 85);
    CHECK_INT(accounts[2].type, INGEST_TYPE_INTEGER);
    CHECK_INT(accounts[3].type, INGEST_TYPE_DECIMAL);
    CHECK_INT(accounts[3].scale, 2);
    CHECK_INT(read_all(&scope, "tests/data/maven-crm/products.csv", products), 7);
    CHECK_INT(read_all(&scope, "tests/data/maven-crm/sales_teams.csv", teams), 35);
    CHECK_INT(teams[1].distinct_count, 6);
    CHECK_INT(teams[2].distinct_count, 3);
    struct str names[COLUMN_COUNT];
    for (int i = 0; i < 7; i++) names[i] = products[0].distinct[i].text;
    int best = ingest_value_best(STR("GTXPro"), names, 7, NULL);
    CHECK(best >= 0 && str_is(names[best], "GTX Pro"));
    struct str sectors[] = { STR("medical"), STR("technology"), STR("retail") };
    CHECK_INT(ingest_value_best(STR("technolgy"), sectors, 3, NULL), 1);
    scope_end(&scope);
}
