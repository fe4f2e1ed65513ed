/*
 * Logging in and out. A login costs the same whether the name exists or not, and
 * after too many wrong ones both the name and the address have to wait.
 */
#include "api/inner.h"

#include "access/otp.h"
#include "base/utf8.h"

enum { AGENT_SIZE_MAX = 200 };

static bool refuse_for(struct call *call, int64_t rest_ms)
{
    error_set(call->scope, ERROR_RATE, "session.rate", STR(""));
    return error_arg(call->scope, "seconds",
                     scope_format(call->scope, "%lld", (long long)(rest_ms / 1000 + 1)));
}

struct opening {
    struct call *call;
    struct uuid user;
    struct str hash;  /* a new password, or empty */
    bool has_otp;     /* a second factor is asked for */
    struct str otp;   /* digits or a recovery code, as given */
    struct str token; /* out */
    int64_t now_ms;
};

static bool failed_run(struct scope *scope, struct db_conn *conn, void *context)
{
    const struct opening *opening = context;
    struct audit_pair pairs[] = { { "address", opening->call->request->client_address } };
    return call_audit(opening->call, conn, "login_failed", opening->user, pairs, 1) &&
           credential_failed(scope, conn, opening->user, opening->now_ms);
}

static bool opening_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct opening *opening = context;
    struct http_request *request = opening->call->request;
    who_forget_after(opening->call->api, conn);
    struct audit_pair pairs[] = {
        { "address", request->client_address },
        { "agent", utf8_prefix(http_header(request, "user-agent"), AGENT_SIZE_MAX) },
        { "with", opening->hash.size > 0 ? STR("invitation") : STR("") },
    };
    if (opening->has_otp &&
        !otp_spend(scope, conn, opening->user, opening->otp, opening->now_ms)) {
        return false;
    }
    if (!call_audit(opening->call, conn, "login", opening->user, pairs, 3)) return false;
    if (opening->hash.size > 0 &&
        (!password_store(scope, conn, opening->user, opening->hash, opening->now_ms) ||
         !session_end_all(scope, conn, opening->user))) {
        return false;
    }
    return session_begin(scope, conn, opening->user, request->client_address,
                         http_header(request, "user-agent"), opening->now_ms, &opening->token);
}

static void put_cookie(struct call *call, struct str token, const char *life)
{
    bool is_https = call->api->options.is_proxied &&
                    str_is(http_header(call->request, "x-forwarded-proto"), "https");
    http_header_add(call->request, STR("Set-Cookie"),
                    scope_format(call->scope,
                                 "leadline_session=%.*s; Path=/; HttpOnly; SameSite=Lax; "
                                 "Max-Age=%s%s",
                                 STR_ARG(token), life, is_https ? "; Secure" : ""));
}

static void put_user(struct call *call, const struct actor *actor)
{
    struct json_writer *out = &call->out;
    json_key(out, STR("user"));
    json_map_begin(out);
    json_key(out, STR("id"));
    json_put_id(out, actor->user);
    json_member_str(out, "login", actor->login);
    json_member_str(out, "name", actor->name);
    json_member_str(out, "role", actor->role->name);
    member_label(out, "role_label", actor->role->label);
    json_map_end(out);
}

/* On a worker: begins the session and answers with user and token. */
static bool open_for(struct call *call, struct opening *opening)
{
    struct actor actor;
    struct db_conn *conn = NULL;
    if (!db_write_wait(call->scope, call->api->db, opening_run, opening) ||
        !db_read_begin(call->scope, call->api->db, &conn)) {
        return false;
    }
    bool is_ok = actor_load(call->scope, conn, call->snapshot->access, opening->user,
                            call->context.now_ms, &actor);
    db_read_end(conn);
    if (!is_ok) return false;
    json_map_begin(&call->out);
    put_user(call, &actor);
    json_member_str(&call->out, "token", opening->token);
    json_map_end(&call->out);
    put_cookie(call, opening->token, "2592000");
    return true;
}

static bool credential_read(struct call *call, struct str login, struct credential *out,
                            struct otp *otp)
{
    struct db_conn *conn = NULL;
    if (!db_read_begin(call->scope, call->api->db, &conn)) return false;
    bool is_ok = credential_find(call->scope, conn, login, out) &&
                 otp_find(call->scope, conn, out->user, otp);
    db_read_end(conn);
    return is_ok;
}

/* Of the name, the password or the second factor: each counts against name and address. */
static bool count_failure(struct call *call, struct opening *opening, bool is_somebody)
{
    address_failed(call->api, call->request->client_address, opening->now_ms);
    return !is_somebody || db_write_wait(call->scope, call->api->db, failed_run, opening);
}

/* The password was right: the second factor is spent in the write that begins the session. */
static bool open_with_otp(struct call *call, struct opening *opening)
{
    if (opening->has_otp && str_trim(opening->otp).size == 0) {
        return error_set(call->scope, ERROR_UNAUTHENTICATED, "session.otp_needed", STR("otp"));
    }
    if (open_for(call, opening)) return true;
    bool is_wrong = opening->has_otp && call->scope->error.code == ERROR_UNAUTHENTICATED;
    if (!is_wrong) return false;
    scope_error_clear(call->scope);
    return count_failure(call, opening, true) &&
           error_set(call->scope, ERROR_UNAUTHENTICATED, "session.bad_otp", STR("otp"));
}

bool api_session_open(struct call *call)
{
    struct str login, password, address = call->request->client_address;
    struct credential credential;
    struct otp otp;
    int64_t rest_ms, now_ms = api_wall_ms();
    struct opening opening = { .call = call, .now_ms = now_ms };
    if (!call_body_map(call) || !call_text(call, "login", true, &login) ||
        !call_text(call, "password", true, &password) ||
        !call_text(call, "otp", false, &opening.otp)) {
        return false;
    }
    if (address_is_blocked(call->api, address, now_ms, &rest_ms)) {
        return refuse_for(call, rest_ms);
    }
    if (!credential_read(call, str_trim(login), &credential, &otp)) return false;
    if (credential.locked_until_ms > now_ms) {
        return refuse_for(call, credential.locked_until_ms - now_ms);
    }
    opening.user = credential.user;
    opening.has_otp = otp.is_on;
    opening.otp = str_trim(opening.otp);
    if (password_matches(credential.hash, password)) return open_with_otp(call, &opening);
    if (!count_failure(call, &opening, credential.is_found)) return false;
    return error_set(call->scope, ERROR_UNAUTHENTICATED, "session.bad_login", STR(""));
}

bool api_invite_accept(struct call *call)
{
    struct str token, password;
    struct db_conn *conn = NULL;
    struct opening opening = { .call = call, .now_ms = api_wall_ms() };
    int64_t rest_ms;
    if (!call_body_map(call) || !call_text(call, "token", true, &token) ||
        !call_text(call, "password", true, &password) ||
        !password_check(call->scope, password, "password")) {
        return false;
    }
    if (address_is_blocked(call->api, call->request->client_address, opening.now_ms, &rest_ms)) {
        return refuse_for(call, rest_ms);
    }
    if (!db_read_begin(call->scope, call->api->db, &conn)) return false;
    bool is_ok = invite_find(call->scope, conn, token, opening.now_ms, &opening.user);
    db_read_end(conn);
    if (!is_ok) address_failed(call->api, call->request->client_address, opening.now_ms);
    return is_ok && password_hash(call->scope, password, &opening.hash) &&
           open_for(call, &opening);
}

bool api_session_close(struct call *call, struct db_conn *conn)
{
    who_ended(call->api, conn, call->context.actor.user);
    put_cookie(call, STR(""), "0");
    call->request->response.status = 204;
    return call_audit(call, conn, "logout", (struct uuid){ { 0 } }, NULL, 0) &&
           session_end(call->scope, conn, call->session.hash);
}

bool api_session_end_all(struct call *call, struct db_conn *conn)
{
    who_ended(call->api, conn, call->context.actor.user);
    put_cookie(call, STR(""), "0");
    call->request->response.status = 204;
    struct audit_pair pairs[] = { { "what", STR("all") } };
    return call_audit(call, conn, "logout", (struct uuid){ { 0 } }, pairs, 1) &&
           session_end_all(call->scope, conn, call->context.actor.user);
}
