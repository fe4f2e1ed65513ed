/*
 * What became of saved views that several people use: who changed what, when, and back again.
 * Views that are part of the app have the configuration's history instead.
 */
#include "api/views.h"

static struct cell state_of(struct call *call, const struct view *view)
{
    struct json state = { .kind = JSON_KIND_MAP };
    if (!view) return cell_null();
    json_set(call->scope, &state, STR("object"), json_of_text(view->object));
    json_set(call->scope, &state, STR("name"), json_of_text(view->name));
    json_set(call->scope, &state, STR("shared"), json_of_text(view->shared));
    json_set(call->scope, &state, STR("owner"),
             json_of_text(uuid_format(call->scope, view->owner)));
    json_set(call->scope, &state, STR("body"), view->body);
    return cell_text(json_to_text(call->scope, &state));
}

static bool is_common(const struct view *view)
{
    return view && !str_is(view->shared, "me");
}

bool view_note(struct call *call, struct db_conn *conn, const struct view *before,
               const struct view *after)
{
    struct cell args[] = {
        cell_id(call->scope, (after ? after : before)->id), state_of(call, before),
        state_of(call, after), cell_int(call->context.now_ms),
        cell_id(call->scope, call->context.actor.user),
    };
    if (!is_common(before) && !is_common(after)) return true;
    return db_exec(call->scope, conn,
                   STR("INSERT INTO view_change (view, before, after, at, \"by\") VALUES "
                       "(?, ?, ?, ?, ?)"),
                   args, 5);
}

/* ---- reading ---- */

struct entry {
    int64_t id, at_ms;
    struct cell by, by_name;
    bool has_before, has_after;
    struct json before, after;
};

#define ENTRY_SELECT                                                                      \
    "SELECT h.id, h.before, h.after, h.at, h.\"by\", u.name FROM view_change AS h "       \
    "LEFT JOIN \"user\" AS u ON u.id = h.\"by\" WHERE h.view = ? "

static bool entry_take(struct call *call, const struct cell *row, struct entry *out)
{
    *out = (struct entry){ .id = row[0].integer, .at_ms = row[3].integer, .by = row[4],
                           .by_name = row[5], .has_before = row[1].kind == CELL_TEXT,
                           .has_after = row[2].kind == CELL_TEXT };
    return (!out->has_before || json_read(call->scope, row[1].text, &out->before)) &&
           (!out->has_after || json_read(call->scope, row[2].text, &out->after));
}

static const struct json *side(const struct entry *entry, bool is_after, const char *name)
{
    const struct json *state = is_after ? &entry->after : &entry->before;
    return json_get(state, name);
}

static bool is_same(const struct json *a, const struct json *b)
{
    return a && b ? json_is_same(a, b) : a == b;
}

static void put_changed_if(struct call *call, const struct json *old, const struct json *now,
                           struct str name)
{
    if (!is_same(old, now)) json_put_str(&call->out, name);
}

/* The names of what differs: "name", "shared", "where" … */
static void put_changed(struct call *call, const struct entry *entry)
{
    static const char *const heads[] = { "name", "shared" };
    const struct json *old = side(entry, false, "body"), *now = side(entry, true, "body");
    json_key(&call->out, STR("changed"));
    json_list_begin(&call->out);
    for (int i = 0; entry->has_before && entry->has_after && i < 2; i++) {
        put_changed_if(call, side(entry, false, heads[i]), side(entry, true, heads[i]),
                       str_of(heads[i]));
    }
    for (int i = 0; old && now && i < now->count; i++) {
        put_changed_if(call, json_get_str(old, now->names[i]), &now->items[i], now->names[i]);
    }
    for (int i = 0; old && now && i < old->count; i++) {
        if (!json_get_str(now, old->names[i])) json_put_str(&call->out, old->names[i]);
    }
    json_list_end(&call->out);
}

static void put_entry(struct call *call, const struct entry *entry)
{
    struct json_writer *out = &call->out;
    json_map_begin(out);
    json_member_int(out, "id", entry->id);
    json_key(out, STR("at"));
    json_put_time(out, entry->at_ms);
    member_id(out, "by", &entry->by);
    member_text(out, "by_name", &entry->by_name);
    json_member_str(out, "action", !entry->has_before  ? STR("create")
                                   : !entry->has_after ? STR("delete")
                                                       : STR("change"));
    put_changed(call, entry);
    member_tree(out, "before", entry->has_before ? &entry->before : NULL);
    member_tree(out, "after", entry->has_after ? &entry->after : NULL);
    json_map_end(out);
}

/* A state as it was kept, put into the view. */
static bool state_take(const struct json *state, struct view *out)
{
    const struct json *body = json_get(state, "body");
    out->object = json_text(state, "object");
    out->name = json_text(state, "name");
    out->shared = json_text(state, "shared");
    if (body) out->body = *body;
    return uuid_parse(json_text(state, "owner"), &out->owner);
}

/*
 * A view that is gone, as it was last. Those may read and undo who could have changed it: its owner
 * then, and who configures.
 */
static bool gone_find(struct call *call, struct view *out)
{
    struct cell arg = cell_id(call->scope, call->id);
    struct row row;
    struct entry last;
    *out = (struct view){ .id = call->id, .version = 1 };
    if (!db_one(call->scope, call->conn,
                STR(ENTRY_SELECT "ORDER BY h.id DESC LIMIT 1"), &arg, 1, &row)) {
        return false;
    }
    bool is_known = row.count > 0 && entry_take(call, row.cells, &last) && !last.has_after &&
                    state_take(&last.before, out) && view_may_edit(call, out->owner);
    return is_known || error_set(call->scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
}

/* The view as it stands; *is_there false: as it was last, and the person may know of it. */
static bool view_or_gone(struct call *call, struct view *out, bool *is_there)
{
    *is_there = view_find(call, out);
    if (*is_there) return true;
    if (call->scope->error.code != ERROR_NOT_FOUND || uuid_is_nil(call->id)) return false;
    scope_error_clear(call->scope);
    return gone_find(call, out);
}

bool api_view_history(struct call *call)
{
    struct view view;
    bool is_there;
    int limit;
    struct rows rows;
    if (!call_param_limit(call, PAGE_LIMIT, PAGE_LIMIT_MAX, &limit) ||
        !view_or_gone(call, &view, &is_there)) {
        return false;
    }
    struct cell args[] = { cell_id(call->scope, call->id), cell_int(limit) };
    if (!db_all(call->scope, call->conn,
                STR(ENTRY_SELECT "ORDER BY h.id DESC LIMIT ?"), args, 2, PAGE_LIMIT_MAX, &rows)) {
        return false;
    }
    list_begin(call);
    for (int i = 0; i < rows.count; i++) {
        struct entry entry;
        if (!entry_take(call, rows.items[i].cells, &entry)) return false;
        put_entry(call, &entry);
    }
    list_end(call);
    return true;
}

/* ---- back ---- */

struct undoing {
    struct view before; /* as it stands, or stood last */
    struct view after;
    bool is_there, is_left; /* there is one now; there is one afterwards */
};

static bool entry_load(struct call *call, struct entry *out)
{
    int64_t id;
    struct row row = { .count = 0 };
    if (str_to_int64(call->captures[1], &id)) {
        struct cell args[] = { cell_id(call->scope, call->id), cell_int(id) };
        if (!db_one(call->scope, call->conn, STR(ENTRY_SELECT "AND h.id = ?"), args, 2, &row)) {
            return false;
        }
    }
    if (row.count > 0) return entry_take(call, row.cells, out);
    return error_set(call->scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
}

/* What is another then is asked for as if it were given now: sharing, roles that begin with it. */
static bool rights_check(struct call *call, const struct view *before, const struct view *after)
{
    if (!is_same(json_get(&before->body, "default_for"), json_get(&after->body, "default_for")) &&
        !call_has_right(call, RIGHT_CONFIGURE)) {
        return error_set(call->scope, ERROR_DENIED, "access.denied", STR("default_for"));
    }
    return str_equal(before->shared, after->shared) || view_shared_check(call, after->shared);
}

/* As it was before that change, as long as what it names is still there. */
bool api_view_undo(struct call *call)
{
    struct undoing *undoing = scope_new(call->scope, struct undoing, 1);
    struct entry entry;
    call->state = undoing;
    if (!view_or_gone(call, &undoing->before, &undoing->is_there)) return false;
    if (undoing->is_there && !view_may_edit(call, undoing->before.owner)) {
        return error_set(call->scope, ERROR_DENIED, "access.denied", STR(""));
    }
    if (!entry_load(call, &entry)) return false;
    undoing->is_left = entry.has_before;
    if (!undoing->is_left) return true;
    undoing->after = undoing->before;
    return state_take(&entry.before, &undoing->after) &&
           rights_check(call, &undoing->before, &undoing->after) &&
           view_check(call, &undoing->after);
}

bool api_view_undo_write(struct call *call, struct db_conn *conn)
{
    struct undoing *undoing = call->state;
    const struct view *before = undoing->is_there ? &undoing->before : NULL;
    struct view *after = undoing->is_left ? &undoing->after : NULL;
    bool is_ok = true;
    call->request->response.status = 204;
    if (!before && !after) return true;
    if (!after) {
        is_ok = view_remove(call, conn, before);
    } else {
        is_ok = before ? view_update(call, conn, after) : view_insert(call, conn, after);
    }
    return is_ok && view_note(call, conn, before, after);
}
