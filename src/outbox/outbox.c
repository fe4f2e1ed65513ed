/* The outbox is the table message: unsent while sent_at is blank. */
#include "outbox/outbox.h"

bool outbox_put(struct scope *scope, struct db_conn *conn, const struct outbox_message *message,
                int64_t now_ms, bool *is_new)
{
    struct cell args[] = {
        cell_id(scope, uuid_make(now_ms)),
        cell_id(scope, message->recipient),
        cell_text(message->channel),
        cell_int(message->level),
        message->rule.size > 0 ? cell_text(message->rule) : cell_null(),
        message->object ? cell_int(message->object) : cell_null(),
        message->object ? cell_id(scope, message->record) : cell_null(),
        cell_text(message->title),
        cell_text(message->body),
        cell_int(now_ms),
        cell_text(message->key),
    };
    if (!db_exec(scope, conn,
                 STR("INSERT INTO message (id, recipient, channel, level, rule, object, record, "
                     "title, body, created_at, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                     "ON CONFLICT (key) DO NOTHING"),
                 args, 11)) {
        return false;
    }
    if (is_new) *is_new = db_changes(conn) > 0;
    return true;
}

bool outbox_unsent(struct scope *scope, struct db_conn *conn, struct str channel, int count_max,
                   struct rows *out)
{
    struct cell args[] = { cell_text(channel), cell_int(count_max) };
    return db_all(scope, conn,
                  STR("SELECT id, recipient FROM message WHERE sent_at IS NULL AND channel = ? "
                      "ORDER BY created_at LIMIT ?"),
                  args, 2, count_max, out);
}

bool outbox_sent(struct scope *scope, struct db_conn *conn, struct uuid id, int64_t now_ms)
{
    struct cell args[] = { cell_int(now_ms), cell_id(scope, id) };
    return db_exec(scope, conn,
                   STR("UPDATE message SET sent_at = ? WHERE id = ? AND sent_at IS NULL"), args,
                   2);
}
