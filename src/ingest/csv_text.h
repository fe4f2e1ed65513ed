#ifndef INGEST_CSV_TEXT_H
#define INGEST_CSV_TEXT_H

#include <iconv.h>

#include "ingest/table_inner.h"

/*
 * The bytes of a CSV file as UTF-8, one window at a time. The parser uses up
 * window[at..size) and then asks for the next one.
 */
enum { CSV_WINDOW_SIZE = 64 * 1024 };

struct csv_text {
    const struct ingest_source *source;
    enum ingest_encoding encoding;
    iconv_t converter; /* (iconv_t)-1: none needed */
    int64_t start;     /* behind the BOM */
    int64_t offset;    /* next byte to read */
    size_t raw_size;   /* bytes read but not yet converted */
    size_t window_size, at;
    char raw[CSV_WINDOW_SIZE];
    char window[CSV_WINDOW_SIZE];
};

/*
 * Finds out the encoding (looking through the whole file when it has no BOM)
 * and stands at the start. The converter is closed when the scope ends.
 * Errors: ingest.encoding, ingest.file_unreadable.
 */
MUST_USE bool csv_text_open(struct scope *scope, struct csv_text *text,
                            const struct ingest_source *source, enum ingest_encoding wanted);
void csv_text_rewind(struct csv_text *text);
/* Next window; window_size 0 at the end. row is only for the error. */
MUST_USE bool csv_text_fill(struct csv_text *text, struct scope *scope, int64_t row);

#endif
