// What a session of a run has before anything else: a driver, a store, a keeper, the data of
// the runbook that was started.

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

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
                          .mask = env->mask ? env->mask : mask_new(env->arena),
                          .earlier = { .answers = map_new(env->arena),
                                       .called = map_new(env->arena),
                                       .consents = map_new(env->arena),
                                       .open = map_new(env->arena),
                                       .refusals = map_new(env->arena) },
                          .programs = map_new(env->arena),
                          .started_boot_ms = loop_now_ms(env->loop),
                          .started_wall_ns = clock_wall_ns(),
                          .quiet = true };
    d->undo.cannot = value_list_start(d->arena);
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

// ---- signals before there is a run

void lookout_for(struct driver *d)
{
    d->before_lookout = *d->diags;
    d->lookout = lookout_begin(d->arena);
    if (d->frame)
        d->frame->lookout = d->lookout;
}

bool lookout_over(struct driver *d)
{
    int code = lookout_end(d->lookout);

    d->lookout = NULL;
    if (d->frame)
        d->frame->lookout = NULL;
    if (!code)
        return false;
    d->refused = code;
    *d->diags = d->before_lookout;
    if (d->diags->last)
        d->diags->last->next = NULL;
    return true;
}

void tell_refused(struct driver *d, int code)
{
    if (code == d->refused && code > 128)
        say(d, "stopped by a signal; nothing was started");
}

// ---- the store

// Its server may be long in answering.
static struct store *open_far(struct driver *d, struct str url, bool create)
{
    bool here = !d->lookout && str_starts(url, "postgres");

    if (here)
        lookout_for(d);
    struct store *s = store_open(d->arena, d->loop, url, create, d->diags);
    return here && lookout_over(d) ? NULL : s;
}

bool driver_open_store(struct driver *d, bool create)
{
    struct str url = d->options->store.n ? d->options->store : project_store(d->project, d->arena);

    if (d->options->dry_run)
        url = STR("memory:");
    if (!d->store)
        d->store = open_far(d, url, create);
    return d->store != NULL;
}

// ---- the keeper

static struct str words_of_change(int64_t was, int64_t is, struct arena *a)
{
    if (!was)
        return str_format(a, "pid %" PRId64 " keeps the steps now", is);
    if (!is)
        return str_format(a,
                          "the process that kept the steps (pid %" PRId64 ") is gone; the next "
                          "step gets another one",
                          was);
    return str_format(a,
                      "the process that kept the steps (pid %" PRId64 ") is gone; pid %" PRId64
                      " has taken its place",
                      was, is);
}

// Who looks for what runs has to know which process keeps it now.
static void keeper_changed(void *arg, int64_t was, int64_t is)
{
    struct driver *d = arg;

    if (d->ended || next_seq(d) == 1)
        return;
    struct value_builder *b = event_data(d);
    value_put_s(b, "level", value_text("warning"));
    value_put_s(b, "code", value_text("keeper"));
    value_put_s(b, "message", value_string(words_of_change(was, is, turn_arena(d))));
    if (is)
        value_put_s(b, "keeper", value_int(is));
    emit(d, EVENT_DIAGNOSTIC, b);
}

static const char *help_of_held(int error)
{
    switch (error) {
    case EAGAIN: return "end other processes, or raise the limit: ulimit -u, pids.max, TasksMax";
    case ENOMEM: return "end other processes, or give the machine more memory";
    default: return "raise the limit of open files: ulimit -n, fs.file-max";
    }
}

// Who looks at a step that does not move has to know why.
static void step_is_held(void *arg, struct str name, int error)
{
    struct driver *d = arg;
    const struct act *x = d->acts;

    while (x && !str_equal(x->at.name, name))
        x = x->next;
    if (d->ended || next_seq(d) == 1)
        return;
    struct value_builder *b = event_data(d);
    value_put_s(b, "level", value_text("warning"));
    value_put_s(b, "code", value_text("held"));
    value_put_s(b, "message",
                value_string(str_format(turn_arena(d),
                                        "%.*s cannot be started now: %s; it is tried again until "
                                        "its time is up",
                                        STR_ARG(x ? x->shown : STR("a process")), strerror(error))));
    value_put_s(b, "help", value_text(help_of_held(error)));
    emit(d, EVENT_DIAGNOSTIC, b);
}

// It holds the timeouts, and kills: who waits for that has to know why nothing comes.
static void keeper_is_unwell(void *arg, enum unwell how, int64_t pid, int64_t wait_ms)
{
    struct driver *d = arg;
    long long n = pid;

    if (d->ended)
        return;
    if (how == UNWELL_STOPPED)
        say_at_once(d,
                    "the process that keeps the steps (pid %lld) was stopped by somebody; it is "
                    "told to go on",
                    n);
    else if (how == UNWELL_SLOW)
        say_at_once(d,
                    "the process that keeps the steps (pid %lld) does not answer; it is waited "
                    "for, %lld s at most",
                    n, (long long)(wait_ms / 1000));
    else
        say_at_once(d,
                    "the process that keeps the steps (pid %lld) does not answer; it is killed, "
                    "with what it should have stopped",
                    n);
}

// What keeps the steps writes down in the folder of the run what it does: without that nothing
// could be known of them, so that is the store's failure.
static void no_keeper(struct driver *d, int error)
{
    if (error == ENOSPC || error == EDQUOT || error == EFBIG || error == EIO || error == EROFS) {
        d->refused = CODE_STORE;
        diag_error(d->diags, DIAG_STORE, (struct span){ 0 },
                   "`%.*s` cannot be written: %s; nothing was started", STR_ARG(d->folder),
                   strerror(error));
        return;
    }
    diag_error(d->diags, DIAG_PREFLIGHT, (struct span){ 0 },
               "the process that keeps the steps cannot be started: %s", strerror(error));
}

bool driver_start_keeper(struct driver *d)
{
    d->session = (struct session){
        .arena = d->arena, .loop = d->loop, .mask = d->mask, .folder = d->folder, .run = d->id
    };
    d->session.keeper = keeper_start(d->loop, d->arena, d->folder, next_seq(d));
    if (d->session.keeper) {
        keeper_on_change(d->session.keeper, keeper_changed, d);
        keeper_on_held(d->session.keeper, step_is_held, d);
        keeper_on_unwell(d->session.keeper, keeper_is_unwell, d);
    } else {
        no_keeper(d, errno);
    }
    raise_limits();
    return d->session.keeper != NULL;
}

// ---- what `run` is

struct str host_name(struct arena *a)
{
    char name[256] = "";

    gethostname(name, sizeof name - 1);
    return str_copy(a, str_from(name));
}

void make_run_value(struct driver *d)
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

struct str new_id(struct arena *a)
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

    *f = (struct frame){ .module = d->program->root, .mask = d->mask, .drill = d->options->drill,
                         .given_secrets = d->given_secrets };
    d->frame = f;
    module_secrets_ahead(f->module, d->mask, d->arena);
    f->lookout = d->lookout;
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

static void mask_ahead(const struct frame *f, struct str path, void *ctx)
{
    struct driver *d = ctx;

    (void)path;
    if (f->parent)
        frame_secrets_ahead(f, d->mask, now_value(), d->arena);
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
    frame_each_ahead(f, d->program, now, d->arena, mask_ahead, d);
    return 0;
}

const struct given *ask_inputs(struct driver *d, struct value only, const struct given *given,
                               size_t *count)
{
    struct trap *traps[SIGNALS];
    bool looked = d->lookout;

    if (looked && lookout_over(d))
        return given;
    signals_trap(d, signals_refuse, traps);
    given = frame_ask(d->program->root, d->options->drill, only, d->env->asker, d->env->loop,
                      &d->refused, given, count, d->arena);
    signals_release(traps);
    if (looked)
        lookout_for(d);
    return given;
}
