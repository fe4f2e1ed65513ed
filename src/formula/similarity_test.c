/* SIMILARITY against the textbook's table, on random texts of one block and of several. */
#include <stdlib.h>

#include "formula/formula.h"
#include "tests/test.h"

static const struct db_function *find(const char *name)
{
    for (int i = 0; i < formula_function_sqlite_count; i++) {
        if (strcmp(formula_functions_sqlite[i].name, name) == 0) {
            return &formula_functions_sqlite[i];
        }
    }
    return NULL;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int table_distance(const char *a, int a_count, const char *b, int b_count)
{
    static int cells[302][302];
    for (int i = 0; i <= a_count; i++) cells[i][0] = i;
    for (int j = 0; j <= b_count; j++) cells[0][j] = j;
    for (int i = 1; i <= a_count; i++) {
        for (int j = 1; j <= b_count; j++) {
            int change = cells[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            cells[i][j] = least(change, least(cells[i - 1][j], cells[i][j - 1]) + 1);
        }
    }
    return cells[a_count][b_count];
}

static int random_text(unsigned *seed, char *out, int count_max, int letters)
{
    int count = rand_r(seed) % count_max;
    for (int i = 0; i < count; i++) out[i] = (char)('a' + rand_r(seed) % letters);
    return count;
}

TEST(similarity_equals_the_table)
{
    const struct db_function *similarity = find("f_similarity");
    unsigned seed = 7;
    for (int round = 0; round < 2000; round++) {
        char a[300], b[300];
        int letters = 1 + round % 20, count_max = round % 3 == 0 ? 300 : 70;
        int a_count = random_text(&seed, a, count_max, letters);
        int b_count = random_text(&seed, b, count_max, letters);
        struct scope scope;
        scope_begin(&scope);
        struct cell args[] = { cell_text((struct str){ a, (size_t)a_count }),
                               cell_text((struct str){ b, (size_t)b_count }) };
        struct cell result = cell_null();
        similarity->run(&scope, args, 2, &result);
        int longer = a_count > b_count ? a_count : b_count;
        double wanted =
            longer == 0 ? 1 : 1 - (double)table_distance(a, a_count, b, b_count) / longer;
        CHECK(result.kind == CELL_REAL && result.real == wanted);
        scope_end(&scope);
    }
}
