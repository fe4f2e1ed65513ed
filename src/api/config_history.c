/* What was changed in the configuration, by whom, and back again; what a change would do. */
#include "api/inner.h"

#include <inttypes.h>

#include "engine/life.h"

static void put_entry(struct call *call, const struct config_entry *entry, bool has_bodies)
{
    struct json_writer *out = &call->out;
    json_map_begin(out);
    json_member_int(out, "id", entry->id);
    json_member_str(out, "kind", entry->kind);
    json_member_str(out, "name", entry->name);
    if (entry->has_after && json_text(&entry->after, "name").size > 0) {
        json_member_str(out, "name_after", json_text(&entry->after, "name"));
    }
    json_member_int(out, "version", entry->version);
    json_key(out, STR("at"));
    json_put_time(out, entry->at_ms);
    member_id(out, "by", &entry->by);
    member_text(out, "by_name", &entry->by_name);
    json_member_str(out, "action", str_of(config_entry_action(entry)));
    json_member_str(out, "summary",
                    config_entry_summary(call->scope, entry, call->context.actor.language));
    json_member_bool(out, "follows", entry->is_follow);
    json_member_bool(out, "can_undo", !entry->is_lost && !entry->is_follow);
    if (has_bodies) {
        member_tree(out, "before", entry->has_before ? &entry->before : NULL);
        member_tree(out, "after", entry->has_after ? &entry->after : NULL);
    }
    json_map_end(out);
}

bool api_config_history(struct call *call)
{
    struct str kind, name, after;
    struct config_entry *entries;
    int limit, count;
    int64_t after_id = 0;
    if (!call_param(call, "kind", &kind) || !call_param(call, "name", &name) ||
        !call_param(call, "after", &after) ||
        !call_param_limit(call, PAGE_LIMIT, PAGE_LIMIT_MAX, &limit)) {
        return false;
    }
    if (after.size > 0 && (!str_to_int64(after, &after_id) || after_id <= 0)) {
        return error_set(call->scope, ERROR_INVALID, "query.bad_cursor", STR("after"));
    }
    if (!config_entries(call->scope, call->conn, kind, name, after_id, limit + 1, &entries,
                        &count)) {
        return false;
    }
    list_begin(call);
    for (int i = 0; i < count && i < limit; i++) put_entry(call, &entries[i], false);
    list_next(call, count > limit
                        ? scope_format(call->scope, "%" PRId64, entries[limit - 1].id)
                        : STR(""));
    json_map_end(&call->out);
    return true;
}

static bool entry_id(struct call *call, int64_t *out)
{
    if (str_to_int64(call->captures[0], out) && *out > 0) return true;
    return error_set(call->scope, ERROR_NOT_FOUND, "config.not_found", STR(""));
}

bool api_config_entry(struct call *call)
{
    struct config_entry entry;
    int64_t id;
    if (!entry_id(call, &id) || !config_entry_load(call->scope, call->conn, id, &entry)) {
        return false;
    }
    put_entry(call, &entry, true);
    return true;
}

bool api_config_undo(struct call *call, struct db_conn *conn)
{
    int64_t id, job;
    bool is_lossy = json_bool(&call->body, "lossy", false);
    call->request->response.status = 204;
    if (!entry_id(call, &id) ||
        !engine_undo(call->scope, conn, &call->context, id, is_lossy, &job)) {
        return false;
    }
    if (job == 0) return true;
    call->request->response.status = 202;
    json_map_begin(&call->out);
    json_member_int(&call->out, "job", job);
    json_map_end(&call->out);
    return true;
}
