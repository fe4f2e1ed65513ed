#include "http/router.h"

#include "tests/test.h"

static struct router *router_of_test(struct scope *scope)
{
    static const struct {
        enum http_method method;
        const char *pattern;
    } rows[] = {
        { HTTP_GET, "/" },                                  /* 0 */
        { HTTP_GET, "/records/{object}" },                  /* 1 */
        { HTTP_POST, "/records/{object}" },                 /* 2 */
        { HTTP_GET, "/records/{object}/{id}" },             /* 3 */
        { HTTP_PATCH, "/records/{object}/{id}" },           /* 4 */
        { HTTP_GET, "/records/{object}/{id}/history" },     /* 5 */
        { HTTP_GET, "/records/fixed/{id}/only" },           /* 6 */
        { HTTP_GET, "/export/{object}.csv" },               /* 7 */
        { HTTP_GET, "/export/{object}.tar.csv" },           /* 8 */
        { HTTP_GET, "/export/{object}" },                   /* 9 */
        { HTTP_HEAD, "/headed" },                           /* 10 */
        { HTTP_GET, "/headed" },                            /* 11 */
    };
    struct router *router = router_make(scope);
    for (int i = 0; i < (int)(sizeof(rows) / sizeof(rows[0])); i++) {
        router_add(router, rows[i].method, rows[i].pattern, i);
    }
    return router;
}

TEST(router_finds_routes)
{
    static const struct {
        enum http_method method;
        const char *path;
        enum route_result result;
        int route;
        const char *first, *second;
    } rows[] = {
        { HTTP_GET, "/", ROUTE_FOUND, 0, NULL, NULL },
        { HTTP_GET, "/records/ticket", ROUTE_FOUND, 1, "ticket", NULL },
        { HTTP_POST, "/records/ticket", ROUTE_FOUND, 2, "ticket", NULL },
        { HTTP_GET, "/records/ticket/7", ROUTE_FOUND, 3, "ticket", "7" },
        { HTTP_PATCH, "/records/a%20b/%E4%B8%AD", ROUTE_FOUND, 4, "a b", "\xe4\xb8\xad" },
        { HTTP_GET, "/rec%6Frds/x/y", ROUTE_FOUND, 3, "x", "y" },
        { HTTP_GET, "/records/a%2Fb/7/history", ROUTE_FOUND, 5, "a/b", "7" },
        { HTTP_GET, "/records/fixed/7/only", ROUTE_FOUND, 6, "7", NULL },
        { HTTP_GET, "/records/fixed/7/history", ROUTE_FOUND, 5, "fixed", "7" },
        { HTTP_GET, "/export/ticket.csv", ROUTE_FOUND, 7, "ticket", NULL },
        { HTTP_GET, "/export/ticket.tar.csv", ROUTE_FOUND, 8, "ticket", NULL },
        { HTTP_GET, "/export/ticket.xlsx", ROUTE_FOUND, 9, "ticket.xlsx", NULL },
        { HTTP_GET, "/export/.csv", ROUTE_FOUND, 9, ".csv", NULL },
        { HTTP_HEAD, "/records/ticket", ROUTE_FOUND, 1, "ticket", NULL },
        { HTTP_HEAD, "/headed", ROUTE_FOUND, 10, NULL, NULL },
        { HTTP_DELETE, "/records/ticket", ROUTE_WRONG_METHOD, -1, NULL, NULL },
        { HTTP_POST, "/records/ticket/7", ROUTE_WRONG_METHOD, -1, NULL, NULL },
        { HTTP_GET, "/records", ROUTE_ABSENT, -1, NULL, NULL },
        { HTTP_GET, "/records/", ROUTE_ABSENT, -1, NULL, NULL },
        { HTTP_GET, "/records/ticket/", ROUTE_ABSENT, -1, NULL, NULL },
        { HTTP_GET, "/records//7", ROUTE_ABSENT, -1, NULL, NULL },
        { HTTP_GET, "/records/a/b/c/d", ROUTE_ABSENT, -1, NULL, NULL },
        { HTTP_GET, "/x", ROUTE_ABSENT, -1, NULL, NULL },
        { HTTP_GET, "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", ROUTE_ABSENT, -1, NULL, NULL },
        { HTTP_GET, "*", ROUTE_ABSENT, -1, NULL, NULL },
        { HTTP_GET, "/records/%ff", ROUTE_MALFORMED, -1, NULL, NULL },
        { HTTP_GET, "/records/%00", ROUTE_MALFORMED, -1, NULL, NULL },
        { HTTP_GET, "/records/%4", ROUTE_MALFORMED, -1, NULL, NULL },
    };
    struct scope scope;
    scope_begin(&scope);
    struct router *router = router_of_test(&scope);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct route_match match;
        CHECK_INT(router_find(&scope, router, rows[i].method, str_of(rows[i].path), &match),
                  rows[i].result);
        CHECK_INT(match.route, rows[i].route);
        if (rows[i].result != ROUTE_FOUND) continue;
        CHECK_INT(match.capture_count, !!rows[i].first + !!rows[i].second);
        if (rows[i].first) CHECK_STR(match.captures[0], rows[i].first);
        if (rows[i].second) CHECK_STR(match.captures[1], rows[i].second);
    }
    scope_end(&scope);
}

TEST(router_names_the_methods_that_are_allowed)
{
    struct scope scope;
    struct route_match match;
    scope_begin(&scope);
    struct router *router = router_of_test(&scope);
    CHECK_INT(router_find(&scope, router, HTTP_DELETE, STR("/records/a/b"), &match),
              ROUTE_WRONG_METHOD);
    CHECK_STR(router_allow(&scope, match.methods), "GET, HEAD, PATCH");
    scope_end(&scope);
}
