/*
 * Saved views: a person's own, a team's, everybody's; beside those that are part of the app
 * (configuration of kind "view", views_app.c). What becomes of those that several people use is
 * kept (views_history.c).
 */
#include "api/views.h"

enum { VIEW_COUNT_MAX = 500, NAME_SIZE_MAX = 200, VIEW_TEXT_SIZE_MAX = 64 * 1024 };

/* Members of a view that are kept as they are, and what they must be. */
static const struct {
    const char *name;
    enum json_kind kind;
} members[] = {
    { "layout", JSON_KIND_STR },   { "where", JSON_KIND_STR },    { "order", JSON_KIND_STR },
    { "columns", JSON_KIND_LIST }, { "widths", JSON_KIND_MAP },   { "pipeline", JSON_KIND_STR },
    { "group", JSON_KIND_STR },    { "pinned", JSON_KIND_INT },   { "density", JSON_KIND_STR },
    { "colors", JSON_KIND_LIST },  { "calendar", JSON_KIND_MAP }, { "gallery", JSON_KIND_MAP },
    { "default_for", JSON_KIND_LIST },
};
enum { COLOR_COUNT_MAX = 8, MEMBER_COUNT = sizeof(members) / sizeof(members[0]) };

/* ---- out ---- */

static void put_body(struct call *call, const struct json *body)
{
    struct json_writer *out = &call->out;
    json_member_str(out, "layout",
                    json_text(body, "layout").size > 0 ? json_text(body, "layout") : STR("grid"));
    json_member_str(out, "where", json_text(body, "where"));
    json_member_str(out, "order", json_text(body, "order"));
    for (int i = 3; i < MEMBER_COUNT; i++) {
        const struct json *value = json_get(body, members[i].name);
        if (!value || value->kind != members[i].kind) continue;
        json_key(out, str_of(members[i].name));
        json_put_tree(out, value);
    }
    if (json_get(body, "columns")) return;
    json_key(out, STR("columns"));
    json_list_begin(out);
    json_list_end(out);
}

bool view_may_edit(const struct call *call, struct uuid owner)
{
    return uuid_equal(owner, call->context.actor.user) || call_has_right(call, RIGHT_CONFIGURE);
}

void view_put(struct call *call, const struct view *view)
{
    struct json_writer *out = &call->out;
    json_map_begin(out);
    json_key(out, STR("id"));
    json_put_id(out, view->id);
    json_member_int(out, "version", view->version);
    json_member_str(out, "object", view->object);
    json_member_str(out, "name", view->name);
    put_body(call, &view->body);
    json_member_str(out, "shared", view->shared);
    json_key(out, STR("owner"));
    json_put_id(out, view->owner);
    if (view->owner_name.size > 0) {
        json_member_str(out, "owner_name", view->owner_name);
    } else {
        json_member_null(out, "owner_name");
    }
    json_member_bool(out, "can_edit", view_may_edit(call, view->owner));
    json_map_end(out);
}

void view_body_copy(struct call *call, const struct json *from, struct json *to)
{
    for (int i = 0; i < MEMBER_COUNT; i++) {
        const struct json *value = json_get(from, members[i].name);
        if (value && value->kind == members[i].kind) {
            json_set(call->scope, to, str_of(members[i].name), *value);
        } else {
            json_unset(call->scope, to, str_of(members[i].name));
        }
    }
}

/* A view of the app: its name is its id. */
void view_put_app(struct call *call, const struct json *body, struct uuid adopted_from)
{
    struct json_writer *out = &call->out;
    const struct json *label = json_get(body, "label"), *position = json_get(body, "position");
    struct label both = { json_text(label, "zh"), json_text(label, "en") };
    json_map_begin(out);
    json_member_str(out, "id", json_text(body, "name"));
    json_member_str(out, "object", json_text(body, "object"));
    json_member_str(out, "name", label_text(both, call->context.actor.language));
    put_body(call, body);
    if (position) {
        json_key(out, STR("position"));
        json_put_tree(out, position);
    }
    json_member_str(out, "shared", STR("all"));
    json_member_null(out, "owner");
    json_member_null(out, "owner_name");
    json_member_bool(out, "can_edit", call_has_right(call, RIGHT_CONFIGURE));
    if (!uuid_is_nil(adopted_from)) {
        json_key(out, STR("adopted_from"));
        json_put_id(out, adopted_from);
    }
    json_map_end(out);
}

/* ---- reading ---- */

bool view_take(struct call *call, const struct cell *row, struct view *out)
{
    *out = (struct view){ .id = cell_uuid(&row[0]), .version = row[1].integer,
                          .object = row[2].text, .name = row[3].text,
                          .owner = cell_uuid(&row[4]), .shared = row[5].text };
    if (row[7].kind == CELL_TEXT) out->part = row[7].text;
    if (row[8].kind == CELL_TEXT) out->owner_name = row[8].text;
    return json_read(call->scope, row[6].text, &out->body);
}

/* One's own, all people's, and those that people of one's team share with it. */
void view_put_select(struct call *call, struct sql *sql)
{
    const struct actor *actor = &call->context.actor;
    sql_put(sql, STR("SELECT " VIEW_COLUMNS " FROM view AS v WHERE (v.owner = "));
    sql_id(sql, actor->user);
    sql_put(sql, STR(" OR v.shared = 'all' OR (v.shared = 'team' AND EXISTS (SELECT 1 FROM "
                     "\"user\" AS u WHERE u.id = v.owner AND u.team = "));
    sql_id(sql, actor->team);
    sql_put(sql, STR("))) AND (v.part IS NULL OR NOT EXISTS (SELECT 1 FROM config AS c WHERE "
                     "c.kind = 'view' AND c.name = v.part))"));
}

/* Whoever may not know of the object knows of no view of it. */
static bool is_about_seen(struct call *call, struct str name)
{
    const struct object *object = NULL;
    if (call_object_named(call, name, &object)) return true;
    scope_error_clear(call->scope);
    return false;
}

/* The saved view that one of the app was made from; nil: none. */
static struct uuid adopted_from(const struct rows *rows, struct str part)
{
    for (int i = 0; i < rows->count; i++) {
        if (str_equal(rows->items[i].cells[1].text, part)) {
            return cell_uuid(&rows->items[i].cells[0]);
        }
    }
    return (struct uuid){ { 0 } };
}

static bool put_app_views(struct call *call, struct str object)
{
    int count = 0;
    struct rows adopted;
    const struct config *configs = schema_configs(call->snapshot->schema, STR("view"), &count);
    struct cell limit = cell_int(VIEW_COUNT_MAX);
    if (!db_all(call->scope, call->conn,
                STR("SELECT v.id, v.part FROM view AS v JOIN config AS c ON c.name = v.part "
                    "WHERE c.kind = 'view' ORDER BY v.id LIMIT ?"),
                &limit, 1, VIEW_COUNT_MAX, &adopted)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        struct str about = json_text(&configs[i].body, "object");
        if (object.size > 0 && !str_equal(about, object)) continue;
        if (!is_about_seen(call, about)) continue;
        view_put_app(call, &configs[i].body, adopted_from(&adopted, configs[i].name));
    }
    return true;
}

bool api_views(struct call *call)
{
    struct str object;
    struct sql sql;
    struct rows rows;
    if (!call_param(call, "object", &object)) return false;
    sql_begin(&sql, call->scope);
    view_put_select(call, &sql);
    if (object.size > 0) {
        sql_put(&sql, STR(" AND v.object = "));
        sql_text(&sql, object);
    }
    sql_putf(&sql, " ORDER BY v.name, v.id LIMIT %d", VIEW_COUNT_MAX);
    if (!sql_all(call->scope, call->conn, &sql, VIEW_COUNT_MAX, &rows)) return false;
    list_begin(call);
    if (!put_app_views(call, object)) return false;
    for (int i = 0; i < rows.count; i++) {
        struct view view;
        if (!view_take(call, rows.items[i].cells, &view)) return false;
        if (is_about_seen(call, view.object)) view_put(call, &view);
    }
    list_end(call);
    return true;
}

/* ---- writing ---- */

static bool is_one_of(struct str text, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(text, names[i])) return true;
    }
    return false;
}

static bool not_choice(struct call *call, const char *field, struct str value)
{
    error_set(call->scope, ERROR_INVALID, "field.not_choice", str_of(field));
    return error_arg(call->scope, "value", value);
}

/* A field, or a path, that the person may see. */
static bool path_check(struct call *call, const struct object *object, struct str text,
                       struct field_path *out)
{
    return field_path_parse(call->scope, object, text, out) &&
           access_check_path(call->scope, call->snapshot->access, &call->context.actor, object,
                             out);
}

static bool blamed(struct call *call, const char *field)
{
    struct error_item *item = error_last(call->scope);
    if (item) item->field = str_of(field);
    return false;
}

/* [{"where": FORMULA, "color": NAME}]: the first that holds gives a row its colour. */
static bool colors_check(struct call *call, const struct object *object, const struct json *list)
{
    static const char *const names[] = { "blue", "green", "yellow", "orange", "red", "grey" };
    if (!list) return true;
    if (list->count > COLOR_COUNT_MAX) {
        error_set(call->scope, ERROR_INVALID, "field.too_large", STR("colors"));
        return error_arg(call->scope, "max", scope_format(call->scope, "%d", COLOR_COUNT_MAX));
    }
    for (int i = 0; i < list->count; i++) {
        struct record_query *query = scope_new(call->scope, struct record_query, 1);
        struct str color = json_text(&list->items[i], "color");
        query->object = object;
        call->source = json_text(&list->items[i], "where");
        if (!is_one_of(color, names, sizeof(names) / sizeof(names[0]))) {
            return not_choice(call, "colors", color);
        }
        if (call->source.size == 0) {
            return error_set(call->scope, ERROR_INVALID, "field.required", STR("colors"));
        }
        if (!query_parse_where(call->scope, &call->records, call->source, query)) {
            return blamed(call, "colors");
        }
    }
    return true;
}

/* What the kinds of views need: a day to stand on, a picture, fields on a card, groups. */
static bool looks_check(struct call *call, const struct object *object, const struct json *body)
{
    static const char *const layouts[] = { "grid", "board", "calendar", "gallery" };
    static const char *const densities[] = { "comfortable", "compact" };
    struct str layout = json_text(body, "layout"), density = json_text(body, "density");
    struct str group = json_text(body, "group");
    struct str day = json_text(json_get(body, "calendar"), "date");
    struct str image = json_text(json_get(body, "gallery"), "image");
    const struct json *fields = json_get(json_get(body, "gallery"), "fields");
    struct field_path path;
    if (layout.size > 0 && !is_one_of(layout, layouts, 4)) {
        return not_choice(call, "layout", layout);
    }
    if (density.size > 0 && !is_one_of(density, densities, 2)) {
        return not_choice(call, "density", density);
    }
    if (group.size > 0 && !path_check(call, object, group, &path)) return blamed(call, "group");
    if (str_is(layout, "calendar") && day.size == 0) {
        return error_set(call->scope, ERROR_INVALID, "field.required", STR("calendar"));
    }
    if (day.size > 0) {
        if (!path_check(call, object, day, &path)) return blamed(call, "calendar");
        enum value_kind kind = field_kind(path.fields[path.count - 1]);
        if (path.count > 1 || (kind != VALUE_DATE && kind != VALUE_DATETIME)) {
            return not_choice(call, "calendar", day);
        }
    }
    if (image.size > 0 && !path_check(call, object, image, &path)) return blamed(call, "gallery");
    for (int i = 0; fields && i < fields->count; i++) {
        if (!path_check(call, object, fields->items[i].text, &path)) {
            return blamed(call, "gallery");
        }
    }
    return colors_check(call, object, json_get(body, "colors"));
}

/* A view that a role begins with is everybody's. */
static bool default_check(struct call *call, const struct view *view)
{
    const struct json *roles = json_get(&view->body, "default_for");
    const struct access *access = call->snapshot->access;
    for (int i = 0; roles && i < roles->count; i++) {
        bool is_known = str_is(roles->items[i].text, "*");
        for (int r = 0; !is_known && r < access->role_count; r++) {
            is_known = str_equal(access->roles[r].name, roles->items[i].text);
        }
        if (!is_known) return not_choice(call, "default_for", roles->items[i].text);
    }
    if (roles && roles->count > 0 && !str_is(view->shared, "all")) {
        return not_choice(call, "shared", view->shared);
    }
    return true;
}

/* All that is named or written in it is looked up now, so that a broken view is never kept. */
bool view_check(struct call *call, const struct view *view)
{
    const struct object *object = NULL;
    struct record_query *query = scope_new(call->scope, struct record_query, 1);
    struct buf columns;
    const struct json *list = json_get(&view->body, "columns");
    if (str_trim(view->name).size == 0) {
        return error_set(call->scope, ERROR_INVALID, "field.required", STR("name"));
    }
    if (view->name.size > NAME_SIZE_MAX) {
        error_set(call->scope, ERROR_INVALID, "field.too_long", STR("name"));
        return error_arg(call->scope, "max", scope_format(call->scope, "%d", NAME_SIZE_MAX));
    }
    if (!call_object_named(call, view->object, &object)) return false;
    buf_begin(&columns, call->scope, VIEW_TEXT_SIZE_MAX);
    for (int i = 0; list && i < list->count; i++) {
        if (i > 0) buf_put_char(&columns, ',');
        buf_put(&columns, list->items[i].text);
    }
    query->object = object;
    call->source = json_text(&view->body, "where");
    return query_parse_where(call->scope, &call->records, call->source, query) &&
           query_parse_order(call->scope, &call->records, json_text(&view->body, "order"),
                             query) &&
           query_parse_fields(call->scope, &call->records, buf_str(&columns), query) &&
           looks_check(call, object, &view->body) && default_check(call, view);
}

bool view_shared_check(struct call *call, struct str shared)
{
    static const char *const known[] = { "me", "team", "all" };
    if (!is_one_of(shared, known, 3)) return not_choice(call, "shared", shared);
    if (str_is(shared, "me") || call_has_right(call, RIGHT_INTERVENE) ||
        call_has_right(call, RIGHT_CONFIGURE)) {
        return true;
    }
    return error_set(call->scope, ERROR_DENIED, "view.share_denied", STR("shared"));
}

static bool kind_wrong(struct call *call, int member)
{
    const char *key = members[member].kind == JSON_KIND_LIST  ? "field.not_list"
                      : members[member].kind == JSON_KIND_INT ? "field.not_integer"
                      : members[member].kind == JSON_KIND_MAP ? "request.not_map"
                                                              : "field.not_text";
    return error_set(call->scope, ERROR_INVALID, key, str_of(members[member].name));
}

bool view_merge(struct call *call, struct view *view)
{
    /* What a role begins with is for those to say who configure. */
    if (json_get(&call->body, "default_for") && !call_has_right(call, RIGHT_CONFIGURE)) {
        return error_set(call->scope, ERROR_DENIED, "access.denied", STR("default_for"));
    }
    for (int i = 0; i < MEMBER_COUNT; i++) {
        const struct json *value = json_get(&call->body, members[i].name);
        if (!value) continue;
        if (value->kind == JSON_KIND_NULL) {
            json_unset(call->scope, &view->body, str_of(members[i].name));
            continue;
        }
        if (value->kind != members[i].kind) return kind_wrong(call, i);
        json_set(call->scope, &view->body, str_of(members[i].name), *value);
    }
    if (json_get(&call->body, "name")) view->name = json_text(&call->body, "name");
    if (json_get(&call->body, "shared")) view->shared = json_text(&call->body, "shared");
    return view_shared_check(call, view->shared) && view_check(call, view);
}

bool api_view_create(struct call *call)
{
    struct view *view = scope_new(call->scope, struct view, 1);
    call->state = view;
    if (!call_body_map(call) || !call_text(call, "object", true, &view->object)) return false;
    view->shared = STR("me");
    view->body = (struct json){ .kind = JSON_KIND_MAP };
    view->owner = call->context.actor.user;
    view->owner_name = call->context.actor.name;
    view->version = 1;
    struct str id = json_text(&call->body, "id");
    if (id.size == 0) {
        view->id = uuid_make(call->context.now_ms);
    } else if (!uuid_parse(id, &view->id)) {
        return error_set(call->scope, ERROR_INVALID, "field.not_id", STR("id"));
    }
    return view_merge(call, view);
}

bool view_insert(struct call *call, struct db_conn *conn, const struct view *view)
{
    struct cell by = cell_id(call->scope, call->context.actor.user);
    struct cell now = cell_int(call->context.now_ms);
    struct cell args[] = {
        cell_id(call->scope, view->id), cell_int(view->version), cell_text(view->object),
        cell_text(view->name), cell_id(call->scope, view->owner), cell_text(view->shared),
        cell_text(json_to_text(call->scope, &view->body)), now, by, now, by,
    };
    return db_exec(call->scope, conn,
                   STR("INSERT INTO view (id, version, object, name, owner, shared, body, "
                       "created_at, created_by, updated_at, updated_by) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
                   args, 11);
}

bool view_update(struct call *call, struct db_conn *conn, struct view *view)
{
    struct cell args[] = {
        cell_text(view->name), cell_text(view->shared),
        cell_text(json_to_text(call->scope, &view->body)),
        view->part.size > 0 ? cell_text(view->part) : cell_null(),
        cell_int(call->context.now_ms), cell_id(call->scope, call->context.actor.user),
        cell_id(call->scope, view->id), cell_int(view->version),
    };
    if (!db_exec(call->scope, conn,
                 STR("UPDATE view SET name = ?, shared = ?, body = ?, part = ?, updated_at = ?, "
                     "updated_by = ?, version = version + 1 WHERE id = ? AND version = ?"),
                 args, 8)) {
        return false;
    }
    if (db_changes(conn) == 0) return error_set(call->scope, ERROR_STALE, "record.stale", STR(""));
    view->version += 1;
    return true;
}

bool view_remove(struct call *call, struct db_conn *conn, const struct view *view)
{
    struct cell args[] = { cell_id(call->scope, view->id), cell_int(view->version) };
    if (!db_exec(call->scope, conn, STR("DELETE FROM view WHERE id = ? AND version = ?"), args,
                 2)) {
        return false;
    }
    return db_changes(conn) > 0 ||
           error_set(call->scope, ERROR_STALE, "record.stale", STR(""));
}

bool api_view_create_write(struct call *call, struct db_conn *conn)
{
    const struct view *view = call->state;
    call->request->response.status = 201;
    if (!view_insert(call, conn, view) || !view_note(call, conn, NULL, view)) return false;
    view_put(call, view);
    return true;
}

bool view_find(struct call *call, struct view *out)
{
    struct sql sql;
    struct row row;
    if (!call_capture_id(call, 0, &call->id)) return false;
    sql_begin(&sql, call->scope);
    view_put_select(call, &sql);
    sql_put(&sql, STR(" AND v.id = "));
    sql_id(&sql, call->id);
    if (!sql_one(call->scope, call->conn, &sql, &row)) return false;
    if (row.count > 0 && !view_take(call, row.cells, out)) return false;
    return (row.count > 0 && is_about_seen(call, out->object)) ||
           error_set(call->scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
}

bool view_load(struct call *call, struct view *out)
{
    if (!view_find(call, out)) return false;
    if (!view_may_edit(call, out->owner)) {
        return error_set(call->scope, ERROR_DENIED, "access.denied", STR(""));
    }
    int64_t version = call_if_match(call);
    return version == 0 || version == out->version ||
           error_set(call->scope, ERROR_STALE, "record.stale", STR(""));
}

struct changing {
    struct view before, after;
};

bool api_view_change(struct call *call)
{
    if (view_is_app(call)) return view_app_change(call);
    struct changing *changing = scope_new(call->scope, struct changing, 1);
    call->state = changing;
    if (!call_body_map(call) || !view_load(call, &changing->before)) return false;
    changing->after = changing->before;
    changing->after.body = (struct json){ .kind = JSON_KIND_MAP };
    view_body_copy(call, &changing->before.body, &changing->after.body);
    return view_merge(call, &changing->after);
}

bool api_view_change_write(struct call *call, struct db_conn *conn)
{
    if (view_is_app(call)) return view_app_change_write(call, conn);
    struct changing *changing = call->state;
    if (!view_update(call, conn, &changing->after) ||
        !view_note(call, conn, &changing->before, &changing->after)) {
        return false;
    }
    view_put(call, &changing->after);
    return true;
}

bool api_view_delete(struct call *call)
{
    struct view *view = scope_new(call->scope, struct view, 1);
    call->state = view;
    return view_load(call, view);
}

bool api_view_delete_write(struct call *call, struct db_conn *conn)
{
    call->request->response.status = 204;
    return view_remove(call, conn, call->state) && view_note(call, conn, call->state, NULL);
}
