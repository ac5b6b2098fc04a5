// Taking a run in PostgreSQL, new, begun or waiting.

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "store/folder.h"
#include "store/postgres_journal.h"
#include "store/sqlite_head.h"
#include "value/when.h"

// ---- the folder on this machine

// A name of its own, that stays: another machine, or a folder that was made anew, has another.
static bool name_place(struct postgres_journal *j, struct failure *why)
{
    struct str name = id_random(j->base.arena, 12);

    if (!file_put(j->folder_fd, "place", name, true) && errno != EEXIST) {
        failure_set(why, "`%.*s/place`: %s", STR_ARG(j->base.folder), strerror(errno));
        return false;
    }
    j->base.place = postgres_place(&j->store->base, j->base.id, j->base.arena);
    return true;
}

static bool make_folder(struct postgres_journal *j, struct failure *why)
{
    enum folder_state state = FOLDER_REFUSED;

    if (folder_make(j->base.folder.s, false, why))
        state = folder_below(j->base.folder.s, &j->folder_fd, why);
    if (state != FOLDER_FINE) {
        if (!why->text[0])
            failure_set(why, "`%.*s` cannot be made", STR_ARG(j->base.folder));
        j->folder_fd = -1;
        return false;
    }
    if (!head_is_fine(j->base.folder, why))
        return false;
    j->head_fd = head_open(j->folder_fd);
    if (j->head_fd < 0)
        failure_set(why, "`%.*s/head`: %s", STR_ARG(j->base.folder), strerror(errno));
    return j->head_fd >= 0 && name_place(j, why);
}

// ---- a journal

static struct postgres_journal *new_journal(struct postgres *s, struct arena *a)
{
    struct arena *own = arena_new(a);
    struct postgres_journal *j = NEW(own, struct postgres_journal);
    pthread_condattr_t monotonic;

    *j = (struct postgres_journal){ .store = s, .folder_fd = -1, .head_fd = -1 };
    j->base.arena = own;
    j->mark = postgres_mark(own);
    pthread_mutex_init(&j->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&j->ending, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return j;
}

static enum store_error drop(struct postgres_journal *j, enum store_error e)
{
    struct arena *own = j->base.arena;

    postgres_journal_ops.close(&j->base);
    arena_free(own);
    return e;
}

static bool count_event(const struct stored_event *e, void *arg)
{
    struct chain *c = arg;

    chain_add(c, e->json);
    return true;
}

// What is told at once and does not end anything.
static void warn(struct str note, struct diags *ds)
{
    if (note.n)
        diag_warn(ds, DIAG_STORE, (struct span){ 0 }, "%.*s", STR_ARG(note));
}

// The lease is ours from here on: the journal is looked at, whether the store went back, too, and
// what an earlier session could not send is sent.
static enum store_error get_ready(struct postgres_journal *j, struct str id, struct diags *ds)
{
    struct postgres *s = j->store;
    struct failure why = { "" };
    struct str note;

    j->base.id = str_copy(j->base.arena, id);
    j->base.folder = postgres_folder(&s->base, id, j->base.arena);
    if (!server_start(&j->server, s->url, &why) || !make_folder(j, &why))
        return store_fail(ds, STORE_FAILED, "%s", why.text);
    enum store_error e = postgres_read(&s->base, id, 1, true, count_event, &j->chain, ds);
    if (e)
        return e;
    if (!spool_replay(j, &note, &why))
        return store_fail(ds, STORE_FAILED, "%s", why.text);
    warn(note, ds);
    head_write(j->head_fd, j->chain.seq);
    return STORE_OK;
}

static enum store_error start(struct postgres_journal *j, struct str id, struct journal **out,
                              struct diags *ds)
{
    struct failure why = { "" };
    enum store_error e = get_ready(j, id, ds);

    if (e)
        return drop(j, e);
    journal_start(&j->base, &j->store->base, &postgres_journal_ops, j->base.arena, true, id);
    j->base.next_seq = j->chain.seq + 1;
    if (!lease_keep(j, &why)) {
        journal_close(&j->base);
        return store_fail(ds, STORE_FAILED, "%s", why.text);
    }
    *out = &j->base;
    return STORE_OK;
}

// ---- new

// One that could not be started never was.
static void forget(struct postgres *s, struct str id)
{
    struct arena *a = arena_new(NULL);
    struct diags ignored = { .arena = a };
    PGresult *r = postgres_query(s, "DELETE FROM runbook.run WHERE id = $1 AND seq = 0", &id, 1,
                                 &ignored);

    if (r)
        s->server.pq->clear(r);
    arena_free(a);
}

// A lock that was taken before the run was made is anybody's after an hour.
static enum store_error still_locked(struct postgres *s, struct str id, struct diags *ds)
{
    const struct str params[] = { id, s->locked };

    if (!s->locker.n || !str_equal(s->locker, id))
        return STORE_OK;
    PGresult *r = postgres_query(s,
                                 "SELECT n FROM unnest($2::text[]) n WHERE NOT EXISTS"
                                 " (SELECT FROM runbook.lock l WHERE l.name = n AND l.run = $1"
                                 " AND l.freed IS NULL)",
                                 params, 2, ds);
    if (!r)
        return STORE_FAILED;
    bool all = server_rows(&s->server, r) == 0;
    s->server.pq->clear(r);
    return all ? STORE_OK
               : store_fail(ds, STORE_FAILED, "the locks of run `%.*s` were taken by another run",
                            STR_ARG(id));
}

// When the answer to the first try was lost, the second finds the run with our mark.
enum store_error postgres_create(struct store *base, struct arena *a, struct str id,
                                 struct journal **out, struct diags *ds)
{
    struct postgres *s = (struct postgres *)base;
    struct failure why = { "" };

    if (s->absent && postgres_schema(s, true, &why, ds))
        s->absent = false;
    if (s->absent)
        return store_fail(ds, STORE_FAILED, "%s", why.text);
    struct postgres_journal *j = new_journal(s, a);
    const struct str params[] = { id, j->mark };
    j->renewed_ms = clock_boot_ms();
    struct str sql = str_format(a,
                                "INSERT INTO runbook.run(id, state, holder, lease_until)"
                                " VALUES($1, 'running', $2, %.*s)"
                                " ON CONFLICT (id) DO UPDATE SET holder = excluded.holder"
                                " WHERE run.holder = excluded.holder RETURNING epoch",
                                STR_ARG(postgres_lease(s, a)));
    PGresult *r = postgres_query(s, sql.s, params, 2, ds);
    if (!r)
        return drop(j, STORE_FAILED);
    if (server_rows(&s->server, r) == 1)
        j->epoch = server_int(&s->server, r, 0, 0);
    s->server.pq->clear(r);
    if (!j->epoch)
        return drop(j, STORE_HELD);
    enum store_error e = still_locked(s, id, ds);
    e = e ? drop(j, e) : start(j, id, out, ds);
    if (e)
        forget(s, id);
    return e;
}

// ---- begun

static void say_held(struct str id, struct str mark, struct diags *ds)
{
    struct arena *a = arena_new(NULL);
    char host[256], since[64];
    int pid;

    if (sscanf(str_copy(a, mark).s, "%d %255s %63s", &pid, host, since) == 3)
        store_held(ds, id, pid, host, ago_text(wall_from(str_from(since)), clock_wall_ns(), a));
    else
        store_fail(ds, STORE_HELD, "run `%.*s` is held by another interpreter", STR_ARG(id));
    arena_free(a);
}

// Who has it, and whether it may be taken all the same: its lease is over, it died on this
// machine, or it claimed the run for us.
struct holder {
    struct str mark;
    bool over, died, for_us;
};

static enum store_error find_holder(struct postgres *s, struct str id, struct arena *a,
                                    struct holder *h, struct diags *ds)
{
    PGresult *r = postgres_query(
        s,
        "SELECT holder, lease_until IS NULL OR lease_until < clock_timestamp()"
        " FROM runbook.run WHERE id = $1",
        &id, 1, ds);
    if (!r)
        return STORE_FAILED;
    bool there = server_rows(&s->server, r) == 1;
    if (there) {
        h->mark = server_text(&s->server, r, 0, 0, a);
        h->over = str_is(server_text(&s->server, r, 0, 1, a), "t");
        h->died = process_is_gone(h->mark);
    }
    s->server.pq->clear(r);
    return there ? STORE_OK : store_no_run(ds, id);
}

// From nobody but who was seen, and only if the lease was not renewed since. Our own mark: the
// answer to the first try was lost.
static enum store_error take_lease(struct postgres_journal *j, struct str id,
                                   const struct holder *h, struct diags *ds)
{
    struct postgres *s = j->store;
    bool now = h->died || h->for_us;
    const struct str params[] = { id, j->mark, h->mark, now ? STR("true") : STR("false") };

    struct str sql = str_format(
        j->base.arena,
        "UPDATE runbook.run SET epoch = epoch + (holder <> $2)::int, holder = $2,"
        " lease_until = %.*s"
        " WHERE id = $1 AND (holder = $2 OR (holder = $3 AND ($4::boolean OR lease_until IS NULL"
        " OR lease_until < clock_timestamp()))) RETURNING epoch",
        STR_ARG(postgres_lease(s, j->base.arena)));
    j->renewed_ms = clock_boot_ms();
    PGresult *r = postgres_query(s, sql.s, params, 4, ds);
    if (!r)
        return STORE_FAILED;
    if (server_rows(&s->server, r) == 1)
        j->epoch = server_int(&s->server, r, 0, 0);
    s->server.pq->clear(r);
    return j->epoch ? STORE_OK : STORE_HELD;
}

enum store_error postgres_take(struct store *base, struct arena *a, struct str id, struct str mark,
                               struct journal **out, struct diags *ds)
{
    struct postgres *s = (struct postgres *)base;
    struct holder holder = { 0 };

    if (s->absent)
        return store_no_run(ds, id);
    enum store_error e = find_holder(s, id, a, &holder, ds);
    if (e)
        return e;
    holder.for_us = mark.n && str_equal(holder.mark, mark);
    struct postgres_journal *j = new_journal(s, a);
    bool may = holder.over || holder.died || holder.for_us;
    e = may ? take_lease(j, id, &holder, ds) : STORE_HELD;
    if (e == STORE_OK)
        return start(j, id, out, ds);
    if (e == STORE_HELD) {  // by who was faster, perhaps
        find_holder(s, id, a, &holder, ds);
        say_held(id, holder.mark, ds);
    }
    return drop(j, e);
}
