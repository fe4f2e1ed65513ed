#ifndef RECORD_TITLES_H
#define RECORD_TITLES_H

#include "record/record.h"

/*
 * What records and people are called, asked for a page at a time: first everything that will
 * have to be named, then the names. The first one that is asked for reads all that are wanted
 * by then, a statement per object; one that nobody wanted before costs a statement of its own.
 * What was read stays as it was: for one moment, and not across a write.
 */
struct title {
    const struct object *object;
    struct uuid id;
    bool is_name; /* of a person or team, whoever asks; else a title, for who may read the record */
    bool is_read; /* asked of the database */
    bool is_seen; /* is there, and may be read */
    struct str text; /* empty: out of sight, or there is none */
};

struct titles {
    struct scope *scope;
    const struct record_context *context;
    struct title *items;
    int count, capacity;
    int read_count; /* items before it have been read */
    int *places;    /* open addressing: 1 + index of an item; twice the capacity */
};

/* The context is referred to as long as the titles are in use. */
void titles_begin(struct titles *titles, struct scope *scope,
                  const struct record_context *context);
/* NULL and nil: nothing is wanted. */
void titles_want(struct titles *titles, const struct object *object, struct uuid id);
void titles_want_name(struct titles *titles, const struct object *object, struct uuid id);
/*
 * A record's title, empty where the actor may not see it or it is masked for them; *is_seen (may
 * be NULL): they may read the record.
 */
MUST_USE bool titles_find(struct titles *titles, struct db_conn *conn,
                          const struct object *object, struct uuid id, struct str *out,
                          bool *is_seen);
/* The name of a person or team, for everybody; false in *is_found: there is none any more. */
MUST_USE bool titles_find_name(struct titles *titles, struct db_conn *conn,
                               const struct object *object, struct uuid id, struct str *out,
                               bool *is_found);

/* ---- lists of a many-to-many field, as they were kept in the history (links.c) ---- */
void links_want(struct titles *titles, const struct field *field, const struct cell *cell);
/* Without what the actor may not read today. */
MUST_USE bool links_seen(struct titles *titles, struct db_conn *conn, const struct field *field,
                         struct cell *cell);

#endif
