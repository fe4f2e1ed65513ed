#ifndef HTTP_ASSET_H
#define HTTP_ASSET_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The web app inside the binary: one row per file, sorted by path in byte
 * order. Written by tools/embed.c from what the web build left; a binary built
 * without the web app has one page saying so, at "/index.html".
 */
struct asset {
    const char *path;         /* "/index.html", "/assets/index-BxT2k1.js" */
    const char *content_type; /* with charset for texts */
    const unsigned char *gzip; /* the body, compressed: answered with Content-Encoding: gzip */
    size_t gzip_size;
    const char *etag;  /* of the plain content, with its quotes */
    bool is_immutable; /* the name holds a hash of the content: may be kept for a year */
};

extern const struct asset assets[];
extern const int asset_count;

#endif
