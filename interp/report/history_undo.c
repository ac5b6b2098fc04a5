// What was taken back of a run, and what is there still.

#include "base/arena.h"
#include "report/history_inside.h"
#include "value/fields.h"

bool history_had_effect(const struct story *s)
{
    return s->started_ns && !str_is(s->state, "skipped") && !str_is(s->state, "satisfied") &&
           !str_is(s->more->undo_state, "undone") && !s->taken_back;
}

// Its undo was tried and did not succeed, or it was passed over.
static bool defies_undo(const struct history *h, const struct story *s)
{
    struct value passed = value_of(h->end, "cannot_undo");

    for (size_t i = 0; passed.kind == VALUE_LIST && i < value_size(passed); i++)
        if (value_item(passed, i).kind == VALUE_STRING && str_equal(value_item(passed, i).s, s->id))
            return true;
    return s->more->undo_state.n && !str_is(s->more->undo_state, "undone");
}

bool history_is_inside(const struct story *s, const struct story *outer)
{
    size_t n = outer->id.n;

    if (s->more->within.n && str_equal(s->more->within, outer->id))
        return true;
    return s->id.n > n && str_equal(str_slice(s->id, 0, n), outer->id) &&
           (s->id.s[n] == '.' || s->id.s[n] == '~');
}

static bool was_aborted(const struct history *h)
{
    return h->over && str_is(h->result, "aborted");
}

static bool did_not_apply(const struct history *h, const struct story *s)
{
    for (size_t i = h->question_count; i > 0; i--)
        if (str_equal(h->questions[i - 1]->step, s->id))
            return str_is(h->questions[i - 1]->answer, "na");
    return false;
}

// What a person does changes nothing as far as the interpreter goes (its effects are `read`), and
// yet it was done.
static bool is_by_hand(const struct history *h, const struct story *s)
{
    return str_is(s->action, "manual") && !did_not_apply(h, s);
}

// It changed something, by itself, which is still so.
static bool is_there(const struct history *h, const struct story *s)
{
    return history_had_effect(s) && !s->group && !s->poll && !s->is_hook && !s->rolled_back &&
           (!str_is(s->effects, "read") || is_by_hand(h, s)) && str_find(s->id, '~') == SIZE_MAX;
}

bool history_stays(const struct history *h, const struct story *s)
{
    return was_aborted(h) && is_there(h, s);
}

// What counts for the undo of [s]: itself, or what it is taken back with.
static const struct story *undone_with(const struct history *h, const struct story *s)
{
    const struct story *outer = s->more->within.n ? history_story(h, s->more->within) : NULL;

    return outer ? outer : s;
}

const char *history_why_there(const struct history *h, const struct story *s)
{
    static const char *const covers[] = { "none", "irreversible", "missing" };
    const struct story *by = undone_with(h, s);

    if (!h->over || !(h->undoing || was_aborted(h)) || !is_there(h, s) ||
        str_is(s->phase, "always"))
        return NULL;
    if (by->more->undo_state.n)
        return str_is(by->more->undo_state, "undo_failed") ? "undo_failed" : "unknown";
    for (size_t i = 0; i < sizeof covers / sizeof *covers; i++)
        if (str_is(s->undo, covers[i]) || str_is(by->undo, covers[i]))
            return covers[i];
    return str_is(s->undo, "nothing") ? "by_hand" : "not_begun";
}

bool history_done_by_hand(const struct history *h, const struct story *s)
{
    const char *why = h->undoing && !h->undo_step.n ? history_why_there(h, s) : NULL;

    return why && str_is(str_from(why), "by_hand");
}

bool history_leaves(const struct history *h, const struct story *s)
{
    bool well = h->over && h->exit == 0 && !was_aborted(h);

    if (!s->more->leaves.n || !history_had_effect(s) || well)
        return false;
    for (size_t i = 0; h->undoing && i < h->story_count; i++)
        if (history_is_inside(s, h->stories[i]) && defies_undo(h, h->stories[i]))
            return false;
    return !(h->over && h->exit == 10) || defies_undo(h, s) || history_not_undone(h, s);
}

bool history_not_undone(const struct history *h, const struct story *s)
{
    return h->undoing && !h->undo_step.n && str_is(s->undo, "undo") && history_had_effect(s) &&
           !s->more->undo_state.n && !s->is_hook && !s->poll && str_find(s->id, '~') == SIZE_MAX;
}

struct str history_undo_words(const struct history *h, const struct story *s)
{
    struct str state = s->more->undo_state;

    if (s->taken_back && s->more->within.n)
        return STR("undone");
    if (str_is(state, "unknown"))
        return STR("what its undo came to is not known");
    if (!str_is(state, "running"))
        return state;
    return h->over ? STR("its undo is in doubt: it was started, and how it ended was not taken up")
           : h->crashed ? STR("its undo had begun")
                        : STR("being undone");
}

struct str history_state_words(const struct story *s)
{
    if (!s->before_undo)
        return s->state;
    return s->poll->ok ? STR("held before the undo") : STR("did not hold before the undo");
}

struct str history_no_way_back(const struct story *s, struct arena *a)
{
    struct str why = s->more->irreversible.n            ? s->more->irreversible
                     : str_is(s->undo, "missing") ? STR("it has no undo")
                                                  : STR("");

    return str_format(a, "%.*s%s%.*s", STR_ARG(s->name), s->name.n && why.n ? ": " : "",
                      STR_ARG(why));
}
