// The work of SHA-256: what a block of 64 bytes makes of the state. In plain C, and by the
// instructions that most x86 processors have for it, which are six times as fast.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern const uint32_t sha256_constants[64];

void sha256_blocks_plain(uint32_t state[8], const uint8_t *blocks, size_t count);

// Whether this processor has the instructions; without them the other must not be called.
bool sha256_has_instructions(void);
void sha256_blocks_by_instructions(uint32_t state[8], const uint8_t *blocks, size_t count);
