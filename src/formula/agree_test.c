/*
 * Random formulas over random rows give the same on both databases: the same
 * text is compiled against a workspace on each, and every row's value compared.
 * Runs when there is a PostgreSQL. What a formula gives is judged by the vectors.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "formula/formula_fixture_test.h"
#include "formula/inner.h"
#include "tests/database.h"

enum { ROW_COUNT = 120, FORMULA_COUNT = 1500, TREE_DEPTH_MAX = 3, FIRST_ROW = 200,
       PAIR_COUNT_MIN = 100000 };

struct dice {
    uint64_t state;
};

static uint64_t draw(struct dice *dice, uint64_t below)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return dice->state % below;
}

/*
 * ---- formulas: a letter for each kind, n number, t text, d date, m moment, s span of time,
 * b condition, k number that can be said of any object ----
 */

static const struct {
    char kind;
    const char *form; /* letters in < > are replaced by formulas of that kind */
} forms[] = {
    { 'n', "amount" },         { 'n', "discount" },       { 'n', "pieces" },
    { 'n', "net" },            { 'n', "note_count" },     { 'n', "0.5" },
    { 'n', "-3" },             { 'n', "1280.5" },         { 'n', "7" },
    { 'n', "(<n> + <n>)" },    { 'n', "(<n> - <n>)" },    { 'n', "(<n> * <n>)" },
    { 'n', "(<n> / <n>)" },    { 'n', "(<n> ^ 2)" },      { 'n', "(- <n>)" },
    { 'n', "ROUND(<n>, 1)" },  { 'n', "ROUNDUP(<n>, 0)" }, { 'n', "ROUNDDOWN(<n>, -2)" },
    { 'n', "INT(<n>)" },       { 'n', "ABS(<n>)" },       { 'n', "MOD(<n>, <n>)" },
    { 'n', "CEILING(<n>, 7)" }, { 'n', "FLOOR(<n>, 0.25)" }, { 'n', "CEILING(<n>, <n>)" },
    { 'n', "EVEN(<n>)" },      { 'n', "ODD(<n>)" },       { 'n', "FISCALYEAR(<d>, 4)" },
    { 'n', "FISCALQUARTER(<m>, 7)" }, { 't', "TEXTJOIN(\"-\", <b>, <t>, <n>, <t>)" },
    { 't', "(tags & <t>)" },   { 'b', "CONTAINS(tags, <t>)" },
    { 'n', "SIGN(<n>)" },      { 'n', "SQRT(<n>)" },      { 'n', "LN(<n>)" },
    { 'n', "SUM(<n>, <n>, <n>)" }, { 'n', "AVERAGE(<n>, <n>)" }, { 'n', "MIN(<n>, <n>)" },
    { 'n', "MAX(<n>, <n>, <n>)" }, { 'n', "LEN(<t>)" },   { 'n', "VALUE(<t>)" },
    { 'n', "FIND(<t>, <t>)" }, { 'n', "SEARCH(<t>, <t>)" }, { 'n', "YEAR(<d>)" },
    { 'n', "MONTH(<m>)" },     { 'n', "DAY(<d>)" },       { 'n', "HOUR(<m>)" },
    { 'n', "SECOND(<m>)" },    { 'n', "WEEKDAY(<d>, 2)" }, { 'n', "WEEKNUM(<d>, 21)" },
    { 'n', "QUARTER(<d>)" },   { 'n', "DATEDIF(<d>, <d>, \"M\")" },
    { 'n', "DATEDIF(<d>, <d>, \"YD\")" }, { 'n', "DATEDIF(<d>, <d>, \"MD\")" },
    { 'n', "(<d> - <d>)" },    { 'n', "(<m> - <m>)" },    { 'n', "HOURS_SINCE(<m>)" },
    { 'n', "DAYS_BETWEEN(<d>, <m>)" }, { 'n', "NETWORKDAYS(<d>, <d>)" },
    { 'n', "NETWORKDAYS(<m>, <d>, \"six\")" }, { 'n', "WORKHOURS(<m>, <m>)" },
    { 'n', "WORKHOURS(<d>, <m>, \"six\")" }, { 'n', "IF(<b>, <n>, <n>)" },
    { 'n', "COALESCE(<n>, <n>)" }, { 'n', "SIMILARITY(<t>, <t>)" },
    { 'n', "TIMES_CHANGED(amount)" },
    { 'n', "TIME_IN(stage, \"talk\")" }, { 'n', "PREVIOUS(amount)" }, { 'n', "STAGE_INDEX()" },
    { 'n', "SWITCH(kind, \"small\", <n>, <n>)" }, { 'n', "IFS(<b>, <n>, <b>, <n>)" },
    { 'n', "CLAMP(<n>, <n>, <n>)" }, { 'n', "IFERROR(<n>, <n>)" }, { 'n', "POWER(<n>, 2)" },
    { 'n', "EXP(<n>)" },       { 'n', "LOG10(<n>)" },     { 'n', "MINUTE(<m>)" },
    { 'n', "ISOWEEKNUM(<d>)" }, { 'n', "SUBSTANCE(<t>)" }, { 'n', "HOURS_BETWEEN(<m>, <m>)" },
    { 'n', "DAYS_SINCE(<d>)" }, { 'n', "WORKDAYS_SINCE(<d>)" }, { 'n', "WORKHOURS_SINCE(<m>)" },
    { 'n', "COUNT(notes, quality > <k>)" },
    { 'n', "SUM(notes.cost)" },
    { 'n', "FIRST(notes.quality)" },
    { 'n', "LAST(notes.cost)" },
    { 'n', "COUNTUNIQUE(notes.method)" },
    { 'n', "MEDIAN(notes.quality)" },
    { 'n', "PERCENTILE(notes.quality, 0.3)" }, { 'n', "RANK(<n>, notes.quality)" },
    { 'n', "RANK(amount, firm.orders.amount)" }, { 'n', "MEDIAN(firm.orders.pieces)" },
    { 'n', "STAGE_PROBABILITY()" }, { 'n', "STAGE_STALL(\"red\")" }, { 'n', "TIME_IN_STAGE()" },
    { 'n', "CHOICE_COUNT(tags)" },
    { 'n', "TIMES_MOVED(\"forward\")" },
    { 'n', "SIMILAR_RECENT(memo, 5)" },
    { 'n', "DISTANCE_KM(<t>, \"31.23,121.47\")" },
    { 't', "LOWER(<t>)" },     { 't', "PINYIN(<t>)" },    { 't', "PINYIN_INITIALS(<t>)" },
    { 'd', "DATEADD(<d>, <n>, \"month\")" }, { 'd', "DATETRUNC(<d>, \"week\")" },
    { 'd', "DATETRUNC(<m>, \"quarter\")" },
    { 'm', "(<m> + MINUTES(<n>))" }, { 'm', "(<m> - SECONDS(3))" }, { 'm', "(<m> + DAYS(1))" },
    { 'm', "DATETIME(\"2026-02-28T12:00:00\")" },
    { 'b', "ISNUMBER(<n>)" },  { 'b', "STARTSWITH(<t>, <t>)" }, { 'b', "ENDSWITH(<t>, <t>)" },
    { 'b', "EXACT(<t>, <t>)" },
    { 'b', "ALL(notes, quality > <k>)" },
    { 'n', "COALESCE(BLANK(), <n>)" },
    { 'b', "IN(<n>, 7, <n>)" },
    { 'b', "IN_TEAM(owner, MY_TEAM())" },
    { 'b', "(MANAGER(owner) = ME())" },
    { 'b', "(WORKDAYS_SINCE(<d>) > 3)" }, { 'b', "(WORKHOURS_SINCE(<m>) <= 20)" },
    { 't', "name" },           { 't', "memo" },           { 't', "firm.name" },
    { 't', "last_text" },      { 't', "\"\"" },           { 't', "\"12.5\"" },
    { 't', "\"销售 ＡＢ\"" },   { 't', "(<t> & <t>)" },    { 't', "(<n> & <t>)" },
    { 't', "LEFT(<t>, 2)" },   { 't', "RIGHT(<t>, 3)" },  { 't', "MID(<t>, 2, 3)" },
    { 't', "UPPER(<t>)" },     { 't', "TRIM(<t>)" },      { 't', "SUBSTITUTE(<t>, \"a\", <t>)" },
    { 't', "REPLACE(<t>, 2, 1, <t>)" }, { 't', "REPT(<t>, 2)" }, { 't', "TEXT(<n>, \"#,##0.0\")" },
    { 't', "TEXT(<d>, \"yyyy年m月\")" }, { 't', "TEXT(<m>, \"hh:mm:ss\")" }, { 't', "RMBUPPER(<n>)" },
    { 't', "NAME_NORM(<t>)" }, { 't', "PHONE_NORM(<t>)" }, { 't', "IF(<b>, <t>, <t>)" },
    { 't', "CONCAT(<t>, <d>, <n>)" }, { 't', "STAGE_KIND()" },
    { 'd', "due_on" },         { 'd', "TODAY()" },        { 'd', "DATE(2024, 2, 29)" },
    { 'd', "DATE(2026, <n>, 1)" }, { 'd', "(<d> + 10)" }, { 'd', "EDATE(<d>, 1)" },
    { 'd', "EOMONTH(<m>, -1)" }, { 'd', "WORKDAY(<d>, 5)" }, { 'd', "WORKDAY(<d>, -9)" },
    { 'd', "WORKDAY(<d>, pieces, \"six\")" }, { 'd', "IF(<b>, <d>, <d>)" },
    { 'm', "seen_at" },        { 'm', "created_at" },     { 'm', "NOW()" },
    { 'm', "(<m> + HOURS(5))" }, { 'm', "(<m> - 0.25)" }, { 'm', "WORKHOURS_ADD(<m>, 12)" },
    { 'm', "WORKHOURS_ADD(<m>, <n>, \"six\")" }, { 'm', "ENTERED_AT(stage, \"ask\")" },
    { 'b', "urgent" },         { 'b', "(<n> > <n>)" },    { 'b', "(<t> = <t>)" },
    { 'b', "(SIMILARITY(<t>, <t>) >= 0.6)" }, { 'b', "(0.9 > SIMILAR_RECENT(memo, 5))" },
    { 'b', "(<d> <= <d>)" },   { 'b', "(<m> < <m>)" },    { 'b', "AND(<b>, <b>)" },
    { 'b', "OR(<b>, <b>)" },   { 'b', "NOT(<b>)" },       { 'b', "XOR(<b>, <b>)" },
    { 'b', "ISBLANK(<t>)" },   { 'b', "CONTAINS(<t>, <t>)" }, { 'b', "BETWEEN(<n>, <n>, <n>)" },
    { 'b', "IS_WORKDAY(<d>)" }, { 'b', "TAXNO_OK(<t>)" }, { 'b', "(stage = \"talk\")" },
    { 'b', "(kind = \"small\")" }, { 'b', "(owner = ME())" },
    { 'b', "EXISTS(notes, quality > <k>)" },
    { 'k', "3" },              { 'k', "0.5" },            { 'k', "(<k> - 7)" },
    { 'k', "MONTH(TODAY())" }, { 'k', "(<k> / <k>)" },
    /* Spans of time. */
    { 's', "spent" },          { 's', "HOURS(<n>)" },     { 's', "MINUTES(7)" },
    { 's', "DAYS(<n>)" },      { 's', "SECONDS(<n>)" },   { 's', "(<s> + <s>)" },
    { 's', "(<s> - <s>)" },    { 's', "(<s> * <n>)" },    { 's', "(<s> / <n>)" },
    { 's', "(- <s>)" },        { 's', "IF(<b>, <s>, <s>)" }, { 's', "COALESCE(<s>, <s>)" },
    { 's', "MIN(<s>, <s>)" },  { 's', "MAX(<s>, <s>)" },  { 'n', "(<s> / <s>)" },
    { 'm', "(<m> + <s>)" },    { 'm', "(<m> - <s>)" },    { 'b', "(<s> > <s>)" },
    { 'b', "(<s> = <s>)" },    { 'b', "ISBLANK(<s>)" },   { 't', "(<s> & <t>)" },
    /* Several choices. */
    { 'b', "CONTAINS(tags, \"vip\")" }, { 'b', "(tags = \"cold\")" }, { 'b', "ISBLANK(tags)" },
    { 't', "IF(<b>, tags, <t>)" }, { 'n', "LEN(tags & <t>)" },
    /* Look-ups and roll-ups. */
    { 't', "region" },         { 'd', "founded" },        { 'n', "cost_total" },
    { 'n', "best" },           { 'n', "mean" },           { 'n', "last_cost" },
    { 'n', "partner_count" },  { 'd', "partner_founded" }, { 'b', "(region = firm.region)" },
    { 'n', "firm.order_total" }, { 'n', "SUM(firm.orders.cost_total)" },
    { 'n', "MAX(firm.orders.best, urgent)" }, { 'n', "AVERAGE(firm.orders.mean)" },
    /* Many to many, from both sides. */
    { 'n', "COUNT(partners)" }, { 'n', "COUNT(partners, founded < TODAY() - <k>)" },
    { 'n', "SUM(partners.order_total)" }, { 'd', "MAX(partners.founded)" },
    { 'b', "EXISTS(partners, region = \"华东\")" }, { 'n', "COUNT(firm.partner_orders)" },
    { 'n', "SUM(firm.partner_orders.amount)" }, { 'n', "COUNTUNIQUE(partners.region)" },
    { 't', "FIRST(partners.name)" }, { 'b', "ISBLANK(partners)" },
};
enum { FORM_COUNT = sizeof(forms) / sizeof(forms[0]) };

static const char KINDS[] = "ntdmsbk";
enum { HOLE_COUNT_MAX = 4, SHRINK_STEP_COUNT_MAX = 2000 };

/* A formula as it was drawn: what stands in each hole of its form. */
struct tree {
    int form;
    struct tree *holes[HOLE_COUNT_MAX];
    int hole_count;
};

/* The next <x> of a form, its letter in *kind; NULL: no more. */
static const char *next_hole(const char *form, char *kind)
{
    for (; (form = strchr(form, '<')) != NULL; form++) {
        *kind = form[1];
        if (form[1] && form[2] == '>') return form;
    }
    return NULL;
}

static bool has_hole(const char *form)
{
    char kind;
    return next_hole(form, &kind) != NULL;
}

static struct tree *tree_draw(struct scope *scope, struct dice *dice, char kind, int depth)
{
    struct tree *tree = scope_new(scope, struct tree, 1);
    do {
        tree->form = (int)draw(dice, FORM_COUNT);
    } while (forms[tree->form].kind != kind ||
             (depth >= TREE_DEPTH_MAX && has_hole(forms[tree->form].form)));
    const char *at = forms[tree->form].form;
    while ((at = next_hole(at, &kind)) != NULL) {
        tree->holes[tree->hole_count++] = tree_draw(scope, dice, kind, depth + 1);
        at += 3;
    }
    return tree;
}

static void tree_put(struct buf *out, const struct tree *tree)
{
    const char *from = forms[tree->form].form, *at = from;
    char kind;
    for (int i = 0; (at = next_hole(at, &kind)) != NULL; i++) {
        buf_put(out, (struct str){ from, (size_t)(at - from) });
        tree_put(out, tree->holes[i]);
        from = at += 3;
    }
    buf_put(out, str_of(from));
}

/* ---- shrinking: of what goes wrong, the smallest that still does ---- */

struct shrinking {
    struct tree *root;
    bool (*is_wrong)(void *context, struct str source);
    void *context;
    int step_count;
};

static bool is_still_wrong(struct shrinking *s)
{
    struct scope scope;
    struct buf text;
    if (s->step_count++ >= SHRINK_STEP_COUNT_MAX) return false;
    scope_begin(&scope);
    buf_begin(&text, &scope, FORMULA_SIZE_MAX);
    tree_put(&text, s->root);
    bool is_wrong = !text.is_over && s->is_wrong(s->context, buf_str(&text));
    scope_end(&scope);
    return is_wrong;
}

/* Anything of its kind from further down in its place. */
static bool lift(struct shrinking *s, struct tree *place, const struct tree *whole,
                 const struct tree *below)
{
    for (int i = 0; i < below->hole_count; i++) {
        const struct tree *hole = below->holes[i];
        if (forms[hole->form].kind == forms[whole->form].kind) {
            *place = *hole;
            if (is_still_wrong(s)) return true;
            *place = *whole;
        }
        if (lift(s, place, whole, hole)) return true;
    }
    return false;
}

/* Something plain of its kind in its place, or plainer than what is there. */
static bool flatten(struct shrinking *s, struct tree *place, const struct tree *whole)
{
    size_t size = whole->hole_count > 0 ? SIZE_MAX : strlen(forms[whole->form].form);
    for (int i = 0; i < FORM_COUNT; i++) {
        bool is_plainer = forms[i].kind == forms[whole->form].kind && !has_hole(forms[i].form) &&
                          strlen(forms[i].form) < size;
        if (!is_plainer) continue;
        *place = (struct tree){ .form = i };
        if (is_still_wrong(s)) return true;
        *place = *whole;
    }
    return false;
}

static bool shrink_at(struct shrinking *s, struct tree *place)
{
    struct tree whole = *place;
    if (lift(s, place, &whole, &whole) || flatten(s, place, &whole)) return true;
    for (int i = 0; i < place->hole_count; i++) {
        if (shrink_at(s, place->holes[i])) return true;
    }
    return false;
}

static struct str shrunk(struct scope *scope, struct tree *root,
                         bool (*is_wrong)(void *context, struct str source), void *context)
{
    struct shrinking s = { root, is_wrong, context, 0 };
    struct buf text;
    while (shrink_at(&s, root)) continue;
    buf_begin(&text, scope, FORMULA_SIZE_MAX);
    tree_put(&text, root);
    return buf_str(&text);
}

/* ---- rows ---- */

static const char *pick(struct dice *dice, const char *const *list, size_t count)
{
    return list[draw(dice, count)];
}
#define PICK(dice, ...)                                                   \
    pick((dice), (const char *const[]){ __VA_ARGS__ },                    \
         sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

/* None, some or all of the firms, one of which is deleted. */
static bool add_links(struct bench *bench, struct dice *dice, int row)
{
    const struct object *order = schema_object(bench->workspace.schema, STR("order"));
    struct str table = object_field(order, STR("partners"))->link_table;
    bool ok = true;
    for (int firm = 1; ok && firm <= 3; firm++) {
        if (draw(dice, 2) == 0) continue;
        ok = workspace_exec(&bench->workspace,
                            scope_format(bench->scope,
                                         "INSERT INTO \"%.*s\" (record, target) VALUES "
                                         "(x'%032x', x'%032x')", STR_ARG(table), row, firm).data);
    }
    return ok;
}

static bool add_rows(struct bench *bench)
{
    struct dice dice = { 88172645463325252u };
    const struct pipeline *plain = schema_pipeline(bench->workspace.schema, STR("plain"));
    bool ok = true;
    for (int i = 0; ok && i < ROW_COUNT; i++) {
        long long seen = bench->context.now_ms - (long long)draw(&dice, 200) * 12345678;
        struct str sql = scope_format(
            bench->scope,
            "INSERT INTO \"order\" (id, version, created_at, updated_at, name, firm, owner, "
            "amount, discount, pieces, urgent, due_on, seen_at, memo, kind, tags, spent, spot, "
            "pipeline, stage, stage_entered_at) VALUES (x'%032x', 1, %lld, 0, %s, %s, %s, %s, "
            "%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %d, %d, %lld)",
            FIRST_ROW + i, seen - (long long)draw(&dice, 9000000000),
            PICK(&dice, "'Alpha'", "'上海某某（集团）有限公司'", "'a b  c'", "'ＡＢＣ'", "NULL"),
            PICK(&dice, "NULL", "x'00000000000000000000000000000001'",
                 "x'00000000000000000000000000000003'"),
            PICK(&dice, "NULL", "x'0000000000000000000000000000000b'",
                 "x'0000000000000000000000000000000c'"),
            PICK(&dice, "NULL", "0", "5", "-5", "128050", "100000", "12345678901", "-99999",
                 "9223372036854775807"),
            PICK(&dice, "NULL", "0", "125", "-500", "1000", "333"),
            PICK(&dice, "NULL", "0", "1", "7", "-3", "100", "9223372036854775807"),
            PICK(&dice, "NULL", "0", "1"),
            PICK(&dice, "NULL", "20512", "20513", "20519", "0", "19782", "-10000", "20483",
                 "21000"),
            draw(&dice, 6) ? scope_format(bench->scope, "%lld", seen).data : "NULL",
            PICK(&dice, "NULL", "''", "'1,280.5'", "'138-1234-5678'", "'面谈  纪要 abc'",
                 "'91110000600037341L'", "'a,b'"),
            PICK(&dice, "NULL", "1", "2"),
            PICK(&dice, "NULL", "',0001,'", "',0001,0002,0003,'", "',0002,0003,'", "',0003,'"),
            PICK(&dice, "NULL", "0", "1", "5400000", "-86400000", "90061001",
                 "9223372036854775807"),
            PICK(&dice, "NULL", "'31.230416,121.473701'", "'-89.9,0'"), plain->id,
            plain->stages[draw(&dice, (uint64_t)plain->stage_count)].id, seen);
        ok = workspace_exec(&bench->workspace, sql.data) && add_links(bench, &dice, FIRST_ROW + i);
    }
    return CHECK(ok);
}

/* ---- both at once ---- */

/* The two write a real with their own libraries; what differs behind nine digits is that. */
static bool is_same(const struct cell *a, const struct cell *b)
{
    if (a->kind != CELL_REAL || b->kind != CELL_REAL) return cell_equal(a, b);
    return fabs(a->real - b->real) <= fabs(a->real) * 1e-9 + 1e-9;
}

static bool values(struct bench *bench, struct str source, bool *is_formula, struct rows *rows)
{
    struct sql sql;
    struct formula *formula = bench_compile(bench, "order", source.data);
    *is_formula = formula != NULL;
    if (!formula) return true;
    sql_begin(&sql, bench->scope);
    sql_put(&sql, STR("SELECT "));
    formula_put(&sql, &bench->context, formula);
    sql_put(&sql, STR(" FROM \"order\" t ORDER BY t.id"));
    return sql_all(bench->scope, bench->conn, &sql, 1000, rows);
}

static void show(const char *what, const struct cell *cell)
{
    switch (cell->kind) {
    case CELL_NULL: printf("    %s blank\n", what); break;
    case CELL_INT: printf("    %s %lld\n", what, (long long)cell->integer); break;
    case CELL_REAL: printf("    %s %.17g\n", what, cell->real); break;
    default: printf("    %s '%.*s'\n", what, STR_ARG(cell->text)); break;
    }
}

/* Where the two part: a row, or a database that could not run it. */
struct parting {
    int row;    /* -1: nowhere */
    int failed; /* -1: neither */
    struct cell cells[2];
    int compared;
};

static struct parting compare(struct bench *benches, struct str source)
{
    struct parting out = { .row = -1, .failed = -1 };
    struct rows rows[2];
    bool is_formula = false;
    for (int i = 0; i < 2; i++) {
        if (!values(&benches[i], source, &is_formula, &rows[i])) {
            scope_error_clear(benches[i].scope);
            out.failed = i;
            return out;
        }
        if (!is_formula) return out;
    }
    if (!CHECK(rows[0].count == rows[1].count && rows[0].count > ROW_COUNT)) return out;
    for (int i = 0; i < rows[0].count && out.row < 0; i++) {
        for (int k = 0; k < 2; k++) out.cells[k] = rows[k].items[i].cells[0];
        if (!is_same(&out.cells[0], &out.cells[1])) out.row = i;
    }
    out.compared = rows[0].count;
    return out;
}

static bool is_apart(void *context, struct str source)
{
    struct parting parting = compare(context, source);
    return parting.row >= 0 || parting.failed >= 0;
}

static void report(struct bench *benches, struct tree *tree, struct str source)
{
    struct str small = shrunk(benches[0].scope, tree, is_apart, benches);
    struct parting parting = compare(benches, small);
    printf("    %.*s\n    as small as it gets: %.*s\n", STR_ARG(source), STR_ARG(small));
    if (parting.failed >= 0) {
        printf("    %s cannot run it\n", parting.failed == 0 ? "SQLite" : "PostgreSQL");
    } else {
        printf("    row %d\n", parting.row + 1);
        show("SQLite    ", &parting.cells[0]);
        show("PostgreSQL", &parting.cells[1]);
    }
}

/* Every function of the table is in a form; those of a change have no row here to be asked of. */
TEST(formula_random_ones_know_every_function)
{
    static const char *const left_out[] = { "OLD", "CHANGED", "IS_NEW" };
    for (int i = 0; i < formula_function_count(); i++) {
        const char *name = formula_function(i).name;
        size_t size = strlen(name);
        bool is_there = false;
        for (size_t k = 0; k < sizeof(left_out) / sizeof(left_out[0]); k++) {
            is_there |= strcmp(name, left_out[k]) == 0;
        }
        for (size_t k = 0; k < FORM_COUNT && !is_there; k++) {
            const char *at = strstr(forms[k].form, name);
            is_there = at && at[size] == '(' && (at == forms[k].form || at[-1] < 'A');
        }
        if (!CHECK(is_there)) printf("    %s is in no random formula\n", name);
    }
}

/* A form nobody can compile would never be tried. */
TEST(formula_random_ones_compile_in_every_form)
{
    struct bench bench;
    static const char *const names[] = { "pieces", "memo", "due_on", "seen_at", "spent", "urgent",
                                         "7" };
    bool ok = CHECK(bench_begin(&bench));
    for (size_t f = 0; ok && f < FORM_COUNT; f++) {
        struct buf text;
        const char *from = forms[f].form, *at = from;
        char kind;
        buf_begin(&text, bench.scope, FORMULA_SIZE_MAX);
        for (; (at = next_hole(at, &kind)) != NULL; from = at += 3) {
            buf_put(&text, (struct str){ from, (size_t)(at - from) });
            buf_put(&text, str_of(names[strchr(KINDS, kind) - KINDS]));
        }
        buf_put(&text, str_of(from));
        struct str source = scope_copy(bench.scope, buf_str(&text));
        if (!CHECK(bench_compile(&bench, "order", source.data) != NULL)) {
            printf("    %.*s\n", STR_ARG(source));
        }
    }
    bench_end(&bench);
}

static bool has_mod(void *context, struct str source)
{
    (void)context;
    return str_find(source, STR(" MOD(")) != SIZE_MAX || str_starts_with(source, STR("MOD("));
}

TEST(formula_random_ones_shrink)
{
    struct scope scope;
    struct dice dice = { 271828182845904523u };
    int tried = 0;
    scope_begin(&scope);
    for (int i = 0; i < 4000 && tried < 5; i++) {
        struct buf text;
        struct tree *tree = tree_draw(&scope, &dice, 'n', 0);
        buf_begin(&text, &scope, FORMULA_SIZE_MAX);
        tree_put(&text, tree);
        if (!has_mod(NULL, buf_str(&text))) continue;
        struct str small = shrunk(&scope, tree, has_mod, NULL);
        CHECK_STR(small, "MOD(7, 7)");
        tried += 1;
    }
    CHECK(tried > 0);
    scope_end(&scope);
}

TEST(formula_random_ones_give_the_same_on_both_databases)
{
    struct bench benches[2];
    struct dice dice = { 1181783497276652981u };
    if (!test_is_postgres()) return;
    const char *url = getenv("LEADLINE_TEST_DB");
    unsetenv("LEADLINE_TEST_DB");
    bool is_lite = CHECK(bench_begin(&benches[0]));
    setenv("LEADLINE_TEST_DB", url, 1);
    bool is_server = CHECK(bench_begin(&benches[1]));
    int count = 0, wrong = 0;
    bool ok = is_lite && is_server && add_rows(&benches[0]) && add_rows(&benches[1]);
    for (int i = 0; ok && wrong < 5 && i < FORMULA_COUNT; i++) {
        struct scope scope, *kept[2];
        struct buf text;
        scope_begin(&scope);
        buf_begin(&text, &scope, FORMULA_SIZE_MAX);
        struct tree *tree = tree_draw(&scope, &dice, KINDS[i % 6 /* no k */], 0);
        tree_put(&text, tree);
        for (int k = 0; k < 2; k++) { /* what one formula takes is given back behind it */
            kept[k] = benches[k].scope;
            benches[k].scope = &scope;
        }
        struct parting parting = { .row = -1, .failed = -1 };
        if (!text.is_over) parting = compare(benches, buf_str(&text));
        if (!CHECK(parting.row < 0 && parting.failed < 0)) {
            report(benches, tree, buf_str(&text));
            wrong += 1;
        }
        count += parting.compared;
        for (int k = 0; k < 2; k++) benches[k].scope = kept[k];
        scope_end(&scope);
    }
    if (ok && wrong == 0 && CHECK(count >= PAIR_COUNT_MIN)) {
        printf("    %d values compared\n", count);
    }
    if (is_server) bench_end(&benches[1]);
    unsetenv("LEADLINE_TEST_DB");
    if (is_lite) bench_end(&benches[0]);
    setenv("LEADLINE_TEST_DB", url, 1);
}
