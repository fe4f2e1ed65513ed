#ifndef BASE_UUID_H
#define BASE_UUID_H

#include "base/buf.h"

/* RFC 9562 UUIDs; new ones are version 7, so they sort by time. */
struct uuid {
    unsigned char bytes[16];
};

/*
 * Version 7 for the given moment; within one process later calls sort after
 * earlier ones even in the same millisecond. Thread-safe.
 */
struct uuid uuid_make(int64_t now_ms);
/* 36 characters with hyphens, any case, any version; false on anything else. */
bool uuid_parse(struct str text, struct uuid *out);
void uuid_put(struct buf *out, struct uuid uuid); /* lower case with hyphens */
struct str uuid_format(struct scope *scope, struct uuid uuid);
bool uuid_equal(struct uuid a, struct uuid b);
bool uuid_is_nil(struct uuid uuid);
/* Cryptographically strong bytes (getrandom); stops the process when there are none. */
void random_bytes(void *out, size_t size);

#endif
