// The open questions of a run, and what answers them.

#include "base/arena.h"
#include "base/clock.h"
#include "base/shell_word.h"
#include "report/answers.h"
#include "report/listing_inside.h"
#include "value/fields.h"
#include "value/when.h"

static void add_vote_lines(const struct history *h, const struct asked *q, struct str flags,
                           struct page *p)
{
    struct str step = shell_word(p->arena, q->step);

    page_command(p, INK_PLAIN, "  runbook approve %.*s %.*s%.*s%.*s", STR_ARG(h->run),
                 STR_ARG(step), STR_ARG(flags), STR_ARG(answers_reason(q)));
    page_command(p, INK_PLAIN, "  runbook reject %.*s %.*s%.*s --reason TEXT", STR_ARG(h->run),
                 STR_ARG(step), STR_ARG(flags));
}

// A worker has no secret inputs; after a refusal there is only the end to come to.
static void add_resume(const struct history *h, const struct asked *q, struct str flags,
                       struct page *p)
{
    bool secrets = history_wants_secrets(h), vote = str_is(q->kind, "approve");
    const char *what = !vote                    ? ""
                       : str_is(q->votes, "no") ? " ends it: a refusal, exit code 5"
                       : answers_too_late(q)    ? " ends it, exit code 5; a second one asks again"
                                                : " goes on";

    page_command(p, INK_PLAIN, "  runbook resume %.*s%.*s%.*s%s%s%s", STR_ARG(h->run),
                 STR_ARG(vote ? STR("") : answers_flag(q, p->arena)), STR_ARG(flags),
                 secrets ? " --inputs FILE" : "",
                 !vote     ? ""
                 : secrets ? " "
                           : "  (or a worker)",
                 what);
}

// What there is to answer, or who goes on when it is answered.
static void add_way_on(const struct history *h, const struct asked *q, const struct run_row *row,
                       struct str flags, struct page *p)
{
    bool vote = str_is(q->kind, "approve"), late = answers_too_late(q);

    if (q->votes.n)
        page_head(p, INK_PLAIN, "  the votes are in: %s%s",
                  str_is(q->votes, "yes") ? "approved" : "refused",
                  row_is_attached(row) ? "; the run takes them up in a moment" : "");
    else if (vote && !late)
        add_vote_lines(h, q, flags, p);
    else if (!vote && row_is_attached(row))
        page_head(p, INK_PLAIN, "  to be answered where it runs: at the terminal of %.*s on %.*s",
                  STR_ARG(row->user), STR_ARG(row->host));
    if (!row_is_attached(row) && (q->votes.n || late || !vote))
        add_resume(h, q, flags, p);
}

static void add_open(const struct history *h, const struct asked *q, const struct run_row *row,
                     struct str flags, struct page *p)
{
    int64_t until = q->votes.n ? 0 : wall_from(text_of(q->data, "until"));
    struct str no = STR("");

    if (until)
        no = str_format(p->arena, ", %s%.*s",
                        until < clock_wall_ns() ? "the time was over, which is a no, "
                                                : "no answer is a no ",
                        STR_ARG(listing_ago(until, p->arena)));

    page_head(p, INK_ASK, "%.*s %.*s: %.*s", STR_ARG(h->run), STR_ARG(q->step),
              STR_ARG(q->message.n ? q->message : q->kind));
    page_head(p, INK_DIM, "  %.*s%s, asked %.*s%.*s%.*s", STR_ARG(h->runbook),
              h->drill ? " (DRILL)" : "", STR_ARG(listing_ago(q->asked_ns, p->arena)),
              STR_ARG(answers_wanted(q, p->arena)), STR_ARG(no));
    add_way_on(h, q, row, flags, p);
}

void listing_waiting(const struct history *h, const struct run_row *row, struct str flags,
                     struct page *p)
{
    for (size_t i = 0; i < h->question_count; i++)
        if (h->questions[i]->open)
            add_open(h, h->questions[i], row, flags, p);
}
