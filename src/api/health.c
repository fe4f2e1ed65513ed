/* What machines ask: is it alive, is it ready, how is it doing; and the test clock. */
#include "api/inner.h"

#include <inttypes.h>

#include "jobs/jobs.h"

bool api_health(struct call *call)
{
    http_body_set(call->request, "text/plain; charset=utf-8", STR("ok\n"));
    return true;
}

/* Ready when the database answers. */
bool api_ready(struct call *call)
{
    struct row row;
    if (!db_one(call->scope, call->conn, STR("SELECT 1"), NULL, 0, &row)) return false;
    http_body_set(call->request, "text/plain; charset=utf-8", STR("ready\n"));
    return true;
}

static void put_metric(struct buf *out, const char *name, const char *type, int64_t value)
{
    buf_format(out, "# TYPE leadline_%s %s\nleadline_%s %" PRId64 "\n", name, type, name, value);
}

static void put_latency(struct api *api, struct buf *out)
{
    static const char *const bounds[] = { "0.001", "0.002", "0.005", "0.01", "0.025",
                                          "0.05",  "0.1",   "0.25",  "1",    "5" };
    long long sum = 0;
    buf_put(out, STR("# TYPE leadline_http_duration_seconds histogram\n"));
    for (int i = 0; i <= LATENCY_BUCKET_COUNT; i++) {
        sum += atomic_load(&api->latency_counts[i]);
        buf_format(out, "leadline_http_duration_seconds_bucket{le=\"%s\"} %lld\n",
                   i < LATENCY_BUCKET_COUNT ? bounds[i] : "+Inf", sum);
    }
    buf_format(out,
               "leadline_http_duration_seconds_sum %.3f\n"
               "leadline_http_duration_seconds_count %lld\n",
               (double)atomic_load(&api->latency_sum_ms) / 1000.0, sum);
}

bool api_metrics(struct call *call)
{
    struct api *api = call->api;
    struct buf *out = &call->request->response.body;
    buf_put(out, STR("# TYPE leadline_http_requests_total counter\n"));
    for (int i = 1; i <= 5; i++) {
        buf_format(out, "leadline_http_requests_total{class=\"%dxx\"} %lld\n", i,
                   (long long)atomic_load(&api->request_counts[i]));
    }
    put_latency(api, out);
    pthread_mutex_lock(&api->work.lock);
    int waiting = api->work.count;
    pthread_mutex_unlock(&api->work.lock);
    put_metric(out, "http_requests_open", "gauge", atomic_load(&api->open_count));
    put_metric(out, "writes_total", "counter", atomic_load(&api->write_count));
    put_metric(out, "writes_refused_total", "counter", atomic_load(&api->write_failed_count));
    put_metric(out, "worker_queue_length", "gauge", waiting);
    put_metric(out, "event_streams", "gauge", hub_stream_count(api->hub));
    put_metric(out, "database_calls_total", "counter", db_call_count(api->db));
    put_metric(out, "schema_version", "gauge", call->snapshot->version);
    put_metric(out, "uptime_seconds", "gauge", (api_wall_ms() - api->started_ms) / 1000);
    call->request->response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return true;
}

/* On a worker: what falls due on the way is done before it answers. */
bool api_test_clock(struct call *call)
{
    int64_t to_ms;
    struct event moved = { .kind = EVENT_CLOCK };
    if (!call->api->options.is_test_mode) {
        return error_set(call->scope, ERROR_NOT_FOUND, "route.not_found", STR(""));
    }
    if (!call_body_map(call) || !call_time(call, "now", &to_ms) ||
        !jobs_clock_move(call->scope, call->api->engine, to_ms)) {
        return false;
    }
    hub_tell(&moved, 1, call->api);
    json_map_begin(&call->out);
    json_key(&call->out, STR("now"));
    json_put_time(&call->out, engine_now_ms(call->api->engine));
    json_map_end(&call->out);
    return true;
}
