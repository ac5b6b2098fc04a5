// Chance that can be repeated: everything in a simulation follows from one number.

#pragma once

#include "base/str.h"

struct dice {
    uint64_t state;
};

static uint64_t roll(struct dice *d)
{
    uint64_t z = d->state += 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static unsigned below(struct dice *d, unsigned n)
{
    return (unsigned)(roll(d) % n);
}

static bool percent(struct dice *d, unsigned p)
{
    return below(d, 100) < p;
}

// The same for the same address and number, in whatever order things are asked.
static bool percent_of(uint64_t seed, struct str address, uint64_t number, uint64_t what,
                       unsigned p)
{
    struct dice d = { seed ^ (number * 0xD6E8FEB86659FD93u) ^ (what << 56) };

    for (size_t i = 0; i < address.n; i++)
        d.state = (d.state ^ (unsigned char)address.s[i]) * 0x100000001B3u;
    return percent(&d, p);
}
