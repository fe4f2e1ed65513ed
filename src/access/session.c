/*
 * Passwords, logins, invitations and sessions: rows of credential and session.
 * Nothing secret is ever stored in a form that could be used as it is.
 */
#include "access/session.h"

#include <sodium.h>

#include "base/time.h"
#include "base/utf8.h"

enum {
    HASH_MEMORY_SIZE = 19 * 1024 * 1024, /* with 2 passes: OWASP's first choice for argon2id */
    HASH_PASS_COUNT = 2,
    SECRET_SIZE = 32,
    CSRF_SIZE = 16,
    AGENT_SIZE_MAX = 200,
    SESSION_TOUCH_MS = 5 * TIME_MINUTE_MS,
    LOCK_FIRST_MS = 30 * TIME_SECOND_MS,
    LOCK_MAX_MS = 15 * TIME_MINUTE_MS,
    INVITE_DAYS = 7,
    SESSION_SLIDE_DAYS = 30,
    SESSION_LIFE_DAYS = 90,
};

static int64_t days_ms(int days)
{
    return (int64_t)days * TIME_DAY_MS;
}

/* ---- passwords ---- */

bool password_check(struct scope *scope, struct str password, const char *field)
{
    if (utf8_length(password) < PASSWORD_SIZE_MIN) {
        error_set(scope, ERROR_INVALID, "password.too_short", str_of(field));
        return error_arg(scope, "min", scope_format(scope, "%d", PASSWORD_SIZE_MIN));
    }
    if (password.size > PASSWORD_SIZE_MAX) {
        error_set(scope, ERROR_INVALID, "field.too_long", str_of(field));
        return error_arg(scope, "max", scope_format(scope, "%d", PASSWORD_SIZE_MAX));
    }
    return true;
}

bool password_hash(struct scope *scope, struct str password, struct str *out)
{
    char text[crypto_pwhash_STRBYTES];
    if (sodium_init() < 0 ||
        crypto_pwhash_str_alg(text, password.data, password.size, HASH_PASS_COUNT,
                              HASH_MEMORY_SIZE, crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return error_storage(scope, STR("the password could not be hashed"));
    }
    *out = scope_copy(scope, str_of(text));
    return true;
}

/* A hash nobody has the password of, so that unknown logins cost what known ones do. */
static const char nobody_hash[] =
    "$argon2id$v=19$m=19456,t=2,p=1$il/uk9aA5VcKwd70fagUZQ$"
    "DyP0Nn60mtg92U9XmeXIovG/IM1S61HX9KPUVHBt7T8";

bool password_matches(struct str hash, struct str password)
{
    bool is_somebody = hash.size > 0 && hash.size < crypto_pwhash_STRBYTES;
    char text[crypto_pwhash_STRBYTES] = { 0 };
    if (sodium_init() < 0 || password.size > PASSWORD_SIZE_MAX) return false;
    struct str kept = is_somebody ? hash : str_of(nobody_hash);
    memcpy(text, kept.data, kept.size);
    bool is_right = crypto_pwhash_str_verify(text, password.data, password.size) == 0;
    return is_right && is_somebody;
}

bool password_store(struct scope *scope, struct db_conn *conn, struct uuid user, struct str hash,
                    int64_t now_ms)
{
    struct cell args[] = { cell_id(scope, user), cell_text(hash), cell_int(now_ms) };
    return db_exec(scope, conn,
                   STR("INSERT INTO credential (\"user\", password, changed_at, failed_count) "
                       "VALUES (?, ?, ?, 0) ON CONFLICT (\"user\") DO UPDATE SET "
                       "password = excluded.password, changed_at = excluded.changed_at, "
                       "failed_count = 0, locked_until = NULL, invite_hash = NULL, "
                       "invite_until = NULL"),
                   args, 3);
}

struct password_write {
    struct uuid user;
    struct str hash;
    int64_t now_ms;
};

static bool password_write_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct password_write *write = context;
    return password_store(scope, conn, write->user, write->hash, write->now_ms) &&
           session_end_all(scope, conn, write->user);
}

bool password_set(struct scope *scope, struct db *db, struct uuid user, struct str password,
                  int64_t now_ms)
{
    struct password_write write = { .user = user, .now_ms = now_ms };
    return password_check(scope, password, "password") &&
           password_hash(scope, password, &write.hash) &&
           db_write_wait(scope, db, password_write_run, &write);
}

/* ---- logging in ---- */

static void credential_take(const struct row *row, struct credential *out)
{
    *out = (struct credential){ .is_found = row->count > 0 };
    if (row->count == 0) return;
    out->user = cell_uuid(&row->cells[0]);
    out->hash = row->cells[1].kind == CELL_TEXT ? row->cells[1].text : STR("");
    out->failed_count = (int)row->cells[2].integer;
    out->locked_until_ms = row->cells[3].kind == CELL_INT ? row->cells[3].integer : 0;
}

bool credential_find(struct scope *scope, struct db_conn *conn, struct str login,
                     struct credential *out)
{
    struct cell arg = cell_text(login);
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT u.id, c.password, c.failed_count, c.locked_until FROM \"user\" AS u "
                    "LEFT JOIN credential AS c ON c.\"user\" = u.id WHERE u.login = ? AND "
                    "u.deleted_at IS NULL AND COALESCE(u.disabled, 0) = 0"),
                &arg, 1, &row)) {
        return false;
    }
    credential_take(&row, out);
    return true;
}

bool credential_of(struct scope *scope, struct db_conn *conn, struct uuid user,
                   struct credential *out)
{
    struct cell arg = cell_id(scope, user);
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT \"user\", password, failed_count, locked_until FROM credential "
                    "WHERE \"user\" = ?"),
                &arg, 1, &row)) {
        return false;
    }
    credential_take(&row, out);
    return true;
}

static int64_t lock_ms(int failed_count)
{
    int64_t lock = LOCK_FIRST_MS;
    if (failed_count < LOGIN_FAILED_COUNT_MAX) return 0;
    for (int i = LOGIN_FAILED_COUNT_MAX; i < failed_count && lock < LOCK_MAX_MS; i++) lock *= 2;
    return lock < LOCK_MAX_MS ? lock : LOCK_MAX_MS;
}

bool credential_failed(struct scope *scope, struct db_conn *conn, struct uuid user,
                       int64_t now_ms)
{
    struct credential credential;
    if (!credential_of(scope, conn, user, &credential)) return false;
    int count = credential.failed_count + 1;
    int64_t lock = lock_ms(count);
    struct cell args[] = { cell_id(scope, user), cell_int(count),
                           lock > 0 ? cell_int(now_ms + lock) : cell_null() };
    return db_exec(scope, conn,
                   STR("INSERT INTO credential (\"user\", failed_count, locked_until) "
                       "VALUES (?, ?, ?) ON CONFLICT (\"user\") DO UPDATE SET "
                       "failed_count = excluded.failed_count, "
                       "locked_until = excluded.locked_until"),
                   args, 3);
}

/* ---- secrets ---- */

static struct str secret_make(struct scope *scope, size_t size)
{
    unsigned char bytes[SECRET_SIZE];
    char text[SECRET_SIZE * 2];
    random_bytes(bytes, size);
    sodium_bin2base64(text, sizeof(text), bytes, size,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof(bytes));
    return scope_copy(scope, str_of(text));
}

void session_hash(struct str token, unsigned char out[SESSION_HASH_SIZE])
{
    crypto_hash_sha256(out, (const unsigned char *)token.data, token.size);
}

static struct cell hash_cell(struct scope *scope, const unsigned char hash[SESSION_HASH_SIZE])
{
    struct str bytes = { (const char *)hash, SESSION_HASH_SIZE };
    return cell_blob(scope_copy(scope, bytes));
}

static struct cell token_cell(struct scope *scope, struct str token)
{
    unsigned char hash[SESSION_HASH_SIZE];
    session_hash(token, hash);
    return hash_cell(scope, hash);
}

/* ---- invitations ---- */

bool invite_make(struct scope *scope, struct db_conn *conn, struct uuid user, int64_t now_ms,
                 struct str *out_token)
{
    *out_token = secret_make(scope, SECRET_SIZE);
    struct cell args[] = { cell_id(scope, user), token_cell(scope, *out_token),
                           cell_int(now_ms + days_ms(INVITE_DAYS)) };
    return db_exec(scope, conn,
                   STR("INSERT INTO credential (\"user\", failed_count, invite_hash, "
                       "invite_until) VALUES (?, 0, ?, ?) ON CONFLICT (\"user\") DO UPDATE SET "
                       "invite_hash = excluded.invite_hash, "
                       "invite_until = excluded.invite_until"),
                   args, 3);
}

bool invite_find(struct scope *scope, struct db_conn *conn, struct str token, int64_t now_ms,
                 struct uuid *out_user)
{
    struct cell args[] = { token_cell(scope, token), cell_int(now_ms) };
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT c.\"user\" FROM credential AS c JOIN \"user\" AS u "
                    "ON u.id = c.\"user\" WHERE c.invite_hash = ? AND c.invite_until > ? AND "
                    "u.deleted_at IS NULL AND COALESCE(u.disabled, 0) = 0"),
                args, 2, &row)) {
        return false;
    }
    if (row.count == 0) return error_set(scope, ERROR_INVALID, "session.bad_invite", STR("token"));
    *out_user = cell_uuid(&row.cells[0]);
    return true;
}

/* ---- sessions ---- */

bool session_begin(struct scope *scope, struct db_conn *conn, struct uuid user, struct str address,
                   struct str agent, int64_t now_ms, struct str *out_token)
{
    *out_token = secret_make(scope, SECRET_SIZE);
    struct str short_agent = utf8_prefix(agent, AGENT_SIZE_MAX);
    struct cell args[] = {
        token_cell(scope, *out_token),
        cell_id(scope, user),
        cell_int(now_ms),
        cell_int(now_ms),
        cell_int(now_ms + days_ms(SESSION_SLIDE_DAYS)),
        cell_text(address),
        cell_text(utf8_is_valid(short_agent) ? short_agent : STR("")),
        cell_text(secret_make(scope, CSRF_SIZE)),
    };
    struct cell reset_arg = cell_id(scope, user);
    return db_exec(scope, conn,
                   STR("INSERT INTO session (token_hash, \"user\", created_at, last_at, "
                       "expires_at, address, agent, csrf) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
                   args, 8) &&
           db_exec(scope, conn,
                   STR("UPDATE credential SET failed_count = 0, locked_until = NULL "
                       "WHERE \"user\" = ? AND failed_count > 0"),
                   &reset_arg, 1);
}

bool session_find(struct scope *scope, struct db_conn *conn, struct str token, int64_t now_ms,
                  struct session *out)
{
    *out = (struct session){ .last_at_ms = 0 };
    session_hash(token, out->hash);
    struct cell arg = cell_blob((struct str){ (const char *)out->hash, SESSION_HASH_SIZE });
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT \"user\", csrf, last_at, expires_at FROM session "
                    "WHERE token_hash = ?"),
                &arg, 1, &row)) {
        return false;
    }
    if (row.count == 0 || row.cells[3].integer <= now_ms) {
        return error_set(scope, ERROR_UNAUTHENTICATED, "session.expired", STR(""));
    }
    out->user = cell_uuid(&row.cells[0]);
    out->csrf = row.cells[1].text;
    out->last_at_ms = row.cells[2].integer;
    out->expires_at_ms = row.cells[3].integer;
    out->is_stale = now_ms - out->last_at_ms > SESSION_TOUCH_MS;
    return true;
}

bool session_touch(struct scope *scope, struct db_conn *conn,
                   const unsigned char hash[SESSION_HASH_SIZE], int64_t now_ms)
{
    struct cell args[] = {
        cell_int(now_ms),
        cell_int(now_ms + days_ms(SESSION_SLIDE_DAYS)),
        cell_int(days_ms(SESSION_LIFE_DAYS)),
        cell_int(now_ms + days_ms(SESSION_SLIDE_DAYS)),
        cell_int(days_ms(SESSION_LIFE_DAYS)),
        hash_cell(scope, hash),
    };
    return db_exec(scope, conn,
                   STR("UPDATE session SET last_at = ?, expires_at = CASE WHEN ? < created_at + ? "
                       "THEN ? ELSE created_at + ? END WHERE token_hash = ?"),
                   args, 6);
}

bool session_end(struct scope *scope, struct db_conn *conn,
                 const unsigned char hash[SESSION_HASH_SIZE])
{
    struct cell arg = hash_cell(scope, hash);
    return db_exec(scope, conn, STR("DELETE FROM session WHERE token_hash = ?"), &arg, 1);
}

bool session_end_all(struct scope *scope, struct db_conn *conn, struct uuid user)
{
    struct cell arg = cell_id(scope, user);
    return db_exec(scope, conn, STR("DELETE FROM session WHERE \"user\" = ?"), &arg, 1);
}

/* ---- as people see them ---- */

#define SEEN_SELECT                                                                      \
    "SELECT token_hash, \"user\", created_at, last_at, expires_at, address, agent FROM session "

static struct session_seen seen_of(const struct cell *cells)
{
    struct session_seen seen = {
        .user = cell_uuid(&cells[1]),
        .created_at_ms = cells[2].integer,
        .last_at_ms = cells[3].integer,
        .expires_at_ms = cells[4].integer,
        .address = cells[5].text,
        .agent = cells[6].text,
    };
    memcpy(seen.id.bytes, cells[0].text.data, sizeof(seen.id.bytes));
    return seen;
}

/* The least and the greatest hash that begins with the id. */
static void bounds(struct scope *scope, struct uuid id, struct cell out[2])
{
    unsigned char least[SESSION_HASH_SIZE], most[SESSION_HASH_SIZE];
    memset(least, 0, sizeof(least));
    memset(most, 0xff, sizeof(most));
    memcpy(least, id.bytes, sizeof(id.bytes));
    memcpy(most, id.bytes, sizeof(id.bytes));
    out[0] = hash_cell(scope, least);
    out[1] = hash_cell(scope, most);
}

bool session_list(struct scope *scope, struct db_conn *conn, struct uuid user, int64_t now_ms,
                  struct session_seen **out, int *count)
{
    struct cell args[] = { cell_id(scope, user), cell_int(now_ms), cell_int(SESSION_LIST_MAX) };
    struct rows rows;
    if (!db_all(scope, conn,
                STR(SEEN_SELECT "WHERE \"user\" = ? AND expires_at > ? "
                                "ORDER BY last_at DESC, token_hash LIMIT ?"),
                args, 3, SESSION_LIST_MAX, &rows)) {
        return false;
    }
    *out = scope_new(scope, struct session_seen, rows.count);
    *count = rows.count;
    for (int i = 0; i < rows.count; i++) (*out)[i] = seen_of(rows.items[i].cells);
    return true;
}

bool session_seen_find(struct scope *scope, struct db_conn *conn, struct uuid id, int64_t now_ms,
                       struct session_seen *out)
{
    struct cell args[3];
    struct row row;
    bounds(scope, id, args);
    args[2] = cell_int(now_ms);
    if (!db_one(scope, conn,
                STR(SEEN_SELECT "WHERE token_hash >= ? AND token_hash <= ? AND expires_at > ?"),
                args, 3, &row)) {
        return false;
    }
    if (row.count == 0) return error_set(scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
    *out = seen_of(row.cells);
    return true;
}

bool session_seen_end(struct scope *scope, struct db_conn *conn, struct uuid id)
{
    struct cell args[2];
    bounds(scope, id, args);
    return db_exec(scope, conn,
                   STR("DELETE FROM session WHERE token_hash >= ? AND token_hash <= ?"), args, 2);
}
