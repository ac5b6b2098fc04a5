// The two menus: a step failed and a person chooses; --mode manual before each step.

#include <string.h>

#include "base/arena.h"
#include "report/aftermath.h"
#include "report/person_inside.h"

struct entry_of_menu {
    char letter;
    const char *word, *doc;
    bool (*offered)(const struct question *q);
    void (*chosen)(struct person *p);
};

static const struct entry_of_menu *menu_of(const struct question *q);

// -------- what can be chosen

static bool may_retry(const struct question *q)
{
    return q->may_retry && !q->declined;
}
static bool may_ask_again(const struct question *q)
{
    return q->may_retry && q->declined;
}
static bool may_skip(const struct question *q)
{
    return q->may_skip;
}
static bool may_undo(const struct question *q)
{
    return q->may_undo;
}
static bool has_output(const struct question *q)
{
    return q->output.n > 0;
}
// The last step that ended and had printed anything. The driver keeps no output.
static const struct story *printed_last(const struct person *p)
{
    const struct history *h = p->history;
    const struct story *last = NULL;
    struct str lines[TAIL_LINES];

    for (size_t i = 0; i < h->story_count; i++) {
        const struct story *s = h->stories[i];
        if (s->ended_ns && (!last || s->ended_ns >= last->ended_ns) && tail_lines(&s->tail, lines))
            last = s;
    }
    return last;
}

static void recall_output(struct person *p)
{
    const struct story *s = printed_last(p);
    struct str lines[TAIL_LINES];
    struct buf b = BUF_EMPTY;

    if (!s)
        return;
    size_t n = tail_lines(&s->tail, lines);
    buf_format(&b, "%.*s printed:\n", STR_ARG(s->id));
    for (size_t i = 0; i < n; i++)
        buf_format(&b, "%.*s\n", STR_ARG(lines[i]));
    p->q->output = buf_take(&b, p->scratch);
}

static bool has_checks(const struct question *q)
{
    return q->check_now != NULL;
}

static void ask_again(struct person *p);

static void choose_retry(struct person *p)
{
    person_answer(p, ANSWER_RETRY);
}
static void choose_run(struct person *p)
{
    person_answer(p, ANSWER_RUN);
}
static void choose_all(struct person *p)
{
    person_answer(p, ANSWER_RUN_ALL);
}
static void choose_stop(struct person *p)
{
    person_answer(p, ANSWER_STOP);
}

static void heard_reason(struct person *p, struct str line)
{
    if (!line.n)
        ask_again(p);
    else
        person_answer_text(p, ANSWER_SKIP, line);
}

static void choose_skip(struct person *p)
{
    person_ask(p, STR("Why is it skipped? (Enter: not skipped)"), heard_reason);
}

static void heard_undo(struct person *p, struct str line)
{
    if (str_is(line, "yes"))
        person_answer(p, ANSWER_UNDO);
    else if (line.n && !person_says_no(line))
        person_again(p, "%s", "That is neither `yes` nor `no`.");
    else
        ask_again(p);
}

static void choose_undo(struct person *p)
{
    person_ask(p, STR("Undo everything that was done so far? `yes`, or Enter for the menu:"),
               heard_undo);
}

static void choose_details(struct person *p)
{
    person_item(p, "will run", INK_PLAIN, p->q->details);
    person_item(p, "destroys", INK_BAD, p->q->destroys);
    person_item(p, "leaves", INK_PLAIN, p->q->leaves);
    person_item(p, "undo", p->q->for_good ? INK_BAD : INK_PLAIN, p->q->undo);
    for (size_t i = 0; i < p->q->show_count; i++)
        person_item(p, i ? "" : "look at", INK_PLAIN, p->q->show[i]);
    person_item(p, "so far", INK_WARN, p->q->so_far);
    for (size_t i = 0; i < p->q->fact_count; i++)
        person_item(p, p->q->facts[i].label, INK_PLAIN, p->q->facts[i].text);
    ask_again(p);
}

static void choose_output(struct person *p)
{
    page_text(&p->page, page_bar(&p->page), INK_PLAIN, p->q->output);
    ask_again(p);
}

// The question may have been withdrawn while its checks ran.
static void checks_done(void *arg, struct str lines)
{
    struct person *p = arg;

    if (!p->q || p->q != p->looking)
        return;
    p->looking = NULL;
    page_text(&p->page, page_bar(&p->page), INK_PLAIN, lines);
    ask_again(p);
}

static void choose_checks(struct person *p)
{
    tty_rest(p->tty);
    page_head(&p->page, INK_DIM, "%s", "The checks of `verify` are asked, each once ...");
    person_show(p);
    p->looking = p->q;
    p->q->check_now(p->q, checks_done, p);
}

static void back_from_shell(void *arg)
{
    struct person *p = arg;

    if (!p->q)
        return;
    page_head(&p->page, INK_DIM, "%s", "Back in the runbook.");
    tty_forget(p->tty);
    ask_again(p);
}

static void choose_shell(struct person *p)
{
    struct str env = str_format(p->scratch, "RUNBOOK_RUN=%.*s", STR_ARG(p->history->run));

    page_head(&p->page, INK_DIM, "%s", "A shell; `exit` comes back to this question.");
    person_show(p);
    if (!tty_shell(p->tty, env, back_from_shell, p)) {
        page_head(&p->page, INK_WARN, "%s", "No shell could be started.");
        ask_again(p);
    }
}

// clang-format off
static const struct entry_of_menu failure_menu[] = {
    { 'r', "retry",  "try it again",                       may_retry,  choose_retry },
    { 'r', "retry",  "ask about it again",                 may_ask_again, choose_retry },
    { 's', "skip",   "go on without it (wants a reason)",  may_skip,   choose_skip },
    { 'o', "output", "its last lines again",               has_output, choose_output },
    { 'h', "shell",  "look around, then come back",        NULL,       choose_shell },
    { 'u', "undo",   "undo everything",                    may_undo,   choose_undo },
    { 'q', "stop",   "stop here; it can be resumed",       NULL,       choose_stop },
    { 0 },
};
static const struct entry_of_menu walk_menu[] = {
    { 'r', "run",     "run it",                            NULL,       choose_run },
    { 's', "skip",    "go on without it (wants a reason)", may_skip,   choose_skip },
    { 'd', "details", "all that is known of it",           NULL,       choose_details },
    { 'o', "output",  "what was printed last",     has_output, choose_output },
    { 'c', "checks",  "ask the checks of `verify` now",    has_checks, choose_checks },
    { 'h', "shell",   "look around, then come back",       NULL,       choose_shell },
    { 'a', "all",     "run this and all that remain",      NULL,       choose_all },
    { 'u', "undo",    "undo everything",                   may_undo,   choose_undo },
    { 'q', "stop",    "stop here; it can be resumed",      NULL,       choose_stop },
    { 0 },
};
// clang-format on

static const struct entry_of_menu *menu_of(const struct question *q)
{
    return q->kind == QUESTION_FAILURE ? failure_menu : walk_menu;
}

// -------- asking

static bool is_offered(const struct entry_of_menu *m, const struct question *q)
{
    return !m->offered || m->offered(q);
}

static void show_menu(struct person *p)
{
    p->menu_shown = true;
    for (const struct entry_of_menu *m = menu_of(p->q); m->letter; m++)
        if (is_offered(m, p->q))
            page_item(&p->page, str_format(p->scratch, "%c  %s", m->letter, m->word), 10, INK_DIM,
                      str_from(m->doc));
}

static void heard_choice(struct person *p, struct str line)
{
    for (const struct entry_of_menu *m = menu_of(p->q); m->letter; m++) {
        bool letter = line.n == 1 && line.s[0] == m->letter;
        if (is_offered(m, p->q) && (letter || str_is(line, m->word))) {
            m->chosen(p);
            return;
        }
    }
    if (line.n)
        show_menu(p);
    person_again(p, "%s",
                 line.n && !str_is(line, "?") ? "Type a letter or a word of the list." : "");
}

static void ask_again(struct person *p)
{
    struct buf letters = BUF_EMPTY;

    for (const struct entry_of_menu *m = menu_of(p->q); m->letter; m++)
        if (is_offered(m, p->q))
            buf_format(&letters, "%s%c", letters.n ? "/" : "", m->letter);
    person_ask(p,
               str_format(p->scratch, "What now? [%.*s]%s", STR_ARG(buf_str(&letters)),
                          p->menu_shown ? "" : " (? explains)"),
               heard_choice);
    buf_free(&letters);
}

static void show_failure(struct person *p)
{
    const struct question *q = p->q;
    const struct story *s = history_story(p->history, q->id);

    if (q->declined) {
        struct str title = person_title(p);
        page_head(&p->page, INK_BAD, "%.*s was not run%s%.*s%s", STR_ARG(q->id), title.n ? " (" : "",
                  STR_ARG(title), title.n ? ")" : "");
        s = NULL;
    } else if (s) {
        // Its end is journalled when the answer is known.
        struct story failed = *s;
        failed.state = STR("failed");
        aftermath_story(p->history, &failed, &p->page);
    } else {
        page_head(&p->page, INK_BAD, "%.*s failed", STR_ARG(q->id));
        if (q->output.n)
            page_text(&p->page, page_bar(&p->page), INK_PLAIN, q->output);
    }
    if (q->message.n && (!s || !str_equal(q->message, s->message)))
        page_text(&p->page, "  ", INK_BAD, q->message);
    person_item(p, "so far", INK_WARN, q->so_far);
    if (!q->declined) {
        person_item(p, "leaves", INK_WARN, q->leaves);
        person_item(p, "undo", INK_PLAIN, q->undo);
    }
    aftermath_world(p->history, &p->page);
}

static void show_walk(struct person *p)
{
    const struct question *q = p->q;

    struct str title = person_title(p);
    page_head(&p->page, INK_BOLD, "Next: %.*s%s%.*s", STR_ARG(q->id), title.n ? ": " : "",
              STR_ARG(title));
    if (q->message.n)
        page_text(&p->page, "  ", INK_PLAIN, q->message);
    person_item(p, "will run", INK_PLAIN, q->details);
    person_item(p, "destroys", INK_BAD, q->destroys);
    if (q->for_good)
        person_item(p, "undo", INK_BAD, q->undo);
}

// Who walks through a runbook needs the words once, not before every step.
static bool wants_menu(const struct person *p)
{
    return p->q->kind == QUESTION_FAILURE || !p->walked;
}

void menu_begin(struct person *p)
{
    screen_put(p->screen, STR("\n"));
    p->looking = NULL;
    p->menu_shown = false;
    if (p->q->kind == QUESTION_FAILURE) {
        show_failure(p);
    } else {
        recall_output(p);
        show_walk(p);
    }
    if (wants_menu(p))
        show_menu(p);
    p->walked |= p->q->kind == QUESTION_WALK;
    ask_again(p);
}
