#include <string.h>

#include "base/arena.h"
#include "exec/core.h"

// First in, first out: what becomes ready first starts first, and what becomes ready
// together does so in file order.
void queue_push(struct run *r, struct queue *q, void *item)
{
    if (q->first + q->count == q->room) {
        size_t room = q->count * 2 > 16 ? q->count * 2 : 16;
        void **items = NEW_ARRAY(r->arena, void *, room);
        if (q->count)
            memcpy(items, q->items + q->first, q->count * sizeof *items);
        q->items = items;
        q->first = 0;
        q->room = room;
    }
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
