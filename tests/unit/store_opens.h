// A run is taken, and what was written is looked at: what going on with a run does in two steps.

#pragma once

#include "store/store.h"

static inline enum store_error journal_open_claimed(struct store *s, struct str id, struct str mark,
                                                    struct arena *a, struct journal **out,
                                                    struct diags *ds)
{
    enum store_error e = journal_take(s, id, mark, a, out, ds);

    if (!e)
        e = journal_look(*out, NULL, NULL, ds);
    if (e && *out) {
        journal_close(*out);
        *out = NULL;
    }
    return e;
}

static inline enum store_error journal_open(struct store *s, struct str id, struct arena *a,
                                            struct journal **out, struct diags *ds)
{
    return journal_open_claimed(s, id, STR(""), a, out, ds);
}
