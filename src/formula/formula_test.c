#include "formula/formula_fixture_test.h"
#include <stdio.h>
TEST(formula_smoke)
{
    struct bench b;
    if (!bench_begin(&b)) return;
    const char *list[] = { "amount", "net", "is_big", "note_count", "last_text", "firm_name", "firm.name", "firm.parent.region", "amount > 500", "COUNT(notes, method = \"面谈\")",
      "SUM(notes.cost)", "HOURS_SINCE(seen_at) > 48", "stage = \"talk\"", "STAGE_KIND()=\"open\"", "amount & \"元\"", "IN_TEAM(owner, MY_TEAM())", "IN_TEAM(owner, firm)", "SIMILAR_RECENT(memo, 3)", "firm.orders.amount", "SUM(firm.orders.amount)", "firm.order_total" };
    for (size_t i = 0; i < sizeof(list)/sizeof(list[0]); i++) {
        struct str v = bench_value(&b, "order", 1, str_of(list[i]));
        printf("%-40s %.*s\n", list[i], STR_ARG(v));
    }
    bench_end(&b);
}
