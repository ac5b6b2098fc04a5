// An expression: the Common Expression Language (CEL), parsed once, evaluated often.
//
// The language is that of https://github.com/google/cel-spec with the extensions
// listed in docs/expressions.md. Evaluation has no side effects, does no I/O, reads
// no clock and always ends: depth, cost and memory are bounded (expr_limits), and a
// limit that is hit is an error that names it. The same expression may be evaluated
// any number of times, from one thread.

#pragma once

#include "base/diag.h"
#include "value/value.h"

struct expr;

// expr_limits. The depth is that of brackets in brackets; a row of operators may be
// longer. The cost counts roughly what cel-go counts: one for a name, a field or a
// call, more for long texts and lists.
enum {
    EXPR_SOURCE_LIMIT = 64 * 1024,
    EXPR_DEPTH_LIMIT = 100,
    EXPR_HEIGHT_LIMIT = 1000,
    EXPR_COST_LIMIT = 1000 * 1000,
    EXPR_MEMORY_LIMIT = 16 * 1024 * 1024,
};

// Where names come from. [get] is asked for each root name that the expression
// reads ("inputs", "steps", "result", ...), only when it is reached. False: there is
// no such name here; it may then say why in [why] (words for the operator).
struct scope {
    bool (*get)(const struct scope *s, struct str name, struct arena *a, struct value *out,
                struct str *why);
    // Told of what is computed from a secret or taken out of one, also on the way to a
    // result: what may have to be kept from view from now on. May be NULL.
    void (*secret)(const struct scope *s, struct value v, struct arena *a);
    void *ctx;
    struct value now;          // timestamp, fixed for one evaluation
    const char *const *roots;  // for "did you mean", ended by NULL; may be NULL
};

// Why an evaluation failed. [span] is true inside block and quoted scalars.
struct expr_error {
    struct str message;
    struct str help;
    struct span span;
    uint32_t start, end;  // the same place, counted in the text of the expression
    bool missing;  // a key, field or index that is not there: "not yet" to a check that polls
    bool limit;    // a limit of expr_limits was hit
};

// NULL if it does not parse; the reason is in [ds]. Lives in [a], points into [t].
struct expr *expr_parse(struct arena *a, const struct text *t, struct diags *ds);

// The same with names that are looked up in a name space, longest prefix first, as
// the suite of the language wants it: in `com.example`, `y` is `com.example.y`, then
// `com.y`, then `y`. The scope's names may then have dots in them.
struct expr *expr_parse_in(struct arena *a, const struct text *t, struct str name_space,
                           struct diags *ds);

// False, with the reason in [err], if it cannot be evaluated. [out] lives in [a].
// It is marked secret when anything that was read for it is.
bool expr_eval(const struct expr *e, const struct scope *s, struct arena *a, struct value *out,
               struct expr_error *err);

// As expr_eval, for a condition: anything but true or false is an error.
bool expr_test(const struct expr *e, const struct scope *s, struct arena *a, bool *out,
               struct expr_error *err);

// The picture of an expression that came out false: the source, and under each
// part its value (spec: "A condition that is false is shown with the value of each
// part"). Evaluates again. Values that are secret are ***.
struct str expr_picture(const struct expr *e, const struct scope *s, struct arena *a);
// The same for tools: a list of {text, value}, one for each part.
struct value expr_parts(const struct expr *e, const struct scope *s, struct arena *a);

const struct text *expr_text(const struct expr *e);

// What an expression reads, without evaluating it: every maximal static path that
// begins with a root name, in source order. `steps.a.json.n > inputs.x[0]` gives
// {steps, a, json, n} and {inputs, x}. Variables of macros are not roots.
struct expr_ref {
    const struct str *path;
    size_t count;
    struct span span;  // of the whole path
    struct span last;  // of path[1] where there is one, else of path[0]
    bool guarded;      // inside has(), or read with .? or [?]
};
const struct expr_ref *expr_refs(const struct expr *e, size_t *count);

