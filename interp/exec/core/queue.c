#include <string.h>

#include "base/arena.h"
#include "exec/core/core.h"

// Moves what waits to the front; longer only where that would leave less than half free.
static void make_room(struct run *r, struct queue *q)
{
    if (q->first)
        memmove(q->items, q->items + q->first, q->count * sizeof *q->items);
    q->first = 0;
    if (q->count * 2 <= q->room && q->room)
        return;
    size_t room = q->room ? q->room * 2 : 16;
    q->items = arena_grow(r->arena, q->items, q->room, room, sizeof *q->items);
    q->room = room;
}

// First in, first out: what becomes ready first starts first, and what becomes ready
// together does so in file order.
void queue_push(struct run *r, struct queue *q, void *item)
{
    if (q->first + q->count == q->room)
        make_room(r, q);
    q->items[q->first + q->count++] = item;
}

void *queue_pop(struct queue *q)
{
    if (q->count == 0)
        return NULL;
    q->count--;
    return q->items[q->first++];
}

void queue_remove(struct queue *q, const void *item)
{
    size_t kept = 0;

    for (size_t i = 0; i < q->count; i++)
        if (q->items[q->first + i] != item)
            q->items[q->first + kept++] = q->items[q->first + i];
    q->count = kept;
}
