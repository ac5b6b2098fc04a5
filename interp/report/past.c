#include "report/past.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/map.h"

enum { MOST_TIMES = 16 };

struct times {
    int64_t ms[MOST_TIMES];
    size_t count;
};

struct past {
    struct arena *arena;
    struct map *steps;  // struct times
    struct times whole;
    size_t runs;
};

static void add_time(struct times *t, int64_t ms)
{
    if (t->count < MOST_TIMES)
        t->ms[t->count++] = ms;
}

struct past *past_new(struct arena *a)
{
    struct past *p = NEW(a, struct past);

    *p = (struct past){ .arena = a, .steps = map_new(a) };
    return p;
}

void past_add_run(struct past *p, int64_t took_ms, bool good)
{
    p->runs++;
    if (good)
        add_time(&p->whole, took_ms);
}

void past_add_step(struct past *p, struct str step, int64_t took_ms)
{
    struct times *t = map_get(p->steps, step);

    if (!t) {
        t = NEW(p->arena, struct times);
        map_put(p->steps, str_copy(p->arena, step), t);
    }
    add_time(t, took_ms);
}

static int by_size(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

    return (a > b) - (a < b);
}

static int64_t middle(const struct times *t)
{
    struct times sorted = *t;

    if (!t->count)
        return -1;
    qsort(sorted.ms, sorted.count, sizeof *sorted.ms, by_size);
    return sorted.ms[sorted.count / 2];
}

int64_t past_step_ms(const struct past *p, struct str step)
{
    const struct times *t = p ? map_get(p->steps, step) : NULL;

    return t ? middle(t) : -1;
}

int64_t past_run_ms(const struct past *p)
{
    return p ? middle(&p->whole) : -1;
}

size_t past_runs(const struct past *p)
{
    return p ? p->runs : 0;
}
