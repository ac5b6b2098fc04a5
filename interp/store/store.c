#include "store/store.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "store/backend.h"
#include "store/row.h"

static struct diag *vadd(struct diags *ds, enum store_error e, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

static struct diag *vadd(struct diags *ds, enum store_error e, const char *format, va_list args)
{
    enum diag_code code = e == STORE_HELD          ? DIAG_LOCKED
                          : e == STORE_NO_SUCH_RUN ? DIAG_USAGE
                                                   : DIAG_STORE;
    struct buf b = BUF_EMPTY;

    buf_vformat(&b, format, args);
    struct diag *d = diag_error(ds, code, (struct span){ 0 }, "%.*s", STR_ARG(buf_str(&b)));
    buf_free(&b);
    return d;
}

struct diag *store_diag(struct diags *ds, enum store_error e, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    struct diag *d = vadd(ds, e, format, args);
    va_end(args);
    return d;
}

enum store_error store_fail(struct diags *ds, enum store_error e, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vadd(ds, e, format, args);
    va_end(args);
    return e;
}

enum store_error store_held(struct diags *ds, struct str id, int pid, const char *host,
                            struct str taken)
{
    struct diag *d = store_diag(ds, STORE_HELD, "run `%.*s` is held by pid %d on %s, taken %.*s",
                                STR_ARG(id), pid, host, STR_ARG(taken));
    bool here = str_is(system_host(ds->arena), host);

    diag_help(ds, d, "`runbook logs -f %.*s` shows what it does; `kill -INT %d`%s%s stops it",
              STR_ARG(id), pid, here ? "" : " on ", here ? "" : host);
    return STORE_HELD;
}

enum store_error store_no_run(struct diags *ds, struct str id)
{
    struct diag *d = store_diag(ds, STORE_NO_SUCH_RUN, "there is no run `%.*s`", STR_ARG(id));

    diag_help(ds, d, "`runbook runs` lists them");
    return STORE_NO_SUCH_RUN;
}

struct store *store_open(struct arena *a, struct loop *l, struct str url, bool create,
                         struct diags *ds)
{
    if (str_is(url, "memory:"))
        return memory_open(a, l);
    if (str_starts(url, "postgresql://") || str_starts(url, "postgres://"))
        return postgres_open(a, l, url, create, ds);
    if (str_search(url, STR("://")) == SIZE_MAX)
        return sqlite_open(a, l, url, create, ds);
    size_t end = str_find(url, ':');
    struct diag *d = store_diag(ds, STORE_CANNOT_OPEN, "runs cannot be kept at a `%.*s:` address",
                                (int)end, url.s);
    diag_help(ds, d, "give a folder, or `postgresql://HOST/DATABASE`");
    return NULL;
}

// ---- ids

struct str id_random(struct arena *a, size_t length)
{
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    char *id = arena_alloc(a, length + 1, 1);

    for (size_t n = 0; n < length;) {
        uint8_t byte;
        if (getrandom(&byte, 1, 0) == 1 && byte < 252)  // 7 * 36: all letters alike
            id[n++] = letters[byte % 36];
    }
    return (struct str){ id, length };
}

bool id_is_good(struct str id)
{
    if (id.n == 0 || id.n > 64)
        return false;
    for (size_t i = 0; i < id.n; i++)
        if (!(id.s[i] >= '0' && id.s[i] <= '9') && !(id.s[i] >= 'a' && id.s[i] <= 'z'))
            return false;
    return true;
}

// ---- runs

enum store_error store_runs(struct store *s, struct arena *a, size_t limit,
                            const struct run_row **rows, size_t *count, struct diags *ds)
{
    struct run_row *all = NULL;
    enum store_error e = s->ops.runs->list(s, &(struct wanted_runs){ 0 }, a, &all, count, ds);

    if (e)
        return e;
    rows_sort(all, *count);
    if (limit && *count > limit)
        *count = limit;
    *rows = all;
    return STORE_OK;
}

static bool is_open(const struct run_row *row)
{
    return !str_is(row->state, "ended") && !str_is(row->state, "final") &&
           !str_is(row->state, "aborted");
}

enum store_error store_runs_open(struct store *s, struct arena *a, const struct run_row **rows,
                                 size_t *count, struct diags *ds)
{
    struct run_row *all = NULL;
    size_t n = 0;
    struct wanted_runs w = { .open = true };
    enum store_error e = s->ops.runs->list(s, &w, a, &all, count, ds);

    if (e)
        return e;
    for (size_t i = 0; i < *count; i++)
        if (is_open(&all[i]))
            all[n++] = all[i];
    *count = n;
    rows_sort(all, n);
    *rows = all;
    return STORE_OK;
}

enum store_error store_runs_after(struct store *s, struct str runbook, struct str after,
                                  struct arena *a, const struct run_row **rows, size_t *count,
                                  struct diags *ds)
{
    struct run_row *all = NULL;
    size_t n = 0;
    struct wanted_runs w = { .runbook = runbook, .after = after };
    enum store_error e = s->ops.runs->list(s, &w, a, &all, count, ds);

    if (e)
        return e;
    for (size_t i = 0; i < *count; i++)
        if (str_equal(all[i].runbook, runbook) && str_compare(all[i].started, after) > 0)
            all[n++] = all[i];
    *count = n;
    rows_sort(all, n);
    *rows = all;
    return STORE_OK;
}

static enum store_error ambiguous(struct str id, const struct str *ids, size_t listed, size_t count,
                                  struct diags *ds)
{
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; i < listed; i++)
        buf_format(&b, "%s`%.*s`", i ? ", " : "", STR_ARG(ids[i]));
    struct diag *d = store_diag(ds, STORE_NO_SUCH_RUN, "`%.*s` begins the ids of %zu runs",
                                STR_ARG(id), count);
    diag_help(ds, d, "they are %.*s%s", STR_ARG(buf_str(&b)), count > listed ? ", ..." : "");
    buf_free(&b);
    return STORE_NO_SUCH_RUN;
}

// An id that is the beginning of another stands for itself.
static const struct str *exact(struct str id, const struct str *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(ids[i], id))
            return &ids[i];
    return count == 1 ? ids : NULL;
}

enum store_error store_find(struct store *s, struct str id, struct arena *a, struct run_row *out,
                            struct diags *ds)
{
    enum { LISTED = 4 };
    struct str ids[LISTED];
    size_t count = 0;

    if (!id_is_good(id))
        return store_no_run(ds, id);
    enum store_error e = s->ops.runs->ids(s, id, a, ids, LISTED, &count, ds);
    if (e)
        return e;
    if (count == 0)
        return store_no_run(ds, id);
    size_t listed = count < LISTED ? count : LISTED;
    const struct str *found = exact(id, ids, listed);
    if (!found)
        return ambiguous(id, ids, listed, count, ds);
    return s->ops.runs->row(s, *found, a, out, ds);
}

enum store_error store_read(struct store *s, struct str id, int64_t from_seq, bool verify,
                            bool (*see)(const struct stored_event *e, void *arg), void *arg,
                            struct diags *ds)
{
    if (!id_is_good(id))
        return store_no_run(ds, id);
    return s->ops.runs->read(s, id, from_seq, verify, see, arg, ds);
}

enum store_error store_kept(struct store *s, struct str id, const char *name, struct arena *a,
                            struct str *out, struct diags *ds)
{
    assert(!strchr(name, '/'));
    if (!id_is_good(id))
        return store_no_run(ds, id);
    return s->ops.runs->kept(s, id, name, a, out, ds);
}

struct str store_folder(struct store *s, struct str id, struct arena *a)
{
    return s->ops.runs->folder(s, id, a);
}

struct str store_place(struct store *s, struct str id, struct arena *a)
{
    return s->ops.runs->place ? s->ops.runs->place(s, id, a) : STR("");
}

bool store_is_in(struct store *s, struct str url)
{
    return s->ops.runs->is_in && s->ops.runs->is_in(s, url);
}

struct str store_user(struct store *s, struct arena *a)
{
    return s->ops.runs->user(s, a);
}

// ---- locks, votes, what triggers remember

enum store_error store_lock(struct store *s, struct str run, const struct str *names, size_t count,
                            struct arena *a, struct lock_row *holder, struct diags *ds)
{
    struct str *sorted = NEW_ARRAY(a, struct str, count);

    if (count == 0)
        return STORE_OK;
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && str_compare(sorted[at - 1], names[i]) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = names[i];
    }
    return s->ops.locks->lock(s, run, sorted, count, a, holder, ds);
}

enum store_error store_unlock(struct store *s, struct str run, struct diags *ds)
{
    return s->ops.locks->unlock(s, run, ds);
}

enum store_error store_locks(struct store *s, struct arena *a, const struct lock_row **rows,
                             size_t *count, struct diags *ds)
{
    return s->ops.locks->list(s, a, rows, count, ds);
}

enum store_error store_vote(struct store *s, struct str run, const struct vote *v, struct diags *ds)
{
    if (!id_is_good(run))
        return store_no_run(ds, run);
    return s->ops.notes->vote(s, run, v, ds);
}

enum store_error store_votes(struct store *s, struct str run, struct arena *a,
                             const struct vote **votes, size_t *count, struct diags *ds)
{
    if (!id_is_good(run))
        return store_no_run(ds, run);
    return s->ops.notes->votes(s, run, a, votes, count, ds);
}

enum store_error store_remember(struct store *s, struct str key, struct str json, struct diags *ds)
{
    return s->ops.notes->remember(s, key, json, ds);
}

enum store_error store_recall(struct store *s, struct str key, struct arena *a, struct str *json,
                              struct diags *ds)
{
    *json = STR("");
    return s->ops.notes->recall(s, key, a, json, ds);
}

enum store_error store_claim_fire(struct store *s, struct str key, struct arena *a, struct str *run,
                                  bool *ours, struct diags *ds)
{
    *run = id_random(a, 8);  // not asked whether it is taken: two million million of them
    return s->ops.notes->claim(s, key, a, run, ours, ds);
}

// ---- runs that are to be gone on with, and those that are old

enum store_error store_claim(struct store *s, const struct seen_run *runs, size_t count,
                             struct arena *a, struct claim *out, struct diags *ds)
{
    *out = (struct claim){ .fd = -1 };
    return s->ops.runs->claim(s, runs, count, a, out, ds);
}

void store_claim_drop(struct store *s, struct claim *c)
{
    if (c->run.n)
        s->ops.runs->drop(s, c);
    *c = (struct claim){ .fd = -1 };
}

static bool is_over(const struct run_row *row, struct str before)
{
    return (str_is(row->state, "final") || str_is(row->state, "aborted")) && row->ended.n &&
           str_compare(row->ended, before) < 0;
}

enum store_error store_prune(struct store *s, int64_t older_than_ns, size_t *removed,
                             struct diags *ds)
{
    struct arena *a = arena_new(s->arena);
    struct str before = clock_rfc3339_ms(a, clock_wall_ns() - older_than_ns);
    const struct run_row *rows;
    size_t count;
    enum store_error e = store_runs(s, a, 0, &rows, &count, ds);

    *removed = 0;
    for (size_t i = 0; i < count && !e; i++) {
        if (!is_over(&rows[i], before))
            continue;
        e = s->ops.runs->remove(s, rows[i].id, ds);
        *removed += e == STORE_OK;
        if (e == STORE_HELD)  // somebody has it again; the next time, then
            e = STORE_OK;
    }
    arena_free(a);
    return e;
}

enum store_error store_sweep(struct store *s, int64_t older_than_ns, size_t *removed,
                             struct diags *ds)
{
    *removed = 0;
    if (!s->ops.runs->sweep)
        return STORE_OK;
    return s->ops.runs->sweep(s, clock_wall_ns() - older_than_ns, removed, ds);
}

// ---- what little is known about events

bool is_start(struct str type)
{
    return str_is(type, "step.start") || str_is(type, "undo.start");
}

bool is_intent(struct str type)
{
    return is_start(type) || str_is(type, "step.intent");
}

struct str event_step(struct str json, struct arena *a)
{
    size_t at = str_search(json, STR("\"step\":\""));

    if (at == SIZE_MAX)
        return STR("");
    at += 8;
    size_t end = at;
    while (end < json.n && json.s[end] != '"')
        end += json.s[end] == '\\' ? 2 : 1;
    return str_copy(a, str_slice(json, at, end));
}
