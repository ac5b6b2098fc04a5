// What is said of each event.

#include "base/arena.h"
#include "base/map.h"
#include "report/aftermath.h"
#include "report/answers.h"
#include "report/harmless.h"
#include "report/teller_inside.h"
#include "report/way_back.h"
#include "value/fields.h"
#include "value/when.h"

enum { WIDEST_ID = 24 };

static const struct story *story_in(struct teller *t, const struct event *e)
{
    return history_story(t->history, text_of(e->data, "step"));
}

// Ids stand under each other as long as they are short.
static void measure_id(struct teller *t, struct str id)
{
    size_t n = utf8_length(id), width = screen_columns(t->screen);
    size_t most = width && width / 3 < WIDEST_ID ? width / 3 : WIDEST_ID;

    if (n > t->id_columns && n <= most)
        t->id_columns = n;
}

static void measure_ids(struct teller *t)
{
    for (size_t i = 0; i < t->history->story_count; i++)
        measure_id(t, t->history->stories[i]->id);
}

// Before the first step: what no undo will take back.
static void tell_way_back(struct teller *t)
{
    enum { MOST = 6 };
    struct str gone = way_back_words(t->history, WAY_BACK_GONE, MOST, t->scratch);
    struct str stays = way_back_words(t->history, WAY_BACK_STAYS, MOST, t->scratch);

    if (gone.n)
        teller_tell(t, INK_WARN, "cannot be taken back: %.*s", STR_ARG(gone));
    if (stays.n)
        teller_tell(t, INK_PLAIN, "stays after an undo, as `undo: none` says: %.*s",
                    STR_ARG(stays));
}

static void on_run_start(struct teller *t, const struct event *e)
{
    const struct history *h = t->history;
    const char *what = e->type != EVENT_RUN_RESUME  ? "starts"
                       : truth_of(e->data, "abort") ? "is ended for good"
                       : truth_of(e->data, "undo")  ? "is being undone"
                                                    : "resumes";

    measure_ids(t);
    if (t->options.past && !t->past)
        t->past = t->options.past(h->runbook, t->options.past_arg);
    if (h->title.n && !str_equal(h->title, h->runbook))
        teller_tell(t, INK_BOLD, "%.*s", STR_ARG(h->title));
    // A dry run is kept nowhere: its number would lead to nothing.
    struct str run = h->dry_run ? STR("dry run")
                                : str_format(t->scratch, "run %.*s", STR_ARG(h->run));
    teller_tell(t, h->drill ? INK_WARN : INK_PLAIN, "%s%.*s of %.*s %s%s%.*s%s%.*s",
                h->drill ? "DRILL: " : "", STR_ARG(run), STR_ARG(h->runbook), what,
                h->user.n ? ", by " : "", STR_ARG(h->user), h->host.n ? " on " : "",
                STR_ARG(h->host));
    if (e->type == EVENT_RUN_START)
        tell_way_back(t);
}

static void on_phase_start(struct teller *t, const struct event *e)
{
    struct str phase = text_of(e->data, "phase");

    if (teller_is_plain(t))
        teller_tell(t, INK_PLAIN, "phase     %.*s", STR_ARG(phase));
    else
        teller_tell(t, INK_BOLD, "%.*s", STR_ARG(phase));
}

// A step that has the terminal must not be painted over: lines wait until it ends.
static void lend_terminal(struct teller *t, const struct story *s)
{
    struct spout *spout = s->has_terminal ? teller_spout(t, s->id) : NULL;

    if (!spout || spout->has_terminal || !screen_columns(t->screen))
        return;
    if (screen_is_behind(t->screen))
        teller_say(t, INK_WARN,
                   "%.*s needs the terminal, and this runs in the background: bring it to the "
                   "front (fg)",
                   STR_ARG(s->id));
    spout->has_terminal = true;
    screen_take(t->screen);
}

static void take_terminal_back(struct teller *t, struct str step)
{
    struct spout *spout = map_get(t->spouts, step);

    if (!spout || !spout->has_terminal)
        return;
    spout->has_terminal = false;
    screen_give_back(t->screen);
}

// A run may end in the middle of such a step: its end would never be seen.
static void take_all_back(struct teller *t)
{
    for (size_t i = 0; i < t->history->story_count; i++)
        take_terminal_back(t, t->history->stories[i]->id);
}

static void on_step_start(struct teller *t, const struct event *e)
{
    const struct story *s = story_in(t, e);
    struct str name = s->name.n ? str_format(t->scratch, ": %.*s", STR_ARG(s->name)) : STR("");

    measure_id(t, s->id);
    if (t->github && !s->group && t->options.manner == MANNER_PLAIN)
        github_group(
            t->github, s->id,
            harmless_text(str_format(t->scratch, "%.*s%.*s", STR_ARG(s->id), STR_ARG(name)),
                          t->scratch));
    if (teller_is_plain(t))
        teller_tell(t, INK_PLAIN, "started   %.*s%s%.*s", STR_ARG(s->id),
                    s->attempts > 1 ? str_format(t->scratch, ", attempt %zu", s->attempts).s : "",
                    STR_ARG(name));
    else if (s->group)
        teller_row(t, sign_of(STR("running")), s->id, s->name, STR(""));
    if (t->options.verbose && s->command.n && !s->group)
        teller_tell(t, INK_DIM, "    $ %.*s", STR_ARG(s->command));
    lend_terminal(t, s);
}

static void on_step_attempt(struct teller *t, const struct event *e)
{
    const struct story *s = story_in(t, e);
    int64_t next_ms = int_of(e->data, "next_ms", -1);

    take_terminal_back(t, s->id);
    teller_end_output(t, s->id);
    struct str pause = next_ms >= 0 ? str_format(t->scratch, "; again in %.*s",
                                                 STR_ARG(span_text(next_ms, t->scratch)))
                                    : STR("");
    teller_tell(t, INK_WARN, "%s%.*s attempt %zu failed: %.*s%.*s",
                teller_is_plain(t) ? "retry     " : "      ", STR_ARG(s->id), s->attempts,
                STR_ARG(s->message), STR_ARG(pause));
}

static void on_step_rescue(struct teller *t, const struct event *e)
{
    take_terminal_back(t, story_in(t, e)->id);
}

// What is worth saying of a step beside its state.
static struct str end_words(struct teller *t, const struct story *s)
{
    struct buf b = BUF_EMPTY;

    if (sign_of(s->state)->bad)
        buf_add(&b, aftermath_words(s, t->scratch));
    else if (s->message.n)
        buf_add(&b, s->message);
    if (str_equal(buf_str(&b), s->state))
        buf_clear(&b);
    if (s->more->by.n)
        buf_format(&b, "%sby %.*s", b.n ? ", " : "", STR_ARG(s->more->by));
    if (s->more->reason.n)
        buf_format(&b, "%s%.*s", b.n ? ": " : "", STR_ARG(s->more->reason));
    if (s->attempts > 1 && str_is(s->state, "succeeded"))
        buf_format(&b, "%sin attempt %zu", b.n ? ", " : "", s->attempts);
    if (s->continued)
        buf_format(&b, "%sthe run goes on", b.n ? "; " : "");
    return buf_take(&b, t->scratch);
}

static void plain_end(struct teller *t, const struct story *s, struct str words)
{
    const struct sign *m = sign_of(s->state);
    struct str took = s->took_ms > 0 ? str_format(t->scratch, " in %.*s",
                                                  STR_ARG(span_text(s->took_ms, t->scratch)))
                                     : STR("");

    // Of a check nothing was said when it began.
    bool named = history_is_judged(s) && s->name.n;
    teller_say(t, m->bad ? m->ink : INK_PLAIN, "%-9.*s %.*s%s%.*s%s%.*s%s%.*s", STR_ARG(s->state),
               STR_ARG(s->id), named ? " (" : "", STR_ARG(named ? s->name : STR("")),
               named ? ")" : "", STR_ARG(took), words.n ? ": " : "", STR_ARG(words));
}

static bool is_worth_a_row(const struct teller *t, const struct story *s)
{
    if (t->history->dry_run && str_is(s->state, "skipped"))
        return false;  // the dry run has said what it would do
    if (str_ends(s->id, "~undo") && str_is(s->state, "succeeded") && !t->options.verbose)
        return false;  // the end of the undo is told
    return t->options.verbose || !str_is(s->state, "skipped") || s->more->reason.n || s->message.n ||
           s->planned;
}

static void tell_end(struct teller *t, const struct story *s)
{
    const struct sign *m = sign_of(s->state);

    if (!is_worth_a_row(t, s) || (t->options.manner == MANNER_QUIET && !m->bad))
        return;
    struct str words = end_words(t, s);
    if (teller_is_plain(t)) {
        plain_end(t, s, words);
    } else {
        struct str took = s->took_ms > 0 ? span_text(s->took_ms, t->scratch) : STR("");
        bool word = !str_is(s->state, "succeeded") && !str_is(s->state, "holds");
        teller_row(t, m, s->id, s->name, took);
        if (word || words.n)
            teller_below(t, m->bad ? m->ink : INK_DIM,
                         str_format(t->scratch, "%.*s%s%.*s", STR_ARG(word ? s->state : STR("")),
                                    word && words.n ? ": " : "", STR_ARG(words)));
    }
}

static void on_step_end(struct teller *t, const struct event *e)
{
    const struct story *s = story_in(t, e);
    const struct sign *m = sign_of(s->state);

    take_terminal_back(t, s->id);
    teller_end_output(t, s->id);
    tell_end(t, s);
    if (!t->github)
        return;
    github_group_end(t->github, s->id);
    if (m->bad && !s->group)
        github_error(t->github,
                     str_format(t->scratch, "step %.*s: %.*s", STR_ARG(s->id), STR_ARG(s->state)),
                     harmless_text(end_words(t, s), t->scratch));
}

static void on_confirm_ask(struct teller *t, const struct event *e)
{
    struct str message = text_of(e->data, "message");
    struct str kind = text_of(e->data, "kind");
    bool waits = str_is(kind, "approve") && !truth_of(e->data, "decided") && !t->options.asks;

    // On a terminal the question itself is seen, where somebody is there.
    if (teller_is_plain(t) || waits)
        teller_tell(t, INK_ASK, "%s%.*s: %.*s%s%.*s%s",
                    teller_is_plain(t) ? "asked     " : "  waits for a vote: ",
                    STR_ARG(text_of(e->data, "step")), STR_ARG(message), kind.n ? " (" : "",
                    STR_ARG(kind), kind.n ? ")" : "");
}

static void on_confirm_answer(struct teller *t, const struct event *e)
{
    struct value d = e->data;
    struct str answer = text_of(d, "answer"), by = text_of(d, "by");
    struct str how = answers_way(text_of(d, "how")), votes = answers_ballots(d, t->scratch);
    struct str reason = votes.n ? votes : text_of(d, "reason");

    // Who walks through a runbook sees what was typed, and what became of it.
    if (!teller_is_plain(t) && str_is(text_of(d, "kind"), "walk"))
        return;
    teller_tell(t, INK_PLAIN, "%s%.*s: %.*s%s%.*s%s%.*s%s%.*s",
                teller_is_plain(t) ? "answered  " : "      ", STR_ARG(text_of(d, "step")),
                STR_ARG(answer.n && !str_is(answer, "none") ? answer : STR("no answer")),
                by.n ? ", by " : "", STR_ARG(by),
                how.n ? ", " : "", STR_ARG(how), reason.n ? ": " : "", STR_ARG(reason));
}

// The last poll of a check of `verify` or `undone` is its end. Other checks (done_if,
// those of a step) speak through their step.
static void on_verify_try(struct teller *t, const struct event *e)
{
    const struct story *s = story_in(t, e);

    if (truth_of(e->data, "last") && history_is_judged(s)) {
        teller_end_output(t, s->id);
        tell_end(t, s);
        return;
    }
    if (!t->options.verbose)
        return;
    teller_tell(t, INK_DIM, "%s%.*s: %s%s%.*s", teller_is_plain(t) ? "polled    " : "      ",
                STR_ARG(text_of(e->data, "step")), truth_of(e->data, "ok") ? "holds" : "not yet",
                text_of(e->data, "message").n ? ": " : "", STR_ARG(text_of(e->data, "message")));
}

static void on_undo_start(struct teller *t, const struct event *e)
{
    if (teller_is_plain(t))
        teller_tell(t, INK_PLAIN, "undoing   %.*s", STR_ARG(text_of(e->data, "step")));
}

static void on_undo_end(struct teller *t, const struct event *e)
{
    const struct story *s = story_in(t, e);
    const struct sign *m = sign_of(str_is(s->more->undo_state, "undone") ? s->more->undo_state
                                                                   : STR("undo_failed"));
    struct str took = s->more->undo_started_ns
                          ? span_text((e->wall_ns - s->more->undo_started_ns) / 1000000, t->scratch)
                          : STR("");

    if (!teller_is_plain(t)) {
        teller_row(t, m, s->id, str_format(t->scratch, "%.*s", STR_ARG(s->more->undo_state)), took);
        if (s->more->undo_message.n)
            teller_below(t, m->ink, s->more->undo_message);
    } else if (m->bad || t->options.manner != MANNER_QUIET) {
        teller_say(t, m->bad ? m->ink : INK_PLAIN, "%-9.*s %.*s%s%.*s%s%.*s",
                   STR_ARG(s->more->undo_state), STR_ARG(s->id), took.n ? " in " : "", STR_ARG(took),
                   s->more->undo_message.n ? ": " : "", STR_ARG(s->more->undo_message));
    }
}

static void on_lock_wait(struct teller *t, const struct event *e)
{
    teller_tell(t, INK_DIM, "waited %.*s for the lock %.*s, held by run %.*s",
                STR_ARG(span_text(int_of(e->data, "waited_ms", 0), t->scratch)),
                STR_ARG(t->history->locks_waited), STR_ARG(t->history->lock_holder));
}

static void on_lock_held(struct teller *t, const struct event *e)
{
    (void)e;
    if (t->options.verbose)
        teller_tell(t, INK_DIM, "the locks are held");
}

static void on_hook_end(struct teller *t, const struct event *e)
{
    struct str state = text_of(e->data, "state"), message = text_of(e->data, "message");
    struct str who = history_contact(t->history, value_of(e->data, "contact"));
    bool bad = !str_is(state, "succeeded") && !str_is(state, "skipped");

    if (bad || t->options.verbose)
        teller_say(t, bad ? INK_WARN : INK_DIM, "the hook %.*s (%.*s) %.*s%s%.*s%s%.*s",
                   STR_ARG(text_of(e->data, "id")), STR_ARG(text_of(e->data, "hook")),
                   STR_ARG(bad ? STR("failed") : state), who.n ? " for " : "", STR_ARG(who),
                   message.n ? ": " : "", STR_ARG(message));
    if (bad)
        teller_quote(t, t->history->notices[t->history->notice_count - 1].said);
}

static void on_diagnostic(struct teller *t, const struct event *e)
{
    struct value d = e->data;
    struct str level = text_of(d, "level"), file = text_of(d, "file"), help = text_of(d, "help");
    int64_t line = int_of(d, "line", 0), column = int_of(d, "column", 0);
    struct str place = file.n ? str_format(t->scratch, "%.*s:%lld:%lld: ", STR_ARG(file),
                                           (long long)line, (long long)column)
                              : STR("");

    teller_say(t, str_is(level, "error") ? INK_BAD : INK_WARN, "%.*s%.*s: %.*s", STR_ARG(place),
               STR_ARG(level.n ? level : STR("error")), STR_ARG(text_of(d, "message")));
    if (help.n)
        teller_say(t, INK_PLAIN, "help: %.*s", STR_ARG(help));
}

static void on_over(struct teller *t, const struct event *e)
{
    struct page p = page_new(t->scratch, screen_look(t->screen), screen_columns(t->screen));

    (void)e;
    take_all_back(t);
    screen_status(t->screen, STR(""));
    aftermath_write(t->history, t->options.flags, &p);
    if (t->options.manner != MANNER_QUIET)
        teller_put(t, STR(""));
    teller_put(t, page_str(&p));
}

void (*const teller_tellings[EVENT_COUNT])(struct teller *t, const struct event *e) = {
    [EVENT_RUN_START] = on_run_start,
    [EVENT_RUN_RESUME] = on_run_start,
    [EVENT_RUN_END] = on_over,
    [EVENT_RUN_SUSPEND] = on_over,
    [EVENT_PHASE_START] = on_phase_start,
    [EVENT_STEP_START] = on_step_start,
    [EVENT_STEP_ATTEMPT] = on_step_attempt,
    [EVENT_STEP_RESCUE] = on_step_rescue,
    [EVENT_STEP_END] = on_step_end,
    [EVENT_CONFIRM_ASK] = on_confirm_ask,
    [EVENT_CONFIRM_ANSWER] = on_confirm_answer,
    [EVENT_VERIFY_TRY] = on_verify_try,
    [EVENT_UNDO_START] = on_undo_start,
    [EVENT_UNDO_END] = on_undo_end,
    [EVENT_LOCK_WAIT] = on_lock_wait,
    [EVENT_LOCK_HELD] = on_lock_held,
    [EVENT_HOOK_END] = on_hook_end,
    [EVENT_DIAGNOSTIC] = on_diagnostic,
};
