/*
 * One record opened to a person or a team, until a day or until taken back. Whoever may
 * update a record by their role may share it; what was itself shared with somebody is not
 * theirs to pass on. Both ends of a share are lines of the record's history.
 */
#include "engine/inner.h"

#include "base/json.h"

/* As far as the role goes, without what others have shared. */
static struct engine_context own_context(const struct engine_context *context)
{
    struct engine_context own = *context;
    own.actor.share_count = 0;
    return own;
}

static bool record_of(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, const struct object *object,
                      struct uuid id, struct record *out)
{
    struct record_context records = engine_record_context(context);
    return record_load(scope, conn, &records, object, id, ACTION_READ, out);
}

bool engine_may_share(struct scope *scope, struct db_conn *conn,
                      const struct engine_context *context, const struct object *object,
                      struct uuid record)
{
    struct engine_context own = own_context(context);
    struct record_context records = engine_record_context(&own);
    struct record loaded;
    if (object->is_builtin || !object->owner) {
        return error_set(scope, ERROR_INVALID, "share.object", STR(""));
    }
    if (!record_of(scope, conn, context, object, record, &loaded)) return false;
    if (record_load(scope, conn, &records, object, record, ACTION_UPDATE, &loaded)) return true;
    if (scope->error.code != ERROR_NOT_FOUND) return false;
    scope_error_clear(scope); /* seen, but by a share alone */
    return error_set(scope, ERROR_DENIED, "access.denied", STR(""));
}

/* May the actor see whom they share with? */
static bool check_partner(struct scope *scope, struct db_conn *conn,
                          const struct engine_context *context, const struct object *kind,
                          struct uuid id)
{
    struct sql sql;
    struct row row;
    sql_begin(&sql, scope);
    sql_put(&sql, STR("SELECT 1 FROM "));
    sql_name(&sql, kind->table);
    sql_put(&sql, STR(" AS t WHERE t.id = "));
    sql_id(&sql, id);
    sql_put(&sql, STR(" AND t.deleted_at IS NULL AND "));
    access_put(&sql, context->snapshot->access, &context->actor, context->now_ms, kind,
               ACTION_READ, STR("t"));
    if (!sql_one(scope, conn, &sql, &row)) return false;
    if (row.count > 0) return true;
    bool is_person = kind == context->snapshot->access->user;
    error_set(scope, ERROR_INVALID, "field.not_reference", is_person ? STR("person") : STR("team"));
    return false;
}

static struct str describe(struct scope *scope, const struct share *share)
{
    struct buf text;
    struct json_writer writer;
    bool is_person = uuid_is_nil(share->team);
    buf_begin(&text, scope, 512);
    json_begin(&writer, &text);
    json_map_begin(&writer);
    json_key(&writer, is_person ? STR("person") : STR("team"));
    json_put_id(&writer, is_person ? share->person : share->team);
    json_member_str(&writer, "level", str_of(share_level_name(share->level)));
    if (share->until_ms > 0) {
        json_key(&writer, STR("until"));
        json_put_time(&writer, share->until_ms);
    }
    json_map_end(&writer);
    return buf_str(&text);
}

/* A line of the record's history, of its version as it is; and whoever is meant looks again. */
static bool note(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                 const struct record *record, const struct share *share, int what)
{
    struct cell text = cell_text(describe(scope, share));
    bool is_given = what == CHANGE_SHARED;
    struct cell args[] = {
        cell_int(record->object->id), cell_id(scope, record->id), cell_int(record->version),
        cell_int(what), is_given ? cell_null() : text, is_given ? text : cell_null(),
        cell_int(context->now_ms), actor_cell(scope, &context->actor),
        cell_text(str_of(context->via)),
    };
    struct event seen = { .kind = EVENT_SIGHT, .person = share->person };
    struct event changed = { .kind = EVENT_RECORD, .object = record->object->id,
                             .id = record->id, .version = record->version };
    event_tell(context->engine, conn, seen);
    event_tell(context->engine, conn, changed);
    struct audit_line line = { .kind = is_given ? "share" : "unshare", .object = record->object,
                               .record = record->id, .detail = text.text };
    if (!audit_put(scope, conn, context, &line)) return false;
    return db_exec(scope, conn,
                   STR("INSERT INTO change (object, record, version, field, old, new, at, "
                       "\"by\", via) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
                   args, sizeof(args) / sizeof(args[0]));
}

static bool check_count(struct scope *scope, struct db_conn *conn, struct uuid record)
{
    struct cell arg = cell_id(scope, record);
    struct row row;
    if (!db_one(scope, conn, STR("SELECT COUNT(*) FROM share WHERE record = ?"), &arg, 1, &row)) {
        return false;
    }
    if (row.cells[0].integer < SHARE_COUNT_MAX) return true;
    error_set(scope, ERROR_TOO_LARGE, "share.too_many", STR(""));
    return error_arg(scope, "max", scope_format(scope, "%d", SHARE_COUNT_MAX));
}

bool engine_share(struct scope *scope, struct db_conn *conn, const struct engine_context *context,
                  const struct object *object, struct uuid id, struct share *share)
{
    const struct access *access = context->snapshot->access;
    bool is_person = uuid_is_nil(share->team);
    struct record record;
    if (is_person == uuid_is_nil(share->person)) {
        return error_set(scope, ERROR_INVALID, "share.whom", STR("person"));
    }
    if (share->until_ms != 0 && share->until_ms <= context->now_ms) {
        return error_set(scope, ERROR_INVALID, "share.past", STR("until"));
    }
    if (!engine_may_share(scope, conn, context, object, id) ||
        !record_of(scope, conn, context, object, id, &record) ||
        !check_partner(scope, conn, context, is_person ? access->user : access->team,
                       is_person ? share->person : share->team)) {
        return false;
    }
    share->id = uuid_make(context->now_ms);
    struct cell whom = cell_id(scope, is_person ? share->person : share->team);
    struct cell again[] = { cell_id(scope, id), whom, whom };
    struct cell args[] = {
        cell_id(scope, share->id), cell_int(object->id), cell_id(scope, id),
        is_person ? whom : cell_null(), is_person ? cell_null() : whom,
        cell_int(share->level), share->until_ms > 0 ? cell_int(share->until_ms) : cell_null(),
        cell_int(context->now_ms), actor_cell(scope, &context->actor),
    };
    return db_exec(scope, conn,
                   STR("DELETE FROM share WHERE record = ? AND (person = ? OR team = ?)"), again,
                   3) &&
           check_count(scope, conn, id) &&
           db_exec(scope, conn,
                   STR("INSERT INTO share (id, object, record, person, team, level, until, "
                       "created_at, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
                   args, sizeof(args) / sizeof(args[0])) &&
           note(scope, conn, context, &record, share, CHANGE_SHARED);
}

/* Whoever shared it takes it back, and whoever may share the record. */
bool engine_unshare(struct scope *scope, struct db_conn *conn,
                    const struct engine_context *context, const struct object *object,
                    struct uuid id, struct uuid share_id)
{
    struct cell args[] = { cell_id(scope, share_id), cell_id(scope, id) };
    struct record record;
    struct row row;
    if (!record_of(scope, conn, context, object, id, &record) ||
        !db_one(scope, conn,
                STR("SELECT person, team, level, until, created_by FROM share "
                    "WHERE id = ? AND record = ?"),
                args, 2, &row)) {
        return false;
    }
    if (row.count == 0) return error_set(scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
    struct share share = {
        .id = share_id,
        .person = cell_uuid(&row.cells[0]),
        .team = cell_uuid(&row.cells[1]),
        .level = (enum share_level)row.cells[2].integer,
        .until_ms = row.cells[3].kind == CELL_INT ? row.cells[3].integer : 0,
    };
    bool is_mine = uuid_equal(cell_uuid(&row.cells[4]), context->actor.user);
    return (is_mine || engine_may_share(scope, conn, context, object, id)) &&
           db_exec(scope, conn, STR("DELETE FROM share WHERE id = ?"), args, 1) &&
           note(scope, conn, context, &record, &share, CHANGE_UNSHARED);
}

static const char *const level_names[] = { [SHARE_READ] = "read", [SHARE_UPDATE] = "update" };

const char *share_level_name(enum share_level level)
{
    return level_names[level >= SHARE_UPDATE ? SHARE_UPDATE : SHARE_READ];
}

bool share_level_read(struct str name, enum share_level *out)
{
    *out = str_is(name, "update") ? SHARE_UPDATE : SHARE_READ;
    return str_is(name, level_names[*out]);
}
