/*
 * Streams. The mutex of a stream guards its queue and its flags; the socket is
 * written by the loop's thread only. Senders put the stream on the loop's list
 * (once, until the loop has looked) and wake the loop for the first of a batch.
 *
 * The memory goes when both owners have let go and it is on no list.
 */
#include "http/sse.h"

#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/time.h"
#include "http/connection.h"

enum { SEND_PIECE_COUNT_MAX = 16, UNACKNOWLEDGED_MS_MAX = 60 * 1000 };

struct http_stream {
    struct scope scope; /* owns this struct */
    struct loop *loop;
    struct connection *connection; /* loop's thread only; NULL once gone */
    void (*on_close)(struct http_stream *stream, void *context);
    void *context;
    int64_t sent_at_ms; /* loop's thread only */

    pthread_mutex_t mutex;
    struct evbuffer *queue;
    bool is_closed; /* the client has left or is to be cut */
    bool is_ended;  /* the caller has let go */
    bool is_listed; /* on loop->streams */
    int owner_count;
    struct http_stream *next;
};

/* Call with the mutex held; unlocks it. The last owner frees. */
static void unlock_and_release(struct http_stream *stream, int owners)
{
    stream->owner_count -= owners;
    bool is_last = stream->owner_count == 0;
    pthread_mutex_unlock(&stream->mutex);
    if (!is_last) return;
    evbuffer_free(stream->queue);
    pthread_mutex_destroy(&stream->mutex);
    struct scope scope = stream->scope;
    scope_end(&scope);
}

/* With the mutex held: has the loop look at the stream. Being listed counts as an owner. */
static void stream_list(struct http_stream *stream)
{
    struct loop *loop = stream->loop;
    if (stream->is_listed) return;
    stream->is_listed = true;
    stream->owner_count += 1;
    atomic_fetch_add(&loop->pusher_count, 1);
    struct http_stream *head = atomic_load_explicit(&loop->streams, memory_order_relaxed);
    do {
        stream->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&loop->streams, &head, stream,
                                                    memory_order_release, memory_order_relaxed));
    if (!head) loop_wake(loop);
    atomic_fetch_sub(&loop->pusher_count, 1);
}

struct http_stream *http_stream_begin(struct http_request *request,
                                      void (*on_close)(struct http_stream *stream, void *context),
                                      void *context)
{
    struct connection *connection = (struct connection *)request;
    struct loop *loop = connection->loop;
    assert(pthread_equal(pthread_self(), loop->thread) && connection->is_in_handler);

    struct scope scope;
    scope_begin(&scope);
    struct http_stream *stream = scope_new(&scope, struct http_stream, 1);
    *stream = (struct http_stream){ .scope = scope,
                                    .loop = loop,
                                    .connection = connection,
                                    .on_close = on_close,
                                    .context = context,
                                    .sent_at_ms = loop->now_ms,
                                    .owner_count = 2 };
    pthread_mutex_init(&stream->mutex, NULL);
    stream->queue = evbuffer_new();

    request->response.content_type = "text/event-stream; charset=utf-8";
    http_header_add(request, STR("Cache-Control"), STR("no-store"));
    http_header_add(request, STR("X-Accel-Buffering"), STR("no"));
    connection->is_keep_alive = false;
    char head[ANSWER_HEAD_SIZE_MAX];
    evbuffer_add(stream->queue, head, answer_head(connection, head, -1));

    connection->phase = CONNECTION_STREAM;
    connection->stream = stream;
    int unacknowledged_ms = UNACKNOWLEDGED_MS_MAX;
    setsockopt(connection->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms,
               sizeof(unacknowledged_ms));
    pthread_mutex_lock(&stream->mutex);
    stream_list(stream);
    pthread_mutex_unlock(&stream->mutex);
    return stream;
}

bool http_stream_send(struct http_stream *stream, struct str text)
{
    pthread_mutex_lock(&stream->mutex);
    assert(!stream->is_ended);
    if (!stream->is_closed) {
        size_t size = evbuffer_get_length(stream->queue) + text.size;
        if (size > HTTP_STREAM_QUEUE_SIZE_MAX) {
            stream->is_closed = true;
        } else {
            evbuffer_add(stream->queue, text.data, text.size);
        }
        stream_list(stream);
    }
    bool is_open = !stream->is_closed;
    pthread_mutex_unlock(&stream->mutex);
    return is_open;
}

void http_stream_end(struct http_stream *stream)
{
    pthread_mutex_lock(&stream->mutex);
    assert(!stream->is_ended);
    stream->is_ended = true;
    if (!stream->is_closed) stream_list(stream);
    unlock_and_release(stream, 1);
}

/* With the mutex held: false when the client is gone. Drains what the socket takes. */
static bool queue_send(struct http_stream *stream)
{
    struct evbuffer_iovec pieces[SEND_PIECE_COUNT_MAX];
    while (evbuffer_get_length(stream->queue) > 0) {
        int count = evbuffer_peek(stream->queue, -1, NULL, pieces, SEND_PIECE_COUNT_MAX);
        if (count > SEND_PIECE_COUNT_MAX) count = SEND_PIECE_COUNT_MAX;
        struct iovec parts[SEND_PIECE_COUNT_MAX];
        for (int i = 0; i < count; i++) {
            parts[i] = (struct iovec){ pieces[i].iov_base, pieces[i].iov_len };
        }
        struct msghdr message = { .msg_iov = parts, .msg_iovlen = (size_t)count };
        ssize_t sent = sendmsg(stream->connection->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) return errno == EAGAIN || errno == EINTR;
        evbuffer_drain(stream->queue, (size_t)sent);
        stream->sent_at_ms = stream->loop->now_ms;
    }
    return true;
}

/* On the loop's thread: sends, waits for the socket, or closes. */
static void stream_serve(struct http_stream *stream)
{
    struct connection *connection = stream->connection;
    if (!connection) return;
    pthread_mutex_lock(&stream->mutex);
    bool is_open = !stream->is_closed && queue_send(stream);
    bool is_waiting = is_open && evbuffer_get_length(stream->queue) > 0;
    if (is_open && stream->is_ended && !is_waiting) is_open = false;
    pthread_mutex_unlock(&stream->mutex);
    if (!is_open) {
        connection_close(connection);
    } else if (is_waiting) {
        connection_wait_writable(connection);
    }
}

void stream_pump(struct loop *loop)
{
    struct http_stream *stream = atomic_exchange(&loop->streams, NULL);
    while (stream) {
        struct http_stream *next = stream->next;
        pthread_mutex_lock(&stream->mutex);
        stream->is_listed = false;
        pthread_mutex_unlock(&stream->mutex);
        stream_serve(stream);
        pthread_mutex_lock(&stream->mutex);
        unlock_and_release(stream, 1);
        stream = next;
    }
}

void stream_writable(struct connection *connection)
{
    stream_serve(connection->stream);
}

void stream_tick(struct connection *connection)
{
    struct http_stream *stream = connection->stream;
    struct loop *loop = connection->loop;
    if (loop->now_ms - stream->sent_at_ms < loop->server->options.stream_heartbeat_ms) return;
    stream->sent_at_ms = loop->now_ms;
    pthread_mutex_lock(&stream->mutex);
    /* Who has something waiting shows by not taking it whether it is there. */
    if (evbuffer_get_length(stream->queue) == 0) evbuffer_add(stream->queue, ":\n\n", 3);
    pthread_mutex_unlock(&stream->mutex);
    stream_serve(stream);
}

void stream_gone(struct connection *connection)
{
    struct http_stream *stream = connection->stream;
    connection->stream = NULL;
    stream->connection = NULL;
    pthread_mutex_lock(&stream->mutex);
    bool must_tell = !stream->is_ended && stream->on_close;
    stream->is_closed = true;
    pthread_mutex_unlock(&stream->mutex);
    if (must_tell) stream->on_close(stream, stream->context);
    pthread_mutex_lock(&stream->mutex);
    unlock_and_release(stream, 1);
}

void http_event_put(struct buf *out, struct str name, struct str id, struct str data)
{
    if (name.size > 0) {
        buf_put(out, STR("event: "));
        buf_put(out, name);
        buf_put_char(out, '\n');
    }
    if (id.size > 0) {
        buf_put(out, STR("id: "));
        buf_put(out, id);
        buf_put_char(out, '\n');
    }
    struct str line;
    while (str_split(&data, '\n', &line)) {
        buf_put(out, STR("data: "));
        buf_put(out, line);
        buf_put_char(out, '\n');
    }
    buf_put_char(out, '\n');
}
