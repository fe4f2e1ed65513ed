#ifndef INGEST_TABLE_WRITE_INNER_H
#define INGEST_TABLE_WRITE_INNER_H

#include <stdio.h>

#include "base/buf.h"
#include "ingest/table_write.h"

/* What the three writers share; seen only inside this room. */
struct table_file {
    bool (*begin)(struct table_writer *writer, struct scope *scope, const char *path);
    bool (*row)(struct table_writer *writer, struct scope *scope,
                const struct table_value *values);
    bool (*end)(struct table_writer *writer, struct scope *scope);
};

struct table_writer {
    const struct table_file *file;
    const struct table_column *columns;
    int column_count;
    struct table_options options;
    int64_t row_count, cut_count;
    FILE *stream;   /* CSV, JSON lines */
    void *workbook; /* XLSX */
    struct xlsx_sheet_writer *sheet;
};

extern const struct table_file table_file_csv, table_file_jsonl, table_file_xlsx;

bool table_stream_open(struct table_writer *writer, struct scope *scope, const char *path);
bool table_stream_put(struct table_writer *writer, struct scope *scope, struct str text);
bool table_stream_end(struct table_writer *writer, struct scope *scope);
/* A value as text of a CSV; XLSX uses it where a number would not be exact. */
struct str table_value_text(struct scope *scope, const struct table_writer *writer,
                            const struct table_column *column, const struct table_value *value);

#endif
