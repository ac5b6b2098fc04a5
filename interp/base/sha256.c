#include "base/sha256.h"

#include <stdatomic.h>
#include <string.h>

#include "base/arena.h"
#include "base/sha256_blocks.h"

const uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static uint32_t big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void schedule(const uint8_t *block, uint32_t w[64])
{
    for (int i = 0; i < 16; i++)
        w[i] = big_endian(block + 4 * i);
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
               (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
}

static void compress(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[64], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4],
                    f = state[5], g = state[6], h = state[7];

    schedule(block, w);
    for (int i = 0; i < 64; i++) {
        uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) +
                      sha256_constants[i] + w[i];
        uint32_t t2 =
            (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g, g = f, f = e, e = d + t1;
        d = c, c = b, b = a, a = t1 + t2;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void sha256_blocks_plain(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    for (; count; count--, blocks += 64)
        compress(state, blocks);
}

// The processor is asked once: to ask is slow where it is a virtual one.
static void do_blocks(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    static _Atomic(void (*)(uint32_t[8], const uint8_t *, size_t)) chosen;
    void (*fn)(uint32_t[8], const uint8_t *, size_t) =
        atomic_load_explicit(&chosen, memory_order_relaxed);

    if (!fn) {
        fn = sha256_has_instructions() ? sha256_blocks_by_instructions : sha256_blocks_plain;
        atomic_store_explicit(&chosen, fn, memory_order_relaxed);
    }
    fn(state, blocks, count);
}

void sha256_start(struct sha256 *h)
{
    *h = (struct sha256){ .state = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                     0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } };
}

// Fills the block that was begun; how many bytes that took.
static size_t fill(struct sha256 *h, const uint8_t *p, size_t n)
{
    size_t filled = h->length % 64;

    if (n > 64 - filled)
        n = 64 - filled;
    memcpy(h->block + filled, p, n);
    if (filled + n == 64)
        do_blocks(h->state, h->block, 1);
    h->length += n;
    return n;
}

void sha256_add(struct sha256 *h, struct str bytes)
{
    const uint8_t *p = (const uint8_t *)bytes.s;
    size_t left = bytes.n, whole;

    if (left && h->length % 64) {
        size_t n = fill(h, p, left);
        p += n, left -= n;
    }
    whole = left - left % 64;
    if (whole) {
        do_blocks(h->state, p, whole / 64);
        h->length += whole;
    }
    if (left > whole)
        fill(h, p + whole, left - whole);
}

void sha256_end(struct sha256 *h, uint8_t out[SHA256_SIZE])
{
    static const char padding[64] = { (char)0x80 };
    uint64_t bits = h->length * 8;
    size_t filled = h->length % 64;
    char length[8];

    for (int i = 0; i < 8; i++)
        length[i] = (char)(bits >> (56 - 8 * i));
    sha256_add(h, (struct str){ padding, filled < 56 ? 56 - filled : 120 - filled });
    sha256_add(h, (struct str){ length, 8 });
    for (int i = 0; i < SHA256_SIZE; i++)
        out[i] = (uint8_t)(h->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256_of(struct str bytes, uint8_t out[SHA256_SIZE])
{
    struct sha256 h;

    sha256_start(&h);
    sha256_add(&h, bytes);
    sha256_end(&h, out);
}

struct str sha256_hex(struct arena *a, const uint8_t digest[SHA256_SIZE])
{
    char *hex = arena_alloc(a, 2 * SHA256_SIZE + 1, 1);

    for (int i = 0; i < SHA256_SIZE; i++) {
        hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    return (struct str){ hex, 2 * SHA256_SIZE };
}
