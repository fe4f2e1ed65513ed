#include "http/http.h"

#include "tests/test.h"

static struct http_request request_with(struct scope *scope, const struct http_header *headers,
                                        int count)
{
    return (struct http_request){ .scope = scope, .headers = headers, .header_count = count };
}

TEST(query_is_decoded_and_checked)
{
    struct scope scope;
    struct str value;
    scope_begin(&scope);
    struct http_request request = { .scope = &scope };
    request.query = STR("a=1&where=stage+%3D+%22x%22%20%E4%B8%AD&empty=&flag&a=2&bad=%zz&cut=%4");
    CHECK(http_query(&scope, &request, "a", &value));
    CHECK_STR(value, "1");
    CHECK(http_query(&scope, &request, "where", &value));
    CHECK_STR(value, "stage = \"x\" \xe4\xb8\xad");
    CHECK(http_query(&scope, &request, "empty", &value));
    CHECK(value.data != NULL && value.size == 0);
    CHECK(http_query(&scope, &request, "flag", &value));
    CHECK(value.data != NULL && value.size == 0);
    CHECK(http_query(&scope, &request, "absent", &value));
    CHECK(value.data == NULL);
    CHECK(!http_query(&scope, &request, "bad", &value));
    CHECK_INT(scope.error.code, ERROR_MALFORMED);
    CHECK_STR(scope.error.first->field, "bad");
    scope_error_clear(&scope);
    CHECK(!http_query(&scope, &request, "cut", &value));
    scope_error_clear(&scope);
    const char *const refused[] = { "a=%ff", "a=%00", "a=%c0%80", "a=%ed%a0%80", "a=%" };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        request.query = str_of(refused[i]);
        CHECK(!http_query(&scope, &request, "a", &value));
        scope_error_clear(&scope);
    }
    scope_end(&scope);
}

TEST(headers_and_cookies_are_found)
{
    struct scope scope;
    scope_begin(&scope);
    const struct http_header headers[] = {
        { STR_INIT("Accept-Encoding"), STR_INIT("br;q=1, GZIP;q=0.5, deflate;q=0") },
        { STR_INIT("Cookie"), STR_INIT("a=1; session=xyz==; q=\"w\"") },
        { STR_INIT("COOKIE"), STR_INIT("late=2") },
    };
    struct http_request request = request_with(&scope, headers, 3);
    CHECK(http_header(&request, "x-absent").data == NULL);
    CHECK_STR(http_header(&request, "cookie"), "a=1; session=xyz==; q=\"w\"");
    CHECK_STR(http_cookie(&request, "session"), "xyz==");
    CHECK_STR(http_cookie(&request, "q"), "w");
    CHECK_STR(http_cookie(&request, "late"), "2");
    CHECK(http_cookie(&request, "ses").data == NULL);
    CHECK(http_header_has(&request, "accept-encoding", STR("gzip")));
    CHECK(!http_header_has(&request, "accept-encoding", STR("deflate")));
    CHECK(!http_header_has(&request, "accept-encoding", STR("zip")));
    scope_end(&scope);
}

TEST(response_headers_cannot_be_injected)
{
    struct scope scope;
    scope_begin(&scope);
    struct http_request request = { .scope = &scope };
    CHECK(!http_header_add(&request, STR("Location"), STR("/a\r\nSet-Cookie: x=1")));
    CHECK(!http_header_add(&request, STR("Location"), STR("/a\nb")));
    CHECK(!http_header_add(&request, STR("Location"), STR("/a\0b")));
    CHECK(!http_header_add(&request, STR("Bad Name"), STR("x")));
    CHECK(!http_header_add(&request, STR("Bad:"), STR("x")));
    CHECK(!http_header_add(&request, STR(""), STR("x")));
    CHECK_INT(request.response.header_count, 0);
    char *large = scope_alloc(&scope, 16 * 1024);
    memset(large, 'x', 16 * 1024);
    CHECK(!http_header_add(&request, STR("A"), (struct str){ large, 16 * 1024 }));
    for (int i = 0; i < HTTP_RESPONSE_HEADER_COUNT_MAX; i++) {
        CHECK(http_header_add(&request, STR("A"), STR("\xe4\xb8\xad ok")));
    }
    CHECK(!http_header_add(&request, STR("A"), STR("one too many")));
    scope_end(&scope);
}
