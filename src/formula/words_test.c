/* The words of a formula that name something, and where they stand. */
#include "formula/formula_fixture_test.h"

/* "field:amount 0-6 relation:notes 9-14"; braces and quotes are part of the place. */
static struct str words(struct bench *bench, const char *object, const char *source)
{
    static const char *const kinds[] = { "", "field", "relation", "choice", "stage", "pipeline",
                                         "object" };
    const struct formula *formula = bench_compile(bench, object, source);
    struct formula_word *items;
    struct buf out;
    if (!CHECK(formula)) return STR("");
    int count = formula_words(bench->scope, formula, &items);
    buf_begin(&out, bench->scope, 10000);
    for (int i = 0; i < count; i++) {
        const struct formula_word *word = &items[i];
        struct str place = str_slice(str_of(source), word->start, word->end);
        if (i > 0) buf_put(&out, STR(" "));
        buf_put(&out, scope_format(bench->scope, "%s:%.*s", kinds[word->kind],
                                   STR_ARG(word->text)));
        CHECK(word->end > word->start && word->end <= str_of(source).size);
        CHECK(str_find(place, word->text) != SIZE_MAX);
        CHECK_INT(word->is_label, place.data[0] == '{');
        CHECK(i == 0 || word->start >= items[i - 1].end);
    }
    return buf_str(&out);
}

TEST(words_are_found_where_they_stand)
{
    static const struct {
        const char *object, *source, *wanted;
    } cases[] = {
        { "order", "amount * 2", "field:amount" },
        { "order", "{预计成交额} > 5 AND amount < 7", "field:预计成交额 field:amount" },
        { "order", "firm.parent.region", "field:firm field:parent field:region" },
        { "order", "kind = \"small\"", "field:kind choice:small" },
        { "order", "\"small\" = kind OR name = \"small\"", "choice:small field:kind field:name" },
        { "order", "SUM(notes.cost, method = \"phone\")",
          "relation:notes field:cost field:method choice:phone" },
        { "firm", "COUNT(orders, {加急})", "relation:orders field:加急" },
        { "order", "stage = \"talk\"", "field:stage stage:talk" },
        { "order", "\"amount\" & \"kind\"", "" },
        { "order", "1 + 1", "" },
    };
    struct bench bench;
    if (!bench_begin(&bench)) return;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK_STR(words(&bench, cases[i].object, cases[i].source), cases[i].wanted);
    }
    bench_end(&bench);
}
