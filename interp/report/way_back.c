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

static struct str words(const struct history *h, bool stays, size_t most, struct arena *a)
{
    struct value list = value_of(h->start, "no_way_back");
    size_t count = list.kind == VALUE_LIST ? value_size(list) : 0, all = 0;
    struct naming k = { .text = BUF_EMPTY };

    for (size_t i = 0; i < count; i++) {
        struct value one = value_item(list, i);
        if (str_is(text_of(one, "cover"), "none") != stays || all++ >= most)
            continue;
        name_step(&k, text_of(one, "step"), text_of(one, "why"));
    }
    // What stands on no list is not told apart: it counts as the worse of the two.
    if (!stays)
        all += (size_t)int_of(h->start, "no_way_back_more", 0);
    if (all > most)
        buf_format(&k.text, "%s and %zu more", k.after_why ? ";" : "", all - most);
    return buf_take(&k.text, a);
}

struct str way_back_gone(const struct history *h, size_t most, struct arena *a)
{
    return words(h, false, most, a);
}

struct str way_back_stays(const struct history *h, size_t most, struct arena *a)
{
    return words(h, true, most, a);
}
