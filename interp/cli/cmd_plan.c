#include "base/arena.h"
#include "cli/open.h"
#include "cli/print.h"
#include "cli/rehearsal.h"
#include "report/plan.h"

static struct past *read_past(struct invocation *v, struct str runbook)
{
    struct diags ignored = { .arena = v->arena };
    struct store *s = store_open(v->arena, NULL, store_url(v), false, &ignored);

    return past_read(s, runbook, 5, v->arena, v->diags);
}

int command_plan(struct invocation *v)
{
    struct history *h = history_new(v->arena);
    struct diags again = { .arena = v->arena };
    struct project *project = open_project_of(v, v->words[0]);
    int code = rehearse(v, h);
    struct str path = project_locate(project, v->arena, v->words[0], true, &again);

    struct program *program = path.n ? program_load(v->arena, project, path, &again) : NULL;
    if (!program)
        return code;
    // What is missing does not hide what is planned.
    struct plan plan = { .program = program,
                         .history = h,
                         .refused = code == CODE_INVALID,
                         .commands = flag_given(v, "commands"),
                         .past = read_past(v, program->root->rb->name.str) };
    struct page *p = stdout_page(v);
    plan_write(&plan, p);
    print_page(p);
    return code;
}
