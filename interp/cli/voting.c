#include "cli/voting.h"

#include "base/arena.h"
#include "cli/ballot.h"
#include "exec/kept.h"
#include "exec/walk.h"
#include "report/history_read.h"
#include "store/row.h"
#include "value/fields.h"

// -------- what was asked

const struct asked *voting_open(const struct voting *g, size_t *count)
{
    const struct asked *found = NULL;

    *count = 0;
    for (size_t i = 0; i < g->o.history->question_count; i++) {
        const struct asked *q = g->o.history->questions[i];
        if (!q->open || !str_is(q->kind, "approve") || (g->step.n && !str_equal(q->step, g->step)))
            continue;
        found = q;
        ++*count;
    }
    return found;
}

const struct asked *voting_last_answer(const struct voting *g)
{
    const struct asked *found = NULL;

    for (size_t i = 0; i < g->o.history->question_count; i++) {
        const struct asked *q = g->o.history->questions[i];
        if (!q->open && str_is(q->kind, "approve") && str_equal(q->step, g->step))
            found = q;
    }
    return found;
}

// A question that has come to its end is asked again by a resume; not by one that goes on already.
static const char *asked_again(const struct voting *g)
{
    if (row_says_running(&g->o.row))
        return NULL;
    return str_format(g->v->arena, "`runbook resume %.*s --detach%.*s%s` asks again",
                      STR_ARG(g->o.row.id), STR_ARG(reaching_flags(g->v)),
                      history_wants_secrets(g->o.history) ? " --inputs FILE" : "")
        .s;
}

// The question is closed, or there is none.
static int nothing_to_answer(struct voting *g)
{
    const struct asked *q = g->step.n ? voting_last_answer(g) : NULL;

    if (q && str_is(q->how, "withdrawn"))
        return usage_error(g->v, NULL, "`%.*s` of run %.*s is not asked any more", STR_ARG(g->step),
                           STR_ARG(g->o.row.id));
    if (q && str_is(q->answer, "none"))
        return usage_error(g->v, asked_again(g),
                           "nobody had answered `%.*s` of run %.*s, which is a no",
                           STR_ARG(g->step), STR_ARG(g->o.row.id));
    if (q)
        return usage_error(g->v, NULL, "`%.*s` of run %.*s was answered %.*s%s%.*s",
                           STR_ARG(g->step), STR_ARG(g->o.row.id), STR_ARG(q->answer),
                           q->by.n ? " by " : "", STR_ARG(q->by));
    return usage_error(g->v, "`runbook waiting` lists what can be answered",
                       "run %.*s waits for no approval%s%.*s%s", STR_ARG(g->o.row.id),
                       g->step.n ? " of `" : "", STR_ARG(g->step), g->step.n ? "`" : "");
}

// A step of it was undone on its own: it can only be undone further, or be aborted.
static int only_goes_back(struct voting *g)
{
    struct str run = g->o.row.id, flags = reaching_flags(g->v);
    struct str help = str_format(g->v->arena,
                                 "`runbook undo %.*s%.*s` takes the rest back, `runbook abort "
                                 "%.*s%.*s` ends it",
                                 STR_ARG(run), STR_ARG(flags), STR_ARG(run), STR_ARG(flags));

    return usage_error(g->v, help.s,
                       "of run %.*s `%.*s` was undone, so it cannot go on forwards: it waits for "
                       "no answer any more",
                       STR_ARG(run), STR_ARG(g->o.history->undo_step));
}

// -------- a vote before the question: the plan that is kept with the run knows the step

static const struct approve *approve_in(const struct program *p, const struct list *steps,
                                        struct str id);

static const struct approve *approve_of(const struct program *p, const struct module *m,
                                        struct str id)
{
    const struct list *phases[] = { &m->rb->prepare, &m->rb->steps, &m->rb->always };
    const struct approve *found = NULL;

    for (size_t i = 0; i < 3 && !found; i++)
        found = approve_in(p, phases[i], id);
    return found;
}

// What is behind "STEP." or "STEP[KEY].", or all of it when that is another step's.
static struct str id_inside(const struct step *s, struct str id)
{
    size_t n = s->id.str.n;

    if (id.n <= n || !str_equal(str_slice(id, 0, n), s->id.str))
        return id;
    size_t end = id.s[n] == '[' ? str_find(id, ']') : n - 1;
    return end < id.n - 1 && id.s[end + 1] == '.' ? str_slice(id, end + 2, id.n) : id;
}

// "STEP" or "STEP[KEY]".
static bool is_named(const struct step *s, struct str id)
{
    size_t n = s->id.str.n;

    if (str_equal(s->id.str, id))
        return true;
    return s->more->for_each && id.n > n && str_equal(str_slice(id, 0, n), s->id.str) &&
           id.s[n] == '[' && id.s[id.n - 1] == ']';
}

static const struct approve *approve_in(const struct program *p, const struct list *steps,
                                        struct str id)
{
    const struct step *all = steps->items;
    const struct approve *found = NULL;

    for (size_t i = 0; i < steps->count && !found; i++) {
        const struct step *s = &all[i];
        const struct list *inside[] = { &s->more->steps, &s->more->rescue, &s->more->always };
        struct str rest = id_inside(s, id);
        if (s->more->approve && is_named(s, id))
            return s->more->approve;
        if (s->kind == STEP_USE && rest.n < id.n)
            found = approve_of(p, program_use(p, s), rest);
        for (size_t k = 0; k < 3 && !found; k++)
            found = approve_in(p, inside[k], rest);
    }
    return found;
}

// Who may vote, as far as it stands in the file.
static void take_plan(struct voting *g, const struct approve *ap, const struct project *p,
                      const struct kept_plan *plan)
{
    struct question *want = &g->asked;
    struct scope none = { 0 };
    struct expr_error ignored = { 0 };
    struct question whole = { 0 };

    if (question_approve(&whole, ap, p, &none, g->v->arena, &ignored))
        *want = whole;
    want->reason_required = ap->reason == 1;
    want->requester = text_of(plan->run, "user");
    want->until = STR("");
}

static bool will_ask(struct voting *g)
{
    struct arena *a = g->v->arena;
    struct diags ignored = { .arena = a };
    struct kept_plan plan;
    struct str json;

    if (store_kept(g->o.store, g->o.row.id, "plan.json", a, &json, &ignored) != STORE_OK ||
        !plan_read(a, json, &plan))
        return false;
    const struct project *project = project_for(a, plan.cwd, plan.file, action_names(), &ignored);
    struct program *p = program_from(a, project, plan.files, plan.file_count, plan.file, &ignored);
    const struct approve *ap = p ? approve_of(p, p->root, g->step) : NULL;
    if (ap)
        take_plan(g, ap, project, &plan);
    return ap != NULL;
}

static bool is_over(const struct run_row *r)
{
    return str_is(r->state, "final") || str_is(r->state, "aborted");
}

int voting_find(struct voting *g)
{
    size_t count;
    const struct asked *q = voting_open(g, &count);

    if (is_over(&g->o.row))
        return usage_error(g->v, NULL, "run %.*s is over", STR_ARG(g->o.row.id));
    if (g->o.history->over && g->o.history->part_undone)
        return only_goes_back(g);
    if (count > 1)
        return usage_error(g->v, "`runbook waiting` lists them",
                           "run %.*s waits for more than one approval: name the step",
                           STR_ARG(g->o.row.id));
    if (count == 1) {
        g->asked = ballot_question(q, g->v->arena);
        g->is_open = true;
        g->step = q->step;
        return CODE_OK;
    }
    if (!g->step.n && str_is(g->o.row.state, "waiting")) {
        g->step = STR("run");
        return CODE_OK;
    }
    return !g->step.n || voting_last_answer(g) || !will_ask(g) ? nothing_to_answer(g) : CODE_OK;
}
