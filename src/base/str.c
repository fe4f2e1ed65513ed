/*
 * Views of bytes: nothing here allocates, writes or looks past size.
 */
#include "base/str.h"

struct str str_slice(struct str text, size_t start, size_t end)
{
    if (end > text.size) end = text.size;
    if (start > end) start = end;
    return (struct str){ start == 0 ? text.data : text.data + start, end - start };
}

bool str_starts_with(struct str text, struct str prefix)
{
    return str_equal(str_slice(text, 0, prefix.size), prefix);
}

bool str_ends_with(struct str text, struct str suffix)
{
    if (suffix.size > text.size) return false;
    return str_equal(str_slice(text, text.size - suffix.size, text.size), suffix);
}

/* Size of the blank at the start of text, or 0. */
static size_t blank_at_start(struct str text)
{
    if (text.size == 0) return 0;
    char first = text.data[0];
    if (first == ' ' || (first >= '\t' && first <= '\r')) return 1;
    if (str_starts_with(text, STR("\xc2\xa0"))) return 2;
    if (str_starts_with(text, STR("\xe3\x80\x80"))) return 3;
    if (str_starts_with(text, STR("\xef\xbb\xbf"))) return 3;
    return 0;
}

static size_t blank_at_end(struct str text)
{
    for (size_t size = 1; size <= 3 && size <= text.size; size++) {
        struct str tail = str_slice(text, text.size - size, text.size);
        if (blank_at_start(tail) == size) return size;
    }
    return 0;
}

struct str str_trim(struct str text)
{
    for (size_t size = blank_at_start(text); size > 0; size = blank_at_start(text)) {
        text = str_slice(text, size, text.size);
    }
    for (size_t size = blank_at_end(text); size > 0; size = blank_at_end(text)) {
        text = str_slice(text, 0, text.size - size);
    }
    return text;
}

size_t str_find(struct str text, struct str part)
{
    if (part.size == 0) return 0;
    if (part.size > text.size) return SIZE_MAX;
    const char *hit = memmem(text.data, text.size, part.data, part.size);
    return hit ? (size_t)(hit - text.data) : SIZE_MAX;
}

int str_compare(struct str a, struct str b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size == 0 ? 0 : memcmp(a.data, b.data, size);
    if (order != 0) return order;
    return (a.size > b.size) - (a.size < b.size);
}

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

bool str_equal_nocase(struct str a, struct str b)
{
    if (a.size != b.size) return false;
    for (size_t i = 0; i < a.size; i++) {
        if (lower(a.data[i]) != lower(b.data[i])) return false;
    }
    return true;
}

/* A rest without data is one that was used up; "a," has two parts. */
bool str_split(struct str *rest, char separator, struct str *part)
{
    if (!rest->data) return false;
    const char *hit = rest->size == 0 ? NULL : memchr(rest->data, separator, rest->size);
    if (!hit) {
        *part = *rest;
        *rest = (struct str){ NULL, 0 };
        return true;
    }
    size_t size = (size_t)(hit - rest->data);
    *part = str_slice(*rest, 0, size);
    *rest = str_slice(*rest, size + 1, rest->size);
    return true;
}

/* Adds up below zero, because INT64_MIN has no positive twin. */
bool str_to_int64(struct str text, int64_t *out)
{
    bool is_negative = text.size > 0 && text.data[0] == '-';
    size_t i = is_negative || (text.size > 0 && text.data[0] == '+') ? 1 : 0;
    if (i == text.size) return false;
    int64_t sum = 0;
    for (; i < text.size; i++) {
        char digit = text.data[i];
        if (digit < '0' || digit > '9') return false;
        if (__builtin_mul_overflow(sum, 10, &sum)) return false;
        if (__builtin_sub_overflow(sum, digit - '0', &sum)) return false;
    }
    if (!is_negative && sum == INT64_MIN) return false;
    *out = is_negative ? sum : -sum;
    return true;
}

/* FNV-1a, 64 bit, with a last mix so that the low bits are good enough for a table index. */
uint64_t str_hash(struct str text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < text.size; i++) {
        hash = (hash ^ (unsigned char)text.data[i]) * 0x100000001b3u;
    }
    return hash ^ (hash >> 32);
}
