#ifndef RECORD_INNER_H
#define RECORD_INNER_H

#include "record/record.h"

/* What the files of this room share; nobody else includes it. */

/* The object's columns in the order of its fields, each as alias."column". */
void record_put_columns(struct sql *sql, const struct object *object, struct str alias);
/* Id, version, who and when; what is given of created_at and created_by stays. */
void record_fill_system(struct scope *scope, const struct record_context *context,
                        struct record *record);

/* Cells of a row selected with record_put_columns(); how many there were. */
int record_take_cells(const struct object *object, const struct row *row, struct cell *cells);
/* A value as one of its kind: PostgreSQL could not tell the type of a blank one. */
void record_put_typed(struct sql *sql, struct cell cell, enum value_kind kind);

/* ---- updating ---- */
/* Does after differ? Then it gets its version, and by whom and when it came about. */
bool record_advance(struct scope *scope, const struct record_context *context,
                    const struct record *before, struct record *after);
bool record_is_search_changed(const struct record *before, const struct record *after);
/* Are changes of the field told in the history? */
bool history_has(const struct field *field);
/* What differs in each of the records, field by field; in those that are the same nothing does. */
MUST_USE bool history_put(struct scope *scope, struct db_conn *conn,
                          const struct record_context *context, const struct record *before,
                          const struct record *after, int count);
struct cell history_text(struct scope *scope, const struct field *field, const struct cell *cell);

/* ---- many-to-many (links.c) ---- */
/* What new records name, in the link tables. */
MUST_USE bool links_insert(struct scope *scope, struct db_conn *conn,
                           const struct record *records, int count);
/* The link tables follow what differs. */
MUST_USE bool links_follow(struct scope *scope, struct db_conn *conn, const struct record *before,
                           const struct record *after);
/* "(SELECT its values under the names of their columns) AS v", blank ones by their defaults. */
void record_put_draft(struct sql *sql, const struct record_context *context,
                      const struct record *record, bool has_defaults);

/* Which stored formulas stand on others of their record: those of level 0 on none. */
struct stored_levels {
    int *of; /* by field index */
    int count;
};
struct stored_levels stored_levels(struct scope *scope, const struct object *object);

/*
 * The record's words for the search are made anew before the commit: with words
 * waiting in its index, each further statement that may have to be taken back would
 * make the database write them out first.
 */
void words_follow(struct db_conn *conn, const struct record *record);

#endif
