/*
 * Exact decimals in an int64. Sums run below zero while parsing, because
 * INT64_MIN has no positive twin; every step is checked for overflow.
 */
#include "base/decimal.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { POWER_MAX = 18 };

int64_t decimal_power(int scale)
{
    static const int64_t powers[POWER_MAX + 1] = {
        1,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
    };
    assert(scale >= 0 && scale <= POWER_MAX);
    return powers[scale];
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool digit_add(int64_t *sum, char digit)
{
    return !__builtin_mul_overflow(*sum, 10, sum) &&
           !__builtin_sub_overflow(*sum, digit - '0', sum);
}

/* Digits before the point, from *at on; with commas only every three digits. */
static bool whole_parse(struct str text, size_t *at, bool has_group, int64_t *sum)
{
    size_t i = *at, run = 0;
    bool is_grouped = false;
    for (; i < text.size; i++) {
        char byte = text.data[i];
        if (is_digit(byte)) {
            run += 1;
            if (is_grouped && run > 3) return false;
            if (!digit_add(sum, byte)) return false;
        } else if (byte == ',' && has_group) {
            if (run == 0 || run > 3 || (is_grouped && run != 3)) return false;
            is_grouped = true;
            run = 0;
        } else {
            break;
        }
    }
    *at = i;
    return is_grouped ? run == 3 : run > 0;
}

bool decimal_parse(struct str text, int scale, bool has_group, int64_t *out)
{
    assert(scale >= 0 && scale <= DECIMAL_SCALE_MAX);
    bool is_negative = text.size > 0 && text.data[0] == '-';
    size_t at = is_negative || (text.size > 0 && text.data[0] == '+') ? 1 : 0;
    int64_t sum = 0;
    if (!whole_parse(text, &at, has_group, &sum)) return false;

    int decimals = 0;
    if (at < text.size) {
        if (text.data[at++] != '.' || at == text.size) return false;
        for (; at < text.size; at++) {
            char byte = text.data[at];
            if (!is_digit(byte)) return false;
            if (decimals == scale) {
                if (byte != '0') return false;
                continue;
            }
            if (!digit_add(&sum, byte)) return false;
            decimals += 1;
        }
    }
    if (__builtin_mul_overflow(sum, decimal_power(scale - decimals), &sum)) return false;
    if (!is_negative && sum == INT64_MIN) return false;
    *out = is_negative ? sum : -sum;
    return true;
}

void decimal_put(struct buf *out, int64_t units, int scale)
{
    assert(scale >= 0 && scale <= DECIMAL_SCALE_MAX);
    uint64_t size = units < 0 ? 0 - (uint64_t)units : (uint64_t)units;
    /* By hand: every amount in every list comes through here. */
    char text[DECIMAL_SCALE_MAX + 24];
    size_t start = sizeof(text);
    for (int i = 0; i < scale; i++) {
        text[--start] = (char)('0' + size % 10);
        size /= 10;
    }
    if (scale > 0) text[--start] = '.';
    do {
        text[--start] = (char)('0' + size % 10);
        size /= 10;
    } while (size > 0);
    if (units < 0) text[--start] = '-';
    buf_put(out, (struct str){ text + start, sizeof(text) - start });
}

struct str decimal_format(struct scope *scope, int64_t units, int scale)
{
    struct buf out;
    buf_begin(&out, scope, 32);
    decimal_put(&out, units, scale);
    return buf_str(&out);
}

/* units / 10^places, half away from zero. */
static int64_t divide(int64_t units, int places)
{
    int64_t power = decimal_power(places);
    int64_t whole = units / power, rest = units % power;
    if (rest >= power - power / 2 && power > 1) whole += 1;
    if (-rest >= power - power / 2 && power > 1) whole -= 1;
    return whole;
}

bool decimal_rescale(int64_t units, int from_scale, int to_scale, int64_t *out)
{
    if (to_scale >= from_scale) {
        return !__builtin_mul_overflow(units, decimal_power(to_scale - from_scale), out);
    }
    *out = divide(units, from_scale - to_scale);
    return true;
}

static const double WHOLE_FROM = 9007199254740992.0, WHOLE_TO = 9223372036854775808.0;

/*
 * Rounds the number a person reads, not the binary one behind it: 1.005 is
 * stored as 1.00499999999999989 but is 1.01 at two decimals. So the double is
 * written with as few digits as give it back, and those are rounded. From 2^53 on it
 * is a whole number and taken for that: "as few as give it back" would be a matter of taste
 * where a shorter one lies midway between two.
 */
bool decimal_from_real(double real, int scale, int64_t *out)
{
    assert(scale >= 0 && scale <= DECIMAL_SCALE_MAX);
    if (!isfinite(real)) return false;
    if (fabs(real) >= WHOLE_FROM) {
        return fabs(real) < WHOLE_TO &&
               !__builtin_mul_overflow((int64_t)real, decimal_power(scale), out);
    }
    char text[40];
    int places = 14;
    for (; places <= 16; places++) {
        snprintf(text, sizeof(text), "%.*e", places, real);
        if (strtod(text, NULL) == real || places == 16) break;
    }
    int64_t digits = 0;
    const char *at = text;
    for (; *at && *at != 'e'; at++) {
        if (is_digit(*at)) digits = digits * 10 + (*at - '0');
    }
    if (text[0] == '-') digits = -digits;
    int64_t shift = strtol(at + 1, NULL, 10) - places + scale;
    if (shift >= 0) {
        if (digits == 0) shift = 0;
        if (shift > POWER_MAX) return false;
        return !__builtin_mul_overflow(digits, decimal_power((int)shift), out);
    }
    *out = shift < -POWER_MAX ? 0 : divide(digits, (int)-shift);
    return true;
}
