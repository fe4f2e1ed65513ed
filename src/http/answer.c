/*
 * Formats an answer and sends it. In the common case this is one sendmsg() of
 * head and body straight from where they lie; only what the socket does not
 * take at once is kept (in the request's scope) until it is writable again.
 */
#include "http/connection.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <zlib.h>

#include "base/time.h"

enum { GZIP_LEVEL = 1, GZIP_WINDOW_BITS = 15 + 16 };

static const char default_policy[] =
    "Content-Security-Policy: default-src 'self'; img-src 'self' data: blob:; style-src 'self' "
    "'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action "
    "'self'\r\n";

static const struct {
    int status;
    const char *text;
} status_texts[] = {
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 204, "No Content" },
    { 206, "Partial Content" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 416, "Range Not Satisfiable" },
    { 417, "Expectation Failed" },
    { 422, "Unprocessable Content" },
    { 428, "Precondition Required" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
};

const char *http_status_text(int status)
{
    for (size_t i = 0; i < sizeof(status_texts) / sizeof(status_texts[0]); i++) {
        if (status_texts[i].status == status) return status_texts[i].text;
    }
    return "Unknown";
}

/* http_header_add() keeps the sum below ANSWER_HEAD_SIZE_MAX, so this always fits. */
static char *put(char *out, const char *text, size_t size)
{
    memcpy(out, text, size);
    return out + size;
}

#define PUT(out, literal) put((out), "" literal, sizeof(literal) - 1)

static char *put_text(char *out, const char *text)
{
    return put(out, text, strlen(text));
}

static char *put_number(char *out, int64_t number)
{
    char digits[24];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0) *out++ = digits[--count];
    return out;
}

static char *put_date(struct loop *loop, char *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != loop->date_s) {
        static const char days[] = "MonTueWedThuFriSatSun";
        static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        struct civil civil = time_civil(now.tv_sec * TIME_SECOND_MS, 0);
        snprintf(loop->date, sizeof(loop->date),
                 "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
                 days + (civil.weekday - 1) * 3, civil.day, months + (civil.month - 1) * 3,
                 civil.year, civil.hour, civil.minute, civil.second);
        loop->date_s = now.tv_sec;
    }
    return put_text(out, loop->date);
}

size_t answer_head(struct connection *connection, char *out, int64_t body_size)
{
    const struct http_response *response = &connection->request.response;
    char *at = out;
    at = PUT(at, "HTTP/1.1 ");
    at = put_number(at, response->status);
    *at++ = ' ';
    at = put_text(at, http_status_text(response->status));
    at = PUT(at, "\r\n");
    at = put_date(connection->loop, at);
    if (response->content_type) {
        at = PUT(at, "Content-Type: ");
        at = put_text(at, response->content_type);
        at = PUT(at, "\r\n");
    }
    bool has_policy = false;
    for (int i = 0; i < response->header_count; i++) {
        const struct http_header *header = &response->headers[i];
        has_policy |= str_equal_nocase(header->name, STR("content-security-policy"));
        at = put(at, header->name.data, header->name.size);
        at = PUT(at, ": ");
        at = put(at, header->value.data, header->value.size);
        at = PUT(at, "\r\n");
    }
    if (!has_policy) at = put(at, default_policy, sizeof(default_policy) - 1);
    at = PUT(at, "X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\n");
    if (body_size >= 0) {
        at = PUT(at, "Content-Length: ");
        at = put_number(at, body_size);
        at = PUT(at, "\r\n");
    }
    if (!connection->is_keep_alive) {
        at = PUT(at, "Connection: close\r\n");
    } else if (connection->is_http_1_0) {
        at = PUT(at, "Connection: keep-alive\r\n");
    }
    at = PUT(at, "\r\n");
    assert(at - out <= ANSWER_HEAD_SIZE_MAX);
    return (size_t)(at - out);
}

static bool is_compressible(const struct http_response *response)
{
    if (!response->content_type || response->status != 200) return false;
    struct str type = str_of(response->content_type);
    if (!str_starts_with(type, STR("text/")) && !str_starts_with(type, STR("application/json"))) {
        return false;
    }
    for (int i = 0; i < response->header_count; i++) {
        if (str_equal_nocase(response->headers[i].name, STR("content-encoding"))) return false;
    }
    return true;
}

static z_stream *gzip_ready(struct loop *loop)
{
    if (loop->gzip) return deflateReset(loop->gzip) == Z_OK ? loop->gzip : NULL;
    loop->gzip = scope_new(&loop->scope, z_stream, 1);
    int code = deflateInit2(loop->gzip, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, 8,
                            Z_DEFAULT_STRATEGY);
    if (code != Z_OK) loop->gzip = NULL;
    return loop->gzip;
}

void answer_gzip_end(struct loop *loop)
{
    if (loop->gzip) deflateEnd(loop->gzip);
    loop->gzip = NULL;
}

/* The body, compressed when that is wanted, accepted and worth it. */
static struct str compress_body(struct connection *connection, struct str body)
{
    struct http_request *request = &connection->request;
    int64_t size_min = connection->loop->server->options.gzip_size_min;
    if (size_min <= 0 || (int64_t)body.size < size_min || !is_compressible(&request->response)) {
        return body;
    }
    http_header_add(request, STR("Vary"), STR("Accept-Encoding"));
    if (!http_header_has(request, "accept-encoding", STR("gzip"))) return body;
    z_stream *stream = gzip_ready(connection->loop);
    if (!stream) return body;
    unsigned char *out = scope_alloc(request->scope, body.size);
    stream->next_in = (unsigned char *)(uintptr_t)body.data;
    stream->avail_in = (uInt)body.size;
    stream->next_out = out;
    stream->avail_out = (uInt)body.size;
    if (deflate(stream, Z_FINISH) != Z_STREAM_END) return body; /* it would not get smaller */
    if (!http_header_add(request, STR("Content-Encoding"), STR("gzip"))) return body;
    return (struct str){ (const char *)out, body.size - stream->avail_out };
}

static struct str answer_body(struct connection *connection)
{
    struct http_response *response = &connection->request.response;
    if (response->body.is_over) {
        *response = (struct http_response){ .status = 500 };
        return STR("");
    }
    if (response->body_referred.data) return response->body_referred;
    return buf_str(&response->body);
}

/* Sends both parts; returns how much went out, or -1 when the client is gone. */
static ssize_t send_parts(int fd, const struct str parts[2])
{
    struct iovec pieces[2] = {
        { (void *)(uintptr_t)parts[0].data, parts[0].size },
        { (void *)(uintptr_t)parts[1].data, parts[1].size },
    };
    struct msghdr message = { .msg_iov = pieces, .msg_iovlen = parts[1].size > 0 ? 2 : 1 };
    ssize_t size = sendmsg(fd, &message, MSG_NOSIGNAL);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    return size;
}

static void parts_advance(struct str parts[2], size_t size)
{
    for (int i = 0; i < 2; i++) {
        size_t step = size < parts[i].size ? size : parts[i].size;
        parts[i] = str_slice(parts[i], step, parts[i].size);
        size -= step;
    }
}

void answer_send(struct connection *connection)
{
    struct str body = answer_body(connection);
    struct http_response *response = &connection->request.response;
    bool has_body = response->status != 204 && response->status != 304;
    if (has_body && body.size > 0) body = compress_body(connection, body);

    char head[ANSWER_HEAD_SIZE_MAX];
    size_t head_size = answer_head(connection, head, has_body ? (int64_t)body.size : -1);
    if (!has_body || connection->request.method == HTTP_HEAD) body = STR("");
    struct str parts[2] = { { head, head_size }, body };
    size_t total = head_size + body.size;
    ssize_t sent = send_parts(connection->fd, parts);
    if (sent < 0) {
        connection_close(connection);
        return;
    }
    if ((size_t)sent == total) {
        connection_written(connection);
        return;
    }
    parts_advance(parts, (size_t)sent);
    connection->unsent[0] = scope_copy(&connection->scope, parts[0]);
    connection->unsent[1] = parts[1];
    connection->deadline_ms += (int64_t)total * TIME_SECOND_MS /
                               connection->loop->server->options.bytes_per_second_min;
    connection_wait_writable(connection);
}

bool answer_flush(struct connection *connection)
{
    struct str *unsent = connection->unsent;
    ssize_t sent = unsent[0].size > 0 ? send_parts(connection->fd, unsent) : 0;
    if (unsent[0].size == 0) {
        struct str parts[2] = { unsent[1], STR("") };
        sent = send_parts(connection->fd, parts);
    }
    if (sent < 0) {
        connection_close(connection);
        return false;
    }
    parts_advance(unsent, (size_t)sent);
    if (unsent[0].size + unsent[1].size > 0) {
        connection_wait_writable(connection);
        return true;
    }
    connection_written(connection);
    return connection->is_used;
}

void answer_continue(struct connection *connection)
{
    struct str parts[2] = { STR("HTTP/1.1 100 Continue\r\n\r\n"), STR("") };
    /* When even this does not fit the socket, the client sends its body without it. */
    send_parts(connection->fd, parts);
}
