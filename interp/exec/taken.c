// The run that a session is about: found, fit for what is asked of it, and ours.

#include "base/arena.h"
#include "base/clock.h"
#include "exec/session.h"

// ---- having it

static bool find_run(struct driver *d, struct str id, int *code)
{
    enum store_error e = store_find(d->store, id, d->arena, &d->row, d->diags);

    if (e == STORE_OK) {
        d->id = d->row.id;
        return true;
    }
    *code = e == STORE_NO_SUCH_RUN   ? CODE_USAGE
            : e == STORE_CANNOT_OPEN ? CODE_PREFLIGHT
                                     : CODE_STORE;
    return false;
}

bool taken_hold(struct driver *d, int *code)
{
    enum store_error e = journal_take(d->store, d->id, d->options->claim, d->arena, &d->journal,
                                      d->diags);

    if (e == STORE_OK) {
        d->folder = journal_folder(d->journal);
        return true;
    }
    *code = e == STORE_HELD ? CODE_LOCKED : e == STORE_NO_SUCH_RUN ? CODE_USAGE : CODE_STORE;
    return false;
}

// ---- what may be asked of it

static int refuse(struct driver *d, int code, const char *words)
{
    diag_error(d->diags, DIAG_USAGE, (struct span){ 0 }, "run %.*s %s", STR_ARG(d->id), words);
    return code;
}

static bool is_undone(const struct run_row *row)
{
    return str_is(row_result(row), "undone");
}

// Whether resume, undo or abort mean anything to it. 0, or an exit code.
static int is_fit(struct driver *d)
{
    bool aborted = str_is(d->row.state, "aborted"), final = str_is(d->row.state, "final");

    if (d->aborting && (aborted || final))
        return refuse(d, CODE_USAGE, "has ended for good already");
    if (d->undo.asked && is_undone(&d->row) && !d->options->undo_step.n)
        return refuse(d, CODE_USAGE, "is undone already");
    if (aborted)
        return refuse(d, CODE_USAGE,
                      d->undo.asked ? "was aborted; it cannot be undone any more"
                                    : "was aborted and cannot be resumed");
    if (final && !d->undo.asked)
        return refuse(d, CODE_USAGE,
                      is_undone(&d->row) ? "is undone; there is nothing to resume"
                                         : "is done; there is nothing to resume");
    return 0;
}

int taken_open(struct driver *d, struct str id)
{
    int code = 0;

    d->project = project_find(d->arena, d->options->cwd, action_names(), d->diags);
    if (!driver_open_store(d, false))
        return d->refused ? d->refused : CODE_PREFLIGHT;
    return find_run(d, id, &code) ? is_fit(d) : code;
}

int taken_look_again(struct driver *d)
{
    struct str seen = d->options->seen_ended;
    int code = 0;

    if (!find_run(d, d->id, &code))
        return code;
    code = is_fit(d);
    if (!code && ((d->options->worker.n && !str_equal(seen, d->row.ended)) ||
                  (d->calling && !str_is(d->row.state, "suspended"))))
        code = refuse(d, CODE_LOCKED, "was gone on with by somebody else");
    return code;
}

// A run that was killed before its first event: it is out of the way, and that is all.
static int abort_nothing(struct driver *d)
{
    d->row.state = d->row.result = STR("aborted");
    d->row.started = d->row.ended = clock_rfc3339_ms(d->arena, clock_wall_ns());
    d->row.exit = CODE_OK;
    journal_row(d->journal, &d->row);
    if (!commit_now(d, d->diags) || store_unlock(d->store, d->id, d->diags) != STORE_OK)
        return CODE_STORE;
    say(d, "run %.*s never began, and is out of the way", STR_ARG(d->id));
    return CODE_OK;
}

bool taken_is_bare(const struct driver *d)
{
    return d->row.started.n == 0;
}

int taken_never_began(struct driver *d)
{
    if (d->aborting)
        return abort_nothing(d);
    return refuse(d, CODE_USAGE,
                  "never began: nothing was started, and there is nothing to go on with");
}
