/*
 * The server through a raw socket: every row of the attack table (what other
 * servers let pass), then everything that depends on time, order and threads.
 * Deadlines are short here so that the clock can be watched.
 */
#include <arpa/inet.h>
#include <errno.h>
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

enum {
    DEADLINE_MS = 300,
    PATIENCE_MS = 5000, /* how long a test waits for what must come */
    ANSWER_SIZE_MAX = 256 * 1024,
    LATE_COUNT_MAX = 256,
    BODY_SIZE_MAX = 64 * 1024,
};

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
    size_t size = 8 * 1024 * 1024;
    char *data = scope_alloc(request->scope, size);
    memset(data, 'x', size);
    http_body_refer(request, "text/plain", (struct str){ data, size });
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

static struct http_server *server;

static void start(struct scope *scope, const struct http_options *changes)
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
    bool ok = http_start(scope, &options, &server);
    if (!CHECK(ok)) fprintf(stderr, "%.*s\n", STR_ARG(scope->error.detail));
}

static void stop(struct scope *scope)
{
    http_stop(server, PATIENCE_MS);
    scope_end(scope);
}

/* -- A client ---------------------------------------------------------------- */

static int dial(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)http_port(server)) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    return fd;
}

static void say(int fd, struct str text)
{
    while (text.size > 0) {
        ssize_t sent = send(fd, text.data, text.size, MSG_NOSIGNAL);
        if (sent <= 0) return; /* refused early; the answer tells */
        text = str_slice(text, (size_t)sent, text.size);
    }
}

struct reply {
    char bytes[ANSWER_SIZE_MAX];
    size_t size;
    bool is_closed;
    int64_t took_ms;
};

static struct reply reply; /* one client at a time looks at it */

/* Appends what comes until done says so, the server closes, or patience ends. */
static void listen_until(int fd, const char *done)
{
    int64_t start_ms = time_monotonic_ms();
    reply.is_closed = false;
    for (;;) {
        reply.bytes[reply.size] = 0;
        reply.took_ms = time_monotonic_ms() - start_ms;
        if (done && strstr(reply.bytes, done)) return;
        struct pollfd wait = { fd, POLLIN, 0 };
        if (reply.took_ms > PATIENCE_MS || poll(&wait, 1, PATIENCE_MS) <= 0) return;
        size_t room = sizeof(reply.bytes) - 1 - reply.size;
        ssize_t size = recv(fd, reply.bytes + reply.size, room, 0);
        if (size <= 0) {
            reply.is_closed = true;
            reply.took_ms = time_monotonic_ms() - start_ms;
            return;
        }
        reply.size += (size_t)size;
    }
}

static int status(void)
{
    return reply.size > 12 ? (int)strtol(reply.bytes + 9, NULL, 10) : 0;
}

/* Sends, listens until the connection is closed; returns the (first) status. */
static int ask_and_close(struct str text)
{
    int fd = dial();
    say(fd, text);
    reply.size = 0;
    listen_until(fd, NULL);
    close(fd);
    return status();
}

static int count_of(const char *text)
{
    int count = 0;
    for (const char *at = strstr(reply.bytes, text); at; at = strstr(at + 1, text)) count += 1;
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
    http_stop(server, PATIENCE_MS);
    return NULL;
}

#define REQUEST_76(lines)                                \
    STR_INIT("POST /row HTTP/1.1\r\nHost: a\r\n" lines   \
        "\r\n{\"0123456789012345678901234567890123456789012345678901234567890123456789\"}")

/* -- The table ----------------------------------------------------------------- */

TEST(attack_table_by_status)
{
    static const struct {
        const char *name;
        struct str bytes;
        int status;
    } rows[] = {
        { "two lengths", REQUEST_76("Content-Length: 76\r\nContent-Length: 5\r\n"), 400 },
        { "length and coding",
          REQUEST_76("Content-Length: 76\r\nTransfer-Encoding: chunked\r\n"), 400 },
        { "signed length", REQUEST_76("Content-Length: +76\r\n"), 400 },
        { "list of lengths", REQUEST_76("Content-Length: 76, 76\r\n"), 400 },
        { "unknown coding", REQUEST_76("Transfer-Encoding: xchunked\r\n"), 501 },
        { "blank before colon", REQUEST_76("Content-Length : 76\r\n"), 400 },
        { "bare line feeds", STR_INIT("GET / HTTP/1.1\nHost: a\n\n"), 400 },
        { "NUL in a header", STR_INIT("GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"), 400 },
        { "folded line", STR_INIT("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n"), 400 },
        { "no host", STR_INIT("GET / HTTP/1.1\r\nX: b\r\n\r\n"), 400 },
        { "two hosts", STR_INIT("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400 },
        { "100 MB announced",
          STR_INIT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 104857600\r\n\r\n"), 413 },
        { "more than the route takes",
          STR_INIT("POST /tiny HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"), 413 },
        { "more than the route takes, expecting",
          STR_INIT("POST /tiny HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n"
                   "Expect: 100-continue\r\n\r\n"), 413 },
        { "more in chunks than the route takes",
          STR_INIT("POST /tiny HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "B\r\n"), 413 },
        { "chunk extension",
          STR_INIT("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "1;x\r\na\r\n0\r\n\r\n"), 400 },
        { "unknown method", STR_INIT("BREW / HTTP/1.1\r\nHost: a\r\n\r\n"), 501 },
        { "HTTP/2", STR_INIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 501 },
        { "a later version", STR_INIT("GET / HTTP/3.0\r\nHost: a\r\n\r\n"), 505 },
        { "TLS hello", STR_INIT("\x16\x03\x01\x02\x01\x01"), 400 },
    };
    struct scope scope;
    start(&scope, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!CHECK_INT(ask_and_close(rows[i].bytes), rows[i].status)) {
            fprintf(stderr, "  in row: %s\n", rows[i].name);
        }
        CHECK(reply.is_closed);
        CHECK_INT(count_of("HTTP/1.1 "), 1);
        CHECK(reply.took_ms < 2 * DEADLINE_MS); /* at once, not at a deadline */
    }
    stop(&scope);
}

TEST(attack_large_heads)
{
    struct scope scope;
    start(&scope, NULL);
    struct buf bytes;
    buf_begin(&bytes, &scope, 1 << 20);
    buf_put(&bytes, STR("GET / HTTP/1.1\r\nHost: a\r\nX: "));
    while (bytes.size < 64 * 1024) buf_put_char(&bytes, 'x');
    buf_put(&bytes, STR("\r\n\r\n"));
    CHECK_INT(ask_and_close(buf_str(&bytes)), 431);
    CHECK(reply.is_closed);

    buf_cut(&bytes, 0);
    buf_put(&bytes, STR("GET / HTTP/1.1\r\nHost: a\r\n"));
    for (int i = 0; i < 20000; i++) buf_put(&bytes, STR("X: y\r\n"));
    buf_put(&bytes, STR("\r\n"));
    CHECK_INT(ask_and_close(buf_str(&bytes)), 431);
    CHECK(reply.is_closed);
    stop(&scope);
}

/* Sends a byte now and then until the server hangs up; returns after how long. */
static int64_t drip(struct str begin, struct str byte)
{
    int fd = dial();
    int64_t start_ms = time_monotonic_ms();
    say(fd, begin);
    reply.size = 0;
    reply.is_closed = false;
    while (!reply.is_closed && time_monotonic_ms() - start_ms < PATIENCE_MS) {
        struct pollfd wait = { fd, POLLIN, 0 };
        if (byte.size > 0) say(fd, byte);
        if (poll(&wait, 1, DEADLINE_MS / 6) <= 0) continue;
        ssize_t size = recv(fd, reply.bytes + reply.size, 1000, 0);
        reply.is_closed = size <= 0;
        if (size > 0) reply.size += (size_t)size;
    }
    reply.bytes[reply.size] = 0;
    close(fd);
    return time_monotonic_ms() - start_ms;
}

TEST(attack_slow_clients_are_cut)
{
    static const struct {
        const char *name;
        struct str begin, byte;
        int status;
    } rows[] = {
        { "half a head, then silence", STR_INIT("GET / HTTP/1.1\r\nHo"), STR_INIT(""), 408 },
        { "a head in drips", STR_INIT("GET / HTTP/1.1\r\nHost: a\r\nX: "), STR_INIT("x"), 408 },
        { "half a body, then silence",
          STR_INIT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 76\r\n\r\nabc"), STR_INIT(""),
          408 },
        { "a body in drips",
          STR_INIT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\nabc"),
          STR_INIT("x"), 408 },
        { "chunks in drips",
          STR_INIT("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
          STR_INIT("1\r\nx\r\n"), 408 },
        { "not a byte", STR_INIT(""), STR_INIT(""), 0 },
    };
    struct scope scope;
    start(&scope, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t took_ms = drip(rows[i].begin, rows[i].byte);
        if (!CHECK(reply.is_closed && took_ms >= DEADLINE_MS - 20 && took_ms < 4 * DEADLINE_MS)) {
            fprintf(stderr, "  in row: %s, closed after %d ms\n", rows[i].name, (int)took_ms);
        }
        CHECK_INT(status(), rows[i].status);
    }
    stop(&scope);
}

TEST(attack_idle_connections_are_closed)
{
    struct scope scope;
    struct http_options options = { .idle_timeout_ms = DEADLINE_MS };
    start(&scope, &options);
    int64_t took_ms = drip(STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), STR(""));
    CHECK(reply.is_closed && took_ms >= DEADLINE_MS - 20 && took_ms < 3 * DEADLINE_MS);
    CHECK_INT(status(), 200);
    stop(&scope);
}

TEST(attack_slow_readers_are_cut)
{
    struct scope scope;
    start(&scope, NULL);
    int fd = dial();
    say(fd, STR("GET /large HTTP/1.1\r\nHost: a\r\n\r\n"));
    /* 8 MiB have 128 s of grace on top; a server that stops cuts them all the same. */
    int64_t start_ms = time_monotonic_ms();
    usleep(50 * 1000);
    http_stop(server, DEADLINE_MS);
    int64_t took_ms = time_monotonic_ms() - start_ms;
    CHECK(took_ms >= DEADLINE_MS && took_ms < 4 * DEADLINE_MS);
    close(fd);
    scope_end(&scope);
}

TEST(attack_smuggling_over_keep_alive)
{
    struct scope scope;
    start(&scope, NULL);
    /* The body of the first looks like a request; it must stay a body. */
    CHECK_INT(ask_and_close(STR("POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 37\r\n\r\n"
                                "GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r"
                                "GET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")),
              200);
    CHECK_INT(count_of("HTTP/1.1 200"), 2);
    CHECK(strstr(reply.bytes, "/two|") != NULL);
    CHECK_INT(count_of("/smuggled|"), 0);
    /* A refused message ends everything behind it. */
    CHECK_INT(ask_and_close(STR("POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                                "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                                "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")),
              400);
    CHECK_INT(count_of("HTTP/1.1 "), 1);
    stop(&scope);
}

/* -- Ordinary life --------------------------------------------------------------- */

TEST(http_answers_and_keeps_the_connection)
{
    struct scope scope;
    start(&scope, NULL);
    int fd = dial();
    for (int i = 0; i < 3; i++) {
        say(fd, STR("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"));
        reply.size = 0;
        listen_until(fd, "/echo|hello");
        CHECK_INT(status(), 200);
        CHECK(!reply.is_closed);
        CHECK(strstr(reply.bytes, "X-Method: POST\r\n") != NULL);
        CHECK(strstr(reply.bytes, "X-Client: 127.0.0.1\r\n") != NULL);
        CHECK(strstr(reply.bytes, "Content-Length: 11\r\n") != NULL);
        CHECK(strstr(reply.bytes, "\r\nContent-Security-Policy: default-src 'self'") != NULL);
        CHECK(strstr(reply.bytes, "\r\nX-Content-Type-Options: nosniff\r\n") != NULL);
        CHECK(strstr(reply.bytes, "\r\nReferrer-Policy: same-origin\r\n") != NULL);
    }
    close(fd);
    CHECK_INT(ask_and_close(STR("GET /x HTTP/1.0\r\n\r\n")), 200);
    CHECK(reply.is_closed && count_of("Connection: close") == 1);
    CHECK_INT(ask_and_close(STR("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")), 200);
    CHECK(count_of("Content-Length: 3\r\n") == 1 && count_of("/x|") == 0);
    CHECK_INT(ask_and_close(STR("GET /empty HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")),
              204);
    CHECK_INT(count_of("Content-Length"), 0);
    stop(&scope);
}

TEST(http_takes_bytes_one_by_one_and_chunks)
{
    struct scope scope;
    struct http_options options = { .head_deadline_ms = PATIENCE_MS };
    start(&scope, &options);
    int fd = dial();
    struct str bytes = STR("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"
                           "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok");
    for (size_t i = 0; i < bytes.size; i++) {
        say(fd, str_slice(bytes, i, i + 1));
        if (i % 16 == 0) usleep(500);
    }
    reply.size = 0;
    listen_until(fd, "/b|ok");
    CHECK(strstr(reply.bytes, "/a|hello!") != NULL && strstr(reply.bytes, "/b|ok") != NULL);
    close(fd);

    fd = dial();
    say(fd, STR("POST /c HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"));
    reply.size = 0;
    listen_until(fd, "\r\n\r\n");
    CHECK_INT(status(), 100);
    say(fd, STR("yes"));
    listen_until(fd, "/c|yes");
    CHECK(strstr(reply.bytes, "/c|yes") != NULL);
    close(fd);
    stop(&scope);
}

TEST(http_bodies_up_to_the_limit)
{
    struct scope scope;
    start(&scope, NULL);
    struct buf bytes;
    buf_begin(&bytes, &scope, 1 << 20);
    buf_format(&bytes, "POST /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                       "Content-Length: %d\r\n\r\n", BODY_SIZE_MAX);
    size_t head_size = bytes.size;
    for (int i = 0; i < BODY_SIZE_MAX; i++) buf_put_char(&bytes, (char)('a' + i % 26));
    CHECK_INT(ask_and_close(buf_str(&bytes)), 200);
    const char *body = strstr(reply.bytes, "/b|");
    CHECK(body && memcmp(body + 3, bytes.data + head_size, BODY_SIZE_MAX) == 0);
    stop(&scope);
}

TEST(http_pipelining_answers_in_order)
{
    struct scope scope;
    start(&scope, NULL);
    struct buf bytes;
    buf_begin(&bytes, &scope, 1 << 20);
    /* Beyond one read, with a late answer in the middle. */
    for (int i = 0; i < 3000; i++) {
        const char *path = i == 1500 ? "/late" : "/n";
        buf_format(&bytes, "GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", path,
                   i == 2999 ? "Connection: close\r\n" : "");
    }
    int fd = dial();
    pthread_t thread;
    int wanted = 1;
    pthread_create(&thread, NULL, answer_when_late, &wanted);
    int total = 0;
    struct str rest = buf_str(&bytes);
    while (rest.size > 0 || !reply.is_closed) {
        ssize_t sent = rest.size > 0 ? send(fd, rest.data, rest.size, MSG_NOSIGNAL | MSG_DONTWAIT)
                                     : 0;
        if (sent > 0) rest = str_slice(rest, (size_t)sent, rest.size);
        reply.size = 0;
        struct pollfd wait = { fd, POLLIN, 0 };
        if (poll(&wait, 1, PATIENCE_MS) <= 0) break;
        ssize_t size = recv(fd, reply.bytes, sizeof(reply.bytes) - 1, 0);
        reply.is_closed = size <= 0;
        if (size <= 0) break;
        /* Count status lines by their first byte, so that none is lost at a seam. */
        for (ssize_t i = 0; i < size; i++) total += reply.bytes[i] == 'H' ? 1 : 0;
    }
    pthread_join(thread, NULL);
    CHECK(rest.size == 0 && reply.is_closed);
    CHECK(total >= 3000);
    close(fd);
    stop(&scope);
}

/* -- Late answers ------------------------------------------------------------------ */

TEST(http_answers_late_from_another_thread)
{
    enum { CONNECTION_COUNT = 64, ROUND_COUNT = 5 };
    struct scope scope;
    int fds[CONNECTION_COUNT];
    start(&scope, NULL);
    for (int i = 0; i < CONNECTION_COUNT; i++) fds[i] = dial();
    for (int round = 0; round < ROUND_COUNT; round++) {
        pthread_t thread;
        int wanted = CONNECTION_COUNT;
        for (int i = 0; i < CONNECTION_COUNT; i++) {
            say(fds[i], STR("POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"));
        }
        pthread_create(&thread, NULL, answer_when_late, &wanted);
        for (int i = 0; i < CONNECTION_COUNT; i++) {
            reply.size = 0;
            listen_until(fds[i], "\r\n\r\nlate");
            CHECK_INT(status(), 200);
            CHECK(strstr(reply.bytes, "\r\n\r\nlate") != NULL);
        }
        pthread_join(thread, NULL);
    }
    for (int i = 0; i < CONNECTION_COUNT; i++) close(fds[i]);
    stop(&scope);
}

TEST(http_client_may_leave_before_a_late_answer)
{
    struct scope scope;
    start(&scope, NULL);
    for (int i = 0; i < 20; i++) {
        int fd = dial();
        say(fd, STR("GET /late HTTP/1.1\r\nHost: a\r\n\r\n"));
        if (i % 3 == 0) say(fd, STR("GET /behind HTTP/1.1\r\nHost: a\r\n\r\n"));
        /* Half of them by a reset instead of an orderly end. */
        struct linger now = { 1, 0 };
        while (late_count() <= i) usleep(1000);
        if (i % 2 == 0) setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        close(fd);
    }
    usleep(50 * 1000);
    int wanted = 20;
    answer_when_late(&wanted);
    CHECK_INT(ask_and_close(STR("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")), 200);
    stop(&scope);
}

TEST(http_half_closed_client_gets_its_answer)
{
    struct scope scope;
    start(&scope, NULL);
    int fd = dial();
    say(fd, STR("GET /late HTTP/1.1\r\nHost: a\r\n\r\nGET /behind HTTP/1.1\r\nHost: a\r\n\r\n"));
    shutdown(fd, SHUT_WR);
    int wanted = 1;
    answer_when_late(&wanted);
    reply.size = 0;
    listen_until(fd, NULL);
    CHECK(reply.is_closed);
    CHECK_INT(count_of("HTTP/1.1 200"), 2);
    CHECK(strstr(reply.bytes, "/behind|") != NULL);
    close(fd);
    stop(&scope);
}

TEST(http_stop_waits_for_requests_under_way)
{
    struct scope scope;
    start(&scope, NULL);
    int fd = dial();
    say(fd, STR("GET /late HTTP/1.1\r\nHost: a\r\n\r\n"));
    while (late_count() < 1) usleep(1000);
    pthread_t thread;
    pthread_create(&thread, NULL, stop_thread, NULL);
    usleep(100 * 1000);
    int wanted = 1;
    answer_when_late(&wanted);
    reply.size = 0;
    listen_until(fd, NULL);
    CHECK_INT(status(), 200);
    CHECK(reply.is_closed && count_of("Connection: close") == 1);
    close(fd);
    pthread_join(thread, NULL);
    scope_end(&scope);
}

TEST(http_limits_connections)
{
    struct scope scope;
    struct http_options options = { .connection_count_per_address_max = 3,
                                    .head_deadline_ms = PATIENCE_MS };
    start(&scope, &options);
    int fds[4];
    for (int i = 0; i < 3; i++) {
        fds[i] = dial();
        say(fds[i], STR("GET /x HTTP/1.1\r\nHost: a\r\n\r\n"));
        reply.size = 0;
        listen_until(fds[i], "/x|");
        CHECK_INT(status(), 200);
    }
    fds[3] = dial();
    reply.size = 0;
    listen_until(fds[3], NULL);
    CHECK(reply.is_closed && reply.size == 0 && reply.took_ms < DEADLINE_MS);
    close(fds[3]);
    close(fds[0]);
    usleep(50 * 1000);
    CHECK_INT(ask_and_close(STR("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")), 200);
    close(fds[1]);
    close(fds[2]);
    stop(&scope);

    options = (struct http_options){ .connection_count_max = 1, .head_deadline_ms = PATIENCE_MS };
    start(&scope, &options);
    fds[0] = dial();
    fds[1] = dial();
    reply.size = 0;
    listen_until(fds[1], NULL);
    CHECK(reply.is_closed && reply.took_ms < DEADLINE_MS);
    close(fds[0]);
    close(fds[1]);
    stop(&scope);
}

TEST(http_start_reports_a_taken_port)
{
    struct scope scope, other;
    start(&scope, NULL);
    struct http_server *second;
    struct http_options options = { .port = http_port(server), .handle = handle };
    scope_begin(&other);
    CHECK(!http_start(&other, &options, &second));
    CHECK_INT(other.error.code, ERROR_STORAGE);
    scope_error_clear(&other);
    options.address = "not an address";
    CHECK(!http_start(&other, &options, &second));
    scope_end(&other);
    stop(&scope);
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
    start(&scope, &options);
    int fd = dial();
    say(fd, STR("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
    struct http_stream *stream = stream_wait();
    if (!CHECK(stream != NULL)) return;
    struct buf event;
    buf_begin(&event, &scope, 1000);
    http_event_put(&event, STR("record"), STR("7"), STR("{\"a\":1}\nsecond"));
    CHECK(http_stream_send(stream, buf_str(&event)));
    reply.size = 0;
    listen_until(fd, "event: record\nid: 7\ndata: {\"a\":1}\ndata: second\n\n");
    CHECK_INT(status(), 200);
    CHECK(reply.took_ms < DEADLINE_MS);
    CHECK(count_of("Content-Type: text/event-stream") == 1 && count_of("Content-Length") == 0);
    listen_until(fd, "\n:\n\n");
    CHECK_INT(count_of("\n:\n\n"), 1);
    pthread_mutex_lock(&world.mutex);
    world.stream = NULL;
    pthread_mutex_unlock(&world.mutex);
    CHECK(http_stream_send(stream, STR("data: last\n\n")));
    http_stream_end(stream);
    listen_until(fd, NULL);
    CHECK(reply.is_closed && count_of("data: last\n\n") == 1);
    close(fd);
    stop(&scope);
    CHECK_INT(world.closed_count, 0); /* it was the caller who let go */
}

TEST(stream_tells_when_the_client_leaves)
{
    struct scope scope;
    struct http_options options = { .stream_heartbeat_ms = DEADLINE_MS };
    start(&scope, &options);
    int fd = dial();
    say(fd, STR("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(stream_wait() != NULL);
    close(fd);
    CHECK(stream_is_closed(1));
    fd = dial();
    say(fd, STR("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(stream_wait() != NULL);
    stop(&scope); /* with the stream open */
    CHECK_INT(world.closed_count, 2);
    close(fd);
}

TEST(stream_cuts_a_slow_reader)
{
    struct scope scope;
    start(&scope, NULL);
    int fd = dial();
    say(fd, STR("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"));
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
    stop(&scope);
}

TEST(http_compresses_when_told_to)
{
    struct scope scope;
    struct http_options options = { .gzip_size_min = 1000 };
    start(&scope, &options);
    struct buf bytes;
    buf_begin(&bytes, &scope, 10000);
    buf_put(&bytes, STR("POST /z HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                        "Content-Length: 4000\r\n"));
    size_t common = bytes.size;
    for (int is_accepted = 0; is_accepted < 2; is_accepted++) {
        buf_cut(&bytes, common);
        buf_put(&bytes, is_accepted ? STR("Accept-Encoding: gzip\r\n\r\n") : STR("\r\n"));
        for (int i = 0; i < 4000; i++) buf_put_char(&bytes, 'a');
        CHECK_INT(ask_and_close(buf_str(&bytes)), 200);
        CHECK_INT(count_of("Content-Encoding: gzip"), is_accepted);
        CHECK_INT(count_of("Vary: Accept-Encoding"), 1);
        CHECK(is_accepted ? reply.size < 1500 : reply.size > 4000);
    }
    stop(&scope);
}

TEST(static_serves_assets)
{
    struct scope scope;
    start(&scope, NULL);
#define ASK(path, lines) \
    ask_and_close(STR("GET " path " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" lines "\r\n"))
    CHECK_INT(ASK("/app/a-1b2c.js", "Accept-Encoding: gzip\r\n"), 200);
    CHECK_INT(count_of("Content-Encoding: gzip"), 1);
    CHECK_INT(count_of("immutable"), 1);
    CHECK_INT(ASK("/app/a-1b2c.js", ""), 200);
    CHECK_INT(count_of("Content-Encoding"), 0);
    CHECK_INT(count_of("<h1>This </h1>\n"), 1);
    CHECK_INT(ASK("/app/records/7", ""), 200);
    CHECK(count_of("text/html") == 1 && count_of("Cache-Control: no-cache") == 1);
    CHECK_INT(ASK("/app/missing.js", ""), 404);
    CHECK_INT(ASK("/app/%zz", ""), 400);
    CHECK_INT(ASK("/app", "If-None-Match: \"0\", W/\"2\"\r\n"), 304);
    CHECK_INT(ASK("/app", "If-None-Match: \"1\"\r\n"), 200);
    CHECK_INT(ask_and_close(STR("POST /app HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")), 405);
    CHECK_INT(count_of("Allow: GET, HEAD"), 1);
    stop(&scope);
}
