/*
 * One request, few hops: api_handle finds the route, call_run reads with a
 * snapshot of the database, a write goes through the queue, call_finish answers.
 * The control flow of all calls is in this file; handlers only fill in.
 */
#include "api/inner.h"

#include <inttypes.h>
#include <sodium.h>

#include "base/log.h"
#include "http/static.h"

enum { KEY_SIZE_MAX = 200, REQUEST_ID_SIZE_MAX = 64, IDEMPOTENCY_DAYS = 1 };

int64_t api_wall_ms(void)
{
    return time_now_ms();
}

/* ---- answering ---- */

static const int latency_bounds_ms[LATENCY_BUCKET_COUNT] = { 1,   2,   5,   10,  25,
                                                             50, 100, 250, 1000, 5000 };

static void count_answer(struct api *api, int status, int64_t took_ms)
{
    int digit = status / 100;
    atomic_fetch_add(&api->request_counts[digit >= 1 && digit <= 5 ? digit : 0], 1);
    int bucket = 0;
    while (bucket < LATENCY_BUCKET_COUNT && took_ms > latency_bounds_ms[bucket]) bucket += 1;
    atomic_fetch_add(&api->latency_counts[bucket], 1);
    atomic_fetch_add(&api->latency_sum_ms, took_ms);
}

static void put_clock(struct call *call)
{
    struct clock *clock = engine_clock(call->api->engine);
    if (atomic_load(&clock->fixed_ms) == 0) return;
    http_header_add(call->request, STR("Leadline-Now"),
                    time_format(call->scope, clock_now_ms(clock)));
}

static bool has_header(const struct call *call, struct str name)
{
    const struct http_response *response = &call->request->response;
    for (int i = 0; i < response->header_count; i++) {
        if (str_equal_nocase(response->headers[i].name, name)) return true;
    }
    return false;
}

/* What the call held outside of its scope. */
static void call_leave(struct call *call)
{
    snapshot_release(call->api->engine, call->snapshot);
    atomic_fetch_sub(&call->api->open_count, 1);
}

static void call_send(struct call *call)
{
    struct http_response *response = &call->request->response;
    struct api *api = call->api;
    if (!response->content_type && (response->body.size > 0 || response->body_referred.size > 0)) {
        response->content_type = "application/json";
    }
    if (!has_header(call, STR("Cache-Control"))) {
        http_header_add(call->request, STR("Cache-Control"), STR("no-store"));
    }
    put_clock(call);
    count_answer(api, response->status, time_monotonic_ms() - call->began_ms);
    call_leave(call);
    http_answer(call->request);
}

void call_finish(struct call *call, bool is_ok)
{
    if (is_ok && call->route && call->route->finish) is_ok = call->route->finish(call);
    if (is_ok && call->request->response.body.is_over) {
        is_ok = error_set(call->scope, ERROR_TOO_LARGE, "db.too_large", STR(""));
    }
    if (!is_ok) problem_put(call, &call->scope->error);
    call_send(call);
}

/* ---- idempotency: an answer once given is given again ---- */

static struct cell request_hash(struct call *call)
{
    crypto_hash_sha256_state state;
    unsigned char hash[crypto_hash_sha256_BYTES];
    struct str parts[] = { call->request->path, STR("\n"), call->request->body };
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        crypto_hash_sha256_update(&state, (const unsigned char *)parts[i].data, parts[i].size);
    }
    crypto_hash_sha256_final(&state, hash);
    struct str bytes = { (const char *)hash, sizeof(hash) };
    return cell_blob(scope_copy(call->scope, bytes));
}

/* Whose idempotency keys: a program's are its own. */
static struct uuid asker(const struct call *call)
{
    return uuid_is_nil(call->pass.key) ? call->context.actor.user : call->pass.key;
}

static bool idempotency_find(struct call *call, struct db_conn *conn, bool *is_found)
{
    struct cell args[] = { cell_id(call->scope, asker(call)), cell_text(call->idempotency_key) };
    struct cell hash = request_hash(call);
    struct row row;
    *is_found = false;
    if (!db_one(call->scope, conn,
                STR("SELECT status, body, request_hash FROM idempotency WHERE \"user\" = ? "
                    "AND key = ?"),
                args, 2, &row)) {
        return false;
    }
    if (row.count == 0) return true;
    if (!cell_equal(&row.cells[2], &hash)) {
        return error_set(call->scope, ERROR_INVALID, "request.key_reused",
                         STR("Idempotency-Key"));
    }
    *is_found = true;
    call->request->response.status = (int)row.cells[0].integer;
    buf_put(&call->request->response.body, row.cells[1].text);
    http_header_add(call->request, STR("Idempotent-Replayed"), STR("true"));
    return true;
}

static bool idempotency_put(struct call *call, struct db_conn *conn)
{
    int64_t now_ms = api_wall_ms();
    struct cell old = cell_int(now_ms - IDEMPOTENCY_DAYS * (int64_t)TIME_DAY_MS);
    struct cell args[] = {
        cell_id(call->scope, asker(call)),
        cell_text(call->idempotency_key),
        cell_int(now_ms),
        cell_int(call->request->response.status),
        cell_blob(buf_str(&call->request->response.body)),
        request_hash(call),
    };
    return db_exec(call->scope, conn, STR("DELETE FROM idempotency WHERE created_at < ?"), &old,
                   1) &&
           db_exec(call->scope, conn,
                   STR("INSERT INTO idempotency (\"user\", key, created_at, status, body, "
                       "request_hash) VALUES (?, ?, ?, ?, ?, ?)"),
                   args, 6);
}

static bool key_take(struct call *call)
{
    struct str key = str_trim(http_header(call->request, "idempotency-key"));
    bool is_meant = call->request->method == HTTP_POST && call->route->write &&
                    call->has_session && !(call->route->flags & (ROUTE_READ | ROUTE_ONCE));
    if (!is_meant || key.size == 0) return true;
    if (key.size > KEY_SIZE_MAX) {
        error_set(call->scope, ERROR_INVALID, "field.too_long", STR("Idempotency-Key"));
        return error_arg(call->scope, "max", scope_format(call->scope, "%d", KEY_SIZE_MAX));
    }
    call->idempotency_key = key;
    return true;
}

/* ---- the configuration changed while a call was on its way ---- */

/* Planned anew once, by a worker; the second time the answer says what happened. */
static bool call_again(struct call *call)
{
    return call->is_outdated && !call->is_renewed && work_submit(call);
}

/* A read that failed below, perhaps for a column that is no longer there. */
static bool is_outrun(struct call *call)
{
    const struct snapshot *current = snapshot_take(call->api->engine);
    bool is_newer = current->version != call->snapshot->version;
    snapshot_release(call->api->engine, current);
    return is_newer && call->scope->error.code == ERROR_STORAGE;
}

/* ---- writes ---- */

static bool write_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct call *call = context;
    struct http_response *response = &call->request->response;
    bool is_found = false;
    response->header_count = call->kept_header_count;
    buf_cut(&response->body, 0);
    json_begin(&call->out, &response->body);
    /* What came as a file does not stand on the configuration and is not taken in twice. */
    if (!(call->route->flags & ROUTE_RAW) && !snapshot_check(scope, conn, call->snapshot)) {
        call->is_outdated = scope->error.code == ERROR_STALE;
        return false;
    }
    if (call->idempotency_key.size == 0) return call->route->write(call, conn);
    if (!idempotency_find(call, conn, &is_found)) return false;
    return is_found || (call->route->write(call, conn) && idempotency_put(call, conn));
}

static void write_done(bool is_committed, void *context)
{
    struct call *call = context;
    atomic_fetch_add(is_committed ? &call->api->write_count : &call->api->write_failed_count, 1);
    if (call_again(call)) return;
    call_finish(call, is_committed);
}

static void write_submit(struct call *call)
{
    call->db_write = (struct db_write){ .scope = call->scope, .run = write_run,
                                        .done = write_done, .context = call };
    if (!db_write_submit(call->api->db, &call->db_write)) call_finish(call, false);
}

/* A session in use is written down now and then, by the way. */
struct touch {
    struct scope scope;
    struct db_write write;
    unsigned char hash[SESSION_HASH_SIZE];
    struct uuid key; /* nil: a session */
    int64_t now_ms;
};

static bool touch_run(struct scope *scope, struct db_conn *conn, void *context)
{
    struct touch *touch = context;
    if (!uuid_is_nil(touch->key)) return key_touch(scope, conn, touch->key, touch->now_ms);
    return session_touch(scope, conn, touch->hash, touch->now_ms);
}

static void touch_done(bool is_committed, void *context)
{
    struct touch *touch = context;
    (void)is_committed;
    struct scope scope = touch->scope;
    scope_end(&scope);
}

static void session_keep(struct call *call)
{
    if (!call->has_session || !call->session.is_stale) return;
    struct scope own;
    scope_begin(&own);
    struct touch *touch = scope_new(&own, struct touch, 1);
    touch->scope = own;
    touch->now_ms = api_wall_ms();
    touch->key = call->pass.key;
    memcpy(touch->hash, call->session.hash, sizeof(touch->hash));
    touch->write = (struct db_write){ .scope = &touch->scope, .run = touch_run,
                                      .done = touch_done, .context = touch };
    if (!db_write_submit(call->api->db, &touch->write)) touch_done(false, touch);
}

/* ---- reads ---- */

static bool read_begin(struct call *call)
{
    if (!db_read_begin(call->scope, call->api->db, &call->conn)) return false;
    db_read_deadline(call->conn, time_monotonic_ms() + READ_TIME_MAX_MS);
    return true;
}

static void read_end(struct call *call)
{
    if (call->conn) db_read_end(call->conn);
    call->conn = NULL;
}

/* Who asks, and may they ask this at all. */
static bool admit(struct call *call)
{
    if (call->route->need == NEED_NOBODY) return true;
    return call_authenticate(call) && call_check_need(call) && call_check_csrf(call) &&
           key_take(call);
}

/* Nobody yet: a role that may do nothing is worse than the system's only in looks. */
static void call_begin(struct call *call)
{
    struct api *api = call->api;
    call->snapshot = snapshot_take(api->engine);
    call->context = engine_system_context(api->engine, call->snapshot, "api");
    call->context.actor = (struct actor){
        .language = language_from_header(http_header(call->request, "accept-language"))
    };
}

/* As if it had just come in, with the configuration of now. */
static bool call_renew(struct call *call)
{
    struct http_response *response = &call->request->response;
    call->is_outdated = false;
    call->is_renewed = true;
    scope_error_clear(call->scope);
    if (!engine_refresh(call->scope, call->api->engine)) return false;
    snapshot_release(call->api->engine, call->snapshot);
    call_begin(call);
    call->body = (struct json){ 0 };
    call->source = STR("");
    call->object = NULL;
    call->state = NULL;
    call->titles = (struct titles){ 0 };
    response->header_count = call->kept_header_count;
    response->status = 200;
    buf_cut(&response->body, 0);
    json_begin(&call->out, &response->body);
    return admit(call);
}

/* application/json, application/merge-patch+json …, with parameters or without; none is JSON. */
static bool is_json_type(struct str text)
{
    struct str type;
    if (!str_split(&text, ';', &type)) return true;
    type = str_trim(type);
    struct str kind = str_slice(type, 0, sizeof("application/") - 1);
    struct str end = type.size > 5 ? str_slice(type, type.size - 5, type.size) : STR("");
    return type.size == 0 || str_equal_nocase(type, STR("application/json")) ||
           (str_equal_nocase(kind, STR("application/")) && str_equal_nocase(end, STR("+json")));
}

static bool body_read(struct call *call)
{
    if (call->route->body_size_max == 0 || (call->route->flags & ROUTE_RAW)) return true;
    struct str body = call->request->body;
    if (str_trim(body).size == 0) {
        call->body = (struct json){ .kind = JSON_KIND_MAP };
        return true;
    }
    if (!is_json_type(http_header(call->request, "content-type"))) {
        return error_set(call->scope, ERROR_UNSUPPORTED, "request.not_json", STR("Content-Type"));
    }
    return json_read(call->scope, body, &call->body);
}

void call_run(struct call *call)
{
    bool is_bare = (call->route->flags & ROUTE_BARE) != 0;
    bool is_ok = (!call->is_outdated || call_renew(call)) &&
                 (is_bare || read_begin(call)) && body_read(call) &&
                 (!call->route->handle || call->route->handle(call));
    read_end(call);
    if (!is_ok && is_outrun(call)) call->is_outdated = true;
    if (!is_ok && call_again(call)) return;
    if (is_ok && (call->route->flags & ROUTE_STREAM)) {
        struct api *api = call->api;
        struct http_request *request = call->request;
        call_leave(call);
        hub_open(api, request, call->state);
    } else if (is_ok && call->route->write) {
        write_submit(call);
    } else {
        call_finish(call, is_ok);
    }
}

/* ---- dispatch ---- */

static bool is_request_id(struct str text)
{
    if (text.size == 0 || text.size > REQUEST_ID_SIZE_MAX) return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool is_good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (!is_good) return false;
    }
    return true;
}

static struct call *call_make(struct api *api, struct http_request *request)
{
    struct call *call = scope_new(request->scope, struct call, 1);
    call->api = api;
    call->request = request;
    call->scope = request->scope;
    call->began_ms = time_monotonic_ms();
    call_begin(call);
    call->request_id = http_header(request, "x-request-id");
    if (!is_request_id(call->request_id)) {
        call->request_id = uuid_format(call->scope, uuid_make(api_wall_ms()));
    }
    json_begin(&call->out, &request->response.body);
    http_header_add(request, STR("X-Request-Id"), call->request_id);
    call->kept_header_count = request->response.header_count;
    atomic_fetch_add(&api->open_count, 1);
    return call;
}

static void refuse_route(struct call *call, enum route_result result,
                         const struct route_match *match)
{
    struct http_request *request = call->request;
    if (result != ROUTE_WRONG_METHOD) {
        enum error_code code = result == ROUTE_ABSENT ? ERROR_NOT_FOUND : ERROR_MALFORMED;
        error_set(call->scope, code,
                  result == ROUTE_ABSENT ? "route.not_found" : "request.malformed", STR(""));
        call_finish(call, false);
        return;
    }
    struct str allow = router_allow(call->scope, match->methods);
    error_set(call->scope, ERROR_INVALID, "route.method", STR(""));
    error_arg(call->scope, "method", str_of(http_method_name(request->method)));
    error_arg(call->scope, "allowed", allow);
    problem_put_as(call, &call->scope->error, 405);
    http_header_add(request, STR("Allow"), allow);
    call_send(call);
}

static void dispatch(struct call *call)
{
    struct route_match match;
    enum route_result result = router_find(call->scope, call->api->router, call->request->method,
                                           call->request->path, &match);
    if (result != ROUTE_FOUND) {
        refuse_route(call, result, &match);
        return;
    }
    call->route = &api_routes[match.route];
    memcpy(call->captures, match.captures, sizeof(match.captures));
    bool is_ok = admit(call);
    session_keep(call);
    bool is_work = is_ok && (call->route->flags & ROUTE_WORK) != 0;
    if (is_work) is_ok = work_submit(call);
    if (!is_ok) {
        call_finish(call, false);
    } else if (!is_work) {
        call_run(call);
    }
}

static bool is_api_path(struct str path)
{
    return str_starts_with(path, STR("/api/")) || str_is(path, "/api") ||
           str_is(path, "/healthz") || str_is(path, "/readyz") || str_is(path, "/metrics");
}

static const char page_policy[] =
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self'; "
    "style-src-attr 'unsafe-inline'; script-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'self'; form-action 'self'";

void api_handle(struct http_request *request, void *context)
{
    if (is_api_path(request->path)) {
        dispatch(call_make(context, request));
        return;
    }
    http_header_add(request, STR("Content-Security-Policy"), str_of(page_policy));
    http_header_add(request, STR("Permissions-Policy"),
                    STR("microphone=(self), camera=(self), geolocation=(self)"));
    static_answer(request, assets, asset_count);
}

int64_t api_body_size_max(enum http_method method, struct str path, void *context)
{
    struct api *api = context;
    struct route_match match;
    struct scope scope;
    scope_begin(&scope);
    bool is_found =
        router_find(&scope, api->router, method, path, &match) == ROUTE_FOUND;
    scope_end(&scope);
    if (!is_found || api_routes[match.route].body_size_max == 0) return BODY_SIZE_MAX;
    return api_routes[match.route].body_size_max;
}

/* ---- life ---- */

bool api_start(struct scope *scope, struct engine *engine, const struct api_options *options,
               struct api **out)
{
    struct api *api = scope_new(scope, struct api, 1);
    if (sodium_init() < 0) return error_storage(scope, STR("libsodium cannot be used"));
    api->engine = engine;
    api->db = engine_db(engine);
    api->options = *options;
    if (!api->options.version) api->options.version = "0";
    api->started_ms = api_wall_ms();
    api->addresses = scope_new(scope, struct address_slot, ADDRESS_SLOT_COUNT);
    api->texts = scope_new(scope, struct text_slot, TEXT_SLOT_COUNT);
    pthread_mutex_init(&api->address_lock, NULL);
    pthread_mutex_init(&api->text_lock, NULL);
    api->router = router_make(scope);
    for (int i = 0; i < api_route_count; i++) {
        router_add(api->router, api_routes[i].method, api_routes[i].pattern, i);
    }
    who_start(scope, api);
    if (!work_start(scope, api) || !hub_start(scope, api) || !imports_start(scope, api)) {
        return false;
    }
    *out = api;
    return true;
}

void api_stop(struct api *api)
{
    hub_stop(api);
    imports_stop(api);
    work_stop(api);
    texts_end(api);
}
