/*
 * UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above
 * U+10FFFF.
 */
#include "base/utf8.h"

#include <assert.h>

enum { BAD = 0xfffd };

/*
 * Size of the sequence at data (1..4) and its code point, or 0 when the bytes
 * are none. left >= 1.
 */
static size_t decode(const unsigned char *data, size_t left, uint32_t *out)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned char first = data[0];
    if (first < 0x80) {
        *out = first;
        return 1;
    }
    size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || size > left) return 0;
    uint32_t point = first & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((data[i] & 0xc0) != 0x80) return 0;
        point = point << 6 | (data[i] & 0x3fu);
    }
    bool is_surrogate = point >= 0xd800 && point <= 0xdfff;
    if (point < smallest[size] || point > 0x10ffff || is_surrogate) return 0;
    *out = point;
    return size;
}

bool utf8_is_valid(struct str text)
{
    const unsigned char *data = (const unsigned char *)text.data;
    uint32_t point;
    for (size_t i = 0; i < text.size;) {
        if (data[i] < 0x80) {
            i += 1;
            continue;
        }
        size_t size = decode(data + i, text.size - i, &point);
        if (size == 0) return false;
        i += size;
    }
    return true;
}

uint32_t utf8_next(struct str text, size_t *offset)
{
    assert(*offset < text.size);
    uint32_t point = BAD;
    size_t size = decode((const unsigned char *)text.data + *offset, text.size - *offset, &point);
    *offset += size == 0 ? 1 : size;
    return size == 0 ? BAD : point;
}

size_t utf8_length(struct str text)
{
    size_t length = 0;
    for (size_t offset = 0; offset < text.size; length++) utf8_next(text, &offset);
    return length;
}

struct str utf8_prefix(struct str text, size_t count)
{
    size_t offset = 0;
    while (offset < text.size && count > 0) {
        utf8_next(text, &offset);
        count -= 1;
    }
    return str_slice(text, 0, offset);
}

int utf8_encode(uint32_t code_point, char *out)
{
    uint32_t point = code_point > 0x10ffff || (code_point >= 0xd800 && code_point <= 0xdfff)
                         ? (uint32_t)BAD
                         : code_point;
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    int size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (int i = size - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    out[0] = (char)(unsigned char)((0xf00u >> size) | point);
    return size;
}

struct range {
    uint32_t first, last;
};

bool utf8_is_cjk(uint32_t code_point)
{
    static const struct range ranges[] = {
        { 0x1100, 0x11ff },   /* hangul jamo */
        { 0x2e80, 0x2fdf },   /* Han radicals */
        { 0x3005, 0x3007 },   /* repetition mark, zero */
        { 0x3021, 0x3029 },   /* Hangzhou numerals */
        { 0x3041, 0x30ff },   /* kana */
        { 0x3105, 0x31bf },   /* bopomofo, hangul compatibility jamo */
        { 0x31f0, 0x31ff },   /* kana extensions */
        { 0x3400, 0x4dbf },   /* Han */
        { 0x4e00, 0x9fff },   /* Han */
        { 0xa960, 0xa97f },   /* hangul jamo extended */
        { 0xac00, 0xd7ff },   /* hangul */
        { 0xf900, 0xfaff },   /* Han compatibility */
        { 0xff66, 0xffdc },   /* half-width kana and hangul */
        { 0x1b000, 0x1b16f }, /* kana supplement */
        { 0x20000, 0x323af }, /* Han, supplementary planes */
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (code_point < ranges[i].first) return false;
        if (code_point <= ranges[i].last) return true;
    }
    return false;
}

/* Latin blocks where capital and small letters alternate; odd: the capitals are odd numbers. */
static const struct {
    struct range range;
    bool is_odd;
} letter_pairs[] = {
    { { 0x100, 0x12f }, false },   { { 0x132, 0x137 }, false },  { { 0x139, 0x148 }, true },
    { { 0x14a, 0x177 }, false },   { { 0x179, 0x17e }, true },   { { 0x1cd, 0x1dc }, true },
    { { 0x1de, 0x1ef }, false },   { { 0x1f8, 0x21f }, false },  { { 0x222, 0x233 }, false },
    { { 0x1e00, 0x1e95 }, false }, { { 0x1ea0, 0x1eff }, false },
};

static uint32_t lower_latin(uint32_t point)
{
    if (point == 0x130) return 'i';
    if (point == 0x178) return 0xff;
    if (point >= 0xc0 && point <= 0xde) return point == 0xd7 ? point : point + 0x20;
    for (size_t i = 0; i < sizeof(letter_pairs) / sizeof(letter_pairs[0]); i++) {
        struct range range = letter_pairs[i].range;
        if (point < range.first || point > range.last) continue;
        bool is_capital = (point % 2 == 1) == letter_pairs[i].is_odd;
        return is_capital ? point + 1 : point;
    }
    return point;
}

uint32_t utf8_fold(uint32_t code_point)
{
    uint32_t point = code_point;
    if (point == 0x3000) return ' ';
    if (point >= 0xff01 && point <= 0xff5e) point -= 0xfee0;
    if (point >= 'A' && point <= 'Z') return point - 'A' + 'a';
    return point < 0xc0 || point > 0x1eff ? point : lower_latin(point);
}

/* No fold makes a character longer except U+FFFD for a bad byte: hence 3 for 1. */
struct str utf8_fold_text(struct scope *scope, struct str text)
{
    char *data = scope_alloc(scope, text.size * 3 + 1);
    size_t size = 0;
    for (size_t offset = 0; offset < text.size;) {
        size += (size_t)utf8_encode(utf8_fold(utf8_next(text, &offset)), data + size);
    }
    data[size] = 0;
    return (struct str){ data, size };
}
