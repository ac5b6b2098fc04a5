#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "store/memory_store.h"
#include "store/row.h"

struct memory_journal {
    struct journal base;
    struct memory *store;
    struct memory_run *run;
    int64_t epoch;
};

// ---- faults

void memory_fail(struct store *s, int n)
{
    struct memory *m = (struct memory *)s;

    m->fail_in = n;
    m->failing = false;
}

bool memory_may_write(struct memory *m)
{
    m->writes++;
    if (m->fail_in && --m->fail_in == 0)
        m->failing = true;
    return !m->failing;
}

enum store_error memory_cannot_write(struct diags *ds)
{
    return store_fail(ds, STORE_FAILED, "the store cannot be written: this write was to fail");
}

// ---- runs

struct memory_run *memory_run(struct memory *m, struct str id)
{
    struct memory_run *r = m->runs;

    while (r && !str_equal(r->row.id, id))
        r = r->next;
    return r;
}

void memory_crash(struct store *s, struct str run)
{
    struct memory_run *r = memory_run((struct memory *)s, run);

    r->held = false;
    r->epoch++;
}

static struct run_row told(struct arena *a, const struct memory_run *r)
{
    struct run_row row = row_copy(a, &r->row);

    if (row_says_running(&row) && !r->held)
        row.state = STR("crashed");
    return row;
}

static enum store_error list(struct store *s, const struct wanted_runs *w, struct arena *a,
                             struct run_row **rows, size_t *count, struct diags *ds)
{
    struct memory *m = (struct memory *)s;
    size_t n = 0;

    (void)w, (void)ds;
    for (struct memory_run *r = m->runs; r; r = r->next)
        n++;
    *rows = NEW_ARRAY(a, struct run_row, n);
    *count = 0;
    for (struct memory_run *r = m->runs; r; r = r->next)
        (*rows)[(*count)++] = told(a, r);
    return STORE_OK;
}

static enum store_error ids(struct store *s, struct str start, struct arena *a, struct str *out,
                            size_t room, size_t *count, struct diags *ds)
{
    struct memory *m = (struct memory *)s;

    (void)ds;
    *count = 0;
    for (struct memory_run *r = m->runs; r; r = r->next)
        if (str_equal(str_slice(r->row.id, 0, start.n), start)) {
            if (*count < room)
                out[*count] = str_copy(a, r->row.id);
            ++*count;
        }
    return STORE_OK;
}

static enum store_error row(struct store *s, struct str id, struct arena *a, struct run_row *out,
                            struct diags *ds)
{
    struct memory_run *r = memory_run((struct memory *)s, id);

    if (!r)
        return store_no_run(ds, id);
    *out = told(a, r);
    return STORE_OK;
}

// Steps of a run in memory keep their output in files like those of any other.
static const char *memory_folder(struct memory *m)
{
    const char *tmp = getenv("TMPDIR");

    if (m->folder[0])
        return m->folder;
    snprintf(m->folder, sizeof m->folder, "%s/runbook-XXXXXX",
             tmp && strlen(tmp) < 40 ? tmp : "/tmp");
    if (!mkdtemp(m->folder)) {
        perror("runbook: a folder for a run in memory");
        abort();
    }
    return m->folder;
}

static struct str folder(struct store *s, struct str id, struct arena *a)
{
    return str_format(a, "%s/%.*s", memory_folder((struct memory *)s), STR_ARG(id));
}

// ---- a journal

static void append(struct memory *m, struct memory_run *r, const struct new_event *e)
{
    if (r->count == r->room) {
        r->room = r->room ? r->room * 2 : 64;
        r->events = realloc(r->events, r->room * sizeof *r->events);
        assert(r->events);
    }
    struct kept_event *k = &r->events[r->count++];
    k->event = (struct stored_event){ e->seq, str_copy(m->base.arena, e->type),
                                      str_copy(m->base.arena, e->json) };
    chain_add(&r->chain, e->json);
    assert(r->chain.seq == e->seq);
    memcpy(k->hash, r->chain.hash, SHA256_SIZE);
}

static bool write_batches(struct journal *j, const struct batch *batches, struct failure *why)
{
    struct memory_journal *mj = (struct memory_journal *)j;
    struct memory_run *r = mj->run;

    if (!memory_may_write(mj->store)) {
        failure_set(why, "the journal cannot be written: this write was to fail");
        return false;
    }
    if (mj->epoch != r->epoch) {
        failure_set(why, "another interpreter has taken run `%.*s`", STR_ARG(r->row.id));
        return false;
    }
    for (const struct batch *b = batches; b; b = b->next) {
        for (const struct new_event *e = b->first; e; e = e->next)
            append(mj->store, r, e);
        if (b->row)
            r->row = row_copy(mj->store->base.arena, b->row);
    }
    return true;
}

struct str *memory_text(struct arena *a, struct str s)
{
    struct str *box = NEW(a, struct str);

    *box = str_copy(a, s);
    return box;
}

static bool keep(struct journal *j, const char *name, struct str bytes, struct diags *ds)
{
    struct memory_journal *mj = (struct memory_journal *)j;
    struct arena *a = mj->store->base.arena;

    if (!memory_may_write(mj->store)) {
        memory_cannot_write(ds);
        return false;
    }
    if (map_get(mj->run->kept, str_from(name))) {
        store_fail(ds, STORE_FAILED, "run `%.*s` has a `%s` already", STR_ARG(j->id), name);
        return false;
    }
    map_put(mj->run->kept, str_copy(a, str_from(name)), memory_text(a, bytes));
    return true;
}

static void close_journal(struct journal *j)
{
    struct memory_journal *mj = (struct memory_journal *)j;

    if (mj->epoch == mj->run->epoch)
        mj->run->held = false;
}

static const struct journal_ops journal_ops = {
    .write = write_batches,
    .keep = keep,
    .close = close_journal,
};

static struct journal *take(struct memory *m, struct memory_run *r, struct arena *a)
{
    struct arena *own = arena_new(a);
    struct memory_journal *mj = NEW(own, struct memory_journal);

    r->held = true;
    *mj = (struct memory_journal){ .store = m, .run = r, .epoch = ++r->epoch };
    journal_start(&mj->base, &m->base, &journal_ops, own, false, r->row.id);
    mj->base.folder = folder(&m->base, r->row.id, own);
    mj->base.next_seq = (int64_t)r->count + 1;
    return &mj->base;
}

static void free_run(void *arg)
{
    struct memory_run *r = arg;

    free(r->events);
}

static enum store_error create(struct store *s, struct arena *a, struct str id,
                               struct journal **out, struct diags *ds)
{
    struct memory *m = (struct memory *)s;

    if (memory_run(m, id))
        return STORE_HELD;
    if (!memory_may_write(m))
        return memory_cannot_write(ds);
    struct memory_run *r = NEW(s->arena, struct memory_run);
    *r = (struct memory_run){ .next = m->runs, .kept = map_new(s->arena) };
    r->row = (struct run_row){ .id = str_copy(s->arena, id), .exit = -1 };
    arena_defer(s->arena, free_run, r);
    m->runs = r;
    mkdir(folder(s, id, a).s, 0700);
    *out = take(m, r, a);
    return STORE_OK;
}

static enum store_error open_run(struct store *s, struct arena *a, struct str id, struct str mark,
                                 struct journal **out, struct diags *ds)
{
    struct memory *m = (struct memory *)s;
    struct memory_run *r = memory_run(m, id);

    (void)mark;
    if (!r)
        return store_no_run(ds, id);
    if (r->held)
        return store_fail(ds, STORE_HELD, "run `%.*s` is held by pid %d of this host", STR_ARG(id),
                          (int)getpid());
    if (!memory_may_write(m))
        return memory_cannot_write(ds);
    *out = take(m, r, a);
    return STORE_OK;
}

static enum store_error claim(struct store *s, const struct seen_run *runs, size_t count,
                              struct arena *a, struct claim *out, struct diags *ds)
{
    (void)ds;
    for (size_t i = 0; i < count; i++) {
        struct memory_run *r = memory_run((struct memory *)s, runs[i].id);
        struct run_row now = r ? told(a, r) : (struct run_row){ 0 };
        if (!r || r->held || r->claimed || !row_is_as_seen(&now, &runs[i]))
            continue;
        r->claimed = true;
        out->run = now.id;
        return STORE_OK;
    }
    return STORE_NO_SUCH_RUN;
}

static void drop_claim(struct store *s, struct claim *c)
{
    struct memory_run *r = memory_run((struct memory *)s, c->run);

    if (r)
        r->claimed = false;
}

// ---- reading

static bool check(struct chain *c, const struct kept_event *k, struct arena *a, struct str *why)
{
    struct str hash = { (const char *)k->hash, SHA256_SIZE };

    return chain_check(c, k->event.seq, k->event.json, hash, a, why);
}

static enum store_error read_events(struct store *s, struct str id, int64_t from_seq, bool verify,
                                    bool (*see)(const struct stored_event *e, void *arg), void *arg,
                                    struct diags *ds)
{
    struct memory_run *r = memory_run((struct memory *)s, id);
    struct chain c = { 0 };
    struct str why;

    if (!r)
        return store_no_run(ds, id);
    for (size_t i = 0; i < r->count; i++) {
        if (verify && !check(&c, &r->events[i], ds->arena, &why))
            return store_fail(ds, STORE_FAILED, "the journal of run `%.*s` is damaged: %.*s",
                              STR_ARG(id), STR_ARG(why));
        struct stored_event e = r->events[i].event;
        if (e.seq >= from_seq && !see(&e, arg))
            break;
    }
    return STORE_OK;
}

static enum store_error kept(struct store *s, struct str id, const char *name, struct arena *a,
                             struct str *out, struct diags *ds)
{
    struct memory_run *r = memory_run((struct memory *)s, id);
    struct str *bytes = r ? map_get(r->kept, str_from(name)) : NULL;

    if (!r)
        return store_no_run(ds, id);
    if (!bytes)
        return store_fail(ds, STORE_FAILED, "run `%.*s` has no `%s`", STR_ARG(id), name);
    *out = str_copy(a, *bytes);
    return STORE_OK;
}

static enum store_error remove_run(struct store *s, struct str id, struct diags *ds)
{
    struct memory *m = (struct memory *)s;
    struct memory_run **link = &m->runs;

    while (*link && !str_equal((*link)->row.id, id))
        link = &(*link)->next;
    if (!*link)
        return store_no_run(ds, id);
    if ((*link)->held)
        return STORE_HELD;
    *link = (*link)->next;
    memory_unlock(m, id);
    return STORE_OK;
}

static struct str user(struct store *s, struct arena *a)
{
    (void)s;
    return system_user(a);
}

static const struct run_ops run_ops = {
    .list = list,
    .ids = ids,
    .row = row,
    .create = create,
    .open = open_run,
    .read = read_events,
    .kept = kept,
    .folder = folder,
    .claim = claim,
    .drop = drop_claim,
    .remove = remove_run,
    .user = user,
};

static int remove_path(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void free_memory(void *arg)
{
    struct memory *m = arg;

    free(m->locks);
    if (m->folder[0])
        nftw(m->folder, remove_path, 16, FTW_DEPTH | FTW_PHYS);
}

struct store *memory_open(struct arena *a, struct loop *l)
{
    struct arena *own = arena_new(a);
    struct memory *m = NEW(own, struct memory);

    m->base = (struct store){ { &run_ops, &memory_lock_ops, &memory_note_ops }, own, l };
    m->notes = map_new(own);
    m->fires = map_new(own);
    arena_defer(own, free_memory, m);
    return &m->base;
}
