#include "report/person.h"

#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/arena.h"
#include "report/harmless.h"
#include "report/person_inside.h"
#include "value/when.h"

static void new_page(struct person *p)
{
    p->page = page_new(p->scratch, screen_look(p->screen), screen_columns(p->screen));
}

void person_show(struct person *p)
{
    struct str rows = page_str(&p->page);

    if (rows.n) {
        screen_put(p->screen, rows);
        screen_put(p->screen, STR("\n"));
    }
    new_page(p);
}

static void put_prompt(struct person *p)
{
    struct buf b = BUF_EMPTY;

    ink(screen_look(p->screen), INK_ASK, p->prompt, &b);
    buf_add_c(&b, ' ');
    screen_put(p->screen, buf_str(&b));
    buf_free(&b);
}

static void on_line(void *arg, struct str line)
{
    struct person *p = arg;

    p->heard(p, str_trim(line));
}

static void on_gone(void *arg)
{
    struct person *p = arg;

    screen_put(p->screen, STR("\n"));
    person_answer(p, ANSWER_NONE);
}

static void on_behind(void *arg)
{
    struct person *p = arg;

    page_head(&p->page, INK_WARN, "%s",
              "This runs in the background: bring it to the front (fg) to answer.");
    screen_put(p->screen, STR("\n"));
    person_show(p);
}

static void on_ahead(void *arg)
{
    put_prompt(arg);
}

static void listen_to(struct person *p)
{
    bool hidden = p->q && p->q->hidden;

    tty_listen(p->tty, &(struct tty_reader){ on_line, on_gone, on_behind, on_ahead, p, hidden });
}

void person_ask(struct person *p, struct str prompt,
                void (*heard)(struct person *p, struct str line))
{
    p->prompt = harmless_text(prompt, p->scratch);
    p->heard = heard;
    person_show(p);
    put_prompt(p);
    listen_to(p);
}

void person_again(struct person *p, const char *format, ...)
{
    struct buf b = BUF_EMPTY;
    va_list args;

    va_start(args, format);
    buf_vformat(&b, format, args);
    va_end(args);
    if (b.n)
        page_text(&p->page, "", INK_WARN, buf_str(&b));
    buf_free(&b);
    person_show(p);
    put_prompt(p);
}

void person_item(struct person *p, const char *label, enum ink color, struct str text)
{
    if (text.n)
        page_item(&p->page, str_from(label), 9, color, text);
}

struct str person_title(const struct person *p)
{
    struct str title = p->q->title, id = p->q->id;
    bool instance = id.n > title.n && id.s[title.n] == '[';

    // Of an instance without a name it is the step's id.
    return str_equal(title, instance ? str_slice(id, 0, title.n) : id) ? STR("") : title;
}

bool person_says_no(struct str line)
{
    return str_is(line, "no") || str_is(line, "n") || str_is(line, "No") || str_is(line, "NO");
}

// -------- the end of a question

static struct str user_name(struct arena *a)
{
    struct passwd *pw = getpwuid(getuid());

    return pw ? str_copy(a, str_from(pw->pw_name)) : str_format(a, "uid %u", (unsigned)getuid());
}

static void stop_timers(struct person *p)
{
    if (p->timer)
        timer_stop(p->timer);
    if (p->escalation)
        timer_stop(p->escalation);
    p->timer = p->escalation = NULL;
}

static struct question *leave(struct person *p)
{
    struct question *q = p->q;

    stop_timers(p);
    if (p->tty)
        tty_rest(p->tty);
    p->q = NULL;
    arena_free(p->scratch);
    p->scratch = NULL;
    screen_give_back(p->screen);
    return q;
}

void person_answer(struct person *p, enum answer_kind kind)
{
    struct answer a = p->answer;

    a.kind = kind;
    a.text = str_copy(p->arena, a.text);
    a.evidence = str_copy(p->arena, a.evidence);
    a.how = STR("terminal");
    a.by = kind == ANSWER_NONE ? STR("") : user_name(p->arena);
    struct question *q = leave(p);
    q->answer(q, &a);
}

void person_answer_text(struct person *p, enum answer_kind kind, struct str text)
{
    p->answer.text = text;
    person_answer(p, kind);
}

static void on_timeout(void *arg)
{
    struct person *p = arg;

    screen_put(p->screen, STR("\n"));
    page_head(&p->page, INK_WARN, "%s", "Nobody answered in time: that counts as no answer.");
    person_show(p);
    person_answer(p, ANSWER_NONE);
}

// -------- whose turn it is while nobody answers

struct str person_to_call_text(const struct person_to_call *who, struct arena *a)
{
    const struct str ways[] = { who->name, who->phone, who->email, who->link };
    struct buf b = BUF_EMPTY;

    buf_add(&b, who->role);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (ways[i].n)
            buf_format(&b, ", %.*s", STR_ARG(ways[i]));
    return buf_take(&b, a);
}

static void call_next(struct person *p);

static void on_escalation(void *arg)
{
    struct person *p = arg;
    const struct person_to_call *who = &p->q->people[p->called++];
    struct str waited = span_text(loop_now_ms(p->loop) - p->q->asked_ms, p->scratch);
    struct str text = person_to_call_text(who, p->scratch);

    screen_put(p->screen, STR("\n"));
    page_text(&p->page, "", INK_WARN,
              str_format(p->scratch, "Nobody answered for %.*s. Call %.*s", STR_ARG(waited),
                         STR_ARG(text)));
    person_show(p);
    put_prompt(p);
    call_next(p);
}

// People are in order of escalation; who has no `after` is there from the beginning.
static void call_next(struct person *p)
{
    const struct question *q = p->q;

    while (p->called < q->people_count && q->people[p->called].after_ms <= 0)
        p->called++;
    if (p->called < q->people_count)
        p->escalation = loop_timer(p->loop, p->scratch, q->asked_ms + q->people[p->called].after_ms,
                                   on_escalation, p);
}

// -------- approvals: nothing is read, and whatever else is asked goes on

struct waiting {
    struct person *p;
    const struct question *q;
    struct arena *arena;
    struct timer *escalation;
    size_t called;
    struct waiting *next;
};

static void wait_to_call(struct waiting *w);

static void call_about(void *arg)
{
    struct waiting *w = arg;
    const struct person_to_call *who = &w->q->people[w->called++];

    w->escalation = NULL;
    screen_line(w->p->screen,
                str_format(w->arena, "%.*s: nobody decided for %.*s. Call %.*s", STR_ARG(w->q->id),
                           STR_ARG(span_text(loop_now_ms(w->p->loop) - w->q->asked_ms, w->arena)),
                           STR_ARG(harmless_text(person_to_call_text(who, w->arena), w->arena))));
    wait_to_call(w);
}

static void wait_to_call(struct waiting *w)
{
    const struct question *q = w->q;

    while (w->called < q->people_count && q->people[w->called].after_ms <= 0)
        w->called++;
    if (w->called < q->people_count)
        w->escalation = loop_timer(w->p->loop, w->arena,
                                   q->asked_ms + q->people[w->called].after_ms, call_about, w);
}

static void show_approval(struct person *p, struct question *q)
{
    struct arena *a = arena_new(NULL);
    struct waiting *w = NEW(a, struct waiting);
    struct person shown = *p;

    *w = (struct waiting){ .p = p, .q = q, .arena = a, .next = p->waiting };
    p->waiting = w;
    shown.q = q;
    shown.scratch = a;
    new_page(&shown);
    dialog_approval(&shown);
    screen_line(p->screen, page_str(&shown.page));
    wait_to_call(w);
}

static void forget_approval(struct person *p, const struct question *q)
{
    struct waiting **link = &p->waiting, *w;

    while (*link && (*link)->q != q)
        link = &(*link)->next;
    w = *link;
    if (!w)
        return;
    *link = w->next;
    if (w->escalation)
        timer_stop(w->escalation);
    arena_free(w->arena);
}

// -------- the asker

static void nobody(void *arg)
{
    struct question *q = arg;

    q->answer(q, &(struct answer){ .kind = ANSWER_NONE });
}

static void ask(struct asker *k, struct question *q)
{
    struct person *p = k->ctx;

    if (!p->tty) {
        loop_later(p->loop, nobody, q);
        return;
    }
    if (q->kind == QUESTION_APPROVE) {
        show_approval(p, q);
        return;
    }
    p->q = q;
    p->scratch = arena_new(NULL);
    p->answer = (struct answer){ 0 };
    p->item = p->called = 0;
    screen_take(p->screen);
    new_page(p);
    tty_forget(p->tty);
    if (q->timeout_ms > 0)
        p->timer = loop_timer(p->loop, p->scratch, q->asked_ms + q->timeout_ms, on_timeout, p);
    call_next(p);
    dialog_begin(p);
}

static void withdraw(struct asker *k, struct question *q)
{
    struct person *p = k->ctx;

    if (q->kind == QUESTION_APPROVE)
        forget_approval(p, q);
    if (p->q != q)
        return;
    screen_put(p->screen, STR("\n"));
    leave(p);
}

// We were stopped (^Z) and are in front again: what was asked scrolled away.
static void on_continue(void *arg, int signo)
{
    struct person *p = arg;

    (void)signo;
    if (p->q)
        put_prompt(p);
}

struct asker *person_new(struct arena *a, struct loop *l, struct tty *tty, struct screen *screen,
                         const struct history *h)
{
    struct person *p = NEW(a, struct person);

    *p = (struct person){ .arena = a, .loop = l, .tty = tty, .screen = screen, .history = h };
    p->asker = (struct asker){
        .ask = ask, .withdraw = withdraw, .has_terminal = tty != NULL, .ctx = p
    };
    if (tty)
        loop_trap(l, a, SIGCONT, on_continue, p);
    return &p->asker;
}
