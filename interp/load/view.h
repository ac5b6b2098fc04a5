// What an expression sees where it stands, and what may stand there.

#pragma once

#include "graph/read.h"
#include "graph/spot.h"
#include "load/check.h"
#include "load/types.h"

enum root {
    ROOT_INPUTS = 1 << 0,
    ROOT_VARS = 1 << 1,
    ROOT_ENV = 1 << 2,
    ROOT_SECRETS = 1 << 3,
    ROOT_STEPS = 1 << 4,
    ROOT_RUN = 1 << 5,
    ROOT_TRIGGER = 1 << 6,
    ROOT_NOW = 1 << 7,
    ROOT_RESULT = 1 << 8,
    ROOT_BEFORE = 1 << 9,
    ROOT_ITEM = 1 << 10,  // and index; by the name that `as` gives
    ROOT_CONTACT = 1 << 11,
    ROOT_VALUE = 1 << 12,    // of a trigger
    ROOT_RUN_END = 1 << 13,  // run.result, run.failed, run.undone, run.took

    ROOTS_PLAIN = ROOT_INPUTS | ROOT_VARS | ROOT_ENV | ROOT_NOW,
    ROOTS_STEP = ROOTS_PLAIN | ROOT_SECRETS | ROOT_STEPS | ROOT_RUN | ROOT_TRIGGER,
};

struct view_item;

struct checking {
    const struct program *program;
    struct module *module;
    struct module_types *types;
    struct arena *arena;
    struct diags *ds;
    const struct action *last_action;  // and what it gives: neighbours often do the same
    const struct expr_type *last_result;
    const char *const *names;  // that the last place saw; and which place that was
    unsigned names_roots;
    const struct view_item *names_items;
};

// What an item is called inside a for_each: `item`, or as `as` says.
struct view_item {
    struct str name;
    const struct expr_type *type;
    const struct view_item *outer;  // of a for_each around this one
};

struct view {
    struct checking *c;
    unsigned roots;                           // enum root
    bool secret;                              // a secret may stand here
    const char *what;                         // the place, as a message calls it: "`name`"
    struct reading reading;                   // of results
    bool judged;                              // the graph has judged what is read here
    const struct expr_type *result, *before;  // of the step it hangs on (a check, an undo)
    const struct view_item *items;
    const struct expr *const *exprs;  // those being checked now
    size_t expr_count;
};

// Each gives the type, or NULL when something is wrong, which is then in the diags.
const struct expr_type *view_words(const struct view *v, const struct template *t);
// The expression of an amount, if it is one; [m] may be NULL.
bool view_amount(const struct view *v, const struct amount *m);
// Words that become text: what has none is an error.
const struct expr_type *view_text(const struct view *v, const struct template *t);
// The same where bytes may stand, too, if nothing stands beside them.
const struct expr_type *view_bytes(const struct view *v, const struct template *t);
const struct expr_type *view_form(const struct view *v, const struct form *f);
// Keys of a structure that an action takes are text as they stand.
bool view_keys(const struct view *v, const struct node *n);
const struct expr_type *view_expr(const struct view *v, const struct expr *e);
bool view_condition(const struct view *v, const struct expr *e);
// Each expression of [t] by itself: parameters, which may be anything, or words of a script,
// which are text or a list of it.
bool view_parts(const struct view *v, const struct template *t);
bool view_script(const struct view *v, const struct template *t);

// Whether anything in a form or in words is a secret or computed from one.
bool form_is_secret(const struct checking *c, const struct form *f);
bool words_are_secret(const struct checking *c, const struct template *t);
