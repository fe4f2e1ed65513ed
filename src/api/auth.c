/*
 * Who is asking. A session's token comes as a cookie (then every write must
 * carry a header that no other site can make a browser send) or as a Bearer
 * token. A write acts for the person as they stood when it came in, some
 * milliseconds earlier.
 */
#include "api/inner.h"

static const char cookie_name[] = "leadline_session";

struct str call_token(const struct call *call, bool *is_cookie)
{
    struct str header = http_header(call->request, "authorization");
    struct str scheme = str_slice(header, 0, 7);
    *is_cookie = false;
    if (header.data && str_equal_nocase(scheme, STR("Bearer "))) {
        return str_trim(str_slice(header, 7, header.size));
    }
    struct str cookie = http_cookie(call->request, cookie_name);
    *is_cookie = cookie.size > 0;
    return cookie;
}

bool call_authenticate(struct call *call)
{
    struct str token = call_token(call, &call->has_cookie);
    if (token.size == 0) {
        return error_set(call->scope, ERROR_UNAUTHENTICATED, "access.login", STR(""));
    }
    struct actor *actor = &call->context.actor;
    enum language asked = actor->language;
    bool has_language = http_header(call->request, "accept-language").size > 0;
    if (!who_find(call, token, api_wall_ms())) return false;
    if (has_language) actor->language = asked;
    call->has_session = true;
    call->context.via = call->has_cookie ? "web" : "api";
    if (!uuid_is_nil(call->pass.key)) {
        call->context.via =
            scope_format(call->scope, "key:%.*s", STR_ARG(call->pass.name)).data;
    }
    call->records = engine_record_context(&call->context);
    return true;
}

/* A key goes where its scopes say, and not too often. */
static bool check_pass(struct call *call)
{
    if (uuid_is_nil(call->pass.key)) return true;
    if (!who_check_rate(call, api_wall_ms())) return false;
    if ((call->route->flags >> ROUTE_KEY_SHIFT & call->pass.scopes) != 0) return true;
    return error_set(call->scope, ERROR_DENIED, "key.scope", STR(""));
}

bool call_check_need(struct call *call)
{
    if (call->route->need != NEED_NOBODY && !check_pass(call)) return false;
    if (call->session.is_otp_due && !(call->route->flags & ROUTE_ANYWAY)) {
        return error_set(call->scope, ERROR_DENIED, "session.otp_setup", STR(""));
    }
    switch (call->route->need) {
    case NEED_NOBODY:
    case NEED_USER: return true;
    case NEED_CONFIGURE:
        if (call_has_right(call, RIGHT_CONFIGURE)) return true;
        break;
    case NEED_PEOPLE:
        if (call_has_right(call, RIGHT_MANAGE_PEOPLE)) return true;
        break;
    case NEED_AUDIT:
        if (call_has_right(call, RIGHT_AUDIT)) return true;
        break;
    }
    return error_set(call->scope, ERROR_DENIED, "access.denied", STR(""));
}

bool call_check_csrf(struct call *call)
{
    bool is_read = call->request->method == HTTP_GET || call->request->method == HTTP_HEAD ||
                   (call->route->flags & ROUTE_READ) != 0;
    if (is_read || !call->has_cookie) return true;
    if (http_header(call->request, "x-leadline-csrf").size > 0) return true;
    return error_set(call->scope, ERROR_DENIED, "access.csrf", STR(""));
}

/* ---- wrong logins by address ---- */

enum { ADDRESS_FAILED_COUNT_MAX = 30, ADDRESS_REST_MS = 10 * TIME_MINUTE_MS };

bool address_is_blocked(struct api *api, struct str address, int64_t now_ms, int64_t *rest_ms)
{
    uint64_t hash = str_hash(address);
    pthread_mutex_lock(&api->address_lock);
    struct address_slot slot = api->addresses[hash % ADDRESS_SLOT_COUNT];
    pthread_mutex_unlock(&api->address_lock);
    *rest_ms = slot.since_ms + ADDRESS_REST_MS - now_ms;
    return slot.hash == hash && slot.failed_count >= ADDRESS_FAILED_COUNT_MAX && *rest_ms > 0;
}

void address_failed(struct api *api, struct str address, int64_t now_ms)
{
    uint64_t hash = str_hash(address);
    pthread_mutex_lock(&api->address_lock);
    struct address_slot *slot = &api->addresses[hash % ADDRESS_SLOT_COUNT];
    bool is_other = slot->hash != hash || now_ms - slot->since_ms > ADDRESS_REST_MS;
    if (is_other) *slot = (struct address_slot){ hash, 0, now_ms };
    slot->failed_count += 1;
    pthread_mutex_unlock(&api->address_lock);
}
