// What is kept of a stream of any length: its first and its last 1 MiB.

#pragma once

#include "base/buf.h"
#include "base/mask.h"

enum { KEPT_HEAD = 1 << 20, KEPT_TAIL = 1 << 20 };

struct kept {
    struct buf head;
    struct buf tail;  // after [head]; a ring once it is full
    size_t oldest;    // where the ring begins
    int64_t total;    // bytes that came
};

void kept_add(struct kept *k, struct str bytes);
void kept_free(struct kept *k);
size_t kept_size(const struct kept *k);

// Masked, added to [out]. If something is missing, *left_out is how many bytes, and *cut
// where they were.
void kept_write(const struct kept *k, struct mask *mask, struct buf *out, size_t *cut,
                int64_t *left_out);
