#ifndef FORMULA_PINYIN_H
#define FORMULA_PINYIN_H

#include <stdint.h>

/*
 * The readings of Chinese characters, made of pinyin.txt when the binary is built (tools/pinyin.c).
 * A reading is one more than the place of its syllable, 0: none is known.
 */
enum { PINYIN_FIRST = 0x4e00, PINYIN_LAST = 0x9fff, PINYIN_ZERO = 0x3007 };
extern const char *const pinyin_syllables[];
extern const uint16_t pinyin_readings[]; /* from PINYIN_FIRST to PINYIN_LAST */
extern const int pinyin_zero;            /* the reading of PINYIN_ZERO */

/* The syllable of a character; NULL: it has none. */
const char *pinyin_syllable(uint32_t point);

#endif
