#include "report/status.h"

#include "base/arena.h"
#include "report/harmless.h"
#include "value/fields.h"
#include "value/when.h"

enum {
    QUIET_MS = 5000,  // from when on silence is worth saying
    SHOWN = 8,
    PIECES = 12,
};

// Pieces of a line, the most important first; those that do not fit are left out.
struct pieces {
    struct str text[PIECES];
    size_t count;
};

static void add(struct pieces *p, struct str text)
{
    if (text.n && p->count < PIECES)
        p->text[p->count++] = text;
}

static bool is_running(const struct story *s)
{
    return str_is(s->state, "running") || str_is(s->state, "waiting");
}

// "restore~undo" and "restore~undo.2" are how `restore` is undone.
static bool is_undo_of(struct str id, const struct story *s)
{
    return str_starts(id, s->id.s) && str_starts(str_slice(id, s->id.n, id.n), "~undo");
}

static bool has_running_undo(const struct history *h, const struct story *s)
{
    for (size_t i = 0; i < h->story_count; i++)
        if (is_running(h->stories[i]) && is_undo_of(h->stories[i]->id, s))
            return true;
    return false;
}

static bool is_active(const struct history *h, const struct story *s)
{
    if (s->group)
        return false;
    return is_running(s) || (str_is(s->more->undo_state, "running") && !has_running_undo(h, s));
}

size_t status_running(const struct history *h, const struct story **steps, size_t room)
{
    size_t n = 0;

    for (size_t i = 0; i < h->story_count; i++) {
        const struct story *s = h->stories[i];
        if (!is_active(h, s))
            continue;
        size_t at = n < room ? n : room;
        // Insertion by age; there are few.
        while (at > 0 && steps[at - 1]->begun_ms > s->begun_ms) {
            if (at < room)
                steps[at] = steps[at - 1];
            at--;
        }
        if (at < room)
            steps[at] = s;
        n++;
    }
    return n;
}

// "undo restore", whichever of the two stories it is.
static struct str label_of(const struct story *s, struct arena *a)
{
    struct str id = str_ends(s->id, "~undo") ? str_slice(s->id, 0, s->id.n - 5) : s->id;
    bool undo = id.n < s->id.n || str_is(s->more->undo_state, "running");

    return str_format(a, "%s%.*s", undo ? "undo " : "", STR_ARG(id));
}

// Whole seconds: the line changes once a second.
static struct str seconds(int64_t ms, struct arena *a)
{
    if (ms < 10000)
        return str_format(a, "%d s", (int)((ms < 0 ? 0 : ms) / 1000));
    return span_text(ms, a);
}

static struct str since(const struct status *s, int64_t from_ms, struct arena *a)
{
    return seconds(s->now_ms - from_ms, a);
}

static struct str until(const struct status *s, int64_t due_ns, struct arena *a)
{
    return seconds((due_ns - s->now_ns) / 1000000 + 999, a);
}

// What a check asks for, where its message says that.
static struct str wanted(const struct story *t, struct arena *a)
{
    static const char lead[] = "`expect` is false: ";
    struct str message = buf_str(t->poll->message);

    if (!t->poll->seen->n || !str_starts(message, lead))
        return STR("");
    return str_format(a, "wanted: %.*s", (int)(message.n - sizeof lead + 1),
                      message.s + sizeof lead - 1);
}

static void add_poll(const struct status *s, const struct story *t, struct pieces *p,
                     struct arena *a)
{
    if (!t->poll->ok) {
        add(p, buf_str(t->poll->seen->n ? t->poll->seen : t->poll->message));
        add(p, wanted(t, a));
    }
    if (t->poll->ok)
        add(p, STR("holds; watching that it stays"));
    if (t->poll->next_ms >= 0)
        add(p, str_format(a, "next try in %.*s",
                          STR_ARG(until(s, t->poll->ns + t->poll->next_ms * 1000000, a))));
    if (t->poll->left_ms > 0)
        add(p, str_format(a, "%.*s left",
                          STR_ARG(until(s, t->poll->ns + t->poll->left_ms * 1000000, a))));
}

static void add_story(const struct status *s, const struct story *t, struct pieces *p,
                      struct arena *a)
{
    int64_t usual = past_step_ms(s->past, t->id);

    if (t->retry_ns) {
        add(p, str_format(a, "attempt %zu in %.*s", t->attempts + 1,
                          STR_ARG(until(s, t->retry_ns, a))));
        return;
    }
    if (t->poll) {
        add_poll(s, t, p, a);
        return;
    }
    if (t->seen_ms && s->now_ms - t->seen_ms >= QUIET_MS)
        add(p, str_format(a, "no output for %.*s", STR_ARG(since(s, t->seen_ms, a))));
    if (usual >= 1000)
        add(p, str_format(a, "usually %.*s", STR_ARG(span_text(usual, a))));
}

struct str status_words(const struct status *s, const struct story *t, struct arena *a)
{
    struct pieces p = { 0 };
    struct buf b = BUF_EMPTY;

    add_story(s, t, &p, a);
    buf_format(&b, "%.*s%s for %.*s", STR_ARG(t->id),
               str_is(t->more->undo_state, "running") ? " is being undone" : "",
               STR_ARG(since(s, t->begun_ms, a)));
    for (size_t i = 0; i < p.count; i++)
        buf_format(&b, ", %.*s", STR_ARG(p.text[i]));
    return harmless_text(buf_take(&b, a), a);
}

static struct str left_of(const char *what, int64_t gone, int64_t most, struct arena *a)
{
    if (gone > most)
        return str_format(a, "%s%.*s over the %.*s promised", what,
                          STR_ARG(span_text(gone - most, a)), STR_ARG(span_text(most, a)));
    return str_format(a, "%s%.*s left of %.*s", what, STR_ARG(span_text(most - gone, a)),
                      STR_ARG(span_text(most, a)));
}

// What is left of the budget of the phase, else of the whole one; nothing where none was
// promised.
static struct str budget_left(const struct status *s, struct arena *a)
{
    static const struct {
        const char *phase, *field, *what;
    } frames[] = { { "prepare", "prepare_ms", "prepare: " },
                   { "steps", "execute_ms", "steps: " },
                   { "verify", "verify_ms", "verify: " } };
    const struct history *h = s->history;
    struct value budget = value_of(h->start, "budget");
    int64_t whole = int_of(budget, "total_ms", 0);

    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        int64_t most = int_of(budget, frames[i].field, 0);
        if (most && str_is(h->phase, frames[i].phase))
            return left_of(frames[i].what, (s->now_ns - h->phase_ns) / 1000000, most, a);
    }
    return whole ? left_of("", (s->now_ns - h->started_ns) / 1000000, whole, a) : STR("");
}

static void add_others(const struct story **steps, size_t shown, size_t count, struct pieces *p,
                       struct arena *a)
{
    struct buf b = BUF_EMPTY;

    if (count < 2)
        return;
    buf_add_s(&b, "also ");
    for (size_t i = 1; i < shown && i < 4; i++)
        buf_format(&b, "%s%.*s", i > 1 ? ", " : "", STR_ARG(steps[i]->id));
    if (count > 4)
        buf_format(&b, " and %zu more", count - 4);
    add(p, buf_take(&b, a));
}

static struct str joined(const struct status *s, struct str first, const struct pieces *p,
                         struct arena *a)
{
    const char *dot = s->look->utf8 ? " \xc2\xb7 " : ", ";
    size_t room = !s->columns      ? SIZE_MAX
                  : s->columns > 4 ? s->columns - 1
                                   : 3,
           used = columns(first) + 2;
    struct buf b = BUF_EMPTY;

    ink(s->look, INK_ASK, str_from(s->look->utf8 ? "\xe2\x96\xb8 " : "> "), &b);
    ink(s->look, INK_BOLD, columns_cut(first, room - 2, s->look->utf8, a), &b);
    for (size_t i = 0; i < p->count; i++) {
        struct str text = harmless_text(p->text[i], a);
        size_t wide = columns(str_from(dot)) + columns(text);
        if (used + wide > room)
            continue;
        used += wide;
        ink(s->look, INK_DIM, str_from(dot), &b);
        buf_add(&b, text);
    }
    return buf_take(&b, a);
}

struct str status_line(const struct status *s, struct arena *a)
{
    const struct story *steps[SHOWN];
    const struct history *h = s->history;
    struct pieces p = { 0 };

    size_t count = status_running(h, steps, SHOWN);
    if (!count || h->over)
        return STR("");
    const struct story *oldest = steps[0];
    struct str first = str_format(a, "%.*s %.*s", STR_ARG(label_of(oldest, a)),
                                  STR_ARG(since(s, oldest->begun_ms, a)));
    add_story(s, oldest, &p, a);
    add_others(steps, count < SHOWN ? count : SHOWN, count, &p, a);
    add(&p, budget_left(s, a));
    return joined(s, first, &p, a);
}
