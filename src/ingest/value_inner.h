#ifndef INGEST_VALUE_INNER_H
#define INGEST_VALUE_INNER_H

#include "base/str.h"

/* Short texts folded for reading: half-width, lower case, one kind of blank, dash and yuan sign. */
enum { VALUE_SIZE_MAX = 96 };

struct value_text {
    char data[VALUE_SIZE_MAX + 4];
    size_t size;
};

/* False when the text is too long to be a number or date. Trimmed. */
bool value_text_fold(struct str text, struct value_text *out);

/*
 * A number as decimal digits: digits * 10^exponent. No leading zeros; zero has
 * no digits.
 */
enum { VALUE_DIGIT_COUNT_MAX = 40 };

struct value_number {
    bool is_negative, is_percent;
    bool is_plain; /* nothing but sign, digits and point */
    char digits[VALUE_DIGIT_COUNT_MAX];
    int count;
    int exponent;
};

bool value_number_parse(struct str text, struct value_number *out);
/* Rounds to at most count digits, as Excel shows them. */
void value_number_round(struct value_number *number, int count);
/* number * 10^scale as int64; false when out of range, or not whole and is_rounded is NULL. */
bool value_number_units(const struct value_number *number, int scale, int64_t *out,
                        bool *is_rounded);

#endif
