#include "report/listing.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/shell_word.h"
#include "report/aftermath.h"
#include "report/answers.h"
#include "report/harmless.h"
#include "report/since.h"
#include "value/fields.h"
#include "value/when.h"

// A cell of a table, with blanks up to its width.
static void cell(struct page *p, struct buf *b, struct str text, size_t width)
{
    struct str safe = harmless_text(text, p->arena);
    size_t wide = columns(safe);

    buf_add(b, safe);
    for (; wide < width; wide++)
        buf_add_c(b, ' ');
    buf_add_s(b, "  ");
}

static bool is_crashed(const struct run_row *r)
{
    return str_is(r->state, "crashed");
}

bool listing_is_open(const struct run_row *r)
{
    return str_is(r->state, "running") || is_crashed(r) || r->exit < 0;
}

static enum ink ink_of(const struct run_row *r)
{
    if (is_crashed(r))
        return INK_BAD;
    if (listing_is_open(r))
        return INK_ASK;
    if (r->exit == 0 && row_taken_back(r).n)
        return INK_WARN;
    return r->exit == 0 ? INK_GOOD : r->exit == 9 ? INK_WARN : INK_BAD;
}

// It died before its first event was kept.
static bool never_began(const struct run_row *r)
{
    return is_crashed(r) && !r->started.n;
}

static struct str result_of(const struct run_row *r)
{
    if (never_began(r))
        return STR("never began");
    return r->result.n && !listing_is_open(r) ? row_result(r) : r->state;
}

static void add_ways_on(const struct run_row *rows, size_t count, struct str flags, struct page *p)
{
    size_t crashed = 0;

    for (size_t i = 0; i < count && !crashed; i++)
        crashed = is_crashed(&rows[i]) && !never_began(&rows[i]) ? i + 1 : 0;
    if (!crashed)
        return;
    struct str id = rows[crashed - 1].id;
    page_blank(p);
    page_head(p, INK_DIM, "%s",
              "crashed: its process is gone, and what was done is kept. Go on, take "
              "back or end it, for example:");
    page_command(p, INK_PLAIN, "  runbook resume %.*s%.*s", STR_ARG(id), STR_ARG(flags));
    page_command(p, INK_PLAIN, "  runbook undo %.*s%.*s", STR_ARG(id), STR_ARG(flags));
    page_command(p, INK_PLAIN, "  runbook abort %.*s%.*s", STR_ARG(id), STR_ARG(flags));
}

static struct str to_the_minute(int64_t wall_ns, struct arena *a)
{
    return str_slice(date_text(wall_ns, a), 0, 16);
}

static struct str since_row_words(const struct run_row *r, struct arena *a)
{
    struct str ids = row_taken_back(r);
    struct buf b = BUF_EMPTY;
    bool many = str_find(ids, '\n') != SIZE_MAX;

    for (size_t i = 0; i < ids.n; i++)
        if (ids.s[i] == '\n')
            buf_add_s(&b, ", ");
        else
            buf_add_c(&b, ids.s[i]);
    struct str all = buf_take(&b, a);
    return str_format(a, "since then %.*s %s undone", STR_ARG(all), many ? "were" : "was");
}

struct run_columns {
    size_t names;
    bool narrow;  // without the year and the user
};

// What the columns beside it leave of the screen to the names of runbooks, or all that they want.
static struct run_columns run_columns(const struct run_row *rows, size_t count,
                                      const struct page *p)
{
    enum { BESIDE = 8 + 18 + 17 + 9 + 2, WIDEST = 24, LEAST = 8, YEAR = 5 };
    size_t user = 0, most = WIDEST;

    for (size_t i = 0; i < count; i++) {
        size_t n = columns(rows[i].user);
        user = n > user ? n : user;
    }
    bool narrow = p->columns && p->columns < BESIDE + LEAST + user;
    size_t beside = narrow ? BESIDE - YEAR : BESIDE + user;
    if (p->columns && p->columns < beside + WIDEST)
        most = p->columns < beside + LEAST ? LEAST : p->columns - beside;
    return (struct run_columns){ most, narrow };
}

static void add_run(const struct run_row *r, const struct asked *waits, struct run_columns c,
                    struct page *p)
{
    struct arena *a = p->arena;
    struct buf b = BUF_EMPTY;
    int64_t started = wall_from(r->started);

    cell(p, &b, r->id, 6);
    struct str when = started ? to_the_minute(started, a) : r->started;
    size_t year = c.narrow && started ? 5 : 0;

    cell(p, &b, str_slice(when, year, when.n), 16 - (c.narrow ? 5 : 0));
    cell(p, &b, result_of(r), 15);
    cell(p, &b, listing_is_open(r) ? STR("") : span_text(r->took_ms, a), 7);
    cell(p, &b,
         p->columns ? columns_cut(harmless_text(r->runbook, a), c.names, p->look->utf8, a)
                    : r->runbook,
         c.names);
    cell(p, &b, c.narrow ? STR("") : r->user, 0);
    if (!listing_is_open(r) && row_taken_back(r).n)
        cell(p, &b, since_row_words(r, a), 0);
    if (waits)
        cell(p, &b,
             str_format(a, "waits for the %.*s of `%.*s` since %.*s", STR_ARG(waits->kind),
                        STR_ARG(waits->step), STR_ARG(to_the_minute(waits->asked_ns, a))),
             0);
    page_lead(p, "", ink_of(r), str_trim(buf_str(&b)));
    buf_free(&b);
}

void listing_runs(const struct run_row *rows, const struct asked *const *waits, size_t count,
                  struct str flags, struct page *p)
{
    struct run_columns c = run_columns(rows, count, p);

    for (size_t i = 0; i < count; i++)
        add_run(&rows[i], waits[i], c, p);
    if (!count)
        page_head(p, INK_DIM, "%s", "There are no runs yet.");
    add_ways_on(rows, count, flags, p);
}

// Why it is held although nothing goes on, and how it becomes free.
static struct str standstill(const struct lock_row *r, struct str flags, struct arena *a)
{
    if (r->stale)
        return STR(" (its run is over: whoever asks next gets it)");
    if (!r->crashed && !r->unknown)
        return STR("");
    // One whose outcome is not known goes on only when a person has said what it was.
    return str_format(a,
                      " (%s: `runbook resume %.*s%.*s%s`, `runbook undo %.*s%.*s` or `runbook "
                      "abort %.*s%.*s` frees it)",
                      r->unknown ? "what became of it is not known" : "its process is gone",
                      STR_ARG(r->run), STR_ARG(flags),
                      r->unknown ? " --mark STEP=done` or `--mark STEP=failed" : "",
                      STR_ARG(r->run), STR_ARG(flags), STR_ARG(r->run), STR_ARG(flags));
}

static struct str ago(int64_t wall_ns, struct arena *a)
{
    return ago_text(wall_ns, clock_wall_ns(), a);
}

void listing_locks(const struct lock_row *rows, size_t count, struct str flags, struct page *p)
{
    for (size_t i = 0; i < count; i++) {
        const struct lock_row *r = &rows[i];
        page_item(p, r->name, 16, r->stale || r->crashed || r->unknown ? INK_WARN : INK_PLAIN,
                  str_format(p->arena, "run %.*s, by %.*s on %.*s, taken %.*s%s%.*s%.*s",
                             STR_ARG(r->run), STR_ARG(r->user), STR_ARG(r->host),
                             STR_ARG(ago(wall_from(r->since), p->arena)),
                             r->waits.n  ? ", waits for a person at "
                             : r->step.n ? ", at step "
                                         : "",
                             STR_ARG(r->waits.n ? r->waits : r->step),
                             STR_ARG(standstill(r, flags, p->arena))));
    }
    if (!count)
        page_head(p, INK_DIM, "%s", "No lock is held.");
}

// -------- one run

// [over]: nothing of the run goes on; what was started then, and never ended, is in doubt.
// [asked]: a person is asked about it.
static void add_step(const struct story *s, bool over, bool asked, size_t wide, struct page *p)
{
    bool doubt = over && str_is(s->state, "running");
    struct str state = asked && !s->ended_ns ? STR("waiting") : s->state;
    const struct sign *m = sign_of(doubt ? STR("unknown") : state);
    struct buf b = BUF_EMPTY;

    buf_add(&b,
            doubt ? STR("in doubt: it was started, and how it ended was not taken up") : state);
    if (s->took_ms > 0)
        buf_format(&b, " in %.*s", STR_ARG(span_text(s->took_ms, p->arena)));
    if (s->attempts > 1)
        buf_format(&b, ", attempt %zu", s->attempts);
    if (s->more->undo_state.n)
        buf_format(&b, ", %.*s", STR_ARG(s->more->undo_state));
    if (s->more->by.n)
        buf_format(&b, ", by %.*s", STR_ARG(s->more->by));
    if (s->more->reason.n)
        buf_format(&b, " (%.*s)", STR_ARG(s->more->reason));
    if (m->bad && s->message.n)
        buf_format(&b, ": %.*s", STR_ARG(s->message));
    if (s->more->fate.n)
        buf_format(&b, " when the process died; %.*s", STR_ARG(s->more->fate));
    struct str label = str_format(p->arena, "%s %.*s", sign_shown(m, p->look), STR_ARG(s->id));
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
        size_t n = utf8_length(h->stories[i]->id);
        wide = n > wide && n <= 32 ? n : wide;
    }
    return wide;
}

static void add_question(const struct asked *q, struct page *p)
{
    struct str note = answers_note(q, p->arena);
    struct str answer = q->votes.n ? str_format(p->arena, "the votes are in (%.*s), the run is to hear of it",
                                                STR_ARG(q->votes))
                        : q->open ? STR("not answered")
                                : str_format(p->arena, "%.*s%s%.*s%s%.*s%s%.*s",
                                             STR_ARG(history_answer(q)), q->by.n ? ", by " : "",
                                             STR_ARG(q->by), q->how.n ? ", " : "",
                                             STR_ARG(answers_way(q->how)), note.n ? ": " : "",
                                             STR_ARG(note));

    page_item(p, q->step, 12, q->open ? INK_ASK : INK_PLAIN,
              str_format(p->arena, "%.*s%s%.*s: %.*s", STR_ARG(q->kind), q->message.n ? " " : "",
                         STR_ARG(q->message), STR_ARG(answer)));
}

static struct str ended_words(const struct history *h, const struct run_row *r, struct arena *a)
{
    if (str_equal(r->state, r->result))
        return str_format(a, "%.*s (exit code %d)", STR_ARG(r->state), r->exit);
    return str_format(a, "%.*s, %.*s%.*s (exit code %d)", STR_ARG(r->state), STR_ARG(row_result(r)),
                      STR_ARG(since_words(h, a)), r->exit);
}

// An interpreter has the run: nobody else can go on with it.
static bool is_attached(const struct run_row *r)
{
    return str_is(r->state, "running");
}

// Somebody is asked, and the run is there to hear the answer.
static bool waits_at(const struct history *h, const struct run_row *row)
{
    return str_is(row->state, "running") && !h->over && history_open_question(h);
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
    page_item(p, STR("started"), 8, INK_PLAIN,
              str_format(a, "%.*s by %.*s on %.*s", STR_ARG(date_text(h->started_ns, a)),
                         STR_ARG(row->user), STR_ARG(row->host)));
    page_item(p, STR("state"), 8, is_crashed(row) ? INK_BAD : INK_PLAIN,
              waits_at(h, row)       ? str_format(a, "waiting: for a person at `%.*s`",
                                                  STR_ARG(history_open_question(h)->step))
              : never_began(row)       ? STR("never began: its process died, and nothing was started")
              : is_crashed(row)      ? STR("crashed: its process is gone")
              : listing_is_open(row) ? row->state
                                     : ended_words(h, row, a));
}

void listing_show(const struct history *h, const struct run_row *row, struct str flags,
                  struct page *p)
{
    size_t wide = widest_id(h);

    add_origin(h, row, p);
    if (never_began(row)) {
        page_blank(p);
        page_command(p, INK_PLAIN, "  runbook abort %.*s%.*s  puts it out of the way", STR_ARG(row->id),
                  STR_ARG(flags));
        return;
    }
    if (h->story_count) {
        page_blank(p);
        page_head(p, INK_BOLD, "%s", "Steps:");
    }
    for (size_t i = 0; i < h->story_count; i++)
        add_step(h->stories[i], h->over, is_asked_about(h, h->stories[i]->id), wide, p);
    if (h->question_count) {
        page_blank(p);
        page_head(p, INK_BOLD, "%s", "Questions:");
    }
    for (size_t i = 0; i < h->question_count; i++)
        add_question(h->questions[i], p);
    if (h->over || h->suspended)
        aftermath_write(h, flags, p);
    else if (is_crashed(row))
        aftermath_commands(h, flags, p);
    else if (is_attached(row))
        aftermath_meanwhile(h, flags, p);
}

static void add_vote_lines(const struct history *h, const struct asked *q, struct str flags,
                           struct page *p)
{
    struct str step = shell_word(p->arena, q->step);

    page_command(p, INK_PLAIN, "  runbook approve %.*s %.*s%.*s%.*s", STR_ARG(h->run), STR_ARG(step),
              STR_ARG(flags), STR_ARG(answers_reason(q)));
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
                                                : " goes on";

    page_command(p, INK_PLAIN, "  runbook resume %.*s%.*s%.*s%s%s%s", STR_ARG(h->run),
              STR_ARG(vote ? STR("") : answers_flag(q, p->arena)), STR_ARG(flags),
              secrets ? " --inputs FILE" : "", !vote ? "" : secrets ? " " : "  (or a worker)", what);
}

// What there is to answer, or who goes on when it is answered.
static void add_way_on(const struct history *h, const struct asked *q, const struct run_row *row,
                       struct str flags, struct page *p)
{
    bool vote = str_is(q->kind, "approve");

    if (q->votes.n)
        page_head(p, INK_PLAIN, "  the votes are in: %s%s",
                  str_is(q->votes, "yes") ? "approved" : "refused",
                  is_attached(row) ? "; the run takes them up in a moment" : "");
    else if (vote)
        add_vote_lines(h, q, flags, p);
    else if (is_attached(row))
        page_head(p, INK_PLAIN, "  to be answered where it runs: at the terminal of %.*s on %.*s",
                  STR_ARG(row->user), STR_ARG(row->host));
    if (!is_attached(row) && (q->votes.n || !vote))
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
                        STR_ARG(ago(until, p->arena)));

    page_head(p, INK_ASK, "%.*s %.*s: %.*s", STR_ARG(h->run), STR_ARG(q->step),
              STR_ARG(q->message.n ? q->message : q->kind));
    page_head(p, INK_DIM, "  %.*s, asked %.*s%.*s", STR_ARG(h->runbook),
              STR_ARG(ago(q->asked_ns, p->arena)), STR_ARG(no));
    add_way_on(h, q, row, flags, p);
}

void listing_waiting(const struct history *h, const struct run_row *row, struct str flags,
                     struct page *p)
{
    for (size_t i = 0; i < h->question_count; i++)
        if (h->questions[i]->open)
            add_open(h, h->questions[i], row, flags, p);
}
