/*
 * The server as a whole: keep-alive, pipelining, late answers, streams, limits,
 * through real sockets. Other tests use its server and client (wire_test.h).
 */
#include "http/wire_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "http/sse.h"
#include "http/static.h"
#include "tests/test.h"

enum { LATE_COUNT_MAX = 256 };

/* -- A server whose handler does what the path says ------------------------- */

static struct {
    pthread_mutex_t mutex;
    struct http_request *late[LATE_COUNT_MAX];
    int late_count;
    struct http_stream *stream;
    int closed_count;
} world = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static const unsigned char page_gzip[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xb3, 0xc9, 0x30,
    0xb4, 0x0b, 0xc9, 0xc8, 0x2c, 0x56, 0xb0, 0xd1, 0x07, 0xb2, 0xb8, 0x00, 0x64,
    0xe4, 0x05, 0x9b, 0x0f, 0x00, 0x00, 0x00,
};

static void late_put(struct http_request *request)
{
    pthread_mutex_lock(&world.mutex);
    world.late[world.late_count++] = request;
    pthread_mutex_unlock(&world.mutex);
}

static int late_count(void)
{
    pthread_mutex_lock(&world.mutex);
    int count = world.late_count;
    pthread_mutex_unlock(&world.mutex);
    return count;
}

static void on_stream_close(struct http_stream *stream, void *context)
{
    (void)context;
    pthread_mutex_lock(&world.mutex);
    world.closed_count += 1;
    bool is_mine = world.stream == stream;
    world.stream = NULL;
    pthread_mutex_unlock(&world.mutex);
    if (is_mine) http_stream_end(stream);
}

static void answer_large(struct http_request *request)
{
    char *data = scope_alloc(request->scope, LARGE_SIZE);
    memset(data, 'x', LARGE_SIZE);
    http_body_refer(request, "text/plain", (struct str){ data, LARGE_SIZE });
    http_answer(request);
}

static void handle(struct http_request *request, void *context)
{
    (void)context;
    struct str path = request->path;
    if (str_is(path, "/late")) {
        late_put(request);
    } else if (str_is(path, "/stream")) {
        struct http_stream *stream = http_stream_begin(request, on_stream_close, NULL);
        pthread_mutex_lock(&world.mutex);
        world.stream = stream;
        pthread_mutex_unlock(&world.mutex);
    } else if (str_is(path, "/large")) {
        answer_large(request);
    } else if (str_is(path, "/empty")) {
        request->response.status = 204;
        http_answer(request);
    } else if (str_starts_with(path, STR("/app"))) {
        static const struct asset table[] = {
            { "/app/a-1b2c.js", "text/javascript", page_gzip, sizeof(page_gzip), "\"1\"", true },
            { "/index.html", "text/html", page_gzip, sizeof(page_gzip), "\"2\"", false },
        };
        static_answer(request, table, 2);
    } else {
        http_header_add(request, STR("X-Method"), str_of(http_method_name(request->method)));
        http_header_add(request, STR("X-Client"), request->client_address);
        http_body_set(request, "text/plain", request->path);
        http_body_set(request, "text/plain", STR("|"));
        http_body_set(request, "text/plain", request->body);
        http_answer(request);
    }
}

static int64_t body_size_max_of(enum http_method method, struct str path, void *context)
{
    (void)method, (void)context;
    return str_is(path, "/tiny") ? 10 : BODY_SIZE_MAX;
}

struct http_server *wire_server;

void wire_start(struct scope *scope, const struct http_options *changes)
{
    struct http_options options = changes ? *changes : (struct http_options){ 0 };
    options.thread_count = 2;
    options.handle = handle;
    options.body_size_max_of = body_size_max_of;
    if (options.head_deadline_ms == 0) options.head_deadline_ms = DEADLINE_MS;
    options.body_deadline_ms = DEADLINE_MS;
    options.write_deadline_ms = 2 * DEADLINE_MS;
    if (options.idle_timeout_ms == 0) options.idle_timeout_ms = PATIENCE_MS;
    options.linger_ms = DEADLINE_MS;
    scope_begin(scope);
    world.late_count = world.closed_count = 0;
    bool ok = http_start(scope, &options, &wire_server);
    if (!CHECK(ok)) fprintf(stderr, "%.*s\n", STR_ARG(scope->error.detail));
}

void wire_stop(struct scope *scope)
{
    http_stop(wire_server, PATIENCE_MS);
    scope_end(scope);
}

/* -- A client ---------------------------------------------------------------- */

int wire_dial(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)http_port(wire_server)) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    return fd;
}

void wire_say(int fd, struct str text)
{
    while (text.size > 0) {
        ssize_t sent = send(fd, text.data, text.size, MSG_NOSIGNAL);
        if (sent <= 0) return; /* refused early; the answer tells */
        text = str_slice(text, (size_t)sent, text.size);
    }
}

struct wire_reply wire_reply;

void wire_listen(int fd, const char *done)
{
    int64_t start_ms = time_monotonic_ms();
    wire_reply.is_closed = false;
    for (;;) {
        wire_reply.bytes[wire_reply.size] = 0;
        wire_reply.took_ms = time_monotonic_ms() - start_ms;
        if (done && strstr(wire_reply.bytes, done)) return;
        struct pollfd wait = { fd, POLLIN, 0 };
        if (wire_reply.took_ms > PATIENCE_MS || poll(&wait, 1, PATIENCE_MS) <= 0) return;
        size_t room = sizeof(wire_reply.bytes) - 1 - wire_reply.size;
        ssize_t size = recv(fd, wire_reply.bytes + wire_reply.size, room, 0);
        if (size <= 0) {
            wire_reply.is_closed = true;
            wire_reply.took_ms = time_monotonic_ms() - start_ms;
            return;
        }
        wire_reply.size += (size_t)size;
    }
}

int wire_status(void)
{
    return wire_reply.size > 12 ? (int)strtol(wire_reply.bytes + 9, NULL, 10) : 0;
}

int wire_ask(struct str text)
{
    int fd = wire_dial();
    wire_say(fd, text);
    wire_reply.size = 0;
    wire_listen(fd, NULL);
    close(fd);
    return wire_status();
}

int wire_count(const char *text)
{
    int count = 0;
    for (const char *at = wire_reply.bytes; (at = strstr(at, text)) != NULL; at++) count += 1;
    return count;
}

static void *answer_when_late(void *count)
{
    int wanted = *(int *)count;
    int64_t start_ms = time_monotonic_ms();
    while (late_count() < wanted && time_monotonic_ms() - start_ms < PATIENCE_MS) usleep(1000);
    pthread_mutex_lock(&world.mutex);
    for (int i = 0; i < world.late_count; i++) {
        http_body_set(world.late[i], "text/plain", STR("late"));
        http_answer(world.late[i]);
    }
    world.late_count = 0;
    pthread_mutex_unlock(&world.mutex);
    return NULL;
}

static void *stop_thread(void *unused)
{
    (void)unused;
    http_stop(wire_server, PATIENCE_MS);
    return NULL;
}

/* -- Ordinary life --------------------------------------------------------------- */

TEST(http_answers_and_keeps_the_connection)
{
    struct scope scope;
    wire_start(&scope, NULL);
    int fd = wire_dial();
    for (int i = 0; i < 3; i++) {
        wire_say(fd, STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"));
        wire_reply.size = 0;
        wire_listen(fd, "/echo|hello");
        CHECK_INT(wire_status(), 200);
        CHECK(!wire_reply.is_closed);
        CHECK(strstr(wire_reply.bytes, "X-Method: POST\r\n") != NULL);
        CHECK(strstr(wire_reply.bytes, "X-Client: 127.0.0.1\r\n") != NULL);
        CHECK(strstr(wire_reply.bytes, "Content-Length: 11\r\n") != NULL);
        CHECK(strstr(wire_reply.bytes, "\r\nContent-Security-Policy: default-src 'self'") != NULL);
        CHECK(strstr(wire_reply.bytes, "\r\nX-Content-Type-Options: nosniff\r\n") != NULL);
        CHECK(strstr(wire_reply.bytes, "\r\nReferrer-Policy: same-origin\r\n") != NULL);
    }
    close(fd);
    CHECK_INT(wire_ask(STR("GET /x HTTP/1.0\r\n\r\n")), 200);
    CHECK(wire_reply.is_closed && wire_count("Connection: close") == 1);
    CHECK_INT(wire_ask(STR("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")), 200);
    CHECK(wire_count("Content-Length: 3\r\n") == 1 && wire_count("/x|") == 0);
    CHECK_INT(wire_ask(STR("GET /empty HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")),
              204);
    CHECK_INT(wire_count("Content-Length"), 0);
    wire_stop(&scope);
}

TEST(http_takes_bytes_one_by_one_and_chunks)
{
    struct scope scope;
    struct http_options options = { .head_deadline_ms = PATIENCE_MS };
    wire_start(&scope, &options);
    int fd = wire_dial();
    struct str bytes = STR("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"
                           "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok");
    for (size_t i = 0; i < bytes.size; i++) {
        wire_say(fd, str_slice(bytes, i, i + 1));
        if (i % 16 == 0) usleep(500);
    }
    wire_reply.size = 0;
    wire_listen(fd, "/b|ok");
    CHECK(wire_count("/a|hello!") == 1 && wire_count("/b|ok") == 1);
    close(fd);

    fd = wire_dial();
    wire_say(fd, STR("POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                "Expect: 100-continue\r\n\r\n"));
    wire_reply.size = 0;
    wire_listen(fd, "\r\n\r\n");
    CHECK_INT(wire_status(), 100);
    wire_say(fd, STR("yes"));
    wire_listen(fd, "/c|yes");
    CHECK(strstr(wire_reply.bytes, "/c|yes") != NULL);
    close(fd);
    wire_stop(&scope);
}

TEST(http_bodies_up_to_the_limit)
{
    struct scope scope;
    wire_start(&scope, NULL);
    struct buf bytes;
    buf_begin(&bytes, &scope, 1 << 20);
    buf_format(&bytes, "POST /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                       "Content-Length: %d\r\n\r\n", BODY_SIZE_MAX);
    size_t head_size = bytes.size;
    for (int i = 0; i < BODY_SIZE_MAX; i++) buf_put_char(&bytes, (char)('a' + i % 26));
    CHECK_INT(wire_ask(buf_str(&bytes)), 200);
    const char *body = strstr(wire_reply.bytes, "/b|");
    CHECK(body && memcmp(body + 3, bytes.data + head_size, BODY_SIZE_MAX) == 0);
    wire_stop(&scope);
}

TEST(http_bounds_the_memory_of_unfinished_bodies)
{
    struct scope scope;
    struct http_options options = { .body_total_max = BODY_SIZE_MAX };
    wire_start(&scope, &options);
    struct str head = STR("POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
    char *part = scope_alloc(&scope, 40000);
    memset(part, 'x', 40000);
    int first = wire_dial(), second = wire_dial();
    wire_say(first, head);
    wire_say(first, (struct str){ part, 40000 });
    usleep(50 * 1000);
    wire_say(second, head);
    wire_say(second, (struct str){ part, 40000 });
    wire_reply.size = 0;
    wire_listen(second, NULL);
    CHECK_INT(wire_status(), 503);
    CHECK(wire_reply.is_closed);
    wire_say(first, (struct str){ part, 20000 });
    wire_reply.size = 0;
    wire_listen(first, "\r\n\r\n/b|");
    CHECK_INT(wire_status(), 200);
    close(first);
    close(second);
    /* What the two held has been given back. */
    int third = wire_dial();
    wire_say(third, head);
    wire_say(third, (struct str){ part, 40000 });
    wire_say(third, (struct str){ part, 20000 });
    wire_reply.size = 0;
    wire_listen(third, "\r\n\r\n/b|");
    CHECK_INT(wire_status(), 200);
    close(third);
    wire_stop(&scope);
}

TEST(http_pipelining_answers_in_order)
{
    struct scope scope;
    wire_start(&scope, NULL);
    struct buf bytes;
    buf_begin(&bytes, &scope, 1 << 20);
    /* Beyond one read, with a late answer in the middle. */
    for (int i = 0; i < 3000; i++) {
        const char *path = i == 1500 ? "/late" : "/n";
        buf_format(&bytes, "GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", path,
                   i == 2999 ? "Connection: close\r\n" : "");
    }
    int fd = wire_dial();
    pthread_t thread;
    int wanted = 1;
    pthread_create(&thread, NULL, answer_when_late, &wanted);
    int total = 0;
    struct str rest = buf_str(&bytes);
    while (rest.size > 0 || !wire_reply.is_closed) {
        ssize_t sent = rest.size > 0 ? send(fd, rest.data, rest.size, MSG_NOSIGNAL | MSG_DONTWAIT)
                                     : 0;
        if (sent > 0) rest = str_slice(rest, (size_t)sent, rest.size);
        wire_reply.size = 0;
        struct pollfd wait = { fd, POLLIN, 0 };
        if (poll(&wait, 1, PATIENCE_MS) <= 0) break;
        ssize_t size = recv(fd, wire_reply.bytes, sizeof(wire_reply.bytes) - 1, 0);
        wire_reply.is_closed = size <= 0;
        if (size <= 0) break;
        /* Count status lines by their first byte, so that none is lost at a seam. */
        for (ssize_t i = 0; i < size; i++) total += wire_reply.bytes[i] == 'H' ? 1 : 0;
    }
    pthread_join(thread, NULL);
    CHECK(rest.size == 0 && wire_reply.is_closed);
    CHECK(total >= 3000);
    close(fd);
    wire_stop(&scope);
}

/* -- Late answers ------------------------------------------------------------------ */

TEST(http_answers_late_from_another_thread)
{
    enum { CONNECTION_COUNT = 64, ROUND_COUNT = 5 };
    struct scope scope;
    int fds[CONNECTION_COUNT];
    wire_start(&scope, NULL);
    for (int i = 0; i < CONNECTION_COUNT; i++) fds[i] = wire_dial();
    for (int round = 0; round < ROUND_COUNT; round++) {
        pthread_t thread;
        int wanted = CONNECTION_COUNT;
        for (int i = 0; i < CONNECTION_COUNT; i++) {
            wire_say(fds[i], STR("POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"));
        }
        pthread_create(&thread, NULL, answer_when_late, &wanted);
        for (int i = 0; i < CONNECTION_COUNT; i++) {
            wire_reply.size = 0;
            wire_listen(fds[i], "\r\n\r\nlate");
            CHECK_INT(wire_status(), 200);
            CHECK(strstr(wire_reply.bytes, "\r\n\r\nlate") != NULL);
        }
        pthread_join(thread, NULL);
    }
    for (int i = 0; i < CONNECTION_COUNT; i++) close(fds[i]);
    wire_stop(&scope);
}

TEST(http_client_may_leave_before_a_late_answer)
{
    struct scope scope;
    wire_start(&scope, NULL);
    for (int i = 0; i < 20; i++) {
        int fd = wire_dial();
        wire_say(fd, STR("GET /late HTTP/1.1\r\nHost: a\r\n\r\n"));
        if (i % 3 == 0) wire_say(fd, STR("GET /behind HTTP/1.1\r\nHost: a\r\n\r\n"));
        /* Half of them by a reset instead of an orderly end. */
        struct linger now = { 1, 0 };
        while (late_count() <= i) usleep(1000);
        if (i % 2 == 0) setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        close(fd);
    }
    usleep(50 * 1000);
    int wanted = 20;
    answer_when_late(&wanted);
    CHECK_INT(wire_ask(STR("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")), 200);
    wire_stop(&scope);
}

TEST(http_half_closed_client_gets_its_answer)
{
    struct scope scope;
    wire_start(&scope, NULL);
    int fd = wire_dial();
    wire_say(fd, STR("GET /late HTTP/1.1\r\nHost: a\r\n\r\n"
                     "GET /behind HTTP/1.1\r\nHost: a\r\n\r\n"));
    shutdown(fd, SHUT_WR);
    int wanted = 1;
    answer_when_late(&wanted);
    wire_reply.size = 0;
    wire_listen(fd, NULL);
    CHECK(wire_reply.is_closed);
    CHECK_INT(wire_count("HTTP/1.1 200"), 2);
    CHECK(strstr(wire_reply.bytes, "/behind|") != NULL);
    close(fd);
    wire_stop(&scope);
}

TEST(http_stop_waits_for_requests_under_way)
{
    struct scope scope;
    wire_start(&scope, NULL);
    int fd = wire_dial();
    wire_say(fd, STR("GET /late HTTP/1.1\r\nHost: a\r\n\r\n"));
    while (late_count() < 1) usleep(1000);
    pthread_t thread;
    pthread_create(&thread, NULL, stop_thread, NULL);
    usleep(100 * 1000);
    int wanted = 1;
    answer_when_late(&wanted);
    wire_reply.size = 0;
    wire_listen(fd, NULL);
    CHECK_INT(wire_status(), 200);
    CHECK(wire_reply.is_closed && wire_count("Connection: close") == 1);
    close(fd);
    pthread_join(thread, NULL);
    scope_end(&scope);
}

TEST(http_limits_connections)
{
    struct scope scope;
    struct http_options options = { .connection_count_per_address_max = 3,
                                    .head_deadline_ms = PATIENCE_MS };
    wire_start(&scope, &options);
    int fds[4];
    for (int i = 0; i < 3; i++) {
        fds[i] = wire_dial();
        wire_say(fds[i], STR("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"));
        wire_reply.size = 0;
        wire_listen(fds[i], "/x|");
        CHECK_INT(wire_status(), 200);
    }
    fds[3] = wire_dial();
    wire_reply.size = 0;
    wire_listen(fds[3], NULL);
    CHECK(wire_reply.is_closed && wire_reply.size == 0 && wire_reply.took_ms < DEADLINE_MS);
    close(fds[3]);
    close(fds[0]);
    usleep(50 * 1000);
    CHECK_INT(wire_ask(STR("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")), 200);
    close(fds[1]);
    close(fds[2]);
    wire_stop(&scope);

    options = (struct http_options){ .connection_count_max = 1, .head_deadline_ms = PATIENCE_MS };
    wire_start(&scope, &options);
    fds[0] = wire_dial();
    fds[1] = wire_dial();
    wire_reply.size = 0;
    wire_listen(fds[1], NULL);
    CHECK(wire_reply.is_closed && wire_reply.took_ms < DEADLINE_MS);
    close(fds[0]);
    close(fds[1]);
    wire_stop(&scope);
}

TEST(http_start_reports_a_taken_port)
{
    struct scope scope, other;
    wire_start(&scope, NULL);
    struct http_server *second;
    struct http_options options = { .port = http_port(wire_server), .handle = handle };
    scope_begin(&other);
    CHECK(!http_start(&other, &options, &second));
    CHECK_INT(other.error.code, ERROR_STORAGE);
    scope_error_clear(&other);
    options.address = "not an address";
    CHECK(!http_start(&other, &options, &second));
    scope_end(&other);
    wire_stop(&scope);
}

/* -- Streams, compression, assets ----------------------------------------------------- */

static struct http_stream *stream_wait(void)
{
    struct http_stream *stream = NULL;
    for (int i = 0; i < PATIENCE_MS && !stream; i++) {
        pthread_mutex_lock(&world.mutex);
        stream = world.stream;
        pthread_mutex_unlock(&world.mutex);
        usleep(1000);
    }
    return stream;
}

static bool stream_is_closed(int count)
{
    for (int i = 0; i < PATIENCE_MS; i++) {
        pthread_mutex_lock(&world.mutex);
        bool is_closed = world.closed_count >= count;
        pthread_mutex_unlock(&world.mutex);
        if (is_closed) return true;
        usleep(1000);
    }
    return false;
}

TEST(stream_delivers_events_and_heartbeats)
{
    struct scope scope;
    struct http_options options = { .stream_heartbeat_ms = DEADLINE_MS };
    wire_start(&scope, &options);
    int fd = wire_dial();
    wire_say(fd, STR("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
    struct http_stream *stream = stream_wait();
    if (!CHECK(stream != NULL)) return;
    struct buf event;
    buf_begin(&event, &scope, 1000);
    http_event_put(&event, STR("record"), STR("7"), STR("{\"a\":1}\nsecond"));
    CHECK(http_stream_send(stream, buf_str(&event)));
    wire_reply.size = 0;
    wire_listen(fd, "event: record\nid: 7\ndata: {\"a\":1}\ndata: second\n\n");
    CHECK_INT(wire_status(), 200);
    CHECK(wire_reply.took_ms < DEADLINE_MS);
    CHECK(wire_count("Content-Type: text/event-stream") == 1 && wire_count("Content-Length") == 0);
    wire_listen(fd, "\n:\n\n");
    CHECK_INT(wire_count("\n:\n\n"), 1);
    pthread_mutex_lock(&world.mutex);
    world.stream = NULL;
    pthread_mutex_unlock(&world.mutex);
    CHECK(http_stream_send(stream, STR("data: last\n\n")));
    http_stream_end(stream);
    wire_listen(fd, NULL);
    CHECK(wire_reply.is_closed && wire_count("data: last\n\n") == 1);
    close(fd);
    wire_stop(&scope);
    CHECK_INT(world.closed_count, 0); /* it was the caller who let go */
}

TEST(stream_tells_when_the_client_leaves)
{
    struct scope scope;
    struct http_options options = { .stream_heartbeat_ms = DEADLINE_MS };
    wire_start(&scope, &options);
    int fd = wire_dial();
    wire_say(fd, STR("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(stream_wait() != NULL);
    close(fd);
    CHECK(stream_is_closed(1));
    fd = wire_dial();
    wire_say(fd, STR("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(stream_wait() != NULL);
    wire_stop(&scope); /* with the stream open */
    CHECK_INT(world.closed_count, 2);
    close(fd);
}

TEST(stream_cuts_a_slow_reader)
{
    struct scope scope;
    wire_start(&scope, NULL);
    int fd = wire_dial();
    wire_say(fd, STR("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
    struct http_stream *stream = stream_wait();
    if (!CHECK(stream != NULL)) return;
    char *data = scope_alloc(&scope, 10 * 1024);
    memset(data, 'x', 10 * 1024);
    bool is_open = true;
    int sent = 0;
    /* The socket buffers take a few MB before the queue fills; then it is cut. */
    for (; is_open && sent < 5000; sent++) {
        pthread_mutex_lock(&world.mutex);
        if (world.stream) {
            is_open = http_stream_send(stream, (struct str){ data, 10 * 1024 });
        } else {
            is_open = false;
        }
        pthread_mutex_unlock(&world.mutex);
        usleep(200);
    }
    CHECK(!is_open && sent < 5000);
    CHECK(stream_is_closed(1));
    close(fd);
    wire_stop(&scope);
}

TEST(http_compresses_when_told_to)
{
    struct scope scope;
    struct http_options options = { .gzip_size_min = 1000 };
    wire_start(&scope, &options);
    struct buf bytes;
    buf_begin(&bytes, &scope, 10000);
    buf_put(&bytes, STR("POST /z HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                        "Content-Length: 4000\r\n"));
    size_t common = bytes.size;
    for (int is_accepted = 0; is_accepted < 2; is_accepted++) {
        buf_cut(&bytes, common);
        buf_put(&bytes, is_accepted ? STR("Accept-Encoding: gzip\r\n\r\n") : STR("\r\n"));
        for (int i = 0; i < 4000; i++) buf_put_char(&bytes, 'a');
        CHECK_INT(wire_ask(buf_str(&bytes)), 200);
        CHECK_INT(wire_count("Content-Encoding: gzip"), is_accepted);
        CHECK_INT(wire_count("Vary: Accept-Encoding"), 1);
        CHECK(is_accepted ? wire_reply.size < 1500 : wire_reply.size > 4000);
    }
    wire_stop(&scope);
}

TEST(static_serves_assets)
{
    struct scope scope;
    wire_start(&scope, NULL);
#define ASK(path, lines) \
    wire_ask(STR("GET " path " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" lines "\r\n"))
    CHECK_INT(ASK("/app/a-1b2c.js", "Accept-Encoding: gzip\r\n"), 200);
    CHECK_INT(wire_count("Content-Encoding: gzip"), 1);
    CHECK_INT(wire_count("immutable"), 1);
    CHECK_INT(ASK("/app/a-1b2c.js", ""), 200);
    CHECK_INT(wire_count("Content-Encoding"), 0);
    CHECK_INT(wire_count("<h1>This </h1>\n"), 1);
    CHECK_INT(ASK("/app/records/7", ""), 200);
    CHECK(wire_count("text/html") == 1 && wire_count("Cache-Control: no-cache") == 1);
    CHECK_INT(ASK("/app/missing.js", ""), 404);
    CHECK_INT(ASK("/app/%zz", ""), 400);
    CHECK_INT(ASK("/app", "If-None-Match: \"0\", W/\"2\"\r\n"), 304);
    CHECK_INT(ASK("/app", "If-None-Match: \"1\"\r\n"), 200);
    CHECK_INT(wire_ask(STR("POST /app HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")),
              405);
    CHECK_INT(wire_count("Allow: GET, HEAD"), 1);
    wire_stop(&scope);
}
