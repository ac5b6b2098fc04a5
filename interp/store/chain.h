// The chain of hashes over a run's events: each is sha256(the hash before || its JSON), so
// that no event can be changed, taken out or put in without a trace.

#pragma once

#include "base/sha256.h"

struct chain {
    int64_t seq;                // of the last event; 0: none yet
    uint8_t hash[SHA256_SIZE];  // of it; all zero before the first
};

// Goes on to the next event.
void chain_add(struct chain *c, struct str json);

// Goes on to an event as it was stored. False, with what is wrong in [why] ("event 7 is
// missing"), when it does not fit.
bool chain_check(struct chain *c, int64_t seq, struct str json, struct str hash, struct arena *a,
                 struct str *why);
// The same for the number alone.
bool chain_follows(struct chain *c, int64_t seq, struct arena *a, struct str *why);
