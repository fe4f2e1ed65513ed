/*
 * The web app from memory. Files with a hash in their name are kept by the
 * browser for a year; everything else is asked for again each time and answered
 * with 304 while its ETag holds.
 */
#include "http/static.h"

#include <zlib.h>

enum { GZIP_WINDOW_BITS = 15 + 16, CONTENT_SIZE_MAX = 64 * 1024 * 1024 };

static const struct asset *asset_find(const struct asset *table, int count, struct str path)
{
    int low = 0, high = count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        int order = str_compare(path, str_of(table[middle].path));
        if (order == 0) return &table[middle];
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

static bool has_extension(struct str path)
{
    for (size_t i = path.size; i > 0 && path.data[i - 1] != '/'; i--) {
        if (path.data[i - 1] == '.') return true;
    }
    return false;
}

static bool is_current(const struct http_request *request, const char *etag)
{
    struct str rest = http_header(request, "if-none-match"), member;
    while (str_split(&rest, ',', &member)) {
        member = str_trim(member);
        if (str_starts_with(member, STR("W/"))) member = str_slice(member, 2, member.size);
        if (str_is(member, etag) || str_is(member, "*")) return true;
    }
    return false;
}

/* The size of the plain content stands in the last four bytes of a gzip file. */
static size_t plain_size(const struct asset *asset)
{
    const unsigned char *end = asset->gzip + asset->gzip_size;
    return (size_t)end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16 | (size_t)end[-1] << 24;
}

static bool asset_inflate(struct scope *scope, const struct asset *asset, struct str *out)
{
    size_t size = asset->gzip_size > 18 ? plain_size(asset) : CONTENT_SIZE_MAX + 1;
    if (size > CONTENT_SIZE_MAX) return false;
    unsigned char *data = scope_alloc(scope, size + 1);
    z_stream stream = { .next_in = (unsigned char *)(uintptr_t)asset->gzip,
                        .avail_in = (uInt)asset->gzip_size,
                        .next_out = data,
                        .avail_out = (uInt)size + 1 };
    if (inflateInit2(&stream, GZIP_WINDOW_BITS) != Z_OK) return false;
    int code = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    *out = (struct str){ (const char *)data, stream.total_out };
    return code == Z_STREAM_END && stream.total_out == size;
}

static void asset_answer(struct http_request *request, const struct asset *asset)
{
    struct str etag = scope_format(request->scope, "W/%s", asset->etag);
    http_header_add(request, STR("ETag"), etag);
    http_header_add(request, STR("Vary"), STR("Accept-Encoding"));
    http_header_add(request, STR("Cache-Control"),
                    asset->is_immutable ? STR("public, max-age=31536000, immutable")
                                        : STR("no-cache"));
    if (is_current(request, asset->etag)) {
        request->response.status = 304;
        http_answer(request);
        return;
    }
    struct str body = { (const char *)asset->gzip, asset->gzip_size };
    if (http_header_has(request, "accept-encoding", STR("gzip"))) {
        http_header_add(request, STR("Content-Encoding"), STR("gzip"));
    } else if (!asset_inflate(request->scope, asset, &body)) {
        http_answer_status(request, 500);
        return;
    }
    http_body_refer(request, asset->content_type, body);
    http_answer(request);
}

void static_answer(struct http_request *request, const struct asset *table, int count)
{
    struct str path;
    if (request->method != HTTP_GET && request->method != HTTP_HEAD) {
        http_header_add(request, STR("Allow"), STR("GET, HEAD"));
        http_answer_status(request, 405);
        return;
    }
    if (!http_decode(request->scope, request->path, false, &path)) {
        http_answer_status(request, 400);
        return;
    }
    const struct asset *asset = asset_find(table, count, path);
    if (!asset && !has_extension(path)) asset = asset_find(table, count, STR("/index.html"));
    if (asset) {
        asset_answer(request, asset);
    } else {
        http_answer_status(request, 404);
    }
}
