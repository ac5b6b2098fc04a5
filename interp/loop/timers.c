#include "loop/timers.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_before(const struct timer *a, const struct timer *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void place(struct timers *ts, struct timer *t, size_t at)
{
    ts->heap[at - 1] = t;
    t->place = at;
}

static void rise(struct timers *ts, struct timer *t)
{
    size_t at = t->place;

    for (; at > 1 && is_before(t, ts->heap[at / 2 - 1]); at /= 2)
        place(ts, ts->heap[at / 2 - 1], at);
    place(ts, t, at);
}

static void sink(struct timers *ts, struct timer *t)
{
    size_t at = t->place;

    for (size_t child; (child = at * 2) <= ts->count; at = child) {
        if (child < ts->count && is_before(ts->heap[child], ts->heap[child - 1]))
            child++;
        if (!is_before(ts->heap[child - 1], t))
            break;
        place(ts, ts->heap[child - 1], at);
    }
    place(ts, t, at);
}

void timers_put(struct timers *ts, struct timer *t)
{
    if (ts->count == ts->room) {
        ts->room = ts->room ? ts->room * 2 : 16;
        ts->heap = realloc(ts->heap, ts->room * sizeof(struct timer *));
        if (!ts->heap) {
            fputs("runbook: out of memory\n", stderr);
            abort();
        }
    }
    t->timers = ts;
    t->order = ts->set++;
    place(ts, t, ++ts->count);
    rise(ts, t);
}

void timers_remove(struct timer *t)
{
    struct timers *ts = t->timers;

    if (t->place == 0)
        return;
    struct timer *last = ts->heap[--ts->count];
    if (last != t) {
        place(ts, last, t->place);
        rise(ts, last);
        sink(ts, last);
    }
    t->place = 0;
}

struct timer *timers_first(const struct timers *ts)
{
    return ts->count ? ts->heap[0] : NULL;
}
