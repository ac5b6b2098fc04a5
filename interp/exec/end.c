// The end of a session: hooks, what the run came to, the row, the locks.

#include "action/shell/remote_line.h"
#include "base/arena.h"
#include "base/clock.h"
#include "exec/walk.h"
#include "store/row.h"

static const struct runbook *root_of(const struct driver *d)
{
    return run_root(d->run)->module->rb;
}

static int code_of(const struct driver *d)
{
    int code = d->refused ? d->refused : run_code(d->run);

    if (d->store_failed)
        return CODE_STORE;
    if (d->aborting)
        return CODE_OK;
    if (d->suspended)
        return CODE_SUSPENDED;
    if (d->options->dry_run && (code == CODE_UNVERIFIED || code == CODE_FAILED))
        return code == CODE_FAILED ? CODE_FAILED : CODE_OK;
    return d->undo.asked && code == CODE_UNDONE ? CODE_OK : code;
}

// ---- hooks

static void hooks_told(struct driver *d)
{
    d->hooks.done = true;
    pump(d);
}

static void tell_hooks(struct driver *d, int code)
{
    bool undone = code == CODE_UNDONE ||
                  (d->undo.asked && code == CODE_OK && !d->options->undo_step.n);

    know_the_end(d);
    // One step taken back is neither a success of the run nor the undo of it.
    bool part = d->undo.asked && code == CODE_OK && d->options->undo_step.n;
    if (code == CODE_SUSPENDED || d->store_failed || d->aborting || part)
        return;
    d->hooks.done = false;
    d->over = d->suspended = false;
    run_hold(d->run, true);
    hooks_tell(d, undone ? "undone" : code == CODE_OK ? "success" : "failure", hooks_told);
    while (!d->hooks.done && loop_turn(d->loop))
        ;
}

// ---- run.end

// A group may have begun and never come to its end: a failure in it that a resume took up has ended
// the run. Of a transaction nothing is done then, and it begins anew.
static bool has_begun(const struct task *t)
{
    return (t->kind == TASK_GROUP || t->kind == TASK_USE) && t->attempts && !task_transaction(t) &&
           !t->step->more->transaction;
}

static bool was_not_run(const struct task *t)
{
    return t->state == STATE_BLOCKED || !(t->ended || t->unkept || has_begun(t));
}

static void put_states(struct driver *d, struct value_builder *b)
{
    struct value_builder *not_run = value_list_start(d->arena);
    struct value_builder *skipped = value_list_start(d->arena);
    struct value_builder *unknown = value_list_start(d->arena);

    for (size_t i = 0; i < run_task_count(d->run); i++) {
        const struct task *t = run_task_at(d->run, i);
        struct value address = value_string(t->address);
        bool cut = t->phase == PHASE_ALWAYS && run_phase(d->run) == PHASE_ALWAYS && !t->ended;
        bool step = t->phase == PHASE_PREPARE || t->phase == PHASE_STEPS || cut;
        if (!t->aside && t->state == STATE_UNKNOWN && task_can_be_marked(t))
            value_add(unknown, address);
        if (!step || t->aside || t->in->kind == SERIES_RESCUE)
            continue;
        if (was_not_run(t))
            value_add(not_run, address);
        if (t->by_person)
            value_add(skipped, address);
    }
    value_put_s(b, "not_run", value_finish(not_run));
    value_put_s(b, "skipped", value_finish(skipped));
    value_put_s(b, "unknown", value_finish(unknown));
    value_put_s(b, "undone", names_of_undone(d, UNDO_DONE));
    value_put_s(b, "undo_failed", names_of_undone(d, UNDO_FAILED));
    value_put_s(b, "cannot_undo", value_finish(d->undo.cannot));
}

// What became of a task, for who thinks that all went as usual; or "".
static struct str warning_of(const struct task *t, struct arena *a)
{
    if (t->unkept)
        return str_format(a, "%.*s is over, and its result could not be kept: a resume takes it up",
                          STR_ARG(t->address));
    if (t->aside || !t->ended || t->phase == PHASE_UNDO)
        return STR("");
    if (t->state == STATE_RESCUED)
        return str_format(a, "%.*s failed, and was rescued", STR_ARG(t->address));
    if (t->state == STATE_FAILED && t->continued)
        return str_format(a, "%.*s failed, and the run went on", STR_ARG(t->address));
    return STR("");
}

static void put_warnings(struct driver *d, struct value_builder *b)
{
    struct value_builder *list = value_list_start(d->arena);
    size_t n = 0;

    for (size_t i = 0; i < run_task_count(d->run); i++) {
        struct str warning = warning_of(run_task_at(d->run, i), d->arena);
        if (!warning.n)
            continue;
        value_add(list, value_string(warning));
        n++;
    }
    if (d->verified.why_not.n) {
        value_add(list, value_string(str_format(d->arena, "the verification does not hold: %.*s",
                                                STR_ARG(d->verified.why_not))));
        n++;
    }
    struct value all = value_finish(list);
    if (n)
        value_put_s(b, "warnings", all);
}

static void put_verified(struct driver *d, struct value_builder *b)
{
    if (root_of(d)->verify.count == 0)
        value_put_s(b, "verified", value_text("none"));
    else
        value_put_s(b, "verified", value_bool(run_verified(d->run)));
}

static void put_report_words(struct driver *d, struct value_builder *b)
{
    const struct report *r = root_of(d)->report;
    struct view v = view_of_space(d, run_root(d->run));
    struct value_builder *words = value_map_start(d->arena);
    const struct {
        const char *name;
        const struct template *words;
    } all[] = {
        { "impact", r ? r->impact : NULL },
        { "detected", r ? r->detected : NULL },
        { "data_loss", r ? r->data_loss : NULL },
        { "cause", r ? r->cause : NULL },
        { "prevention", r ? r->prevention : NULL },
        { "lessons", r ? r->lessons : NULL },
        { "previous_version", r ? r->previous_version : NULL },
        { "target_version", r ? r->target_version : NULL },
    };

    v.at_end = true;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct expr_error err = { 0 };
        struct str text;
        bool secret;
        if (!all[i].words)
            continue;
        if (!template_eval_text(all[i].words, view_scope(&v), d->arena, &text, &secret, &err))
            text = STR("not known");
        value_put_s(words, all[i].name, value_string(text));
    }
    value_put_s(b, "report", value_finish(words));
}

// The sum of the sessions, and not the time between them.
int64_t run_took_ms(const struct driver *d)
{
    return d->earlier.ms + loop_now_ms(d->loop) - d->started_boot_ms;
}

static void put_budget(struct driver *d, struct value_builder *b)
{
    struct value_builder *all = value_map_start(d->arena);

    value_put_s(all, "prepare_ms", value_int(d->phases.ms[PHASE_PREPARE]));
    value_put_s(all, "execute_ms", value_int(d->phases.ms[PHASE_STEPS]));
    value_put_s(all, "verify_ms", value_int(d->phases.ms[PHASE_VERIFY]));
    value_put_s(all, "total_ms", value_int(run_took_ms(d)));
    value_put_s(b, "budget", value_finish(all));
    value_put_s(b, "waiting_ms", value_int(d->waiting.ms));
}

static void put_left(struct driver *d, struct value_builder *b)
{
    struct value_builder *list = value_list_start(d->arena);
    struct str all = buf_str(&d->left.lines);

    while (all.n) {
        size_t end = str_find(all, '\n');
        struct str line = str_slice(all, 0, end == SIZE_MAX ? all.n : end);
        size_t one = str_find(line, '\t');
        size_t two = one + 1 + str_find(str_slice(line, one + 1, line.n), '\t');
        struct value_builder *p = value_map_start(d->arena);
        value_put_s(p, "step", value_string(str_slice(line, 0, one)));
        value_put_s(p, "pid", value_string(str_slice(line, one + 1, two)));
        value_put_s(p, "command", value_string(str_slice(line, two + 1, line.n)));
        value_add(list, value_finish(p));
        all = end == SIZE_MAX ? STR("") : str_slice(all, end + 1, all.n);
    }
    struct value left = value_finish(list);
    if (value_size(left))
        value_put_s(b, "left", left);
}

// Who reads the journal has to know that somebody else did not hear all of it.
static void tell_lost(struct driver *d)
{
    for (const struct observer *o = d->env->observers; o; o = o->next) {
        if (!o->lost.n)
            continue;
        struct value_builder *b = event_data(d);
        value_put_s(b, "level", value_text("warning"));
        value_put_s(b, "code", value_text("output"));
        value_put_s(b, "message", value_string(o->lost));
        emit(d, EVENT_DIAGNOSTIC, b);
    }
}

static void tell_end(struct driver *d, int code)
{
    tell_lost(d);
    if (d->journal && !d->store_failed && !d->earlier.heard_ns && code != CODE_SUSPENDED)
        tell_files_changed_meanwhile(d);
    struct value_builder *b = event_data(d);
    bool undone = d->undo.asked && code == CODE_OK && !d->options->undo_step.n;

    if (code == CODE_SUSPENDED) {
        struct value_builder *waiting = value_list_start(d->arena);
        open_questions(d, waiting);
        value_put_s(b, "waiting", value_finish(waiting));
        struct value_builder *list = value_list_start(d->arena);
        open_calls(d, list);
        struct value calls = value_finish(list);
        if (value_size(calls))
            value_put_s(b, "calls", calls);
        value_put_s(b, "exit", value_int(code));
        value_put_s(b, "took_ms", value_int(run_took_ms(d)));
        emit(d, EVENT_RUN_SUSPEND, b);
        return;
    }
    value_put_s(b, "result",
                value_text(d->aborting ? "aborted"
                           : undone    ? "undone"
                                       : code_word(code)));
    value_put_s(b, "exit", value_int(code));
    value_put_s(b, "took_ms", value_int(run_took_ms(d)));
    put_verified(d, b);
    put_states(d, b);
    put_warnings(d, b);
    put_left(d, b);
    struct value alive = lost_checks(d);
    if (value_size(alive))
        value_put_s(b, "alive", alive);
    put_budget(d, b);
    put_report_words(d, b);
    if (d->options->drill)
        value_put_s(b, "drill", value_bool(true));
    if (d->store_full)
        value_put_s(b, "full", value_string(d->folder));
    emit(d, EVENT_RUN_END, b);
}

static bool is_final(const struct driver *d, int code)
{
    return code == CODE_OK || code == CODE_UNDONE || (d->undo.asked && code == CODE_OK);
}

// One step of it is undone, and nothing went wrong: the run is what it was.
static bool took_one_back(const struct driver *d, int code)
{
    return d->undo.asked && code == CODE_OK && d->options->undo_step.n;
}

// What the run came to, and which steps were taken back since.
static struct str result_since(struct driver *d)
{
    struct value undone = names_of_undone(d, UNDO_DONE);
    struct buf *b = buf_in(d->arena);

    buf_add(b, row_result(&d->row));
    for (size_t i = 0; i < value_size(undone); i++)
        buf_format(b, "\n%.*s", STR_ARG(value_item(undone, i).s));
    return buf_str(b);
}

static void put_row(struct driver *d, int code)
{
    struct run_row *row = &d->row;

    row->took_ms = run_took_ms(d);
    if (took_one_back(d, code)) {
        row->state = d->earlier.state;
        row->result = result_since(d);
        journal_row(d->journal, row);
        return;
    }

    row->exit = code;
    row->result = str_from(d->aborting                        ? "aborted"
                           : d->undo.asked && code == CODE_OK ? "undone"
                                                              : code_word(code));
    row->ended = clock_rfc3339_ms(d->arena, clock_wall_ns());
    row->state = d->aborting              ? STR("aborted")
                 : code == CODE_SUSPENDED ? STR("suspended")
                 : is_final(d, code)      ? STR("final")
                                          : STR("ended");
    journal_row(d->journal, row);
}

// Suspended and unknown runs keep their locks until resume, undo or abort; so does one of which a
// single step was undone while it was so, or had crashed: the rest of it is in place.
static bool keeps_locks(const struct driver *d, int code)
{
    return code == CODE_SUSPENDED || code == CODE_UNKNOWN || code == CODE_STORE ||
           (took_one_back(d, code) && row_keeps_locks(&d->row));
}

static void free_locks(struct driver *d, int code)
{
    struct diags ds = { .arena = d->arena };

    if (d->locks.count && !keeps_locks(d, code))
        store_unlock(d->store, d->id, &ds);
    if (!ds.errors)  // a lock that is not freed is free all the same: its run is over
        diags_append(d->diags, &ds);
}

// A disk that was full has room for the end, in the reserve, so that the run is not taken for one
// that crashed. So has a journal that is sound, where only a file beside it could not be written.
static bool last_words(struct driver *d)
{
    bool sound = d->journal && !journal_failure(d->journal).n;

    d->telling.unkept = !sound && (!d->journal || !journal_last_words(d->journal));
    if (sound)
        return true;
    if (!d->telling.unkept)
        tell_kept(d, journal_next_seq(d->journal) - 1);
    forget_untold(d);
    return !d->telling.unkept;
}

static void put_last_words(struct driver *d, int code)
{
    struct diags ignored = { .arena = d->arena };

    put_row(d, code);
    commit_now(d, &ignored);
}

int end_run(struct driver *d)
{
    int code = code_of(d);

    tell_hooks(d, code);
    drain(d);
    code = d->store_failed ? CODE_STORE : code;
    d->ended = true;
    d->store_full = d->store_failed && d->journal && journal_is_full(d->journal) &&
                    !journal_is_limited(d->journal);
    bool last = d->store_failed && last_words(d);
    tell_end(d, code);
    if (last)
        put_last_words(d, code);
    if (d->journal && !d->store_failed) {
        put_row(d, code);
        if (!commit_now(d, d->diags)) {
            code = CODE_STORE;
            d->store_failed = true;
        }
    }
    tell_kept(d, INT64_MAX);  // a run.end that could not be kept is told all the same
    remote_lines_end(&d->session);
    keeper_stop(d->session.keeper, 10 * 1000);
    d->session.keeper = NULL;
    if (!d->store_failed && code != CODE_UNKNOWN && !value_size(lost_checks(d))) {
        keeper_clean(d->folder);
        remote_clean(d->folder);
    }
    free_locks(d, code);
    if (d->journal)
        journal_close(d->journal);
    d->journal = NULL;
    free_commits(d);
    buf_free(&d->left.lines);
    return code;
}
