/*
 * Growing by doubling, inside the scope. data always points at capacity + 1
 * writable bytes, the last of which is for the NUL.
 */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

enum { CAPACITY_FIRST = 240 };

void buf_begin(struct buf *buf, struct scope *scope, size_t size_max)
{
    assert(size_max < SIZE_MAX / 4);
    size_t capacity = size_max < CAPACITY_FIRST ? size_max : CAPACITY_FIRST;
    *buf = (struct buf){ .scope = scope, .capacity = capacity, .size_max = size_max };
    buf->data = scope_alloc(scope, capacity + 1);
}

/* Makes room for more bytes behind size; false, and over for good, past the ceiling. */
static bool has_room(struct buf *buf, size_t more)
{
    if (buf->is_over) return false;
    if (more <= buf->capacity - buf->size) return true;
    if (more > buf->size_max - buf->size) {
        buf->is_over = true;
        return false;
    }
    size_t capacity = buf->capacity * 2;
    if (capacity < buf->size + more) capacity = buf->size + more;
    if (capacity > buf->size_max) capacity = buf->size_max;
    char *data = scope_alloc(buf->scope, capacity + 1);
    memcpy(data, buf->data, buf->size);
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

void buf_put(struct buf *buf, struct str text)
{
    if (text.size == 0 || !has_room(buf, text.size)) return;
    memcpy(buf->data + buf->size, text.data, text.size);
    buf->size += text.size;
    buf->data[buf->size] = 0;
}

void buf_put_char_growing(struct buf *buf, char byte)
{
    if (!has_room(buf, 1)) return;
    buf->data[buf->size++] = byte;
    buf->data[buf->size] = 0;
}

void buf_put_int(struct buf *buf, int64_t number)
{
    char digits[24];
    size_t start = sizeof(digits);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--start] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) digits[--start] = '-';
    buf_put(buf, (struct str){ digits + start, sizeof(digits) - start });
}

void buf_format(struct buf *buf, const char *format, ...)
{
    assert(format);
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(size >= 0);
    if (has_room(buf, (size_t)size)) {
        vsnprintf(buf->data + buf->size, (size_t)size + 1, format, again);
        buf->size += (size_t)size;
    }
    va_end(again);
}

void buf_cut(struct buf *buf, size_t size)
{
    assert(size <= buf->size);
    buf->size = size;
    buf->data[size] = 0;
}
