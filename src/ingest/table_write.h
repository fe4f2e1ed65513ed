#ifndef INGEST_TABLE_WRITE_H
#define INGEST_TABLE_WRITE_H

#include "base/scope.h"

/*
 * A table going out, row by row into a file: CSV, XLSX or JSON lines. Cells are typed, so
 * that a spreadsheet gets numbers and dates; nothing but the row at hand is in
 * memory.
 */
enum table_format { TABLE_CSV = 0, TABLE_XLSX, TABLE_JSONL };

enum table_kind {
    TABLE_TEXT = 0,
    TABLE_INTEGER,
    TABLE_DECIMAL, /* number counts units of 10^-scale */
    TABLE_MONEY,   /* the same, shown with thousands separators */
    TABLE_DATE,    /* number is days since 1970-01-01 */
    TABLE_MOMENT,  /* number is milliseconds UTC */
    TABLE_BOOL,    /* number is 0 or 1 */
    TABLE_SPAN,    /* number is a length of time in milliseconds: 26:30:00 */
};

struct table_column {
    struct str name;  /* key in JSON lines */
    struct str title; /* header of CSV and XLSX */
    enum table_kind kind;
    int scale;
};

struct table_value {
    bool is_set; /* false: empty cell, null */
    struct str text;
    int64_t number;
};

struct table_options {
    int zone_min;      /* moments are shown in this zone (JSON lines: UTC) */
    bool has_bom;      /* CSV: for Excel, which takes UTF-8 without it for something else */
    struct str sheet;  /* XLSX: name of the sheet, cut and cleaned; empty: "Sheet1" */
    struct str mark;    /* XLSX: who took it, when, from where: footer of each page, properties */
    struct str author;  /* XLSX: its author */
    struct str yes, no; /* how yes/no is written; empty: TRUE, FALSE */
};

enum { TABLE_ROW_COUNT_MAX = 1000 * 1000, TABLE_TEXT_MAX = 32767, TABLE_COLUMN_COUNT_MAX = 500 };

struct table_writer;

/*
 * Makes the file (0600; an existing one is replaced) and writes the header.
 * columns and options' texts must live until the end. The scope closes the file
 * when the caller gives up before table_writer_end(); the file is then of no
 * use. Errors: ERROR_STORAGE (disk), table.rows_many.
 */
MUST_USE bool table_writer_open(struct scope *scope, enum table_format format, const char *path,
                                const struct table_column *columns, int column_count,
                                const struct table_options *options, struct table_writer **out);
/* One row: as many values as columns. scope is for errors and passing work. */
MUST_USE bool table_writer_row(struct table_writer *writer, struct scope *scope,
                               const struct table_value *values);
/* Finishes the file; only after this it is whole. */
MUST_USE bool table_writer_end(struct table_writer *writer, struct scope *scope);
int64_t table_writer_row_count(const struct table_writer *writer);
/* Texts cut to TABLE_TEXT_MAX because a cell of an XLSX holds no more. */
int64_t table_writer_cut_count(const struct table_writer *writer);

#endif
