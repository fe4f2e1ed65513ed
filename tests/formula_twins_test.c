/*
 * The functions of formulas exist twice: in C for SQLite, in SQL for PostgreSQL.
 * Here every one of them is called on both with the same random values, edges
 * among them, and must give the same answer. Runs when there is a PostgreSQL.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/sql.h"
#include "formula/formula.h"
#include "tests/database.h"
#include "tests/test.h"

enum { ROUND_COUNT = 40, BATCH_COUNT = 40, ARG_COUNT_MAX = 5 };

/*
 * Kinds of arguments: i integer, s scale 0-6, d days, t time, r real, x text, n small count,
 * k which (1-4), m mode (0-3), z zone, w way of weekdays, f number format, g date format,
 * p phrases, y year, + sign, 1 flag, D duration of one, q decimals to keep,
 * u unit of DATEDIF, P phone, N company, T tax number, L place, A one of a few texts with edits,
 * B bound of a similarity
 */
static const struct {
    const char *name, *args;
} twins[] = {
    { "f_add", "ii" },         { "f_add", "iii" },       { "f_sub", "ii" },
    { "f_sub", "iii" },        { "f_neg", "i" },         { "f_mul", "iis" },
    { "f_scale", "iss" },      { "f_exact", "rs" },      { "f_round", "isqm" },
    { "f_round_real", "rqm" }, { "f_abs", "i" },         { "f_mod", "ii" },
    { "f_sum", "ii" },         { "f_total", "iii" },     { "f_rsum", "rrr" },
    { "f_radd", "rr" },        { "f_rsub", "rrr" },      { "f_rmul", "rr" },
    { "f_rdiv", "rr" },        { "f_rmod", "rr" },       { "f_pow", "rr" },
    { "f_sqrt", "r" },         { "f_min", "iii" },       { "f_max", "iii" },
    { "f_min", "rrr" },        { "f_max", "xxx" },       { "f_value", "x" },
    { "f_rmb", "i" },          { "f_text_number", "is1" }, { "f_text_real", "r" },
    { "f_format_number", "isf" }, { "f_format_real", "rf" }, { "f_concat", "xxx" },
    { "f_len", "x" },          { "f_left", "x" },        { "f_left", "xn" },
    { "f_right", "x" },        { "f_right", "xn" },      { "f_mid", "xnn" },
    { "f_find", "xx" },        { "f_find", "xxn" },      { "f_substitute", "xxx" },
    { "f_substitute", "xxxk" }, { "f_upper", "x" },      { "f_lower", "x" },
    { "f_trim", "x" },         { "f_contains", "xx" },   { "f_substance", "xp" },
    { "f_similarity", "xx" },  { "f_similarity", "AA" }, { "f_similarity_from", "AAB" },
    { "f_similarity_from", "xxB" }, { "f_date_of", "tz" }, { "f_date_add", "dn+" },
    { "f_time_add", "tisD+" }, { "f_time_add_real", "tr+" }, { "f_span", "isD" },
    { "f_span_real", "rD" },   { "f_year", "d" },        { "f_month", "d" },
    { "f_day", "d" },          { "f_hour", "tz" },       { "f_minute", "tz" },
    { "f_weekday", "dw" },     { "f_weeknum", "dw" },    { "f_date", "ynn" },
    { "f_datetime", "xz" },    { "f_edate", "dn" },      { "f_eomonth", "dn" },
    { "f_text_date", "d" },    { "f_text_time", "tz" },  { "f_format_date", "dg" },
    { "f_format_time", "tzg" },   { "f_multiple", "iim" },  { "f_multiple_real", "rrm" },
    { "f_sign", "i" },         { "f_sign", "r" },        { "f_exp", "r" },
    { "f_ln", "r" },           { "f_log10", "r" },       { "f_average", "rrr" },
    { "f_replace", "xnnx" },   { "f_rept", "xn" },       { "f_second", "tz" },
    { "f_datedif", "ddu" },    { "f_phone_norm", "P" },  { "f_name_norm", "N" },
    { "f_name_norm", "x" },    { "f_taxno_ok", "T" },    { "f_uuid", "x" },
    { "f_text_span", "i" },    { "f_text_span", "D" },   { "f_distance_m", "LL" },
    { "f_pinyin", "x" },       { "f_pinyin_initials", "x" }, { "f_pinyin", "N" },
    { "f_pinyin_initials", "N" }, { "f_even", "ii1" },   { "f_even_real", "r1" },
    { "f_textjoin", "x1xxx" },
};

static uint64_t state = 88172645463325252u;

static uint64_t draw(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static int64_t pick(const int64_t *list, size_t count)
{
    return list[draw(count)];
}
#define PICK(...) \
    pick((const int64_t[]){ __VA_ARGS__ }, sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

static struct cell some_int(void)
{
    switch (draw(6)) {
    case 0: return cell_int(PICK(0, 1, -1, 5, -5, 10, 99, 100, 105, INT64_MAX, INT64_MIN));
    case 1: return cell_int((int64_t)draw(2000) - 1000);
    case 2: return cell_int((int64_t)(draw(UINT64_MAX)));
    case 3: return cell_int(PICK(999999, 1000005, 50000000, 1000000000000000000, 10005000, -15));
    default: return cell_int((int64_t)draw(200000000000) - 100000000000);
    }
}

static struct cell some_real(void)
{
    static const double edges[] = { 0,       0.5,    -0.5,   1.5,       2.5,  1.005,  -1.005,
                                    1e15,    1e16,   9e17,   9.1e18,    1e20, 0.1,    0.3,
                                    1e-5,    1e-7,   1e-300, 1.7e308,   -1e300, 12345678.005,
                                    0.00012207031250, 2.675, 123456.7890125, 1e-160,
                                    329406144173384832.0, 9007199254740993.0, 9.2e18,
                                    9223372036854775808.0, -9007199254740992.0, -0.0 };
    if (draw(3) == 0) return cell_real(edges[draw(sizeof(edges) / sizeof(edges[0]))]);
    if (draw(3) == 0) return cell_real(((double)draw(2000000) - 1000000) / 1000);
    double part = (double)draw(1u << 30) / (double)(1u << 20) + (double)draw(1u << 30) / 1e15;
    return cell_real(draw(2) ? -part : part * pow(10, (double)draw(16)));
}

static struct str some_text(struct scope *scope)
{
    static const char *const pieces[] = {
        "a", "B", "z", " ", "  ", "销售", "中枢", "，", "Ａ", "é", "É", "ß", "ÿ", "12", ",345", ".5",
        "-", "+", "2026-01-02", "T03:04", ":05", ".678", "Z", "+08:00", "　", "已沟通", "Я", "ё", "Σ",
        "\n", "😀", "ı", "1", "0", "abc", "ABC", "'", "%", "x", "·", "\t", "2024-02-29", "9999-12-31"
    };
    struct buf out;
    buf_begin(&out, scope, 4000);
    for (uint64_t count = draw(7); count > 0; count--) {
        buf_put(&out, str_of(pieces[draw(sizeof(pieces) / sizeof(pieces[0]))]));
    }
    return scope_copy(scope, (struct str){ out.size ? out.data : "", out.size });
}

/* Pieces of a list one behind the other. */
static struct str some_of(struct scope *scope, const char *const *pieces, size_t count)
{
    struct buf out;
    buf_begin(&out, scope, 1000);
    for (uint64_t left = draw(6) + 1; left > 0; left--) buf_put(&out, str_of(pieces[draw(count)]));
    return scope_copy(scope, buf_str(&out));
}

static struct str some_phone(struct scope *scope)
{
    static const char *const pieces[] = {
        "+", "00", "86", "13812345678", "010", "6234", "5678", "0755", "400", "8208820", "95588",
        "-", " ", "(", "）", "转", "ext.", "801", "x", "１３９", "1415555", "2671", "‐", "#", "02", "a"
    };
    static const char *const whole[] = { "+8613812345678", "86 138 1234 5678", "010-62345678转801",
                                         "+86 10 6234 5678", "+1 (415) 555-2671", "0755 8888888",
                                         "400-820-8820", "00852 2345 6789", "12345" };
    if (draw(3) == 0) return str_of(whole[draw(sizeof(whole) / sizeof(whole[0]))]);
    return some_of(scope, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

static struct str some_company(struct scope *scope)
{
    static const char *const pieces[] = { "上海", "（", "集团", "）", "有限公司", "股份", "有限责任公司",
                                          "公司", "Acme", " Co., ", "LTD", "Limited", "ｌｔｄ", "医院" };
    return some_of(scope, pieces, sizeof(pieces) / sizeof(pieces[0]));
}

/* Right ones, and those with one character changed. */
static struct str some_tax_number(struct scope *scope)
{
    static const char *const whole[] = { "91110000600037341L", "914403001922038216",
                                         "440300192203821", "91350100M000100Y43", "",
                                         "９１１１００００６０００３７３４１Ｌ", " 110108MA00X12345 " };
    struct str text = str_of(whole[draw(sizeof(whole) / sizeof(whole[0]))]);
    if (text.size == 0 || draw(2)) return text;
    struct buf out;
    buf_begin(&out, scope, 100);
    size_t at = (size_t)draw(text.size < 18 ? text.size : 18);
    if ((text.data[at] & 0x80) != 0) return text;
    buf_put(&out, str_slice(text, 0, at));
    buf_put_char(&out, "0123456789XLIa"[draw(14)]);
    buf_put(&out, str_slice(text, at + 1, text.size));
    return buf_str(&out);
}

static struct str some_place(struct scope *scope)
{
    static const char *const odd[] = { "90,180", "-90.0,-180.000000", "0,0", "91,0", "0,181", ",",
                                       "1,2,3", "1.,2", "+1,2", "1e1,2", "", "1234,5", " 1,2" };
    if (draw(5) == 0) return str_of(odd[draw(sizeof(odd) / sizeof(odd[0]))]);
    return scope_format(scope, "%.6f,%.6f", (double)draw(180000000) / 1e6 - 90,
                        (double)draw(360000000) / 1e6 - 180);
}

/* Two of them often differ by a few edits: short ones, long ones, and beyond what is compared. */
static struct str some_alike(struct scope *scope)
{
    static const char base[] = "周工第一次回复：样机指标通过，顾虑是交货周期17天和售后，约定上门演示 ABC 报表。";
    static const char *const edits[] = { "", "", "吴", "a", "，", "演示", "回复：", "９", "x", "样机" };
    static const int edit_counts[] = { 0, 1, 2, 5, 20, 60 };
    struct buf out;
    buf_begin(&out, scope, 8000);
    uint64_t copies = draw(3) ? 1 : draw(3) ? 3 : 20;
    size_t size = draw(4) ? sizeof(base) - 1 : 36;
    for (; copies > 0; copies--) buf_put(&out, (struct str){ base, size });
    struct str text = buf_str(&out);
    for (int left = edit_counts[draw(6)]; left > 0; left--) {
        size_t from = (size_t)draw(text.size + 1), to;
        while (from < text.size && (text.data[from] & 0xc0) == 0x80) from++;
        for (to = from + (size_t)draw(3); to < text.size && (text.data[to] & 0xc0) == 0x80;) to++;
        text = scope_format(scope, "%.*s%s%.*s", STR_ARG(str_slice(text, 0, from)),
                            edits[draw(10)], STR_ARG(str_slice(text, to, text.size)));
    }
    return text;
}

/* Often just what a few edits of so many characters leave. */
static double some_bound(void)
{
    static const double bounds[] = { 0.9, 0.8, 0.5, 1, 0, -0.5, 1.5, 0.1, 1e300, -1e300 };
    double longer = (double)draw(60) + 1;
    return draw(2) ? bounds[draw(10)] : 1 - (double)draw(8) / longer;
}

static struct str one_of(const char *const *list, size_t count)
{
    return str_of(list[draw(count)]);
}

static struct cell some(struct scope *scope, char kind)
{
    static const char *const numbers[] = { "0.00", "#,##0.00", "¥#,##0", "0%", "0.0%", "#", "000.#",
                                           "#,##0.0#", "x", "\"共\"0\"件\"", "0.0000000", "" };
    static const char *const dates[] = { "yyyy-mm-dd", "yy年m月d日", "hh:mm:ss", "h:mm", "aaaa",
                                         "aaa d/m", "YYYY \"mm\" HH:M:s", "mmm", "aa é", "" };
    static const char *const units[] = { "Y", "m", "D", "YM", "yd", "MD", "Q" };
    static const char *const phrases[] = { "已沟通\nabc\n", "", "a\nab\n12", "销售\n销售中枢" };
    if (draw(25) == 0 && !strchr("szmw+D1q", kind)) return cell_null();
    switch (kind) {
    case 's': return cell_int((int64_t)draw(7));
    case 'q': return cell_int((int64_t)draw(9) - 3);
    case 'd':
        return cell_int(draw(8) ? (int64_t)draw(60000) - 10000
                                : PICK(-719162, 2932896, -719163, 2932897, 0, 11016, 19782));
    case 't':
        return cell_int(draw(8) ? (int64_t)draw(4000000000000) - 1000000000000
                                : PICK(0, -1, -62135596800000, 253402300799999, 253402300800000));
    case 'r': return some_real();
    case 'x': return cell_text(some_text(scope));
    case 'n': return cell_int(draw(6) ? (int64_t)draw(12) - 1 : PICK(-1, 0, 1, 1000000, INT64_MAX));
    case 'k': return cell_int((int64_t)draw(4));
    case 'm': return cell_int((int64_t)draw(4));
    case 'z': return cell_int(PICK(480, 0, -480, 330));
    case 'w': return cell_int(PICK(1, 2, 3, 21));
    case 'f': return cell_text(one_of(numbers, sizeof(numbers) / sizeof(numbers[0])));
    case 'g': return cell_text(one_of(dates, sizeof(dates) / sizeof(dates[0])));
    case 'p': return cell_text(one_of(phrases, 4));
    case 'P': return cell_text(some_phone(scope));
    case 'N': return cell_text(some_company(scope));
    case 'L': return cell_text(some_place(scope));
    case 'T': return cell_text(some_tax_number(scope));
    case 'A': return cell_text(some_alike(scope));
    case 'B': return cell_real(some_bound());
    case 'u': return cell_text(one_of(units, sizeof(units) / sizeof(units[0])));
    case 'y': return cell_int(PICK(2024, 2026, 1, 0, 9999, 10000, -5, 1900));
    case '+': return cell_int(draw(2) ? 1 : -1);
    case '1': return cell_int((int64_t)draw(2));
    case 'D': return cell_int(PICK(1, 1000, 60000, 3600000, 86400000));
    default: return some_int();
    }
}

/* Reals may differ in the last place where the libraries of two machines do. */
static bool is_same(const struct cell *a, const struct cell *b)
{
    if (a->kind == CELL_REAL && b->kind == CELL_REAL) {
        if (memcmp(&a->real, &b->real, sizeof(double)) == 0) return true;
        return fabs(a->real - b->real) <= fabs(a->real) * 1e-15;
    }
    return cell_equal(a, b);
}

static void show(const char *what, const struct cell *cell)
{
    switch (cell->kind) {
    case CELL_NULL: printf("    %s NULL\n", what); break;
    case CELL_INT: printf("    %s %lld\n", what, (long long)cell->integer); break;
    case CELL_REAL: printf("    %s %.17g\n", what, cell->real); break;
    default: printf("    %s '%.*s'\n", what, STR_ARG(cell->text)); break;
    }
}

struct pair {
    struct db *lite, *server;
    struct db_conn *readers[2];
    struct scope *scope;
    char folder[200];
};

/* Several calls of one function as one row, so that a round is one wait. */
static bool compare_batch(struct pair *pair, size_t twin)
{
    struct scope scope;
    struct sql sql;
    struct row rows[2];
    scope_begin(&scope);
    sql_begin(&sql, &scope);
    int arg_count = (int)strlen(twins[twin].args);
    for (int i = 0; i < BATCH_COUNT; i++) {
        sql_putf(&sql, "%s%s(", i ? ", " : "SELECT ", twins[twin].name);
        for (int a = 0; a < arg_count; a++) {
            if (a > 0) sql_put(&sql, STR(", "));
            struct cell cell = some(&scope, twins[twin].args[a]);
            const char *type = strchr("xfgpuPNTLA", twins[twin].args[a]) ? "TEXT" : "BIGINT";
            if (strchr("rB", twins[twin].args[a])) type = "DOUBLE PRECISION";
            sql_put(&sql, STR("CAST("));
            sql_value(&sql, cell);
            sql_putf(&sql, " AS %s)", type);
        }
        sql_put(&sql, STR(")"));
    }
    bool ok = true;
    for (int i = 0; ok && i < 2; i++) ok = sql_one(&scope, pair->readers[i], &sql, &rows[i]);
    if (!CHECK(ok)) printf("    %s: %.*s\n", twins[twin].name, STR_ARG(scope.error.detail));
    for (int i = 0; ok && i < BATCH_COUNT; i++) {
        ok = CHECK(is_same(&rows[0].cells[i], &rows[1].cells[i]));
        if (ok) continue;
        printf("    %s\n", twins[twin].name);
        show("SQLite    ", &rows[0].cells[i]);
        show("PostgreSQL", &rows[1].cells[i]);
        for (int a = 0; a < arg_count; a++) show("argument  ", &sql.args[i * arg_count + a]);
    }
    scope_end(&scope);
    return ok;
}

static bool pair_begin(struct pair *pair, struct scope *scope)
{
    const char *temporary = getenv("TMPDIR");
    *pair = (struct pair){ .scope = scope };
    snprintf(pair->folder, sizeof(pair->folder), "%s/leadline-twins-XXXXXX",
             temporary ? temporary : "/tmp");
    db_functions_set(formula_functions_sqlite, formula_function_sqlite_count);
    db_functions_postgres_set(formula_functions_postgres, formula_functions_postgres_count);
    if (!mkdtemp(pair->folder)) return false;
    struct db_options options = { .url = test_database(scope, pair->folder, "") };
    struct db_options lite = { .url = scope_format(scope, "%s/lite.db", pair->folder) };
    return db_open(scope, &options, &pair->server) && db_open(scope, &lite, &pair->lite) &&
           db_read_begin(scope, pair->lite, &pair->readers[0]) &&
           db_read_begin(scope, pair->server, &pair->readers[1]);
}

static void pair_end(struct pair *pair)
{
    static const char *const files[] = { "lite.db", "lite.db-wal", "lite.db-shm" };
    for (int i = 0; i < 2; i++) {
        if (pair->readers[i]) db_read_end(pair->readers[i]);
    }
    if (pair->server) test_database_drop(pair->server, pair->folder);
    if (pair->server) db_close(pair->server);
    if (pair->lite) db_close(pair->lite);
    for (int i = 0; i < 3; i++) {
        unlink(scope_format(pair->scope, "%s/%s", pair->folder, files[i]).data);
    }
    rmdir(pair->folder);
}

TEST(formula_functions_answer_the_same_on_both_databases)
{
    struct scope scope;
    struct pair pair;
    if (!test_is_postgres()) return;
    scope_begin(&scope);
    if (CHECK(pair_begin(&pair, &scope))) {
        for (size_t twin = 0; twin < sizeof(twins) / sizeof(twins[0]); twin++) {
            bool ok = true;
            for (int round = 0; ok && round < ROUND_COUNT; round++) {
                ok = compare_batch(&pair, twin);
            }
        }
    } else {
        printf("    %.*s\n", STR_ARG(scope.error.detail));
    }
    pair_end(&pair);
    scope_end(&scope);
}
