/* Draining: oldest first; a channel nobody knows keeps its messages for the day it exists. */
#include "notify/notify.h"

#include "base/log.h"
#include "outbox/outbox.h"

static const struct channel *const channels[] = { &channel_inbox };

static const struct channel *channel_find(struct str name)
{
    for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++) {
        if (str_is(name, channels[i]->name)) return channels[i];
    }
    return NULL;
}

static bool drain_one(struct scope *scope, struct db_conn *conn, const struct cell *cells,
                      int64_t now_ms)
{
    const struct channel *channel = channel_find(cells[1].text);
    if (!channel) {
        log_line(LOG_WARN, "no channel named %.*s", STR_ARG(cells[1].text));
        return true;
    }
    struct uuid message = cell_uuid(&cells[0]);
    return channel->deliver(scope, conn, message, cell_uuid(&cells[2]), now_ms) &&
           outbox_sent(scope, conn, message, now_ms);
}

bool notify_drain(struct scope *scope, struct db_conn *conn, int64_t now_ms, int count_max,
                  int *count)
{
    struct rows rows;
    if (!outbox_unsent(scope, conn, count_max, &rows)) return false;
    *count = rows.count;
    for (int i = 0; i < rows.count; i++) {
        if (!drain_one(scope, conn, rows.items[i].cells, now_ms)) return false;
    }
    return true;
}

bool notify_is_due(struct scope *scope, struct db_conn *conn, bool *is_due)
{
    struct row row;
    if (!db_one(scope, conn, STR("SELECT 1 FROM message WHERE sent_at IS NULL LIMIT 1"), NULL, 0,
                &row)) {
        return false;
    }
    *is_due = row.count > 0;
    return true;
}
