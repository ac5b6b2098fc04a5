// The inside of the listings, for the files that make them up: listing.c (runs, locks),
// listing_show.c (one run), listing_waiting.c (questions).

#pragma once

#include "base/clock.h"
#include "report/listing.h"
#include "value/when.h"

static inline bool row_is_crashed(const struct run_row *r)
{
    return str_is(r->state, "crashed");
}

// It died before its first event was kept.
static inline bool row_never_began(const struct run_row *r)
{
    return row_is_crashed(r) && !r->started.n;
}

// An interpreter has the run: nobody else can go on with it.
static inline bool row_is_attached(const struct run_row *r)
{
    return str_is(r->state, "running");
}

static inline struct str listing_ago(int64_t wall_ns, struct arena *a)
{
    return ago_text(wall_ns, clock_wall_ns(), a);
}
