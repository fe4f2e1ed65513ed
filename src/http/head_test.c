#include "http/head.h"

#include "tests/test.h"

static const struct head_limits limits = { 32 * 1024, 100 };

/* The verdict on a head: 0 accepted, -1 more bytes wanted, else the status. */
static int verdict_in_steps(struct scope *scope, struct str bytes, size_t step, struct head *out)
{
    struct head_scan scan = { 0 };
    size_t used = 0;
    while (used < bytes.size && !scan.is_done && scan.status == 0) {
        size_t size = bytes.size - used < step ? bytes.size - used : step;
        used += head_scan(&scan, &limits, bytes.data + used, size);
    }
    if (scan.status != 0) return scan.status;
    if (!scan.is_done) return -1;
    return head_parse(scope, str_slice(bytes, 0, used), scan.line_count, out);
}

/* Whole, byte by byte and in sevens must agree. */
static int verdict(struct str bytes)
{
    struct scope scope;
    scope_begin(&scope);
    struct head head;
    int whole = verdict_in_steps(&scope, bytes, bytes.size, &head);
    CHECK_INT(verdict_in_steps(&scope, bytes, 1, &head), whole);
    CHECK_INT(verdict_in_steps(&scope, bytes, 7, &head), whole);
    scope_end(&scope);
    return whole;
}

#define HEAD(lines) STR("POST /x HTTP/1.1\r\nHost: a\r\n" lines "\r\n")

TEST(head_takes_apart_a_request)
{
    struct scope scope;
    scope_begin(&scope);
    struct head head;
    struct str bytes = STR("PATCH /api/x%20y?a=1&b HTTP/1.1\r\nHost: h:80\r\n"
                           "Content-Length: 12\r\nX-Empty:\r\nX-Blank: \t v w \r\n\r\nbody");
    CHECK_INT(verdict_in_steps(&scope, bytes, 1, &head), 0);
    CHECK_INT(head.method, HTTP_PATCH);
    CHECK_STR(head.path, "/api/x%20y");
    CHECK_STR(head.query, "a=1&b");
    CHECK_INT(head.content_length, 12);
    CHECK_INT(head.header_count, 4);
    CHECK_STR(head.headers[2].value, "");
    CHECK_STR(head.headers[3].name, "X-Blank");
    CHECK_STR(head.headers[3].value, "v w");
    CHECK(head.is_keep_alive && !head.is_chunked);
    scope_end(&scope);
}

TEST(head_refuses_what_blurs_the_length)
{
    CHECK_INT(verdict(HEAD("Content-Length: 5\r\nContent-Length: 6\r\n")), 400);
    CHECK_INT(verdict(HEAD("Content-Length: 5\r\nContent-Length: 5\r\n")), 400);
    CHECK_INT(verdict(HEAD("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")), 400);
    CHECK_INT(verdict(HEAD("Transfer-Encoding: chunked\r\ncontent-length: 5\r\n")), 400);
    CHECK_INT(verdict(HEAD("Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n")), 400);
    CHECK_INT(verdict(HEAD("Content-Length: +5\r\n")), 400);
    CHECK_INT(verdict(HEAD("Content-Length: -5\r\n")), 400);
    CHECK_INT(verdict(HEAD("Content-Length: 5, 5\r\n")), 400);
    CHECK_INT(verdict(HEAD("Content-Length: 5 5\r\n")), 400);
    CHECK_INT(verdict(HEAD("Content-Length: 0x5\r\n")), 400);
    CHECK_INT(verdict(HEAD("Content-Length:\r\n")), 400);
    CHECK_INT(verdict(HEAD("Content-Length: 99999999999999999999\r\n")), 400);
    CHECK_INT(verdict(HEAD("Content-Length : 5\r\n")), 400);
    CHECK_INT(verdict(HEAD("Transfer-Encoding: xchunked\r\n")), 501);
    CHECK_INT(verdict(HEAD("Transfer-Encoding: gzip, chunked\r\n")), 501);
    CHECK_INT(verdict(HEAD("Transfer-Encoding: chunked, identity\r\n")), 501);
    CHECK_INT(verdict(HEAD("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")), 400);
    CHECK_INT(verdict(STR("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")), 400);
    CHECK_INT(verdict(HEAD("Transfer-Encoding: Chunked\r\n")), 0);
    CHECK_INT(verdict(HEAD("Content-Length: 005\r\n")), 0);
}

TEST(head_refuses_odd_line_structure)
{
    CHECK_INT(verdict(STR("GET / HTTP/1.1\nHost: a\n\n")), 400);
    CHECK_INT(verdict(STR("GET / HTTP/1.1\r\nHost: a\n\r\n")), 400);
    CHECK_INT(verdict(STR("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n")), 400);
    CHECK_INT(verdict(STR("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n")), 400);
    CHECK_INT(verdict(STR("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")), 400);
    CHECK_INT(verdict(STR(" GET / HTTP/1.1\r\nHost: a\r\n\r\n")), 400);
    CHECK_INT(verdict(HEAD("A: b\r\n c\r\n")), 400);
    CHECK_INT(verdict(HEAD("A: b\r\n\tc\r\n")), 400);
    CHECK_INT(verdict(HEAD("A: b\0c\r\n")), 400);
    CHECK_INT(verdict(HEAD("A: b\x01\r\n")), 400);
    CHECK_INT(verdict(HEAD("A: b\x7f\r\n")), 400);
    CHECK_INT(verdict(HEAD("A\r\n")), 400);
    CHECK_INT(verdict(HEAD(": b\r\n")), 400);
    CHECK_INT(verdict(HEAD("A b: c\r\n")), 400);
    CHECK_INT(verdict(HEAD("A(b): c\r\n")), 400);
    CHECK_INT(verdict(HEAD("A: \xe4\xb8\xad\r\n")), 0);
    CHECK_INT(verdict(STR("GET / HTTP/1.1\r\nHost: a\r\n")), -1);
}

TEST(head_wants_one_host)
{
    CHECK_INT(verdict(STR("GET / HTTP/1.1\r\nA: b\r\n\r\n")), 400);
    CHECK_INT(verdict(STR("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n")), 400);
    CHECK_INT(verdict(STR("GET / HTTP/1.1\r\nHost:\r\n\r\n")), 400);
    CHECK_INT(verdict(STR("GET / HTTP/1.1\r\nHost: a b\r\n\r\n")), 400);
    CHECK_INT(verdict(STR("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n")), 400);
    CHECK_INT(verdict(STR("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n")), 0);
    CHECK_INT(verdict(STR("GET / HTTP/1.0\r\n\r\n")), 0);
}

TEST(head_checks_the_request_line)
{
    CHECK_INT(verdict(STR("BREW / HTTP/1.1\r\nHost: a\r\n\r\n")), 501);
    CHECK_INT(verdict(STR("get / HTTP/1.1\r\nHost: a\r\n\r\n")), 501);
    CHECK_INT(verdict(STR("G@T / HTTP/1.1\r\nHost: a\r\n\r\n")), 400);
    CHECK_INT(verdict(STR("GET  / HTTP/1.1\r\nHost: a\r\n\r\n")), 400);
    CHECK_INT(verdict(STR("GET / HTTP/1.1 \r\nHost: a\r\n\r\n")), 400);
    CHECK_INT(verdict(STR("GET /\r\nHost: a\r\n\r\n")), 400);
    CHECK_INT(verdict(STR("GET / HTTP/2.0\r\nHost: a\r\n\r\n")), 505);
    CHECK_INT(verdict(STR("GET / HTTP/1.2\r\nHost: a\r\n\r\n")), 505);
    CHECK_INT(verdict(STR("GET / http/1.1\r\nHost: a\r\n\r\n")), 400);
    CHECK_INT(verdict(STR("GET x HTTP/1.1\r\nHost: a\r\n\r\n")), 400);
    CHECK_INT(verdict(STR("GET /# HTTP/1.1\r\nHost: a\r\n\r\n")), 400);
    CHECK_INT(verdict(STR("GET /\xe4 HTTP/1.1\r\nHost: a\r\n\r\n")), 400);
    CHECK_INT(verdict(STR("GET * HTTP/1.1\r\nHost: a\r\n\r\n")), 400);
    CHECK_INT(verdict(STR("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")), 0);
    CHECK_INT(verdict(HEAD("Expect: 200-ok\r\n")), 417);

    struct scope scope;
    scope_begin(&scope);
    struct head head;
    struct str absolute = STR("GET http://a:1/x/y?z HTTP/1.1\r\nHost: a:1\r\n\r\n");
    CHECK_INT(verdict_in_steps(&scope, absolute, 1, &head), 0);
    CHECK_STR(head.path, "/x/y");
    CHECK_STR(head.query, "z");
    scope_end(&scope);
}

TEST(head_bounds_size_and_count)
{
    struct scope scope;
    scope_begin(&scope);
    struct buf bytes;
    buf_begin(&bytes, &scope, 1 << 20);
    buf_put(&bytes, STR("GET / HTTP/1.1\r\nHost: a\r\n"));
    for (int i = 0; i < 99; i++) buf_put(&bytes, STR("A: b\r\n"));
    size_t full = bytes.size;
    buf_put(&bytes, STR("\r\n"));
    CHECK_INT(verdict(buf_str(&bytes)), 0);
    buf_cut(&bytes, full);
    buf_put(&bytes, STR("A: b\r\n\r\n"));
    CHECK_INT(verdict(buf_str(&bytes)), 431);

    buf_cut(&bytes, 0);
    buf_put(&bytes, STR("GET / HTTP/1.1\r\nHost: a\r\nA: "));
    while (bytes.size < 32 * 1024 - 4) buf_put_char(&bytes, 'x');
    full = bytes.size;
    buf_put(&bytes, STR("\r\n\r\n"));
    CHECK_INT(verdict(buf_str(&bytes)), 0);
    buf_cut(&bytes, full);
    buf_put(&bytes, STR("x\r\n\r\n"));
    CHECK_INT(verdict(buf_str(&bytes)), 431);
    scope_end(&scope);
}

TEST(head_knows_who_wants_to_stay)
{
    static const struct {
        struct str bytes;
        bool is_keep_alive;
    } rows[] = {
        { STR_INIT("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), true },
        { STR_INIT("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n"), false },
        { STR_INIT("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n"), false },
        { STR_INIT("GET / HTTP/1.0\r\n\r\n"), false },
        { STR_INIT("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), true },
    };
    struct scope scope;
    scope_begin(&scope);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct head head;
        CHECK_INT(verdict_in_steps(&scope, rows[i].bytes, 1, &head), 0);
        CHECK_INT(head.is_keep_alive, rows[i].is_keep_alive);
    }
    scope_end(&scope);
}

/* Decodes in steps; returns the status, or -1 when more is wanted. */
static int chunks_decode(struct str bytes, size_t step, struct buf *out, size_t *out_used)
{
    struct chunk_reader reader = { 0 };
    buf_cut(out, 0);
    *out_used = 0;
    while (*out_used < bytes.size && !reader.is_done && reader.status == 0) {
        struct str run, piece = str_slice(bytes, *out_used, *out_used + step);
        *out_used += chunk_read(&reader, 20, piece, &run);
        buf_put(out, run);
    }
    if (reader.status != 0) return reader.status;
    return reader.is_done ? 0 : -1;
}

TEST(chunks_are_decoded_strictly)
{
    static const struct {
        struct str bytes;
        int status;
        const char *data;
    } rows[] = {
        { STR_INIT("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET"), 0, "hello world" },
        { STR_INIT("0\r\n\r\n"), 0, "" },
        { STR_INIT("00A\r\n0123456789\r\n0\r\n\r\n"), 0, "0123456789" },
        { STR_INIT("5\r\nhel"), -1, "hel" },
        { STR_INIT("5;a=b\r\nhello\r\n0\r\n\r\n"), 400, "" },
        { STR_INIT("5 \r\nhello\r\n0\r\n\r\n"), 400, "" },
        { STR_INIT("5\nhello\n0\n\n"), 400, "" },
        { STR_INIT("5\r\nhelloX\r\n0\r\n\r\n"), 400, "hello" },
        { STR_INIT("5\r\nhello\r\n0\r\nA: b\r\n\r\n"), 400, "hello" },
        { STR_INIT("\r\nhello\r\n"), 400, "" },
        { STR_INIT("-5\r\nhello\r\n"), 400, "" },
        { STR_INIT("0x5\r\nhello\r\n"), 400, "" },
        { STR_INIT("0000000000005\r\nhello\r\n"), 400, "" },
        { STR_INIT("15\r\n"), 413, "" },
        { STR_INIT("FFFFFFFFFFFF\r\n"), 413, "" },
        { STR_INIT("A\r\n0123456789\r\nB\r\n"), 413, "0123456789" },
    };
    struct scope scope;
    struct buf out;
    scope_begin(&scope);
    buf_begin(&out, &scope, 1000);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t step = 1; step < 40; step += 6) {
            size_t used;
            CHECK_INT(chunks_decode(rows[i].bytes, step, &out, &used), rows[i].status);
            CHECK_STR(buf_str(&out), rows[i].data);
            if (i == 0) CHECK_INT(used, rows[i].bytes.size - 3);
        }
    }
    scope_end(&scope);
}
