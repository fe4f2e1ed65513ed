#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/scope.h"

/*
 * A growing run of bytes with a ceiling. Sticky: append freely, ask once at
 * the end whether it went over. Its memory belongs to the scope it was begun
 * with; growing leaves the old bytes to the scope, so begin with a good guess.
 */
struct buf {
    struct scope *scope;
    char *data; /* NUL-terminated after every call */
    size_t size, capacity, size_max;
    bool is_over; /* something did not fit: the content is not to be used */
};

void buf_begin(struct buf *buf, struct scope *scope, size_t size_max);
void buf_put(struct buf *buf, struct str text);
/* As buf_put_char() where there is no room yet, or no more. */
void buf_put_char_growing(struct buf *buf, char byte);
static inline void buf_put_char(struct buf *buf, char byte)
{
    if (buf->size >= buf->capacity || buf->is_over) {
        buf_put_char_growing(buf, byte);
        return;
    }
    buf->data[buf->size++] = byte;
    buf->data[buf->size] = 0;
}
void buf_put_int(struct buf *buf, int64_t number);
void buf_format(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Drop all after size; for builders that take a separator back. */
void buf_cut(struct buf *buf, size_t size);
static inline struct str buf_str(const struct buf *buf)
{
    return (struct str){ buf->data, buf->size };
}

#endif
