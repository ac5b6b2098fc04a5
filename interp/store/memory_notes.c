// Locks, votes and what triggers remember, in memory.

#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "store/memory_store.h"
#include "store/row.h"

// ---- locks

static struct lock_row *lock_named(struct memory *m, struct str name)
{
    for (size_t i = 0; i < m->lock_count; i++)
        if (str_equal(m->locks[i].name, name))
            return &m->locks[i];
    return NULL;
}

static struct lock_row seen(struct memory *m, const struct lock_row *l, struct arena *a)
{
    struct memory_run *r = memory_run(m, l->run);
    struct lock_row copy = { str_copy(a, l->name),
                             str_copy(a, l->run),
                             str_copy(a, l->user),
                             str_copy(a, l->host),
                             str_copy(a, l->since),
                             STR(""),
                             false };

    copy.stale = r && !r->held && !row_keeps_locks(&r->row);
    for (size_t i = r ? r->count : 0; i > 0 && !copy.step.n; i--)
        if (is_start(r->events[i - 1].event.type))
            copy.step = event_step(r->events[i - 1].event.json, a);
    return copy;
}

static void put_lock(struct memory *m, struct str name, struct str run)
{
    struct arena *a = m->base.arena;
    struct memory_run *r = memory_run(m, run);
    struct lock_row *l = lock_named(m, name);

    if (!l) {
        if (m->lock_count == m->lock_room) {
            m->lock_room = m->lock_room ? m->lock_room * 2 : 8;
            m->locks = realloc(m->locks, m->lock_room * sizeof *m->locks);
            assert(m->locks);
        }
        l = &m->locks[m->lock_count++];
    }
    *l = (struct lock_row){ .name = str_copy(a, name),
                            .run = str_copy(a, run),
                            .user = r ? r->row.user : STR(""),
                            .host = r ? r->row.host : STR(""),
                            .since = clock_rfc3339_ms(a, clock_wall_ns()) };
}

static enum store_error lock(struct store *s, struct str run, const struct str *names, size_t count,
                             struct arena *a, struct lock_row *holder, struct diags *ds)
{
    struct memory *m = (struct memory *)s;

    if (!memory_may_write(m))
        return memory_cannot_write(ds);
    for (size_t i = 0; i < count; i++) {
        struct lock_row *l = lock_named(m, names[i]);
        if (!l || str_equal(l->run, run))
            continue;
        *holder = seen(m, l, a);
        if (!holder->stale)
            return STORE_LOCKED;
    }
    for (size_t i = 0; i < count; i++)
        put_lock(m, names[i], run);
    return STORE_OK;
}

void memory_unlock(struct memory *m, struct str run)
{
    size_t left = 0;

    for (size_t i = 0; i < m->lock_count; i++)
        if (!str_equal(m->locks[i].run, run))
            m->locks[left++] = m->locks[i];
    m->lock_count = left;
}

static enum store_error unlock(struct store *s, struct str run, struct diags *ds)
{
    struct memory *m = (struct memory *)s;

    if (!memory_may_write(m))
        return memory_cannot_write(ds);
    memory_unlock(m, run);
    return STORE_OK;
}

static int by_name(const void *x, const void *y)
{
    return str_compare(((const struct lock_row *)x)->name, ((const struct lock_row *)y)->name);
}

static enum store_error list_locks(struct store *s, struct arena *a, const struct lock_row **rows,
                                   size_t *count, struct diags *ds)
{
    struct memory *m = (struct memory *)s;
    struct lock_row *all = NEW_ARRAY(a, struct lock_row, m->lock_count);

    (void)ds;
    for (size_t i = 0; i < m->lock_count; i++)
        all[i] = seen(m, &m->locks[i], a);
    if (m->lock_count)
        qsort(all, m->lock_count, sizeof *all, by_name);
    *rows = all;
    *count = m->lock_count;
    return STORE_OK;
}

// ---- votes and notes

static struct vote vote_copy(struct arena *a, const struct vote *v)
{
    return (struct vote){ str_copy(a, v->step),   str_copy(a, v->user), str_copy(a, v->reason),
                          str_copy(a, v->digest), str_copy(a, v->at),   v->yes };
}

static bool is_of_the_same(const struct vote *a, const struct vote *b)
{
    return str_equal(a->step, b->step) && str_equal(a->user, b->user) &&
           str_equal(a->digest, b->digest);
}

static enum store_error vote(struct store *s, struct str run, const struct vote *v,
                             struct diags *ds)
{
    struct memory *m = (struct memory *)s;
    struct memory_run *r = memory_run(m, run);

    if (!r)
        return store_no_run(ds, run);
    if (!memory_may_write(m))
        return memory_cannot_write(ds);
    size_t left = 0;
    struct vote *votes = NEW_ARRAY(s->arena, struct vote, r->vote_count + 1);
    for (size_t i = 0; i < r->vote_count; i++) {
        if (!is_of_the_same(&r->votes[i], v))
            votes[left++] = r->votes[i];
        else if (v->yes && !r->votes[i].yes)
            return STORE_OK;
    }
    votes[left++] = vote_copy(s->arena, v);
    r->votes = votes;
    r->vote_count = left;
    return STORE_OK;
}

static enum store_error votes(struct store *s, struct str run, struct arena *a,
                              const struct vote **out, size_t *count, struct diags *ds)
{
    struct memory_run *r = memory_run((struct memory *)s, run);

    if (!r)
        return store_no_run(ds, run);
    struct vote *copies = NEW_ARRAY(a, struct vote, r->vote_count);
    for (size_t i = 0; i < r->vote_count; i++)
        copies[i] = vote_copy(a, &r->votes[i]);
    *out = copies;
    *count = r->vote_count;
    return STORE_OK;
}

static enum store_error remember(struct store *s, struct str key, struct str json, struct diags *ds)
{
    struct memory *m = (struct memory *)s;

    if (!memory_may_write(m))
        return memory_cannot_write(ds);
    map_put(m->notes, str_copy(s->arena, key), memory_text(s->arena, json));
    return STORE_OK;
}

static enum store_error recall(struct store *s, struct str key, struct arena *a, struct str *json,
                               struct diags *ds)
{
    struct str *found = map_get(((struct memory *)s)->notes, key);

    (void)ds;
    if (found)
        *json = str_copy(a, *found);
    return STORE_OK;
}

static enum store_error claim(struct store *s, struct str key, struct arena *a, struct str *run,
                              bool *ours, struct diags *ds)
{
    struct memory *m = (struct memory *)s;
    struct str *before = map_get(m->fires, key);

    *ours = !before;
    if (before) {
        *run = str_copy(a, *before);
        return STORE_OK;
    }
    if (!memory_may_write(m))
        return memory_cannot_write(ds);
    map_put(m->fires, str_copy(s->arena, key), memory_text(s->arena, *run));
    return STORE_OK;
}

const struct lock_ops memory_lock_ops = { lock, unlock, list_locks };
const struct note_ops memory_note_ops = { vote, votes, remember, recall, claim };
