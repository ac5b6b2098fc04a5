#include "report/since.h"

#include "base/arena.h"

struct str since_words(const struct history *h, struct arena *a)
{
    struct buf b = BUF_EMPTY;
    size_t n = 0;

    if (!h->part_undone || str_is(h->result, "undone"))
        return STR("");
    for (size_t i = 0; i < h->story_count; i++) {
        const struct story *s = h->stories[i];
        if (str_is(s->more->undo_state, "undone"))
            buf_format(&b, "%s%.*s", n++ ? ", " : "", STR_ARG(s->id));
    }
    struct str ids = buf_take(&b, a);
    return str_format(a, ", since then %.*s %s undone", STR_ARG(ids), n > 1 ? "were" : "was");
}
