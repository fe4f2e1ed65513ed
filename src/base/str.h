#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A view of UTF-8 bytes owned by someone else. Passed by value, never freed,
 * never assumed to end in NUL. The bytes live as long as the scope they were
 * made in.
 */
struct str {
    const char *data;
    size_t size;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_INIT(literal) { "" literal, sizeof(literal) - 1 } /* in static tables */
/* For printf: printf("%.*s", STR_ARG(name)). */
#define STR_ARG(text) (int)(text).size, (text).data

static inline struct str str_of(const char *text)
{
    return (struct str){ text ? text : "", text ? strlen(text) : 0 };
}

static inline bool str_equal(struct str a, struct str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool str_is(struct str a, const char *literal)
{
    return str_equal(a, str_of(literal));
}

/* Bytes [start, end) of text; both are clipped to its size. */
struct str str_slice(struct str text, size_t start, size_t end);
/* Without ASCII blanks, full-width blanks (U+3000), NBSP and BOM at both ends. */
struct str str_trim(struct str text);
bool str_starts_with(struct str text, struct str prefix);
bool str_ends_with(struct str text, struct str suffix);
/* Byte offset of the first occurrence, or SIZE_MAX. */
size_t str_find(struct str text, struct str part);
/* Byte order; <0, 0, >0. */
int str_compare(struct str a, struct str b);
/* ASCII letters compare without case; other bytes exactly. */
bool str_equal_nocase(struct str a, struct str b);
/*
 * Cuts the part before the first separator off *rest and puts it into *part;
 * false when *rest was used up (a text without separator is one part).
 */
bool str_split(struct str *rest, char separator, struct str *part);
/* Whole text as a decimal integer ([+-]digits); false on anything else or overflow. */
bool str_to_int64(struct str text, int64_t *out);
uint64_t str_hash(struct str text);

#endif
