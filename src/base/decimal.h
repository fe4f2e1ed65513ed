#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include "base/buf.h"

/*
 * Exact decimals: an int64 counting units of 10^-scale (money: scale 2, fen).
 * Binary floating point never touches an amount.
 */
enum { DECIMAL_SCALE_MAX = 6 };

/*
 * "1280.5", "-3", "1,280.50" (commas only when has_group) at the given scale.
 * More digits than the scale are refused unless zero. False: not a number,
 * too many decimals or out of range; nothing is reported.
 */
bool decimal_parse(struct str text, int scale, bool has_group, int64_t *out);
/* Exactly scale decimals: 128050 at 2 is "1280.50". */
struct str decimal_format(struct scope *scope, int64_t units, int scale);
void decimal_put(struct buf *out, int64_t units, int scale);
int64_t decimal_power(int scale); /* 10^scale */
/* To another scale, rounding half away from zero; false on overflow. */
bool decimal_rescale(int64_t units, int from_scale, int to_scale, int64_t *out);
/* Nearest at scale, half away from zero; false when out of range or not finite. */
bool decimal_from_real(double real, int scale, int64_t *out);

#endif
