// What the events of a step, of its checks and of its undo change in a history.

#include "base/arena.h"
#include "report/history_inside.h"
#include "value/base64.h"
#include "value/fields.h"

// The list of a for_each: what is told of each stands in its instances. Said again by a session that
// goes on with it, then without the list.
void history_on_step_items(struct history *h, const struct event *e)
{
    struct story *s = history_told(h, e->data);
    struct value items = value_of(e->data, "items");
    int64_t known = items.kind == VALUE_LIST ? (int64_t)value_size(items) : 0;
    int64_t count = int_of(e->data, "count", known);

    s->group = true;
    if (count <= 0)
        return;
    struct story_more *more = history_more(h, s);
    more->item_count = (size_t)count;
    more->items = value_copy(h->arena, items);
}

void history_on_step_start(struct history *h, const struct event *e)
{
    struct story *s = history_told(h, e->data);

    history_take(h, e->data, "command", &s->command);
    s->attempts = (size_t)int_of(e->data, "attempt", (int64_t)s->attempts + 1);
    s->has_terminal = truth_of(e->data, "tty");
    s->file = history_kept(h, text_of(e->data, "file"));
    s->state = STR("running");
    s->begun_ms = h->now_ms;
    s->retry_ns = 0;
    if (!s->started_ns)
        s->started_ns = e->wall_ns;
    if (s->attempts > 1)
        tail_drop(&s->tail);
    history_moment(h, e,
                   s->attempts > 1 ? str_format(h->arena, "started, attempt %zu", s->attempts)
                                   : STR("started"),
                   false);
}

void history_on_step_output(struct history *h, const struct event *e)
{
    struct str step = text_of(e->data, "step"), text = text_of(e->data, "text");
    struct arena *scratch = arena_new(NULL);

    // Who watches hears it as it comes.
    if (!h->now_ms) {
        if (!text.n && !base64_read(text_of(e->data, "b64"), scratch, &text))
            text = STR("");
        history_output(h, step, text);
    }
    arena_free(scratch);
}

void history_output(struct history *h, struct str step, struct str bytes)
{
    struct story *s = history_make_story(h, step);

    s->seen_ms = h->now_ms;
    tail_add(&s->tail, bytes, h->arena);
}

void history_on_step_rescue(struct history *h, const struct event *e)
{
    history_take(h, e->data, "message", &history_told(h, e->data)->message);
}

void history_on_step_attempt(struct history *h, const struct event *e)
{
    struct story *s = history_told(h, e->data);
    int64_t next_ms = int_of(e->data, "next_ms", -1);

    history_take(h, e->data, "message", &s->message);
    s->state = STR("waiting");
    s->retry_ns = next_ms >= 0 ? e->wall_ns + next_ms * 1000000 : 0;
    history_moment(
        h, e, str_format(h->arena, "attempt %zu failed: %.*s", s->attempts, STR_ARG(s->message)),
        true);
}

static struct str ended_words(struct history *h, const struct story *s)
{
    struct buf b = BUF_EMPTY;

    if (!h->keep_moments)
        return STR("");
    buf_add(&b, s->state);
    if (s->message.n)
        buf_format(&b, ": %.*s", STR_ARG(s->message));
    if (s->more->by.n)
        buf_format(&b, ", by %.*s", STR_ARG(s->more->by));
    if (s->more->reason.n)
        buf_format(&b, " (%.*s)", STR_ARG(s->more->reason));
    return buf_take(&b, h->arena);
}

// Of good steps only what was printed last is worth keeping.
static void forget_output(struct history *h, struct story *s)
{
    struct str lines[TAIL_LINES];

    if (!tail_lines(&s->tail, lines))
        return;
    if (h->printed_last && h->printed_last != s)
        tail_drop(&h->printed_last->tail);
    h->printed_last = s;
}

// What few steps have: no room is taken for a text that the event lacks.
static void put_more(struct history *h, struct story *s, size_t at, struct str text)
{
    const struct str *old = (const void *)((const char *)s->more + at);

    if (old->n || text.n)
        *(struct str *)(void *)((char *)history_more(h, s) + at) = history_kept(h, text);
}

#define PUT_MORE(h, s, field, text) put_more((h), (s), offsetof(struct story_more, field), (text))
// One that it lacks leaves what was there.
#define TAKE_MORE(h, data, s, field)                          \
    do {                                                      \
        if (text_of((data), #field).n)                        \
            PUT_MORE((h), (s), field, text_of((data), #field)); \
    } while (0)

// What a person said of a step whose outcome was not known is a decision like an answer. Of what is
// in a transaction nobody said anything by itself.
static void take_mark(struct history *h, const struct event *e)
{
    struct str by = text_of(e->data, "by");

    if (!truth_of(e->data, "marked") || !by.n || text_of(e->data, "marked_with").n)
        return;
    struct asked *q = history_new_question(h);
    *q = (struct asked){ .step = history_kept(h, text_of(e->data, "step")),
                         .kind = STR("mark"),
                         .answer = str_is(text_of(e->data, "state"), "succeeded") ? STR("done")
                                                                                  : STR("failed"),
                         .by = history_kept(h, by),
                         .how = STR("--mark"),
                         .answered_ns = e->wall_ns };
}

void history_on_step_end(struct history *h, const struct event *e)
{
    struct story *s = history_told(h, e->data);
    bool provisional = str_is(s->state, "provisional");

    history_take_word(h, e->data, "state", &s->state);
    s->rolled_back = provisional && str_is(s->state, "cancelled");
    s->message = history_kept(h, text_of(e->data, "message"));
    PUT_MORE(h, s, help, text_of(e->data, "help"));
    PUT_MORE(h, s, picture, text_of(e->data, "picture"));
    history_take(h, e->data, "command", &s->command);
    TAKE_MORE(h, e->data, s, leaves);
    if (!provisional) {  // what a person said of an earlier end is not about this one
        PUT_MORE(h, s, by, text_of(e->data, "by"));
        PUT_MORE(h, s, reason, text_of(e->data, "reason"));
    }
    // Its message says who and why a second time.
    if (str_is(s->state, "skipped") && s->more->by.n)
        s->message = STR("");
    history_take_word(h, e->data, "undo", &s->undo);
    TAKE_MORE(h, e->data, s, irreversible);
    if (text_of(e->data, "undo_by").n)
        PUT_MORE(h, s, within, text_of(e->data, "undo_by"));
    s->attempts = (size_t)int_of(e->data, "attempt", (int64_t)s->attempts);
    s->continued = truth_of(e->data, "continued");
    s->took_ms = int_of(e->data, "took_ms", 0);
    s->ended_ns = e->wall_ns;
    s->retry_ns = 0;
    struct value left = value_of(e->data, "left");
    if (left.kind != VALUE_NULL || s->more->left.kind != VALUE_NULL)
        history_more(h, s)->left = value_copy(h->arena, left);
    struct value later = value_of(value_of(e->data, "result"), "later");
    if (later.kind == VALUE_LIST)
        history_more(h, s)->later = value_copy(h->arena, later);
    bool good = str_is(s->state, "succeeded") || str_is(s->state, "satisfied");
    if (good) {
        forget_output(h, s);
    } else {
        struct story_more *more = history_more(h, s);
        more->parts = value_copy(h->arena, value_of(e->data, "parts"));
        more->result = value_copy(h->arena, value_of(e->data, "result"));
    }
    take_mark(h, e);
    history_moment(h, e, ended_words(h, s), !good && !str_is(s->state, "skipped"));
}

// A check has no step.end: its last poll says what it came to.
static void end_poll(struct history *h, struct story *s, const struct event *e)
{
    s->state = s->poll->ok ? STR("holds") : STR("does not hold");
    s->before_undo = false;
    h->has_fresh = true;
    s->message = history_kept(h, buf_str(s->poll->message));
    PUT_MORE(h, s, picture, s->poll->ok ? STR("") : buf_str(s->poll->picture));
    s->ended_ns = e->wall_ns;
    s->took_ms = (e->wall_ns - s->started_ns) / 1000000;
    history_moment(h, e,
                   str_format(h->arena, "%.*s%s%.*s", STR_ARG(s->state), s->message.n ? ": " : "",
                              STR_ARG(s->message)),
                   !s->poll->ok);
}

// Of the parts of a condition the longest that is not the whole of it: `result.stdout`
// rather than `result`.
static void add_seen(struct history *h, struct value parts, struct buf *out)
{
    struct str best = STR(""), whole = STR("");
    struct value seen = VALUE_NONE;

    for (size_t i = 0; parts.kind == VALUE_LIST && i < value_size(parts); i++) {
        struct str text = text_of(value_item(parts, i), "text");
        whole = text.n > whole.n ? text : whole;
    }
    for (size_t i = 0; parts.kind == VALUE_LIST && i < value_size(parts); i++) {
        struct value v = value_of(value_item(parts, i), "value");
        struct str text = text_of(value_item(parts, i), "text");
        if (text.n <= best.n || text.n == whole.n || v.kind == VALUE_MAP || v.kind == VALUE_LIST)
            continue;
        best = text;
        seen = v;
    }
    if (best.n) {
        struct arena *scratch = arena_new(h->arena);
        buf_format(out, "%.*s is %.*s", STR_ARG(best), STR_ARG(value_show(seen, scratch, 60)));
        arena_free(scratch);
    }
}

void history_on_verify_try(struct history *h, const struct event *e)
{
    struct story *s = history_told(h, e->data);

    if (!s->poll) {
        s->poll = NEW(h->arena, struct poll);
        s->poll->message = buf_in(h->arena);
        s->poll->picture = buf_in(h->arena);
        s->poll->seen = buf_in(h->arena);
        if (!s->started_ns)
            s->started_ns = e->wall_ns;
        if (!s->begun_ms)
            s->begun_ms = h->now_ms;
    }
    s->poll->ok = truth_of(e->data, "ok");
    buf_clear(s->poll->message);
    buf_add(s->poll->message, text_of(e->data, "message"));
    buf_clear(s->poll->seen);
    add_seen(h, value_of(e->data, "parts"), s->poll->seen);
    buf_clear(s->poll->picture);
    buf_add(s->poll->picture, text_of(e->data, "picture"));
    s->poll->ns = e->wall_ns;
    s->poll->next_ms = int_of(e->data, "next_ms", -1);
    s->poll->left_ms = int_of(e->data, "left_ms", -1);
    if (truth_of(e->data, "last"))
        end_poll(h, s, e);
    else if (!s->ended_ns)
        s->state = STR("running");
}

// What the checks have seen is of before; but those of an undo are about that undo.
static void age_checks(struct history *h)
{
    for (size_t i = 0; i < h->story_count && h->has_fresh; i++) {
        struct story *s = h->stories[i];
        bool ended = str_is(s->state, "holds") || str_is(s->state, "does not hold");
        s->before_undo |= ended && !str_is(s->phase, "undo");
    }
    h->has_fresh = false;
}

void history_on_undo_start(struct history *h, const struct event *e)
{
    struct story *s = history_told(h, e->data);

    h->undoing = true;
    age_checks(h);
    struct story_more *more = history_more(h, s);
    more->undo_started_ns = e->wall_ns;
    more->undo_order = ++h->undo_count;
    s->begun_ms = h->now_ms;
    more->undo_state = STR("running");
    history_moment(h, e, STR("undo started"), false);
}

// "restore.sqlite" and "restore~undo.sqlite", when `restore` was undone as a whole.
static void take_back_inside(struct history *h, const struct story *s)
{
    for (size_t i = 0; i < h->story_count; i++) {
        if (history_is_inside(h->stories[i], s))
            h->stories[i]->taken_back = true;
    }
}

void history_on_undo_end(struct history *h, const struct event *e)
{
    struct story *s = history_told(h, e->data);

    struct story_more *more = history_more(h, s);
    history_take(h, e->data, "state", &more->undo_state);
    if (truth_of(e->data, "unknown"))
        more->undo_state = STR("unknown");
    more->undo_message = history_kept(h, text_of(e->data, "message"));
    bool bad = !str_is(s->more->undo_state, "undone");
    if (!bad && s->group)
        take_back_inside(h, s);
    history_moment(h, e,
                   str_format(h->arena, "%.*s%s%.*s", STR_ARG(s->more->undo_state),
                              s->more->undo_message.n ? ": " : "", STR_ARG(s->more->undo_message)),
                   bad);
}
