// One run, held by one interpreter: what is the same for all stores.

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "store/backend.h"
#include "store/row.h"

static void close_journal(void *arg)
{
    journal_close(arg);
}

static bool write_batches(void *arg, const struct batch *batches, struct failure *why)
{
    struct journal *j = arg;

    return j->ops->write(j, batches, why);
}

static bool is_untidy(void *arg)
{
    struct journal *j = arg;

    return j->ops->is_untidy(j);
}

static bool tidy_journal(void *arg, struct failure *why)
{
    struct journal *j = arg;

    return j->ops->tidy(j, why);
}

static void late_batches(void *arg, const struct batch *batches)
{
    struct journal *j = arg;

    if (j->ops->late)
        j->ops->late(j, batches);
}

// The writer is deferred after the journal, so it is gone before it when nobody closed.
void journal_start(struct journal *j, struct store *s, const struct journal_ops *ops,
                   struct arena *own, bool threaded, struct str id)
{
    j->ops = ops;
    j->store = s;
    j->arena = own;
    j->id = str_copy(own, id);
    j->writer = writer_new(own, s->loop, threaded, write_batches, late_batches, j);
    if (ops->tidy)
        writer_tidies(j->writer, is_untidy, tidy_journal);
    arena_defer(own, close_journal, j);
}

// Sixty million short ids; a longer one each time that it is taken.
static enum store_error create_somewhere(struct store *s, struct arena *a, struct journal **out,
                                         struct diags *ds)
{
    enum store_error e = STORE_HELD;

    for (size_t length = 5; e == STORE_HELD && length < 16; length++)
        e = s->ops.runs->create(s, a, id_random(a, length), out, ds);
    return e;
}

enum store_error journal_create(struct store *s, struct arena *a, struct str id,
                                struct journal **out, struct diags *ds)
{
    *out = NULL;
    if (id.n && !id_is_good(id))
        return store_fail(ds, STORE_FAILED, "`%.*s` cannot be the id of a run", STR_ARG(id));
    enum store_error e = id.n ? s->ops.runs->create(s, a, id, out, ds)
                              : create_somewhere(s, a, out, ds);
    if (e == STORE_HELD)
        return store_fail(ds, e, "there is a run `%.*s` already", STR_ARG(id));
    return e;
}

enum store_error journal_take(struct store *s, struct str id, struct str mark, struct arena *a,
                              struct journal **out, struct diags *ds)
{
    *out = NULL;
    if (!id_is_good(id))
        return store_no_run(ds, id);
    return s->ops.runs->open(s, a, id, mark, out, ds);
}

enum store_error journal_look(struct journal *j,
                              bool (*see)(const struct stored_event *e, void *arg), void *arg,
                              struct diags *ds)
{
    assert(!j->closed);
    if (j->ops->look)
        return j->ops->look(j, see, arg, ds);
    return see ? store_read(j->store, j->id, 1, false, see, arg, ds) : STORE_OK;
}

bool journal_looks_alone(const struct journal *j)
{
    return j->ops->look != NULL;
}

void journal_close(struct journal *j)
{
    if (j->closed)
        return;
    j->closed = true;
    writer_stop(j->writer);
    j->ops->close(j);
}

struct str journal_id(const struct journal *j)
{
    return j->id;
}

struct str journal_folder(const struct journal *j)
{
    return j->folder;
}

struct str journal_place(const struct journal *j)
{
    return j->place;
}

int64_t journal_next_seq(const struct journal *j)
{
    return j->next_seq;
}

void journal_add(struct journal *j, struct str type, struct str json)
{
    struct batch *b = writer_batch(j->writer);
    struct new_event *e = NEW(b->arena, struct new_event);

    assert(!j->closed);
    *e = (struct new_event){ .seq = j->next_seq++,
                             .type = str_copy(b->arena, type),
                             .json = str_copy(b->arena, json) };
    if (b->last)
        b->last->next = e;
    else
        b->first = e;
    b->last = e;
}

void journal_row(struct journal *j, const struct run_row *row)
{
    struct batch *b = writer_batch(j->writer);
    struct run_row *copy = NEW(b->arena, struct run_row);

    assert(!j->closed);
    *copy = row_copy(b->arena, row);
    copy->id = str_copy(b->arena, j->id);
    b->row = copy;
}

void journal_commit(struct journal *j, void (*then)(void *arg, bool ok), void *arg)
{
    assert(!j->closed);
    writer_commit(j->writer, then, arg);
}

bool journal_commit_now(struct journal *j, struct diags *ds)
{
    if (journal_commit_here(j))
        return true;
    store_fail(ds, STORE_FAILED, "%.*s", STR_ARG(journal_failure(j)));
    if (journal_is_full(j))
        diag_help(ds, ds->last, "free space where `%.*s` is first", STR_ARG(j->folder));
    return false;
}

bool journal_commit_here(struct journal *j)
{
    assert(!j->closed);
    return writer_commit_now(j->writer);
}

bool journal_is_near(const struct journal *j)
{
    return j->ops->near && !writer_is_slow(j->writer);
}

bool journal_is_quick(const struct journal *j, int64_t most_ms)
{
    return journal_is_near(j) && writer_took_ms(j->writer) <= most_ms;
}

void journal_on_failure(struct journal *j, void (*fn)(void *arg), void *arg)
{
    writer_on_failure(j->writer, j->ops->remote, fn, arg);
}

static int64_t last_durable(const struct journal *j)
{
    return journal_failure(j).n && j->ops->last ? j->ops->last((struct journal *)(uintptr_t)j) : -1;
}

bool journal_is_full(const struct journal *j)
{
    return last_durable(j) >= 0;
}

bool journal_is_limited(const struct journal *j)
{
    return journal_is_full(j) && j->limited;
}

bool journal_last_words(struct journal *j)
{
    int64_t durable = last_durable(j);

    if (durable < 0)
        return false;
    writer_forgive(j->writer);
    j->next_seq = durable + 1;
    return true;
}

bool journal_must_stop(const struct journal *j)
{
    return journal_failure(j).n && j->ops->remote;
}

struct str journal_failure(const struct journal *j)
{
    return writer_failure(j->writer, j->arena);
}

bool journal_keep(struct journal *j, const char *name, struct str bytes, struct diags *ds)
{
    assert(!j->closed && !strchr(name, '/'));
    return j->ops->keep(j, name, bytes, ds);
}
