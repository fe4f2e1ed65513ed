/* The inbox: a person's own messages, never anybody else's. */
#include "api/inner.h"

enum { READ_COUNT_MAX = 1000 };

enum message_column {
    MESSAGE_ID,
    MESSAGE_RECIPIENT,
    MESSAGE_CHANNEL,
    MESSAGE_LEVEL,
    MESSAGE_RULE,
    MESSAGE_OBJECT,
    MESSAGE_RECORD,
    MESSAGE_TITLE,
    MESSAGE_BODY,
    MESSAGE_CREATED,
    MESSAGE_SENT,
    MESSAGE_READ,
};

static void put_message(struct call *call, const struct cell *row)
{
    struct json_writer *out = &call->out;
    const char *level = level_name(row[MESSAGE_LEVEL].integer);
    json_map_begin(out);
    member_id(out, "id", &row[MESSAGE_ID]);
    member_id(out, "recipient", &row[MESSAGE_RECIPIENT]);
    member_text(out, "channel", &row[MESSAGE_CHANNEL]);
    if (level) {
        json_member_str(out, "level", str_of(level));
    } else {
        json_member_null(out, "level");
    }
    member_text(out, "rule", &row[MESSAGE_RULE]);
    member_object(call, "object", &row[MESSAGE_OBJECT]);
    member_id(out, "record", &row[MESSAGE_RECORD]);
    member_both(call, "title", &row[MESSAGE_TITLE]);
    member_both(call, "body", &row[MESSAGE_BODY]);
    member_time(out, "created_at", &row[MESSAGE_CREATED]);
    member_time(out, "sent_at", &row[MESSAGE_SENT]);
    member_time(out, "read_at", &row[MESSAGE_READ]);
    json_map_end(out);
}

static bool put_unread(struct call *call, struct db_conn *conn)
{
    struct cell me = cell_id(call->scope, call->context.actor.user);
    struct row row;
    if (!db_one(call->scope, conn,
                STR("SELECT COUNT(*) FROM message WHERE recipient = ? AND channel = 'inbox' AND "
                    "read_at IS NULL"),
                &me, 1, &row)) {
        return false;
    }
    json_member_int(&call->out, "unread", row.cells[0].integer);
    return true;
}

static bool put_filters(struct call *call, struct sql *sql)
{
    struct str after;
    bool is_given = false, is_unread = false;
    int64_t created_ms;
    struct uuid id;
    if (!call_param_bool(call, "unread", &is_given, &is_unread) ||
        !call_param(call, "after", &after)) {
        return false;
    }
    if (is_given) {
        sql_put(sql, is_unread ? STR(" AND read_at IS NULL") : STR(" AND read_at IS NOT NULL"));
    }
    if (after.size == 0) return true;
    if (!cursor_take(call->scope, after, &created_ms, 1, &id)) return false;
    sql_put(sql, STR(" AND (created_at, id) < ("));
    sql_int(sql, created_ms);
    sql_put(sql, STR(", "));
    sql_id(sql, id);
    sql_put(sql, STR(")"));
    return true;
}

bool api_messages(struct call *call)
{
    struct sql sql;
    struct rows rows;
    int limit;
    sql_begin(&sql, call->scope);
    sql_put(&sql, STR("SELECT id, recipient, channel, level, rule, object, record, title, body, "
                      "created_at, sent_at, read_at FROM message WHERE channel = 'inbox' AND "
                      "recipient = "));
    sql_id(&sql, call->context.actor.user);
    if (!call_param_limit(call, PAGE_LIMIT, PAGE_LIMIT_MAX, &limit) || !put_filters(call, &sql)) {
        return false;
    }
    sql_put(&sql, STR(" ORDER BY created_at DESC, id DESC LIMIT "));
    sql_int(&sql, limit + 1);
    if (!sql_all(call->scope, call->conn, &sql, PAGE_LIMIT_MAX + 1, &rows)) return false;
    list_begin(call);
    for (int i = 0; i < rows.count && i < limit; i++) put_message(call, rows.items[i].cells);
    struct str next = STR("");
    if (rows.count > limit) {
        const struct cell *last = rows.items[limit - 1].cells;
        next = cursor_put(call->scope, &last[MESSAGE_CREATED].integer, 1,
                          cell_uuid(&last[MESSAGE_ID]));
    }
    list_next(call, next);
    if (!put_unread(call, call->conn)) return false;
    json_map_end(&call->out);
    return true;
}

bool api_messages_read(struct call *call)
{
    if (!call_body_map(call)) return false;
    const struct json *ids = json_get(&call->body, "ids");
    if (json_bool(&call->body, "all", false)) return true;
    if (!ids || ids->kind != JSON_KIND_LIST) {
        return error_set(call->scope, ERROR_INVALID, "field.required", STR("ids"));
    }
    if (ids->count > READ_COUNT_MAX) {
        error_set(call->scope, ERROR_INVALID, "field.too_many", STR("ids"));
        return error_arg(call->scope, "max", scope_format(call->scope, "%d", READ_COUNT_MAX));
    }
    for (int i = 0; i < ids->count; i++) {
        struct uuid id;
        if (!uuid_parse(ids->items[i].text, &id)) {
            return error_set(call->scope, ERROR_INVALID, "field.not_id", STR("ids"));
        }
    }
    return true;
}

bool api_messages_read_write(struct call *call, struct db_conn *conn)
{
    const struct json *ids = json_get(&call->body, "ids");
    struct sql sql;
    sql_begin(&sql, call->scope);
    sql_put(&sql, STR("UPDATE message SET read_at = "));
    sql_int(&sql, call->context.now_ms);
    sql_put(&sql, STR(" WHERE read_at IS NULL AND recipient = "));
    sql_id(&sql, call->context.actor.user);
    if (!json_bool(&call->body, "all", false)) {
        sql_put(&sql, STR(" AND id IN (NULL"));
        for (int i = 0; i < ids->count; i++) {
            struct uuid id;
            if (!uuid_parse(ids->items[i].text, &id)) continue;
            sql_put(&sql, STR(", "));
            sql_id(&sql, id);
        }
        sql_put(&sql, STR(")"));
    }
    if (!sql_exec(call->scope, conn, &sql)) return false;
    json_map_begin(&call->out);
    if (!put_unread(call, conn)) return false;
    json_map_end(&call->out);
    return true;
}
