#include "report/way_back.h"

#include "base/arena.h"
#include "report/fields.h"

static struct str words(const struct history *h, bool stays, size_t most, struct arena *a)
{
    struct value list = value_of(h->start, "no_way_back");
    size_t count = list.kind == VALUE_LIST ? value_size(list) : 0, all = 0;
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; i < count; i++) {
        struct value one = value_item(list, i);
        struct str why = text_of(one, "why");
        if (str_is(text_of(one, "cover"), "none") != stays || all++ >= most)
            continue;
        buf_format(&b, "%s%.*s", b.n ? ", " : "", STR_ARG(text_of(one, "step")));
        if (why.n)
            buf_format(&b, " (%.*s)", STR_ARG(why));
    }
    // What stands on no list is not told apart: it counts as the worse of the two.
    if (!stays)
        all += (size_t)int_of(h->start, "no_way_back_more", 0);
    if (all > most)
        buf_format(&b, " and %zu more", all - most);
    return buf_take(&b, a);
}

struct str way_back_gone(const struct history *h, size_t most, struct arena *a)
{
    return words(h, false, most, a);
}

struct str way_back_stays(const struct history *h, size_t most, struct arena *a)
{
    return words(h, true, most, a);
}
