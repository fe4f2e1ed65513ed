/* Formulas of a whole snapshot: cycles, results, what stored ones may stand on; and limits. */
#include <stdio.h>

#include "formula/formula_fixture_test.h"
#include "formula/inner.h"

#define FIELD(name, more) "{'name':'" name "','type':'formula'," more "}"

/* Puts an object and builds; the error's key, "" when all is well. */
static struct str built(struct workspace *workspace, const char *object, const char *fields)
{
    struct str body = scope_format(
        workspace->scope,
        "{'name':'%s','plural':'%ss','fields':[{'name':'name','type':'text','title':true},"
        "{'name':'amount','type':'money'},{'name':'up','type':'reference','to':'%s'},"
        "{'name':'kind','type':'choice','choices':[{'name':'a'},{'name':'b'}]}%s%s]}",
        object, object, object, fields[0] ? "," : "", fields);
    if (!CHECK(workspace_put(workspace, "object", object, body.data))) return STR("put");
    scope_error_clear(workspace->scope);
    if (formula_build(workspace->scope, workspace->schema)) return STR("");
    return str_of(error_last(workspace->scope)->key);
}

TEST(formula_build_refuses_cycles)
{
    static const struct {
        const char *fields, *key, *word;
    } cases[] = {
        { FIELD("x", "'formula':'x + 1','result':'money'"), "formula.cycle", "x → x" },
        { FIELD("x", "'formula':'y + 1'") "," FIELD("y", "'formula':'z * 2'") "," FIELD(
              "z", "'formula':'x'"),
          "formula.cycle", "x → y → z → x" },
        { FIELD("x", "'formula':'up.x + 1','result':'money'"), "formula.cycle", "x → x" },
        { FIELD("x", "'formula':'SUM(items.x)','result':'money'"), "formula.cycle", "x → x" },
        { FIELD("x", "'formula':'COUNT(items, y > 1)'") "," FIELD("y", "'formula':'x'"),
          "formula.cycle", "x → y → x" },
        { FIELD("x", "'formula':'amount * 2'") "," FIELD("y", "'formula':'x + x'"), "", "" },
    };
    struct workspace workspace;
    if (!workspace_begin(&workspace)) return;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK_STR(built(&workspace, "item", cases[i].fields), cases[i].key);
        const struct error_item *item = error_last(workspace.scope);
        if (cases[i].key[0]) CHECK_STR(item->args[0].value, cases[i].word);
    }
    workspace_end(&workspace);
}

TEST(formula_build_gives_and_checks_results)
{
    static const struct {
        const char *field, *key, *type;
        int scale;
    } cases[] = {
        { FIELD("x", "'formula':'amount'"), "", "money", 2 },
        { FIELD("x", "'formula':'amount * 0.5'"), "", "number", 3 },
        { FIELD("x", "'formula':'amount / 3'"), "", "number", 4 },
        { FIELD("x", "'formula':'amount > 3'"), "", "boolean", 0 },
        { FIELD("x", "'formula':'name & 3'"), "", "text", 0 },
        { FIELD("x", "'formula':'kind'"), "", "choice", 0 },
        { FIELD("x", "'formula':'up'"), "", "reference", 0 },
        { FIELD("x", "'formula':'TODAY()'"), "", "date", 0 },
        { FIELD("x", "'formula':'created_at + 1'"), "", "datetime", 0 },
        { FIELD("x", "'formula':'amount / 3','result':'money'"), "", "money", 2 },
        { FIELD("x", "'formula':'amount','result':'integer'"), "", "integer", 0 },
        { FIELD("x", "'formula':'kind','result':'text'"), "", "text", 0 },
        { FIELD("x", "'formula':'name','result':'money'"), "formula.type", "", 0 },
        { FIELD("x", "'formula':'amount','result':'text'"), "formula.type", "", 0 },
        { FIELD("x", "'formula':'created_at','result':'date'"), "formula.type", "", 0 },
        { FIELD("x", "'formula':'amount > 1','result':'money'"), "formula.type", "", 0 },
        { FIELD("x", "'formula':'CHANGED(name)'"), "formula.no_change", "", 0 },
        { FIELD("x", "'formula':'NOW()','result':'datetime','stored':true"), "formula.no_clock",
          "", 0 },
        { FIELD("x", "'formula':'owner = ME()','result':'boolean','stored':true"),
          "formula.no_person", "", 0 },
        { FIELD("y", "'formula':'NOW()'") "," FIELD(
              "x", "'formula':'y','result':'datetime','stored':true"),
          "formula.stored", "", 0 },
        { FIELD("x", "'formula':'up.up.name','result':'text','stored':true"),
          "formula.stored_path", "", 0 },
        { FIELD("x", "'formula':'COUNT(items, up.amount > 1)','result':'integer','stored':true"),
          "formula.stored_path", "", 0 },
        { FIELD("x", "'formula':'up.name','result':'text','stored':true"), "", "text", 0 },
        { "{'name':'z','type':'text','required_if':'amount'}", "formula.type", "", 0 },
        { "{'name':'z','type':'text','default':'amount'}", "formula.type", "", 0 },
        { "{'name':'z','type':'text','validate':{'formula':'LEN(z)','message':'m'}}",
          "formula.type", "", 0 },
        { "{'name':'z','type':'text','validate':{'formula':'LEN(y) > 1','message':'m'}}",
          "formula.no_field", "", 0 },
    };
    struct workspace workspace;
    if (!workspace_begin(&workspace)) return;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (!CHECK_STR(built(&workspace, "item", cases[i].field), cases[i].key)) {
            printf("    %s\n", cases[i].field);
        }
        const struct object *item = schema_object(workspace.schema, STR("item"));
        const struct field *field = object_field(item, STR("x"));
        if (cases[i].key[0]) {
            struct str blamed = error_last(workspace.scope)->field;
            CHECK(str_is(blamed, "x") || str_is(blamed, "z"));
        } else if (CHECK(field && field->result_type)) {
            CHECK_STR(str_of(field->result_type->name), cases[i].type);
            CHECK_INT(field->scale, cases[i].scale);
        }
    }
    workspace_end(&workspace);
}

TEST(formula_build_bounds_what_formulas_cost_together)
{
    struct workspace workspace;
    struct buf fields;
    if (!workspace_begin(&workspace)) return;
    buf_begin(&fields, workspace.scope, 64 * 1024);
    buf_put(&fields, STR(FIELD("x0", "'formula':'amount + 1'")));
    for (int i = 1; i < 20; i++) { /* twice as large each time */
        buf_format(&fields, ",{'name':'x%d','type':'formula','formula':'x%d + x%d'}", i, i - 1,
                   i - 1);
    }
    CHECK_STR(built(&workspace, "item", fields.data), "formula.too_many");
    buf_cut(&fields, 0);
    for (int i = 0; i < 40; i++) { /* each stands on the next */
        buf_format(&fields, "{'name':'y%02d','type':'formula','formula':'y%02d + 1'},", i, i + 1);
    }
    buf_put(&fields, STR(FIELD("y40", "'formula':'amount'")));
    CHECK_STR(built(&workspace, "item", fields.data), "formula.too_deep");
    workspace_end(&workspace);
}

static bool has_use(const struct formula *formula, const char *object, const char *field,
                    const char *via, bool is_forward)
{
    for (int i = 0; i < formula->use_count; i++) {
        const struct formula_use *use = &formula->uses[i];
        bool is_field = field ? use->field && str_is(use->field->name, field) : !use->field;
        bool is_via = via ? use->via && str_is(use->via->name, via) : !use->via;
        if (is_field && is_via && str_is(use->object->name, object) &&
            use->is_forward == is_forward) {
            return true;
        }
    }
    return false;
}

TEST(formula_uses_say_when_to_compute_again)
{
    struct bench bench;
    if (!bench_begin(&bench)) return;
    struct formula *f = bench_compile(&bench, "order", "amount * (1 - discount)");
    CHECK(f && f->use_count == 2 && has_use(f, "order", "amount", NULL, false));
    CHECK(f && has_use(f, "order", "discount", NULL, false) && !f->is_deep);

    f = bench_compile(&bench, "order", "net"); /* one kept nowhere: itself, and what it uses */
    CHECK(f && f->use_count == 3 && has_use(f, "order", "amount", NULL, false));
    f = bench_compile(&bench, "order", "heard_at"); /* a stored one on its column */
    CHECK(f && f->use_count == 1 && has_use(f, "order", "heard_at", NULL, false));

    f = bench_compile(&bench, "order", "SUM(notes.cost, method = \"phone\")");
    CHECK(f && f->use_count == 4 && has_use(f, "note", NULL, "order", false));
    CHECK(f && has_use(f, "note", "order", "order", false));
    CHECK(f && has_use(f, "note", "cost", "order", false));
    CHECK(f && has_use(f, "note", "method", "order", false) && !f->is_deep);

    f = bench_compile(&bench, "order", "LAST(notes.text)");
    CHECK(f && has_use(f, "note", "noted_at", "order", false));

    f = bench_compile(&bench, "order", "firm.region");
    CHECK(f && f->use_count == 3 && has_use(f, "order", "firm", NULL, false));
    CHECK(f && has_use(f, "firm", "region", "firm", true));
    CHECK(f && has_use(f, "firm", NULL, "firm", true));

    f = bench_compile(&bench, "note", "order.net");
    CHECK(f && has_use(f, "order", "amount", "order", true) && !f->is_deep);
    f = bench_compile(&bench, "note", "order.note_count");
    CHECK(f && f->is_deep);
    f = bench_compile(&bench, "note", "order.firm.name");
    CHECK(f && f->is_deep);
    f = bench_compile(&bench, "note", "SIMILAR_RECENT(text, 5)");
    CHECK(f && !f->is_deep && has_use(f, "note", "text", NULL, false));
    CHECK(f && has_use(f, "note", "owner", NULL, false) && f->use_count == 2);
    f = bench_compile(&bench, "order", "STAGE_KIND() = \"open\"");
    CHECK(f && f->use_count == 1 && has_use(f, "order", "stage", NULL, false));
    bench_end(&bench);
}

/* piece repeated, between before and after. */
static struct str repeated(struct scope *scope, const char *before, const char *piece, int count,
                           const char *after)
{
    struct buf out;
    buf_begin(&out, scope, 64 * 1024);
    buf_put(&out, str_of(before));
    for (int i = 0; i < count; i++) buf_put(&out, str_of(piece));
    buf_put(&out, str_of(after));
    return buf_str(&out);
}

TEST(formula_limits)
{
    struct bench bench;
    if (!bench_begin(&bench)) return;
    struct scope *scope = bench.scope;
    struct {
        struct str source;
        const char *value;
    } cases[] = {
        { repeated(scope, "", "(", 40, "1))))))))))))))))))))))))))))))))))))))))"), "1" },
        { repeated(scope, "", "(", 4000, "1"), "error formula.too_deep @64" },
        { repeated(scope, "", "-", 4000, "1"), "error formula.too_deep @63" },
        { repeated(scope, "", "NOT ", 1500, "urgent"), "error formula.too_deep @252" },
        { repeated(scope, "", "ABS(", 1500, "1"), "error formula.too_deep @256" },
        { repeated(scope, "1", "+1", 50, ""), "51" },
        { repeated(scope, "1", "+1", 500, ""), "error formula.too_deep @0" },
        { repeated(scope, "", "ABS(1 - ", 25, "pieces)))))))))))))))))))))))))"),
          "error formula.too_nested @0" },
        { repeated(scope, "", "IF(pieces = 1, 1, ", 30, "2))))))))))))))))))))))))))))))"), "2" },
        { repeated(scope, "urgent", " OR urgent", 700, ""), "TRUE" },
        { repeated(scope, "pieces=1", " OR pieces=7", 600, ""), "TRUE" },
        { repeated(scope, "\"a\"", "&\"\"", 900, ""), "\"a\"" },
        { repeated(scope, "pieces IN (1", ",7", 1500, ")"), "TRUE" },
        { repeated(scope, "pieces IN (1", ",7", 2500, ")"), "error formula.too_many @4009" },
        { repeated(scope, "MAX(1", ",7", 100, ")"),
          "error formula.arity @0 MAX(a, b, …) / MAX(records.field, [condition])" },
        { repeated(scope, "\"", "x", 9000, "\""), "error formula.too_long @0" },
        { repeated(scope, "LEN(SUBSTITUTE(SUBSTITUTE(\"", "a", 2000,
                   "\", \"a\", \"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"), \"b\", "
                   "\"cccccccccccccccccccccccccccccccccccc\"))"),
          "blank" },
        { STR("\xff\xfe"), "error formula.not_utf8 @0" },
        { STR(""), "error formula.empty @0" },
        { STR("  "), "error formula.empty @0" },
        { STR("="), "error formula.empty @0" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK_STR(bench_value(&bench, "order", 1, cases[i].source), cases[i].value);
    }
    bench_end(&bench);
}

TEST(formula_errors_speak_both_languages)
{
    struct bench bench;
    if (!bench_begin(&bench)) return;
    CHECK(!bench_compile(&bench, "order", "amout > 5"));
    const struct error_item *item = error_last(bench.scope);
    CHECK_STR(message_of_error(bench.scope, LANGUAGE_ZH, item),
              "没有名为“amout”的字段。可以试试：amount");
    CHECK_STR(message_of_error(bench.scope, LANGUAGE_EN, item),
              "There is no field “amout”. Try: amount");
    CHECK(bench.scope->error.code == ERROR_INVALID);
    CHECK(!bench_compile(&bench, "order", "amount + urgent"));
    CHECK_STR(message_of_error(bench.scope, LANGUAGE_ZH, error_last(bench.scope)),
              "“urgent”应该是数字，但它是是/否（条件）。");
    struct formula *formula = bench_compile(&bench, "order", "amount");
    CHECK(formula && !formula_expect(bench.scope, formula, FORMULA_BOOLEAN));
    CHECK_STR(str_of(error_last(bench.scope)->key), "formula.type");
    scope_error_clear(bench.scope);
    CHECK(formula && formula_expect(bench.scope, formula, FORMULA_NUMBER));
    bench_end(&bench);
}
