#ifndef INGEST_EXPORT_H
#define INGEST_EXPORT_H

#include "engine/engine.h"
#include "ingest/table_write.h"

/*
 * Records as a file: what the person may export (ACTION_EXPORT), with their field
 * masks, row by row. With is_plain headers are API names and values as the API
 * writes them (references are ids); else headers are labels and values as people
 * read them (references are titles). Both go back in through an import unchanged.
 */
struct export_options {
    struct str object, where, order, fields; /* as the list's query parameters */
    struct str text;                         /* q= */
    enum table_format format;                /* JSON lines are always plain */
    bool is_plain;
    struct str mark; /* who takes it, when, from where and its number in the audit; may be empty */
};
bool export_format_read(struct str text, enum table_format *out);
const char *export_content_type(enum table_format format);

/* Writes the file at path; inside a snapshot of the database. */
MUST_USE bool export_run(struct scope *scope, struct db_conn *conn,
                         const struct engine_context *context,
                         const struct export_options *options, const char *path,
                         int64_t *row_count);

#endif
