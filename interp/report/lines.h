// Lines out of a stream of bytes.
//
// Bytes come in pieces of any size; lines go out whole. One that is longer than
// LINES_LONGEST goes out in pieces. A stream that pours faster than a person or a slow
// terminal can take is thinned: what was left out is counted, the journal has it all.

#pragma once

#include "base/buf.h"

enum { LINES_LONGEST = 4096, LINES_A_SECOND = 128 * 1024 };

struct lines {
    struct buf partial;
    int64_t second;   // the second that [shown] is about
    size_t shown;     // bytes
    size_t left_out;  // lines
    bool all;         // for logs: nothing is left out
};

// Calls [see] for each line (without its end) that is complete now.
void lines_feed(struct lines *l, struct str bytes, int64_t now_ms,
                void (*see)(struct str line, void *arg), void *arg);
// The rest that has no end, and how many were left out since they were last told of.
void lines_end(struct lines *l, void (*see)(struct str line, void *arg), void *arg);
// How many lines were left out and not yet told; asking resets it.
size_t lines_left_out(struct lines *l);
