#ifndef INGEST_XLSX_BOOK_H
#define INGEST_XLSX_BOOK_H

#include "ingest/xlsx_xml.h"

/*
 * What an XLSX says beside its sheets: which sheets there are, the strings
 * they share, and which number styles are dates. Read once, at opening.
 */
enum {
    XLSX_STYLE_COUNT_MAX = 65536,
    XLSX_FORMAT_COUNT_MAX = 2000,
    XLSX_STRING_BLOCK = 4096, /* strings per block of the index */
    XLSX_STRING_BLOCK_COUNT_MAX = 2048,
    XLSX_STRING_TEXT_MAX = 256 * 1024 * 1024, /* bytes of all shared texts together */
};

enum xlsx_style {
    XLSX_STYLE_NUMBER = 0,
    XLSX_STYLE_PERCENT,
    XLSX_STYLE_DATE,    /* has a year, month or day */
    XLSX_STYLE_TIME,    /* h, m or s only */
    XLSX_STYLE_ELAPSED, /* [h]:mm */
};

struct xlsx_book {
    struct xlsx_zip zip;
    bool is_1904;
    int sheet_count;
    struct ingest_sheet *sheets;
    const char **sheet_parts; /* names in the archive */
    struct str *string_blocks[XLSX_STRING_BLOCK_COUNT_MAX];
    int64_t string_count;
    unsigned char *styles; /* enum xlsx_style by the s of a cell */
    int style_count;
};

/* Allocated from scope; the shared strings in it live as long as scope. */
MUST_USE bool xlsx_book_open(struct scope *scope, struct xlsx_book *book,
                             const struct ingest_source *source);
/* False when there is no such string. */
bool xlsx_book_string(const struct xlsx_book *book, int64_t index, struct str *out);
enum xlsx_style xlsx_book_style(const struct xlsx_book *book, int64_t index);
/* What a number format shows: built-in by id, else by its code (first section). */
enum xlsx_style xlsx_format_style(int64_t id, struct str code);

#endif
