/*
 * One change taken back. What the change made of a member goes back to what it was, when
 * the member is still as the change left it; what was not part of the change stays as it is
 * now. Only a member changed again since is a conflict, and is named.
 */
#include "base/time.h"
#include "engine/job.h"
#include "engine/life.h"
#include "schema/calendar.h"

enum { PATH_SIZE_MAX = 400 };

struct merge {
    struct scope *scope;
    bool is_ok;
};

static bool is_same(const struct merge *m, const struct json *a, const struct json *b)
{
    if (!a || !b) return a == b;
    return str_equal(json_to_text(m->scope, a), json_to_text(m->scope, b));
}

static void conflict(struct merge *m, struct str path)
{
    m->is_ok = error_add(m->scope, ERROR_CONFLICT, "config.undo_conflict", path);
    error_arg(m->scope, "where", path);
}

static bool is_map(const struct json *json)
{
    return json && json->kind == JSON_KIND_MAP;
}

/* A list whose members are known by id or name. */
static bool is_keyed(const struct json *list)
{
    if (!list || list->kind != JSON_KIND_LIST) return false;
    for (int i = 0; i < list->count; i++) {
        if (json_text(&list->items[i], "name").size == 0) return false;
    }
    return true;
}

static const struct json *same_in(const struct json *list, const struct json *item)
{
    int64_t id = json_int(item, "id", 0);
    for (int i = 0; id != 0 && i < list->count; i++) {
        if (json_int(&list->items[i], "id", 0) == id) return &list->items[i];
    }
    for (int i = 0; id == 0 && i < list->count; i++) {
        bool is_it = str_equal(json_text(&list->items[i], "name"), json_text(item, "name"));
        if (is_it) return &list->items[i];
    }
    return NULL;
}

static const struct json *take_back(struct merge *m, struct str path, const struct json *before,
                                    const struct json *after, const struct json *current);

static const struct json *list_merge(struct merge *m, struct str path, const struct json *before,
                                     const struct json *after, const struct json *current)
{
    struct json *out = scope_new(m->scope, struct json, 1);
    *out = (struct json){ .kind = JSON_KIND_LIST,
                          .items = scope_new(m->scope, struct json,
                                             before->count + current->count + 1) };
    for (int i = 0; i < current->count; i++) {
        const struct json *now = &current->items[i];
        struct str inner = scope_format(m->scope, "%.*s.%.*s", STR_ARG(path),
                                        STR_ARG(json_text(now, "name")));
        const struct json *kept = take_back(m, inner, same_in(before, now), same_in(after, now),
                                            now);
        if (kept) out->items[out->count++] = *kept;
    }
    for (int i = 0; i < before->count; i++) {
        const struct json *was = &before->items[i];
        if (same_in(current, was)) continue;
        struct str inner = scope_format(m->scope, "%.*s.%.*s", STR_ARG(path),
                                        STR_ARG(json_text(was, "name")));
        const struct json *kept = take_back(m, inner, was, same_in(after, was), NULL);
        if (!kept) continue;
        int at = i < out->count ? i : out->count; /* where it stood */
        memmove(out->items + at + 1, out->items + at,
                sizeof(*out->items) * (size_t)(out->count - at));
        out->items[at] = *kept;
        out->count += 1;
    }
    return out;
}

static const struct json *map_merge(struct merge *m, struct str path, const struct json *before,
                                    const struct json *after, const struct json *current)
{
    struct json *out = scope_new(m->scope, struct json, 1);
    int room = before->count + current->count + 1;
    *out = (struct json){ .kind = JSON_KIND_MAP, .names = scope_new(m->scope, struct str, room),
                          .items = scope_new(m->scope, struct json, room) };
    for (int side = 0; side < 2; side++) {
        const struct json *names = side == 0 ? current : before;
        for (int i = 0; i < names->count; i++) {
            struct str name = names->names[i];
            const struct json *now = json_get_str(current, name);
            if (side == 1 && now) continue;
            struct str inner = path.size > 0 ? scope_format(m->scope, "%.*s.%.*s",
                                                            STR_ARG(path), STR_ARG(name))
                                             : name;
            bool is_kept = str_is(name, "aliases") || str_is(name, "gone");
            const struct json *kept = is_kept ? now
                                              : take_back(m, inner, json_get_str(before, name),
                                                          json_get_str(after, name), now);
            if (!kept) continue;
            out->names[out->count] = name;
            out->items[out->count++] = *kept;
        }
    }
    return out;
}

/* NULL: absent. As deep as JSON_DEPTH_MAX. */
static const struct json *take_back(struct merge *m, struct str path, const struct json *before,
                                    const struct json *after, const struct json *current)
{
    if (is_same(m, before, after) || is_same(m, before, current)) return current;
    if (is_same(m, after, current)) return before;
    if (is_map(before) && is_map(after) && is_map(current)) {
        return map_merge(m, path, before, after, current);
    }
    if (is_keyed(before) && is_keyed(after) && is_keyed(current)) {
        return list_merge(m, path, before, after, current);
    }
    conflict(m, path);
    return current;
}

bool config_take_back(struct scope *scope, const struct json *before, const struct json *after,
                      const struct json *current, struct json *out)
{
    struct merge m = { .scope = scope, .is_ok = true };
    *out = *map_merge(&m, STR(""), before, after, current);
    return m.is_ok;
}

static bool current_load(struct scope *scope, struct db_conn *conn,
                         const struct config_entry *entry, struct str *name, bool *is_there,
                         struct json *body)
{
    struct cell args[] = { cell_text(entry->kind), cell_int(entry->config) };
    struct row row;
    if (!db_one(scope, conn, STR("SELECT name, body FROM config WHERE kind = ? AND id = ?"), args,
                2, &row)) {
        return false;
    }
    *is_there = row.count > 0;
    if (!*is_there) return true;
    *name = row.cells[0].text;
    return json_read(scope, row.cells[1].text, body);
}

/* Its days are taken back one by one: a year that was put in since is none of theirs. */
static bool calendar_take_back(struct scope *scope, struct config_entry *entry,
                               struct json *current)
{
    int64_t day;
    struct buf where;
    if (!calendar_days_undo(scope, &entry->before, &entry->after, current, &day)) return false;
    if (day == INT64_MIN) return true;
    buf_begin(&where, scope, 32);
    time_put_date(&where, day);
    error_add(scope, ERROR_CONFLICT, "config.undo_conflict", buf_str(&where));
    return error_arg(scope, "where", buf_str(&where));
}

/* The one field that stands in the list without standing in the other. */
static const struct json *only_in(const struct json *body, const struct json *other)
{
    const struct json *fields = json_get(body, "fields"), *found = NULL;
    const struct json *others = json_get(other, "fields");
    for (int i = 0; fields && others && i < fields->count; i++) {
        if (same_in(others, &fields->items[i])) continue;
        if (found) return NULL;
        found = &fields->items[i];
    }
    return found;
}

/* Was the entry a change of type? Then what the field was, and the field that it became. */
static const struct json *retyped(const struct engine_context *context,
                                  const struct config_entry *entry, const struct json *current,
                                  const struct field **field)
{
    bool is_object = str_is(entry->kind, "object") && entry->has_before && entry->has_after;
    const struct json *was = is_object ? only_in(&entry->before, &entry->after) : NULL;
    const struct json *is = is_object ? only_in(&entry->after, &entry->before) : NULL;
    const struct object *object =
        schema_object_by_id(context->snapshot->schema, json_int(current, "id", 0));
    if (!was || !is || !object || !str_equal(json_text(was, "name"), json_text(is, "name")) ||
        json_get(was, "formula") || json_get(is, "formula")) {
        return NULL;
    }
    *field = object_field_by_id(object, json_int(is, "id", 0));
    bool is_there = *field && (*field)->column.size > 0 && (*field)->formula_source.size == 0;
    return is_there && same_in(json_get(current, "gone"), was) ? was : NULL;
}

struct undoing {
    struct config_entry entry;
    struct schema_part part; /* what is to be configured */
    struct json current;
};

/* What the thing becomes; refused when it cannot be taken back. */
static bool undo_prepare(struct scope *scope, struct db_conn *conn, int64_t entry_id,
                         struct undoing *out)
{
    struct config_entry *entry = &out->entry;
    bool is_there;
    *out = (struct undoing){ .part = { .kind = STR("") } };
    if (!config_entry_load(scope, conn, entry_id, entry) ||
        !current_load(scope, conn, entry, &out->part.name, &is_there, &out->current)) {
        return false;
    }
    bool had = entry->has_before && entry->before.count > 0;
    out->part.kind = entry->kind;
    if (entry->is_lost) return error_set(scope, ERROR_CONFLICT, "config.undo_lost", STR(""));
    if (had && !entry->has_after) { /* it was taken away: it comes back */
        if (is_there) return error_set(scope, ERROR_CONFLICT, "config.undo_done", STR(""));
        struct str name = json_text(&entry->before, "name");
        out->part.name = name.size > 0 ? name : entry->name;
        out->part.body = entry->before;
        return true;
    }
    if (!is_there) return error_set(scope, ERROR_CONFLICT, "config.undo_gone", STR(""));
    if (!had) return true; /* it was new: without a body it is taken away */
    if (str_is(entry->kind, "calendar") && !calendar_take_back(scope, entry, &out->current)) {
        return false;
    }
    return config_take_back(scope, &entry->before, &entry->after, &out->current,
                            &out->part.body);
}

bool undo_apply(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                int64_t entry_id)
{
    struct undoing undoing;
    return undo_prepare(scope, conn, entry_id, &undoing) &&
           engine_configure(scope, conn, context, &undoing.part, 1);
}

bool engine_undo(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                 int64_t entry_id, bool is_lossy, int64_t *job_id)
{
    struct undoing undoing;
    const struct field *field;
    *job_id = 0;
    if (!actor_has_right(&context->actor, RIGHT_CONFIGURE)) {
        return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
    }
    if (!undo_prepare(scope, conn, entry_id, &undoing)) return false;
    const struct json *was = retyped(context, &undoing.entry, &undoing.current, &field);
    if (was) {
        return engine_retype_back(scope, conn, context, field, was, entry_id, is_lossy, job_id);
    }
    return engine_configure(scope, conn, context, &undoing.part, 1);
}
