/*
 * Views that are part of the app: configuration, with its history, in packs, for everybody. A
 * shared view becomes one and may be taken out again; its row stays behind, out of sight as long
 * as the configuration has the name, so that taking the configuration's change back (or removing
 * the view by a pack) brings it back.
 */
#include "api/views.h"

bool view_is_app(const struct call *call)
{
    struct uuid id;
    return !uuid_parse(call->captures[0], &id);
}

static bool app_load(struct call *call, const struct config **out)
{
    const struct object *seen = NULL;
    *out = schema_config(call->snapshot->schema, STR("view"), call->captures[0]);
    if (*out && call_object_named(call, json_text(&(*out)->body, "object"), &seen)) return true;
    scope_error_clear(call->scope);
    return error_set(call->scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
}

static bool may_configure(struct call *call)
{
    return call_has_right(call, RIGHT_CONFIGURE) ||
           error_set(call->scope, ERROR_DENIED, "access.denied", STR(""));
}

static bool app_store(struct call *call, struct db_conn *conn, const struct json *body,
                      struct uuid adopted_from)
{
    struct schema_part part = { .kind = STR("view"), .name = json_text(body, "name"),
                                .body = *body };
    if (!engine_configure(call->scope, conn, &call->context, &part, 1)) return false;
    view_put_app(call, body, adopted_from);
    return true;
}

/* What it is called: a text is the word of the language the person reads. */
static void label_take(struct call *call, struct json *body)
{
    const struct json *name = json_get(&call->body, "name");
    const struct json *label = json_get(&call->body, "label");
    const struct json *old = json_get(body, "label");
    struct json both = { .kind = JSON_KIND_MAP };
    bool is_zh = call->context.actor.language == LANGUAGE_ZH;
    if (label && label->kind == JSON_KIND_MAP) {
        json_set(call->scope, body, STR("label"), *label);
        return;
    }
    if (!name || name->kind != JSON_KIND_STR) return;
    struct str zh = json_text(old, "zh"), en = json_text(old, "en");
    json_set(call->scope, &both, STR("zh"), json_of_text(is_zh || !old ? name->text : zh));
    json_set(call->scope, &both, STR("en"), json_of_text(!is_zh || !old ? name->text : en));
    json_set(call->scope, body, STR("label"), both);
}

bool view_app_change(struct call *call)
{
    const struct config *config = NULL;
    struct view *view = scope_new(call->scope, struct view, 1);
    call->state = view;
    if (!call_body_map(call) || !app_load(call, &config) || !may_configure(call)) return false;
    const struct json *shared = json_get(&call->body, "shared");
    if (shared && (shared->kind != JSON_KIND_STR || !str_is(shared->text, "all"))) {
        return error_set(call->scope, ERROR_INVALID, "view.app_is_all", STR("shared"));
    }
    view->object = json_text(&config->body, "object");
    view->name = config->name;
    view->shared = STR("all");
    view->body = (struct json){ .kind = JSON_KIND_MAP };
    view_body_copy(call, &config->body, &view->body);
    return view_merge(call, view);
}

bool view_app_change_write(struct call *call, struct db_conn *conn)
{
    const struct view *view = call->state;
    struct json body;
    if (!config_body_load(call, conn, "view", call->captures[0], &body)) return false;
    view_body_copy(call, &view->body, &body);
    label_take(call, &body);
    return app_store(call, conn, &body, (struct uuid){ { 0 } });
}

/* ---- in ---- */

bool api_view_adopt(struct call *call)
{
    struct view *view = scope_new(call->scope, struct view, 1);
    call->state = view;
    if (!call_body_map(call) || !view_load(call, view)) return false;
    if (str_is(view->shared, "me")) {
        return error_set(call->scope, ERROR_INVALID, "view.is_personal", STR("shared"));
    }
    return view_check(call, view);
}

static bool name_is_free(const struct call *call, struct str name)
{
    return !schema_config(call->snapshot->schema, STR("view"), name);
}

/* As asked for; else the one it had before, or the object's next. */
static bool name_choose(struct call *call, const struct view *view, struct str *out)
{
    *out = json_text(&call->body, "name");
    if (out->size > 0 && !name_is_valid(*out)) {
        return error_set(call->scope, ERROR_INVALID, "schema.name", STR("name"));
    }
    if (out->size > 0) {
        return name_is_free(call, *out) ||
               error_set(call->scope, ERROR_CONFLICT, "schema.duplicate", STR("name"));
    }
    *out = view->part;
    for (int i = 1; out->size == 0 || !name_is_free(call, *out); i++) {
        *out = scope_format(call->scope, "%.*s_view_%d", STR_ARG(view->object), i);
    }
    return true;
}

bool api_view_adopt_write(struct call *call, struct db_conn *conn)
{
    struct view *view = call->state;
    struct json body = { .kind = JSON_KIND_MAP }, label = { .kind = JSON_KIND_MAP };
    const struct json *given = json_get(&call->body, "label");
    const struct json *position = json_get(&call->body, "position");
    struct str name;
    if (!name_choose(call, view, &name)) return false;
    json_set(call->scope, &label, STR("zh"), json_of_text(view->name));
    json_set(call->scope, &label, STR("en"), json_of_text(view->name));
    json_set(call->scope, &body, STR("name"), json_of_text(name));
    json_set(call->scope, &body, STR("object"), json_of_text(view->object));
    json_set(call->scope, &body, STR("label"),
             given && given->kind == JSON_KIND_MAP ? *given : label);
    view_body_copy(call, &view->body, &body);
    if (position && position->kind == JSON_KIND_INT) {
        json_set(call->scope, &body, STR("position"), *position);
    }
    view->part = name;
    return view_update(call, conn, view) && app_store(call, conn, &body, view->id);
}

/* ---- out ---- */

bool api_view_release(struct call *call)
{
    const struct config *config = NULL;
    return app_load(call, &config) && may_configure(call);
}

/* The row it was made from, or a new one: everybody's, as it stands in the app. */
static bool row_find(struct call *call, struct db_conn *conn, struct str name, struct view *out,
                     bool *is_there)
{
    struct cell arg = cell_text(name);
    struct row row;
    if (!db_one(call->scope, conn,
                STR("SELECT " VIEW_COLUMNS " FROM view AS v WHERE v.part = ? ORDER BY v.id "
                    "LIMIT 1"),
                &arg, 1, &row)) {
        return false;
    }
    *is_there = row.count > 0;
    if (*is_there) return view_take(call, row.cells, out);
    *out = (struct view){ .id = uuid_make(call->context.now_ms), .version = 1,
                          .owner = call->context.actor.user,
                          .owner_name = call->context.actor.name };
    return true;
}

bool api_view_release_write(struct call *call, struct db_conn *conn)
{
    struct json body;
    struct view view;
    bool is_there = false;
    struct str name = call->captures[0];
    if (!config_body_load(call, conn, "view", name, &body) ||
        !row_find(call, conn, name, &view, &is_there)) {
        return false;
    }
    const struct json *label = json_get(&body, "label");
    struct label both = { json_text(label, "zh"), json_text(label, "en") };
    view.object = json_text(&body, "object");
    view.name = label_text(both, call->context.actor.language);
    view.shared = STR("all");
    view.part = STR("");
    view.body = (struct json){ .kind = JSON_KIND_MAP };
    view_body_copy(call, &body, &view.body);
    bool is_ok = engine_unconfigure(call->scope, conn, &call->context, STR("view"), name) &&
                 (is_there ? view_update(call, conn, &view) : view_insert(call, conn, &view));
    if (is_ok) view_put(call, &view);
    return is_ok;
}
