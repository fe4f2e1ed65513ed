#ifndef DB_TERMS_H
#define DB_TERMS_H

#include "base/utf8.h"

/*
 * What text is made of for searching: words (letters and digits of any script
 * that puts blanks between them) and runs of CJK characters. All else separates.
 */
struct term {
    bool is_cjk;
    size_t start, end; /* bytes of the text */
};

/* The next term at or after *offset, which moves behind it; false at the end. */
bool term_next(struct str text, size_t *offset, struct term *out);

#endif
