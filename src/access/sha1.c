/* SHA-1 as RFC 3174 describes it, block by block, and HMAC around it. */
#include "access/sha1.h"

#include <string.h>

enum { BLOCK_SIZE = 64, WORD_COUNT = 80 };

struct sha1 {
    uint32_t state[5];
    uint64_t size; /* bytes taken in so far */
    unsigned char block[BLOCK_SIZE];
};

static uint32_t rotate(uint32_t word, int bits)
{
    return word << bits | word >> (32 - bits);
}

static void block_mix(struct sha1 *sha)
{
    uint32_t words[WORD_COUNT];
    for (int i = 0; i < 16; i++) {
        const unsigned char *at = &sha->block[i * 4];
        words[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    for (int i = 16; i < WORD_COUNT; i++) {
        words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    }
    uint32_t a = sha->state[0], b = sha->state[1], c = sha->state[2], d = sha->state[3];
    uint32_t e = sha->state[4];
    for (int i = 0; i < WORD_COUNT; i++) {
        uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 ? b ^ c ^ d
                     : i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
        uint32_t k = i < 20 ? 0x5a827999u : i < 40 ? 0x6ed9eba1u : i < 60 ? 0x8f1bbcdcu
                                                                          : 0xca62c1d6u;
        uint32_t next = rotate(a, 5) + f + e + k + words[i];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    sha->state[0] += a;
    sha->state[1] += b;
    sha->state[2] += c;
    sha->state[3] += d;
    sha->state[4] += e;
}

static void take(struct sha1 *sha, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        sha->block[sha->size++ % BLOCK_SIZE] = bytes[i];
        if (sha->size % BLOCK_SIZE == 0) block_mix(sha);
    }
}

static void finish(struct sha1 *sha, unsigned char out[SHA1_SIZE])
{
    static const unsigned char one = 0x80, zero = 0;
    uint64_t bits = sha->size * 8;
    take(sha, &one, 1);
    while (sha->size % BLOCK_SIZE != BLOCK_SIZE - 8) take(sha, &zero, 1);
    for (int i = 0; i < 8; i++) {
        unsigned char byte = (unsigned char)(bits >> (56 - 8 * i));
        take(sha, &byte, 1);
    }
    for (int i = 0; i < SHA1_SIZE; i++) {
        out[i] = (unsigned char)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
    }
}

static struct sha1 begin(void)
{
    return (struct sha1){ .state = { 0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u,
                                     0xc3d2e1f0u } };
}

void hmac_sha1(struct str key, struct str text, unsigned char out[SHA1_SIZE])
{
    unsigned char pad[BLOCK_SIZE] = { 0 }, inner[SHA1_SIZE];
    struct sha1 sha = begin();
    if (key.size > BLOCK_SIZE) {
        take(&sha, (const unsigned char *)key.data, key.size);
        finish(&sha, pad);
        sha = begin();
    } else if (key.size > 0) {
        memcpy(pad, key.data, key.size);
    }
    for (int i = 0; i < BLOCK_SIZE; i++) pad[i] ^= 0x36;
    take(&sha, pad, BLOCK_SIZE);
    take(&sha, (const unsigned char *)text.data, text.size);
    finish(&sha, inner);
    for (int i = 0; i < BLOCK_SIZE; i++) pad[i] ^= 0x36 ^ 0x5c;
    sha = begin();
    take(&sha, pad, BLOCK_SIZE);
    take(&sha, inner, SHA1_SIZE);
    finish(&sha, out);
}
