/*
 * A tree of segments. Looking up walks it with one step back per capture, so
 * the work is bounded by the depth (ROUTE_SEGMENT_COUNT_MAX) and the handful of
 * children a node has; nothing is allocated unless a segment is escaped.
 */
#include "http/router.h"

#include <assert.h>

enum { NO_ROUTE = -1 };

struct node {
    struct str text; /* the literal, or the ending of a capture */
    bool is_capture;
    int routes[HTTP_METHOD_COUNT];
    unsigned methods;
    struct node *children, *next; /* literals first, then captures, longest ending first */
};

struct router {
    struct scope *scope;
    struct node root;
};

static void node_begin(struct node *node, struct str text, bool is_capture)
{
    node->text = text;
    node->is_capture = is_capture;
    for (int i = 0; i < HTTP_METHOD_COUNT; i++) node->routes[i] = NO_ROUTE;
}

struct router *router_make(struct scope *scope)
{
    struct router *router = scope_new(scope, struct router, 1);
    router->scope = scope;
    node_begin(&router->root, STR(""), false);
    return router;
}

static bool is_before(bool is_capture, struct str text, const struct node *other)
{
    if (is_capture != other->is_capture) return !is_capture;
    return is_capture && text.size > other->text.size;
}

static struct node *child_make(struct router *router, struct node *parent, struct str segment)
{
    bool is_capture = segment.size > 0 && segment.data[0] == '{';
    struct str text = segment;
    if (is_capture) {
        size_t end = str_find(segment, STR("}"));
        assert(end != SIZE_MAX && end > 1);
        text = str_slice(segment, end + 1, segment.size);
    }
    struct node **link = &parent->children;
    while (*link && !is_before(is_capture, text, *link)) {
        if ((*link)->is_capture == is_capture && str_equal((*link)->text, text)) return *link;
        link = &(*link)->next;
    }
    struct node *node = scope_new(router->scope, struct node, 1);
    node_begin(node, text, is_capture);
    node->next = *link;
    *link = node;
    return node;
}

void router_add(struct router *router, enum http_method method, const char *pattern, int route)
{
    struct str rest = str_of(pattern), segment;
    struct node *node = &router->root;
    int segment_count = 0, capture_count = 0;
    bool is_rooted = str_split(&rest, '/', &segment) && segment.size == 0;
    assert(is_rooted && route >= 0);
    (void)is_rooted;
    while (str_split(&rest, '/', &segment)) {
        node = child_make(router, node, segment);
        segment_count += 1;
        capture_count += node->is_capture;
    }
    assert(segment_count <= ROUTE_SEGMENT_COUNT_MAX && capture_count <= ROUTE_CAPTURE_COUNT_MAX);
    assert(node->routes[method] == NO_ROUTE);
    node->routes[method] = route;
    node->methods |= 1u << method;
}

struct path {
    struct str segments[ROUTE_SEGMENT_COUNT_MAX];
    int count;
};

static enum route_result path_split(struct scope *scope, struct str path, struct path *out)
{
    struct str segment;
    out->count = 0;
    if (!str_split(&path, '/', &segment) || segment.size > 0) return ROUTE_ABSENT;
    while (str_split(&path, '/', &segment)) {
        if (out->count == ROUTE_SEGMENT_COUNT_MAX) return ROUTE_ABSENT;
        if (!http_decode(scope, segment, false, &out->segments[out->count++])) {
            return ROUTE_MALFORMED;
        }
    }
    return ROUTE_FOUND;
}

static bool does_match(const struct node *node, struct str segment, struct str *out_capture)
{
    if (!node->is_capture) return str_equal(node->text, segment);
    if (segment.size <= node->text.size || !str_ends_with(segment, node->text)) return false;
    *out_capture = str_slice(segment, 0, segment.size - node->text.size);
    return true;
}

static const struct node *node_find(const struct path *path, struct route_match *out,
                                    const struct node *root)
{
    /* Where to go on at each depth when the way taken turns out to lead nowhere. */
    const struct node *tried[ROUTE_SEGMENT_COUNT_MAX];
    int depth = 0;
    if (path->count == 0) return root->methods ? root : NULL;
    tried[0] = root->children;
    while (depth >= 0) {
        const struct node *node = tried[depth];
        if (!node) {
            depth -= 1;
            if (depth < 0) break;
            if (tried[depth]->is_capture) out->capture_count -= 1;
            tried[depth] = tried[depth]->next;
            continue;
        }
        struct str capture = { 0 };
        if (!does_match(node, path->segments[depth], &capture) ||
            (depth + 1 == path->count && node->methods == 0)) {
            tried[depth] = node->next;
            continue;
        }
        if (node->is_capture) out->captures[out->capture_count++] = capture;
        if (depth + 1 == path->count) return node;
        depth += 1;
        tried[depth] = node->children;
    }
    return NULL;
}

enum route_result router_find(struct scope *scope, const struct router *router,
                              enum http_method method, struct str path, struct route_match *out)
{
    struct path split;
    out->route = NO_ROUTE;
    out->capture_count = 0;
    out->methods = 0;
    enum route_result result = path_split(scope, path, &split);
    if (result != ROUTE_FOUND) return result;
    const struct node *node = node_find(&split, out, &router->root);
    if (!node) return ROUTE_ABSENT;
    out->methods = node->methods;
    if (out->methods & 1u << HTTP_GET) out->methods |= 1u << HTTP_HEAD;
    out->route = node->routes[method];
    if (out->route == NO_ROUTE && method == HTTP_HEAD) out->route = node->routes[HTTP_GET];
    return out->route == NO_ROUTE ? ROUTE_WRONG_METHOD : ROUTE_FOUND;
}

struct str router_allow(struct scope *scope, unsigned methods)
{
    struct buf out;
    buf_begin(&out, scope, 256);
    for (int i = 0; i < HTTP_METHOD_COUNT; i++) {
        if (!(methods & 1u << i)) continue;
        if (out.size > 0) buf_put(&out, STR(", "));
        buf_put(&out, str_of(http_method_name((enum http_method)i)));
    }
    return buf_str(&out);
}
