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

enum { ROW_COUNT = 120, FORMULA_COUNT = 1200, TREE_DEPTH_MAX = 3, FIRST_ROW = 200,
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

/* ---- formulas: a letter for each kind, n number, t text, d date, m moment, b condition ---- */

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
    { 'n', "COUNT(notes, quality > <n>)" },
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
    { 'b', "ALL(notes, quality > <n>)" },
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
    { 'b', "(<d> <= <d>)" },   { 'b', "(<m> < <m>)" },    { 'b', "AND(<b>, <b>)" },
    { 'b', "OR(<b>, <b>)" },   { 'b', "NOT(<b>)" },       { 'b', "XOR(<b>, <b>)" },
    { 'b', "ISBLANK(<t>)" },   { 'b', "CONTAINS(<t>, <t>)" }, { 'b', "BETWEEN(<n>, <n>, <n>)" },
    { 'b', "IS_WORKDAY(<d>)" }, { 'b', "TAXNO_OK(<t>)" }, { 'b', "(stage = \"talk\")" },
    { 'b', "(kind = \"small\")" }, { 'b', "(owner = ME())" },
    { 'b', "EXISTS(notes, quality > <n>)" },
};
enum { FORM_COUNT = sizeof(forms) / sizeof(forms[0]) };

static bool has_hole(const char *form)
{
    for (; (form = strchr(form, '<')) != NULL; form++) {
        if (form[1] && form[2] == '>') return true;
    }
    return false;
}

static void put_random(struct buf *out, struct dice *dice, char kind, int depth)
{
    size_t at;
    do {
        at = (size_t)draw(dice, FORM_COUNT);
    } while (forms[at].kind != kind || (depth >= TREE_DEPTH_MAX && has_hole(forms[at].form)));
    for (const char *form = forms[at].form; *form; form++) {
        if (form[0] == '<' && form[1] && form[2] == '>') {
            put_random(out, dice, form[1], depth + 1);
            form += 2;
        } else {
            buf_put_char(out, *form);
        }
    }
}

/* ---- rows ---- */

static const char *pick(struct dice *dice, const char *const *list, size_t count)
{
    return list[draw(dice, count)];
}
#define PICK(dice, ...)                                                   \
    pick((dice), (const char *const[]){ __VA_ARGS__ },                    \
         sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

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
            "amount, discount, pieces, urgent, due_on, seen_at, memo, pipeline, stage, "
            "stage_entered_at) VALUES "
            "(x'%032x', 1, %lld, 0, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %d, %d, %lld)",
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
            plain->id, plain->stages[draw(&dice, (uint64_t)plain->stage_count)].id, seen);
        ok = workspace_exec(&bench->workspace, sql.data);
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
    bool ok = sql_all(bench->scope, bench->conn, &sql, 1000, rows);
    if (!ok) printf("    %.*s\n", STR_ARG(bench->scope->error.detail));
    return ok;
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

/* How many values were compared; -1 when some differ. */
static int compare(struct bench *benches, struct str source)
{
    struct rows rows[2];
    bool is_formula = false;
    for (int i = 0; i < 2; i++) {
        bool ok = values(&benches[i], source, &is_formula, &rows[i]);
        if (!CHECK(ok)) {
            printf("    %s: %.*s\n", i == 0 ? "SQLite" : "PostgreSQL", STR_ARG(source));
            return -1;
        }
        if (!is_formula) return 0;
    }
    if (!CHECK(rows[0].count == rows[1].count && rows[0].count > ROW_COUNT)) return -1;
    for (int i = 0; i < rows[0].count; i++) {
        const struct cell *lite = &rows[0].items[i].cells[0], *server = &rows[1].items[i].cells[0];
        if (CHECK(is_same(lite, server))) continue;
        printf("    row %d: %.*s\n", i + 1, STR_ARG(source));
        show("SQLite    ", lite);
        show("PostgreSQL", server);
        return -1;
    }
    return rows[0].count;
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
        put_random(&text, &dice, "ntdmb"[i % 5], 0);
        for (int k = 0; k < 2; k++) { /* what one formula takes is given back behind it */
            kept[k] = benches[k].scope;
            benches[k].scope = &scope;
        }
        int compared = text.is_over ? 0 : compare(benches, buf_str(&text));
        for (int k = 0; k < 2; k++) benches[k].scope = kept[k];
        if (compared < 0) wrong++;
        count += compared > 0 ? compared : 0;
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
