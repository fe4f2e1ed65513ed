/* What handlers do with a request: look into it, and fill in and hand back the answer. */
#include <stdio.h>

#include "base/utf8.h"
#include "http/connection.h"

enum { HEADERS_SIZE_MAX = ANSWER_HEAD_SIZE_MAX - 2048 };

const char *http_method_name(enum http_method method)
{
    static const char *const names[] = { "GET",   "HEAD",   "POST",   "PUT",
                                         "PATCH", "DELETE", "OPTIONS" };
    return method < HTTP_METHOD_COUNT ? names[method] : "";
}

struct str http_header(const struct http_request *request, const char *name)
{
    struct str wanted = str_of(name);
    for (int i = 0; i < request->header_count; i++) {
        if (str_equal_nocase(request->headers[i].name, wanted)) return request->headers[i].value;
    }
    return (struct str){ 0 };
}

struct str http_cookie(const struct http_request *request, const char *name)
{
    struct str wanted = str_of(name);
    for (int i = 0; i < request->header_count; i++) {
        if (!str_equal_nocase(request->headers[i].name, STR("cookie"))) continue;
        struct str rest = request->headers[i].value, pair;
        while (str_split(&rest, ';', &pair)) {
            pair = str_trim(pair);
            size_t equals = str_find(pair, STR("="));
            if (equals == SIZE_MAX || !str_equal(str_slice(pair, 0, equals), wanted)) continue;
            struct str value = str_slice(pair, equals + 1, pair.size);
            bool is_quoted = value.size >= 2 && value.data[0] == '"' &&
                             value.data[value.size - 1] == '"';
            return is_quoted ? str_slice(value, 1, value.size - 1) : value;
        }
    }
    return (struct str){ 0 };
}

/* "q=0" behind a member means that it is not wanted. */
static bool is_refused(struct str parameters)
{
    struct str parameter;
    while (str_split(&parameters, ';', &parameter)) {
        parameter = str_trim(parameter);
        if (!str_starts_with(parameter, STR("q=0"))) continue;
        for (size_t i = 3; i < parameter.size; i++) {
            if (parameter.data[i] != '.' && parameter.data[i] != '0') return false;
        }
        return true;
    }
    return false;
}

bool http_header_has(const struct http_request *request, const char *name, struct str token)
{
    struct str wanted = str_of(name);
    for (int i = 0; i < request->header_count; i++) {
        if (!str_equal_nocase(request->headers[i].name, wanted)) continue;
        struct str rest = request->headers[i].value, member;
        while (str_split(&rest, ',', &member)) {
            struct str value;
            if (!str_split(&member, ';', &value)) continue;
            if (str_equal_nocase(str_trim(value), token)) return !is_refused(member);
        }
    }
    return false;
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9') return byte - '0';
    if ((byte | 32) >= 'a' && (byte | 32) <= 'f') return (byte | 32) - 'a' + 10;
    return -1;
}

bool http_decode(struct scope *scope, struct str text, bool is_form, struct str *out)
{
    bool has_escape = memchr(text.data ? text.data : "", '%', text.size) != NULL ||
                      (is_form && memchr(text.data ? text.data : "", '+', text.size) != NULL);
    if (!has_escape) {
        *out = (struct str){ text.data ? text.data : "", text.size };
        return memchr(out->data, 0, out->size) == NULL && utf8_is_valid(*out);
    }
    char *data = scope_alloc(scope, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        if (byte == '+' && is_form) {
            byte = ' ';
        } else if (byte == '%') {
            if (text.size - i < 3) return false;
            int high = hex_digit(text.data[i + 1]), low = hex_digit(text.data[i + 2]);
            if (high < 0 || low < 0) return false;
            byte = (char)(high * 16 + low);
            i += 2;
        }
        if (byte == 0) return false;
        data[size++] = byte;
    }
    *out = (struct str){ data, size };
    return utf8_is_valid(*out);
}

bool http_query(struct scope *scope, const struct http_request *request, const char *name,
                struct str *out)
{
    struct str rest = request->query, pair;
    struct str wanted = str_of(name);
    *out = (struct str){ 0 };
    while (str_split(&rest, '&', &pair)) {
        size_t equals = str_find(pair, STR("="));
        struct str own = str_slice(pair, 0, equals);
        if (memchr(own.data, '%', own.size) && !http_decode(scope, own, true, &own)) continue;
        if (!str_equal(own, wanted)) continue;
        struct str value = equals == SIZE_MAX ? STR("") : str_slice(pair, equals + 1, pair.size);
        if (http_decode(scope, value, true, out)) return true;
        return error_set(scope, ERROR_MALFORMED, "http.query_malformed", wanted);
    }
    return true;
}

static bool is_header_value(struct str value)
{
    for (size_t i = 0; i < value.size; i++) {
        unsigned char byte = (unsigned char)value.data[i];
        if ((byte < 32 && byte != '\t') || byte == 127) return false;
    }
    return true;
}

bool http_header_add(struct http_request *request, struct str name, struct str value)
{
    struct http_response *response = &request->response;
    if (response->header_count == HTTP_RESPONSE_HEADER_COUNT_MAX) return false;
    if (!head_is_token(name) || !is_header_value(value)) return false;
    size_t size = name.size + value.size + 4;
    for (int i = 0; i < response->header_count; i++) {
        size += response->headers[i].name.size + response->headers[i].value.size + 4;
    }
    if (size > HEADERS_SIZE_MAX) return false;
    response->headers[response->header_count++] = (struct http_header){
        scope_copy(request->scope, name), scope_copy(request->scope, value)
    };
    return true;
}

void http_body_set(struct http_request *request, const char *content_type, struct str body)
{
    request->response.content_type = content_type;
    buf_put(&request->response.body, body);
}

void http_body_refer(struct http_request *request, const char *content_type, struct str body)
{
    request->response.content_type = content_type;
    request->response.body_referred = body;
}

void http_answer_status(struct http_request *request, int status)
{
    request->response.status = status;
    http_body_refer(request, "text/plain; charset=utf-8", str_of(http_status_text(status)));
    http_answer(request);
}

void http_answer(struct http_request *request)
{
    struct connection *connection = (struct connection *)request;
    struct loop *loop = connection->loop;
    /* Only the handler's own thread may look at is_in_handler. */
    if (pthread_equal(pthread_self(), loop->thread) && connection->is_in_handler) {
        connection->is_answered = true;
        return;
    }
    atomic_fetch_add(&loop->pusher_count, 1);
    struct connection *head = atomic_load_explicit(&loop->answered, memory_order_relaxed);
    do {
        connection->next_answered = head;
    } while (!atomic_compare_exchange_weak_explicit(&loop->answered, &head, connection,
                                                    memory_order_release, memory_order_relaxed));
    /* Whoever finds the queue empty wakes the loop; the rest of the batch rides along. */
    if (!head) loop_wake(loop);
    atomic_fetch_sub(&loop->pusher_count, 1);
}
