/*
 * Numbers in SQL. SQLite turns an integer that overflows into a float without a
 * word; these keep exact numbers exact and answer NULL when they would not fit.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "formula/fn.h"

__extension__ typedef __int128 wide;

enum round_mode { ROUND_HALF = 0, ROUND_UP, ROUND_DOWN, ROUND_FLOOR };

static void give_int(struct cell *result, wide value)
{
    if (value >= INT64_MIN && value <= INT64_MAX) *result = cell_int((int64_t)value);
}

static void give_real(struct cell *result, double value)
{
    if (isfinite(value)) *result = cell_real(value);
}

static bool real_of(const struct cell *cell, double *out)
{
    *out = cell->kind == CELL_INT ? (double)cell->integer : cell->real;
    return cell->kind == CELL_REAL || cell->kind == CELL_INT;
}

static wide divided(wide value, wide by, int mode)
{
    wide whole = value / by, rest = value % by;
    int sign = value < 0 ? -1 : 1;
    switch (mode) {
    case ROUND_UP:
        return rest != 0 ? whole + sign : whole;
    case ROUND_DOWN:
        return whole;
    case ROUND_FLOOR:
        return rest < 0 ? whole - 1 : whole;
    default:
        if (rest < 0) rest = -rest;
        return rest * 2 >= by ? whole + sign : whole;
    }
}

static wide power(int exponent)
{
    wide value = 1;
    for (; exponent > 0; exponent--) value *= 10;
    return value;
}

FN(fn_add)
{
    (void)scope;
    if (!fn_are(args, 0, arg_count - 1, CELL_INT)) return;
    wide sum = 0;
    for (int i = 0; i < arg_count; i++) sum += args[i].integer;
    give_int(result, sum);
}

FN(fn_sub)
{
    (void)scope;
    if (!fn_are(args, 0, arg_count - 1, CELL_INT)) return;
    wide rest = args[0].integer;
    for (int i = 1; i < arg_count; i++) rest -= args[i].integer;
    give_int(result, rest);
}

FN(fn_neg)
{
    (void)scope, (void)arg_count;
    if (args[0].kind == CELL_INT) give_int(result, -(wide)args[0].integer);
}

/* (a, b, decimals to drop) */
FN(fn_mul)
{
    (void)scope;
    if (!fn_are(args, 0, arg_count - 1, CELL_INT)) return;
    wide product = (wide)args[0].integer * args[1].integer;
    give_int(result, divided(product, power((int)args[2].integer), ROUND_HALF));
}

/* (units, from scale, to scale) */
FN(fn_scale)
{
    (void)scope;
    int64_t units;
    if (!fn_are(args, 0, arg_count - 1, CELL_INT)) return;
    if (decimal_rescale(args[0].integer, (int)args[1].integer, (int)args[2].integer, &units)) {
        *result = cell_int(units);
    }
}

/* (real, scale) */
FN(fn_exact)
{
    (void)scope, (void)arg_count;
    double real;
    int64_t units;
    if (!real_of(&args[0], &real)) return;
    if (decimal_from_real(real, (int)args[1].integer, &units)) *result = cell_int(units);
}

/* (units, scale, decimals to keep, mode) gives units at scale max(0, decimals) */
FN(fn_round)
{
    (void)scope;
    if (!fn_are(args, 0, arg_count - 1, CELL_INT)) return;
    int scale = (int)args[1].integer, digits = (int)args[2].integer;
    wide units = divided(args[0].integer, power(scale - digits), (int)args[3].integer);
    give_int(result, digits < 0 ? units * power(-digits) : units);
}

/*
 * (real, decimals, mode). The real stands for the shortest decimal that reads
 * back as it, so 1.005 rounds to 1.01 as a person expects.
 */
FN(fn_round_real)
{
    (void)scope, (void)arg_count;
    double real;
    if (!real_of(&args[0], &real) || fabs(real) > 9e18) return;
    int digits = (int)args[1].integer, mode = (int)args[2].integer;
    char text[400];
    int size = snprintf(text, sizeof(text), "%.15g", real);
    double shown = strtod(text, NULL);
    (void)size;
    /* 15 digits, written out with 12 decimals, hold all that a double can tell. */
    snprintf(text, sizeof(text), "%.12f", shown);
    wide units = 0;
    bool is_negative = text[0] == '-';
    for (const char *at = text; *at; at++) {
        if (*at >= '0' && *at <= '9') units = units * 10 + (*at - '0');
    }
    if (is_negative) units = -units;
    units = divided(units, power(12 - digits), mode);
    give_int(result, digits < 0 ? units * power(-digits) : units);
}

FN(fn_abs)
{
    (void)scope, (void)arg_count;
    if (args[0].kind != CELL_INT) return;
    wide value = args[0].integer;
    give_int(result, value < 0 ? -value : value);
}

/* With the divisor's sign, as in Excel. */
FN(fn_mod)
{
    (void)scope;
    if (!fn_are(args, 0, arg_count - 1, CELL_INT) || args[1].integer == 0) return;
    wide rest = (wide)args[0].integer % args[1].integer;
    bool is_other_side = rest != 0 && (rest < 0) != (args[1].integer < 0);
    give_int(result, is_other_side ? rest + args[1].integer : rest);
}

/* (sum of the upper 32 bits, sum of the lower 32 bits); of no rows: 0 */
FN(fn_sum)
{
    (void)scope, (void)arg_count;
    if (args[0].kind == CELL_NULL) {
        *result = cell_int(0);
    } else if (fn_are(args, 0, 1, CELL_INT)) {
        give_int(result, (wide)args[0].integer * ((wide)1 << 32) + args[1].integer);
    }
}

FN(fn_total)
{
    (void)scope;
    wide sum = 0;
    for (int i = 0; i < arg_count; i++) {
        if (args[i].kind == CELL_INT) sum += args[i].integer;
    }
    give_int(result, sum);
}

FN(fn_rsum)
{
    (void)scope;
    double sum = 0, real;
    for (int i = 0; i < arg_count; i++) {
        if (real_of(&args[i], &real)) sum += real;
    }
    give_real(result, sum);
}

static bool reals(const struct cell *args, double *a, double *b)
{
    return real_of(&args[0], a) && real_of(&args[1], b);
}

/* The first and, with the sign, all the others. */
static void real_sum(const struct cell *args, int arg_count, int sign, struct cell *result)
{
    double sum, real;
    if (!real_of(&args[0], &sum)) return;
    for (int i = 1; i < arg_count; i++) {
        if (!real_of(&args[i], &real)) return;
        sum += sign * real;
    }
    give_real(result, sum);
}

FN(fn_radd)
{
    (void)scope;
    real_sum(args, arg_count, 1, result);
}

FN(fn_rsub)
{
    (void)scope;
    real_sum(args, arg_count, -1, result);
}

FN(fn_rmul)
{
    (void)scope, (void)arg_count;
    double a, b;
    if (reals(args, &a, &b)) give_real(result, a * b);
}

FN(fn_rdiv)
{
    (void)scope, (void)arg_count;
    double a, b;
    if (reals(args, &a, &b) && b != 0) give_real(result, a / b);
}

FN(fn_rmod)
{
    (void)scope, (void)arg_count;
    double a, b;
    if (reals(args, &a, &b) && b != 0) give_real(result, a - b * floor(a / b));
}

FN(fn_pow)
{
    (void)scope, (void)arg_count;
    double a, b;
    if (reals(args, &a, &b)) give_real(result, pow(a, b));
}

FN(fn_sqrt)
{
    (void)scope, (void)arg_count;
    double a;
    if (real_of(&args[0], &a) && a >= 0) give_real(result, sqrt(a));
}

/* Of whole units: the multiple of b next to a, in Excel's way for signs; mode 1 up, 3 down. */
FN(fn_multiple)
{
    (void)scope;
    if (!fn_are(args, 0, arg_count - 1, CELL_INT)) return;
    wide a = args[0].integer, b = args[1].integer;
    bool is_up = args[2].integer == 1;
    if (a > 0 && b < 0) return;
    if (b == 0) {
        if (is_up || a == 0) *result = cell_int(0);
        return;
    }
    wide whole = a / b; /* both negative: the quotient is positive and up is away from zero */
    bool is_short = whole * b != a, is_negative = (a < 0) != (b < 0);
    if (is_short && is_up && !is_negative) whole += 1;
    if (is_short && !is_up && is_negative) whole -= 1;
    give_int(result, whole * b);
}

/* (number, two, is_odd): the even or odd whole number next to it, away from zero. */
FN(fn_even)
{
    (void)scope;
    if (!fn_are(args, 0, arg_count - 1, CELL_INT) || args[1].integer <= 0) return;
    wide a = args[0].integer, two = args[1].integer;
    wide one = args[2].integer != 0 ? two / 2 : 0, size = (a < 0 ? -a : a) + one;
    wide whole = (size + two - 1) / two * two - one;
    give_int(result, a < 0 ? -whole : whole);
}

FN(fn_even_real)
{
    (void)scope, (void)arg_count;
    double a;
    if (!real_of(&args[0], &a)) return;
    double one = args[1].integer != 0;
    double whole = ceil((fabs(a) + one) / 2) * 2 - one;
    if (isfinite(whole)) give_real(result, a < 0 ? -whole : whole);
}

/* (number, step, mode) of reals */
FN(fn_multiple_real)
{
    (void)scope, (void)arg_count;
    double a, b;
    if (!reals(args, &a, &b) || (a > 0 && b < 0)) return;
    bool is_up = args[2].integer == 1;
    if (b == 0) {
        if (is_up || a == 0) *result = cell_real(0);
        return;
    }
    double whole = a / b;
    if (isfinite(whole)) give_real(result, (is_up ? ceil(whole) : floor(whole)) * b + 0.0);
}

FN(fn_sign)
{
    (void)scope, (void)arg_count;
    double a;
    if (args[0].kind == CELL_INT) {
        *result = cell_int((args[0].integer > 0) - (args[0].integer < 0));
    } else if (real_of(&args[0], &a)) {
        *result = cell_int((a > 0) - (a < 0));
    }
}

enum { EXP_LEAST = -708 }; /* below, results lose digits, and not everywhere the same ones */

FN(fn_exp)
{
    (void)scope, (void)arg_count;
    double a;
    if (real_of(&args[0], &a)) give_real(result, a < EXP_LEAST ? 0 : exp(a));
}

FN(fn_ln)
{
    (void)scope, (void)arg_count;
    double a;
    if (real_of(&args[0], &a) && a > 0) give_real(result, log(a));
}

FN(fn_log10)
{
    (void)scope, (void)arg_count;
    double a;
    if (real_of(&args[0], &a) && a > 0) give_real(result, log10(a));
}

/* Of those that are not blank; blank when all are. */
FN(fn_average)
{
    (void)scope;
    double sum = 0, a;
    int count = 0;
    for (int i = 0; i < arg_count; i++) {
        if (!real_of(&args[i], &a)) continue;
        sum += a;
        count++;
    }
    if (count > 0) give_real(result, sum / count);
}

/* Order of values of one kind. */
static int compare(const struct cell *a, const struct cell *b)
{
    if (a->kind == CELL_TEXT && b->kind == CELL_TEXT) return str_compare(a->text, b->text);
    if (a->kind == CELL_INT && b->kind == CELL_INT) {
        return (a->integer > b->integer) - (a->integer < b->integer);
    }
    double left = 0, right = 0;
    real_of(a, &left);
    real_of(b, &right);
    return (left > right) - (left < right);
}

static void extreme(const struct cell *args, int arg_count, int sign, struct cell *result)
{
    const struct cell *best = NULL;
    for (int i = 0; i < arg_count; i++) {
        if (args[i].kind == CELL_NULL) continue;
        if (!best || compare(&args[i], best) * sign > 0) best = &args[i];
    }
    if (best) *result = *best;
}

FN(fn_min)
{
    (void)scope;
    extreme(args, arg_count, -1, result);
}

FN(fn_max)
{
    (void)scope;
    extreme(args, arg_count, 1, result);
}

FN(fn_value)
{
    (void)scope, (void)arg_count;
    int64_t units;
    if (args[0].kind != CELL_TEXT) return;
    if (decimal_parse(str_trim(args[0].text), DECIMAL_SCALE_MAX, true, &units)) {
        *result = cell_int(units);
    }
}

/* ---- as texts ---- */

static struct str trimmed(struct str number)
{
    if (str_find(number, STR(".")) == SIZE_MAX) return number;
    while (number.data[number.size - 1] == '0') number.size--;
    if (number.data[number.size - 1] == '.') number.size--;
    return number;
}

/* (units, scale, keep all decimals) */
FN(fn_text_number)
{
    if (!fn_are(args, 0, arg_count - 1, CELL_INT)) return;
    struct str text = decimal_format(scope, args[0].integer, (int)args[1].integer);
    *result = cell_text(args[2].integer ? text : trimmed(text));
}

FN(fn_text_real)
{
    (void)arg_count;
    double real;
    if (!real_of(&args[0], &real)) return;
    *result = cell_text(scope_format(scope, "%.15g", real + 0.0)); /* no -0 */
}

/* "¥#,##0.00" taken apart. */
struct pattern {
    struct str before, after; /* what stands around the digits */
    bool is_grouped, is_percent;
    int whole_min, decimals, decimals_min;
};

static bool is_pattern_byte(char byte)
{
    return byte == '0' || byte == '#' || byte == ',' || byte == '.';
}

static bool pattern_read(struct str format, struct pattern *out)
{
    size_t start = 0, end;
    while (start < format.size && !is_pattern_byte(format.data[start])) start++;
    for (end = start; end < format.size && is_pattern_byte(format.data[end]);) end++;
    *out = (struct pattern){ .before = str_slice(format, 0, start),
                             .after = str_slice(format, end, format.size) };
    bool is_behind = false;
    for (size_t i = start; i < end; i++) {
        char byte = format.data[i];
        if (byte == '.') {
            is_behind = true;
        } else if (byte == ',') {
            out->is_grouped = true;
        } else if (is_behind) {
            out->decimals++;
            if (byte == '0') out->decimals_min = out->decimals;
        } else {
            out->whole_min += byte == '0';
        }
    }
    out->is_percent = str_find(out->after, STR("%")) != SIZE_MAX;
    return end > start && out->decimals <= DECIMAL_SCALE_MAX && out->whole_min <= 20;
}

static void put_plain(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != '"') buf_put_char(out, text.data[i]);
    }
}

static struct str format_units(struct scope *scope, int64_t units, const struct pattern *pattern)
{
    struct buf out;
    buf_begin(&out, scope, FN_TEXT_SIZE_MAX);
    bool is_negative = units < 0;
    struct str digits = decimal_format(scope, units, pattern->decimals);
    if (is_negative) digits = str_slice(digits, 1, digits.size);
    size_t dot = str_find(digits, STR("."));
    struct str whole = str_slice(digits, 0, dot);
    struct str rest = dot == SIZE_MAX ? STR("") : str_slice(digits, dot + 1, digits.size);
    while (rest.size > (size_t)pattern->decimals_min && rest.data[rest.size - 1] == '0') {
        rest.size--;
    }
    if (is_negative) buf_put_char(&out, '-');
    put_plain(&out, pattern->before);
    if (pattern->whole_min == 0 && str_is(whole, "0")) whole = STR("");
    int missing = pattern->whole_min - (int)whole.size;
    int total = (int)whole.size + (missing > 0 ? missing : 0);
    for (int i = 0; i < total; i++) {
        bool is_group = pattern->is_grouped && i > 0 && (total - i) % 3 == 0;
        if (is_group) buf_put_char(&out, ',');
        buf_put_char(&out, i < missing ? '0' : whole.data[i - (missing > 0 ? missing : 0)]);
    }
    if (rest.size > 0) buf_put_char(&out, '.');
    buf_put(&out, rest);
    put_plain(&out, pattern->after);
    return buf_str(&out);
}

/* (units, scale, format) */
FN(fn_format_number)
{
    (void)arg_count;
    struct pattern pattern;
    if (!fn_are(args, 0, 1, CELL_INT) || args[2].kind != CELL_TEXT) return;
    if (!pattern_read(args[2].text, &pattern)) return;
    int scale = (int)args[1].integer;
    wide units = args[0].integer;
    if (pattern.is_percent) units *= 100;
    if (scale < pattern.decimals) {
        units *= power(pattern.decimals - scale);
    } else {
        units = divided(units, power(scale - pattern.decimals), ROUND_HALF);
    }
    if (units < INT64_MIN || units > INT64_MAX) return;
    *result = cell_text(format_units(scope, (int64_t)units, &pattern));
}

/* (real, format) */
FN(fn_format_real)
{
    (void)arg_count;
    struct pattern pattern;
    double real;
    if (!real_of(&args[0], &real) || args[1].kind != CELL_TEXT) return;
    if (!pattern_read(args[1].text, &pattern)) return;
    struct cell in[3] = { cell_real(pattern.is_percent ? real * 100 : real),
                          cell_int(pattern.decimals), cell_int(ROUND_HALF) };
    struct cell units = cell_null();
    fn_round_real(scope, in, 3, &units);
    if (units.kind == CELL_INT) *result = cell_text(format_units(scope, units.integer, &pattern));
}

static const char *const numerals[] = { "零", "壹", "贰", "叁", "肆",
                                        "伍", "陆", "柒", "捌", "玖" };

/* Four digits, such as 1005: 壹仟零伍. */
static void put_quad(struct buf *out, int quad)
{
    static const char *const units[] = { "仟", "佰", "拾", "" };
    static const int weights[] = { 1000, 100, 10, 1 };
    bool has_begun = false, has_gap = false;
    for (int i = 0; i < 4; i++) {
        int digit = quad / weights[i] % 10;
        if (digit == 0) {
            has_gap = has_begun;
            continue;
        }
        if (has_gap) buf_put(out, str_of(numerals[0]));
        buf_put(out, str_of(numerals[digit]));
        buf_put(out, str_of(units[i]));
        has_begun = true;
        has_gap = false;
    }
}

static void put_yuan(struct buf *out, int64_t yuan)
{
    static const char *const units[] = { "万亿", "亿", "万", "" };
    static const int64_t weights[] = { 1000000000000, 100000000, 10000, 1 };
    bool has_begun = false, has_gap = false;
    for (int i = 0; i < 4; i++) {
        int quad = (int)(yuan / weights[i] % 10000);
        if (quad == 0) {
            has_gap = has_begun;
            continue;
        }
        if (has_begun && (has_gap || quad < 1000)) buf_put(out, str_of(numerals[0]));
        put_quad(out, quad);
        buf_put(out, str_of(units[i]));
        has_begun = true;
        has_gap = false;
    }
}

/* (fen) below ten thousand billion */
FN(fn_rmb)
{
    (void)arg_count;
    if (args[0].kind != CELL_INT) return;
    int64_t fen = args[0].integer, limit = 1000000000000000000;
    if (fen <= -limit || fen >= limit) return;
    struct buf out;
    buf_begin(&out, scope, 1024);
    if (fen < 0) buf_put(&out, STR("负"));
    if (fen < 0) fen = -fen;
    int64_t yuan = fen / 100;
    int jiao = (int)(fen / 10 % 10), cents = (int)(fen % 10);
    put_yuan(&out, yuan);
    if (yuan > 0) buf_put(&out, STR("元"));
    if (fen == 0) buf_put(&out, STR("零元"));
    if (jiao > 0) {
        buf_put(&out, str_of(numerals[jiao]));
        buf_put(&out, STR("角"));
    } else if (cents > 0 && yuan > 0) {
        buf_put(&out, str_of(numerals[0]));
    }
    if (cents > 0) {
        buf_put(&out, str_of(numerals[cents]));
        buf_put(&out, STR("分"));
    } else {
        buf_put(&out, STR("整"));
    }
    *result = cell_text(buf_str(&out));
}
