// What is going on while an expression is evaluated.
//
// Every term has a function that makes its value. It returns false when there is an
// error, which then stands in [fault]; && and || may drop it again, so making one
// allocates nothing.
//
// A value that was made from a secret is marked by whoever made it; [tainted] marks
// the result in addition, whatever way the secret took.

#pragma once

#include <stdarg.h>

#include "expr/term.h"

enum { EVAL_ROOTS = 16, EVAL_VARIABLES = 8, FAULT_ROOM = 400 };

struct fault {
    uint32_t start, end;  // in the source; where it is the evaluator's own
    bool missing, limit;
    struct value among;  // where [wanted] was not found, for "did you mean"
    struct str wanted;
    struct str help;
    char message[FAULT_ROOM];
};

struct eval {
    const struct expr *expr;
    const struct scope *scope;
    struct arena *arena;
    int64_t cost;  // what is left of it
    int64_t memory;
    uint32_t loaded;  // which of [roots] are known
    bool tainted;
    struct value *variables;
    struct value few_variables[EVAL_VARIABLES];
    struct value roots[EVAL_ROOTS];
    const struct term *at;  // the call that is being made
    struct str why;         // why an object has no such field
    struct fault fault;
};

// All return false. The first blames what ev->at says.
bool eval_fail(struct eval *ev, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool eval_fail_at(struct eval *ev, const struct term *t, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool eval_missing(struct eval *ev, const struct term *t, struct value among, struct str wanted,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

void eval_report(struct eval *ev, struct expr_error *err);  // the fault, for others

// Takes from the cost or the memory that is left; false when it is used up.
bool eval_charge(struct eval *ev, size_t cost);
bool eval_charge_for(struct eval *ev, struct value v);  // reading all of it
bool eval_take(struct eval *ev, size_t bytes);

static inline bool eval_step(struct eval *ev)
{
    return --ev->cost >= 0 || eval_charge(ev, 0);
}

static inline bool eval_term(struct eval *ev, const struct term *t, struct value *out)
{
    return t->eval(ev, t, out);
}

// NULL when the memory is used up. [room] items, [count] is 0.
struct value_list *eval_list(struct eval *ev, size_t room);
// [n] bytes and a NUL; NULL when the memory is used up.
char *eval_bytes(struct eval *ev, size_t n);
struct value *eval_value(struct eval *ev, struct value v);  // a copy to point at, or NULL
bool eval_text(struct eval *ev, const char *s, size_t n, struct value *out);  // copies

// A list that is complete, or a map. False when its weight is over the memory limit: a
// few lists that hold each other many times would take no memory here, but all there is
// where somebody writes them out.
bool eval_give_list(struct eval *ev, struct value_list *list, bool secret, struct value *out);
bool eval_give_map(struct eval *ev, struct value_builder *map, struct value *out);

// Makes maps of the objects in [v], so that all that is secret in it is known.
bool eval_make_solid(struct eval *ev, struct value *v);

static inline bool eval_solid(struct eval *ev, struct value *v)
{
    return v->kind < VALUE_LIST || eval_make_solid(ev, v);
}

// Written once and whole: a mark added to it afterwards would wait for the rest.
static inline void value_give_bool(struct value *out, bool b, bool secret)
{
    *out = (struct value){ .kind = VALUE_BOOL, .secret = secret, .b = b };
}

struct value value_optional(const struct value *inside);  // NULL: none

// [v] was made of a secret, and is not only put together of known parts.
void eval_made_secret(struct eval *ev, struct value v);

// The bytes of the source that a term covers.
struct str term_source(const struct eval *ev, const struct term *t);

// What evaluates a term; resolve.c chooses.
eval_fn eval_constant, eval_root, eval_variable, eval_now, eval_qualified;   // eval.c
eval_fn eval_and, eval_or, eval_conditional, eval_list_term, eval_map_term;  // eval.c
eval_fn eval_select, eval_index, eval_has;                                   // access.c
eval_fn eval_call, eval_unknown_call;                                        // call.c
eval_fn *eval_of_operator(enum operation op);                                // operator.c
eval_fn *eval_of_macro(enum macro macro);                                    // loop.c

// access.c: a field, key or index of [from]. A fault is told already; something absent
// is not, because has(), .? and [?] do not mind: access_absent() tells it.
enum access { ACCESS_FOUND, ACCESS_ABSENT, ACCESS_FAULT };
enum access access_field(struct eval *ev, const struct term *t, struct value from, struct str name,
                         struct value *out);
enum access access_element(struct eval *ev, const struct term *t, struct value from,
                           struct value key, struct value *out);
bool access_absent(struct eval *ev, const struct term *t, struct value from, struct value key);

// eval.c: a key that is no key, or is there already, is an error about [t].
bool eval_put(struct eval *ev, const struct term *t, struct value_builder *map, struct value key,
              struct value value);

// Evaluates without a scope, for folding.
bool eval_alone(const struct expr *e, const struct term *t, struct arena *a, struct value *out);
// The value of one part on its own, for pictures.
bool eval_part(const struct expr *e, const struct term *t, const struct scope *s, struct arena *a,
               int64_t *cost, struct value *out);
