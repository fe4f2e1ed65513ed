#ifndef OUTBOX_OUTBOX_H
#define OUTBOX_OUTBOX_H

#include "db/db.h"

/*
 * What people must be told, written in the transaction of what happened. A row
 * stays unsent until notify/ has delivered it; its key makes it go out once.
 */
struct outbox_message {
    struct uuid recipient;
    struct str channel; /* "inbox"; later "mail", "wecom" … */
    int level;          /* LEVEL_NONE … LEVEL_RED of schema.h */
    struct str rule;
    int object;         /* 0: about no record */
    struct uuid record;
    struct str title, body; /* {"zh","en"} as JSON, so that a reader gets their own language */
    struct str key;         /* same key, same message: it is not told twice */
};

/* *is_new is false when a message of this key exists already (may be NULL). */
MUST_USE bool outbox_put(struct scope *scope, struct db_conn *conn,
                         const struct outbox_message *message, int64_t now_ms, bool *is_new);
/* The oldest unsent rows of a channel, at most count_max: (id, recipient). */
MUST_USE bool outbox_unsent(struct scope *scope, struct db_conn *conn, struct str channel,
                            int count_max, struct rows *out);
MUST_USE bool outbox_sent(struct scope *scope, struct db_conn *conn, struct uuid id,
                          int64_t now_ms);

#endif
