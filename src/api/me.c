/* The person logged in: who they are, what they may do, what waits for them. */
#include "api/inner.h"

static bool setting_member(struct call *call, const char *name, const char *setting,
                           const char *fallback)
{
    struct str value;
    if (!setting_get(call->scope, call->conn, str_of(setting), &value)) return false;
    json_member_str(&call->out, name, value.size > 0 ? value : str_of(fallback));
    return true;
}

static bool put_user(struct call *call)
{
    const struct actor *actor = &call->context.actor;
    struct json_writer *out = &call->out;
    struct cell team = uuid_is_nil(actor->team) ? cell_null() : cell_id(call->scope, actor->team);
    json_key(out, STR("user"));
    json_map_begin(out);
    json_key(out, STR("id"));
    json_put_id(out, actor->user);
    json_member_str(out, "login", actor->login);
    json_member_str(out, "name", actor->name);
    json_member_str(out, "role", actor->role->name);
    member_label(out, "role_label", actor->role->label);
    member_id(out, "team", &team);
    if (!member_name_of(call, call->conn, "team_name", "team", &team)) return false;
    struct cell region = actor->region.size > 0 ? cell_text(actor->region) : cell_null();
    member_text(out, "region", &region);
    json_map_end(out);
    return true;
}

static bool put_workspace(struct call *call)
{
    struct str demo, setup;
    json_key(&call->out, STR("workspace"));
    json_map_begin(&call->out);
    if (!setting_member(call, "company", "company", "") ||
        !setting_member(call, "zone", "zone", "Asia/Shanghai") ||
        !setting_member(call, "currency", "currency", "CNY") ||
        !setting_get(call->scope, call->conn, STR("is_demo"), &demo) ||
        !setting_get(call->scope, call->conn, STR("setup_done"), &setup)) {
        return false;
    }
    json_member_bool(&call->out, "demo", str_is(demo, "1") || str_is(demo, "true"));
    json_member_bool(&call->out, "setup_done", !str_is(setup, "no"));
    json_map_end(&call->out);
    return true;
}

static void put_permissions(struct call *call)
{
    static const struct {
        const char *name;
        enum access_action action;
    } actions[] = {
        { "create", ACTION_CREATE }, { "read", ACTION_READ },     { "update", ACTION_UPDATE },
        { "delete", ACTION_DELETE }, { "assign", ACTION_ASSIGN }, { "export", ACTION_EXPORT },
        { "import", ACTION_IMPORT },
    };
    const struct schema *schema = call->snapshot->schema;
    const struct actor *actor = &call->context.actor;
    struct json_writer *out = &call->out;
    bool is_any[sizeof(actions) / sizeof(actions[0])] = { false };
    json_key(out, STR("objects"));
    json_map_begin(out);
    for (int i = 0; i < schema->object_count; i++) {
        const struct object *object = &schema->objects[i];
        if (object->is_builtin ||
            access_scope(call->snapshot->access, actor, object, ACTION_READ) == SCOPE_NONE) {
            continue;
        }
        json_key(out, object->name);
        json_map_begin(out);
        for (size_t a = 0; a < sizeof(actions) / sizeof(actions[0]); a++) {
            bool is_granted = access_scope(call->snapshot->access, actor, object,
                                           actions[a].action) != SCOPE_NONE;
            is_any[a] = is_any[a] || is_granted;
            json_member_bool(out, actions[a].name, is_granted);
        }
        json_map_end(out);
    }
    json_map_end(out);
    json_member_bool(out, "export", is_any[5]);
    json_member_bool(out, "import", is_any[6]);
}

bool api_me(struct call *call)
{
    struct json_writer *out = &call->out;
    json_map_begin(out);
    if (!put_user(call) || !put_workspace(call)) return false;
    json_key(out, STR("now"));
    json_put_time(out, call->context.now_ms);
    json_member_str(out, "csrf", call->session.csrf);
    json_member_str(out, "version", str_of(call->api->options.version));
    json_key(out, STR("permissions"));
    json_map_begin(out);
    json_member_bool(out, "admin", call_is_admin(call));
    json_member_bool(out, "configure", call_has_right(call, RIGHT_CONFIGURE));
    json_member_bool(out, "manage_people", call_has_right(call, RIGHT_MANAGE_PEOPLE));
    json_member_bool(out, "skip_stage", call_has_right(call, RIGHT_SKIP_STAGE));
    json_member_bool(out, "intervene", call_has_right(call, RIGHT_INTERVENE));
    json_member_bool(out, "import_history", call_has_right(call, RIGHT_IMPORT_HISTORY));
    json_member_bool(out, "audit", call_has_right(call, RIGHT_AUDIT));
    put_permissions(call);
    json_map_end(out);
    json_map_end(out);
    return true;
}

/* ---- counts ---- */

static bool count_member(struct call *call, const char *name, struct str sql,
                         const struct cell *args, int arg_count)
{
    struct row row;
    if (!db_one(call->scope, call->conn, sql, args, arg_count, &row)) return false;
    json_member_int(&call->out, name, row.cells[0].integer);
    return true;
}

static bool put_alert_counts(struct call *call)
{
    const struct object *alert = schema_object(call->snapshot->schema, STR("alert"));
    int64_t counts[LEVEL_COUNT] = { 0 };
    struct sql sql;
    struct rows rows;
    sql_begin(&sql, call->scope);
    sql_put(&sql, STR("SELECT t.level, COUNT(*) FROM alert AS t WHERE t.cleared_at IS NULL AND "));
    access_put(&sql, call->snapshot->access, &call->context.actor, call->context.now_ms, alert,
               ACTION_READ, STR("t"));
    sql_put(&sql, STR(" GROUP BY t.level"));
    if (!sql_all(call->scope, call->conn, &sql, LEVEL_COUNT, &rows)) return false;
    for (int i = 0; i < rows.count; i++) {
        int64_t level = rows.items[i].cells[0].integer;
        if (level_name(level)) counts[level] = rows.items[i].cells[1].integer;
    }
    json_key(&call->out, STR("alerts"));
    json_map_begin(&call->out);
    for (int level = LEVEL_YELLOW; level < LEVEL_COUNT; level++) {
        json_member_int(&call->out, level_name(level), counts[level]);
    }
    json_map_end(&call->out);
    return true;
}

bool api_me_counts(struct call *call)
{
    int zone_min = call->snapshot->schema->zone_min;
    int64_t today = time_local_days(call->context.now_ms, zone_min);
    struct cell me = cell_id(call->scope, call->context.actor.user);
    struct cell task_args[] = { me, cell_int(time_day_start(today + 1, zone_min)) };
    json_map_begin(&call->out);
    if (!count_member(call, "unread",
                      STR("SELECT COUNT(*) FROM message WHERE recipient = ? AND "
                          "channel = 'inbox' AND read_at IS NULL"),
                      &me, 1) ||
        !count_member(call, "tasks",
                      STR("SELECT COUNT(*) FROM task WHERE assignee = ? AND done_at IS NULL AND "
                          "(due_at IS NULL OR due_at < ?)"),
                      task_args, 2) ||
        !put_alert_counts(call)) {
        return false;
    }
    json_map_end(&call->out);
    return true;
}

/* ---- changing oneself ---- */

bool api_me_change(struct call *call)
{
    struct str locale;
    if (!call_body_map(call) || !call_text(call, "locale", true, &locale)) return false;
    if (str_is(locale, "zh-CN") || str_is(locale, "en")) return true;
    error_set(call->scope, ERROR_INVALID, "field.not_choice", STR("locale"));
    return error_arg(call->scope, "value", locale);
}

/* What everybody may change about themselves needs no right to manage people. */
bool api_me_change_write(struct call *call, struct db_conn *conn)
{
    const struct object *user = call->snapshot->access->user;
    struct change change = { object_field(user, STR("locale")),
                             cell_text(json_text(&call->body, "locale")) };
    struct write write = { .verb = WRITE_UPDATE, .object = user,
                           .id = call->context.actor.user, .changes = { &change, 1 } };
    const struct role *role = call->context.actor.role;
    call->context.actor.role = NULL;
    bool is_ok = engine_write(call->scope, conn, &call->context, &write, NULL, NULL);
    call->context.actor.role = role;
    json_map_begin(&call->out);
    json_member_str(&call->out, "locale", json_text(&call->body, "locale"));
    json_map_end(&call->out);
    return is_ok;
}

/* On a worker: both the old and the new password are slow to look at. */
bool api_me_password(struct call *call)
{
    struct str old_password, new_password, *hash = scope_new(call->scope, struct str, 1);
    struct credential credential;
    call->state = hash;
    if (!call_body_map(call) || !call_text(call, "old", true, &old_password) ||
        !call_text(call, "new", true, &new_password) ||
        !password_check(call->scope, new_password, "new") ||
        !credential_of(call->scope, call->conn, call->context.actor.user, &credential)) {
        return false;
    }
    if (!password_matches(credential.hash, old_password)) {
        return error_set(call->scope, ERROR_INVALID, "password.wrong", STR("old"));
    }
    return password_hash(call->scope, new_password, hash);
}

/* All other sessions end; this one goes on. */
bool api_me_password_write(struct call *call, struct db_conn *conn)
{
    struct cell args[] = {
        cell_id(call->scope, call->context.actor.user),
        cell_blob((struct str){ (const char *)call->session.hash, SESSION_HASH_SIZE }),
    };
    call->request->response.status = 204;
    who_ended(call->api, conn, call->context.actor.user);
    struct audit_pair pairs[] = { { "what", STR("changed") } };
    return call_audit(call, conn, "password", (struct uuid){ { 0 } }, pairs, 1) &&
           password_store(call->scope, conn, call->context.actor.user,
                          *(const struct str *)call->state, api_wall_ms()) &&
           db_exec(call->scope, conn,
                   STR("DELETE FROM session WHERE \"user\" = ? AND token_hash <> ?"), args, 2);
}
