/*
 * One connection: bytes in, requests out, strictly one at a time and in order.
 *
 * Every phase but BUSY and STREAM has a total deadline that arriving bytes do
 * not move, so a client that drips bytes is cut as surely as a silent one.
 * What a client sends behind a request under way is kept, at most one read of
 * it, and reading stops until the answer is out.
 *
 * The struct stays allocated (on a free list) after the connection is gone,
 * so callers up the stack may look at fd to learn that it is.
 */
#include "http/connection.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"

enum { TURN_COUNT_MAX = 32 }; /* requests of one read before others get their turn */

static void on_readable(evutil_socket_t fd, short what, void *context);
static void on_writable(evutil_socket_t fd, short what, void *context);

static struct connection *connection_make(struct loop *loop)
{
    struct connection *connection = loop->free_connections;
    if (connection) {
        loop->free_connections = connection->next;
    } else {
        connection = scope_new(&loop->scope, struct connection, 1);
    }
    *connection = (struct connection){ .loop = loop, .fd = -1, .is_used = true };
    connection->next = loop->connections;
    if (connection->next) connection->next->previous = connection;
    loop->connections = connection;
    return connection;
}

static void buffer_drop(struct evbuffer **buffer)
{
    if (*buffer) evbuffer_free(*buffer);
    *buffer = NULL;
}

static void body_drop(struct connection *connection)
{
    if (!connection->body) return;
    atomic_fetch_sub(&connection->loop->server->body_total,
                     (int64_t)evbuffer_get_length(connection->body));
    buffer_drop(&connection->body);
}

/* Back to the free list; everything it held is gone. */
static void connection_release(struct connection *connection)
{
    struct loop *loop = connection->loop;
    assert(connection->is_used && connection->fd < 0);
    buffer_drop(&connection->partial);
    buffer_drop(&connection->behind);
    body_drop(connection);
    scope_end(&connection->scope);
    if (connection->previous) {
        connection->previous->next = connection->next;
    } else {
        loop->connections = connection->next;
    }
    if (connection->next) connection->next->previous = connection->previous;
    connection->is_used = false;
    connection->next = loop->free_connections;
    loop->free_connections = connection;
}

void connection_open(struct loop *loop, const struct accepted *accepted)
{
    struct connection *connection = connection_make(loop);
    connection->fd = accepted->fd;
    connection->address_entry = accepted->address_entry;
    connection->address_size = strlen(accepted->address);
    memcpy(connection->address, accepted->address, connection->address_size + 1);
    connection->phase = CONNECTION_HEAD;
    connection->deadline_ms = time_monotonic_ms() + loop->server->options.head_deadline_ms;
    event_assign(&connection->read_event, loop->base, connection->fd, EV_READ | EV_PERSIST,
                 on_readable, connection);
    event_assign(&connection->write_event, loop->base, connection->fd, EV_WRITE, on_writable,
                 connection);
    event_add(&connection->read_event, NULL);
}

void connection_close(struct connection *connection)
{
    if (connection->fd < 0) return;
    struct http_server *server = connection->loop->server;
    event_del(&connection->read_event);
    event_del(&connection->write_event);
    close(connection->fd);
    connection->fd = -1;
    connection->deadline_ms = INT64_MAX;
    atomic_fetch_sub(&server->connection_count, 1);
    atomic_fetch_sub(&connection->loop->connection_count, 1);
    if (connection->address_entry) address_release(server->addresses, connection->address_entry);
    if (connection->phase == CONNECTION_STREAM) stream_gone(connection);
    /* A request that is out comes back through connection_answered(). */
    if (connection->phase != CONNECTION_BUSY) connection_release(connection);
}

void connection_read_pause(struct connection *connection, bool is_paused)
{
    if (connection->is_read_paused == is_paused || connection->fd < 0) return;
    connection->is_read_paused = is_paused;
    if (is_paused) {
        event_del(&connection->read_event);
    } else {
        event_add(&connection->read_event, NULL);
    }
}

void connection_wait_writable(struct connection *connection)
{
    event_add(&connection->write_event, NULL);
}

void connection_refuse(struct connection *connection, int status)
{
    assert(connection->phase == CONNECTION_HEAD || connection->phase == CONNECTION_BODY);
    struct http_request *request = &connection->request;
    scope_end(&connection->scope);
    *request = (struct http_request){ .scope = &connection->scope };
    request->response.status = status;
    request->response.content_type = "text/plain; charset=utf-8";
    request->response.body_referred = str_of(http_status_text(status));
    connection->is_refused = true;
    connection->is_keep_alive = false;
    connection_answered(connection);
}

/* The handler gets a whole request; see http_answer() for how it comes back. */
static void request_dispatch(struct connection *connection)
{
    struct http_server *server = connection->loop->server;
    if (connection->body) {
        size_t size = evbuffer_get_length(connection->body);
        connection->request.body =
            (struct str){ (const char *)evbuffer_pullup(connection->body, -1), size };
    }
    connection->phase = CONNECTION_BUSY;
    connection->deadline_ms = INT64_MAX;
    connection->is_answered = false;
    connection->is_in_handler = true;
    server->options.handle(&connection->request, server->options.context);
    connection->is_in_handler = false;
    if (connection->is_answered) {
        connection_answered(connection);
    } else if (connection->phase == CONNECTION_STREAM) {
        scope_end(&connection->scope);
        body_drop(connection);
    }
}

static struct str client_address(struct connection *connection)
{
    struct str peer = { connection->address, connection->address_size };
    if (!connection->loop->server->options.is_proxied) return peer;
    struct str list = http_header(&connection->request, "x-forwarded-for");
    struct str last = { 0 }, member;
    while (str_split(&list, ',', &member)) last = str_trim(member);
    return last.size > 0 && last.size < ADDRESS_SIZE_MAX ? last : peer;
}

static int64_t body_limit(struct connection *connection)
{
    const struct http_options *options = &connection->loop->server->options;
    if (!options->body_size_max_of) return options->body_size_max;
    return options->body_size_max_of(connection->request.method, connection->request.path,
                                     options->context);
}

/* bytes is a whole head in the request's scope; has_more: body bytes follow in this read. */
static void head_done(struct connection *connection, struct str bytes, bool has_more)
{
    struct head head;
    int status = head_parse(&connection->scope, bytes, connection->scan.line_count, &head);
    if (status != 0) {
        connection_refuse(connection, status);
        return;
    }
    const struct http_options *options = &connection->loop->server->options;
    struct http_request *request = &connection->request;
    *request = (struct http_request){ .scope = &connection->scope,
                                      .method = head.method,
                                      .path = head.path,
                                      .query = head.query,
                                      .headers = head.headers,
                                      .header_count = head.header_count,
                                      .thread_index = connection->loop->index };
    request->client_address = client_address(connection);
    request->response.status = 200;
    buf_begin(&request->response.body, request->scope, HTTP_RESPONSE_SIZE_MAX);
    connection->is_keep_alive = head.is_keep_alive;
    connection->is_http_1_0 = head.is_http_1_0;
    connection->is_chunked = head.is_chunked;
    connection->body_left = head.content_length;
    if (!head.is_chunked && head.content_length == 0) {
        request_dispatch(connection);
        return;
    }
    connection->body_size_max = body_limit(connection);
    if (head.content_length > connection->body_size_max) {
        connection_refuse(connection, 413);
        return;
    }
    connection->chunks = (struct chunk_reader){ 0 };
    connection->phase = CONNECTION_BODY;
    connection->deadline_ms = connection->loop->now_ms + options->body_deadline_ms +
                              head.content_length * TIME_SECOND_MS / options->bytes_per_second_min;
    if (head.expects_continue && !has_more) answer_continue(connection);
}

static size_t take_head(struct connection *connection, struct str data)
{
    const struct http_options *options = &connection->loop->server->options;
    struct head_limits limits = { options->head_size_max, options->header_count_max };
    if (connection->scan.size == 0) {
        connection->deadline_ms = connection->loop->now_ms + options->head_deadline_ms;
    }
    size_t used = head_scan(&connection->scan, &limits, data.data, data.size);
    if (connection->scan.status != 0) {
        connection_refuse(connection, connection->scan.status);
        return used;
    }
    if (!connection->scan.is_done) {
        if (!connection->partial) connection->partial = evbuffer_new();
        evbuffer_add(connection->partial, data.data, used);
        return used;
    }
    size_t before = connection->partial ? evbuffer_get_length(connection->partial) : 0;
    char *bytes = scope_alloc(&connection->scope, before + used);
    if (before > 0) evbuffer_remove(connection->partial, bytes, before);
    memcpy(bytes + before, data.data, used);
    buffer_drop(&connection->partial);
    head_done(connection, (struct str){ bytes, before + used }, used < data.size);
    return used;
}

/* False when the memory set aside for bodies is used up; the request has been refused then. */
static bool body_add(struct connection *connection, struct str data)
{
    struct http_server *server = connection->loop->server;
    if (!connection->body) connection->body = evbuffer_new();
    evbuffer_add(connection->body, data.data, data.size);
    int64_t before = atomic_fetch_add(&server->body_total, (int64_t)data.size);
    if (before + (int64_t)data.size <= server->options.body_total_max) return true;
    body_drop(connection);
    connection_refuse(connection, 503);
    return false;
}

static size_t take_body(struct connection *connection, struct str data)
{
    if (connection->is_chunked) {
        struct str run;
        size_t used = chunk_read(&connection->chunks, connection->body_size_max, data, &run);
        if (run.size > 0 && !body_add(connection, run)) return used;
        if (connection->chunks.status != 0) {
            connection_refuse(connection, connection->chunks.status);
        } else if (connection->chunks.is_done) {
            request_dispatch(connection);
        }
        return used;
    }
    struct str run = data;
    if ((int64_t)run.size > connection->body_left) run.size = (size_t)connection->body_left;
    connection->body_left -= (int64_t)run.size;
    if (connection->body_left == 0 && !connection->body) {
        connection->request.body = scope_copy(&connection->scope, run);
    } else if (!body_add(connection, run)) {
        return run.size;
    }
    if (connection->body_left == 0) request_dispatch(connection);
    return run.size;
}

/* Keeps what must wait and stops reading. */
static void stash(struct connection *connection, struct str data)
{
    assert(!connection->behind);
    connection->behind = evbuffer_new();
    evbuffer_add(connection->behind, data.data, data.size);
    connection_read_pause(connection, true);
}

/* Feeds bytes through the phases until they are used up or must wait. */
static void take(struct connection *connection, struct str data)
{
    int head_count = 0;
    while (data.size > 0 && connection->fd >= 0) {
        size_t used;
        switch (connection->phase) {
        case CONNECTION_HEAD:
            if (head_count++ == TURN_COUNT_MAX) {
                stash(connection, data);
                connection_wait_writable(connection); /* comes back through resume() */
                return;
            }
            used = take_head(connection, data);
            break;
        case CONNECTION_BODY:
            used = take_body(connection, data);
            break;
        case CONNECTION_LINGER:
        case CONNECTION_STREAM:
            return; /* thrown away */
        default:
            if (!connection->is_refused) stash(connection, data);
            return;
        }
        data = str_slice(data, used, data.size);
    }
}

/* After an answer that was not sent from within take(): goes on with what came meanwhile. */
static void resume(struct connection *connection)
{
    struct loop *loop = connection->loop;
    if (connection->fd < 0 || connection->phase != CONNECTION_HEAD) return;
    if (connection->behind) {
        size_t size = evbuffer_get_length(connection->behind);
        assert(size <= sizeof(loop->input));
        evbuffer_remove(connection->behind, loop->input, size);
        buffer_drop(&connection->behind);
        take(connection, (struct str){ loop->input, size });
    }
    if (connection->fd < 0 || connection->behind) return;
    if (!connection->is_eof) {
        connection_read_pause(connection, false);
    } else if (connection->phase == CONNECTION_HEAD || connection->phase == CONNECTION_BODY) {
        connection_close(connection);
    }
}

static void on_eof(struct connection *connection)
{
    connection->is_eof = true;
    if (connection->phase == CONNECTION_BUSY || connection->phase == CONNECTION_WRITING) {
        connection_read_pause(connection, true); /* it may still want its answer */
    } else {
        connection_close(connection);
    }
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    (void)what;
    struct connection *connection = context;
    struct loop *loop = connection->loop;
    if (connection->behind) {
        connection_read_pause(connection, true);
        return;
    }
    ssize_t size = recv(fd, loop->input, sizeof(loop->input), 0);
    if (size < 0) {
        if (errno != EAGAIN && errno != EINTR) connection_close(connection);
        return;
    }
    loop->now_ms = time_monotonic_ms();
    if (size == 0) {
        on_eof(connection);
    } else {
        take(connection, (struct str){ loop->input, (size_t)size });
    }
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    (void)fd, (void)what;
    struct connection *connection = context;
    connection->loop->now_ms = time_monotonic_ms();
    if (connection->phase == CONNECTION_STREAM) {
        stream_writable(connection);
        return;
    }
    if (connection->phase == CONNECTION_WRITING && !answer_flush(connection)) return;
    resume(connection);
}

void connection_answered(struct connection *connection)
{
    connection->phase = CONNECTION_WRITING;
    if (connection->fd < 0) {
        connection_release(connection);
        return;
    }
    if (server_is_stopping(connection->loop->server)) connection->is_keep_alive = false;
    connection->deadline_ms = connection->loop->now_ms +
                              connection->loop->server->options.write_deadline_ms;
    answer_send(connection);
}

void connection_written(struct connection *connection)
{
    struct loop *loop = connection->loop;
    scope_end(&connection->scope);
    body_drop(connection);
    connection->scan = (struct head_scan){ 0 };
    if (connection->is_refused) {
        /* Closing with unread input would reset the connection and lose the answer. */
        buffer_drop(&connection->partial);
        shutdown(connection->fd, SHUT_WR);
        connection->phase = CONNECTION_LINGER;
        connection->deadline_ms = loop->now_ms + loop->server->options.linger_ms;
        connection_read_pause(connection, false);
        if (connection->is_eof) connection_close(connection);
        return;
    }
    if (!connection->is_keep_alive) {
        connection->is_refused = true; /* nothing more is read; linger for the same reason */
        connection_written(connection);
        return;
    }
    connection->phase = CONNECTION_HEAD;
    connection->deadline_ms = loop->now_ms + loop->server->options.idle_timeout_ms;
}

void connection_returned(struct connection *connection)
{
    connection_answered(connection);
    if (connection->is_used) resume(connection);
}

static void sweep_one(struct connection *connection)
{
    struct loop *loop = connection->loop;
    int64_t stop_deadline_ms = atomic_load(&loop->server->stop_deadline_ms);
    bool is_stopping = stop_deadline_ms != INT64_MAX;
    bool is_idle = connection->phase == CONNECTION_HEAD && connection->scan.size == 0;
    if (is_stopping &&
        (is_idle || connection->phase == CONNECTION_STREAM || loop->now_ms >= stop_deadline_ms)) {
        connection_close(connection);
    } else if (connection->phase == CONNECTION_STREAM) {
        stream_tick(connection);
    } else if (loop->now_ms >= connection->deadline_ms) {
        bool is_reading = connection->phase == CONNECTION_HEAD ||
                          connection->phase == CONNECTION_BODY;
        if (is_reading && !is_idle) {
            connection_refuse(connection, 408);
        } else {
            connection_close(connection);
        }
    }
}

void connection_sweep(struct loop *loop)
{
    loop->now_ms = time_monotonic_ms();
    for (struct connection *connection = loop->connections; connection;) {
        struct connection *next = connection->next;
        if (connection->fd >= 0) sweep_one(connection);
        connection = next;
    }
}
