/*
 * What is written differently but means the same, or is wrong by its own check
 * digit: phone numbers, company names, tax numbers. The phone number is that of
 * the field type (schema/field_phone.c), so the two can be compared. And how
 * Chinese is typed: every character by its most frequent reading, so that two
 * databases and an index can agree on it; words are not looked at.
 */
#include "base/utf8.h"
#include "formula/fn.h"
#include "formula/pinyin.h"
#include "schema/schema.h"

enum { CREDIT_SIZE = 18, OLD_TAX_SIZE = 15, REGION_SIZE = 6, ORGANISATION_SIZE = 9 };

FN(fn_phone_norm)
{
    (void)arg_count;
    struct str text;
    if (args[0].kind != CELL_TEXT || args[0].text.size > FN_TEXT_SIZE_MAX) return;
    if (phone_normal(scope, args[0].text, &text)) *result = cell_text(text);
}

/* The longest form of a company's kind at the end of the name, which must not be all of it. */
static size_t suffix_of(struct str name)
{
    static const char *const suffixes[] = {
        "有限责任公司", "股份有限公司", "有限公司", "股份公司", "集团公司", "公司", "集团",
        "股份",         "coltd",        "ltd",      "limited",  "incorporated", "corporation",
    };
    size_t longest = 0;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        struct str suffix = str_of(suffixes[i]);
        bool is_one = suffix.size > longest && suffix.size < name.size &&
                      str_ends_with(name, suffix);
        if (is_one) longest = suffix.size;
    }
    return longest;
}

/* Without case, width, blanks, punctuation and what kind of company it is. */
FN(fn_name_norm)
{
    (void)arg_count;
    if (args[0].kind != CELL_TEXT) return;
    struct buf out;
    buf_begin(&out, scope, FN_TEXT_SIZE_MAX);
    for (size_t offset = 0; offset < args[0].text.size;) {
        char bytes[4];
        uint32_t point = utf8_fold(utf8_next(args[0].text, &offset));
        if (!fn_is_substance(point)) continue;
        buf_put(&out, (struct str){ bytes, (size_t)utf8_encode(point, bytes) });
    }
    if (out.is_over) return;
    struct str name = buf_str(&out);
    for (size_t size = suffix_of(name); size > 0; size = suffix_of(name)) name.size -= size;
    *result = cell_text(scope_copy(scope, name));
}

/* Where the character stands in the list, or -1. */
static int place_of(const char *list, char letter)
{
    for (int i = 0; list[i]; i++) {
        if (list[i] == letter) return i;
    }
    return -1;
}

static bool are_digits(const char *text, int from, int to)
{
    for (int i = from; i < to; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
    }
    return true;
}

/* GB 32100: the unified social credit code, its last character a sum modulo 31. */
static bool is_credit_code(const char *text)
{
    static const char list[] = "0123456789abcdefghjklmnpqrtuwxy";
    int sum = 0, weight = 1;
    for (int i = 0; i < CREDIT_SIZE; i++) {
        int value = place_of(list, text[i]);
        if (value < 0) return false;
        sum += value * (i < CREDIT_SIZE - 1 ? weight : 1);
        weight = weight * 3 % 31;
    }
    return sum % 31 == 0 && are_digits(text, 2, 2 + REGION_SIZE);
}

/* GB 11714: the code of an organisation, its last character a sum modulo 11. */
static bool is_organisation(const char *text)
{
    static const int weights[ORGANISATION_SIZE - 1] = { 3, 7, 9, 10, 5, 8, 4, 2 };
    int sum = 0;
    for (int i = 0; i < ORGANISATION_SIZE - 1; i++) {
        int value = place_of("0123456789abcdefghijklmnopqrstuvwxyz", text[i]);
        if (value < 0) return false;
        sum += value * weights[i];
    }
    return text[ORGANISATION_SIZE - 1] == "0x987654321"[sum % 11];
}

FN(fn_taxno_ok)
{
    (void)arg_count;
    if (args[0].kind != CELL_TEXT) return;
    struct str text = str_trim(utf8_fold_text(scope, args[0].text));
    bool is_ok = text.size == CREDIT_SIZE ? is_credit_code(text.data)
                 : text.size == OLD_TAX_SIZE
                     ? are_digits(text.data, 0, REGION_SIZE) &&
                           is_organisation(text.data + REGION_SIZE)
                     : false;
    *result = cell_int(is_ok);
}

const char *pinyin_syllable(uint32_t point)
{
    int reading = point == PINYIN_ZERO ? pinyin_zero
                  : point >= PINYIN_FIRST && point <= PINYIN_LAST
                      ? pinyin_readings[point - PINYIN_FIRST]
                      : 0;
    return reading > 0 ? pinyin_syllables[reading - 1] : NULL;
}

static bool is_han(uint32_t point)
{
    return point == PINYIN_ZERO || (point >= PINYIN_FIRST && point <= PINYIN_LAST);
}

static bool is_blank(uint32_t point)
{
    return point == ' ' || (point >= '\t' && point <= '\r') || point == 0xa0 || point == 0x3000 ||
           point == 0xfeff;
}

/* Words, a blank between them: the syllable of each Chinese character, and what stands between. */
FN(fn_pinyin)
{
    (void)arg_count;
    if (args[0].kind != CELL_TEXT) return;
    struct buf out;
    buf_begin(&out, scope, FN_TEXT_SIZE_MAX);
    bool is_open = false; /* a word that the next character would go on with */
    for (size_t offset = 0; offset < args[0].text.size;) {
        char bytes[4];
        uint32_t point = utf8_next(args[0].text, &offset);
        if (is_blank(point)) {
            is_open = false;
            continue;
        }
        const char *syllable = pinyin_syllable(point);
        if (out.size > 0 && (is_han(point) || !is_open)) buf_put_char(&out, ' ');
        buf_put(&out, syllable ? str_of(syllable)
                               : (struct str){ bytes, (size_t)utf8_encode(point, bytes) });
        is_open = !is_han(point);
    }
    if (!out.is_over) *result = cell_text(buf_str(&out));
}

/* The first letter of each syllable; Latin letters and digits as they are. */
FN(fn_pinyin_initials)
{
    (void)arg_count;
    if (args[0].kind != CELL_TEXT) return;
    struct buf out;
    buf_begin(&out, scope, FN_TEXT_SIZE_MAX);
    for (size_t offset = 0; offset < args[0].text.size;) {
        uint32_t point = utf8_fold(utf8_next(args[0].text, &offset));
        const char *syllable = pinyin_syllable(point);
        bool is_kept = (point >= 'a' && point <= 'z') || (point >= '0' && point <= '9');
        if (syllable) buf_put_char(&out, syllable[0]);
        if (is_kept) buf_put_char(&out, (char)point);
    }
    if (!out.is_over) *result = cell_text(buf_str(&out));
}
