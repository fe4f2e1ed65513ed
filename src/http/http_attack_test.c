/*
 * The attack table: what other servers let pass, through a raw socket, with
 * the status that must come and the connection closed behind it.
 */
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "http/wire_test.h"
#include "tests/test.h"

#define REQUEST_76(lines)                                \
    STR_INIT("POST /row HTTP/1.1\r\nHost: a\r\n" lines   \
        "\r\n{\"0123456789012345678901234567890123456789012345678901234567890123456789\"}")

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
    wire_start(&scope, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!CHECK_INT(wire_ask(rows[i].bytes), rows[i].status)) {
            fprintf(stderr, "  in row: %s\n", rows[i].name);
        }
        CHECK(wire_reply.is_closed);
        CHECK_INT(wire_count("HTTP/1.1 "), 1);
        CHECK(wire_reply.took_ms < 2 * DEADLINE_MS); /* at once, not at a deadline */
    }
    wire_stop(&scope);
}

TEST(attack_large_heads)
{
    struct scope scope;
    wire_start(&scope, NULL);
    struct buf bytes;
    buf_begin(&bytes, &scope, 1 << 20);
    buf_put(&bytes, STR("GET / HTTP/1.1\r\nHost: a\r\nX: "));
    while (bytes.size < 64 * 1024) buf_put_char(&bytes, 'x');
    buf_put(&bytes, STR("\r\n\r\n"));
    CHECK_INT(wire_ask(buf_str(&bytes)), 431);
    CHECK(wire_reply.is_closed);

    buf_cut(&bytes, 0);
    buf_put(&bytes, STR("GET / HTTP/1.1\r\nHost: a\r\n"));
    for (int i = 0; i < 20000; i++) buf_put(&bytes, STR("X: y\r\n"));
    buf_put(&bytes, STR("\r\n"));
    CHECK_INT(wire_ask(buf_str(&bytes)), 431);
    CHECK(wire_reply.is_closed);
    wire_stop(&scope);
}

/* Sends a byte now and then until the server hangs up; returns after how long. */
static int64_t drip(struct str begin, struct str byte)
{
    int fd = wire_dial();
    int64_t start_ms = time_monotonic_ms();
    wire_say(fd, begin);
    wire_reply.size = 0;
    wire_reply.is_closed = false;
    while (!wire_reply.is_closed && time_monotonic_ms() - start_ms < PATIENCE_MS) {
        struct pollfd wait = { fd, POLLIN, 0 };
        if (byte.size > 0) wire_say(fd, byte);
        if (poll(&wait, 1, DEADLINE_MS / 6) <= 0) continue;
        ssize_t size = recv(fd, wire_reply.bytes + wire_reply.size, 1000, 0);
        wire_reply.is_closed = size <= 0;
        if (size > 0) wire_reply.size += (size_t)size;
    }
    wire_reply.bytes[wire_reply.size] = 0;
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
          STR_INIT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 600\r\n\r\nabc"),
          STR_INIT("x"), 408 },
        { "chunks in drips",
          STR_INIT("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
          STR_INIT("1\r\nx\r\n"), 408 },
        { "not a byte", STR_INIT(""), STR_INIT(""), 0 },
    };
    struct scope scope;
    wire_start(&scope, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t took_ms = drip(rows[i].begin, rows[i].byte);
        bool is_in_time = took_ms >= DEADLINE_MS - 20 && took_ms < 4 * DEADLINE_MS;
        if (!CHECK(wire_reply.is_closed && is_in_time)) {
            fprintf(stderr, "  in row: %s, closed after %d ms\n", rows[i].name, (int)took_ms);
        }
        CHECK_INT(wire_status(), rows[i].status);
    }
    wire_stop(&scope);
}

TEST(attack_idle_connections_are_closed)
{
    struct scope scope;
    struct http_options options = { .idle_timeout_ms = DEADLINE_MS };
    wire_start(&scope, &options);
    int64_t took_ms = drip(STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), STR(""));
    CHECK(wire_reply.is_closed && took_ms >= DEADLINE_MS - 20 && took_ms < 3 * DEADLINE_MS);
    CHECK_INT(wire_status(), 200);
    wire_stop(&scope);
}

TEST(attack_slow_readers_are_cut)
{
    struct scope scope;
    struct http_options options = { .bytes_per_second_min = 1 << 30 };
    wire_start(&scope, &options);
    int small = 4096;
    int fd = wire_dial();
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    wire_say(fd, STR("GET /large HTTP/1.1\r\nHost: a\r\n\r\n"));
    usleep(4 * DEADLINE_MS * 1000); /* the write deadline is two of these */
    wire_reply.size = 0;
    int64_t total = 0;
    for (wire_reply.is_closed = false; !wire_reply.is_closed;) {
        ssize_t size = recv(fd, wire_reply.bytes, sizeof(wire_reply.bytes), 0);
        wire_reply.is_closed = size <= 0;
        if (size > 0) total += size;
    }
    CHECK(total > 0 && total < LARGE_SIZE); /* what had been buffered, and then the end */
    close(fd);
    wire_stop(&scope);
}

TEST(http_stop_does_not_wait_for_slow_readers)
{
    struct scope scope;
    wire_start(&scope, NULL); /* 8 MiB have 128 s */
    int fd = wire_dial();
    wire_say(fd, STR("GET /large HTTP/1.1\r\nHost: a\r\n\r\n"));
    usleep(50 * 1000);
    int64_t start_ms = time_monotonic_ms();
    http_stop(wire_server, DEADLINE_MS);
    int64_t took_ms = time_monotonic_ms() - start_ms;
    CHECK(took_ms >= DEADLINE_MS - 20 && took_ms < 4 * DEADLINE_MS);
    close(fd);
    scope_end(&scope);
}

TEST(attack_smuggling_over_keep_alive)
{
    struct scope scope;
    wire_start(&scope, NULL);
    /* The body of the first looks like a request; it must stay a body. */
    CHECK_INT(wire_ask(STR("POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 37\r\n\r\n"
                                "GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r"
                                "GET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")),
              200);
    CHECK_INT(wire_count("HTTP/1.1 200"), 2);
    CHECK(strstr(wire_reply.bytes, "/two|") != NULL);
    CHECK_INT(wire_count("/smuggled|"), 0);
    /* A refused message ends everything behind it. */
    CHECK_INT(wire_ask(STR("POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                                "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                                "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")),
              400);
    CHECK_INT(wire_count("HTTP/1.1 "), 1);
    wire_stop(&scope);
}
