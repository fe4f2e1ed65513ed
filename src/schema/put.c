/*
 * The door for every change of configuration. Each change is a part of the
 * caller's write and takes back all it did when it fails; the truth it works on
 * is the database, not the snapshot, so several changes can follow one another
 * in one write.
 */
#include "schema/schema_inner.h"

enum { PART_COUNT_MAX = 2000, KIND_SIZE_MAX = 50, CONFIG_NAME_SIZE_MAX = 200 };

static bool other_put(struct scope *scope, const struct put *put)
{
    struct config_row row;
    struct calendar calendar;
    if (str_is(put->kind, "calendar")) {
        /* Formulas call it by its name. */
        if (!name_is_valid(put->name)) {
            return error_set(scope, ERROR_INVALID, "schema.name", STR("name"));
        }
        if (!calendar_build(scope, put->name, put->body, &calendar)) return false;
    }
    if (!config_get(scope, put->conn, put->kind, put->name, &row)) return false;
    int id = row.id;
    const char *counter = scope_format(scope, "config %.*s", STR_ARG(put->kind)).data;
    if (!row.is_found && !config_id_next(scope, put->conn, counter, &id)) return false;
    const struct config_change change = { .kind = put->kind, .name = put->name,
                                          .body = put->body, .id = id, .by = put->by,
                                          .now_ms = put->now_ms,
                                          .is_follow = put->is_follow };
    return config_store(scope, put->conn, &row, &change);
}

static bool other_drop(struct scope *scope, const struct put *put)
{
    struct config_row row;
    if (!config_get(scope, put->conn, put->kind, put->name, &row)) return false;
    if (!row.is_found) return error_set(scope, ERROR_NOT_FOUND, "schema.not_found", STR("name"));
    const struct config_change change = { .kind = put->kind, .name = put->name, .id = row.id,
                                          .by = put->by, .now_ms = put->now_ms };
    return config_store(scope, put->conn, &row, &change);
}

static bool put_run(struct scope *scope, const struct put *put)
{
    bool is_drop = !put->body;
    if (str_is(put->kind, "object")) {
        return is_drop ? object_drop(scope, put) : object_put(scope, put);
    }
    if (str_is(put->kind, "pipeline")) {
        return is_drop ? pipeline_drop(scope, put) : pipeline_put(scope, put);
    }
    return is_drop ? other_drop(scope, put) : other_put(scope, put);
}

/* In a savepoint of its own: all of it or nothing. */
static bool put_guarded(struct scope *scope, const struct put *put)
{
    bool is_named = name_is_valid(put->kind) && put->kind.size <= KIND_SIZE_MAX &&
                    put->name.size > 0 && put->name.size <= CONFIG_NAME_SIZE_MAX;
    if (!is_named) return error_set(scope, ERROR_INVALID, "schema.name", STR("name"));
    if (put->body && put->body->kind != JSON_KIND_MAP) {
        return error_set(scope, ERROR_INVALID, "schema.not_map", STR(""));
    }
    if (!db_savepoint_begin(scope, put->conn)) return false;
    bool is_ok = put_run(scope, put) && !error_is_set(scope);
    return db_savepoint_end(scope, put->conn, is_ok) && is_ok;
}

bool schema_put(struct scope *scope, struct db_conn *conn, struct str kind, struct str name,
                const struct json *body, struct uuid by, int64_t now_ms)
{
    const struct put put = { .conn = conn, .kind = kind, .name = name, .body = body,
                             .by = by, .now_ms = now_ms };
    return put_guarded(scope, &put);
}

bool schema_drop(struct scope *scope, struct db_conn *conn, struct str kind, struct str name,
                 struct uuid by, int64_t now_ms)
{
    return schema_put(scope, conn, kind, name, NULL, by, now_ms);
}

/* An id for every new object first, so that each can refer to any other. */
static bool object_reserve(struct scope *scope, struct db_conn *conn, struct str name,
                           struct uuid by, int64_t now_ms)
{
    struct config_row row;
    struct json nothing = tree_map();
    if (builtin_object(scope, name)) return true;
    if (!config_get(scope, conn, STR("object"), name, &row)) return false;
    if (row.is_found) return true;
    struct config_change change = { .kind = STR("object"), .name = name, .body = &nothing,
                                    .by = by, .now_ms = now_ms };
    return config_id_next(scope, conn, "object", &change.id) &&
           config_store(scope, conn, &row, &change);
}

struct putting {
    struct db_conn *conn;
    const struct schema_part *parts;
    int count;
    struct uuid by;
    int64_t now_ms;
    bool is_trial, is_follow;
};

/* The parts of one kind ("": all but objects and pipelines), those that come or those that go. */
static bool round_put(struct scope *scope, const struct putting *p, const char *kind, bool is_drop)
{
    for (int i = 0; i < p->count; i++) {
        const struct schema_part *part = &p->parts[i];
        bool is_other = !str_is(part->kind, "object") && !str_is(part->kind, "pipeline");
        bool is_turn = kind[0] ? str_is(part->kind, kind) : is_other;
        if (!is_turn || is_drop != (part->body.kind == JSON_KIND_NULL)) continue;
        /* The engine's own object goes back to what it is by itself. */
        const struct json nothing = tree_map(), *body = is_drop ? NULL : &part->body;
        if (is_drop && str_is(part->kind, "object") && builtin_object(scope, part->name)) {
            body = &nothing;
        }
        const struct put put = { .conn = p->conn, .kind = part->kind, .name = part->name,
                                 .body = body, .by = p->by,
                                 .now_ms = p->now_ms, .parts = p->parts,
                                 .part_count = p->count, .is_follow = p->is_follow,
                                 .is_trial = p->is_trial };
        if (!put_guarded(scope, &put)) {
            error_arg(scope, "part", part->name);
            return false;
        }
    }
    return true;
}

static bool parts_put(struct scope *scope, const struct putting *p)
{
    for (int i = 0; i < p->count; i++) {
        const struct schema_part *part = &p->parts[i];
        if (!str_is(part->kind, "object") || part->body.kind == JSON_KIND_NULL) continue;
        /* One that comes back has its id, and needs no place kept for it. */
        if (json_int(&part->body, "id", 0) != 0) continue;
        if (!object_reserve(scope, p->conn, part->name, p->by, p->now_ms)) return false;
    }
    /* What pipelines need comes before them, and goes after them. */
    static const char *const rounds[] = { "object", "pipeline", "" };
    enum { ROUND_COUNT = sizeof(rounds) / sizeof(rounds[0]) };
    for (int i = 0; i < ROUND_COUNT; i++) {
        if (!round_put(scope, p, rounds[i], false)) return false;
    }
    for (int i = ROUND_COUNT - 1; i >= 0; i--) {
        if (!round_put(scope, p, rounds[i], true)) return false;
    }
    return true;
}

static bool put_all(struct scope *scope, const struct putting *putting)
{
    if (putting->count > PART_COUNT_MAX) {
        return error_set(scope, ERROR_TOO_LARGE, "schema.too_many", STR(""));
    }
    if (!db_savepoint_begin(scope, putting->conn)) return false;
    bool is_ok = parts_put(scope, putting);
    return db_savepoint_end(scope, putting->conn, is_ok) && is_ok;
}

bool schema_put_all(struct scope *scope, struct db_conn *conn,
                    const struct schema_part *parts, int part_count, struct uuid by,
                    int64_t now_ms)
{
    struct putting putting = { conn, parts, part_count, by, now_ms, false, false };
    return put_all(scope, &putting);
}

bool schema_follow_all(struct scope *scope, struct db_conn *conn,
                       const struct schema_part *parts, int part_count, struct uuid by,
                       int64_t now_ms, bool is_trial)
{
    struct putting putting = { conn, parts, part_count, by, now_ms, is_trial, true };
    return put_all(scope, &putting);
}

bool schema_try_all(struct scope *scope, struct db_conn *conn,
                    const struct schema_part *parts, int part_count, struct uuid by,
                    int64_t now_ms)
{
    struct putting putting = { conn, parts, part_count, by, now_ms, true, false };
    return put_all(scope, &putting);
}
