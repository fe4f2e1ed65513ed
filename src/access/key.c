/* Keys: rows of api_key, found by the hash of their secret. */
#include "access/key.h"

#include <sodium.h>

enum { SECRET_BYTES = 32, HINT_SIZE = 8 };

static const char prefix[] = "llk_"; /* so that people and scanners know one when they see it */

static const char *const scope_names[] = { "records:read", "records:write", "export",
                                           "configure",    "people",        "audit" };

unsigned key_scope_find(struct str name)
{
    for (int i = 0; key_scope_name(i); i++) {
        if (str_is(name, scope_names[i])) return 1u << i;
    }
    return 0;
}

const char *key_scope_name(int index)
{
    int count = (int)(sizeof(scope_names) / sizeof(scope_names[0]));
    return index < count ? scope_names[index] : NULL;
}

bool key_is_secret(struct str token)
{
    return str_starts_with(token, str_of(prefix));
}

static struct str secret_make(struct scope *scope)
{
    unsigned char bytes[SECRET_BYTES];
    char text[sizeof(prefix) + SECRET_BYTES * 2];
    randombytes_buf(bytes, sizeof(bytes));
    memcpy(text, prefix, sizeof(prefix));
    sodium_bin2base64(text + sizeof(prefix) - 1, SECRET_BYTES * 2, bytes, sizeof(bytes),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof(bytes));
    return scope_copy(scope, str_of(text));
}

static struct cell hash_cell(struct scope *scope, struct str secret)
{
    unsigned char hash[SESSION_HASH_SIZE];
    session_hash(secret, hash);
    return cell_blob(scope_copy(scope, (struct str){ (const char *)hash, sizeof(hash) }));
}

bool key_make(struct scope *scope, struct db_conn *conn, struct key *key, int64_t now_ms,
              struct str *out_secret)
{
    struct row row;
    if (!db_one(scope, conn, STR("SELECT COUNT(*) FROM api_key"), NULL, 0, &row)) return false;
    if (row.cells[0].integer >= KEY_COUNT_MAX) {
        error_set(scope, ERROR_TOO_LARGE, "key.too_many", STR(""));
        return error_arg(scope, "max", scope_format(scope, "%d", KEY_COUNT_MAX));
    }
    *out_secret = secret_make(scope);
    key->id = uuid_make(now_ms);
    key->hint = str_slice(*out_secret, 0, HINT_SIZE);
    key->created_at_ms = now_ms;
    struct cell args[] = {
        cell_id(scope, key->id), hash_cell(scope, *out_secret), cell_text(key->hint),
        cell_text(key->name), cell_int(key->role), cell_int(key->scopes),
        cell_id(scope, key->person), cell_int(key->rate_per_min),
        key->until_ms > 0 ? cell_int(key->until_ms) : cell_null(), cell_int(now_ms),
        uuid_is_nil(key->created_by) ? cell_null() : cell_id(scope, key->created_by),
    };
    return db_exec(scope, conn,
                   STR("INSERT INTO api_key (id, hash, hint, name, role, scopes, person, "
                       "rate_per_min, until, created_at, created_by) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
                   args, sizeof(args) / sizeof(args[0]));
}

#define KEY_SELECT                                                                           \
    "SELECT id, hint, name, role, scopes, person, rate_per_min, until, created_at, "         \
    "created_by, last_at FROM api_key "

static struct key key_of(const struct cell *cells)
{
    return (struct key){
        .id = cell_uuid(&cells[0]),
        .hint = cells[1].text,
        .name = cells[2].text,
        .role = (int)cells[3].integer,
        .scopes = (unsigned)cells[4].integer,
        .person = cell_uuid(&cells[5]),
        .rate_per_min = (int)cells[6].integer,
        .until_ms = cells[7].kind == CELL_INT ? cells[7].integer : 0,
        .created_at_ms = cells[8].integer,
        .created_by = cell_uuid(&cells[9]),
        .last_at_ms = cells[10].kind == CELL_INT ? cells[10].integer : 0,
    };
}

bool key_find(struct scope *scope, struct db_conn *conn, struct str secret, int64_t now_ms,
              struct key *out)
{
    struct cell arg = hash_cell(scope, secret);
    struct row row;
    if (!db_one(scope, conn, STR(KEY_SELECT "WHERE hash = ?"), &arg, 1, &row)) return false;
    if (row.count > 0) *out = key_of(row.cells);
    if (row.count > 0 && (out->until_ms == 0 || out->until_ms > now_ms)) return true;
    return error_set(scope, ERROR_UNAUTHENTICATED, "key.ended", STR(""));
}

bool key_list(struct scope *scope, struct db_conn *conn, struct key **out, int *count)
{
    struct rows rows;
    if (!db_all(scope, conn, STR(KEY_SELECT "ORDER BY created_at DESC, id DESC"), NULL, 0,
                KEY_COUNT_MAX, &rows)) {
        return false;
    }
    *out = scope_new(scope, struct key, rows.count);
    *count = rows.count;
    for (int i = 0; i < rows.count; i++) (*out)[i] = key_of(rows.items[i].cells);
    return true;
}

bool key_touch(struct scope *scope, struct db_conn *conn, struct uuid id, int64_t now_ms)
{
    struct cell args[] = { cell_int(now_ms), cell_id(scope, id) };
    return db_exec(scope, conn, STR("UPDATE api_key SET last_at = ? WHERE id = ?"), args, 2);
}

bool key_end(struct scope *scope, struct db_conn *conn, struct uuid id)
{
    struct cell arg = cell_id(scope, id);
    if (!db_exec(scope, conn, STR("DELETE FROM api_key WHERE id = ?"), &arg, 1)) return false;
    return db_changes(conn) > 0 ||
           error_set(scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
}

/* ---- never more than one has ---- */

static bool scope_covers(enum access_scope wide, enum access_scope narrow)
{
    if (narrow == SCOPE_NONE || wide == SCOPE_ALL) return true;
    if (wide == SCOPE_FORMULA || narrow == SCOPE_FORMULA) return false;
    if (narrow == SCOPE_OWN) return wide != SCOPE_NONE;
    return wide == narrow || (narrow == SCOPE_TEAM && wide == SCOPE_TEAM_BELOW);
}

static bool modes_cover(const struct object *object, const enum field_mode *wide,
                        const enum field_mode *narrow)
{
    for (int i = 0; wide && i < object->field_count; i++) {
        if (wide[i] > (narrow ? narrow[i] : FIELD_VISIBLE)) return false;
    }
    return true;
}

bool role_covers(const struct access *access, const struct role *role, const struct role *other)
{
    if (!role || role == other || str_is(role->name, "admin")) return true;
    if (str_is(other->name, "admin") || (other->rights & ~role->rights) != 0) return false;
    for (int i = 0; i < access->schema->object_count; i++) {
        for (int action = 0; action < ACTION_COUNT; action++) {
            if (!scope_covers(role->grants[i].scopes[action], other->grants[i].scopes[action])) {
                return false;
            }
        }
        if (!modes_cover(&access->schema->objects[i], role->modes[i], other->modes[i])) {
            return false;
        }
    }
    return true;
}
