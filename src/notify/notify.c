/* Draining: oldest first; a channel nobody knows keeps its messages for the day it exists. */
#include "notify/notify.h"

#include "outbox/outbox.h"

static const struct channel *const channels[] = { &channel_inbox };
enum { CHANNEL_COUNT = sizeof(channels) / sizeof(channels[0]) };

static bool drain_channel(struct scope *scope, struct db_conn *conn,
                          const struct channel *channel, int64_t now_ms, int count_max,
                          int *count)
{
    struct rows rows;
    if (!outbox_unsent(scope, conn, str_of(channel->name), count_max, &rows)) return false;
    for (int i = 0; i < rows.count; i++) {
        struct uuid message = cell_uuid(&rows.items[i].cells[0]);
        struct uuid recipient = cell_uuid(&rows.items[i].cells[1]);
        if (!channel->deliver(scope, conn, message, recipient, now_ms) ||
            !outbox_sent(scope, conn, message, now_ms)) {
            return false;
        }
    }
    *count += rows.count;
    return true;
}

bool notify_drain(struct scope *scope, struct db_conn *conn, int64_t now_ms, int count_max,
                  int *count)
{
    *count = 0;
    for (int i = 0; i < CHANNEL_COUNT && *count < count_max; i++) {
        if (!drain_channel(scope, conn, channels[i], now_ms, count_max - *count, count)) {
            return false;
        }
    }
    return true;
}

bool notify_is_due(struct scope *scope, struct db_conn *conn, bool *is_due)
{
    *is_due = false;
    for (int i = 0; i < CHANNEL_COUNT && !*is_due; i++) {
        struct rows rows;
        if (!outbox_unsent(scope, conn, str_of(channels[i]->name), 1, &rows)) return false;
        *is_due = rows.count > 0;
    }
    return true;
}
