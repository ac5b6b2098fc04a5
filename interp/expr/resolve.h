// Names tied to what they mean.
//
// After parsing, a name may be a variable of a macro, a root, part of a name with dots,
// or the name space of a function; a call may be a macro. resolve_terms() decides,
// compiles literal patterns, folds what is constant, and gives each term what
// evaluates it.

#pragma once

#include "expr/term.h"

// False with the reason in [ds].
bool resolve_terms(struct expr *e, struct diags *ds);

// `a.b.c` where roots may have dots in their names: what it may mean, best first.
struct qualified {
    struct qualified_name {
        struct str name;
        size_t parts;  // how many parts of the path it takes up
    } * names;
    size_t count;
    const struct term **parts;  // the terms of the path, from the root on
    size_t part_count;
    struct str type_name;  // the path is the name of a type when it is nothing else
};

// The names [name] may stand for in a name space, longest first: "com.example" and "y"
// give com.example.y, com.y and y.
size_t qualified_names(struct arena *a, struct str name_space, struct str name, struct str out[],
                       size_t room);
