// How the checks of a place fit together. Inside of load/view*.

#pragma once

#include "load/view.h"

// A name that an expression can begin with somewhere.
struct root_row {
    const char *name;
    unsigned root;    // enum root
    const char *why;  // why it is not there where it is not
};
const struct root_row *root_named(struct str name);
bool root_is_visible(const struct view *v, struct str name);
struct check_scope names_scope(const struct view *v);

struct exprs {
    struct arena *arena;
    const struct expr **items;
    size_t count, room;
};
struct exprs exprs_of(struct arena *a, const struct site *site);

// Whether all that [v] is looking at may be read there. What may not is in the diags.
bool view_may_read(const struct view *v);
// Whether nothing that [e] reads is a secret; else it is refused.
bool view_without_secret(const struct view *v, const struct expr *e);
