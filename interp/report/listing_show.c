// One run: its steps, what was asked, and how it stands.

#include "base/arena.h"
#include "report/aftermath.h"
#include "report/answers.h"
#include "report/listing_inside.h"
#include "report/not_run.h"
#include "report/since.h"
#include "value/when.h"

// Of one that went well its undo is the news, and of a check that it was before that.
static const struct sign *step_sign(const struct story *s, struct str state)
{
    const struct sign *m = sign_of(state);
    struct str undo = s->taken_back || s->before_undo ? STR("undone") : s->more->undo_state;

    return !undo.n || m->bad ? m : sign_of(str_is(undo, "unknown") ? STR("undo_failed") : undo);
}

// Where nothing of the run goes on, what was started and never ended is in doubt; of a group what
// is in it may be. [asked]: a person is asked about it.
static void add_step(const struct history *h, const struct story *s, bool asked, size_t wide,
                     struct page *p)
{
    bool left = h->over && str_is(s->state, "running"), doubt = left && !s->group;
    struct str begun = str_is(s->state, "pending") ? not_run_begun(h, s, p->arena) : STR("");
    struct str state = asked && !s->ended_ns ? STR("waiting") : begun.n ? STR("running") : s->state;
    const struct sign *m = step_sign(s, doubt ? STR("unknown") : left ? STR("cancelled") : state);
    struct buf b = BUF_EMPTY;

    buf_add(&b, doubt     ? STR("in doubt: it was started, and how it ended was not taken up")
                : left    ? STR("begun, and not ended")
                : begun.n ? begun
                : s->before_undo ? history_state_words(s)
                                 : state);
    if (s->took_ms > 0)
        buf_format(&b, " in %.*s", STR_ARG(span_text(s->took_ms, p->arena)));
    if (s->attempts > 1)
        buf_format(&b, ", attempt %zu", s->attempts);
    if (s->more->by.n)
        buf_format(&b, ", by %.*s", STR_ARG(s->more->by));
    if (s->more->reason.n)
        buf_format(&b, " (%.*s)", STR_ARG(s->more->reason));
    bool message = sign_of(state)->bad && s->message.n;
    if (message)
        buf_format(&b, ": %.*s", STR_ARG(s->message));
    if (history_undo_words(h, s).n)
        buf_format(&b, "%s %.*s", message ? ";" : ",", STR_ARG(history_undo_words(h, s)));
    if (s->taken_back && s->more->within.n)
        buf_format(&b, " with `%.*s`", STR_ARG(s->more->within));
    if (s->more->fate.n)
        buf_format(&b, " when the process died; %.*s", STR_ARG(s->more->fate));
    struct str label = str_format(p->arena, "%s %.*s", sign_shown(m, p->look),
                                  STR_ARG(history_shown_id(s->id)));
    page_item(p, label, wide + 2, m->bad ? m->ink : INK_PLAIN, buf_str(&b));
    buf_free(&b);
}

static bool is_asked_about(const struct history *h, struct str id)
{
    for (size_t i = 0; i < h->question_count && !h->over; i++)
        if (h->questions[i]->open && str_equal(h->questions[i]->step, id))
            return true;
    return false;
}

static size_t widest_id(const struct history *h)
{
    size_t wide = 0;

    for (size_t i = 0; i < h->story_count; i++) {
        size_t n = utf8_length(history_shown_id(h->stories[i]->id));
        wide = n > wide && n <= 32 ? n : wide;
    }
    return wide;
}

static void add_question(const struct asked *q, struct page *p)
{
    struct str note = answers_note(q, p->arena);
    struct str answer =
        q->votes.n ? str_format(p->arena, "the votes are in (%.*s), the run is to hear of it",
                                STR_ARG(q->votes))
        : q->open  ? str_format(p->arena, "not answered%.*s", STR_ARG(answers_wanted(q, p->arena)))
                   : str_format(p->arena, "%.*s%s%.*s%s%.*s%s%.*s", STR_ARG(history_answer(q)),
                               q->by.n ? ", by " : "", STR_ARG(q->by), q->how.n ? ", " : "",
                                STR_ARG(answers_way(q->how)), note.n ? ": " : "", STR_ARG(note));

    page_item(p, q->step, 12, q->open ? INK_ASK : INK_PLAIN,
              str_format(p->arena, "%.*s%s%.*s: %.*s", STR_ARG(q->kind), q->message.n ? " " : "",
                         STR_ARG(q->message), STR_ARG(answer)));
}

// They are nothing but told, so nothing else says of them.
static void add_hooks(const struct history *h, struct page *p)
{
    bool first = true;

    for (size_t i = 0; i < h->notice_count; i++) {
        const struct notice *n = &h->notices[i];
        if (!n->is_hook)
            continue;
        if (first) {
            page_blank(p);
            page_head(p, INK_BOLD, "%s", "Hooks:");
        }
        first = false;
        page_text(p, "  ", INK_WARN, n->words);
        if (n->said.n)
            page_text(p, p->look->utf8 ? "    \xe2\x94\x82 " : "    | ", INK_PLAIN, n->said);
    }
}

static struct str ended_words(const struct history *h, const struct run_row *r, struct arena *a)
{
    if (str_equal(r->state, row_result(r)))
        return str_format(a, "%.*s%.*s (exit code %d)", STR_ARG(r->state),
                          STR_ARG(since_words(h, a)), r->exit);
    return str_format(a, "%.*s, %.*s%.*s (exit code %d)", STR_ARG(r->state), STR_ARG(row_result(r)),
                      STR_ARG(since_words(h, a)), r->exit);
}

// Somebody is asked, and the run is there to hear the answer.
static bool waits_at(const struct history *h, const struct run_row *row)
{
    return str_is(row->state, "running") && !h->over && history_open_question(h);
}

// After its first undo a run only goes on undoing.
static struct str open_words(const struct history *h, const struct run_row *row, struct arena *a)
{
    const char *crashed = row_is_crashed(row) ? ": its process is gone" : "";

    if (waits_at(h, row))
        return str_format(a, "waiting: for a person at `%.*s`%s",
                          STR_ARG(history_open_question(h)->step),
                          h->undoing ? ", in its undo" : "");
    if (!h->undoing)
        return str_format(a, "%.*s%s", STR_ARG(row->state), crashed);
    if (h->undo_step.n && h->over)  // the run is what it was
        return str_format(a, "%.*s%.*s", STR_ARG(row->state), STR_ARG(since_words(h, a)));
    if (h->undo_step.n)
        return str_format(a, "%.*s, while `%.*s` of it is being undone%s", STR_ARG(row->state),
                          STR_ARG(h->undo_step), crashed);
    return str_format(a, "%.*s, while it is being undone%s", STR_ARG(row->state), crashed);
}

static void add_origin(const struct history *h, const struct run_row *row, struct page *p)
{
    struct arena *a = p->arena;

    page_head(p, INK_BOLD, "%.*s%s", STR_ARG(h->title.n ? h->title : row->runbook),
              h->drill ? " (DRILL)" : "");
    page_item(p, STR("run"), 8, INK_PLAIN, h->run);
    page_item(p, STR("runbook"), 8, INK_PLAIN,
              h->file.n ? str_format(a, "%.*s (%.*s)", STR_ARG(row->runbook), STR_ARG(h->file))
                        : row->runbook);
    if (row->user.n)
        page_item(p, STR("started"), 8, INK_PLAIN,
                  str_format(a, "%.*s by %.*s on %.*s", STR_ARG(date_text(h->started_ns, a)),
                             STR_ARG(row->user), STR_ARG(row->host)));
    page_item(p, STR("state"), 8, row_is_crashed(row) ? INK_BAD : INK_PLAIN,
              row_never_began(row)   ? STR("never began: its process died, and nothing was started")
              : listing_is_open(row) ? open_words(h, row, a)
                                     : ended_words(h, row, a));
}

void listing_show(const struct history *h, const struct run_row *row, struct str flags,
                  struct page *p)
{
    size_t wide = widest_id(h);

    add_origin(h, row, p);
    if (row_never_began(row)) {
        page_blank(p);
        page_command(p, INK_PLAIN, "  runbook abort %.*s%.*s  puts it out of the way",
                     STR_ARG(row->id), STR_ARG(flags));
        return;
    }
    if (h->story_count) {
        page_blank(p);
        page_head(p, INK_BOLD, "%s", "Steps:");
    }
    for (size_t i = 0; i < h->story_count; i++)
        add_step(h, h->stories[i], is_asked_about(h, h->stories[i]->id), wide, p);
    if (h->question_count) {
        page_blank(p);
        page_head(p, INK_BOLD, "%s", "Questions:");
    }
    for (size_t i = 0; i < h->question_count; i++)
        add_question(h->questions[i], p);
    add_hooks(h, p);
    if (h->over || h->suspended) {
        aftermath_write(h, flags, p);
        return;
    }
    aftermath_later(h, p);
    if (row_is_crashed(row))
        aftermath_commands(h, flags, p);
    else if (row_is_attached(row))
        aftermath_meanwhile(h, flags, p);
}
