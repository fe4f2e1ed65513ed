/*
 * One-time passwords: rows of otp and otp_code. The secret has to be known to compute with,
 * so it is kept as it is; recovery codes are random and kept as hashes.
 */
#include "access/otp.h"

#include <sodium.h>

#include "access/session.h"
#include "access/sha1.h"

enum { CODE_MODULUS = 1000000 };

int otp_at(struct str secret, int64_t step)
{
    unsigned char moment[8], hash[SHA1_SIZE];
    for (int i = 0; i < 8; i++) moment[i] = (unsigned char)((uint64_t)step >> (56 - 8 * i));
    hmac_sha1(secret, (struct str){ (const char *)moment, sizeof(moment) }, hash);
    const unsigned char *at = &hash[hash[SHA1_SIZE - 1] & 15];
    uint32_t number = (uint32_t)(at[0] & 127) << 24 | (uint32_t)at[1] << 16 |
                      (uint32_t)at[2] << 8 | at[3];
    return (int)(number % CODE_MODULUS);
}

int64_t otp_match(struct str secret, struct str digits, int64_t now_ms, int64_t last_step)
{
    int64_t found = 0, now = now_ms / OTP_STEP_MS;
    char given[OTP_DIGIT_COUNT] = { 0 };
    bool has_size = digits.size == OTP_DIGIT_COUNT;
    if (has_size) memcpy(given, digits.data, OTP_DIGIT_COUNT);
    for (int64_t step = now - OTP_STEP_TOLERANCE; step <= now + OTP_STEP_TOLERANCE; step++) {
        char wanted[OTP_DIGIT_COUNT];
        int code = otp_at(secret, step);
        for (int i = OTP_DIGIT_COUNT - 1; i >= 0; i--, code /= 10) {
            wanted[i] = (char)('0' + code % 10);
        }
        bool is_same = sodium_memcmp(wanted, given, OTP_DIGIT_COUNT) == 0;
        if (is_same && has_size && step > last_step) found = step;
    }
    return found;
}

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

struct str otp_base32(struct scope *scope, struct str bytes)
{
    struct buf out;
    uint32_t bits = 0;
    int count = 0;
    buf_begin(&out, scope, 256);
    for (size_t i = 0; i < bytes.size; i++) {
        bits = bits << 8 | (unsigned char)bytes.data[i];
        for (count += 8; count >= 5; count -= 5) {
            buf_put_char(&out, base32[bits >> (count - 5) & 31]);
        }
    }
    if (count > 0) buf_put_char(&out, base32[bits << (5 - count) & 31]);
    return buf_str(&out);
}

/* ---- what there is ---- */

bool otp_find(struct scope *scope, struct db_conn *conn, struct uuid user, struct otp *out)
{
    struct cell args[] = { cell_id(scope, user), cell_id(scope, user) };
    struct row row;
    if (!db_one(scope, conn,
                STR("SELECT confirmed_at, (SELECT COUNT(*) FROM otp_code WHERE \"user\" = ?) "
                    "FROM otp WHERE \"user\" = ?"),
                args, 2, &row)) {
        return false;
    }
    bool is_on = row.count > 0 && row.cells[0].kind == CELL_INT;
    *out = (struct otp){ .is_on = is_on, .on_ms = is_on ? row.cells[0].integer : 0,
                         .recovery_count = is_on ? (int)row.cells[1].integer : 0 };
    return true;
}

bool otp_is_due(struct scope *scope, struct db_conn *conn, struct uuid user, struct str role,
                bool *out)
{
    struct cell arg = cell_id(scope, user);
    struct row row;
    *out = false;
    if (!db_one(scope, conn,
                STR("SELECT s.value, (SELECT confirmed_at FROM otp WHERE \"user\" = ?) "
                    "FROM setting AS s WHERE s.name = 'otp_roles'"),
                &arg, 1, &row)) {
        return false;
    }
    if (row.count == 0 || row.cells[1].kind == CELL_INT) return true;
    struct str rest = row.cells[0].text, name;
    while (rest.size > 0 && str_split(&rest, ' ', &name)) *out = *out || str_equal(name, role);
    return true;
}

/* ---- setting it up ---- */

bool otp_begin(struct scope *scope, struct db_conn *conn, struct uuid user, int64_t now_ms,
               struct str *out_secret)
{
    unsigned char bytes[OTP_SECRET_SIZE];
    struct otp otp;
    if (!otp_find(scope, conn, user, &otp)) return false;
    if (otp.is_on) return error_set(scope, ERROR_CONFLICT, "otp.on", STR(""));
    random_bytes(bytes, sizeof(bytes));
    *out_secret = scope_copy(scope, (struct str){ (const char *)bytes, sizeof(bytes) });
    sodium_memzero(bytes, sizeof(bytes));
    struct cell args[] = { cell_id(scope, user), cell_blob(*out_secret), cell_int(now_ms) };
    return db_exec(scope, conn,
                   STR("INSERT INTO otp (\"user\", secret, created_at, last_step) "
                       "VALUES (?, ?, ?, 0) ON CONFLICT (\"user\") DO UPDATE SET "
                       "secret = excluded.secret, created_at = excluded.created_at, "
                       "last_step = 0"),
                   args, 3);
}

static struct cell code_hash(struct scope *scope, struct str code)
{
    unsigned char hash[SESSION_HASH_SIZE];
    session_hash(code, hash);
    return cell_blob(scope_copy(scope, (struct str){ (const char *)hash, sizeof(hash) }));
}

/* Ten letters and digits that are not taken for one another: fifty bits. */
static struct str code_make(struct scope *scope)
{
    unsigned char bytes[OTP_RECOVERY_SIZE - 1];
    char text[OTP_RECOVERY_SIZE];
    random_bytes(bytes, sizeof(bytes));
    for (int i = 0, at = 0; i < OTP_RECOVERY_SIZE; i++) {
        char letter = i == 5 ? '-' : base32[bytes[at++] & 31];
        text[i] = letter >= 'A' ? (char)(letter | 0x20) : letter;
    }
    return scope_copy(scope, (struct str){ text, sizeof(text) });
}

static bool codes_make(struct scope *scope, struct db_conn *conn, struct uuid user,
                       struct str *out)
{
    struct cell whose = cell_id(scope, user);
    if (!db_exec(scope, conn, STR("DELETE FROM otp_code WHERE \"user\" = ?"), &whose, 1)) {
        return false;
    }
    for (int i = 0; i < OTP_RECOVERY_COUNT; i++) {
        out[i] = code_make(scope);
        struct cell args[] = { whose, code_hash(scope, out[i]) };
        if (!db_exec(scope, conn, STR("INSERT INTO otp_code (\"user\", hash) VALUES (?, ?)"),
                     args, 2)) {
            return false;
        }
    }
    return true;
}

/* Are these digits of now, of none spent before? Then they are spent. */
static bool digits_spend(struct scope *scope, struct db_conn *conn, struct uuid user,
                         struct str digits, int64_t now_ms, bool *is_spent)
{
    struct cell whose = cell_id(scope, user);
    struct row row;
    *is_spent = false;
    if (!db_one(scope, conn, STR("SELECT secret, last_step FROM otp WHERE \"user\" = ?"), &whose,
                1, &row)) {
        return false;
    }
    if (row.count == 0) return true;
    int64_t step = otp_match(row.cells[0].text, digits, now_ms, row.cells[1].integer);
    struct cell args[] = { cell_int(step), whose };
    *is_spent = step > 0;
    return step == 0 || db_exec(scope, conn,
                                STR("UPDATE otp SET last_step = ? WHERE \"user\" = ?"), args, 2);
}

bool otp_confirm(struct scope *scope, struct db_conn *conn, struct uuid user, struct str digits,
                 int64_t now_ms, struct str *out)
{
    struct cell args[] = { cell_int(now_ms), cell_id(scope, user) };
    struct otp otp;
    bool is_right = false;
    if (!otp_find(scope, conn, user, &otp)) return false;
    if (otp.is_on) return error_set(scope, ERROR_CONFLICT, "otp.on", STR(""));
    if (!digits_spend(scope, conn, user, digits, now_ms, &is_right)) return false;
    if (!is_right) return error_set(scope, ERROR_INVALID, "otp.wrong", STR("code"));
    return db_exec(scope, conn, STR("UPDATE otp SET confirmed_at = ? WHERE \"user\" = ?"), args,
                   2) &&
           codes_make(scope, conn, user, out);
}

bool otp_spend(struct scope *scope, struct db_conn *conn, struct uuid user, struct str code,
               int64_t now_ms)
{
    bool is_spent = false;
    if (!digits_spend(scope, conn, user, code, now_ms, &is_spent)) return false;
    if (is_spent) return true;
    struct buf folded; /* as people type them */
    buf_begin(&folded, scope, 64);
    for (size_t i = 0; i < code.size && i < OTP_RECOVERY_SIZE; i++) {
        char letter = code.data[i];
        buf_put_char(&folded, letter >= 'A' && letter <= 'Z' ? (char)(letter | 0x20) : letter);
    }
    struct cell args[] = { cell_id(scope, user), code_hash(scope, buf_str(&folded)) };
    if (!db_exec(scope, conn, STR("DELETE FROM otp_code WHERE \"user\" = ? AND hash = ?"), args,
                 2)) {
        return false;
    }
    return db_changes(conn) > 0 ||
           error_set(scope, ERROR_UNAUTHENTICATED, "session.bad_otp", STR("otp"));
}

bool otp_remove(struct scope *scope, struct db_conn *conn, struct uuid user)
{
    struct cell arg = cell_id(scope, user);
    return db_exec(scope, conn, STR("DELETE FROM otp_code WHERE \"user\" = ?"), &arg, 1) &&
           db_exec(scope, conn, STR("DELETE FROM otp WHERE \"user\" = ?"), &arg, 1);
}
