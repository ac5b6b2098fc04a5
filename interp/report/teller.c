#include "report/teller.h"

#include <stdarg.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/shell_word.h"
#include "report/aftermath.h"
#include "report/harmless.h"
#include "report/status.h"
#include "report/teller_inside.h"
#include "value/fields.h"
#include "value/when.h"

enum { TICK_MS = 1000, REPAINT_MS = 50, HEARTBEAT_MS = 30000, WIDEST_ROW = 78 };

static struct teller *teller_of(struct observer *o)
{
    return o->ctx;
}

// -------- lines

bool teller_is_plain(const struct teller *t)
{
    return t->options.manner != MANNER_TTY;
}

static int64_t now_ns(const struct teller *t)
{
    return t->wall_ns + (loop_now_ms(t->loop) - t->wall_at_ms) * 1000000;
}

void teller_put(struct teller *t, struct str line)
{
    if (t->github)
        github_guard(t->github);
    screen_line(t->screen, line);
}

// A line of ours. On a terminal it may be cut into rows; in plain manner it has its time.
void teller_say(struct teller *t, enum ink color, const char *format, ...)
{
    struct buf b = BUF_EMPTY;
    va_list args;

    va_start(args, format);
    buf_vformat(&b, format, args);
    va_end(args);
    struct str text = buf_take(&b, t->scratch);
    struct page p = page_new(t->scratch, screen_look(t->screen),
                             teller_is_plain(t) ? 0 : screen_columns(t->screen));
    struct str time = clock_text(now_ns(t), t->scratch);
    struct str lead = teller_is_plain(t) ? str_format(t->scratch, "%.*s ", STR_ARG(time)) : STR("");
    page_lead(&p, lead.s, color, text);
    teller_put(t, page_str(&p));
}

static struct str padded(struct teller *t, struct str id)
{
    struct str name = harmless_text(id, t->scratch);
    size_t wide = columns(name);

    if (wide >= t->id_columns)
        return name;
    return str_format(t->scratch, "%.*s%*s", STR_ARG(name), (int)(t->id_columns - wide), "");
}

// "sign id   name              12 s", in one row if it fits at all.
void teller_row(struct teller *t, const struct sign *m, struct str id, struct str name,
                struct str took)
{
    const struct look *look = screen_look(t->screen);
    size_t width = screen_columns(t->screen);
    struct buf b = BUF_EMPTY;

    if (!width || width > WIDEST_ROW)
        width = WIDEST_ROW;
    struct str label = name.n || took.n ? padded(t, id) : harmless_text(id, t->scratch);
    struct str sign = str_from(sign_shown(m, look));
    size_t sign_columns = look->utf8 ? 1 : 5;
    size_t used = 2 + sign_columns + 1 + columns(label) + 2;
    size_t end = columns(took);
    size_t room = width > used + end + 2 ? width - used - end - 2 : 0;
    struct str words = columns_cut(harmless_text(name, t->scratch), room, look->utf8, t->scratch);
    buf_add_s(&b, "  ");
    ink(look, m->ink, sign, &b);
    buf_format(&b, "%*s", (int)(sign_columns - columns(sign)) + 1, "");
    ink(look, m->bad ? m->ink : INK_PLAIN, label, &b);
    if (words.n || took.n)
        buf_add_s(&b, "  ");
    buf_add(&b, words);
    if (took.n) {
        buf_format(&b, "%*s", (int)(room > columns(words) ? room - columns(words) : 0) + 2, "");
        ink(look, INK_DIM, took, &b);
    }
    teller_put(t, buf_str(&b));
    buf_free(&b);
}

// Words below a row, behind a bar.
void teller_below(struct teller *t, enum ink color, struct str text)
{
    struct page p = page_new(t->scratch, screen_look(t->screen), screen_columns(t->screen));

    page_text(&p, "      ", color, text);
    teller_put(t, page_str(&p));
}

void teller_quote(struct teller *t, struct str lines)
{
    struct page p = page_new(t->scratch, screen_look(t->screen), screen_columns(t->screen));

    if (!lines.n)
        return;
    page_text(&p, page_bar(&p), INK_PLAIN, lines);
    teller_put(t, page_str(&p));
}

// -------- output of steps

static void show_line(struct str line, void *arg)
{
    struct spout *s = arg;
    struct teller *t = s->teller;
    struct arena *a = arena_new(NULL);
    bool tty = !teller_is_plain(t);
    const struct look *look = screen_look(t->screen);
    struct page p = page_new(a, look, tty ? screen_columns(t->screen) : 0);
    struct str id = harmless_text(s->step, a);
    struct str time = clock_text(now_ns(t), a);
    struct str lead = tty ? str_format(a, "    %.*s %s ", STR_ARG(id),
                                       look->utf8 ? "\xe2\x94\x82" : "|")
                          : str_format(a, "%.*s %.*s | ", STR_ARG(time), STR_ARG(id));

    if (line.n && line.s[line.n - 1] == '\r')
        line.n--;
    page_text(&p, lead.s, INK_PLAIN, line);
    if (t->github)
        github_guard(t->github);
    if (!screen_output(t->screen, page_str(&p)))
        s->too_many++;
    arena_free(a);
}

// A run that ends for want of its journal tells no end of its steps.
static void drop_spout(void *arg)
{
    struct spout *s = arg;

    for (int i = 0; i < 2; i++)
        buf_free(&s->lines[i].partial);
}

struct spout *teller_spout(struct teller *t, struct str step)
{
    struct spout *s = map_get(t->spouts, step);

    if (s)
        return s;
    s = NEW(t->arena, struct spout);
    arena_defer(t->arena, drop_spout, s);
    s->teller = t;
    s->step = str_copy(t->arena, step);
    map_put(t->spouts, s->step, s);
    return s;
}

static void tell_left_out(struct teller *t, struct spout *s)
{
    size_t n = lines_left_out(&s->lines[0]) + lines_left_out(&s->lines[1]) + s->too_many;

    s->too_many = 0;
    if (n)
        teller_tell(t, INK_DIM, "%.*s | (%zu lines not shown here%s)", STR_ARG(s->step), n,
                    t->history->dry_run
                        ? ""
                        : str_format(t->scratch, "; runbook logs %.*s %.*s%.*s",
                                     STR_ARG(t->history->run),
                                     STR_ARG(shell_word(t->scratch, s->step)),
                                     STR_ARG(t->options.flags)).s);
}

void teller_end_output(struct teller *t, struct str step)
{
    struct spout *s = map_get(t->spouts, step);

    if (!s)
        return;
    for (int i = 0; i < 2; i++)
        lines_end(&s->lines[i], show_line, s);
    tell_left_out(t, s);
}

// -------- signs of life

static struct status status_now(struct teller *t)
{
    return (struct status){ .history = t->history,
                            .past = t->past,
                            .look = screen_look(t->screen),
                            .columns = screen_columns(t->screen),
                            .now_ms = loop_now_ms(t->loop),
                            .now_ns = now_ns(t) };
}

static void paint_now(void *arg)
{
    struct teller *t = arg;
    struct arena *a = arena_new(NULL);
    struct status s = status_now(t);

    screen_status(t->screen, status_line(&s, a));
    arena_free(a);
    t->painted_ms = s.now_ms;
    if (t->soon)
        timer_stop(t->soon);
    t->soon = NULL;
}

// Many steps may end in a moment; the eye does not follow.
static void paint(struct teller *t)
{
    int64_t due = t->painted_ms + REPAINT_MS;

    if (t->history->over || t->history->suspended || loop_now_ms(t->loop) >= due)
        paint_now(t);
    else if (!t->soon)
        t->soon = loop_timer(t->loop, t->arena, due, paint_now, t);
}

static void on_output(struct observer *o, struct str step, bool is_stderr, struct str bytes)
{
    struct teller *t = teller_of(o);

    t->history->now_ms = loop_now_ms(t->loop);
    history_output(t->history, step, bytes);
    if (t->options.manner == MANNER_QUIET)
        return;
    struct spout *s = teller_spout(t, step);
    lines_feed(&s->lines[is_stderr], bytes, loop_now_ms(t->loop), show_line, s);
    if (t->options.manner == MANNER_TTY)
        paint(t);
}

static void beat(struct teller *t)
{
    const struct story *steps[8];
    struct status s = status_now(t);
    size_t n = status_running(t->history, steps, 8);

    t->scratch = arena_new(NULL);
    for (size_t i = 0; i < n && i < 8; i++)
        teller_tell(t, INK_PLAIN, "running   %.*s",
                    STR_ARG(status_words(&s, steps[i], t->scratch)));
    arena_free(t->scratch);
}

static void on_tick(void *arg);

static void wind(struct teller *t)
{
    int64_t every = t->options.manner == MANNER_TTY ? TICK_MS : HEARTBEAT_MS;

    t->timer = loop_timer(t->loop, t->arena, loop_now_ms(t->loop) + every, on_tick, t);
}

static void on_tick(void *arg)
{
    struct teller *t = arg;

    if (t->history->over || t->history->suspended)
        return;
    if (t->options.manner == MANNER_TTY)
        paint(t);
    else if (t->options.manner == MANNER_PLAIN)
        beat(t);
    wind(t);
}

// It tells itself when what was there before is over.
static void on_past(struct observer *o, const struct event *e, struct str line)
{
    struct teller *t = teller_of(o);

    t->history->now_ms = 0;
    history_apply(t->history, e, line);
    t->history->over = t->history->suspended = false;  // it goes on
    t->is_late = true;
}

static void on_event(struct observer *o, const struct event *e, struct str line)
{
    struct teller *t = teller_of(o);
    struct arena *a = arena_new(NULL);

    if (t->is_late)
        history_watch(t->history, loop_now_ms(t->loop), clock_wall_ns());
    t->is_late = false;
    t->history->now_ms = loop_now_ms(t->loop);
    t->wall_ns = e->wall_ns ? e->wall_ns : clock_wall_ns();
    t->wall_at_ms = t->history->now_ms;
    t->scratch = a;
    history_apply(t->history, e, line);
    if (e->type < EVENT_COUNT && teller_tellings[e->type])
        teller_tellings[e->type](t, e);
    if (t->options.manner == MANNER_TTY)
        paint(t);
    arena_free(a);
}

static void on_say(struct observer *o, struct str words)
{
    struct teller *t = teller_of(o);

    t->scratch = arena_new(NULL);
    if (!t->wall_ns) {
        t->wall_ns = clock_wall_ns();
        t->wall_at_ms = loop_now_ms(t->loop);
    }
    teller_say(t, INK_PLAIN, "%.*s", STR_ARG(words));
    arena_free(t->scratch);
}

struct observer *teller_new(struct arena *a, struct loop *l, struct history *h,
                            struct screen *screen, const struct teller_options *options)
{
    struct teller *t = NEW(a, struct teller);

    *t = (struct teller){ .arena = a,
                          .loop = l,
                          .history = h,
                          .screen = screen,
                          .options = *options,
                          .spouts = map_new(a) };
    t->observer = (struct observer){
        .event = on_event, .past = on_past, .output = on_output, .say = on_say, .ctx = t
    };
    if (options->github)
        t->github = github_new(a, screen);
    if (options->manner != MANNER_QUIET)
        wind(t);
    return &t->observer;
}

void teller_end(struct observer *o)
{
    struct teller *t = teller_of(o);

    if (t->github)
        github_release(t->github);
}
