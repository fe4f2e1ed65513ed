#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "http/http.h"

/*
 * The strict door: raw bytes of a request head in, a parsed head or the
 * refusing status out. Two steps, so that bytes may come one by one and
 * nothing is looked at twice: head_scan() follows the line structure and
 * finds the end, head_parse() reads the finished head once.
 *
 * Where RFC 9112 lets a server be lenient, this one refuses: the boundary
 * between two messages must be the same for us and for any proxy in front.
 */
struct head_limits {
    int64_t size_max;
    int header_count_max;
};

/* Zero it before the first byte of each message. */
struct head_scan {
    int64_t size;  /* bytes consumed so far */
    int line_size; /* bytes of the current line, its CR counted */
    int line_count;
    bool has_cr;
    bool is_done;
    int status; /* 400 or 431 once refused */
};

/*
 * Consumes up to size bytes and returns how many belong to this head; stops
 * early when the head is done or refused.
 */
size_t head_scan(struct head_scan *scan, const struct head_limits *limits, const char *data,
                 size_t size);

struct head {
    enum http_method method;
    struct str path, query;
    struct http_header *headers;
    int header_count;
    int64_t content_length; /* 0 when there is none */
    bool is_chunked;
    bool is_http_1_0;
    bool is_keep_alive;
    bool expects_continue;
};

/*
 * bytes is a whole head as head_scan() found it (ends in CRLF CRLF) with
 * line_count lines; out points into it. Returns 0 or the refusing status.
 */
int head_parse(struct scope *scope, struct str bytes, int line_count, struct head *out);

/* A chunked body: zero it before the first byte behind the head. */
struct chunk_reader {
    int state;
    int digit_count;
    int64_t left;  /* bytes of the current chunk still to come */
    int64_t total; /* of data, all chunks */
    bool is_done;
    int status; /* 400, or 413 when total would exceed size_max */
};

/*
 * Consumes a piece: returns the bytes used, and in *out the run of data bytes
 * among them (maybe empty), which lies inside data. Call again with the rest
 * until nothing is left, is_done or status is set. No extensions, no trailers.
 */
size_t chunk_read(struct chunk_reader *reader, int64_t size_max, struct str data,
                  struct str *out);

bool head_is_token(struct str text);

#endif
