#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

#include "base/scope.h"

/*
 * multipart/form-data, read from a body that lies in memory; parts point into
 * it. Strict: what browsers and curl send is taken, anything odd is refused.
 */
enum { MULTIPART_PART_COUNT_MAX = 20 };

struct multipart_part {
    struct str name;         /* valid UTF-8, never empty */
    struct str filename;     /* last component only; valid UTF-8 without controls */
    bool has_filename;       /* a file input, even when nothing was chosen */
    struct str content_type; /* as sent, or empty */
    struct str body;
};

struct multipart {
    struct multipart_part parts[MULTIPART_PART_COUNT_MAX];
    int part_count;
};

/*
 * content_type is the request's header. ERROR_MALFORMED: "request.unsupported"
 * when it is no multipart/form-data, "multipart.malformed"; ERROR_TOO_LARGE
 * "multipart.too_many_parts" with {max}.
 */
MUST_USE bool multipart_read(struct scope *scope, struct str content_type, struct str body,
                             struct multipart *out);
/* First part of that name, or NULL. */
const struct multipart_part *multipart_get(const struct multipart *multipart, const char *name);

#endif
