/* The second factor of who is logged in: begun, confirmed, taken off; or by who manages people. */
#include "api/inner.h"

#include "access/otp.h"

static struct uuid me(const struct call *call)
{
    return call->context.actor.user;
}

static bool put_otp(struct call *call, struct uuid person, const struct role *role)
{
    struct json_writer *out = &call->out;
    struct otp otp;
    bool is_due = false;
    if (!otp_find(call->scope, call->conn, person, &otp) ||
        (role && !otp_is_due(call->scope, call->conn, person, role->name, &is_due))) {
        return false;
    }
    struct cell since = otp.is_on ? cell_int(otp.on_ms) : cell_null();
    json_map_begin(out);
    json_member_bool(out, "on", otp.is_on);
    json_member_bool(out, "due", is_due);
    member_time(out, "since", &since);
    json_member_int(out, "codes_left", otp.recovery_count);
    json_map_end(out);
    return true;
}

bool api_otp(struct call *call)
{
    return put_otp(call, me(call), call->context.actor.role);
}

/* On a worker: a password is slow to look at. */
bool api_otp_password(struct call *call)
{
    struct credential credential;
    struct str password;
    if (!call_body_map(call) || !call_text(call, "password", true, &password) ||
        !credential_of(call->scope, call->conn, me(call), &credential)) {
        return false;
    }
    return password_matches(credential.hash, password) ||
           error_set(call->scope, ERROR_INVALID, "password.wrong", STR("password"));
}

static void put_percent(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (is_plain) {
            buf_put_char(out, c);
        } else {
            buf_format(out, "%%%02X", (unsigned char)c);
        }
    }
}

bool api_otp_begin_write(struct call *call, struct db_conn *conn)
{
    struct str secret, company;
    struct buf uri;
    if (!otp_begin(call->scope, conn, me(call), api_wall_ms(), &secret) ||
        !setting_get(call->scope, conn, STR("company"), &company)) {
        return false;
    }
    struct str text = otp_base32(call->scope, secret);
    struct str issuer = company.size > 0 ? company : STR("Leadline");
    buf_begin(&uri, call->scope, 4096);
    buf_put(&uri, STR("otpauth://totp/"));
    put_percent(&uri, issuer);
    buf_put_char(&uri, ':');
    put_percent(&uri, call->context.actor.login);
    buf_put(&uri, STR("?secret="));
    buf_put(&uri, text);
    buf_put(&uri, STR("&issuer="));
    put_percent(&uri, issuer);
    call->request->response.status = 201;
    json_map_begin(&call->out);
    json_member_str(&call->out, "secret", text);
    json_member_str(&call->out, "uri", buf_str(&uri));
    json_map_end(&call->out);
    return true;
}

bool api_otp_confirm(struct call *call)
{
    struct str code;
    return call_body_map(call) && call_text(call, "code", true, &code);
}

static bool note(struct call *call, struct db_conn *conn, const char *what, struct uuid person)
{
    bool is_mine = uuid_equal(person, me(call));
    struct audit_pair pairs[] = {
        { "what", str_of(what) },
        { "person", is_mine ? STR("") : uuid_format(call->scope, person) },
    };
    return call_audit(call, conn, "otp", (struct uuid){ { 0 } }, pairs, 2);
}

bool api_otp_confirm_write(struct call *call, struct db_conn *conn)
{
    struct str codes[OTP_RECOVERY_COUNT], code = json_text(&call->body, "code");
    who_forget_after(call->api, conn);
    if (!otp_confirm(call->scope, conn, me(call), str_trim(code), api_wall_ms(), codes) ||
        !note(call, conn, "on", me(call))) {
        return false;
    }
    json_map_begin(&call->out);
    json_key(&call->out, STR("codes"));
    json_list_begin(&call->out);
    for (int i = 0; i < OTP_RECOVERY_COUNT; i++) json_put_str(&call->out, codes[i]);
    json_list_end(&call->out);
    json_map_end(&call->out);
    return true;
}

bool api_otp_remove_write(struct call *call, struct db_conn *conn)
{
    call->request->response.status = 204;
    who_forget_after(call->api, conn);
    return otp_remove(call->scope, conn, me(call)) && note(call, conn, "off", me(call));
}

bool api_user_otp(struct call *call)
{
    struct row row;
    if (!call_capture_id(call, 0, &call->id) ||
        !people_check(call, call->conn, call->snapshot->access->user, call->id, NULL)) {
        return false;
    }
    struct cell arg = cell_id(call->scope, call->id);
    if (!db_one(call->scope, call->conn,
                STR("SELECT role FROM \"user\" WHERE id = ? AND deleted_at IS NULL"), &arg, 1,
                &row)) {
        return false;
    }
    if (row.count == 0) {
        return error_set(call->scope, ERROR_NOT_FOUND, "record.not_found", STR(""));
    }
    return put_otp(call, call->id,
                   access_role_by_id(call->snapshot->access, row.cells[0].integer));
}

/* For who has lost both phone and recovery codes. */
bool api_user_otp_reset(struct call *call)
{
    return call_capture_id(call, 0, &call->id) &&
           people_check(call, call->conn, call->snapshot->access->user, call->id, NULL);
}

bool api_user_otp_reset_write(struct call *call, struct db_conn *conn)
{
    call->request->response.status = 204;
    who_forget_after(call->api, conn);
    return otp_remove(call->scope, conn, call->id) && note(call, conn, "reset", call->id);
}
