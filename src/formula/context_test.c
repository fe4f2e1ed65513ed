/* An answer depends on who asks, what was before, what may be seen and what is summed. */
#include <stdio.h>

#include "formula/formula_fixture_test.h"

/* Only rows of owner 11 are visible; firms all are. */
static void put_owner(const void *context, const struct object *object, struct str alias,
                      struct sql *sql)
{
    const struct uuid *owner = context;
    if (!object->owner || str_is(object->name, "firm")) {
        sql_put(sql, STR("1 = 1"));
        return;
    }
    sql_column(sql, alias, object->owner->column);
    sql_put(sql, STR(" = "));
    sql_id(sql, *owner);
}

TEST(formula_sees_through_relations_only_what_the_person_sees)
{
    struct bench bench;
    if (!bench_begin(&bench)) return;
    struct uuid ann = bench_id(11);
    struct formula_access access = { .put = put_owner, .context = &ann };
    static const struct {
        const char *object;
        int row;
        const char *source, *open, *guarded;
    } cases[] = {
        { "order", 2, "COUNT(notes)", "1", "0" },
        { "order", 2, "EXISTS(notes)", "TRUE", "FALSE" },
        { "order", 2, "COUNT(notes) > 0", "TRUE", "FALSE" },
        { "order", 2, "SUM(notes.cost)", "3.00", "0.00" },
        { "order", 2, "LAST(notes.cost)", "3.00", "blank" },
        { "order", 1, "COUNT(notes)", "3", "3" },
        { "note", 5, "order.name", "\"Beta\"", "blank" },
        { "note", 5, "order.firm.name", "\"Two\"", "blank" },
        { "note", 5, "COUNT(order.notes)", "1", "0" },
        { "note", 5, "order.is_big", "FALSE", "blank" },
        { "note", 5, "order.note_count", "1", "blank" },
        { "note", 1, "order.firm.name", "\"One\"", "\"One\"" },
        { "firm", 2, "order_total", "999.99", "0.00" },
        { "firm", 2, "COUNT(orders, COUNT(notes) > 0)", "1", "0" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str source = str_of(cases[i].source);
        bench.context.access = NULL;
        CHECK_STR(bench_value(&bench, cases[i].object, cases[i].row, source), cases[i].open);
        bench.context.access = &access;
        bool ok = CHECK_STR(bench_value(&bench, cases[i].object, cases[i].row, source),
                            cases[i].guarded);
        if (!ok) printf("    %s\n", cases[i].source);
    }
    bench_end(&bench);
}

TEST(formula_knows_what_was_before)
{
    struct bench bench;
    if (!bench_begin(&bench)) return;
    const struct object *order = schema_object(bench.workspace.schema, STR("order"));
    struct cell *old = scope_new(bench.scope, struct cell, order->field_count);
    old[object_field(order, STR("amount"))->index] = cell_int(100000);
    old[object_field(order, STR("name"))->index] = cell_text(STR("Alpha"));
    old[object_field(order, STR("urgent"))->index] = cell_int(1);
    static const struct {
        const char *source, *changed, *created;
    } cases[] = {
        { "OLD(amount)", "1000.00", "blank" },
        { "amount > OLD(amount)", "TRUE", "FALSE" },
        { "amount - OLD(amount)", "280.50", "blank" },
        { "CHANGED(amount)", "TRUE", "TRUE" },
        { "CHANGED(name)", "FALSE", "TRUE" },
        { "CHANGED(urgent)", "FALSE", "TRUE" },
        { "CHANGED(memo)", "TRUE", "TRUE" },
        { "CHANGED(kind) AND ISBLANK(OLD(kind))", "TRUE", "TRUE" },
        { "IS_NEW()", "FALSE", "TRUE" },
        { "IS_NEW() OR OLD(urgent)", "TRUE", "TRUE" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str source = str_of(cases[i].source);
        bench.context.old_values = old;
        bench.context.is_new = false;
        CHECK_STR(bench_value(&bench, "order", 1, source), cases[i].changed);
        bench.context.old_values = NULL;
        bench.context.is_new = true;
        CHECK_STR(bench_value(&bench, "order", 1, source), cases[i].created);
    }
    bench_end(&bench);
}

TEST(formula_of_nobody)
{
    struct bench bench;
    if (!bench_begin(&bench)) return;
    bench.context.person = (struct uuid){ { 0 } };
    bench.context.team_count = 0;
    CHECK_STR(bench_value(&bench, "order", 1, STR("owner = ME()")), "FALSE");
    CHECK_STR(bench_value(&bench, "order", 1, STR("ISBLANK(ME())")), "TRUE");
    CHECK_STR(bench_value(&bench, "order", 1, STR("owner.team = MY_TEAM()")), "FALSE");
    CHECK_STR(bench_value(&bench, "order", 1, STR("IN_TEAM(owner, MY_TEAM())")), "FALSE");
    CHECK_STR(bench_value(&bench, "order", 1, STR("NOT IN_TEAM(owner, MY_TEAM())")), "TRUE");
    bench_end(&bench);
}

static struct str aggregate(struct bench *bench, const char *source)
{
    struct formula *formula = bench_compile_with(bench, "order", str_of(source),
                                                 FORMULA_ALLOW_AGGREGATE | FORMULA_ALLOW_CLOCK);
    if (!formula) return str_of(error_last(bench->scope)->key);
    struct sql sql;
    struct row row;
    sql_begin(&sql, bench->scope);
    sql_put(&sql, STR("SELECT "));
    formula_put(&sql, &bench->context, formula);
    sql_put(&sql, STR(" FROM \"order\" t WHERE t.\"pieces\" < 100"));
    if (!sql_one(bench->scope, bench->conn, &sql, &row)) return bench->scope->error.detail;
    const struct cell *cell = &row.cells[0];
    if (cell->kind == CELL_NULL) return STR("blank");
    if (cell->kind == CELL_TEXT) return cell->text;
    return cell->kind == CELL_INT ? scope_format(bench->scope, "%lld", (long long)cell->integer)
                                  : scope_format(bench->scope, "%.6g", cell->real);
}

TEST(formula_aggregates_over_rows)
{
    static const struct {
        const char *source, *value;
    } cases[] = {
        { "COUNT()", "4" },
        { "COUNT(amount)", "3" },
        { "COUNT(urgent)", "1" },
        { "COUNT(pieces, pieces > 0)", "2" },
        { "COUNT(stage = \"talk\")", "2" },
        { "SUM(amount)", "228044" },
        { "SUM(amount, stage = \"talk\")", "228049" },
        { "SUM(pieces / 2)", "3" },
        { "SUM(note_count)", "4" },
        { "AVERAGE(pieces)", "1.5" },
        { "avg(pieces)", "1.5" },
        { "AVERAGE(amount, urgent)", "1280.5" },
        { "MIN(pieces)", "-3" },
        { "MAX(pieces, NOT urgent)", "2" },
        { "MAX(name)", "Gamma" },
        { "SUM(amount) / COUNT()", "570.11" },
        { "COUNT(urgent) / COUNT(amount > 99999)", "blank" },
        { "ROUND(SUM(amount) * 10%, 2)", "22804" },
        { "IF(COUNT() > 3, 1, 2)", "1" },
        { "SUM(HOURS_SINCE(seen_at))", "171" },
        { "amount", "formula.not_aggregated" },
        { "SUM(amount) + pieces", "formula.not_aggregated" },
        { "SUM(COUNT())", "formula.relation_wanted" },
        { "COUNT(notes)", "formula.not_aggregated" },
        { "SUM(amount, pieces, discount)", "formula.arity" },
        { "SUM(amount, pieces)", "formula.type" },
        { "MAX(urgent)", "formula.no_order" },
    };
    struct bench bench;
    if (!bench_begin(&bench)) return;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (!CHECK_STR(aggregate(&bench, cases[i].source), cases[i].value)) {
            printf("    %s\n", cases[i].source);
        }
    }
    bench_end(&bench);
}

TEST(formula_flags_say_what_may_be_used)
{
    static const struct {
        const char *source, *key;
        unsigned flags;
    } cases[] = {
        { "seen_at < NOW()", "formula.no_clock", FORMULA_ALLOW_PERSON | FORMULA_ALLOW_CHANGE },
        { "owner = ME()", "formula.no_person", FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_CHANGE },
        { "CHANGED(amount)", "formula.no_change", FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON },
        { "COUNT()", "formula.relation_wanted", FORMULA_ALLOW_CLOCK },
    };
    struct bench bench;
    if (!bench_begin(&bench)) return;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CHECK(!bench_compile_with(&bench, "order", str_of(cases[i].source), cases[i].flags));
        const struct error_item *item = error_last(bench.scope);
        CHECK_STR(str_of(item->key), cases[i].key);
    }
    struct formula *formula = bench_compile(&bench, "order", "seen_at < NOW() AND owner = ME()");
    CHECK(formula && formula->uses_clock && formula->uses_person && !formula->uses_change);
    bench_end(&bench);
}

TEST(formula_paths)
{
    struct bench bench;
    struct field_path path;
    if (!bench_begin(&bench)) return;
    const struct object *note = schema_object(bench.workspace.schema, STR("note"));
    struct scope *scope = bench.scope;
    CHECK(field_path_parse(scope, note, STR("order.firm.name"), &path) && path.count == 3);
    struct sql sql;
    struct row row;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT "));
    field_path_put(&sql, &bench.context, &path);
    sql_put(&sql, STR(" FROM note t WHERE t.id = "));
    sql_id(&sql, bench_id(1));
    CHECK(sql_one(scope, bench.conn, &sql, &row) && row.count == 1);
    CHECK_STR(row.cells[0].text, "One");
    static const char *const bad[] = { "",           "order.",          "order..name", "nothing",
                                       "text.name",  "order.firm.x",    "notes",
                                       "order.firm.parent.parent.name" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        scope_error_clear(scope);
        bool is_taken = field_path_parse(scope, note, str_of(bad[i]), &path);
        if (!CHECK(!is_taken)) printf("    %s\n", bad[i]);
        CHECK_STR(str_of(scope->error.first->key), "field.unknown");
    }
    bench_end(&bench);
}

TEST(formula_functions_are_told_completely)
{
    CHECK(formula_function_count() > 60);
    for (int i = 0; i < formula_function_count(); i++) {
        struct formula_function_info info = formula_function(i);
        const char *texts[] = { info.name,    info.alias_zh, info.signature,
                                info.help_zh, info.help_en,  info.example };
        for (int j = 0; j < 6; j++) {
            if (!CHECK(texts[j] && texts[j][0])) printf("    %s %d\n", info.name, j);
        }
        for (int j = 0; j < i; j++) {
            struct formula_function_info other = formula_function(j);
            CHECK(strcmp(info.name, other.name) != 0);
            CHECK(strcmp(info.alias_zh, other.alias_zh) != 0);
        }
    }
    CHECK(formula_function(-1).name == NULL && formula_function(10000).name == NULL);
}
