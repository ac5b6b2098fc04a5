#include "exec/reader.h"

#include "base/arena.h"
#include "base/thread.h"

// A few blocks wait to be applied: enough that neither thread waits for the other at each event,
// and little memory however long the journal is.
enum { BLOCKS = 6, EVENTS = 128, BYTES = 32 * 1024, ROOM = 192 * 1024 };

struct block {
    struct block *next;
    struct arena *arena;
    size_t count, bytes;
    struct read_event events[EVENTS];
};

struct reader {
    struct journal *journal;
    struct arena *arena;
    struct diags diags;
    enum store_error error;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    // Guarded by [mutex].
    struct block *free, *full, *last;
    bool over;     // there will be no more
    bool unheard;  // nobody asks for more
    // The thread's.
    struct json_memo *memo;
    struct block *filling;
    // The loop's.
    struct block *applying;
    size_t applied;
};

// ---- blocks

static struct block *pop(struct block **list)
{
    struct block *b = *list;

    if (b)
        *list = b->next;
    return b;
}

static void give_back(struct reader *r, struct block *b)
{
    pthread_mutex_lock(&r->mutex);
    b->next = r->free;
    r->free = b;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->mutex);
}

// NULL: nobody asks for more.
static struct block *take_free(struct reader *r)
{
    struct block *b = NULL;

    pthread_mutex_lock(&r->mutex);
    while (!r->unheard && !r->free)
        pthread_cond_wait(&r->changed, &r->mutex);
    if (!r->unheard)
        b = pop(&r->free);
    pthread_mutex_unlock(&r->mutex);
    if (!b)
        return NULL;
    arena_empty(b->arena);
    b->count = b->bytes = 0;
    return b;
}

static void hand_on(struct reader *r)
{
    struct block *b = r->filling;

    r->filling = b->next = NULL;
    pthread_mutex_lock(&r->mutex);
    *(r->full ? &r->last->next : &r->full) = b;
    r->last = b;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->mutex);
}

// NULL: there are no more.
static struct block *take_full(struct reader *r)
{
    pthread_mutex_lock(&r->mutex);
    while (!r->full && !r->over)
        pthread_cond_wait(&r->changed, &r->mutex);
    struct block *b = pop(&r->full);
    pthread_mutex_unlock(&r->mutex);
    return b;
}

// ---- the thread

bool reader_read(struct json_memo *m, const struct stored_event *stored, struct str line,
                 struct arena *a, struct read_event *out)
{
    bool known = event_read_again(m, line, a, &out->event);

    out->line = line;
    out->as_filed = known && str_is(stored->type, event_type_word(out->event.type));
    out->event.seq = stored->seq;
    return known || event_type_of(stored->type) != EVENT_COUNT;
}

static bool read_one(const struct stored_event *stored, void *arg)
{
    struct reader *r = arg;
    struct block *b = r->filling ? r->filling : (r->filling = take_free(r));

    if (!b)
        return false;
    struct str line = str_copy(b->arena, stored->json);
    b->bytes += line.n;
    b->count += reader_read(r->memo, stored, line, b->arena, &b->events[b->count]);
    if (b->count == EVENTS || b->bytes > BYTES)
        hand_on(r);
    return true;
}

static void *read_all(void *arg)
{
    struct reader *r = arg;

    r->error = journal_look(r->journal, read_one, r, &r->diags);
    if (r->filling)
        hand_on(r);
    pthread_mutex_lock(&r->mutex);
    r->over = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->mutex);
    return NULL;
}

// ---- the loop

static void add_blocks(struct reader *r)
{
    struct block *all = NEW_ARRAY(r->arena, struct block, BLOCKS);

    for (size_t i = 0; i < BLOCKS; i++) {
        all[i].arena = arena_with_room(r->arena, ROOM);
        all[i].next = r->free;
        r->free = &all[i];
    }
}

struct reader *reader_start(struct journal *j, struct arena *a)
{
    if (!journal_looks_alone(j))
        return NULL;
    struct arena *own = arena_new(a);
    struct reader *r = NEW(own, struct reader);
    *r = (struct reader){ .journal = j,
                          .arena = own,
                          .diags = { .arena = arena_new(a) },
                          .memo = json_memo_new(arena_new(own)) };
    pthread_mutex_init(&r->mutex, NULL);
    pthread_cond_init(&r->changed, NULL);
    add_blocks(r);
    if (thread_start(&r->thread, read_all, r) == 0)
        return r;
    arena_free(own);
    return NULL;
}

const struct read_event *reader_next(struct reader *r)
{
    // In a block nothing stands where this version knew none of the events.
    while (!r->applying || r->applied == r->applying->count) {
        if (r->applying)
            give_back(r, r->applying);
        r->applied = 0;
        r->applying = take_full(r);
        if (!r->applying)
            return NULL;
    }
    return &r->applying->events[r->applied++];
}

enum store_error reader_end(struct reader *r, struct diags *ds)
{
    pthread_mutex_lock(&r->mutex);
    r->unheard = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->mutex);
    pthread_join(r->thread, NULL);
    enum store_error e = r->error;
    diags_append(ds, &r->diags);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->mutex);
    arena_free(r->arena);
    return e;
}
