// What to type next, and whom to call.

#include "base/arena.h"
#include "base/clock.h"
#include "base/shell_word.h"
#include "report/aftermath.h"
#include "report/answers.h"
#include "value/fields.h"
#include "value/when.h"

// "restore~undo", "restore~undo.2": the way back is not taken back itself.
static bool is_way_back(const struct story *s)
{
    return str_find(s->id, '~') != SIZE_MAX;
}

static bool anything_to_undo(const struct history *h)
{
    for (size_t i = 0; i < h->story_count; i++)
        if (!h->stories[i]->is_hook && !h->stories[i]->poll && !is_way_back(h->stories[i]) &&
            !str_is(h->stories[i]->undo, "nothing") && history_had_effect(h->stories[i]))
            return true;
    return false;
}

// What an undo would still try: not what it only passes over.
static bool anything_undo_tries(const struct history *h)
{
    for (size_t i = 0; i < h->story_count; i++) {
        const struct story *s = h->stories[i];
        bool tries = !s->undo.n || str_is(s->undo, "undo");
        if (!s->is_hook && !s->poll && !is_way_back(s) && tries && history_had_effect(s))
            return true;
    }
    return false;
}

static bool any_check_is_false(const struct history *h)
{
    for (size_t i = 0; i < h->story_count; i++)
        if (history_is_judged(h->stories[i]) && !h->stories[i]->poll->ok)
            return true;
    return false;
}

// A resume could come to another end. Without a `verify` that of a run in which only a person left
// something out would be the same for ever, as would that of an undo that has only passed over
// what cannot be undone.
static bool can_go_on(const struct history *h)
{
    struct value verified = value_of(h->end, "verified");

    switch (h->suspended ? 6 : h->exit) {
    case 0:
    case 2:
    case 3:
    case 4:
    case 7:
    case 9:
        return false;
    case 8:
        return verified.kind == VALUE_BOOL || any_check_is_false(h) || history_culprit(h);
    case 10:
        return anything_undo_tries(h) || any_check_is_false(h);
    default:
        return true;
    }
}

// Only these ends keep them (execution.md): it waits, is not known, has no journal, or has crashed.
// The undo of one step leaves it so.
static bool keeps_locks(const struct history *h)
{
    bool crashed = !h->over || (h->part_undone && !h->stands.n);
    int exit = h->part_undone ? h->stands_exit : h->exit;

    return h->has_locks && (h->suspended || crashed || exit == 6 || exit == 11 || exit == 12);
}

struct suggestion {
    struct str line;
    const char *why;
};
struct suggestions {
    struct page *p;
    const struct history *h;
    struct str flags;
    struct suggestion items[16];
    size_t count;
};

static void suggest(struct suggestions *s, const char *command, struct str rest, const char *why)
{
    if (s->count == sizeof s->items / sizeof *s->items)
        return;
    s->items[s->count++] = (struct suggestion){
        str_format(s->p->arena, "runbook %s %.*s%.*s%.*s", command, STR_ARG(s->h->run),
                   STR_ARG(rest), STR_ARG(s->flags)),
        why,
    };
}

static void add_suggestions(const struct suggestions *s)
{
    size_t wide = 0;

    for (size_t i = 0; i < s->count; i++)
        wide = s->items[i].line.n > wide ? s->items[i].line.n : wide;
    for (size_t i = 0; i < s->count; i++)
        if (s->p->columns && wide + 4 > s->p->columns / 2) {
            page_command(s->p, INK_PLAIN, "  %.*s", STR_ARG(s->items[i].line));
            page_text(s->p, "      ", INK_DIM, str_from(s->items[i].why));
        } else {
            page_item(s->p, s->items[i].line, wide, INK_DIM, str_from(s->items[i].why));
        }
}

static struct str mark_flag(struct str id, const char *state, struct arena *a)
{
    struct str said = str_format(a, "%.*s=%s", STR_ARG(id), state);

    // A lone `=` needs no quotes; the brackets of an instance do.
    return str_format(a, " --mark %.*s",
                      STR_ARG(str_find(id, '[') == SIZE_MAX ? said : shell_word(a, said)));
}

static void suggest_marks(struct suggestions *s)
{
    struct arena *a = s->p->arena;

    struct value unknown = value_of(s->h->end, "unknown");

    for (size_t i = 0; unknown.kind == VALUE_LIST && i < value_size(unknown); i++) {
        struct str id = value_item(unknown, i).s;
        suggest(s, "resume", mark_flag(id, "done", a), "it took effect: go on");
        suggest(s, "resume", mark_flag(id, "failed", a), "it did not: try it again");
    }
}

static void suggest_answer(struct suggestions *s, const struct asked *q)
{
    struct arena *a = s->p->arena;
    struct str step = str_is(q->step, "run")
                          ? STR("")
                          : str_format(a, " %.*s", STR_ARG(shell_word(a, q->step)));
    struct str vote = str_format(a, "%.*s%.*s", STR_ARG(step), STR_ARG(answers_reason(q)));
    struct str flag = answers_flag(q, a);

    if (q->votes.n)
        return;  // only the run has to hear of it
    if (answers_too_late(q))
        return;  // it is a no already
    if (str_is(q->kind, "approve")) {
        struct str from = answers_from(q, a);
        from = from.n ? str_format(a, " (a vote %.*s)", STR_ARG(from)) : from;
        suggest(s, "approve", vote,
                str_format(a, "say yes, from anywhere%.*s", STR_ARG(from)).s);
        suggest(s, "reject", vote, str_format(a, "say no%.*s", STR_ARG(from)).s);
    } else if (flag.n) {
        suggest(s, "resume", flag, "go on with this answer");
    }
}

static void suggest_answers(struct suggestions *s)
{
    for (size_t i = 0; i < s->h->question_count; i++)
        if (s->h->questions[i]->open)
            suggest_answer(s, s->h->questions[i]);
}

// Whether this is what stopped an undo: nobody answered, and it was not undone since.
static bool stops_undo(const struct history *h, size_t at)
{
    const struct asked *q = h->questions[at];
    size_t mark = str_find(q->step, '~');
    const struct story *s = mark == SIZE_MAX ? NULL : history_story(h, str_slice(q->step, 0, mark));

    for (size_t i = at + 1; i < h->question_count; i++)
        if (str_equal(h->questions[i]->step, q->step))
            return false;  // it was asked again
    return s && str_is(q->answer, "none") && str_is(s->more->undo_state, "undo_failed");
}

// The flags that answer what stopped an undo, for where there is no terminal; or "".
static struct str answers_of_undo(const struct history *h, struct arena *a)
{
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; i < h->question_count; i++)
        if (stops_undo(h, i))
            buf_add(&b, answers_flag(h->questions[i], a));
    return buf_take(&b, a);
}

// It was suspended, and a person who resumes it on a terminal gets the question.
static bool is_asked_again(const struct history *h)
{
    const struct asked *q = h->suspended ? history_open_question(h) : NULL;

    return q && !str_is(q->kind, "approve");
}

// The votes say no, or the time to vote is up: there is only the end to come to.
static const char *why_it_ends(const struct history *h)
{
    for (size_t i = 0; i < h->question_count && h->suspended; i++) {
        const struct asked *q = h->questions[i];
        if (q->open && str_is(q->votes, "no"))
            return "ends it: a refusal, exit code 5";
        if (q->open && answers_too_late(q))
            return "ends it: the time to approve is up";
    }
    return NULL;
}

// Where all that is open is to be approved and is not yet, a resume would only wait again. The
// first of those, or NULL.
static const struct asked *waits_for_votes(const struct history *h)
{
    const struct asked *first = NULL;

    for (size_t i = 0; i < h->question_count && h->suspended; i++) {
        const struct asked *q = h->questions[i];
        if (q->open && (!str_is(q->kind, "approve") || q->votes.n))
            return NULL;
        first = q->open && !first ? q : first;
    }
    return first && !why_it_ends(h) ? first : NULL;
}

static void add_deadlines(const struct suggestions *s)
{
    struct arena *a = s->p->arena;

    for (size_t i = 0; i < s->h->question_count && s->h->suspended; i++) {
        const struct asked *q = s->h->questions[i];
        int64_t until = wall_from(text_of(q->data, "until"));
        if (q->open && until && str_is(q->kind, "approve") && !q->votes.n && !answers_too_late(q))
            page_head(s->p, INK_WARN, "  until %.*s: no answer to `%.*s` by then is a no",
                      STR_ARG(date_text(until, a)), STR_ARG(q->step));
    }
}

// It goes on by itself where a worker is.
static void add_waited_for(const struct suggestions *s)
{
    const struct asked *q = waits_for_votes(s->h);

    if (q)
        page_head(s->p, INK_DIM,
                  "  it waits for the approval of `%.*s`; when that is there, "
                  "`runbook resume %.*s%.*s` (or a worker) goes on",
                  STR_ARG(q->step), STR_ARG(s->h->run), STR_ARG(s->flags));
}

// By nobody else: the process of the run has ended, as it should.
static void add_calls_left(const struct suggestions *s)
{
    const struct call_left *next = NULL;
    size_t more = 0;

    for (size_t i = 0; i < s->h->call_count && s->h->suspended; i++) {
        const struct call_left *c = &s->h->calls[i];
        if (!history_is_left(s->h, c))
            continue;
        more += next != NULL;
        next = !next || c->at_ns < next->at_ns ? c : next;
    }
    if (next)
        page_text(s->p, "  ", INK_DIM,
                  str_format(s->p->arena,
                             "without an answer %.*s is told at %.*s%s, by a worker: where no "
                             "`runbook worker%.*s` runs, nobody is",
                             STR_ARG(next->who), STR_ARG(date_text(next->at_ns, s->p->arena)),
                             more ? ", then others" : "", STR_ARG(s->flags)));
}

static void suggest_going_on(struct suggestions *s)
{
    const struct history *h = s->h;
    bool step = h->undo_step.n > 0;  // one step is undone: there is no way forwards
    struct str answers = answers_of_undo(h, s->p->arena);
    const char *end = why_it_ends(h);

    if (waits_for_votes(h))
        return;
    suggest(s, "resume", answers,
            end          ? end
            : answers.n    ? "go on undoing, with these answers"
            : step       ? "go on undoing this step"
            : h->undoing ? anything_undo_tries(h) ? "go on undoing" : "bring it to its end"
            : is_asked_again(h) ? "go on: it is asked again, on a terminal"
            : h->exit == 8 && !h->suspended && !history_culprit(h)
                ? "verify again, without the steps that succeeded"
                : "go on from where it stopped");
}

// A secret input is kept nowhere: who goes on gives it again.
static void add_secret_inputs(const struct suggestions *s)
{
    struct value names = value_of(s->h->start, "secret_inputs");
    struct buf b = BUF_EMPTY;
    bool many = names.kind == VALUE_LIST && value_size(names) > 1;
    bool goes_on = false;

    for (size_t i = 0; i < s->count; i++)
        goes_on |= str_starts(s->items[i].line, "runbook resume ") ||
                   str_starts(s->items[i].line, "runbook undo ");
    if (names.kind != VALUE_LIST || !value_size(names) || !goes_on)
        return;
    for (size_t i = 0; i < value_size(names); i++)
        buf_format(&b, "%s`%.*s`", i ? ", " : "", STR_ARG(value_item(names, i).s));
    struct str all = buf_take(&b, s->p->arena);
    page_head(
        s->p, INK_DIM,
        "  resume and undo need the secret input%s %.*s again: add --inputs FILE (YAML or JSON)",
        many ? "s" : "", STR_ARG(all));
}

// Nothing else goes well before that.
static void add_free_first(const struct suggestions *s)
{
    struct value full = value_of(s->h->end, "full");

    if (full.kind == VALUE_STRING)
        page_head(s->p, INK_WARN, "  first free space where `%.*s` is, which is full",
                  STR_ARG(full.s));
}

void aftermath_commands(const struct history *h, struct str flags, struct page *p)
{
    struct suggestions s = { p, h, flags };
    bool unknown = h->exit == 11 && history_in_state(h, "unknown"), goes_on = can_go_on(h);
    bool stuck = h->exit == 10 && answers_of_undo(h, p->arena).n;
    bool passed_over = h->exit == 10 && !goes_on;  // what is left is done by hand
    bool same = h->undoing && goes_on && !unknown && !h->undo_step.n;  // resume goes on undoing

    page_blank(p);
    page_head(p, INK_BOLD, "What you can do:");
    add_free_first(&s);
    if (h->suspended || h->exit == 6)
        suggest_answers(&s);
    if (unknown)
        suggest_marks(&s);
    else if (goes_on)
        suggest_going_on(&s);
    if (h->exit != 9 && !stuck &&
        (h->exit == 10 || h->undoing ? anything_undo_tries(h) : anything_to_undo(h)))
        suggest(&s, "undo", STR(""), same ? "does the same" : "take back what was done");
    suggest(&s, "report", STR(""), "the incident report");
    if (goes_on)
        suggest(&s, "abort", STR(""),
                keeps_locks(h) ? "end it for good, free its locks" : "end it for good");
    if (passed_over)
        suggest(&s, "abort", STR(""),
                "end it for good, when what cannot be undone is seen to by hand");
    add_suggestions(&s);
    add_deadlines(&s);
    add_waited_for(&s);
    add_calls_left(&s);
    add_secret_inputs(&s);
    if (str_search(flags, STR("***")) != SIZE_MAX)
        page_head(p, INK_DIM, "%s", "  (*** stands for the password of the store)");
}

void aftermath_only_back(const struct history *h, struct str flags, struct page *p)
{
    struct suggestions s = { p, h, flags };

    page_blank(p);
    page_head(p, INK_BOLD, "The run cannot go on forwards any more. What you can do:");
    if (anything_to_undo(h))
        suggest(&s, "undo", STR(""), "take the rest back");
    else
        suggest(&s, "undo", STR(""), "nothing is left to take back: end it as undone");
    suggest(&s, "abort", STR(""),
            keeps_locks(h) ? "end it for good, free its locks" : "end it for good");
    add_suggestions(&s);
    add_secret_inputs(&s);
}

void aftermath_meanwhile(const struct history *h, struct str flags, struct page *p)
{
    struct suggestions s = { p, h, flags };

    page_blank(p);
    page_head(p, INK_BOLD, "What you can do:");
    for (size_t i = 0; i < h->question_count; i++)
        if (h->questions[i]->open && str_is(h->questions[i]->kind, "approve"))
            suggest_answer(&s, h->questions[i]);
    suggest(&s, "logs", STR(" -f"), "follow what its steps print");
    add_suggestions(&s);
}

// -------- people

static int64_t after_ms(struct value contact)
{
    struct value after = value_of(contact, "after");
    int64_t ns = 0;

    if (after.kind == VALUE_STRING)
        return duration_parse(after.s, &ns) ? ns / 1000000 : 0;
    if (after.kind == VALUE_DURATION)
        return after.i / 1000000;
    return int_of(contact, "after_ms", 0);
}

static void add_contact(struct value contact, struct buf *out)
{
    static const char *const keys[] = { "name", "phone", "email", "link" };

    if (out->n)
        buf_add_s(out, "; ");
    buf_add(out, text_of(contact, "role"));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (text_of(contact, keys[i]).n)
            buf_format(out, "%s%.*s", i || out->n ? ", " : "", STR_ARG(text_of(contact, keys[i])));
}

struct str aftermath_contact(const struct history *h, int64_t elapsed_ms, struct arena *a)
{
    struct value contacts = value_of(h->start, "contacts");
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; contacts.kind == VALUE_LIST && i < value_size(contacts); i++)
        if (after_ms(value_item(contacts, i)) <= elapsed_ms)
            add_contact(value_item(contacts, i), &b);
    return buf_take(&b, a);
}
