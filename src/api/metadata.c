/*
 * What the app is made of: objects, fields, pipelines, roles, rules, the app's
 * own settings. All from the snapshot; asked again, the answer is 304 until the
 * configuration changes. What a role may not see is left out.
 */
#include "api/inner.h"

enum { OBJECT_TEXT_SIZE_MAX = 4 * 1024 * 1024 };

/* ---- objects ---- */

static bool may_read(const struct call *call, const struct object *object)
{
    return access_scope(call->snapshot->access, &call->context.actor, object, ACTION_READ) !=
           SCOPE_NONE;
}

static bool is_field_hidden(const struct call *call, const struct object *object, struct str name)
{
    const struct field *field = object_field(object, name);
    return field && access_field_mode(call->snapshot->access, &call->context.actor, object,
                                      field) == FIELD_HIDDEN;
}

static bool is_relation_hidden(const struct call *call, const struct object *object,
                               const struct json *relation)
{
    const struct object *from =
        schema_object(call->snapshot->schema, json_text(relation, "object"));
    bool is_own = json_bool(relation, "many", false) && !json_bool(relation, "back", false);
    return !from || !may_read(call, from) ||
           is_field_hidden(call, is_own ? object : from, json_text(relation, "field"));
}

/* As defined, and what it is for who asks: "mode", and for a masked one whether it is revealed. */
static void put_field(struct call *call, const struct object *object, const struct json *item)
{
    const struct access *access = call->snapshot->access;
    const struct actor *actor = &call->context.actor;
    const struct field *field = object_field(object, json_text(item, "name"));
    enum field_mode mode =
        field ? access_field_mode(access, actor, object, field) : FIELD_VISIBLE;
    if (mode == FIELD_VISIBLE) {
        json_put_tree(&call->out, item);
        return;
    }
    bool needs_reason = false;
    json_map_begin(&call->out);
    for (int i = 0; i < item->count; i++) {
        json_key(&call->out, item->names[i]);
        json_put_tree(&call->out, &item->items[i]);
    }
    json_member_str(&call->out, "mode", str_of(access_mode_name(mode)));
    if (mode == FIELD_MASKED && access_can_reveal(access, actor, field, &needs_reason)) {
        json_member_str(&call->out, "reveal", needs_reason ? STR("reason") : STR("yes"));
    }
    json_map_end(&call->out);
}

static bool put_list(struct call *call, const struct object *object, const char *name,
                     const struct json *list)
{
    bool is_fields = strcmp(name, "fields") == 0;
    json_key(&call->out, str_of(name));
    json_list_begin(&call->out);
    for (int i = 0; i < list->count; i++) {
        const struct json *item = &list->items[i];
        bool is_hidden = is_fields
                             ? is_field_hidden(call, object, json_text(item, "name"))
                             : is_relation_hidden(call, object, item);
        if (is_hidden) continue;
        if (is_fields) {
            put_field(call, object, item);
        } else {
            json_put_tree(&call->out, item);
        }
    }
    json_list_end(&call->out);
    return true;
}

static bool put_object(struct call *call, const struct object *object)
{
    struct buf text;
    struct json_writer writer;
    struct json tree;
    buf_begin(&text, call->scope, OBJECT_TEXT_SIZE_MAX);
    json_begin(&writer, &text);
    schema_write_object(&writer, object);
    if (!json_read(call->scope, buf_str(&text), &tree)) return false;
    json_map_begin(&call->out);
    if (call->job != 0) json_member_int(&call->out, "job", call->job);
    for (int i = 0; i < tree.count; i++) {
        bool is_filtered = str_is(tree.names[i], "fields") || str_is(tree.names[i], "relations");
        if (is_filtered) {
            put_list(call, object, scope_copy(call->scope, tree.names[i]).data, &tree.items[i]);
        } else {
            json_key(&call->out, tree.names[i]);
            json_put_tree(&call->out, &tree.items[i]);
        }
    }
    json_map_end(&call->out);
    return true;
}

/* ---- kept texts: putting all definitions together takes milliseconds ---- */

static struct text_slot *slot_of(const struct call *call)
{
    const struct role *role = call->context.actor.role;
    return &call->api->texts[(unsigned)(role ? role->id : 0) % TEXT_SLOT_COUNT];
}

static bool text_take(struct call *call)
{
    const struct role *role = call->context.actor.role;
    struct text_slot *slot = slot_of(call);
    pthread_mutex_lock(&call->api->text_lock);
    bool is_kept = slot->version == call->snapshot->version && role && slot->role == role->id;
    if (is_kept) buf_put(call->out.out, slot->text);
    pthread_mutex_unlock(&call->api->text_lock);
    return is_kept;
}

static void text_keep(struct call *call)
{
    const struct role *role = call->context.actor.role;
    struct text_slot *slot = slot_of(call);
    if (!role || call->out.out->is_over) return;
    pthread_mutex_lock(&call->api->text_lock);
    if (slot->version != 0) scope_end(&slot->scope);
    scope_begin(&slot->scope);
    slot->text = scope_copy(&slot->scope, buf_str(call->out.out));
    slot->version = call->snapshot->version;
    slot->role = role->id;
    pthread_mutex_unlock(&call->api->text_lock);
}

void texts_end(struct api *api)
{
    pthread_mutex_lock(&api->text_lock);
    for (int i = 0; i < TEXT_SLOT_COUNT; i++) {
        if (api->texts[i].version != 0) scope_end(&api->texts[i].scope);
        api->texts[i].version = 0;
    }
    pthread_mutex_unlock(&api->text_lock);
}

bool api_objects(struct call *call)
{
    const struct schema *schema = call->snapshot->schema;
    if (call_etag_schema(call) || text_take(call)) return true;
    list_begin(call);
    for (int i = 0; i < schema->object_count; i++) {
        const struct object *object = &schema->objects[i];
        if (object->is_builtin || !may_read(call, object)) continue;
        if (!put_object(call, object)) return false;
    }
    list_end(call);
    text_keep(call);
    return true;
}

bool api_object(struct call *call)
{
    if (!call_object(call)) return false;
    return call_etag_schema(call) || put_object(call, call->object);
}

bool api_object_finish(struct call *call)
{
    const struct snapshot *snapshot = snapshot_take(call->api->engine);
    snapshot_release(call->api->engine, call->snapshot);
    call->snapshot = snapshot;
    call->context.snapshot = snapshot;
    call->context.actor.role = NULL; /* of the old snapshot; who configures may see it */
    const struct object *object =
        schema_object(snapshot->schema, *(const struct str *)call->state);
    return !object || put_object(call, object);
}

/* ---- pipelines ---- */

bool api_pipelines(struct call *call)
{
    const struct schema *schema = call->snapshot->schema;
    if (call_etag_schema(call)) return true;
    list_begin(call);
    for (int i = 0; i < schema->pipeline_count; i++) {
        if (!may_read(call, schema->pipelines[i].object)) continue;
        schema_write_pipeline(&call->out, &schema->pipelines[i]);
    }
    list_end(call);
    return true;
}

bool api_pipeline(struct call *call)
{
    const struct pipeline *pipeline =
        schema_pipeline(call->snapshot->schema, call->captures[0]);
    if (!pipeline || !may_read(call, pipeline->object)) {
        return error_set(call->scope, ERROR_NOT_FOUND, "config.not_found", STR(""));
    }
    if (call_etag_schema(call)) return true;
    schema_write_pipeline(&call->out, pipeline);
    return true;
}

bool api_pipeline_finish(struct call *call)
{
    const struct snapshot *snapshot = snapshot_take(call->api->engine);
    snapshot_release(call->api->engine, call->snapshot);
    call->snapshot = snapshot;
    const struct pipeline *pipeline =
        schema_pipeline(snapshot->schema, *(const struct str *)call->state);
    if (pipeline) schema_write_pipeline(&call->out, pipeline);
    return true;
}

/* ---- other configuration ---- */

void put_configs(struct call *call, const char *kind)
{
    int count = 0;
    const struct config *configs = schema_configs(call->snapshot->schema, str_of(kind), &count);
    list_begin(call);
    for (int i = 0; i < count; i++) json_put_tree(&call->out, &configs[i].body);
    list_end(call);
}

bool api_rules(struct call *call)
{
    if (!call_etag_schema(call)) put_configs(call, "rule");
    return true;
}

bool api_rule(struct call *call)
{
    const struct config *config =
        schema_config(call->snapshot->schema, STR("rule"), call->captures[0]);
    if (!config) return error_set(call->scope, ERROR_NOT_FOUND, "config.not_found", STR(""));
    if (!call_etag_schema(call)) json_put_tree(&call->out, &config->body);
    return true;
}

bool api_app(struct call *call)
{
    int count = 0;
    const struct config *config =
        schema_configs(call->snapshot->schema, STR("app"), &count);
    if (!config) return error_set(call->scope, ERROR_NOT_FOUND, "config.not_found", STR(""));
    if (call_etag_schema(call)) return true;
    struct json body = config->body;
    json_set(call->scope, &body, STR("layouts"), layouts_for(call));
    json_put_tree(&call->out, &body);
    return true;
}

/*
 * Logins of the demo, on the login page, as the demo left them in the settings.
 * There the passwords are no secret; in any other workspace there is nothing.
 */
bool api_demo(struct call *call)
{
    struct str logins;
    struct json list;
    if (!setting_get(call->scope, call->conn, STR("demo_logins"), &logins)) return false;
    if (logins.size == 0) {
        return error_set(call->scope, ERROR_NOT_FOUND, "config.not_found", STR(""));
    }
    if (!json_read(call->scope, logins, &list)) return false;
    json_map_begin(&call->out);
    json_key(&call->out, STR("logins"));
    json_put_tree(&call->out, &list);
    json_map_end(&call->out);
    return true;
}
