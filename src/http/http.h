#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "base/buf.h"

/*
 * An HTTP/1.1 server: one event loop per thread, all accepting on one port.
 * What reaches a handler has passed a strict check of the raw bytes (see
 * head.h); what is malformed, too large or too slow never gets here.
 *
 * A handler runs on an event loop thread and must not block. It answers at
 * once or keeps the request and lets any thread answer it later:
 *
 *     static void hello(struct http_request *request, void *context)
 *     {
 *         http_body_set(request, "text/plain; charset=utf-8", STR("hello\n"));
 *         http_answer(request);
 *     }
 *
 * Exactly one of http_answer() and http_stream_begin() (sse.h) ends each
 * request; afterwards the request and its scope are gone for the caller.
 * A client that has left changes nothing: answer as usual.
 */
struct http_request;

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS,
    HTTP_METHOD_COUNT,
};

enum {
    HTTP_THREAD_COUNT_MAX = 64,
    HTTP_HEADER_COUNT_MAX = 100,          /* in a request; options can only lower it */
    HTTP_HEADER_SIZE_MAX = 32 * 1024,     /* whole request head */
    HTTP_RESPONSE_HEADER_COUNT_MAX = 16,
    HTTP_RESPONSE_SIZE_MAX = 64 * 1024 * 1024, /* ceiling of response.body */
};

/* Zero means the default named behind each member. */
struct http_options {
    const char *address;    /* "127.0.0.1"; a numeric IPv4 or IPv6 address */
    int port;               /* 0: any free one, see http_port() */
    int thread_count;       /* number of cores */
    int64_t body_size_max;  /* 1 MiB; the limit where body_size_max_of() is not given */
    /*
     * Limit for one request, asked as soon as its head is read and before any
     * of its body is: a longer Content-Length is refused with 413 at once.
     * path is undecoded, without the query. Runs on a loop thread, must be fast.
     */
    int64_t (*body_size_max_of)(enum http_method method, struct str path, void *context);
    int64_t body_total_max;  /* 256 MiB of unfinished bodies over all connections: 503 */
    int64_t head_size_max;   /* 32 KiB, bytes of request line and headers: 431 */
    int header_count_max;    /* 100: 431 */
    int64_t head_deadline_ms; /* 10 s from the first byte (or accept) to the end of the head */
    int64_t body_deadline_ms;  /* 30 s from the end of the head to the end of the body, */
    int64_t write_deadline_ms; /* 60 s for an answer to be taken; for both, on top, */
    int64_t bytes_per_second_min; /* 64 KiB: the time their size takes at this rate */
    int64_t idle_timeout_ms; /* 75 s between requests on one connection */
    int connection_count_max;             /* 10,000; further ones are closed on accept */
    int connection_count_per_address_max; /* 0: as connection_count_max (behind a proxy all
                                             clients share one address) */
    int64_t linger_ms; /* 1 s: how long a refused client may still talk before we hang up */
    int64_t gzip_size_min;   /* compress answers from this size on; 0: never */
    int64_t stream_heartbeat_ms; /* 20 s between signs of life on a quiet stream (sse.h) */
    bool is_proxied;         /* take client_address from X-Forwarded-For's last entry */
    void (*handle)(struct http_request *request, void *context);
    /* On each loop thread before its first and after its last request; may be NULL. */
    void (*thread_start)(int thread_index, void *context);
    void (*thread_stop)(int thread_index, void *context);
    void *context;
};

struct http_header {
    struct str name, value; /* value without blanks around it */
};

struct http_response {
    int status;               /* 200 until changed */
    const char *content_type; /* must outlive the request; NULL: none sent */
    struct http_header headers[HTTP_RESPONSE_HEADER_COUNT_MAX];
    int header_count;
    struct buf body; /* begun and empty; its memory is the request's scope */
    struct str body_referred; /* see http_body_refer() */
};

struct http_request {
    struct scope *scope; /* the request's own; ends after the answer has been sent */
    enum http_method method;
    struct str path;           /* undecoded, starts with '/', no query */
    struct str query;          /* undecoded, without '?', maybe empty */
    struct str body;           /* whole; valid until the request is answered */
    struct str client_address; /* numeric, without port */
    const struct http_header *headers; /* as sent, in order */
    int header_count;
    int thread_index;          /* of the loop it runs on, 0 .. thread_count - 1 */
    struct http_response response;
    void *context;             /* the caller's to use */
};

struct http_server;

/* ERROR_STORAGE with the reason when the address cannot be had. Returns when accepting. */
MUST_USE bool http_start(struct scope *scope, const struct http_options *options,
                         struct http_server **out);
int http_port(const struct http_server *server);
/*
 * Stops accepting, waits up to deadline_ms for requests under way, closes all
 * connections and ends the threads. Every request that was handed out must be
 * answered before the caller frees what handlers use; answers after the
 * deadline are dropped safely, but http_stop() returns only when all are in.
 */
void http_stop(struct http_server *server, int64_t deadline_ms);

/* First header of that name (any case), or an empty str with data == NULL. */
struct str http_header(const struct http_request *request, const char *name);
/* Value of a cookie, or an empty str with data == NULL. */
struct str http_cookie(const struct http_request *request, const char *name);
/* Is token one of the comma-separated members of the header (any case, parameters ignored)? */
bool http_header_has(const struct http_request *request, const char *name, struct str token);
/*
 * First query parameter of that name, percent-decoded ('+' is a blank). Absent:
 * true and out->data == NULL. Bad encoding or bad UTF-8: ERROR_MALFORMED
 * "http.query_malformed" naming the parameter.
 */
MUST_USE bool http_query(struct scope *scope, const struct http_request *request,
                         const char *name, struct str *out);
/*
 * Percent-decodes text; '+' becomes a blank when is_form. False on bad
 * escapes, NUL or bad UTF-8; nothing is reported. Without escapes no copy is made.
 */
MUST_USE bool http_decode(struct scope *scope, struct str text, bool is_form, struct str *out);

/*
 * Adds a response header; name is a token. name and value are copied. False
 * (nothing added) when either holds CR, LF, NUL or another control, or the list
 * is full: header injection is impossible, whatever value is.
 */
bool http_header_add(struct http_request *request, struct str name, struct str value);
/* Content type and body in one call; appends body to response.body. */
void http_body_set(struct http_request *request, const char *content_type, struct str body);
/*
 * Content type and a body that is not copied: it must live in the request's
 * scope or for the whole process. Wins over response.body.
 */
void http_body_refer(struct http_request *request, const char *content_type, struct str body);
/* Sends request->response. From any thread, once. */
void http_answer(struct http_request *request);
/* Bare status with a one-line text body; for answers outside the API. */
void http_answer_status(struct http_request *request, int status);

const char *http_method_name(enum http_method method);
const char *http_status_text(int status);

#endif
