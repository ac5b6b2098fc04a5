#include "base/arena.h"
#include "report/aftermath.h"
#include "report/answers.h"
#include "value/fields.h"

static const char *status_hint(int64_t status)
{
    switch (status) {
    case 126:
        return " (the program cannot be executed)";
    case 127:
        return " (the program was not found)";
    case 255:
        return " (often: ssh could not connect)";
    default:
        return "";
    }
}

static struct str status_words(struct value result, struct arena *a)
{
    struct str signal = text_of(result, "signal");
    int64_t status = int_of(result, "exit", -1);
    int64_t http = int_of(result, "status", -1);

    if (signal.n)
        return str_format(a, "ended by signal %.*s", STR_ARG(signal));
    if (status > 0)
        return str_format(a, "exit status %lld%s", (long long)status, status_hint(status));
    if (http >= 0)
        return str_format(a, "HTTP status %lld", (long long)http);
    return STR("");
}

// The message of an action often says its status in words of its own.
static bool is_said(struct str message, struct value result, struct arena *a)
{
    int64_t status = int_of(result, "exit", int_of(result, "status", -1));
    struct str number = str_format(a, "%lld", (long long)status);
    struct str signal = text_of(result, "signal");

    return str_search(message, number) != SIZE_MAX ||
           (signal.n && str_search(message, signal) != SIZE_MAX);
}

struct str aftermath_words(const struct story *s, struct arena *a)
{
    struct str status = status_words(s->more->result, a);

    if (!s->message.n)
        return status.n ? status : s->state;
    if (!status.n)
        return s->message;
    if (is_said(s->message, s->more->result, a))
        return str_format(a, "%.*s%s", STR_ARG(s->message),
                          status_hint(int_of(s->more->result, "exit", -1)));
    return str_format(a, "%.*s: %.*s", STR_ARG(status), STR_ARG(s->message));
}

static void add_output(const struct story *s, struct page *p)
{
    struct str lines[TAIL_LINES];
    size_t n = tail_lines(&s->tail, lines);

    for (size_t i = 0; i < n; i++)
        page_text(p, page_bar(p), INK_PLAIN, lines[i]);
}

struct str aftermath_refusal(const struct history *h, struct str id, struct arena *a)
{
    const struct asked *q = history_refusal(h, id);

    if (!q)
        return STR("");
    struct str by = answers_by(q, a), note = answers_note(q, a);
    return str_format(a, "%.*s - %.*s%s%.*s%s%.*s", STR_ARG(history_question(q)),
                      STR_ARG(history_answer(q)),
                      !by.n     ? ""
                      : q->by.n ? ", by "
                                : ", ",
                      STR_ARG(by), note.n ? ": " : "", STR_ARG(note));
}

void aftermath_story(const struct history *h, const struct story *s, struct page *p)
{
    const struct sign *m = sign_of(s->state);
    struct str words = aftermath_words(s, p->arena),
               refusal = aftermath_refusal(h, s->id, p->arena);

    page_head(p, m->ink, "%s %.*s: %.*s%s%.*s", sign_shown(m, p->look),
              STR_ARG(history_shown_id(s->id)), STR_ARG(s->state), s->name.n ? " - " : "",
              STR_ARG(s->name));
    if (s->command.n)
        page_lead(p, "  $ ", INK_PLAIN, s->command);
    add_output(s, p);
    if (words.n && !str_equal(words, s->state))
        page_text(p, "  ", m->ink, words);
    if (refusal.n)
        page_text(p, "  ", INK_PLAIN, refusal);
    if (s->more->picture.n)
        page_text(p, "    ", INK_PLAIN, s->more->picture);
    if (s->poll && !s->more->picture.n && s->poll->picture->n)
        page_text(p, "    ", INK_PLAIN, buf_str(s->poll->picture));
    if (s->attempts > 1)
        page_head(p, INK_DIM, "  after %zu attempts", s->attempts);
    if (s->more->help.n)
        page_lead(p, "  help: ", INK_PLAIN, s->more->help);
}
