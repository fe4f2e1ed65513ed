#ifndef HTTP_STATIC_H
#define HTTP_STATIC_H

#include "http/asset.h"
#include "http/http.h"

/*
 * Answers a request from a table of assets (sorted by path), usually assets[]
 * and asset_count. Any GET path without an extension gets /index.html, because
 * the web app routes by itself; so call this only for paths that are not the
 * API's. The content goes out compressed as it lies in the binary, or inflated
 * for the client that cannot take that.
 */
void static_answer(struct http_request *request, const struct asset *table, int count);

#endif
