#ifndef FORMULA_FORMULA_FIXTURE_TEST_H
#define FORMULA_FORMULA_FIXTURE_TEST_H

#include "formula/formula.h"
#include "schema/schema_fixture_test.h"

/*
 * A workspace for formulas: firms, orders in two pipelines, notes about orders.
 * Rows 1, 2, 3 … have the ids ID(1), ID(2) …; the clock stands at TEST_CLOCK.
 * tests/vectors/README.md says what is in them.
 */
struct bench {
    struct workspace workspace;
    struct scope *scope;
    struct db_conn *conn;
    struct uuid teams[2];
    struct cell *old_values;
    struct formula_context context;
};

bool bench_begin(struct bench *bench);
void bench_end(struct bench *bench);
struct uuid bench_id(int number);
/* Compiles for an object with all flags but aggregates; its error stays in the scope. */
struct formula *bench_compile(struct bench *bench, const char *object, const char *source);
struct formula *bench_compile_with(struct bench *bench, const char *object, struct str source,
                                   unsigned flags);
/* The formula's value for a row, as vectors write it; "error …" when it does not compile. */
struct str bench_value(struct bench *bench, const char *object, int row, struct str source);
/* The rows a condition finds, such as "1,3". */
struct str bench_rows(struct bench *bench, const char *object, const struct formula *formula,
                      bool is_plain);
/* The SQL of a condition. */
struct str bench_sql(struct bench *bench, const struct formula *formula);

#endif
