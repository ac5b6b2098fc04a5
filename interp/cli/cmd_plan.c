#include "base/arena.h"
#include "cli/inputs.h"
#include "cli/live.h"
#include "cli/print.h"
#include "report/person.h"
#include "report/plan.h"

static void on_event(struct observer *o, const struct event *e, struct str line)
{
    history_apply(o->ctx, e, line);
}

// A dry run that nobody sees: everything that a run would find out before it starts.
static int find_out(struct invocation *v, struct history *h)
{
    struct live l = { .v = v, .loop = loop_new(v->arena) };
    struct observer listener = { .event = on_event, .ctx = h };
    int code = live_options(&l);

    if (code != CODE_OK)
        return code;
    l.options.file = v->words[0];
    l.options.dry_run = true;
    l.env = (struct run_env){ .arena = v->arena,
                              .loop = l.loop,
                              .diags = v->diags,
                              .observers = &listener,
                              .asker = person_new(v->arena, l.loop, NULL, NULL, h) };
    code = run_start(&l.env, &l.options);
    // What a dry run comes to in the end means nothing; that it could begin does.
    bool refused = code == CODE_USAGE || code == CODE_INVALID || code == CODE_PREFLIGHT ||
                   code == CODE_INTERNAL;
    return refused ? code : CODE_OK;
}

static struct past *read_past(struct invocation *v, struct str runbook)
{
    struct diags ignored = { .arena = v->arena };
    struct store *s = store_open(v->arena, NULL, store_url(v), false, &ignored);

    return past_read(s, runbook, 5, v->arena);
}

int command_plan(struct invocation *v)
{
    struct history *h = history_new(v->arena);
    struct diags again = { .arena = v->arena };
    struct project *project = open_project(v);
    int code = find_out(v, h);
    struct str path = project_locate(project, v->arena, v->words[0], true, &again);

    struct program *program = path.n ? program_load(v->arena, project, path, &again) : NULL;
    if (!program)
        return code;
    // What is missing does not hide what is planned.
    struct plan plan = { .program = program,
                         .history = h,
                         .commands = flag_given(v, "commands"),
                         .past = read_past(v, program->root->rb->name.str) };
    struct page *p = stdout_page(v);
    plan_write(&plan, p);
    print_page(p);
    return code;
}
