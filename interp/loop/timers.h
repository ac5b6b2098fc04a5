// Timers in the order in which they come due.
//
// A binary heap; timers that are due at the same moment keep the order in which they
// were set. Knows no clock.

#pragma once

#include "base/str.h"

struct timers {
    struct timer **heap;  // malloc
    size_t count, room;
    uint64_t set;  // how many were ever put in
};

struct timer {
    int64_t due_ms;
    uint64_t order;  // among all that were ever put in
    size_t place;    // in the heap, counted from 1; 0: not in it
    struct timers *timers;
    void (*fn)(void *arg);
    void *arg;
};

void timers_put(struct timers *ts, struct timer *t);
void timers_remove(struct timer *t);                  // nothing, if it is not in
struct timer *timers_first(const struct timers *ts);  // NULL: none
