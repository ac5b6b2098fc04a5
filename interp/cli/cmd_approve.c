#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "cli/open.h"
#include "exec/kept.h"
#include "report/fields.h"

// A vote on an approval, for or against.
struct voting {
    struct invocation *v;
    struct opened o;
    bool yes;
    struct str step;
    const struct asked *q;  // NULL: it was not asked yet
};

static int nothing_to_answer(struct voting *g, const char *help)
{
    return usage_error(g->v, help, "run %.*s waits for no approval%s%.*s%s", STR_ARG(g->o.row.id),
                       g->step.n ? " of `" : "", STR_ARG(g->step), g->step.n ? "`" : "");
}

// The only open approval, or that of the step.
static const struct asked *open_approval(const struct voting *g, size_t *count)
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

static bool was_answered(const struct voting *g)
{
    for (size_t i = 0; i < g->o.history->question_count; i++) {
        const struct asked *q = g->o.history->questions[i];
        if (!q->open && str_is(q->kind, "approve") && str_equal(q->step, g->step))
            return true;
    }
    return false;
}

static bool has_approve(const struct list *steps, struct str id)
{
    const struct step *all = steps->items;

    for (size_t i = 0; i < steps->count; i++)
        if ((str_equal(all[i].id.str, id) && all[i].approve) || has_approve(&all[i].steps, id) ||
            has_approve(&all[i].rescue, id))
            return true;
    return false;
}

// A vote may come before the question: the plan that is kept with the run knows the step.
static bool will_ask(struct voting *g)
{
    struct arena *a = g->v->arena;
    struct diags ignored = { .arena = a };
    struct kept_plan plan;
    struct str json;

    if (store_kept(g->o.store, g->o.row.id, "plan.json", a, &json, &ignored) != STORE_OK ||
        !plan_read(a, json, &plan))
        return false;
    struct program *p = program_from(a, open_project(g->v), plan.files, plan.file_count, plan.file,
                                     &ignored);
    return p && (has_approve(&p->root->rb->prepare, g->step) ||
                 has_approve(&p->root->rb->steps, g->step));
}

static bool is_over(const struct run_row *r)
{
    return str_is(r->state, "final") || str_is(r->state, "aborted");
}

static int find_question(struct voting *g)
{
    size_t count;

    if (is_over(&g->o.row))
        return usage_error(g->v, NULL, "run %.*s is over", STR_ARG(g->o.row.id));
    g->q = open_approval(g, &count);
    if (count == 1)
        return CODE_OK;
    if (count > 1)
        return usage_error(g->v, "`runbook waiting` lists them",
                           "run %.*s waits for more than one approval: name the step",
                           STR_ARG(g->o.row.id));
    if (!g->step.n && str_is(g->o.row.state, "waiting")) {
        g->step = STR("run");
        return CODE_OK;
    }
    if (!g->step.n || was_answered(g) || !will_ask(g))
        return nothing_to_answer(g, "`runbook waiting` lists what can be answered");
    return CODE_OK;
}

static bool is_among(struct value names, struct str user)
{
    if (names.kind != VALUE_LIST || !value_size(names))
        return true;
    for (size_t i = 0; i < value_size(names); i++)
        if (value_item(names, i).kind == VALUE_STRING && str_equal(value_item(names, i).s, user))
            return true;
    return false;
}

static int check_person(struct voting *g, struct str user)
{
    struct value data = g->q ? g->q->data : VALUE_NONE;

    if (!is_among(value_of(data, "from"), user)) {
        usage_error(g->v, NULL, "`%.*s` may not answer for `%.*s`", STR_ARG(user),
                    STR_ARG(g->q->step));
        return CODE_DECLINED;
    }
    if (truth_of(data, "not_requester") && str_equal(text_of(data, "requester"), user)) {
        usage_error(g->v, "somebody else has to", "`%.*s` started the run and may not approve it",
                    STR_ARG(user));
        return CODE_DECLINED;
    }
    if (truth_of(data, "reason_required") && !flag_text(g->v, "reason").n)
        return usage_error(g->v, "--reason TEXT", "a reason is required");
    return CODE_OK;
}

static int cast(struct voting *g)
{
    struct arena *a = g->v->arena;
    struct vote vote = { .step = g->q ? g->q->step : g->step,
                         .user = store_user(g->o.store, a),
                         .reason = flag_text(g->v, "reason"),
                         .digest = g->q ? text_of(g->q->data, "digest") : STR(""),
                         .at = clock_rfc3339_ms(a, clock_wall_ns()),
                         .yes = g->yes };
    int code = check_person(g, vote.user);

    if (code == CODE_OK)
        code = store_code(store_vote(g->o.store, g->o.row.id, &vote, g->v->diags));
    if (code != CODE_OK)
        return code;
    printf("%s of `%.*s` by %.*s is recorded\n", g->yes ? "the approval" : "the refusal",
           STR_ARG(vote.step), STR_ARG(vote.user));
    if (str_is(g->o.row.state, "suspended"))
        printf("runbook resume %.*s%.*s  goes on\n", STR_ARG(g->o.row.id),
               STR_ARG(reaching_flags(g->v)));
    return CODE_OK;
}

static int answer(struct invocation *v, bool yes)
{
    struct voting g = { .v = v, .yes = yes, .step = v->word_count > 1 ? v->words[1] : STR("") };
    int code = open_history(v, &g.o);

    if (code == CODE_OK)
        code = find_question(&g);
    return code == CODE_OK ? cast(&g) : code;
}

int command_approve(struct invocation *v)
{
    return answer(v, true);
}

int command_reject(struct invocation *v)
{
    return answer(v, false);
}
