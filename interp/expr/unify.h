// Which types go together, and what unknown ones turn out to be.
//
// A variable stands for a type that is not known yet: that of an empty list, or of a
// parameter in the signature of the function that is being called. It is bound to the
// first type it has to go with, and widened when a more general one comes. The rules
// are those of the reference checker of CEL.

#pragma once

#include "expr/type.h"

struct unifier {
    struct arena *arena;
    const struct expr_type **bound;  // by variable; NULL where nothing is known
    uint32_t count, room;
    struct binding {
        uint32_t variable;
        const struct expr_type *before;
    } * trail;  // what was bound, so that a try that fails can be taken back
    size_t trail_count, trail_room;
};

const struct expr_type *unify_fresh(struct unifier *u);

// Whether a value of type [from] may stand where [to] is wanted; binds variables. When
// it is false, nothing was bound.
bool unify_assignable(struct unifier *u, const struct expr_type *from, const struct expr_type *to);
bool unify_all(struct unifier *u, const struct expr_type *const *from,
               const struct expr_type *const *to, size_t count);

// What both are: the more general of two that go together, else dyn.
const struct expr_type *unify_join(struct unifier *u, const struct expr_type *a,
                                   const struct expr_type *b);

// [t] with its bound variables replaced; unbound ones become dyn if [final].
const struct expr_type *unify_resolve(struct unifier *u, const struct expr_type *t, bool final);
// One step of it: what a variable is bound to, or [t].
const struct expr_type *unify_find(const struct unifier *u, const struct expr_type *t);

// A signature with fresh variables for its parameters; [letters] keeps them for one call.
struct letters {
    const struct expr_type *of[32];
};
const struct expr_type *unify_instance(struct unifier *u, const struct expr_type *t,
                                       struct letters *letters);

bool unify_exact(const struct expr_type *a, const struct expr_type *b);
