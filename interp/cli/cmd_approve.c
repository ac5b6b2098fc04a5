#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "cli/missing_votes.h"
#include "cli/voting.h"
#include "report/history_read.h"
#include "store/row.h"
#include "value/when.h"

// -------- who may

// The run has to hear of it before it can ask again.
static const char *time_was_up(const struct voting *g)
{
    struct str id = g->o.row.id;
    struct str more = str_format(g->v->arena, "%.*s%s", STR_ARG(reaching_flags(g->v)),
                                 history_wants_secrets(g->o.history) ? " --inputs FILE" : "");

    if (row_says_running(&g->o.row))
        return NULL;
    return str_format(g->v->arena,
                      "`runbook resume %.*s%.*s` ends it (exit code 5); after that, `runbook "
                      "resume %.*s --detach%.*s` asks again",
                      STR_ARG(id), STR_ARG(more), STR_ARG(id), STR_ARG(more))
        .s;
}

// Who wants to say no and may not, can still stop it.
static const char *who_else(const struct voting *g)
{
    struct str id = g->o.row.id, flags = reaching_flags(g->v);

    if (g->yes)
        return "somebody else has to; `runbook waiting` says who may";
    return str_format(g->v->arena,
                      "somebody else has to; `runbook undo %.*s%.*s` takes back what was done, "
                      "`runbook abort %.*s%.*s` ends it for good",
                      STR_ARG(id), STR_ARG(flags), STR_ARG(id), STR_ARG(flags))
        .s;
}

static int refuse(struct voting *g, enum vote_fault fault)
{
    struct str user = g->vote.user, step = g->step;

    switch (fault) {
    case VOTE_NOT_AMONG:
        return declined(g->v, who_else(g), "`%.*s` may not answer for `%.*s`", STR_ARG(user),
                        STR_ARG(step));
    case VOTE_OF_REQUESTER:
        return declined(g->v, who_else(g), "`%.*s` started the run and may not %s it",
                        STR_ARG(user), g->yes ? "approve" : "reject");
    case VOTE_TOO_LATE:
        return usage_error(
            g->v, time_was_up(g), "the time for an answer was over %.*s, which is a no",
            STR_ARG(ago_text(wall_from(g->asked.until), clock_wall_ns(), g->v->arena)));
    case VOTE_WITHOUT_REASON:
        return usage_error(g->v, "say --reason \"why\"", "`%.*s` wants a reason with each answer",
                           STR_ARG(step));
    case VOTE_OF_ANOTHER:
    case VOTE_COUNTS:
        break;
    }
    return CODE_OK;
}

static enum store_error count(struct voting *g, struct tally *t)
{
    const struct vote *votes;
    size_t n = 0;
    enum store_error e = store_votes(g->o.store, g->o.row.id, g->v->arena, &votes, &n, g->v->diags);

    if (e == STORE_OK)
        votes_count(&g->asked, votes, n, g->v->arena, t);
    return e;
}

// One refusal ends it, also for who gave it.
static int after_a_refusal(struct voting *g, const struct tally *t)
{
    return usage_error(g->v, NULL, "`%.*s` was refused by %.*s%s%.*s; one refusal ends it",
                       STR_ARG(g->step), STR_ARG(t->last->user), t->last->reason.n ? ": " : "",
                       STR_ARG(t->last->reason));
}

// -------- what came of it

enum { LOOK_AGAIN_MS = 100, PATIENCE_MS = 3000 };

static void note_turn(void *arg)
{
    *(bool *)arg = true;
}

static void rest(struct voting *g, struct loop *l)
{
    bool turned = false;

    loop_timer(l, g->v->arena, loop_now_ms(l) + LOOK_AGAIN_MS, note_turn, &turned);
    while (!turned && loop_turn(l))
        ;
}

static bool is_at_work(const struct voting *g)
{
    return g->is_open && str_is(g->o.row.state, "running");
}

// An interpreter that is at work takes the vote in a moment; NULL if it does not, or is not.
static const struct asked *await_answer(struct voting *g)
{
    struct loop *l = loop_new(g->v->arena);
    int64_t until = loop_now_ms(l) + PATIENCE_MS;
    struct diags unheard = { .arena = g->v->arena };
    const struct asked *q = NULL;

    while (!q && is_at_work(g) && loop_now_ms(l) < until) {
        rest(g, l);
        // First the row: when it says that the session is over, all of it stands in the journal.
        store_find(g->o.store, g->o.row.id, g->v->arena, &g->o.row, &unheard);
        g->o.history = history_new(g->v->arena);
        size_t open = 0;
        if (history_read(g->o.history, g->o.store, g->o.row.id, &unheard) == STORE_OK &&
            !voting_open(g, &open))
            q = voting_last_answer(g);
    }
    return q;
}

static int too_late(struct voting *g, const struct asked *q)
{
    if (str_is(q->answer, "none"))
        return usage_error(g->v, NULL,
                           "it came too late: nobody had answered `%.*s` in time, "
                           "which is a no",
                           STR_ARG(g->step));
    return usage_error(g->v, NULL, "it came too late: `%.*s` was answered %.*s%s%.*s",
                       STR_ARG(g->step), STR_ARG(q->answer), q->by.n ? " by " : "", STR_ARG(q->by));
}

// What is in the journal is what happened, whatever votes there are by now.
static int refused_already(struct voting *g, const struct tally *t)
{
    const struct asked *q = await_answer(g);

    return q && !str_is(q->answer, "no") ? too_late(g, q) : after_a_refusal(g, t);
}

// Another approval, or a person's work.
static const struct asked *waits_for_more(const struct voting *g)
{
    for (size_t i = 0; i < g->o.history->question_count; i++) {
        const struct asked *q = g->o.history->questions[i];
        if (q->open && !str_equal(q->step, g->step))
            return q;
    }
    return NULL;
}

// After a refusal there is only its end to come to. A secret input is kept nowhere.
static void tell_way_on(const struct voting *g, bool refused)
{
    const struct asked *more = refused ? NULL : waits_for_more(g);

    if (!str_is(g->o.row.state, "suspended"))
        return;
    if (more)
        printf("the run waits for `%.*s` too\n", STR_ARG(more->step));
    else
        printf("runbook resume %.*s%.*s%s  %s\n", STR_ARG(g->o.row.id),
               STR_ARG(reaching_flags(g->v)),
               history_wants_secrets(g->o.history) ? " --inputs FILE" : "",
               refused ? "ends it: a refusal, exit code 5"
               : history_wants_secrets(g->o.history)
                   ? "goes on"
                   : "goes on; where a worker runs, it goes on by itself");
}

// What the approval needs beside the votes that it has, or how the run goes on.
static void tell_next(const struct voting *g, const struct tally *t, bool refused)
{
    if (!g->is_open)
        return;  // it is counted when it is asked
    if (!refused && missing_votes(&g->asked, t))
        printf("%.*s\n", STR_ARG(missing_votes_text(&g->asked, t, g->v->arena)));
    else
        tell_way_on(g, refused);
}

static void tell_recorded(struct voting *g, const struct tally *t)
{
    printf("%s of `%.*s` by %.*s is recorded", g->yes ? "the approval" : "the refusal",
           STR_ARG(g->step), STR_ARG(g->vote.user));
    if (g->is_open && g->yes && g->asked.votes_needed > 1)
        printf(", %zu of %zu", t->approvals, g->asked.votes_needed);
    putchar('\n');
    tell_next(g, t, !g->yes);
}

// -------- voting

// The first vote and its reason stand; a second one would say nothing new.
static bool has_approved(const struct voting *g, const struct tally *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->counted[i]->yes && str_equal(t->counted[i]->user, g->vote.user))
            return true;
    return false;
}

static int approved_already(const struct voting *g, const struct tally *t)
{
    printf("you have approved `%.*s` already\n", STR_ARG(g->step));
    tell_next(g, t, false);
    return CODE_OK;
}

static int cast(struct voting *g)
{
    struct tally t = { 0 };
    int code = store_code(store_vote(g->o.store, g->o.row.id, &g->vote, g->v->diags));

    if (code == CODE_OK)
        code = store_code(count(g, &t));
    if (code != CODE_OK)
        return code;
    const struct asked *q = t.over ? await_answer(g) : NULL;
    bool refused = g->yes && t.over && !t.yes;  // in the same moment
    if (q && !str_is(q->answer, g->yes ? "yes" : "no"))
        return refused && str_is(q->answer, "no") ? after_a_refusal(g, &t) : too_late(g, q);
    if (!q && refused)
        return after_a_refusal(g, &t);
    tell_recorded(g, &t);
    return CODE_OK;
}

static int answer(struct invocation *v, bool yes)
{
    struct voting g = { .v = v, .yes = yes, .step = v->word_count > 1 ? v->words[1] : STR("") };
    struct tally before = { 0 };
    int code = open_history(v, &g.o);

    if (code == CODE_OK)
        code = voting_find(&g);
    if (code != CODE_OK)
        return code;
    g.asked.id = g.step;
    g.vote = (struct vote){ .step = g.step,
                            .user = store_user(g.o.store, v->arena),
                            .reason = flag_text(v, "reason"),
                            .digest = g.asked.digest,
                            .at = clock_rfc3339_ms(v->arena, clock_wall_ns()),
                            .yes = yes };
    code = refuse(&g, vote_fault(&g.asked, &g.vote));
    if (code == CODE_OK)
        code = store_code(count(&g, &before));
    if (code == CODE_OK && before.over && !before.yes)
        code = refused_already(&g, &before);
    if (code == CODE_OK && yes && has_approved(&g, &before))
        return approved_already(&g, &before);
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
