// run: what comes before the first step (language.md section 2, Order).

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "action/shell/remote_line.h"
#include "base/arena.h"
#include "exec/session.h"

static int driver_load(struct driver *d)
{
    const struct run_options *o = d->options;

    d->project = project_for(d->arena, o->cwd, o->file, action_names(), d->diags);
    struct str path = project_locate(d->project, d->arena, o->file, true, d->diags);
    if (!path.n)
        return CODE_USAGE;
    d->program = program_load(d->arena, d->project, path, d->diags);
    if (!d->program || d->diags->errors)
        return CODE_INVALID;
    if (o->drill && !d->program->root->rb->drill) {
        diag_error(d->diags, DIAG_USAGE, (struct span){ 0 },
                   "--drill needs a `drill:` section in the runbook");
        return CODE_USAGE;
    }
    return 0;
}

// What anybody may write, anybody may have written.
static bool file_is_ours(struct driver *d, struct str path)
{
    struct stat st;

    if (!path.n || stat(str_copy(d->arena, path).s, &st) != 0 || !(st.st_mode & S_IWOTH))
        return true;
    struct diag *e = diag_error(d->diags, DIAG_PREFLIGHT, (struct span){ 0 },
                                "%.*s may be written by anybody", STR_ARG(path));
    diag_help(d->diags, e, "chmod o-w %.*s, after a look at what is in it", STR_ARG(path));
    return false;
}

// The project's file has hooks and an environment, too.
static bool files_are_ours(struct driver *d)
{
    size_t count;
    const struct program_file *files = program_files(d->program, d->arena, &count);
    bool ok = file_is_ours(d, d->project->file);

    for (size_t i = 0; i < count; i++)
        ok &= file_is_ours(d, files[i].path);
    return ok;
}

int refuse_questions(struct driver *d)
{
    bool nobody = !somebody_is_here(d);

    if (d->options->dry_run || !nobody)
        return 0;
    if (!d->options->manual)
        return answers_missing(d);
    diag_error(d->diags, DIAG_DECLINED, (struct span){ 0 },
               "--mode manual needs a terminal, and there is none");
    return CODE_DECLINED;
}

// The digest is that of the text that is kept, so that who reads it can prove it.
static bool keep_plan(struct driver *d)
{
    struct arena *scratch = arena_new(NULL);
    struct str plan = mask_text(d->mask, plan_text(d, scratch), scratch, NULL);

    programs_note(d);
    d->digest = plan_digest(d, plan);
    bool kept = !d->journal || journal_keep(d->journal, "plan.json", plan, d->diags);
    arena_free(scratch);
    return kept;
}

static struct str scratch_folder(struct driver *d)
{
    const char *base = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    struct str path = str_format(d->arena, "%s/runbook-XXXXXX", base);

    return mkdtemp((char *)path.s) ? path : STR("");
}

static bool rolls_back_a_database(const struct runbook *rb)
{
    LIST_EACH(const int, type, rb->types)
    if (*type == RUNBOOK_DATABASE)
        return true;
    return false;
}

// A restore of the database that holds the runs takes this run's journal with it.
static void warn_of_own_store(struct driver *d)
{
    const struct connections *c = &d->frame->connections;

    for (size_t i = 0; rolls_back_a_database(d->program->root->rb) && i < c->count; i++)
        if (store_is_in(d->store, c->items[i].url))
            say(d,
                "warning: the connection `%.*s` is the database in which the runs are kept; what "
                "replaces it takes the journal of this run along. Keep runs elsewhere: --store",
                STR_ARG(c->items[i].name));
}

static void scratch_gone(struct driver *d)
{
    keeper_clean(d->folder);
    rmdir(d->folder.s);
}

static void hooks_started(struct driver *d)
{
    run_hold(d->run, false);
    pump(d);
}

// The first phase begins when each was tried.
static void tell_start_hooks(struct driver *d)
{
    run_hold(d->run, true);
    hooks_tell(d, "start", hooks_started);
}

// Everything between the file and the first event. 0, or an exit code.
static int get_ready(struct driver *d)
{
    int code = driver_load(d);

    if (code)
        return code;
    d->id = d->options->id.n ? d->options->id : new_id(d->arena);
    if (!driver_open_store(d, false))
        return d->refused ? d->refused : CODE_PREFLIGHT;
    const struct given *given = d->options->given;
    size_t count = d->options->given_count;
    if (d->env->asker->has_terminal && !d->options->no_input && !d->options->dry_run)
        given = ask_inputs(d, VALUE_NONE, given, &count);
    if (d->refused)
        return d->refused;
    lookout_for(d);
    code = make_root_frame(d, given, count, d->options->cwd);
    if (code)
        return code;
    d->run = run_new(d->arena, d->program,
                     &(struct run_facts){ .on_failure = d->options->on_failure });
    run_root(d->run)->frame = d->frame;
    if (!skips_are_right(d) || !flags_are_right(d))
        return CODE_USAGE;
    if (!files_are_ours(d) || !preflight(d->program, d->frame, d->arena, d->diags))
        return CODE_PREFLIGHT;
    if (!locks_find(d))
        return CODE_INVALID;
    return refuse_questions(d);
}

static int give_up(struct driver *d, int code)
{
    struct diags ignored = { .arena = d->arena };

    tell_refused(d, code);
    if (d->locks.count && d->store)
        store_unlock(d->store, d->id, &ignored);
    remote_lines_end(&d->session);
    if (d->session.keeper)
        keeper_stop(d->session.keeper, 1000);
    if (d->options->dry_run && d->folder.n)
        scratch_gone(d);
    free_commits(d);
    buf_free(&d->left.lines);
    return code;
}

// The folder of a run that is not yet one: checks of `requires` may run processes. 0, or an exit
// code: a store that cannot be opened is missing, one that cannot be written is broken.
static int open_journal(struct driver *d)
{
    if (d->options->dry_run) {
        d->folder = scratch_folder(d);
        return d->folder.n > 0 ? 0 : CODE_PREFLIGHT;
    }
    enum store_error e = journal_create(d->store, d->arena, d->id, &d->journal, d->diags);
    if (e)
        return e == STORE_CANNOT_OPEN ? CODE_PREFLIGHT
               : e == STORE_LOCKED    ? CODE_LOCKED
                                      : CODE_STORE;
    d->folder = journal_folder(d->journal);
    return 0;
}

static int begin(struct driver *d)
{
    int code = 0;

    if (d->program->root->rb->requires && d->program->root->rb->requires->checks.count) {
        d->folder = scratch_folder(d);
        if (!driver_start_keeper(d) || !check_required(d, run_root(d->run)))
            code = d->refused ? d->refused : CODE_PREFLIGHT;
        remote_lines_end(&d->session);
        keeper_stop(d->session.keeper, 1000);
        d->session.keeper = NULL;
        scratch_gone(d);
        if (code)
            return code;
    }
    if (!d->options->dry_run) {
        d->store = NULL;
        if (!driver_open_store(d, true))
            return d->refused ? d->refused : CODE_PREFLIGHT;
        code = locks_take(d);
    } else {
        d->locks.count = 0;
    }
    if (code || (code = open_journal(d)))
        return code;
    make_run_value(d);
    d->frame->run = d->run_value;
    return driver_start_keeper(d) ? 0 : d->refused ? d->refused : CODE_PREFLIGHT;
}

int run_start(struct run_env *env, const struct run_options *o)
{
    struct driver *d = driver_new(env, o);
    int code = get_ready(d);

    if (lookout_over(d))
        code = d->refused;
    if (!code)
        code = begin(d);
    if (code)
        return give_up(d, code);
    if (!keep_plan(d))
        return give_up(d, CODE_STORE);
    d->quiet = false;
    signals_watch(d);
    tell_start(d);
    tell_warnings(d);
    driver_row(d);
    if (d->journal && !commit_now(d, d->diags))
        return give_up(d, CODE_STORE);
    warn_of_own_store(d);
    if (o->dry_run)
        dry_tell(d);
    tell_start_hooks(d);
    drive(d);
    code = end_run(d);
    if (o->dry_run)
        scratch_gone(d);
    return code;
}
