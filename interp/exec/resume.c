// resume, undo RUN, abort: a run whose journal is applied to a new one, and goes on.

#include "action/shell/remote_line.h"
#include "base/arena.h"
#include "exec/reader.h"
#include "exec/restore.h"
#include "exec/undo_step.h"

// ---- a session

static void tell_resume(struct driver *d)
{
    struct value_builder *b = event_data(d);

    value_put_s(b, "runbook", value_string(d->program->root->rb->name.str));
    value_put_s(b, "session", value_int(d->earlier.sessions + 2));
    value_put_s(b, "user", value_string(person(d)));
    if (d->undo.asked)
        value_put_s(b, "undo", value_bool(true));
    if (d->aborting)
        value_put_s(b, "abort", value_bool(true));
    if (d->options->undo_step.n)
        value_put_s(b, "undo_step", value_string(d->options->undo_step));
    if (d->options->reason.n)
        value_put_s(b, "reason", value_string(d->options->reason));
    put_place(d, b);
    if (d->options->worker.n)
        value_put_s(b, "worker", value_string(d->options->worker));
    emit(d, EVENT_RUN_RESUME, b);
    tell_locks(d);
}

static void remember_locks(struct driver *d)
{
    if (!locks_find(d))
        d->locks.count = 0;
}

// Nothing of the run goes on but the `always` that a suspend or a crash left out.
static void abort_here(struct driver *d)
{
    abandon_tell(d);
    if (d->always.owed && !d->cut.n && d->missing.n && d->program->root->rb->always.count)
        say(d, "`always` goes without what is missing (%.*s); a step that needs it fails",
            STR_ARG(d->missing));
    run_abandon(d->run);
}

static int close_early(struct driver *d, int code)
{
    if (lookout_over(d))
        code = d->refused;
    tell_refused(d, code);
    remote_lines_end(&d->session);
    if (d->session.keeper)
        keeper_stop(d->session.keeper, 1000);
    if (d->journal)
        journal_close(d->journal);
    free_commits(d);
    buf_free(&d->left.lines);
    return code;
}

// What the run was before this session, which may be about one step only and leaves it so.
// "crashed" is what is found out, and never what is kept; a session about one step that crashed
// changed nothing of the row but that.
static struct str state_before(const struct driver *d)
{
    if (!str_is(d->row.state, "crashed") && !str_is(d->row.state, "running"))
        return d->row.state;
    if (d->earlier.undo_step.n == 0 || d->row.exit < 0)
        return STR("running");
    return d->row.exit == CODE_OK || d->row.exit == CODE_UNDONE ? STR("final")
           : d->row.exit == CODE_SUSPENDED                       ? STR("suspended")
                                                                 : STR("ended");
}

static int code_of(enum store_error e)
{
    return e == STORE_OK ? 0 : e == STORE_NO_SUCH_RUN ? CODE_USAGE : CODE_STORE;
}

static int look_only(struct driver *d)
{
    return code_of(journal_look(d->journal, NULL, NULL, d->diags));
}

// The program is made while a thread begins to check the events and to read them; each is applied
// when it was checked. Nothing is decided, asked or run before all are.
static int replay_at_once(struct driver *d, struct kept_plan *plan)
{
    struct reader *r = reader_start(d->journal, d->arena);
    int code = restore_program(d, plan);

    if (r && code)
        reader_end(r, d->diags);
    else if (!code)
        code = code_of(r ? journal_replay(d, r) : journal_replay_here(d, true));
    if (!code && !is_plan_of_this_run(d, plan))
        code = CODE_STORE;
    return code ? code : restore_values(d, plan);
}

// The run cannot be made before its secrets are known, or was looked at already.
static int replay_later(struct driver *d, struct kept_plan *plan)
{
    int code = taken_is_bare(d) ? 0 : look_only(d);

    if (!code)
        code = restore_program(d, plan);
    if (!code)
        code = restore_values(d, plan);
    if (!code)
        code = code_of(journal_replay_here(d, false));
    return code || is_plan_of_this_run(d, plan) ? code : CODE_STORE;
}

// The run as its journal says it is. 0, or an exit code.
static int restore(struct driver *d, struct run_options *o, struct kept_plan *plan)
{
    int code = restore_plan(d, plan, o);

    if (code)
        return code;
    return !taken_is_bare(d) && plan_is_whole(plan) ? replay_at_once(d, plan) : replay_later(d, plan);
}

// ---- going on

static bool may_begin(const struct driver *d)
{
    return !d->aborting && !d->undo.asked && !run_began_undo(d->run);
}

// What was left to wait was the way forward; who takes it back says --detach again or is there.
static bool begins_to_undo(const struct driver *d)
{
    return d->undo.asked && !run_began_undo(d->run);
}

// What is asked of it can be done. 0, or an exit code.
static int is_possible(struct driver *d, struct run_options *o)
{
    int code = undo_step_goes_on(d, o);

    if (code)
        return code;
    if (run_began_undo(d->run) && d->earlier.undone)
        d->undo.asked = true;
    if (!restore_frames(d))
        return CODE_PREFLIGHT;
    remember_locks(d);
    return flags_are_right(d) ? undo_step_is_right(d) : CODE_USAGE;
}

// Its locks, its keeper; what changed since is said. 0, or an exit code.
static int get_ready(struct driver *d, struct run_options *o, const struct kept_plan *plan,
                     const struct run_facts *facts)
{
    int code;

    d->earlier.detached = d->earlier.suspended && !o->detach && !d->asker->has_terminal &&
                         !begins_to_undo(d);
    o->detach |= d->earlier.detached;
    code = d->locks.count ? locks_take(d) : 0;
    if (!code && !driver_start_keeper(d))
        code = d->refused ? d->refused : CODE_PREFLIGHT;
    if (code)
        return code;
    d->quiet = false;
    tell_changed_files(d, plan);
    alive_note(d);
    run_resume_here(d->run, facts);
    code = marks_check(d);
    if (!code)
        code = marks_wait(d);
    if (!code && may_begin(d))
        code = refuse_questions(d);
    if (code)
        return code;
    signals_watch(d);
    return d->aborting ? alive_stop(d) : alive_wait(d);
}

static bool put_state(struct driver *d, struct str state)
{
    d->row.state = state;
    journal_row(d->journal, &d->row);
    return commit_now(d, d->diags);
}

// What had ended has freed its locks. Until the row says that it runs, they stand only where all the
// locks are kept, and may be lost with that; who made it again then has given them to another.
static int still_locked(struct driver *d)
{
    int code = d->aborting ? 0 : locks_hold(d);

    if (code && !put_state(d, d->earlier.state))
        code = CODE_STORE;
    return code;
}

// The session is told, and on disk. 0, or an exit code.
static int begin_session(struct driver *d, const struct run_facts *facts)
{
    int code;

    tell_resume(d);
    tell_warnings(d);
    if (d->undo.asked)
        tell_newer_runs(d);
    if (d->aborting || d->undo.asked || run_began_undo(d->run))
        withdraw_left(d);
    code = apply_marks(d);
    if (code)
        return code;
    if (may_begin(d))
        doubts_ask(d);
    run_resume_here(d->run, facts);
    if (!journal_hear(d))
        return CODE_STORE;
    if (d->cut.n && d->always.owed && d->program->root->rb->always.count)
        say(d, "`always` is left out: %.*s", STR_ARG(d->cut));
    else if (d->always.owed || (d->always.failed && !d->aborting))
        run_owe_always(d->run);
    if (d->aborting)
        abort_here(d);
    d->earlier.state = state_before(d);
    return put_state(d, STR("running")) ? still_locked(d) : CODE_STORE;
}

// 0, or an exit code.
static int make_again(struct driver *d, struct run_options *o, struct kept_plan *plan)
{
    lookout_for(d);
    int code = restore(d, o, plan);
    if (!code)
        code = is_possible(d, o);
    return lookout_over(d) ? d->refused : code;
}

static int go_on(struct driver *d, struct run_options *o)
{
    struct kept_plan plan;
    struct run_facts facts;
    int code = make_again(d, o, &plan);

    if (code)
        return code;
    facts = (struct run_facts){ .on_failure = o->on_failure,
                                .undo_only = d->undo.asked,
                                .undo_step = o->undo_step };
    code = get_ready(d, o, &plan, &facts);
    return code ? code : begin_session(d, &facts);
}

// ---- not going on

// The run stays as it is, and nothing of it is carried out but the hooks. 7: nobody is to be told
// any more.
static int call_only(struct driver *d, struct run_options *o)
{
    struct kept_plan plan;
    struct run_facts facts = { .on_failure = o->on_failure };
    int code = make_again(d, o, &plan);

    if (!code && !driver_start_keeper(d))
        code = d->refused ? d->refused : CODE_PREFLIGHT;
    if (code)
        return code;
    d->quiet = false;
    run_resume_here(d->run, &facts);
    run_settle_nothing(d->run);
    run_halt_steps(d->run);
    d->suspended = true;
    signals_watch(d);
    size_t told = call_those_due(d);
    drain(d);
    return d->store_failed ? CODE_STORE
           : told          ? CODE_SUSPENDED
           : d->signals    ? d->signal_code
                           : CODE_LOCKED;
}

// ---- the four of them

enum wish { RESUME, UNDO, ABORT, CALL };

static int again(struct run_env *env, struct str run, const struct run_options *given,
                 enum wish wish)
{
    struct run_options *o = NEW(env->arena, struct run_options);
    struct driver *d;
    int code;

    *o = *given;
    d = driver_new(env, o);
    d->earlier.read = wish != ABORT;
    d->undo.asked = wish == UNDO;
    d->aborting = wish == ABORT;
    d->calling = wish == CALL;
    code = taken_open(d, run);
    if (!code && !taken_hold(d, &code))
        return code;
    if (!code)
        code = taken_look_again(d);
    if (!code && taken_is_bare(d))
        code = look_only(d);
    if (!code && taken_is_bare(d) && journal_next_seq(d->journal) == 1)
        return close_early(d, taken_never_began(d));
    if (!code)
        code = d->calling ? call_only(d, o) : go_on(d, o);
    if (code)
        return close_early(d, code);
    tell_warnings(d);
    drive(d);
    return end_run(d);
}

int run_resume(struct run_env *env, struct str run, const struct run_options *given)
{
    return again(env, run, given, given->call ? CALL : RESUME);
}

int run_undo(struct run_env *env, struct str run, const struct run_options *given)
{
    return again(env, run, given, UNDO);
}

// Ends a stopped run for good, frees its locks and says what is in doubt.
int run_abort(struct run_env *env, struct str run, const struct run_options *given)
{
    return again(env, run, given, ABORT);
}
