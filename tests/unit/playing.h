// Plays one step of a runbook for real: read, bound, resolved, started through a keeper,
// waited for. This test program is its own keeper and its own workers.
//
//     struct play *p = play("shell: echo ${{ v }}", "v", value_text("x"));
//     CHECK_STR(text_of(p, "stdout"), "x");

#pragma once

#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "action/action.h"
#include "base/buf.h"
#include "base/clock.h"
#include "tests/unit/test.h"
#include "value/json.h"

// Before main(): `this-program @keeper ...`, `this-program @git ...`.
__attribute__((constructor)) static void be_worker(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "@keeper") == 0)
        exit(keeper_main(argc - 1, argv + 1));
    for (const struct worker *w = workers; argc > 1 && w->name; w++)
        if (strcmp(argv[1], w->name) == 0)
            exit(w->main(argc - 1, argv + 1));
}

struct play {
    struct attempt at;
    struct session session;
    struct diags diags;
    struct expr_error error;
    struct outcome outcome;
    struct buf *output;  // both streams, as they came
    struct value notes;
    struct value given;  // what expressions can see: a map
    bool loaded, resolved, over;
    struct str folder;  // of the run
};

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static void remove_folder(void *arg)
{
    nftw(arg, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

// An empty folder that is removed with [scratch].
static struct str new_folder(void)
{
    struct str folder = str_copy(scratch, STR("/tmp/action-test-XXXXXX"));
    char *path = (char *)(uintptr_t)folder.s;

    if (!mkdtemp(path))
        abort();
    arena_defer(scratch, remove_folder, path);
    return folder;
}

static bool get_given(const struct scope *s, struct str name, struct arena *a, struct value *out,
                      struct str *why)
{
    const struct play *p = s->ctx;

    (void)a;
    *why = STR("");
    return value_get(p->given, value_string(name), out);
}

static void on_step_output(struct attempt *at, enum stream stream, struct str bytes)
{
    struct play *p = at->owner;

    (void)stream;
    buf_add(p->output, bytes);
}

static void on_step_note(struct attempt *at, struct value note, void (*then)(struct attempt *at))
{
    struct play *p = at->owner;

    p->notes = note;
    then(at);
}

static void on_step_done(struct attempt *at, const struct outcome *o)
{
    struct play *p = at->owner;

    if (p->over)
        abort();  // twice
    p->outcome = *o;
    p->over = true;
}

static void stop_keeper(void *arg)
{
    keeper_stop(arg, 0);
}

static const struct str *own_environment(void)
{
    size_t count = 0;

    while (environ[count])
        count++;
    struct str *env = NEW_ARRAY(scratch, struct str, count + 1);
    for (size_t i = 0; i < count; i++)
        env[i] = str_from(environ[i]);
    return env;
}

static const struct step *only_step(const struct runbook *rb)
{
    return rb && rb->steps.count ? rb->steps.items : NULL;
}

static void load(struct play *p, const char *yaml)
{
    struct str text = str_format(scratch,
                                 "runbook: 1\nname: x\ntype: action\nsteps:\n  - id: a\n%s", yaml);
    struct source *src = source_new(scratch, STR("x.yaml"), text);
    struct runbook *rb = runbook_read(scratch, src, action_names(), &p->diags);
    struct bind b = { .arena = scratch, .diags = &p->diags, .rb = rb };

    p->loaded = rb && !p->diags.errors && action_bind(rb, &b) && !p->diags.errors;
    p->at.step = only_step(rb);
    if (!p->loaded)
        return;
    p->at.action = p->at.step->action;
    p->at.timeout_ms = p->at.action->timeout_ms ? p->at.timeout_ms : 0;
    p->at.params = p->at.step->params;
}

// The lines of a step, each indented by four, read and bound, and ready to be resolved.
static struct play *play_new(const char *yaml, struct value given)
{
    struct play *p = NEW(scratch, struct play);
    struct scope *scope = NEW(scratch, struct scope);

    p->diags.arena = scratch;
    p->given = given;
    p->output = buf_in(scratch);
    p->folder = new_folder();
    *scope = (struct scope){ .get = get_given, .ctx = p, .now = value_timestamp(1000, 0) };
    p->session = (struct session){
        .arena = scratch, .loop = loop_new(scratch), .mask = mask_new(scratch), .folder = p->folder
    };
    p->at = (struct attempt){ .arena = scratch,
                              .session = &p->session,
                              .scope = scope,
                              .address = STR("a"),
                              .name = STR("a.1"),
                              .number = 1,
                              .env = own_environment(),
                              .dir = p->folder,
                              .timeout_ms = 60000,
                              .grace_ms = 2000,
                              .output = on_step_output,
                              .note = on_step_note,
                              .done = on_step_done,
                              .owner = p };
    p->at.keep = str_format(scratch, "%.*s/keep", STR_ARG(p->folder));
    load(p, yaml);
    return p;
}

static bool play_resolve(struct play *p)
{
    p->resolved = p->loaded && p->at.action->resolve(&p->at, &p->error);
    return p->resolved;
}

static void play_start(struct play *p)
{
    if (p->at.action->needs_process) {
        p->session.keeper = keeper_start(p->session.loop, scratch, p->folder, 0);
        arena_defer(scratch, stop_keeper, p->session.keeper);
    }
    p->at.action->start(&p->at);
}

static void play_wait(struct play *p)
{
    while (!p->over && loop_turn(p->session.loop))
        ;
}

// All of it. [yaml] is one line, the action of the step.
__attribute__((unused)) static struct play *play(const char *yaml, struct value given)
{
    struct play *p = play_new(str_format(scratch, "    %s\n", yaml).s, given);

    if (play_resolve(p)) {
        play_start(p);
        play_wait(p);
    }
    return p;
}

__attribute__((unused)) static struct value no_values(void)
{
    return value_finish(value_map_start(scratch));
}

__attribute__((unused)) static struct value one_value(const char *name, struct value v)
{
    struct value_builder *b = value_map_start(scratch);

    value_put_s(b, name, v);
    return value_finish(b);
}

// A field of the result as text; lists and the rest as JSON.
__attribute__((unused)) static struct str text_of(const struct play *p, const char *field)
{
    struct value v;
    struct str text;

    if (!p->loaded)
        return p->diags.first->message;
    if (!p->resolved)
        return p->error.message;
    if (p->outcome.result.kind != VALUE_MAP || !value_field(p->outcome.result, field, scratch, &v))
        return str_format(scratch, "no %s: %.*s", field, STR_ARG(p->outcome.message));
    return value_to_text(v, scratch, &text) ? text : json_text(v, scratch);
}

__attribute__((unused)) static struct str described(const struct play *p)
{
    struct buf *out = buf_in(scratch);

    p->at.action->describe(&p->at, out);
    return buf_str(out);
}

// True if it was done by its own rule; says what was otherwise.
__attribute__((unused)) static bool good(const struct play *p)
{
    bool so = p->over && p->outcome.verdict == VERDICT_DONE && p->outcome.rule;

    if (!so && p->diags.first)
        diag_print(p->diags.first, stdout);
    if (!so)
        printf("# verdict %d: %.*s %.*s %.*s\n", p->outcome.verdict, STR_ARG(p->error.message),
               STR_ARG(p->outcome.message), STR_ARG(text_of(p, "stderr")));
    return so;
}
