/* The definitions: rows of the table webhook, and what may stand in them. */
#include "hook/hook.h"

#include <string.h>

#include "base/time.h"
#include "base/utf8.h"

enum { SECRET_OVERLAP_MS = TIME_DAY_MS };
enum column { COL_ID, COL_VERSION, COL_NAME, COL_URL, COL_OBJECTS, COL_KINDS, COL_WHERE,
              COL_RECORDS, COL_ACTIVE, COL_PERSON, COL_SECRET, COL_BEFORE, COL_UNTIL,
              COL_POSITION, COL_PENDING, COL_FAILED, COL_SINCE, COL_NEXT, COL_WHY, COL_CREATED };

#define COLUMNS                                                                               \
    "id, version, name, url, objects, kinds, filter, has_records, is_active, person, secret, " \
    "secret_before, secret_until, position, pending_until, failed_count, failing_since, "      \
    "next_at, paused_why, created_at"

static struct hook hook_of(const struct row *row)
{
    const struct cell *c = row->cells;
    return (struct hook){
        .id = cell_uuid(&c[COL_ID]),
        .version = c[COL_VERSION].integer,
        .name = c[COL_NAME].text,
        .url = c[COL_URL].text,
        .objects = c[COL_OBJECTS].text,
        .kinds = (unsigned)c[COL_KINDS].integer,
        .where = c[COL_WHERE].text,
        .has_records = c[COL_RECORDS].integer != 0,
        .is_active = c[COL_ACTIVE].integer != 0,
        .person = cell_uuid(&c[COL_PERSON]),
        .secret = c[COL_SECRET].text,
        .secret_before = c[COL_BEFORE].text,
        .secret_until_ms = c[COL_UNTIL].integer,
        .position = c[COL_POSITION].integer,
        .pending_until = c[COL_PENDING].integer,
        .failed_count = (int)c[COL_FAILED].integer,
        .failing_since_ms = c[COL_SINCE].integer,
        .next_at_ms = c[COL_NEXT].integer,
        .paused_why = c[COL_WHY].text,
        .created_at_ms = c[COL_CREATED].integer,
    };
}

bool hooks_load(struct scope *scope, struct db_conn *conn, struct hook **out, int *count)
{
    struct rows rows;
    if (!db_all(scope, conn, STR("SELECT " COLUMNS " FROM webhook ORDER BY created_at, id"), NULL,
                0, HOOK_COUNT_MAX, &rows)) {
        return false;
    }
    *out = scope_new(scope, struct hook, rows.count + 1);
    for (int i = 0; i < rows.count; i++) (*out)[i] = hook_of(&rows.items[i]);
    *count = rows.count;
    return true;
}

bool hook_load(struct scope *scope, struct db_conn *conn, struct uuid id, struct hook *out)
{
    struct cell arg = cell_id(scope, id);
    struct row row;
    if (!db_one(scope, conn, STR("SELECT " COLUMNS " FROM webhook WHERE id = ?"), &arg, 1,
                &row)) {
        return false;
    }
    if (row.count == 0) return error_set(scope, ERROR_NOT_FOUND, "hook.not_found", STR(""));
    *out = hook_of(&row);
    return true;
}

/* ---- what may stand in one ---- */

/* A name's address is judged when it is connected to. */
static bool url_check(struct scope *scope, const struct hooks *hooks, struct str url)
{
    bool is_web = str_starts_with(url, STR("https://")) || str_starts_with(url, STR("http://"));
    size_t begin = str_find(url, STR("://"));
    struct str rest = is_web ? str_slice(url, begin + 3, url.size) : STR("");
    size_t end = str_find(rest, STR("/"));
    struct str host = end == SIZE_MAX ? rest : str_slice(rest, 0, end);
    bool is_good = host.size > 0 && str_find(host, STR("@")) == SIZE_MAX &&
                   str_find(host, STR("?")) == SIZE_MAX && str_find(host, STR("#")) == SIZE_MAX;
    for (size_t i = 0; i < url.size; i++) {
        unsigned char byte = (unsigned char)url.data[i];
        is_good = is_good && byte > 0x20 && byte != 0x7F && byte != '\\' && byte != '"';
    }
    if (!is_good || url.size > HOOK_URL_SIZE_MAX) {
        return error_add(scope, ERROR_INVALID, "hook.url", STR("url"));
    }
    return !hooks || guard_may_go(scope, hooks_guard(hooks), url) ||
           error_add(scope, ERROR_INVALID, "hook.inside", STR("url"));
}

static bool where_check(struct scope *scope, const struct record_context *context,
                        const struct hook *hook)
{
    if (hook->where.size == 0) return true;
    const struct object *object = schema_object(context->access->schema, hook->objects);
    struct record_query query = { .object = object };
    if (!object) return error_set(scope, ERROR_INVALID, "feed.where_of_one", STR("where"));
    return query_parse_where(scope, context, hook->where, &query);
}

static bool objects_check(struct scope *scope, const struct record_context *context,
                          struct str names)
{
    struct str name;
    while (names.size > 0 && str_split(&names, ',', &name)) {
        const struct object *object = schema_object(context->access->schema, name);
        bool is_there = object && !object->is_builtin &&
                        access_scope(context->access, context->actor, object, ACTION_READ) !=
                            SCOPE_NONE;
        if (is_there) continue;
        error_set(scope, ERROR_INVALID, "hook.object", STR("objects"));
        return error_arg(scope, "value", name);
    }
    return true;
}

bool hook_check(struct scope *scope, const struct record_context *context,
                const struct hooks *hooks, const struct hook *hook)
{
    bool ok = url_check(scope, hooks, hook->url);
    if (str_trim(hook->name).size == 0) {
        ok = error_add(scope, ERROR_INVALID, "field.required", STR("name"));
    } else if (hook->name.size > HOOK_NAME_SIZE_MAX) {
        ok = error_add(scope, ERROR_INVALID, "field.too_long", STR("name"));
        error_arg(scope, "max", scope_format(scope, "%d", HOOK_NAME_SIZE_MAX));
    }
    return ok && objects_check(scope, context, hook->objects) &&
           where_check(scope, context, hook);
}

/* ---- storing ---- */

void hook_rotate(struct scope *scope, struct hook *hook, int64_t now_ms)
{
    hook->secret_before = hook->secret;
    hook->secret_until_ms = now_ms + SECRET_OVERLAP_MS;
    hook->secret = hook_secret(scope);
}

static struct cell text_or_null(struct str text)
{
    return text.size > 0 ? cell_text(text) : cell_null();
}

static bool hook_insert(struct scope *scope, struct db_conn *conn, const struct hook *hook,
                        int64_t now_ms)
{
    struct cell args[] = {
        cell_id(scope, hook->id),   cell_text(hook->name),      cell_text(hook->url),
        cell_text(hook->objects),   cell_int(hook->kinds),      text_or_null(hook->where),
        cell_int(hook->has_records), cell_int(hook->is_active), cell_id(scope, hook->person),
        cell_text(hook->secret),    cell_int(hook->position),   cell_int(now_ms),
    };
    return db_exec(scope, conn,
                   STR("INSERT INTO webhook (id, version, name, url, objects, kinds, filter, "
                       "has_records, is_active, person, secret, position, failed_count, "
                       "created_at) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)"),
                   args, 12);
}

bool hook_store(struct scope *scope, struct db_conn *conn, struct hook *hook, int64_t now_ms)
{
    if (hook->version == 0) {
        struct row row;
        if (!db_one(scope, conn, STR("SELECT COUNT(*) FROM webhook"), NULL, 0, &row)) return false;
        if (row.cells[0].integer >= HOOK_COUNT_MAX) {
            return error_set(scope, ERROR_INVALID, "hook.too_many", STR(""));
        }
        hook->id = uuid_make(now_ms);
        hook->secret = hook_secret(scope);
        hook->version = 1;
        if (hook->position == 0 && !feed_end(scope, conn, &hook->position)) return false;
        return hook_insert(scope, conn, hook, now_ms);
    }
    hook->version += 1;
    struct cell args[] = {
        cell_int(hook->version),     cell_text(hook->name),
        cell_text(hook->url),        cell_text(hook->objects),
        cell_int(hook->kinds),       text_or_null(hook->where),
        cell_int(hook->has_records), cell_int(hook->is_active),
        cell_id(scope, hook->person), cell_text(hook->secret),
        text_or_null(hook->secret_before), cell_int(hook->secret_until_ms),
        cell_int(hook->position),    cell_int(hook->pending_until),
        cell_int(hook->failed_count), cell_int(hook->failing_since_ms),
        cell_int(hook->next_at_ms),  text_or_null(hook->paused_why),
        cell_id(scope, hook->id),
    };
    return db_exec(scope, conn,
                   STR("UPDATE webhook SET version = ?, name = ?, url = ?, objects = ?, kinds = "
                       "?, filter = ?, has_records = ?, is_active = ?, person = ?, secret = ?, "
                       "secret_before = ?, secret_until = ?, position = ?, pending_until = ?, "
                       "failed_count = ?, failing_since = ?, next_at = ?, paused_why = ? "
                       "WHERE id = ?"),
                   args, 19);
}

bool hook_delete(struct scope *scope, struct db_conn *conn, struct uuid id)
{
    struct cell arg = cell_id(scope, id);
    struct hook hook;
    return hook_load(scope, conn, id, &hook) &&
           db_exec(scope, conn, STR("DELETE FROM webhook_delivery WHERE hook = ?"), &arg, 1) &&
           db_exec(scope, conn, STR("DELETE FROM webhook WHERE id = ?"), &arg, 1);
}
