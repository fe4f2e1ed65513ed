#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "http/head.h"

/*
 * Inside of the server; nobody outside http/ includes this.
 *
 * A connection belongs to one loop and only that loop's thread touches it,
 * with one exception: while it is in CONNECTION_BUSY the request inside it
 * belongs to whoever answers, who gives it back through the loop's queue.
 *
 *   HEAD -> BODY -> BUSY -> WRITING -> HEAD ...          keep-alive
 *   HEAD/BODY -> WRITING -> LINGER -> closed             refused
 *   BUSY -> STREAM -> closed                             server-sent events
 */
enum connection_phase {
    CONNECTION_HEAD, /* between requests, or reading a head */
    CONNECTION_BODY,
    CONNECTION_BUSY,
    CONNECTION_WRITING,
    CONNECTION_LINGER, /* answered and shut down; reads are thrown away */
    CONNECTION_STREAM,
};

enum {
    INPUT_SIZE_MAX = 64 * 1024,   /* one read, and what may wait behind a request */
    ANSWER_HEAD_SIZE_MAX = 16 * 1024,
    ADDRESS_SIZE_MAX = 48,
};

struct loop;
struct http_stream;
struct address_entry;

struct connection {
    struct http_request request; /* first member: a request is its connection */
    struct scope scope;          /* of the current request */
    struct loop *loop;
    int fd; /* -1 once closed */
    enum connection_phase phase;
    bool is_used;           /* on the loop's list, not on the free list */
    bool is_in_handler;     /* the handler is on the stack: http_answer() only marks */
    bool is_answered;
    bool is_eof;            /* the client has sent all it will */
    bool is_read_paused;
    bool is_keep_alive;
    bool is_http_1_0;
    bool is_refused;        /* the answer ends the connection, unread input may remain */
    struct event read_event, write_event;
    int64_t deadline_ms; /* monotonic; INT64_MAX: none */

    struct head_scan scan;
    struct evbuffer *partial; /* bytes of an unfinished head, or NULL */
    struct evbuffer *behind;  /* what came behind a request under way: at most one read */
    struct chunk_reader chunks;
    bool is_chunked;
    int64_t body_left, body_size_max;
    struct evbuffer *body; /* NULL when the body came whole in one read */

    struct str unsent[2]; /* head and body of the answer */
    struct http_stream *stream;
    struct connection *next_answered; /* in loop.answered */
    struct connection *previous, *next;
    char address[ADDRESS_SIZE_MAX];
    size_t address_size;
    struct address_entry *address_entry;
};

struct loop {
    struct http_server *server;
    int index;
    pthread_t thread;
    struct event_base *base;
    struct event *tick_event, *wake_event, *listen_event;
    int wake_fd;
    struct scope scope; /* memory of the connections, reused through the free list */
    struct connection *connections, *free_connections;
    _Atomic int connection_count;

    /* Filled by any thread, emptied by the loop in one go: one wake-up per batch. */
    _Atomic(struct connection *) answered;
    _Atomic(struct http_stream *) streams;
    _Atomic int pusher_count; /* threads inside a push: http_stop() waits for them */
    pthread_mutex_t accepted_mutex;
    struct evbuffer *accepted; /* of struct accepted */

    struct z_stream_s *gzip; /* made at first use */
    int64_t now_ms; /* monotonic, refreshed per event */
    int64_t date_s;
    char date[40];
    char input[INPUT_SIZE_MAX];
};

struct accepted {
    int fd;
    char address[ADDRESS_SIZE_MAX];
    struct address_entry *address_entry;
};

struct http_server {
    struct http_options options;
    struct scope scope; /* owns this struct */
    int port, listen_fd, loop_count;
    struct loop *loops;
    _Atomic int connection_count;
    _Atomic int64_t body_total; /* bytes in the body buffers of all connections */
    /* Monotonic moment after which requests under way are dropped; INT64_MAX: not stopping. */
    _Atomic int64_t stop_deadline_ms;
    struct address_table *addresses; /* NULL when there is no limit per address */
};

/* connection.c */
void connection_open(struct loop *loop, const struct accepted *accepted);
void connection_close(struct connection *connection);
void connection_refuse(struct connection *connection, int status);
void connection_sweep(struct loop *loop); /* deadlines and stopping */
void connection_answered(struct connection *connection); /* sends it */
void connection_returned(struct connection *connection); /* it came back through the queue */
void connection_written(struct connection *connection);  /* all of it was sent */
void connection_wait_writable(struct connection *connection);
void connection_read_pause(struct connection *connection, bool is_paused);

/* answer.c: formats connection->request.response and sends what can be sent at once. */
void answer_send(struct connection *connection);
/* Sends what is left; true when there was no error (the connection is still there). */
bool answer_flush(struct connection *connection);
void answer_gzip_end(struct loop *loop);
void answer_continue(struct connection *connection);
/* Status line and headers, without body; for streams too. Returns its size. */
size_t answer_head(struct connection *connection, char *out, int64_t body_size);

/* sse.c, on the loop's thread */
void stream_pump(struct loop *loop);                  /* streams with something to say */
void stream_writable(struct connection *connection);
void stream_tick(struct connection *connection);      /* heartbeat */
void stream_gone(struct connection *connection);      /* the connection closes */

/* server.c */
void loop_wake(struct loop *loop); /* from any thread */
static inline bool server_is_stopping(struct http_server *server)
{
    return atomic_load_explicit(&server->stop_deadline_ms, memory_order_relaxed) != INT64_MAX;
}

/* address.c: connections per client address (an IPv6 client counts by its /64). */
struct address_table *address_table_make(struct scope *scope, int count_max);
/* NULL when the address has its fill. */
struct address_entry *address_take(struct address_table *table, const struct sockaddr *address,
                                   int per_address_max);
void address_release(struct address_table *table, struct address_entry *entry);

#endif
