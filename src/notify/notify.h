#ifndef NOTIFY_NOTIFY_H
#define NOTIFY_NOTIFY_H

#include "db/db.h"

/*
 * Drains the outbox: every unsent message goes to its channel, one file per
 * channel, listed once in notify.c. A message is marked sent in the write that
 * delivered it; one that fails stays unsent and is tried again.
 */
struct channel {
    const char *name;
    /* Delivers one message inside the draining write. False: not delivered, error set. */
    bool (*deliver)(struct scope *scope, struct db_conn *conn, struct uuid message,
                    struct uuid recipient, int64_t now_ms);
};
extern const struct channel channel_inbox;

/* Delivers at most count_max messages; *count is how many were waiting. Inside a write. */
MUST_USE bool notify_drain(struct scope *scope, struct db_conn *conn, int64_t now_ms,
                           int count_max, int *count);
/* True when something waits; one index probe. */
MUST_USE bool notify_is_due(struct scope *scope, struct db_conn *conn, bool *is_due);

#endif
