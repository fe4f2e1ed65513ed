/* What was changed in the configuration, by whom, and back again; what a change would do. */
#include "api/inner.h"
#include "engine/life.h"

static void put_entry(struct call *call, struct db_conn *conn, const struct config_entry *entry,
                      bool has_bodies)
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
    if (!member_name_of(call, conn, "by_name", "user", &entry->by)) return;
    json_member_str(out, "action", str_of(config_entry_action(entry)));
    json_member_str(out, "summary",
                    config_entry_summary(call->scope, entry, call->context.actor.language));
    json_member_bool(out, "follows", entry->is_follow);
    json_member_bool(out, "can_undo", !entry->is_lost && !entry->is_follow);
    if (has_bodies) {
        json_key(out, STR("before"));
        if (entry->has_before) {
            json_put_tree(out, &entry->before);
        } else {
            json_put_null(out);
        }
        json_key(out, STR("after"));
        if (entry->has_after) {
            json_put_tree(out, &entry->after);
        } else {
            json_put_null(out);
        }
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
    json_map_begin(&call->out);
    json_key(&call->out, STR("items"));
    json_list_begin(&call->out);
    for (int i = 0; i < count && i < limit; i++) {
        put_entry(call, call->conn, &entries[i], false);
    }
    json_list_end(&call->out);
    json_key(&call->out, STR("next"));
    if (count > limit) {
        json_put_str(&call->out,
                     scope_format(call->scope, "%lld", (long long)entries[limit - 1].id));
    } else {
        json_put_null(&call->out);
    }
    json_map_end(&call->out);
    return !error_is_set(call->scope);
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
    put_entry(call, call->conn, &entry, true);
    return !error_is_set(call->scope);
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
