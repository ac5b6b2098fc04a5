// resume, undo RUN, abort: a run whose journal is applied to a new one, and goes on.

#include "action/shell/remote_line.h"
#include "base/arena.h"
#include "base/clock.h"
#include "exec/lasting.h"
#include "exec/session.h"
#include "exec/undo_step.h"
#include "value/fields.h"

// ---- going on

static const struct given *kept_inputs(struct driver *d, const struct kept_plan *plan,
                                       size_t *count)
{
    size_t n = plan->inputs.kind == VALUE_MAP ? value_size(plan->inputs) : 0;
    struct given *all = NEW_ARRAY(d->arena, struct given, n + d->options->given_count + 1);

    for (size_t i = 0; i < n; i++)
        all[(*count)++] = (struct given){ .name = plan->inputs.map->entries[i].key.s,
                                          .has_value = true,
                                          .value = plan->inputs.map->entries[i].value };
    for (size_t i = 0; i < d->options->given_count; i++)
        all[(*count)++] = d->options->given[i];
    return all;
}

// What was computed once stays; only what held a secret is computed again.
static void keep_vars(struct driver *d, const struct kept_plan *plan)
{
    struct value_builder *b = value_map_start(d->arena);
    struct value now = d->frame->vars, kept;

    if (now.kind != VALUE_MAP || plan->vars.kind != VALUE_MAP)
        return;
    for (size_t i = 0; i < value_size(now); i++) {
        struct value_entry e = now.map->entries[i];
        bool same = value_get(plan->vars, e.key, &kept);
        value_put(b, e.key, same ? kept : e.value);
    }
    d->frame->vars = value_finish(b);
}

// What a callee was given; what of it was secret is evaluated again.
static bool given_again(struct driver *d, struct task *t, struct value *out, struct str *why)
{
    const struct module *m = program_use(d->program, t->step);
    struct view v = view_of(d, t);
    struct value lost = names_lost(t, "with"), all;
    struct expr_error err = { 0 };
    struct value_builder *b;

    *out = t->more->given;
    if (value_size(lost) == 0)
        return true;
    if (!frame_with(t->step, m, view_scope(&v), d->arena, &all, &err)) {
        *why = str_format(d->arena, "`with` of `%.*s`: %.*s", STR_ARG(t->address),
                          STR_ARG(err.message));
        return false;
    }
    b = value_map_start(d->arena);
    for (size_t i = 0; i < value_size(t->more->given); i++)
        value_put(b, t->more->given.map->entries[i].key, t->more->given.map->entries[i].value);
    for (size_t i = 0; i < value_size(lost); i++) {
        struct value again;
        if (value_get(all, value_item(lost, i), &again))
            value_put(b, value_item(lost, i), again);
    }
    *out = value_finish(b);
    return true;
}

// Frames of the used runbooks that were reached, outermost first. One whose secrets cannot
// be found any more fails the steps that need it, not the run: the others can be undone.
static bool restore_frames(struct driver *d)
{
    for (size_t i = 0; i < run_task_count(d->run); i++) {
        struct task *t = run_task_at(d->run, i);
        struct str why = STR("");
        if (t->kind != TASK_USE || !t->inner || t->aside)
            continue;
        struct value *given = &task_more(d->arena, t)->given;
        if (!given_again(d, t, given, &why)) {
            use_frame_broken(d, t, why);
        } else if (!use_frame(d, t, *given, now_value(), &why)) {
            if (!d->aborting) {
                diag_error(d->diags, DIAG_PREFLIGHT, (struct span){ 0 }, "`%.*s`: %.*s",
                           STR_ARG(t->address), STR_ARG(why));
                return false;
            }
            use_frame_broken(d, t, why);
        }
    }
    return true;
}

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

static bool take_run(struct driver *d, int *code)
{
    enum store_error e = journal_open_claimed(d->store, d->id, d->options->claim, d->arena,
                                              &d->journal, d->diags);

    if (e == STORE_OK) {
        d->folder = journal_folder(d->journal);
        return true;
    }
    *code = e == STORE_HELD ? CODE_LOCKED : e == STORE_NO_SUCH_RUN ? CODE_USAGE : CODE_STORE;
    return false;
}

static bool read_plan(struct driver *d, struct kept_plan *plan)
{
    struct str json;

    if (store_kept(d->store, d->id, "plan.json", d->arena, &json, d->diags) != STORE_OK)
        return false;
    if (plan_read(d->arena, json, plan)) {
        plan->digest = plan_digest(d, json);
        return true;
    }
    diag_error(d->diags, DIAG_STORE, (struct span){ 0 },
               "the plan kept with run %.*s cannot be read", STR_ARG(d->id));
    return false;
}

// The digest is in an event, which nobody changes unnoticed.
static bool is_plan_of_this_run(struct driver *d, const struct kept_plan *plan)
{
    if (str_equal(plan->digest, d->digest))
        return true;
    diag_error(d->diags, DIAG_STORE, (struct span){ 0 },
               "the plan kept with run %.*s is not the one that it began with", STR_ARG(d->id));
    return false;
}

static struct value started_of(struct driver *d)
{
    return value_of(d->run_value, "started");
}

static struct value restore_started(struct driver *d, struct value kept)
{
    struct value_builder *b = value_map_start(d->arena);

    for (size_t i = 0; i < value_size(kept); i++) {
        struct value_entry e = kept.map->entries[i];
        value_put(b, e.key, e.value);
    }
    value_put_s(b, "started", started_of(d));
    return value_finish(b);
}

// `abort` ends a run whatever is missing. What is, only fails a step of `always` that needs it: by
// its expressions, or because nobody knows where and with what environment it would run.
static void make_what_is_left(struct driver *d, const struct given *given, size_t count,
                              struct str base)
{
    struct diags missing = { .arena = d->arena };
    struct value now = now_value();
    struct buf *words = buf_in(d->arena);

    new_root_frame(d);
    frame_inputs(d->frame, given, count, base, now, d->arena, &missing);
    frame_secrets(d->frame, d->mask, now, d->arena, &missing);
    for (const struct diag *m = missing.first; m; m = m->next)
        buf_format(words, "%s%.*s", words->n ? "; " : "", STR_ARG(m->message));
    d->missing = buf_str(words);
    frame_vars(d->frame, now, d->arena, &missing);
    if (!frame_places(d->frame, d->project, now, d->arena, &missing))
        d->frame->broken = missing.first->message;
}

// Who goes on is asked again for the secret inputs, which are kept nowhere.
static int remake_root_frame(struct driver *d, const struct kept_plan *plan)
{
    size_t count = 0;
    const struct given *given = kept_inputs(d, plan, &count);

    if (d->aborting) {
        make_what_is_left(d, given, count, plan->cwd);
        return 0;
    }
    if (d->asker->has_terminal && !d->options->no_input && plan->secret_inputs.kind == VALUE_LIST)
        given = ask_inputs(d, plan->secret_inputs, given, &count);
    if (d->refused)
        return d->refused;
    return make_root_frame(d, given, count, plan->cwd);
}

// The run as its journal says it is. 0, or an exit code.
static int restore(struct driver *d, struct kept_plan *plan, struct run_options *o)
{
    int code;

    o->cwd = plan->cwd;
    o->manual |= plan->manual;
    o->drill = plan->drill;
    if (!o->on_failure)
        o->on_failure = plan->on_failure;
    d->project = project_for(d->arena, plan->cwd, plan->file, action_names(), d->diags);
    d->program = program_from(d->arena, d->project, plan->files, plan->file_count, plan->file,
                              d->diags);
    if (!d->program)
        return CODE_INVALID;
    code = remake_root_frame(d, plan);
    if (code)
        return code;
    if (plan_fill_secrets(d, plan)) {
        d->program = program_from(d->arena, d->project, plan->files, plan->file_count, plan->file,
                                  d->diags);
        if (!d->program)
            return CODE_INVALID;
        d->frame->module = d->program->root;
    }
    keep_vars(d, plan);
    if (plan->run.kind == VALUE_MAP)
        d->frame->run = d->run_value = restore_started(d, plan->run);
    if (plan->trigger.kind == VALUE_MAP)
        d->frame->trigger = plan->trigger;
    d->run = run_new(d->arena, d->program, &(struct run_facts){ .on_failure = o->on_failure });
    run_root(d->run)->frame = d->frame;
    return 0;
}

// ---- a session

static void tell_resume(struct driver *d)
{
    struct value_builder *b = event_data(d);

    value_put_s(b, "runbook", value_string(d->program->root->rb->name.str));
    value_put_s(b, "session", value_int(d->sessions + 2));
    value_put_s(b, "user", value_string(person(d)));
    if (d->undoing)
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
}

static int refuse(struct driver *d, int code, const char *words)
{
    diag_error(d->diags, DIAG_USAGE, (struct span){ 0 }, "run %.*s %s", STR_ARG(d->id), words);
    return code;
}

static bool is_undone(const struct run_row *row)
{
    return str_is(row_result(row), "undone");
}

static void remember_locks(struct driver *d)
{
    if (!locks_find(d))
        d->lock_count = 0;
}

// Nothing of the run goes on but the `always` that a suspend or a crash left out.
static void abort_here(struct driver *d)
{
    abandon_tell(d);
    if (d->owes_always && d->missing.n && d->program->root->rb->always.count)
        say(d, "`always` goes without what is missing (%.*s); a step that needs it fails",
            STR_ARG(d->missing));
    run_settle_nothing(d->run);
    run_want_stop(d->run);
}

static int close_early(struct driver *d, int code)
{
    remote_lines_end(&d->session);
    if (d->session.keeper)
        keeper_stop(d->session.keeper, 1000);
    if (d->journal)
        journal_close(d->journal);
    free_commits(d);
    buf_free(&d->left);
    return code;
}

// Whether resume, undo or abort mean anything to it. 0, or an exit code.
static int is_fit(struct driver *d)
{
    bool aborted = str_is(d->row.state, "aborted"), final = str_is(d->row.state, "final");

    if (d->aborting && (aborted || final))
        return refuse(d, CODE_USAGE, "has ended for good already");
    if (d->undoing && is_undone(&d->row) && !d->options->undo_step.n)
        return refuse(d, CODE_USAGE, "is undone already");
    if (aborted)
        return refuse(d, CODE_USAGE,
                      d->undoing ? "was aborted; it cannot be undone any more"
                                 : "was aborted and cannot be resumed");
    if (final && !d->undoing)
        return refuse(d, CODE_USAGE,
                      is_undone(&d->row) ? "is undone; there is nothing to resume"
                                         : "is done; there is nothing to resume");
    return 0;
}

static int open_run(struct driver *d, struct str id)
{
    int code = 0;

    d->project = project_find(d->arena, d->options->cwd, action_names(), d->diags);
    if (!driver_open_store(d, false))
        return CODE_PREFLIGHT;
    return find_run(d, id, &code) ? is_fit(d) : code;
}

// Between the first look and having it somebody else may have gone on with it, and ended it.
static int look_again(struct driver *d)
{
    struct str seen = d->options->seen_ended;
    int code = 0;

    if (!find_run(d, d->id, &code))
        return code;
    code = is_fit(d);
    if (!code && d->options->worker.n && !str_equal(seen, d->row.ended))
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
    if (!commit_now(d, d->diags) ||
        store_unlock(d->store, d->id, d->diags) != STORE_OK)
        return CODE_STORE;
    say(d, "run %.*s never began, and is out of the way", STR_ARG(d->id));
    return CODE_OK;
}

// What the run was before this session, which may be about one step only and leaves it so.
// "crashed" is what is found out, and never what is kept; a session about one step that crashed
// changed nothing of the row but that.
static struct str state_before(const struct driver *d)
{
    if (!str_is(d->row.state, "crashed") && !str_is(d->row.state, "running"))
        return d->row.state;
    if (d->step_before.n == 0 || d->row.exit < 0)
        return STR("running");
    return d->row.exit == CODE_OK || d->row.exit == CODE_UNDONE ? STR("final")
           : d->row.exit == CODE_SUSPENDED                       ? STR("suspended")
                                                                 : STR("ended");
}

static int go_on(struct driver *d, struct run_options *o)
{
    struct kept_plan plan;
    struct run_facts facts;
    int code = 0;

    if (!take_run(d, &code))
        return code;
    code = look_again(d);
    if (code)
        return close_early(d, code);
    if (journal_next_seq(d->journal) == 1 && d->aborting)
        return close_early(d, abort_nothing(d));
    if (journal_next_seq(d->journal) == 1)
        return close_early(d, refuse(d, CODE_USAGE,
                                     "never began: nothing was started, and there "
                                     "is nothing to go on with"));
    if (!read_plan(d, &plan))
        return close_early(d, CODE_STORE);
    code = restore(d, &plan, o);
    if (code)
        return close_early(d, code);
    if (!journal_replay(d) || !is_plan_of_this_run(d, &plan))
        return close_early(d, CODE_STORE);
    code = undo_step_goes_on(d, o);
    if (code)
        return close_early(d, code);
    if (run_began_undo(d->run) && d->undone_before)
        d->undoing = true;
    facts = (struct run_facts){ .on_failure = o->on_failure,
                                .undo_only = d->undoing,
                                .undo_step = o->undo_step };
    if (!restore_frames(d))
        return close_early(d, CODE_PREFLIGHT);
    remember_locks(d);
    code = flags_are_right(d) ? undo_step_is_right(d) : CODE_USAGE;
    d->detached_before = d->was_suspended && !o->detach && !d->asker->has_terminal;
    o->detach |= d->detached_before;
    if (!code && d->lock_count)
        code = locks_take(d);
    if (!code && !driver_start_keeper(d))
        code = CODE_PREFLIGHT;
    if (code)
        return close_early(d, code);
    d->quiet = false;
    tell_changed_files(d, &plan);
    run_resume_here(d->run, &facts);
    if (!d->aborting && !d->undoing && !run_began_undo(d->run))
        code = refuse_questions(d);
    if (code)
        return close_early(d, code);
    signals_watch(d);
    code = d->aborting ? alive_stop(d) : alive_wait(d);
    if (code)
        return close_early(d, code);
    tell_resume(d);
    code = apply_marks(d);
    if (code)
        return close_early(d, code);
    if (!d->aborting && !d->undoing && !run_began_undo(d->run))
        doubts_ask(d);
    run_resume_here(d->run, &facts);
    if (!journal_hear(d))
        return close_early(d, CODE_STORE);
    if (d->owes_always)
        run_owe_always(d->run);
    if (d->aborting)
        abort_here(d);
    d->state_before = state_before(d);
    d->row.state = STR("running");
    journal_row(d->journal, &d->row);
    if (!commit_now(d, d->diags))
        return close_early(d, CODE_STORE);
    drive(d);
    return end_run(d);
}

int run_resume(struct run_env *env, struct str run, const struct run_options *given)
{
    struct run_options *o = NEW(env->arena, struct run_options);
    struct driver *d;
    int code;

    *o = *given;
    d = driver_new(env, o);
    d->resumed = true;
    code = open_run(d, run);
    if (code)
        return close_early(d, code);
    return go_on(d, o);
}

int run_undo(struct run_env *env, struct str run, const struct run_options *given)
{
    struct run_options *o = NEW(env->arena, struct run_options);
    struct driver *d;
    int code;

    *o = *given;
    d = driver_new(env, o);
    d->resumed = d->undoing = true;
    code = open_run(d, run);
    if (code)
        return close_early(d, code);
    return go_on(d, o);
}

// Ends a stopped run for good, frees its locks and says what is in doubt.
int run_abort(struct run_env *env, struct str run, const struct run_options *given)
{
    struct run_options *o = NEW(env->arena, struct run_options);
    struct driver *d;
    int code;

    *o = *given;
    d = driver_new(env, o);
    d->aborting = true;
    code = open_run(d, run);
    if (code)
        return close_early(d, code);
    return go_on(d, o);
}
