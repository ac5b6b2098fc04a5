// Runs of the same runbook that came after the one that is undone: what it puts back may be older
// than what they did, and who undoes it has to know of them.

#include "base/arena.h"
#include "exec/session.h"
#include "value/fields.h"
#include "value/when.h"

enum { COUNTED_MOST = 100 };  // looked into; an undo is not kept waiting for a number

static struct str next_line(struct str *lines)
{
    size_t end = str_find(*lines, '\n'), n = end == SIZE_MAX ? lines->n : end;
    struct str line = str_slice(*lines, 0, n);

    *lines = str_slice(*lines, n < lines->n ? n + 1 : n, lines->n);
    return line;
}

static bool has_line(struct str lines, struct str line)
{
    while (lines.n)
        if (str_equal(next_line(&lines), line))
            return true;
    return false;
}

// Locks name what a run works on: two that both name something, and nothing in common, do not meet.
static bool may_meet(const struct run_row *a, const struct run_row *b)
{
    struct str lines = a->locks;

    while (lines.n && b->locks.n)
        if (has_line(b->locks, next_line(&lines)))
            return true;
    return !a->locks.n || !b->locks.n;
}

static bool see_effect(const struct stored_event *e, void *arg)
{
    struct arena *a = arena_new(NULL);
    struct event event;
    bool *found = arg;

    if (str_is(e->type, "step.start") && event_read(e->json, a, &event))
        *found = !truth_of(event.data, "group") && !str_is(text_of(event.data, "effects"), "read");
    arena_free(a);
    return !*found;
}

static bool did_something(struct driver *d, const struct run_row *r)
{
    struct diags ignored = { .arena = turn_arena(d) };
    bool found = false;

    return store_read(d->store, r->id, 0, false, see_effect, &found, &ignored) == STORE_OK && found;
}

static bool is_newer(struct driver *d, const struct run_row *r)
{
    return !str_equal(r->id, d->id) && !str_is(row_result(r), "undone") &&
           r->drill == d->row.drill && may_meet(r, &d->row) && did_something(d, r);
}

static struct str came_to(const struct run_row *r)
{
    bool over = str_is(r->state, "ended") || str_is(r->state, "final");

    return over ? row_result(r) : r->state;
}

// [all]: it was looked into all of them.
static void tell(struct driver *d, const struct run_row *last, size_t count, bool all)
{
    struct value_builder *b = event_data(d);
    struct arena *a = turn_arena(d);
    const char *least = all ? "" : "at least ";
    struct str times = count > 1 ? str_format(a, " %s%zu times, the last", least, count) : STR("");
    struct str message = str_format(
        a,
        "`%.*s` ran again after this run,%.*s as %.*s (%.*s, started %.*s by "
        "%.*s): what this undo puts back is from before that",
        STR_ARG(last->runbook), STR_ARG(times), STR_ARG(last->id), STR_ARG(came_to(last)),
        STR_ARG(date_text(wall_from(last->started), a)), STR_ARG(last->user));
    struct str help = str_format(a,
                                 "where both worked on the same, the newer one is undone first: "
                                 "`runbook undo %.*s%.*s`",
                                 STR_ARG(last->id), STR_ARG(d->options->reach));

    value_put_s(b, "level", value_text("warning"));
    value_put_s(b, "code", value_text("newer"));
    value_put_s(b, "message", value_string(message));
    value_put_s(b, "help", value_string(help));
    value_put_s(b, "newer", value_string(last->id));
    emit(d, EVENT_DIAGNOSTIC, b);
}

void tell_newer_runs(struct driver *d)
{
    struct diags ignored = { .arena = turn_arena(d) };
    const struct run_row *rows, *last = NULL;
    size_t count, i, newer = 0;

    if (store_runs_after(d->store, d->row.runbook, d->row.started, turn_arena(d), &rows, &count,
                         &ignored) != STORE_OK)
        return;
    for (i = 0; i < count && !(last && i >= COUNTED_MOST); i++) {
        if (!is_newer(d, &rows[i]))
            continue;
        last = last ? last : &rows[i];
        newer++;
    }
    if (newer)
        tell(d, last, newer, i == count);
}
