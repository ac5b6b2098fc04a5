#include "report/way_back.h"

#include "base/arena.h"
#include "value/fields.h"

// Names, and each reason behind its own: "stop, clear; mail: it is sent; p.letter".
struct naming {
    struct buf text;
    bool after_why;  // the last of them has a reason, which the next is no part of
};

static void name_step(struct naming *k, struct str step, struct str why)
{
    const char *apart = why.n || k->after_why ? "; " : ", ";

    buf_format(&k->text, "%s%.*s%s%.*s", k->text.n ? apart : "", STR_ARG(step), why.n ? ": " : "",
               STR_ARG(why));
    k->after_why = why.n > 0;
}

// ---- what was done of a step that run.start names

// Behind the key of an instance that begins at [at]: of "each[key].child" where the dot is.
static size_t key_end(struct str id, size_t at)
{
    for (size_t i = at + 1; i < id.n; i++)
        if (id.s[i] == ']' &&
            (i + 1 == id.n || id.s[i + 1] == '.' || id.s[i + 1] == '[' || id.s[i + 1] == '~'))
            return i + 1;
    return id.n;
}

// [id] is [step] from [at] on, but for keys.
static bool is_from(struct str id, size_t at, struct str step)
{
    size_t n = 0;

    while (at < id.n) {
        if (id.s[at] == '[') {
            at = key_end(id, at);
            continue;
        }
        if (n == step.n || id.s[at++] != step.s[n++])
            return false;
    }
    return n == step.n;
}

// The step itself or an instance of it: "caller[key].callee" of "caller.callee", "each[key].child"
// of "child".
static bool is_instance(struct str id, struct str step)
{
    if (is_from(id, 0, step))
        return true;
    for (size_t i = 0; i < id.n; i++) {
        if (id.s[i] != '[')
            continue;
        i = key_end(id, i);
        if (i < id.n && id.s[i] == '.' && is_from(id, i + 1, step))
            return true;
    }
    return false;
}

// Also what was taken back since: with the `use` it is in, of which it says that it cannot be.
static bool was_begun(const struct story *s)
{
    return s->started_ns && !s->rolled_back && !str_is(s->state, "skipped") &&
           !str_is(s->state, "satisfied");
}

static bool was_done(const struct history *h, struct str step)
{
    for (size_t i = 0; i < h->story_count; i++) {
        if (was_begun(h->stories[i]) && is_instance(h->stories[i]->id, step))
            return true;
    }
    return false;
}

// ---- lists

static bool stays(struct value one)
{
    return str_is(text_of(one, "cover"), "none");
}

static bool is_wanted(const struct history *h, enum way_back which, struct value one)
{
    switch (which) {
    case WAY_BACK_GONE:
        return !stays(one);
    case WAY_BACK_STAYS:
        return stays(one);
    case WAY_BACK_GONE_DONE:
        return !stays(one) && was_done(h, text_of(one, "step"));
    case WAY_BACK_STAYS_DONE:
        return stays(one) && was_done(h, text_of(one, "step"));
    case WAY_BACK_NOT_DONE:
        return !was_done(h, text_of(one, "step"));
    }
    return false;
}

struct str way_back_words(const struct history *h, enum way_back which, size_t most,
                          struct arena *a)
{
    struct value list = value_of(h->start, "no_way_back");
    size_t count = list.kind == VALUE_LIST ? value_size(list) : 0, all = 0;
    struct naming k = { .text = BUF_EMPTY };

    for (size_t i = 0; i < count; i++) {
        struct value one = value_item(list, i);
        if (!is_wanted(h, which, one) || all++ >= most)
            continue;
        name_step(&k, text_of(one, "step"), text_of(one, "why"));
    }
    // What stands on no list is not told apart: it counts as the worse of the two.
    if (which == WAY_BACK_GONE)
        all += (size_t)int_of(h->start, "no_way_back_more", 0);
    if (all > most)
        buf_format(&k.text, "%s and %zu more", k.after_why ? ";" : "", all - most);
    return buf_take(&k.text, a);
}
