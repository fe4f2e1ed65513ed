#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/scope.h"

/* Validated once at the edge (HTTP, import); inside, bytes are bytes. */
bool utf8_is_valid(struct str text);
/* Decodes at *offset and moves it on; U+FFFD for a bad byte. Call while *offset < size. */
uint32_t utf8_next(struct str text, size_t *offset);
/* Number of code points. */
size_t utf8_length(struct str text);
/* At most count code points from the start. */
struct str utf8_prefix(struct str text, size_t count);
/* Writes up to 4 bytes, returns how many. */
int utf8_encode(uint32_t code_point, char *out);
/* Han, kana, hangul, bopomofo. */
bool utf8_is_cjk(uint32_t code_point);
/* Full-width ASCII to half-width, U+3000 to blank, ASCII and Latin letters to lower case. */
uint32_t utf8_fold(uint32_t code_point);
struct str utf8_fold_text(struct scope *scope, struct str text);

#endif
