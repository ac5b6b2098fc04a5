// run: what comes before the first step (language.md section 2, Order).

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "action/shell/remote_line.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "exec/frame_ask.h"
#include "exec/session.h"

// ---- a driver

struct driver *driver_new(struct run_env *env, const struct run_options *o)
{
    struct driver *d = NEW(env->arena, struct driver);

    *d = (struct driver){ .arena = env->arena,
                          .env = env,
                          .options = o,
                          .loop = env->loop,
                          .store = env->store,
                          .diags = env->diags,
                          .asker = env->asker,
                          .mask = mask_new(env->arena),
                          .recorded = map_new(env->arena),
                          .programs = map_new(env->arena),
                          .open_since = map_new(env->arena),
                          .refusals = map_new(env->arena),
                          .started_boot_ms = loop_now_ms(env->loop),
                          .started_wall_ns = clock_wall_ns(),
                          .quiet = true };
    d->cannot_undo = value_list_start(d->arena);
    d->at_end = value_finish(value_map_start(d->arena));
    return d;
}

// Many steps at once need many descriptors. Only after the keeper was started: what it gets
// is what the steps get.
static void raise_limits(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

bool driver_open_store(struct driver *d, bool create)
{
    struct str url = d->options->store.n ? d->options->store : project_store(d->project, d->arena);

    if (d->options->dry_run)
        url = STR("memory:");
    if (!d->store)
        d->store = store_open(d->arena, d->loop, url, create, d->diags);
    return d->store != NULL;
}

bool driver_start_keeper(struct driver *d)
{
    d->session = (struct session){
        .arena = d->arena, .loop = d->loop, .mask = d->mask, .folder = d->folder, .run = d->id
    };
    d->session.keeper = keeper_start(d->loop, d->arena, d->folder);
    if (!d->session.keeper)
        diag_error(d->diags, DIAG_PREFLIGHT, (struct span){ 0 },
                   "the process that keeps the steps cannot be started: %s", strerror(errno));
    raise_limits();
    return d->session.keeper != NULL;
}

// ---- what `run` is

static struct str host_name(struct arena *a)
{
    char name[256] = "";

    gethostname(name, sizeof name - 1);
    return str_copy(a, str_from(name));
}

static void make_run_value(struct driver *d)
{
    struct value_builder *b = value_map_start(d->arena);
    int64_t ns = d->started_wall_ns;

    value_put_s(b, "id", value_string(d->id));
    value_put_s(b, "runbook", value_string(d->program->root->rb->name.str));
    value_put_s(b, "mode", value_text(d->options->manual ? "manual" : "auto"));
    value_put_s(b, "user", value_string(person(d)));
    value_put_s(b, "host", value_string(host_name(d->arena)));
    value_put_s(b, "started", value_timestamp(ns / 1000000000, (uint32_t)(ns % 1000000000)));
    value_put_s(b, "dir", value_string(d->folder));
    value_put_s(b, "drill", value_bool(d->options->drill));
    d->run_value = value_finish(b);
}

static struct str new_id(struct arena *a)
{
    static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";
    unsigned char bytes[6];
    char id[7] = "";

    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        abort();
    for (size_t i = 0; i < sizeof bytes; i++)
        id[i] = letters[bytes[i] % 32];
    return str_copy(a, str_from(id));
}

// A variable that is not set is missing (4); all else is wrong (3).
static int code_of(const struct diags *ds)
{
    for (const struct diag *d = ds->first; d; d = d->next)
        if (d->severity == SEVERITY_ERROR && d->code != DIAG_PREFLIGHT)
            return CODE_INVALID;
    return CODE_PREFLIGHT;
}

// The root's data. 0, or an exit code.
void new_root_frame(struct driver *d)
{
    struct frame *f = NEW(d->arena, struct frame);

    *f = (struct frame){ .module = d->program->root, .mask = d->mask, .drill = d->options->drill };
    d->frame = f;
    make_run_value(d);
    f->run = d->run_value;
    if (d->options->trigger_name.n) {
        struct value_builder *b = value_map_start(d->arena);
        value_put_s(b, "name", value_string(d->options->trigger_name));
        value_put_s(b, "level", value_string(d->options->trigger_level));
        value_put_s(b, "subject", value_string(d->options->trigger_subject));
        value_put_s(b, "value", d->options->trigger_value);
        f->trigger = value_finish(b);
    }
}

int make_root_frame(struct driver *d, const struct given *given, size_t count, struct str base)
{
    struct value now = now_value();

    new_root_frame(d);
    struct frame *f = d->frame;
    if (!frame_inputs(f, given, count, base, now, d->arena, d->diags))
        return CODE_INVALID;
    if (!frame_secrets(f, d->mask, now, d->arena, d->diags))
        return CODE_PREFLIGHT;
    if (!frame_vars(f, now, d->arena, d->diags) ||
        !frame_places(f, d->project, now, d->arena, d->diags))
        return code_of(d->diags);
    return 0;
}

// ---- steps named on the command line

static bool step_is_there(struct driver *d, struct str id, const char *flag)
{
    const struct task *t = run_find(d->run, id);

    if (t && (t->phase == PHASE_PREPARE || t->phase == PHASE_STEPS))
        return true;
    struct diag *e = diag_error(d->diags, DIAG_USAGE, (struct span){ 0 },
                                "%s names the step `%.*s`, which is not in this runbook", flag,
                                STR_ARG(id));
    const char **words = NEW_ARRAY(d->arena, const char *, run_task_count(d->run) + 1);
    for (size_t i = 0; i < run_task_count(d->run); i++)
        words[i] = str_copy(d->arena, run_task_at(d->run, i)->address).s;
    const char *near = diag_nearest(id, words);
    if (near)
        diag_help(d->diags, e, "did you mean `%s`?", near);
    return false;
}

static bool skips_are_right(struct driver *d)
{
    const struct run_options *o = d->options;
    bool ok = true;

    for (size_t i = 0; i < o->skip_count; i++)
        ok &= step_is_there(d, o->skips[i], "--skip");
    if (o->from.n)
        ok &= step_is_there(d, o->from, "--from");
    if ((o->skip_count || o->from.n) && !o->skip_reason.n) {
        diag_error(d->diags, DIAG_USAGE, (struct span){ 0 }, "skipping steps needs a reason");
        diag_help(d->diags, d->diags->last, "say --skip-reason \"why\"");
        ok = false;
    } else if (!o->skip_count && !o->from.n && o->skip_reason.n) {
        diag_error(d->diags, DIAG_USAGE, (struct span){ 0 },
                   "--skip-reason, and nothing is skipped");
        diag_help(d->diags, d->diags->last, "say which steps: --skip ID or --from ID");
        ok = false;
    }
    return ok;
}

static bool comes_before(const struct driver *d, const struct task *a, const struct task *b)
{
    for (size_t i = 0; i < run_task_count(d->run); i++) {
        if (run_task_at(d->run, i) == a)
            return true;
        if (run_task_at(d->run, i) == b)
            return false;
    }
    return false;
}

// --from is refused when a later step needs a result of what it skips.
static bool from_is_possible(struct driver *d)
{
    struct task *from = d->options->from.n ? run_find(d->run, d->options->from) : NULL;

    for (size_t i = 0; from && i < run_task_count(d->run); i++) {
        const struct task *t = run_task_at(d->run, i);
        if (t != from && comes_before(d, t, from))
            continue;
        for (size_t k = 0; k < t->need_count; k++) {
            const struct task *n = t->needs[k];
            bool skipped = t->need_blocks[k] && n != from && comes_before(d, n, from) &&
                           from->in->owner != n;
            if (!skipped)
                continue;
            diag_error(d->diags, DIAG_USAGE, (struct span){ 0 },
                       "--from %.*s skips `%.*s`, whose result `%.*s` needs",
                       STR_ARG(d->options->from), STR_ARG(n->address), STR_ARG(t->address));
            return false;
        }
    }
    return true;
}

// ---- requires.checks

static void required(void *arg, const struct check_outcome *o)
{
    struct driver *d = arg;

    d->phase_check = NULL;
    d->over = true;
    if (!o->ok && !d->refused)
        diag_error(d->diags, DIAG_PREFLIGHT, (struct span){ 0 }, "`requires.checks`: %.*s: %.*s",
                   STR_ARG(o->id), STR_ARG(o->message));
}

// Before there is a run: a signal ends the checks, and what runs for them.
static void stop_required(void *arg, int signo)
{
    struct driver *d = arg;

    d->refused = 128 + signo;
    if (d->phase_check)
        check_cancel(d->phase_check);
    if (++d->signals > 1)
        for (struct act *x = d->acts; x; x = x->next)
            act_cancel(x, true);
}

static bool check_required(struct driver *d, struct space *space)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    struct trap *traps[3];
    const struct requires *r = space->module->rb->requires;
    unsigned errors = d->diags->errors;

    if (!r || r->checks.count == 0)
        return true;
    struct view v = view_of_space(d, space);
    d->over = false;
    // No phase begins meanwhile, whoever wakes the driver.
    run_hold(d->run, true);
    for (size_t i = 0; i < 3; i++)
        traps[i] = loop_trap(d->loop, d->arena, signals[i], stop_required, d);
    d->phase_check = check_all(d, d->arena, &r->checks, space, NULL, &v, STR("requires."), false,
                               required, d);
    while (!d->over && loop_turn(d->loop))
        run_order_aside(d);
    run_hold(d->run, false);
    for (size_t i = 0; i < 3; i++)
        trap_stop(traps[i]);
    d->over = false;
    d->signals = 0;
    return d->diags->errors == errors && !d->refused;
}

// ---- run.start

static struct value step_names(struct driver *d)
{
    struct arena *a = turn_arena(d);
    struct value_builder *list = value_list_of(a, run_task_count(d->run));

    for (size_t i = 0; i < run_task_count(d->run); i++) {
        const struct task *t = run_task_at(d->run, i);
        if ((t->phase != PHASE_PREPARE && t->phase != PHASE_STEPS) ||
            t->in->kind == SERIES_RESCUE || t->in->kind == SERIES_ALWAYS)
            continue;
        struct value_builder *one = value_map_of(a, 2);
        value_put_s(one, "id", value_string(t->address));
        struct view v = view_of(d, run_task_at(d->run, i));
        value_put_s(one, "name", value_string(step_label(t->step, view_scope(&v), a)));
        value_add(list, value_finish(one));
    }
    return value_finish(list);
}

static struct value words_of(struct driver *d, const struct list *texts)
{
    struct value_builder *list = value_list_start(d->arena);

    LIST_EACH(const struct text, t, *texts)
    value_add(list, value_string(t->str));
    return value_finish(list);
}

static struct value contact_list(struct driver *d)
{
    struct value_builder *list = value_list_start(d->arena);

    LIST_EACH(const struct contact, c, *contacts_of(d))
    {
        struct value_builder *b = value_map_start(d->arena);
        value_put_s(b, "role", value_string(c->role.str));
        value_put_s(b, "name", value_string(c->name.str));
        value_put_s(b, "phone", value_string(c->phone.str));
        value_put_s(b, "email", value_string(c->email.str));
        value_put_s(b, "link", value_string(c->link.str));
        value_put_s(b, "after_ms", value_int(c->after / 1000000));
        value_add(list, value_finish(b));
    }
    return value_finish(list);
}

static struct str words_text(struct driver *d, const struct template *t)
{
    struct view v = view_of_space(d, run_root(d->run));
    struct expr_error err = { 0 };
    struct str text = STR("");
    bool secret;

    if (t && !template_eval_text(t, view_scope(&v), d->arena, &text, &secret, &err))
        text = t->text.str;
    return text;
}

static struct value followups_of(struct driver *d)
{
    struct value_builder *list = value_list_start(d->arena);

    LIST_EACH(const struct followup, f, d->program->root->rb->followups)
    {
        struct value_builder *b = value_map_start(d->arena);
        value_put_s(b, "title", value_string(words_text(d, f->title)));
        value_put_s(b, "owner", value_string(f->owner.str));
        value_put_s(b, "due_ms", value_int(f->due / 1000000));
        value_add(list, value_finish(b));
    }
    return value_finish(list);
}

static void put_frame(struct value_builder *b, const char *name, struct time_frame f)
{
    if (f.most)
        value_put_s(b, name, value_int(f.most / 1000000));
}

static struct value budget_of(struct driver *d)
{
    const struct budget *promised = d->program->root->rb->budget;
    struct value_builder *b = value_map_start(d->arena);

    if (promised) {
        put_frame(b, "prepare_ms", promised->prepare);
        put_frame(b, "execute_ms", promised->execute);
        put_frame(b, "verify_ms", promised->verify);
        put_frame(b, "total_ms", promised->total);
    }
    return value_finish(b);
}

static struct value lock_names(struct driver *d)
{
    struct value_builder *locks = value_list_start(d->arena);

    for (size_t i = 0; i < d->lock_count; i++)
        value_add(locks, value_string(d->locks[i]));
    return value_finish(locks);
}

static void tell_locks(struct driver *d)
{
    struct value_builder *b = event_data(d);

    if (d->lock_count == 0)
        return;
    value_put_s(b, "locks", lock_names(d));
    emit(d, EVENT_LOCK_HELD, b);
}

void put_place(struct driver *d, struct value_builder *b)
{
    struct str place = d->journal ? journal_place(d->journal) : STR("");

    if (place.n)
        value_put_s(b, "place", value_string(place));
}

// Who goes on with the run has to give these again.
static struct value secret_inputs_of(struct driver *d)
{
    struct value all = d->frame->inputs;
    struct value_builder *b = value_list_start(d->arena);

    for (size_t i = 0; all.kind == VALUE_MAP && i < value_size(all); i++)
        if (all.map->entries[i].value.secret)
            value_add(b, all.map->entries[i].key);
    return value_finish(b);
}

static void tell_start(struct driver *d)
{
    const struct runbook *rb = d->program->root->rb;
    struct value_builder *b = event_data(d);

    d->title = rb->title ? words_text(d, rb->title) : rb->name.str;
    value_put_s(b, "runbook", value_string(rb->name.str));
    value_put_s(b, "title", value_string(d->title));
    value_put_s(b, "digest", value_string(d->digest));
    value_put_s(b, "mode", value_text(d->options->manual ? "manual" : "auto"));
    value_put_s(b, "user", value_string(person(d)));
    value_put_s(b, "host", value_string(host_name(d->arena)));
    value_put_s(b, "file", value_string(rb->path));
    put_place(d, b);
    value_put_s(b, "interpreter", value_int(getpid()));
    if (d->session.keeper)
        value_put_s(b, "keeper", value_int(keeper_pid(d->session.keeper)));
    if (d->options->dry_run)
        value_put_s(b, "dry_run", value_bool(true));
    if (d->options->probe)
        value_put_s(b, "probe", value_bool(true));
    if (d->options->drill)
        value_put_s(b, "drill", value_bool(true));
    if (d->options->reason.n)
        value_put_s(b, "reason", value_string(d->options->reason));
    value_put_s(b, "inputs", d->frame->inputs);
    if (value_size(secret_inputs_of(d)))
        value_put_s(b, "secret_inputs", secret_inputs_of(d));
    value_put_s(b, "budget", budget_of(d));
    value_put_s(b, "owners", words_of(d, &rb->owners));
    if (rb->severity)
        value_put_s(b, "severity", value_text(severity_word(rb->severity)));
    if (rb->risk)
        value_put_s(b, "risk", value_text(risk_word(rb->risk)));
    value_put_s(b, "contacts", contact_list(d));
    value_put_s(b, "followups", followups_of(d));
    if (d->lock_count)
        value_put_s(b, "locks", lock_names(d));
    value_put_s(b, "steps", step_names(d));
    emit(d, EVENT_RUN_START, b);
    tell_locks(d);
}

// Lines of KEY=VALUE.
static struct str labels_of(struct driver *d)
{
    struct buf b = BUF_EMPTY;

    LIST_EACH(const struct words_entry, l, d->program->root->rb->labels)
    buf_format(&b, "%s%.*s=%.*s", b.n ? "\n" : "", STR_ARG(l->entry.key.str),
               STR_ARG(words_text(d, l->words)));
    return buf_take(&b, d->arena);
}

void driver_row(struct driver *d)
{
    struct buf locks = BUF_EMPTY;

    for (size_t i = 0; i < d->lock_count; i++)
        buf_format(&locks, "%s%.*s", i ? "\n" : "", STR_ARG(d->locks[i]));
    d->row = (struct run_row){ .id = d->id,
                               .runbook = d->program->root->rb->name.str,
                               .title = d->title,
                               .state = STR("running"),
                               .user = person(d),
                               .host = host_name(d->arena),
                               .exit = -1,
                               .started = clock_rfc3339_ms(d->arena, d->started_wall_ns),
                               .locks = buf_take(&locks, d->arena),
                               .trigger = d->options->trigger_name,
                               .labels = labels_of(d) };
    if (d->journal)
        journal_row(d->journal, &d->row);
}

// ---- run

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
    bool nobody = !d->asker->has_terminal || d->options->no_input;

    if (d->options->dry_run || !nobody)
        return 0;
    if (!d->options->manual)
        return answers_missing(d);
    diag_error(d->diags, DIAG_USAGE, (struct span){ 0 },
               "--mode manual needs a terminal, and there is none");
    return CODE_DECLINED;
}

// The digest is that of the text that is kept, so that who reads it can prove it.
static bool keep_plan(struct driver *d)
{
    struct str plan = mask_text(d->mask, plan_text(d), d->arena, NULL);

    programs_note(d);
    d->digest = plan_digest(d, plan);
    return !d->journal || journal_keep(d->journal, "plan.json", plan, d->diags);
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
    hooks_tell(d, "start", VALUE_NONE, hooks_started);
}

// Everything between the file and the first event. 0, or an exit code.
static int get_ready(struct driver *d)
{
    int code = driver_load(d);

    if (code)
        return code;
    d->id = d->options->id.n ? d->options->id : new_id(d->arena);
    if (!driver_open_store(d, false))
        return CODE_PREFLIGHT;
    const struct given *given = d->options->given;
    size_t count = d->options->given_count;
    if (d->env->asker->has_terminal && !d->options->no_input && !d->options->dry_run)
        given = frame_ask(d->program->root, d->options->drill, VALUE_NONE, d->env->asker,
                          d->env->loop, given, &count, d->arena);
    code = make_root_frame(d, given, count, d->options->cwd);
    if (code)
        return code;
    d->run = run_new(d->arena, d->program,
                     &(struct run_facts){ .on_failure = d->options->on_failure });
    run_root(d->run)->frame = d->frame;
    if (!skips_are_right(d) || !from_is_possible(d))
        return CODE_USAGE;
    if (!flags_are_right(d))
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

    if (d->lock_count && d->store)
        store_unlock(d->store, d->id, &ignored);
    remote_lines_end(&d->session);
    if (d->session.keeper)
        keeper_stop(d->session.keeper, 1000);
    if (d->options->dry_run && d->folder.n)
        scratch_gone(d);
    free_commits(d);
    buf_free(&d->left);
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
    d->store = NULL;
    if (!driver_open_store(d, true))
        return CODE_PREFLIGHT;
    enum store_error e = journal_create(d->store, d->arena, d->id, &d->journal, d->diags);
    if (e)
        return e == STORE_CANNOT_OPEN ? CODE_PREFLIGHT : CODE_STORE;
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
            return CODE_PREFLIGHT;
        code = locks_take(d);
    } else {
        d->lock_count = 0;
    }
    if (code || (code = open_journal(d)))
        return code;
    make_run_value(d);
    d->frame->run = d->run_value;
    return driver_start_keeper(d) ? 0 : CODE_PREFLIGHT;
}

int run_start(struct run_env *env, const struct run_options *o)
{
    struct driver *d = driver_new(env, o);
    int code = get_ready(d);

    if (!code)
        code = begin(d);
    if (code)
        return give_up(d, code);
    if (!keep_plan(d))
        return give_up(d, CODE_STORE);
    d->quiet = false;
    signals_watch(d);
    tell_start(d);
    driver_row(d);
    if (d->journal && !commit_now(d, d->diags))
        return give_up(d, CODE_STORE);
    warn_of_own_store(d);
    tell_start_hooks(d);
    drive(d);
    code = end_run(d);
    if (o->dry_run)
        scratch_gone(d);
    return code;
}
