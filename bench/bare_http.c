/*
 * bare_http PORT THREADS FILE: the measure of spec 60. The HTTP library alone
 * (libevent's evhttp), answering the bytes of FILE from memory to every
 * request: one event loop per thread, all accepting on one port.
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { THREAD_COUNT_MAX = 64, BODY_SIZE_MAX = 16 * 1024 * 1024, BACKLOG = 1024 };

static struct {
    const char *data;
    size_t size;
} body;

static void on_request(struct evhttp_request *request, void *context)
{
    (void)context;
    struct evbuffer *out = evbuffer_new();
    evbuffer_add_reference(out, body.data, body.size, NULL, NULL);
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type",
                      "application/json");
    evhttp_send_reply(request, 200, "OK", out);
    evbuffer_free(out);
}

static int listen_on(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
    /* Connections inherit it. Without it long answers wait 40 ms for an acknowledgement. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, BACKLOG) != 0) {
        perror("bare_http: listen");
        exit(1);
    }
    return fd;
}

static void *serve(void *context)
{
    const int *port = context;
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);
    evhttp_set_gencb(http, on_request, NULL);
    evhttp_accept_socket(http, listen_on(*port));
    event_base_dispatch(base);
    return NULL;
}

int main(int argc, char **argv)
{
    static char bytes[BODY_SIZE_MAX];
    if (argc != 4) {
        fprintf(stderr, "usage: bare_http PORT THREADS FILE\n");
        return 2;
    }
    int port = (int)strtol(argv[1], NULL, 10);
    int thread_count = (int)strtol(argv[2], NULL, 10);
    FILE *file = fopen(argv[3], "rb");
    if (!file || thread_count < 1 || thread_count > THREAD_COUNT_MAX) {
        fprintf(stderr, "bare_http: cannot read %s, or a bad number of threads\n", argv[3]);
        return 2;
    }
    body.size = fread(bytes, 1, sizeof(bytes), file);
    body.data = bytes;
    fclose(file);

    pthread_t threads[THREAD_COUNT_MAX];
    for (int i = 0; i < thread_count; i++) pthread_create(&threads[i], NULL, serve, &port);
    for (int i = 0; i < thread_count; i++) pthread_join(threads[i], NULL);
    return 0;
}
