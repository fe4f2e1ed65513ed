#ifndef INGEST_TABLE_INNER_H
#define INGEST_TABLE_INNER_H

#include "ingest/table.h"

/*
 * What the two readers (csv.c, xlsx.c) have in common; seen only inside
 * this room's readers. A reader delivers raw rows; table.c finds the header, pads
 * and reports what is extra.
 */

/* Bytes in memory or an open file; read at any offset. */
struct ingest_source {
    struct str bytes; /* when fd < 0 */
    int fd;
    int64_t size;
};

/* Up to size bytes at offset; returns how many, 0 at the end, -1 on a read error. */
int64_t ingest_source_read(const struct ingest_source *source, int64_t offset, void *out,
                           size_t size);

/*
 * The row under construction: one array for the whole table, filled by the
 * reader, cells[0..count). Blank cells are zero.
 */
struct ingest_raw_row {
    int64_t number;
    struct ingest_cell *cells; /* INGEST_COLUMN_COUNT_MAX */
    int count;                 /* one past the last filled cell */
    bool is_filled;
};

struct ingest_reader {
    /* Go to the first row of a sheet. */
    bool (*rewind)(void *state, struct scope *scope, int sheet);
    /* Next row with a filled cell; number 0 at the end. */
    bool (*next)(void *state, struct scope *scope, struct ingest_raw_row *row);
};

struct ingest_table {
    struct scope *scope;
    struct ingest_source source;
    const struct ingest_reader *reader;
    void *state;
    bool is_xlsx;
    char delimiter;
    enum ingest_encoding encoding;
    struct ingest_sheet *sheets;
    int sheet_count, sheet_current;
    struct ingest_header header;
    struct ingest_raw_row raw;
};

MUST_USE bool ingest_csv_open(struct ingest_table *table, const struct ingest_options *options);
MUST_USE bool ingest_xlsx_open(struct ingest_table *table);

/* Reports key at a place; row 0 or column -1: not known. Returns false. */
bool ingest_fail(struct scope *scope, enum error_code code, const char *key, int64_t row,
                 int column);
/* The same with {limit}. */
bool ingest_fail_limit(struct scope *scope, const char *key, int64_t row, int column,
                       int64_t limit);
/*
 * Puts a filled text cell into the row, without a guarding '; blank text stays
 * blank. text must live in the row's scope.
 */
void ingest_raw_put_text(struct ingest_raw_row *row, int column, struct str text, bool is_csv);
void ingest_raw_begin(struct ingest_raw_row *row, int64_t number);

#endif
