// The syntax tree of an expression.
//
// The parser makes terms, resolve.c ties their names to what they mean (a variable of a
// macro, a root, a function), folds what is constant and gives each term the function
// that evaluates it. After that a term never changes. All of it lives in the arena of
// the expression.

#pragma once

#include "expr/expr.h"

struct eval;
struct function;
struct regex;
struct term;

enum term_kind {
    TERM_LITERAL,
    TERM_ROOT,         // a name that the scope knows
    TERM_VARIABLE,     // a name that a macro around it gives
    TERM_SELECT,       // args: operand; [name] is the field
    TERM_INDEX,        // args: operand, index
    TERM_CALL,         // args: receiver first where there is one
    TERM_OPERATOR,     // args: one or two
    TERM_AND,          // args: two or more
    TERM_OR,           // args: two or more
    TERM_CONDITIONAL,  // args: condition, then, else
    TERM_LIST,         // args: the items
    TERM_MAP,          // args: key, value, key, value, ...
    TERM_MACRO,        // args: see enum macro
};

enum operation {
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_MODULO,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_EQUAL,
    OP_NOT_EQUAL,
    OP_IN,
    OP_NOT,
    OP_NEGATE,
};

// What a macro does for each element. Its args are: the range, the filter or NULL, the
// body or NULL; [names] are its variables.
enum macro {
    MACRO_NONE,
    MACRO_HAS,  // args: the operand; [name] is the field
    MACRO_ALL,
    MACRO_EXISTS,
    MACRO_EXISTS_ONE,
    MACRO_MAP,
    MACRO_FILTER,
    MACRO_TRANSFORM_LIST,
    MACRO_TRANSFORM_MAP,
    MACRO_TRANSFORM_MAP_ENTRY,
    MACRO_SORT_BY,
    MACRO_BIND,
    MACRO_OPT_MAP,
    MACRO_OPT_FLAT_MAP,
};
enum { MACRO_RANGE, MACRO_WHERE, MACRO_BODY, MACRO_ARGS };

typedef bool eval_fn(struct eval *ev, const struct term *t, struct value *out);

struct term {
    eval_fn *eval;
    enum term_kind kind : 8;
    enum operation op : 8;
    enum macro macro : 8;
    bool optional : 1;      // a.?b, a[?b]
    bool member : 1;        // the call was written receiver.name(...)
    bool absolute : 1;      // .name: not the variable of a macro
    bool inner : 1;         // the operand of a select or index: only what is taken out is read
    bool constant : 1;      // [value] is what it always is
    bool is_type_name : 1;  // a root that is the name of a type where nothing else is
    uint16_t count;         // of args
    uint16_t slot;          // TERM_ROOT: in eval.h; TERM_VARIABLE, TERM_MACRO: of the variable
    uint16_t height;
    uint16_t repeat;      // OP_NOT, OP_NEGATE: how many were written
    uint32_t start, end;  // bytes of the source that the whole term covers
    uint32_t at, at_end;  // its name or operator: where errors and pictures point
    struct str name;      // root, variable, field, function
    struct term **args;
    union {
        const struct function *const *functions;  // TERM_CALL: those of that name, ended by NULL
        const bool *optionals;                    // TERM_LIST, TERM_MAP: written with ?; or NULL
        const struct term *const *names;          // TERM_MACRO: one or two variables, then NULL
        const struct qualified *qualified;        // TERM_ROOT, TERM_SELECT: see resolve.h
    };
    const struct regex *regex;  // TERM_CALL: a literal pattern, compiled
    struct value value;         // literal, or what was folded
};

struct expr {
    struct text text;
    struct arena *arena;
    struct term *term;
    uint16_t variable_count;  // that are alive at once
    bool reads_now;
    struct str container;  // the name space names are looked up in; mostly empty
    bool is_qualified;     // roots may have dots in their names
};
