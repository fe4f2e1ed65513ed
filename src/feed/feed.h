#ifndef FEED_FEED_H
#define FEED_FEED_H

#include "record/query.h"

/*
 * What has happened to records, in the order it was committed, for programs that
 * keep a copy or react. It is read from the history that every write keeps, so
 * there is nothing to switch on and nothing to lose: whoever has a position can go
 * on from there after any pause. Only what the actor may read today is told; what
 * a role may not see of a record is left out, masked values are null.
 */
enum {
    FEED_LIMIT_MAX = 500,
    FEED_SCAN_MAX = 1000, /* rows of history looked at for one page, whoever asks */
    FEED_OBJECT_COUNT_MAX = 100,
};

enum feed_kind {
    FEED_CREATE = 1 << 0,
    FEED_UPDATE = 1 << 1,
    FEED_MOVE = 1 << 2,
    FEED_DELETE = 1 << 3,
    FEED_RESTORE = 1 << 4,
    FEED_ALL = (1 << 5) - 1,
};

struct feed_query {
    int64_t after;                 /* position; 0: from the beginning */
    int64_t until;                 /* and no further; 0: to the end */
    const struct object **objects; /* object_count 0: all that the actor reads */
    int object_count;
    const struct formula *where; /* of exactly one object, as the record is today; NULL: all */
    unsigned kinds;              /* of feed_kind */
    bool has_records;            /* also the records as they are today */
    int limit;                   /* events, at most FEED_LIMIT_MAX */
};

struct feed_page {
    int count;     /* events written */
    int64_t first; /* the first one's position; 0: none */
    int64_t next;  /* go on from here */
    bool has_more; /* there is more behind it already */
};

/* The position behind everything that has happened. */
MUST_USE bool feed_end(struct scope *scope, struct db_conn *conn, int64_t *out);
/*
 * Writes "items":[…] and, when asked for, "records":{object:{"items":[…]}} as members
 * of the map that is open in the writer. A page may be empty and yet have_more: what
 * was looked at was not for this actor.
 */
MUST_USE bool feed_write(struct scope *scope, struct db_conn *conn,
                         const struct record_context *context, const struct feed_query *query,
                         struct json_writer *writer, struct feed_page *out);

/* "create", "update" …; 0: no such kind. */
enum feed_kind feed_kind_find(struct str name);
const char *feed_kind_name(enum feed_kind kind);
/* What a write was, folded over the fields of its rows of history; begins with FEED_UPDATE. */
enum feed_kind feed_kind_fold(enum feed_kind so_far, int64_t field);

#endif
