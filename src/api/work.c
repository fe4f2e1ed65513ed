/* Worker threads for what takes long: passwords, files, exports. */
#include "api/inner.h"

enum { WORK_COUNT_MAX = 256, WORKER_COUNT = 2 };

static struct call *work_take(struct work_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    while (!queue->first && !queue->is_ending) {
        pthread_cond_wait(&queue->is_filled, &queue->lock);
    }
    struct call *call = queue->first;
    if (call) {
        queue->first = call->next;
        if (!queue->first) queue->last = NULL;
        queue->count -= 1;
    }
    pthread_mutex_unlock(&queue->lock);
    return call;
}

static void *work_loop(void *context)
{
    struct api *api = context;
    for (struct call *call; (call = work_take(&api->work)) != NULL;) call_run(call);
    return NULL;
}

bool work_start(struct scope *scope, struct api *api)
{
    struct work_queue *queue = &api->work;
    int count = api->options.worker_count > 0 ? api->options.worker_count : WORKER_COUNT;
    int count_max = sizeof(queue->threads) / sizeof(queue->threads[0]);
    if (count > count_max) count = count_max;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->is_filled, NULL);
    while (queue->thread_count < count) {
        if (pthread_create(&queue->threads[queue->thread_count], NULL, work_loop, api) != 0) {
            return error_storage(scope, STR("no thread for the workers"));
        }
        queue->thread_count += 1;
    }
    return true;
}

/* What is queued is still done: each call must be answered. */
void work_stop(struct api *api)
{
    struct work_queue *queue = &api->work;
    pthread_mutex_lock(&queue->lock);
    queue->is_ending = true;
    pthread_cond_broadcast(&queue->is_filled);
    pthread_mutex_unlock(&queue->lock);
    for (int i = 0; i < queue->thread_count; i++) pthread_join(queue->threads[i], NULL);
    queue->thread_count = 0;
}

bool work_submit(struct call *call)
{
    struct work_queue *queue = &call->api->work;
    pthread_mutex_lock(&queue->lock);
    bool is_taken = queue->count < WORK_COUNT_MAX && !queue->is_ending;
    if (is_taken) {
        call->next = NULL;
        if (queue->last) {
            queue->last->next = call;
        } else {
            queue->first = call;
        }
        queue->last = call;
        queue->count += 1;
        pthread_cond_signal(&queue->is_filled);
    }
    pthread_mutex_unlock(&queue->lock);
    return is_taken || error_set(call->scope, ERROR_STORAGE, "server.busy", STR(""));
}
