#include "store/batch.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/arena.h"

void failure_set(struct failure *f, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(f->text, sizeof f->text, format, args);
    va_end(args);
}

struct batch *batch_new(void)
{
    struct arena *a = arena_new(NULL);
    struct batch *b = NEW(a, struct batch);

    b->arena = a;
    return b;
}

void batches_append(struct batches *q, struct batch *chain)
{
    if (!chain)
        return;
    if (q->last)
        q->last->next = chain;
    else
        q->first = chain;
    while (chain->next)
        chain = chain->next;
    q->last = chain;
}

struct batch *batches_take(struct batches *q)
{
    struct batch *chain = q->first;

    *q = (struct batches){ 0 };
    return chain;
}

struct batch *batches_take_first(struct batches *q)
{
    struct batch *b = q->first;

    q->first = b->next;
    if (!q->first)
        q->last = NULL;
    b->next = NULL;
    return b;
}

void batches_free(struct batch *chain)
{
    for (struct batch *next; chain; chain = next) {
        next = chain->next;
        arena_free(chain->arena);
    }
}
