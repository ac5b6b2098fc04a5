// SHA-256 (FIPS 180-4), at once or in parts.

#pragma once

#include "base/str.h"

enum { SHA256_SIZE = 32 };

struct sha256 {
    uint32_t state[8];
    uint64_t length;  // bytes so far
    uint8_t block[64];
};

void sha256_start(struct sha256 *h);
void sha256_add(struct sha256 *h, struct str bytes);
void sha256_end(struct sha256 *h, uint8_t out[SHA256_SIZE]);

void sha256_of(struct str bytes, uint8_t out[SHA256_SIZE]);
// 64 lower-case hexadecimal digits.
struct str sha256_hex(struct arena *a, const uint8_t digest[SHA256_SIZE]);
