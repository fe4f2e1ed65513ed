#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include "http/http.h"

/*
 * From method and path to a route number; mechanics only, no rights. Built
 * once, then read by all threads.
 *
 * A pattern is segments of literal text or a capture: "/records/{object}/{id}".
 * A capture may have a literal ending: "/export/{object}.csv". A literal wins
 * over a capture, a capture with the longer ending over one with a shorter. Captures
 * are never empty and never span a '/'.
 */
enum { ROUTE_CAPTURE_COUNT_MAX = 8, ROUTE_SEGMENT_COUNT_MAX = 16 };

struct router;

struct router *router_make(struct scope *scope);
/* pattern must live as long as the router. Two routes of one method and pattern: a bug. */
void router_add(struct router *router, enum http_method method, const char *pattern, int route);

enum route_result {
    ROUTE_FOUND,
    ROUTE_ABSENT,       /* 404 */
    ROUTE_WRONG_METHOD, /* 405: something else may be done here, see methods */
    ROUTE_MALFORMED,    /* 400: bad percent-encoding or bad UTF-8 */
};

struct route_match {
    int route;
    struct str captures[ROUTE_CAPTURE_COUNT_MAX]; /* decoded, in the order of the pattern */
    int capture_count;
    unsigned methods; /* bit 1 << method for each that the path has */
};

/* HEAD finds the route of GET when it has none of its own. */
enum route_result router_find(struct scope *scope, const struct router *router,
                              enum http_method method, struct str path, struct route_match *out);
/* Value of the Allow header: "GET, HEAD, PATCH". */
struct str router_allow(struct scope *scope, unsigned methods);

#endif
