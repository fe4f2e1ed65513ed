/*
 * our_http PORT THREADS FILE [late]: http/ alone, doing what bare_http does;
 * the difference between the two is what the room itself costs. With "late"
 * every answer comes from another thread, as after a group commit.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "http/http.h"

enum { BODY_SIZE_MAX = 16 * 1024 * 1024, QUEUE_COUNT_MAX = 4096 };

static struct str body;

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t ready;
    struct http_request *requests[QUEUE_COUNT_MAX];
    int count;
} queue = { .mutex = PTHREAD_MUTEX_INITIALIZER, .ready = PTHREAD_COND_INITIALIZER };

static void answer(struct http_request *request, void *context)
{
    (void)context;
    http_body_refer(request, "application/json", body);
    http_answer(request);
}

static void answer_late(struct http_request *request, void *context)
{
    (void)context;
    pthread_mutex_lock(&queue.mutex);
    if (queue.count == QUEUE_COUNT_MAX) abort();
    queue.requests[queue.count++] = request;
    if (queue.count == 1) pthread_cond_signal(&queue.ready);
    pthread_mutex_unlock(&queue.mutex);
}

static void answer_batches(void)
{
    static struct http_request *batch[QUEUE_COUNT_MAX];
    for (;;) {
        pthread_mutex_lock(&queue.mutex);
        while (queue.count == 0) pthread_cond_wait(&queue.ready, &queue.mutex);
        int count = queue.count;
        for (int i = 0; i < count; i++) batch[i] = queue.requests[i];
        queue.count = 0;
        pthread_mutex_unlock(&queue.mutex);
        for (int i = 0; i < count; i++) answer(batch[i], NULL);
    }
}

int main(int argc, char **argv)
{
    static char bytes[BODY_SIZE_MAX];
    if (argc < 4) {
        fprintf(stderr, "usage: our_http PORT THREADS FILE [late]\n");
        return 2;
    }
    FILE *file = fopen(argv[3], "rb");
    if (!file) {
        fprintf(stderr, "our_http: cannot read %s\n", argv[3]);
        return 2;
    }
    body = (struct str){ bytes, fread(bytes, 1, sizeof(bytes), file) };
    fclose(file);

    struct scope scope;
    scope_begin(&scope);
    struct http_options options = { .port = (int)strtol(argv[1], NULL, 10),
                                    .thread_count = (int)strtol(argv[2], NULL, 10),
                                    .handle = argc > 4 ? answer_late : answer };
    struct http_server *server;
    if (!http_start(&scope, &options, &server)) {
        fprintf(stderr, "our_http: %.*s\n", STR_ARG(scope.error.detail));
        return 1;
    }
    if (argc > 4) answer_batches();
    pause();
    return 0;
}
