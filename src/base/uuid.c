/*
 * Version 7: 48 bits of milliseconds, then a 26-bit counter in the bits that
 * RFC 9562 leaves free (12 of rand_a, 14 of rand_b), then 48 random bits.
 *
 * The counter makes ids of one millisecond sort in the order they were made.
 * It starts at a random number below half its range, so 33 million ids fit a
 * millisecond; past that the millisecond itself is moved on. A clock that goes
 * back does not take the ids with it.
 */
#include "base/uuid.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/log.h"

enum { COUNTER_BITS = 26, SEED_SIZE = 10, SEED_COUNT = 64 };

/* Random bytes are fetched for many ids at once: each fetch is a call into the kernel. */
static struct {
    pthread_mutex_t lock;
    int64_t last_ms;
    uint32_t counter;
    unsigned char seeds[SEED_COUNT][SEED_SIZE];
    int seed_count; /* not used yet */
} sequence = { .lock = PTHREAD_MUTEX_INITIALIZER, .last_ms = -1 };

void random_bytes(void *out, size_t size)
{
    unsigned char *at = out;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            log_line(LOG_ERROR, "no random bytes from the kernel: %s", strerror(errno));
            abort();
        }
        at += got;
        size -= (size_t)got;
    }
}

/* Under the lock: the next moment, counter and random bytes. */
static void sequence_next(int64_t now_ms, unsigned char *out_seed, int64_t *out_ms,
                          uint32_t *out_counter)
{
    uint32_t first;
    pthread_mutex_lock(&sequence.lock);
    if (sequence.seed_count == 0) {
        random_bytes(sequence.seeds, sizeof(sequence.seeds));
        sequence.seed_count = SEED_COUNT;
    }
    memcpy(out_seed, sequence.seeds[--sequence.seed_count], SEED_SIZE);
    memcpy(&first, out_seed, sizeof(first));
    first >>= 32 - COUNTER_BITS + 1;
    if (now_ms > sequence.last_ms) {
        sequence.last_ms = now_ms;
        sequence.counter = first;
    } else if (sequence.counter + 1 < 1u << COUNTER_BITS) {
        sequence.counter += 1;
    } else {
        sequence.last_ms += 1;
        sequence.counter = first;
    }
    *out_ms = sequence.last_ms;
    *out_counter = sequence.counter;
    pthread_mutex_unlock(&sequence.lock);
}

struct uuid uuid_make(int64_t now_ms)
{
    assert(now_ms >= 0 && now_ms < (int64_t)1 << 48);
    struct uuid uuid;
    unsigned char seed[SEED_SIZE];
    uint32_t counter = 0;
    int64_t time_ms = 0;
    sequence_next(now_ms, seed, &time_ms, &counter);
    memcpy(uuid.bytes + 10, seed + sizeof(uint32_t), 6);
    for (int i = 0; i < 6; i++) uuid.bytes[i] = (unsigned char)(time_ms >> (40 - 8 * i));
    uuid.bytes[6] = (unsigned char)(0x70 | counter >> 22);
    uuid.bytes[7] = (unsigned char)(counter >> 14);
    uuid.bytes[8] = (unsigned char)(0x80 | (counter >> 8 & 0x3f));
    uuid.bytes[9] = (unsigned char)counter;
    return uuid;
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return -1;
}

static bool is_hyphen_place(size_t place)
{
    return place == 8 || place == 13 || place == 18 || place == 23;
}

bool uuid_parse(struct str text, struct uuid *out)
{
    if (text.size != 36) return false;
    struct uuid uuid = { { 0 } };
    int nibble_count = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (is_hyphen_place(i)) {
            if (text.data[i] != '-') return false;
            continue;
        }
        int digit = hex_digit(text.data[i]);
        if (digit < 0) return false;
        unsigned char *byte = &uuid.bytes[nibble_count / 2];
        *byte = (unsigned char)(*byte << 4 | digit);
        nibble_count += 1;
    }
    *out = uuid;
    return true;
}

/* Lists are full of ids: each byte goes to its place in the text, known beforehand. */
void uuid_put(struct buf *out, struct uuid uuid)
{
    static const char digits[] = "0123456789abcdef";
    static const unsigned char places[16] = { 0,  2,  4,  6,  9,  11, 14, 16,
                                              19, 21, 24, 26, 28, 30, 32, 34 };
    char text[36] = { [8] = '-', [13] = '-', [18] = '-', [23] = '-' };
    for (int i = 0; i < 16; i++) {
        text[places[i]] = digits[uuid.bytes[i] >> 4];
        text[places[i] + 1] = digits[uuid.bytes[i] & 15];
    }
    buf_put(out, (struct str){ text, sizeof(text) });
}

struct str uuid_format(struct scope *scope, struct uuid uuid)
{
    struct buf out;
    buf_begin(&out, scope, 36);
    uuid_put(&out, uuid);
    return buf_str(&out);
}

bool uuid_equal(struct uuid a, struct uuid b)
{
    return memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

bool uuid_is_nil(struct uuid uuid)
{
    static const struct uuid nil;
    return uuid_equal(uuid, nil);
}
