#ifndef INGEST_TABLE_H
#define INGEST_TABLE_H

#include "base/scope.h"

/*
 * A table somebody hands in, CSV or XLSX, read row by row. The kind of file is
 * known by its first bytes, never by its name. Memory stays flat: a row lives
 * in the scope given to ingest_next(), so callers open an inner scope per row
 * or batch. (The shared strings of an XLSX are the one thing kept whole;
 * they are bounded.)
 *
 * Rows are numbered as a person sees them in the file opened with a
 * spreadsheet program: from 1, the header and blank rows included.
 */
enum {
    INGEST_FILE_SIZE_MAX = 200 * 1024 * 1024,
    INGEST_ROW_COUNT_MAX = 1000 * 1000, /* highest row number with content */
    INGEST_COLUMN_COUNT_MAX = 500,
    INGEST_CELL_SIZE_MAX = 100 * 1000, /* bytes of UTF-8 */
    INGEST_SHEET_COUNT_MAX = 200,
    INGEST_HEADER_SEARCH_MAX = 10, /* filled rows looked at to find the header */
};

enum ingest_cell_kind {
    INGEST_CELL_BLANK = 0,
    INGEST_CELL_TEXT,   /* every filled cell of a CSV */
    INGEST_CELL_NUMBER, /* XLSX; text is the number exactly as the file spells it */
    INGEST_CELL_DATE,   /* XLSX number shown as a date; text is the serial as in the file */
    INGEST_CELL_BOOL,
};

struct ingest_cell {
    enum ingest_cell_kind kind;
    bool is_true;    /* of a BOOL */
    bool has_time;   /* of a DATE: day_ms is not midnight */
    bool is_percent; /* of a NUMBER: shown as percent, so 0.15 means 15 % */
    struct str text;
    int64_t days;    /* of a DATE: local date, days since 1970-01-01 */
    int32_t day_ms;  /* of a DATE: milliseconds since local midnight */
    struct str note; /* of a BLANK that was an error in the file: "#N/A"; else empty */
};

struct ingest_row {
    int64_t number;            /* 1-based, as seen in the file */
    struct ingest_cell *cells; /* always as many as the header has names */
    int count;
    int extra_count; /* filled cells beyond the header; they are dropped */
};

enum ingest_encoding {
    INGEST_ENCODING_AUTO = 0, /* BOM, else UTF-8 when all of it is valid, else GB18030 */
    INGEST_ENCODING_UTF8,
    INGEST_ENCODING_GB18030,
    INGEST_ENCODING_UTF16LE,
    INGEST_ENCODING_UTF16BE,
};

/* All zero is the normal case. */
struct ingest_options {
    enum ingest_encoding encoding; /* CSV only */
    char delimiter;                /* CSV only; 0: found out: , ; tab | */
    int64_t header_row;            /* 0: found out (a title above the header is skipped) */
    struct str sheet;              /* XLSX: its name; empty: the first visible one */
    bool has_no_header;            /* nothing is read yet: ingest_rewind() goes to a sheet */
};

struct ingest_sheet {
    struct str name; /* empty for CSV */
    bool is_hidden;
};

struct ingest_header {
    int64_t row;
    struct str *names; /* trimmed; empty names may stand in the middle, never at the end */
    int count;
};

struct ingest_table;

/*
 * Opens and reads the header of the sheet asked for. Everything the table
 * keeps belongs to scope; file and parsers are closed when it ends. bytes must
 * live as long. Errors (MALFORMED, TOO_LARGE, INVALID, NOT_FOUND) are rows
 * "ingest.*" of base/message.c with {row} and {column} where they are known.
 */
MUST_USE bool ingest_open(struct scope *scope, struct str bytes,
                          const struct ingest_options *options, struct ingest_table **out);
MUST_USE bool ingest_open_file(struct scope *scope, const char *path,
                               const struct ingest_options *options, struct ingest_table **out);

int ingest_sheet_count(const struct ingest_table *table);
struct ingest_sheet ingest_sheet(const struct ingest_table *table, int index);
int ingest_sheet_current(const struct ingest_table *table);
struct ingest_header ingest_header(const struct ingest_table *table);
/* What was found out; UTF-8 for XLSX. */
enum ingest_encoding ingest_encoding(const struct ingest_table *table);

/*
 * Goes (back) to the first row behind the header of a sheet; header_row 0 finds
 * it out. Errors go to scope. The header's names belong to the table's scope.
 */
MUST_USE bool ingest_rewind(struct ingest_table *table, struct scope *scope, int sheet,
                            int64_t header_row);
/*
 * The next row with at least one filled cell into *row, allocated from scope;
 * *has_row is false at the end. After an error the table must be rewound.
 */
MUST_USE bool ingest_next(struct ingest_table *table, struct scope *scope,
                          struct ingest_row *row, bool *has_row);

/* "A", "B" .. "AA" for column 0, 1 .. 26. */
struct str ingest_column_name(struct scope *scope, int column);
/*
 * The cell as a person would read it: text; a number in plain digits (no
 * exponent, without the noise behind 15 digits); "2026-01-05" or
 * "2026-01-05 08:30:00"; "TRUE" / "FALSE"; empty for blank.
 */
struct str ingest_cell_text(struct scope *scope, const struct ingest_cell *cell);

#endif
