#include "report/teller.h"

#include <stdarg.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "report/aftermath.h"
#include "report/fields.h"
#include "report/github.h"
#include "report/harmless.h"
#include "report/lines.h"
#include "report/status.h"
#include "report/when.h"

enum { TICK_MS = 1000, HEARTBEAT_MS = 30000, WIDEST_ID = 24, WIDEST_ROW = 78 };

// The output of a step.
struct spout {
    struct teller *teller;
    struct str step;
    struct lines lines[2];  // standard output, standard error
};

struct teller {
    struct observer observer;
    struct arena *arena;
    struct arena *scratch;  // of the event that is told
    struct loop *loop;
    struct history *history;
    struct screen *screen;
    struct teller_options options;
    struct github *github;  // NULL outside of GitHub Actions
    struct past *past;
    struct map *spouts;
    struct timer *timer;
    int64_t wall_ns;     // of the last event
    int64_t wall_at_ms;  // boot time when it came
    size_t id_columns;
};

static struct teller *teller_of(struct observer *o)
{
    return o->ctx;
}

// -------- lines

static bool is_plain(const struct teller *t)
{
    return t->options.manner != MANNER_TTY;
}

static int64_t now_ns(const struct teller *t)
{
    return t->wall_ns + (loop_now_ms(t->loop) - t->wall_at_ms) * 1000000;
}

static void put_line(struct teller *t, struct str line)
{
    if (t->github)
        github_guard(t->github);
    screen_line(t->screen, line);
}

// A line of ours. On a terminal it may be cut into rows; in plain manner it has its time.
static void say(struct teller *t, enum ink color, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void say(struct teller *t, enum ink color, const char *format, ...)
{
    struct buf b = BUF_EMPTY;
    va_list args;

    va_start(args, format);
    buf_vformat(&b, format, args);
    va_end(args);
    struct str text = buf_take(&b, t->scratch);
    struct page p = page_new(t->scratch, screen_look(t->screen),
                             is_plain(t) ? 0 : screen_columns(t->screen));
    struct str time = clock_text(now_ns(t), t->scratch);
    struct str lead = is_plain(t) ? str_format(t->scratch, "%.*s ", STR_ARG(time)) : STR("");
    page_lead(&p, lead.s, color, text);
    put_line(t, page_str(&p));
}

// As say(), but not in quiet manner.
#define tell(t, color, ...)                      \
    do {                                         \
        if ((t)->options.manner != MANNER_QUIET) \
            say((t), (color), __VA_ARGS__);      \
    } while (0)

static struct str padded(struct teller *t, struct str id)
{
    struct str name = harmless_text(id, t->scratch);
    size_t wide = columns(name);

    if (wide >= t->id_columns)
        return name;
    return str_format(t->scratch, "%.*s%*s", STR_ARG(name), (int)(t->id_columns - wide), "");
}

// "sign id   name              12 s", in one row if it fits at all.
static void row(struct teller *t, const struct sign *m, struct str id, struct str name,
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
    put_line(t, buf_str(&b));
    buf_free(&b);
}

// Words below a row, behind a bar.
static void below(struct teller *t, enum ink color, struct str text)
{
    struct page p = page_new(t->scratch, screen_look(t->screen), screen_columns(t->screen));

    page_text(&p, "      ", color, text);
    put_line(t, page_str(&p));
}

// -------- output of steps

static void show_line(struct str line, void *arg)
{
    struct spout *s = arg;
    struct teller *t = s->teller;
    struct arena *a = arena_new(NULL);
    bool tty = !is_plain(t);
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
    put_line(t, page_str(&p));
    arena_free(a);
}

static struct spout *spout_of(struct teller *t, struct str step)
{
    struct spout *s = map_get(t->spouts, step);

    if (s)
        return s;
    s = NEW(t->arena, struct spout);
    s->teller = t;
    s->step = str_copy(t->arena, step);
    map_put(t->spouts, s->step, s);
    return s;
}

static void tell_left_out(struct teller *t, struct spout *s)
{
    size_t n = lines_left_out(&s->lines[0]) + lines_left_out(&s->lines[1]);

    if (n)
        tell(t, INK_DIM, "%.*s | (%zu lines not shown here; runbook logs %.*s %.*s)",
             STR_ARG(s->step), n, STR_ARG(t->history->run), STR_ARG(s->step));
}

static void end_output(struct teller *t, struct str step)
{
    struct spout *s = map_get(t->spouts, step);

    if (!s)
        return;
    for (int i = 0; i < 2; i++)
        lines_end(&s->lines[i], show_line, s);
    tell_left_out(t, s);
}

// -------- events

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

static void on_run_start(struct teller *t, const struct event *e)
{
    const struct history *h = t->history;
    const char *what = e->type == EVENT_RUN_RESUME ? "resumes" : "starts";

    measure_ids(t);
    if (t->options.past && !t->past)
        t->past = t->options.past(h->runbook, t->options.past_arg);
    if (h->title.n && !str_equal(h->title, h->runbook))
        tell(t, INK_BOLD, "%.*s", STR_ARG(h->title));
    tell(t, h->drill ? INK_WARN : INK_PLAIN, "%srun %.*s of %.*s %s%s%.*s%s%.*s",
         h->drill ? "DRILL: " : "", STR_ARG(h->run), STR_ARG(h->runbook), what,
         h->user.n ? ", by " : "", STR_ARG(h->user), h->host.n ? " on " : "", STR_ARG(h->host));
}

static void on_phase_start(struct teller *t, const struct event *e)
{
    struct str phase = text_of(e->data, "phase");

    if (is_plain(t))
        tell(t, INK_PLAIN, "phase     %.*s", STR_ARG(phase));
    else
        tell(t, INK_BOLD, "%.*s", STR_ARG(phase));
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
    if (is_plain(t))
        tell(t, INK_PLAIN, "started   %.*s%.*s", STR_ARG(s->id), STR_ARG(name));
    else if (s->group)
        row(t, sign_of(STR("running")), s->id, s->name, STR(""));
    if (t->options.verbose && s->command.n && !s->group)
        tell(t, INK_DIM, "    $ %.*s", STR_ARG(s->command));
}

static void on_step_attempt(struct teller *t, const struct event *e)
{
    const struct story *s = story_in(t, e);
    int64_t next_ms = int_of(e->data, "next_ms", -1);

    if (truth_of(e->data, "final"))
        return;
    end_output(t, s->id);
    struct str pause = next_ms >= 0 ? str_format(t->scratch, "; again in %.*s",
                                                 STR_ARG(span_text(next_ms, t->scratch)))
                                    : STR("");
    tell(t, INK_WARN, "%s%.*s attempt %zu failed: %.*s%.*s", is_plain(t) ? "retry     " : "      ",
         STR_ARG(s->id), s->attempts, STR_ARG(s->message), STR_ARG(pause));
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
    if (s->by.n)
        buf_format(&b, "%sby %.*s", b.n ? ", " : "", STR_ARG(s->by));
    if (s->reason.n)
        buf_format(&b, "%s%.*s", b.n ? ": " : "", STR_ARG(s->reason));
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

    if (t->options.manner == MANNER_QUIET && !m->bad)
        return;
    say(t, m->bad ? m->ink : INK_PLAIN, "%-9.*s %.*s%.*s%s%.*s", STR_ARG(s->state), STR_ARG(s->id),
        STR_ARG(took), words.n ? ": " : "", STR_ARG(words));
}

static bool is_worth_a_row(const struct teller *t, const struct story *s)
{
    if (t->history->dry_run && str_is(s->state, "skipped"))
        return false;  // the dry run has said what it would do
    if (str_ends(s->id, "~undo") && str_is(s->state, "succeeded") && !t->options.verbose)
        return false;  // the end of the undo is told
    return t->options.verbose || !str_is(s->state, "skipped") || s->reason.n || s->message.n ||
           s->planned;
}

static void tell_end(struct teller *t, const struct story *s)
{
    struct str words = end_words(t, s);
    const struct sign *m = sign_of(s->state);

    if (!is_worth_a_row(t, s))
        return;
    if (is_plain(t)) {
        plain_end(t, s, words);
    } else {
        struct str took = s->took_ms > 0 ? span_text(s->took_ms, t->scratch) : STR("");
        bool word = !str_is(s->state, "succeeded") && !str_is(s->state, "holds");
        row(t, m, s->id, s->name, took);
        if (word || words.n)
            below(t, m->bad ? m->ink : INK_DIM,
                  str_format(t->scratch, "%.*s%s%.*s", STR_ARG(word ? s->state : STR("")),
                             word && words.n ? ": " : "", STR_ARG(words)));
    }
}

static void on_step_end(struct teller *t, const struct event *e)
{
    const struct story *s = story_in(t, e);
    const struct sign *m = sign_of(s->state);

    end_output(t, s->id);
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

    // On a terminal the question itself is seen.
    if (is_plain(t) || str_is(kind, "approve"))
        tell(t, INK_ASK, "%s%.*s: %.*s%s%.*s%s",
             is_plain(t) ? "asked     " : "  waits for a vote: ", STR_ARG(text_of(e->data, "step")),
             STR_ARG(message), kind.n ? " (" : "", STR_ARG(kind), kind.n ? ")" : "");
}

static void on_confirm_answer(struct teller *t, const struct event *e)
{
    struct value d = e->data;
    struct str answer = text_of(d, "answer"), by = text_of(d, "by");
    struct str how = text_of(d, "how"), reason = text_of(d, "reason");

    tell(t, INK_PLAIN, "%s%.*s: %.*s%s%.*s%s%.*s%s%.*s", is_plain(t) ? "answered  " : "      ",
         STR_ARG(text_of(d, "step")), STR_ARG(answer.n ? answer : STR("no answer")),
         by.n ? ", by " : "", STR_ARG(by), how.n ? ", " : "", STR_ARG(how), reason.n ? ": " : "",
         STR_ARG(reason));
}

// The last poll of a check of `verify` or `undone` is its end. Other checks (done_if,
// those of a step) speak through their step.
static void on_verify_try(struct teller *t, const struct event *e)
{
    const struct story *s = story_in(t, e);

    if (truth_of(e->data, "last") && history_is_judged(s)) {
        end_output(t, s->id);
        tell_end(t, s);
        return;
    }
    if (!t->options.verbose)
        return;
    tell(t, INK_DIM, "%s%.*s: %s%s%.*s", is_plain(t) ? "polled    " : "      ",
         STR_ARG(text_of(e->data, "step")), truth_of(e->data, "ok") ? "holds" : "not yet",
         text_of(e->data, "message").n ? ": " : "", STR_ARG(text_of(e->data, "message")));
}

static void on_undo_start(struct teller *t, const struct event *e)
{
    if (is_plain(t))
        tell(t, INK_PLAIN, "undoing   %.*s", STR_ARG(text_of(e->data, "step")));
}

static void on_undo_end(struct teller *t, const struct event *e)
{
    const struct story *s = story_in(t, e);
    const struct sign *m = sign_of(str_is(s->undo_state, "undone") ? s->undo_state
                                                                   : STR("undo_failed"));
    struct str took = s->undo_started_ns
                          ? span_text((e->wall_ns - s->undo_started_ns) / 1000000, t->scratch)
                          : STR("");

    if (!is_plain(t)) {
        row(t, m, s->id, str_format(t->scratch, "%.*s", STR_ARG(s->undo_state)), took);
        if (s->undo_message.n)
            below(t, m->ink, s->undo_message);
    } else if (m->bad || t->options.manner != MANNER_QUIET) {
        say(t, m->bad ? m->ink : INK_PLAIN, "%-9.*s %.*s%s%.*s%s%.*s", STR_ARG(s->undo_state),
            STR_ARG(s->id), took.n ? " in " : "", STR_ARG(took), s->undo_message.n ? ": " : "",
            STR_ARG(s->undo_message));
    }
}

static void on_lock_wait(struct teller *t, const struct event *e)
{
    (void)e;
    tell(t, INK_WARN, "waits for lock %.*s, held by run %.*s", STR_ARG(t->history->locks_waited),
         STR_ARG(t->history->lock_holder));
}

static void on_lock_held(struct teller *t, const struct event *e)
{
    (void)e;
    if (t->options.verbose)
        tell(t, INK_DIM, "the locks are held");
}

static void on_hook_end(struct teller *t, const struct event *e)
{
    struct str state = text_of(e->data, "state"), message = text_of(e->data, "message");
    bool bad = !str_is(state, "succeeded") && !str_is(state, "skipped");

    if (bad || t->options.verbose)
        say(t, bad ? INK_WARN : INK_DIM, "hook %.*s %.*s: %.*s%s%.*s",
            STR_ARG(text_of(e->data, "hook")), STR_ARG(text_of(e->data, "id")), STR_ARG(state),
            message.n ? ": " : "", STR_ARG(message));
}

static void on_diagnostic(struct teller *t, const struct event *e)
{
    struct value d = e->data;
    struct str level = text_of(d, "level"), file = text_of(d, "file"), help = text_of(d, "help");
    int64_t line = int_of(d, "line", 0), column = int_of(d, "column", 0);
    struct str place = file.n ? str_format(t->scratch, "%.*s:%lld:%lld: ", STR_ARG(file),
                                           (long long)line, (long long)column)
                              : STR("");

    say(t, str_is(level, "error") ? INK_BAD : INK_WARN, "%.*s%.*s: %.*s", STR_ARG(place),
        STR_ARG(level.n ? level : STR("error")), STR_ARG(text_of(d, "message")));
    if (help.n)
        say(t, INK_PLAIN, "help: %.*s", STR_ARG(help));
}

static void on_over(struct teller *t, const struct event *e)
{
    struct page p = page_new(t->scratch, screen_look(t->screen), screen_columns(t->screen));

    (void)e;
    screen_status(t->screen, STR(""));
    aftermath_write(t->history, t->options.flags, &p);
    put_line(t, STR(""));
    put_line(t, page_str(&p));
}

static void (*const tellings[EVENT_COUNT])(struct teller *t, const struct event *e) = {
    [EVENT_RUN_START] = on_run_start,
    [EVENT_RUN_RESUME] = on_run_start,
    [EVENT_RUN_END] = on_over,
    [EVENT_RUN_SUSPEND] = on_over,
    [EVENT_PHASE_START] = on_phase_start,
    [EVENT_STEP_START] = on_step_start,
    [EVENT_STEP_ATTEMPT] = on_step_attempt,
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

static void paint(struct teller *t)
{
    struct arena *a = arena_new(NULL);
    struct status s = status_now(t);

    screen_status(t->screen, status_line(&s, a));
    arena_free(a);
}

static void on_output(struct observer *o, struct str step, bool is_stderr, struct str bytes)
{
    struct teller *t = teller_of(o);

    t->history->now_ms = loop_now_ms(t->loop);
    history_output(t->history, step, bytes);
    if (t->options.manner == MANNER_QUIET)
        return;
    struct spout *s = spout_of(t, step);
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
        tell(t, INK_PLAIN, "running   %.*s", STR_ARG(status_words(&s, steps[i], t->scratch)));
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

static void on_event(struct observer *o, const struct event *e, struct str line)
{
    struct teller *t = teller_of(o);
    struct arena *a = arena_new(NULL);

    t->history->now_ms = loop_now_ms(t->loop);
    t->wall_ns = e->wall_ns ? e->wall_ns : clock_wall_ns();
    t->wall_at_ms = t->history->now_ms;
    t->scratch = a;
    history_apply(t->history, e, line);
    if (e->type < EVENT_COUNT && tellings[e->type])
        tellings[e->type](t, e);
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
    say(t, INK_PLAIN, "%.*s", STR_ARG(words));
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
        .event = on_event, .output = on_output, .say = on_say, .ctx = t
    };
    if (options->github)
        t->github = github_new(a, screen);
    if (options->manner != MANNER_QUIET)
        wind(t);
    return &t->observer;
}
