#ifndef API_API_H
#define API_API_H

#include "engine/engine.h"
#include "http/http.h"

/*
 * The HTTP interface: decode, one engine or metric call, encode. What may be
 * asked stands in one table (routes.c), from which openapi.json is made too.
 *
 * Reads run on the event loop's thread, in one snapshot of the database and
 * with a time limit. Writes are parsed there, queued to the one writer, and
 * answered when they are durable; the loop never waits. Slow things (passwords,
 * files, exports) run on worker threads.
 */
struct api;

struct hooks;
struct api_options {
    struct str data_dir;    /* for uploaded files; empty: there are none */
    int worker_count;       /* 0: 2 */
    bool is_test_mode;      /* POST /test/clock */
    bool is_proxied;        /* a proxy in front tells https by X-Forwarded-Proto */
    const char *version;    /* of the program */
    struct hooks *hooks;    /* for tests of a webhook; NULL: they are refused */
};

/* The api lives in scope; the engine must outlive it. Becomes the engine's listener. */
MUST_USE bool api_start(struct scope *scope, struct engine *engine,
                        const struct api_options *options, struct api **out);
/* Ends streams and workers. Before http_stop: streams would keep it waiting. */
void api_stop(struct api *api);

/* For http_options.handle and .body_size_max_of; context is the api. */
void api_handle(struct http_request *request, void *context);
int64_t api_body_size_max(enum http_method method, struct str path, void *context);

/* openapi.json as text. */
struct str api_description(struct scope *scope, const char *version);

#endif
