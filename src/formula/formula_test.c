/* Formulas against a real database: the vectors, rewriting, access, uses, definitions. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "formula/formula_fixture_test.h"
#include "formula/inner.h"

enum { VECTOR_LINE_SIZE_MAX = 4096, VECTOR_COUNT_MIN = 700 };

static bool is_near(struct str got, struct str wanted)
{
    char *end;
    double wanted_real = strtod(wanted.data + 1, NULL), got_real = strtod(got.data, &end);
    if (end == got.data) return false;
    double size = wanted_real < 0 ? -wanted_real : wanted_real;
    double gap = got_real - wanted_real;
    return (gap < 0 ? -gap : gap) <= (size > 1 ? size : 1) * 1e-5;
}

/* "[order 3]": the object and row of the lines that follow. */
static void section(struct str line, char *object, size_t size, int *row)
{
    int64_t number = 1;
    struct str inside = str_slice(line, 1, line.size - 1), name;
    if (str_split(&inside, ' ', &name)) snprintf(object, size, "%.*s", STR_ARG(name));
    if (inside.size > 0) str_to_int64(inside, &number);
    *row = (int)number;
}

/* A formula's canonical text compiles, to the same canonical text and the same value. */
static void check_canonical(struct bench *bench, const char *object, int row, struct str source,
                            struct str value)
{
    unsigned flags = FORMULA_ALLOW_CHANGE | FORMULA_ALLOW_CLOCK | FORMULA_ALLOW_PERSON;
    struct formula *formula = bench_compile_with(bench, object, source, flags);
    if (!formula) return;
    struct str text = formula_canonical(bench->scope, formula);
    struct str again = bench_value(bench, object, row, text);
    if (!CHECK(str_equal(again, value))) {
        printf("    %.*s\n    %.*s gives %.*s\n", STR_ARG(source), STR_ARG(text), STR_ARG(again));
        return;
    }
    formula = bench_compile_with(bench, object, text, flags);
    if (CHECK(formula != NULL)) {
        CHECK_STR(formula_canonical(bench->scope, formula), scope_copy(bench->scope, text).data);
    }
}

/* One line; false when it is none. */
static bool run_line(struct bench *bench, const char *path, int number, struct str text,
                     const char *object, int row)
{
    size_t arrow = SIZE_MAX; /* the last " => " */
    for (size_t i = 0; i + 4 <= text.size; i++) {
        if (memcmp(text.data + i, " => ", 4) == 0) arrow = i;
    }
    if (!CHECK(arrow != SIZE_MAX)) return false;
    struct str source = scope_copy(bench->scope, str_slice(text, 0, arrow));
    struct str wanted = scope_copy(bench->scope, str_slice(text, arrow + 4, text.size));
    struct str got = bench_value(bench, object, row, source);
    bool is_ok = wanted.data[0] == '~' ? is_near(got, wanted) : str_equal(got, wanted);
    if (!CHECK(is_ok)) {
        printf("%s:%d: %.*s\n    got    %.*s\n    wanted %.*s\n", path, number, STR_ARG(source),
               STR_ARG(got), STR_ARG(wanted));
    }
    check_canonical(bench, object, row, source, got);
    return true;
}

/* How many lines a file has; -1 when there is none. */
static int run_vectors(struct bench *bench, const char *file, bool *has_source)
{
    char line[VECTOR_LINE_SIZE_MAX], path[128], object[64] = "order";
    int row = 1, number = 0, count = 0;
    snprintf(path, sizeof(path), "tests/vectors/%s.txt", file);
    FILE *in = fopen(path, "r");
    if (!in) return -1;
    while (fgets(line, sizeof(line), in)) {
        struct str text = { line, strcspn(line, "\n") };
        number++;
        if (str_starts_with(text, STR("# Source: "))) *has_source = true;
        if (text.size == 0 || text.data[0] == '#') continue;
        if (text.data[0] == '[') {
            section(text, object, sizeof(object), &row);
            continue;
        }
        struct scope scope, *kept = bench->scope; /* what one line takes is given back behind it */
        scope_begin(&scope);
        bench->scope = &scope;
        count += run_line(bench, path, number, text, object, row);
        bench->scope = kept;
        scope_end(&scope);
    }
    fclose(in);
    return count;
}

TEST(formula_vectors_of_every_function)
{
    struct bench bench;
    int count = 0;
    if (!bench_begin(&bench)) return;
    for (int i = 0; i < formula_function_count(); i++) {
        char file[64];
        bool has_source = false;
        snprintf(file, sizeof(file), "%s", formula_function(i).name);
        for (char *at = file; *at; at++) *at = (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
        int found = run_vectors(&bench, file, &has_source);
        if (!CHECK(found > 0 && has_source)) {
            printf("    tests/vectors/%s.txt: %s\n", file,
                   found < 0    ? "is missing"
                   : found == 0 ? "has no line"
                                : "does not say its source");
        }
        count += found;
    }
    CHECK(count >= VECTOR_COUNT_MIN);
    bench_end(&bench);
}

TEST(formula_vectors_of_operators_and_errors)
{
    struct bench bench;
    bool has_source;
    if (!bench_begin(&bench)) return;
    CHECK(run_vectors(&bench, "operators", &has_source) > 100);
    CHECK(run_vectors(&bench, "errors", &has_source) > 50);
    bench_end(&bench);
}

/* A file that no function has would never be run. */
TEST(formula_vectors_have_functions)
{
    DIR *folder = opendir("tests/vectors");
    if (!CHECK(folder != NULL)) return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        struct str name = str_of(entry->d_name);
        if (!str_ends_with(name, STR(".txt"))) continue;
        name = str_slice(name, 0, name.size - 4);
        bool is_other = str_is(name, "operators") || str_is(name, "errors");
        if (!CHECK(is_other || function_find(name))) printf("    %s\n", entry->d_name);
    }
    closedir(folder);
}

/* ---- rewriting ---- */

static uint64_t random_state = 20260302;

static int random_of(int count)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)count);
}

/* A comparison with elapsed time, at and around the rows' own ages. */
static struct str random_elapsed(struct bench *bench)
{
    static const char *const spans[] = {
        "HOURS_SINCE(seen_at)",
        "DAYS_SINCE(seen_at)",
        "DAYS_SINCE(due_on)",
        "HOURS_SINCE(due_on)",
        "(NOW() - seen_at)",
        "(TODAY() - due_on)",
        "(due_on - TODAY())",
        "(seen_at - NOW())",
        "(NOW() - due_on)",
        "(TODAY() - seen_at)",
        "DAYS_BETWEEN(seen_at, TODAY())",
        "DAYS_BETWEEN(NOW(), seen_at)",
        "DAYS_BETWEEN(due_on, NOW())",
        "HOURS_BETWEEN(seen_at, NOW())",
        "HOURS_BETWEEN(TODAY(), seen_at)",
        "HOURS_SINCE(heard_at)",
        "HOURS_SINCE(LAST(notes.noted_at))",
        "HOURS_SINCE(firm.founded)",
        "WORKHOURS_SINCE(seen_at)",
        "WORKHOURS_SINCE(heard_at, \"six\")",
        "WORKHOURS_SINCE(due_on)",
        "WORKDAYS_SINCE(due_on)",
        "WORKDAYS_SINCE(seen_at, \"six\")",
    };
    static const char *const limits[] = { "50",      "48",       "2",        "-29",     "29",
                                          "HOURS(50)", "HOURS(48)", "2.083333", "0",       "73 + 0",
                                          "-28.583333", "28.5",    "DAYS(2)",  "3 * 24",  "-686",
                                          "MINUTES(3000)", "60.5",  "0.125",    "761",     "-50" };
    static const char *const ops[] = { ">", ">=", "<", "<=", "=", "<>" };
    const char *span = spans[random_of(sizeof(spans) / sizeof(spans[0]))];
    const char *limit = limits[random_of(sizeof(limits) / sizeof(limits[0]))];
    const char *op = ops[random_of(6)];
    bool is_mirrored = random_of(2) == 0;
    return scope_format(bench->scope, "%s %s %s", is_mirrored ? limit : span, op,
                        is_mirrored ? span : limit);
}

TEST(formula_rewriting_changes_no_answer)
{
    struct bench bench;
    if (!bench_begin(&bench)) return;
    int64_t clock_ms = bench.context.now_ms;
    for (int i = 0; i < 1500; i++) {
        struct str source = random_elapsed(&bench);
        if (random_of(4) == 0) source = scope_format(bench.scope, "NOT (%s)", source.data);
        struct formula *formula = bench_compile(&bench, "order", source.data);
        if (!CHECK(formula != NULL)) {
            printf("    %s\n", source.data);
            continue;
        }
        bench.context.now_ms = clock_ms + (random_of(3) - 1) * (random_of(2) ? 1 : 3600000);
        struct str fast = bench_rows(&bench, "order", formula, false);
        struct str plain = bench_rows(&bench, "order", formula, true);
        if (!CHECK(str_equal(fast, plain))) {
            printf("    %s at %lld\n    rewritten %.*s\n    plain     %.*s\n", source.data,
                   (long long)bench.context.now_ms, STR_ARG(fast), STR_ARG(plain));
        }
    }
    bench_end(&bench);
}

/* Records of two people that repeat one another, some made at the same moment. */
static bool add_repeats(struct bench *bench)
{
    static const char *const parts[] = { "客户说", "样机通过", "报价偏高", "，", "周五", "再谈", "ＡＢ", "b" };
    bool ok = true;
    for (int i = 0; ok && i < 40; i++) {
        struct buf text;
        buf_begin(&text, bench->scope, 1000);
        for (int k = random_of(6); k > 0; k--) buf_put(&text, str_of(parts[random_of(8)]));
        struct str sql = scope_format(
            bench->scope,
            "INSERT INTO note (id, version, created_at, updated_at, text, owner) VALUES "
            "(x'%032x', 1, %d, 0, NULLIF('%.*s', '再谈'), x'%032x')", 100 + i, random_of(25),
            STR_ARG(buf_str(&text)), 11 + random_of(2));
        ok = workspace_exec(&bench->workspace, sql.data);
    }
    return CHECK(ok);
}

static struct str random_alike(struct bench *bench)
{
    static const char *const measures[] = { "SIMILAR_RECENT(text, 1)", "SIMILAR_RECENT(text, 5)",
                                            "SIMILAR_RECENT(text, 50)",
                                            "SIMILARITY(text, \"客户说报价偏高\")",
                                            "SIMILARITY(\"样机通过周五再谈ab\", text)",
                                            "SIMILARITY(text, \"\")",
                                            "SIMILARITY(text, order.memo)" };
    static const char *const bounds[] = { "0.9", "0.5", "1", "0", "-0.5", "1.5", "0.75", "80%",
                                          "0.6", "0.3 + 0.1", "0.125", "2 / 3" };
    static const char *const ops[] = { ">", ">=", "<", "<=", "=", "<>" };
    const char *measure = measures[random_of(7)], *bound = bounds[random_of(12)];
    bool is_mirrored = random_of(2) == 0;
    return scope_format(bench->scope, random_of(4) ? "%s %s %s" : "NOT (%s %s %s)",
                        is_mirrored ? bound : measure, ops[random_of(6)],
                        is_mirrored ? measure : bound);
}

TEST(formula_similarity_beside_a_bound_changes_no_answer)
{
    struct bench bench;
    int some_count = 0;
    if (!bench_begin(&bench)) return;
    bool ok = add_repeats(&bench);
    for (int i = 0; ok && i < 600; i++) {
        struct str source = random_alike(&bench);
        struct formula *formula = bench_compile(&bench, "note", source.data);
        ok = CHECK(formula != NULL);
        if (!ok) break;
        struct str fast = bench_rows(&bench, "note", formula, false);
        struct str plain = bench_rows(&bench, "note", formula, true);
        some_count += plain.size > 0;
        if (!CHECK(str_equal(fast, plain))) {
            printf("    %s\n    rewritten %.*s\n    plain     %.*s\n", source.data,
                   STR_ARG(fast), STR_ARG(plain));
        }
    }
    CHECK(some_count > 200);
    bench_end(&bench);
}

TEST(formula_conditions_stay_plain_for_indexes)
{
    static const struct {
        const char *source, *sql;
    } cases[] = {
        { "HOURS_SINCE(seen_at) > 48", "((t.\"seen_at\" < ?))" },
        { "48 <= HOURS_SINCE(seen_at)", "((t.\"seen_at\" <= ?))" },
        { "NOW() - seen_at > HOURS(48)", "((t.\"seen_at\" < ?))" },
        { "DAYS_BETWEEN(seen_at, TODAY()) > 3", "((t.\"seen_at\" < ?))" },
        { "DAYS_BETWEEN(due_on, TODAY()) = 3", "((t.\"due_on\" = ?))" },
        { "TODAY() - due_on >= 3", "((t.\"due_on\" <= ?))" },
        { "seen_at >= TODAY() - 30", "((t.\"seen_at\" >= ?))" },
        { "seen_at >= DATE(2026, 3, 1)", "((t.\"seen_at\" >= ?))" },
        { "seen_at > EOMONTH(TODAY(), -1)", "((t.\"seen_at\" > ?))" },
        { "due_on < NOW()", "((t.\"due_on\" < ?))" },
        { "amount > 500", "((t.\"amount\" > ?))" },
        { "amount = 1.5", "((t.\"amount\" = ?))" },
        { "kind = \"large\"", "((t.\"kind\" = ?))" },
        { "kind IN (\"large\", \"small\")", "((t.\"kind\" IN (?,?)))" },
        { "stage = \"ask\"", "((t.\"stage\" = ?))" },
        { "stage = \"talk\"", "((t.\"stage\" IN (?,?)))" },
        { "STAGE_KIND() = \"won\"", "((t.\"stage\" IN (?,?)))" },
        { "WORKHOURS_SINCE(seen_at) > 16", "((t.\"seen_at\" < ?))" },
        { "WORKHOURS_SINCE(seen_at) <= 16", "((t.\"seen_at\" >= ?))" },
        { "WORKDAYS_SINCE(due_on) >= 3", "((t.\"due_on\" < ?))" },
        { "WORKDAYS_SINCE(seen_at) < 3.5", "((t.\"seen_at\" >= ?))" },
        { "owner = ME()", "((t.\"owner\" = ?))" },
        { "heard_at < NOW()", "((t.\"heard_at\" < ?))" },
        { "urgent", "((t.\"urgent\" = 1))" },
        { "ISBLANK(owner)", "((t.\"owner\" IS NULL))" },
        { "is_big", "((t.\"amount\" > ?))" },
        { "COUNT(notes) > 0", "((EXISTS (SELECT 1 FROM \"note\" r1 WHERE r1.\"order\" = t.\"id\" "
                              "AND r1.\"deleted_at\" IS NULL)))" },
    };
    struct bench bench;
    if (!bench_begin(&bench)) return;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct formula *formula = bench_compile(&bench, "order", cases[i].source);
        if (CHECK(formula != NULL)) CHECK_STR(bench_sql(&bench, formula), cases[i].sql);
    }
    bench_end(&bench);
}

/* ---- the manual ---- */

static bool has_line(const char *path, struct str wanted)
{
    char line[VECTOR_LINE_SIZE_MAX];
    bool is_there = false;
    FILE *file = fopen(path, "r");
    if (!CHECK(file != NULL)) return false;
    while (!is_there && fgets(line, sizeof(line), file)) {
        is_there = str_equal(str_trim(str_of(line)), wanted);
    }
    fclose(file);
    return is_there;
}

/* The list at the end of the manual's chapter has every function's line as the table has it. */
TEST(formula_manual_lists_every_function)
{
    static const char *const paths[] = { "docs/manual/zh/formulas.md",
                                         "docs/manual/en/formulas.md" };
    struct scope scope;
    scope_begin(&scope);
    for (int i = 0; i < formula_function_count(); i++) {
        struct formula_function_info function = formula_function(i);
        for (int k = 0; k < 2; k++) {
            struct str line = scope_format(&scope, "| `%s` | %s | %s |", function.signature,
                                           function.alias_zh,
                                           k == 0 ? function.help_zh : function.help_en);
            if (!CHECK(has_line(paths[k], line))) printf("%s: %s\n", paths[k], line.data);
        }
    }
    scope_end(&scope);
}
