/*
 * The server: loops and their threads, accepting, the tick, stopping.
 *
 * The first loop accepts and gives each connection to the loop with the
 * fewest, so that a handful of busy clients spreads evenly over the cores
 * (left to the kernel, it does not). Loops share nothing else on the way of a
 * request. One tick per loop enforces all deadlines: exact to an eighth of
 * the shortest one, and no timer is armed or moved per request.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "http/connection.h"

enum {
    ACCEPT_COUNT_MAX = 64, /* per event, so that requests get their turn */
    LISTEN_BACKLOG = 1024,
    TICK_MS_MIN = 5,
    TICK_MS_MAX = 250,
};

void loop_wake(struct loop *loop)
{
    uint64_t one = 1;
    ssize_t size = write(loop->wake_fd, &one, sizeof(one));
    (void)size; /* it only fails when the counter is full, and then the loop is awake */
}

static void answered_take(struct loop *loop)
{
    struct connection *newest = atomic_exchange_explicit(&loop->answered, NULL,
                                                         memory_order_acquire);
    struct connection *oldest = NULL;
    while (newest) {
        struct connection *next = newest->next_answered;
        newest->next_answered = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        struct connection *next = oldest->next_answered;
        connection_returned(oldest);
        oldest = next;
    }
}

static void accepted_take(struct loop *loop)
{
    struct accepted accepted;
    for (;;) {
        pthread_mutex_lock(&loop->accepted_mutex);
        int size = evbuffer_remove(loop->accepted, &accepted, sizeof(accepted));
        pthread_mutex_unlock(&loop->accepted_mutex);
        if (size != (int)sizeof(accepted)) return;
        connection_open(loop, &accepted);
    }
}

/* A stopping loop ends when nothing is left on it, not even an unanswered request. */
static void stop_check(struct loop *loop)
{
    if (!server_is_stopping(loop->server)) return;
    if (loop->listen_event) event_del(loop->listen_event);
    accepted_take(loop);
    connection_sweep(loop);
    if (!loop->connections) event_base_loopbreak(loop->base);
}

static void on_wake(evutil_socket_t fd, short what, void *context)
{
    (void)what;
    struct loop *loop = context;
    uint64_t count;
    ssize_t size = read(fd, &count, sizeof(count));
    (void)size;
    loop->now_ms = time_monotonic_ms();
    accepted_take(loop);
    answered_take(loop);
    stream_pump(loop);
    stop_check(loop);
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    (void)fd, (void)what;
    struct loop *loop = context;
    connection_sweep(loop);
    /* Accepting pauses when descriptors run out; some may be free by now. */
    if (loop->listen_event && !server_is_stopping(loop->server)) {
        event_add(loop->listen_event, NULL);
    }
    stop_check(loop);
}

static struct loop *loop_emptiest(struct http_server *server)
{
    struct loop *best = &server->loops[0];
    for (int i = 1; i < server->loop_count; i++) {
        struct loop *loop = &server->loops[i];
        if (atomic_load(&loop->connection_count) < atomic_load(&best->connection_count)) {
            best = loop;
        }
    }
    return best;
}

static void address_text(const struct sockaddr_storage *address, char out[ADDRESS_SIZE_MAX])
{
    const void *bytes = address->ss_family == AF_INET6
                            ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                            : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    if (!inet_ntop(address->ss_family, bytes, out, ADDRESS_SIZE_MAX)) out[0] = 0;
    size_t prefix = strlen("::ffff:");
    if (strncmp(out, "::ffff:", prefix) == 0) memmove(out, out + prefix, strlen(out) + 1 - prefix);
}

/* Counts the connection and hands it over; false when a limit says no. */
static bool accepted_give(struct http_server *server, int fd,
                          const struct sockaddr_storage *address)
{
    const struct http_options *options = &server->options;
    struct accepted accepted = { .fd = fd };
    if (atomic_load(&server->connection_count) >= options->connection_count_max) return false;
    if (server->addresses) {
        accepted.address_entry = address_take(server->addresses, (const struct sockaddr *)address,
                                              options->connection_count_per_address_max);
        if (!accepted.address_entry) return false;
    }
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    address_text(address, accepted.address);
    struct loop *loop = loop_emptiest(server);
    atomic_fetch_add(&server->connection_count, 1);
    atomic_fetch_add(&loop->connection_count, 1);
    if (loop->index == 0) {
        connection_open(loop, &accepted);
        return true;
    }
    pthread_mutex_lock(&loop->accepted_mutex);
    evbuffer_add(loop->accepted, &accepted, sizeof(accepted));
    pthread_mutex_unlock(&loop->accepted_mutex);
    loop_wake(loop);
    return true;
}

static void on_accept(evutil_socket_t listen_fd, short what, void *context)
{
    (void)what;
    struct loop *loop = context;
    for (int i = 0; i < ACCEPT_COUNT_MAX; i++) {
        struct sockaddr_storage address;
        socklen_t size = sizeof(address);
        int fd = accept4(listen_fd, (struct sockaddr *)&address, &size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            if (!accepted_give(loop->server, fd, &address)) close(fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_line(LOG_WARN, "http: cannot accept: %s", strerror(errno));
            event_del(loop->listen_event); /* until the next tick */
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

static void *loop_run(void *context)
{
    struct loop *loop = context;
    const struct http_options *options = &loop->server->options;
    if (options->thread_start) options->thread_start(loop->index, options->context);
    event_base_dispatch(loop->base);
    if (options->thread_stop) options->thread_stop(loop->index, options->context);
    return NULL;
}

static void options_fill(struct http_options *options)
{
    const struct {
        int64_t *value;
        int64_t fallback;
    } rows[] = {
        { &options->body_size_max, 1024 * 1024 },
        { &options->body_total_max, 256 * 1024 * 1024 },
        { &options->head_size_max, HTTP_HEADER_SIZE_MAX },
        { &options->head_deadline_ms, 10 * TIME_SECOND_MS },
        { &options->body_deadline_ms, 30 * TIME_SECOND_MS },
        { &options->write_deadline_ms, 60 * TIME_SECOND_MS },
        { &options->bytes_per_second_min, 64 * 1024 },
        { &options->idle_timeout_ms, 75 * TIME_SECOND_MS },
        { &options->linger_ms, TIME_SECOND_MS },
        { &options->stream_heartbeat_ms, 20 * TIME_SECOND_MS },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (*rows[i].value <= 0) *rows[i].value = rows[i].fallback;
    }
    if (!options->address) options->address = "127.0.0.1";
    if (options->thread_count <= 0) options->thread_count = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (options->thread_count < 1) options->thread_count = 1;
    if (options->thread_count > HTTP_THREAD_COUNT_MAX) {
        options->thread_count = HTTP_THREAD_COUNT_MAX;
    }
    if (options->head_size_max > HTTP_HEADER_SIZE_MAX) {
        options->head_size_max = HTTP_HEADER_SIZE_MAX;
    }
    if (options->header_count_max <= 0 || options->header_count_max > HTTP_HEADER_COUNT_MAX) {
        options->header_count_max = HTTP_HEADER_COUNT_MAX;
    }
    if (options->connection_count_max <= 0) options->connection_count_max = 10 * 1000;
}

static int64_t tick_ms(const struct http_options *options)
{
    int64_t shortest = options->head_deadline_ms;
    const int64_t others[] = { options->body_deadline_ms, options->write_deadline_ms,
                               options->idle_timeout_ms, options->linger_ms,
                               options->stream_heartbeat_ms };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (others[i] < shortest) shortest = others[i];
    }
    int64_t tick = shortest / 8;
    if (tick < TICK_MS_MIN) return TICK_MS_MIN;
    return tick > TICK_MS_MAX ? TICK_MS_MAX : tick;
}

static bool listen_failed(struct scope *scope, const struct http_options *options)
{
    return error_storage(scope, scope_format(scope, "cannot listen on %s port %d: %s",
                                             options->address, options->port, strerror(errno)));
}

static bool listen_open(struct scope *scope, struct http_server *server)
{
    const struct http_options *options = &server->options;
    struct sockaddr_storage address = { 0 };
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
    socklen_t size = sizeof(*v4);
    if (inet_pton(AF_INET, options->address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)options->port);
    } else if (inet_pton(AF_INET6, options->address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)options->port);
        size = sizeof(*v6);
    } else {
        errno = EINVAL;
        return listen_failed(scope, options);
    }
    server->listen_fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->listen_fd < 0) return listen_failed(scope, options);
    int one = 1;
    setsockopt(server->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(server->listen_fd, (struct sockaddr *)&address, size) != 0 ||
        listen(server->listen_fd, LISTEN_BACKLOG) != 0 ||
        getsockname(server->listen_fd, (struct sockaddr *)&address, &size) != 0) {
        listen_failed(scope, options);
        close(server->listen_fd);
        return false;
    }
    server->port = ntohs(address.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
    return true;
}

static void loop_open(struct http_server *server, int index)
{
    struct loop *loop = &server->loops[index];
    loop->server = server;
    loop->index = index;
    scope_begin(&loop->scope);
    pthread_mutex_init(&loop->accepted_mutex, NULL);
    loop->accepted = evbuffer_new();
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    loop->base = event_base_new_with_config(config);
    event_config_free(config);
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    assert(loop->base && loop->wake_fd >= 0);
    loop->wake_event = event_new(loop->base, loop->wake_fd, EV_READ | EV_PERSIST, on_wake, loop);
    event_add(loop->wake_event, NULL);
    loop->tick_event = event_new(loop->base, -1, EV_PERSIST, on_tick, loop);
    int64_t tick = tick_ms(&server->options);
    struct timeval period = { 0, (suseconds_t)tick * 1000 };
    event_add(loop->tick_event, &period);
    if (index > 0) return;
    loop->listen_event = event_new(loop->base, server->listen_fd, EV_READ | EV_PERSIST, on_accept,
                                   loop);
    event_add(loop->listen_event, NULL);
}

/* After all threads have ended. */
static void loop_close(struct loop *loop)
{
    struct accepted late; /* given to this loop after it had ended */
    while (evbuffer_remove(loop->accepted, &late, sizeof(late)) == (int)sizeof(late)) {
        close(late.fd);
    }
    while (atomic_load(&loop->pusher_count) > 0) sched_yield();
    stream_pump(loop); /* lets go of streams that were listed after the loop had ended */
    answer_gzip_end(loop);
    if (loop->listen_event) event_free(loop->listen_event);
    event_free(loop->wake_event);
    event_free(loop->tick_event);
    event_base_free(loop->base);
    close(loop->wake_fd);
    evbuffer_free(loop->accepted);
    pthread_mutex_destroy(&loop->accepted_mutex);
    scope_end(&loop->scope);
}

/* Signals are for the main thread. */
static void threads_start(struct http_server *server)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    for (int i = 0; i < server->loop_count; i++) {
        struct loop *loop = &server->loops[i];
        int code = pthread_create(&loop->thread, NULL, loop_run, loop);
        assert(code == 0);
        (void)code;
        pthread_setname_np(loop->thread, "http-loop");
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

bool http_start(struct scope *scope, const struct http_options *options, struct http_server **out)
{
    struct scope own;
    scope_begin(&own);
    struct http_server *server = scope_new(&own, struct http_server, 1);
    server->options = *options;
    options_fill(&server->options);
    atomic_store(&server->stop_deadline_ms, INT64_MAX);
    if (!listen_open(scope, server)) {
        scope_end(&own);
        return false;
    }
    if (server->options.connection_count_per_address_max > 0) {
        server->addresses = address_table_make(&own, server->options.connection_count_max);
    }
    server->loop_count = server->options.thread_count;
    server->loops = scope_new(&own, struct loop, server->loop_count);
    server->scope = own;
    for (int i = 0; i < server->loop_count; i++) loop_open(server, i);
    threads_start(server);
    *out = server;
    return true;
}

int http_port(const struct http_server *server)
{
    return server->port;
}

void http_stop(struct http_server *server, int64_t deadline_ms)
{
    atomic_store(&server->stop_deadline_ms, time_monotonic_ms() + deadline_ms);
    for (int i = 0; i < server->loop_count; i++) loop_wake(&server->loops[i]);
    for (int i = 0; i < server->loop_count; i++) pthread_join(server->loops[i].thread, NULL);
    for (int i = 0; i < server->loop_count; i++) loop_close(&server->loops[i]);
    close(server->listen_fd);
    struct scope own = server->scope;
    scope_end(&own);
}
