// Calls and operators: which overloads take these types, and what they give.

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "expr/checker.h"
#include "expr/function.h"

enum { MOST_ARGS = 16 };

// The types of the arguments, and what came of trying overloads on them.
struct attempt {
    const struct expr_type **args;
    size_t count;
    const struct expr_type *result;  // NULL while none fits
    bool right_count;                // of one at least
};

static void try_overload(struct checker *c, struct attempt *a, const struct expr_type *result,
                         const struct expr_type *const *params, size_t param_count, bool any_count)
{
    struct letters letters = { 0 };

    if (a->count != param_count && !(any_count && a->count > param_count))
        return;
    a->right_count = true;
    const struct expr_type **wanted = NEW_ARRAY(c->arena, const struct expr_type *, a->count + 1);
    for (size_t i = 0; i < a->count; i++)
        wanted[i] = unify_instance(&c->unifier, params[i < param_count ? i : param_count - 1],
                                   &letters);
    if (!unify_all(&c->unifier, a->args, wanted, a->count))
        return;
    const struct expr_type *gives = unify_resolve(
        &c->unifier, unify_instance(&c->unifier, result, &letters), false);
    if (!a->result)
        a->result = gives;
    else if (a->result->kind != TYPE_DYN && !unify_exact(a->result, gives))
        a->result = &cel_dyn;
}

static void try_functions(struct checker *c, struct attempt *a,
                          const struct function *const *functions, bool promoting)
{
    for (; functions && *functions; functions++) {
        const struct function *f = *functions;
        if (!!(f->flags & FUNCTION_PROMOTES) == promoting)
            try_overload(c, a, f->result, f->params, function_param_count(f),
                         f->flags & FUNCTION_ANY_COUNT);
    }
}

static bool is_meant(const struct overload *o, const struct term *t)
{
    return o->member == t->member && str_equal(o->name, t->name);
}

static bool is_declared(const struct checker *c, const struct term *t)
{
    for (const struct overload *o = c->overloads; o && o->name.n; o++)
        if (is_meant(o, t))
            return true;
    return false;
}

static void try_declared(struct checker *c, struct attempt *a, const struct term *t)
{
    for (const struct overload *o = c->overloads; o && o->name.n; o++)
        if (is_meant(o, t))
            try_overload(c, a, o->result, o->params, o->param_count, false);
}

static void check_args(struct checker *c, const struct term *t, struct attempt *a)
{
    *a = (struct attempt){ .count = t->count };
    a->args = NEW_ARRAY(c->arena, const struct expr_type *, (size_t)t->count + 1);
    for (size_t i = 0; i < t->count; i++)
        a->args[i] = check_term(c, t->args[i]);
}

// Rows of operators by enum operation.
static const char *const operator_names[] = {
    [OP_ADD] = "_+_",         [OP_SUBTRACT] = "_-_",   [OP_MULTIPLY] = "_*_",
    [OP_DIVIDE] = "_/_",      [OP_MODULO] = "_%_",     [OP_LESS] = "_<_",
    [OP_LESS_EQUAL] = "_<=_", [OP_GREATER] = "_>_",    [OP_GREATER_EQUAL] = "_>=_",
    [OP_EQUAL] = "_==_",      [OP_NOT_EQUAL] = "_!=_", [OP_IN] = "_in_",
    [OP_NOT] = "!_",          [OP_NEGATE] = "-_",
};

static const struct expr_type *operands_clash(struct checker *c, const struct term *t,
                                              const struct attempt *a)
{
    struct str name = str_from(operator_names[t->op]);
    struct str sign = name.s[0] == '_' ? str_slice(name, 1, name.n - 1) : str_slice(name, 0, 1);

    if (a->count == 1)
        check_error(c, t, DIAG_EXPR_TYPE, "`%.*s` has no meaning before %s", STR_ARG(sign),
                    check_words(c, a->args[0]));
    else
        check_error(c, t, DIAG_EXPR_TYPE, "`%.*s` has no meaning between %s and %s", STR_ARG(sign),
                    check_words(c, a->args[0]), check_words(c, a->args[1]));
    return &cel_dyn;
}

static bool is_number(const struct expr_type *t)
{
    return t->kind == TYPE_INT || t->kind == TYPE_UINT || t->kind == TYPE_DOUBLE;
}

// Types whose values may be equal although neither goes for the other: numbers of two
// kinds, also inside of lists and maps.
static bool alike(struct checker *c, const struct expr_type *a, const struct expr_type *b)
{
    a = unify_find(&c->unifier, a);
    b = unify_find(&c->unifier, b);
    if (is_number(a) && is_number(b))
        return true;
    if (a->kind != b->kind || a->count == 0 || a->count != b->count)
        return unify_assignable(&c->unifier, a, b);
    for (size_t i = 0; i < a->count; i++)
        if (!alike(c, a->args[i], b->args[i]))
            return false;
    return true;
}

static bool may_be_equal(struct checker *c, enum operation op, const struct attempt *a)
{
    if (op == OP_EQUAL || op == OP_NOT_EQUAL)
        return alike(c, a->args[0], a->args[1]);
    if (op != OP_IN)
        return false;
    const struct expr_type *among = unify_find(&c->unifier, a->args[1]);
    return among->count > 0 && alike(c, a->args[0], among->args[0]);
}

const struct expr_type *check_operator(struct checker *c, const struct term *t)
{
    const struct function *const *rows = function_find(str_from(operator_names[t->op]), false);
    struct attempt a;

    check_args(c, t, &a);
    try_functions(c, &a, rows, false);
    if (!a.result)
        try_functions(c, &a, rows, true);
    if (!a.result && may_be_equal(c, t->op, &a))
        return &cel_bool;
    return a.result ? a.result : operands_clash(c, t, &a);
}

// All names that could have been meant, ended by NULL.
static const char *const *words(struct checker *c, bool member)
{
    const struct function *const *all = function_all();
    size_t n = 0, most = 0;

    while (all[most])
        most++;
    const char **out = NEW_ARRAY(c->arena, const char *, most + 64);
    for (size_t i = 0; i < most; i++)
        if (!!(all[i]->flags & FUNCTION_MEMBER) == member && !(all[i]->flags & FUNCTION_OPERATOR))
            out[n++] = all[i]->name;
    for (const struct macro_doc *m = macro_docs; member && m->name && n < most + 60; m++)
        out[n++] = m->name;
    return out;
}

static const struct macro_doc *find_macro(struct str name)
{
    for (const struct macro_doc *m = macro_docs; m->name; m++)
        if (str_is(name, m->name) ||
            (str_is(name, "existsOne") && strcmp(m->name, "exists_one") == 0))
            return m;
    return NULL;
}

// `math.abss`, when `math` is where functions live.
static struct str namespaced_name(struct checker *c, const struct term *t)
{
    const struct term *space = t->member ? t->args[0] : NULL;

    if (!space || space->kind != TERM_ROOT)
        return STR("");
    for (const struct function *const *f = function_all(); *f; f++) {
        struct str name = str_from((*f)->name);
        size_t dot = str_find(name, '.');
        if (dot != SIZE_MAX && str_equal(str_slice(name, 0, dot), space->name))
            return str_format(c->arena, "%.*s.%.*s", STR_ARG(space->name), STR_ARG(t->name));
    }
    return STR("");
}

static const struct expr_type *unknown_function(struct checker *c, const struct term *t,
                                                struct str name, bool member)
{
    const struct macro_doc *macro = find_macro(name);
    struct diag *d;

    if (macro) {
        d = check_error(c, t, DIAG_WRONG_ARITY, "`%.*s` is not written like this", STR_ARG(name));
        diag_help(c->diags, d, "write %s", macro->form);
        return &cel_dyn;
    }
    struct term blamed = *t;
    if (t->member && !member)
        blamed.at = t->args[0]->start;
    d = check_error(c, &blamed, DIAG_UNKNOWN_FUNCTION, "there is no function `%.*s`",
                    STR_ARG(name));
    const char *meant = diag_nearest(name, words(c, member));
    if (meant)
        diag_help(c->diags, d, "did you mean `%s`?", meant);
    else if (function_find(name, !member))
        diag_help(c->diags, d,
                  member ? "it is written `%.*s(value)`" : "it is written `value.%.*s()`",
                  STR_ARG(name));
    return &cel_dyn;
}

// The ways to call it, for the help.
static struct str signatures(struct checker *c, const struct function *const *functions)
{
    struct buf out = BUF_EMPTY;

    for (size_t i = 0; functions && functions[i]; i++) {
        if (functions[i]->flags & FUNCTION_PROMOTES)
            continue;
        struct str signature = function_signature(functions[i], c->arena);
        size_t arrow = str_search(signature, STR(" ->"));
        buf_add_s(&out, out.n ? ", " : "");
        buf_add(&out, str_slice(signature, 0, arrow));
    }
    return buf_take(&out, c->arena);
}

static const struct expr_type *call_clash(struct checker *c, const struct term *t,
                                          const struct attempt *a)
{
    struct buf got = BUF_EMPTY;
    struct diag *d;

    for (size_t i = t->member; i < a->count; i++)
        buf_format(&got, "%s%s", i > t->member ? ", " : "", check_words(c, a->args[i]));
    struct str what = got.n ? buf_take(&got, c->arena) : STR("nothing");
    size_t given = a->count - t->member;
    if (!a->right_count)
        d = check_error(c, t, DIAG_WRONG_ARITY, "`%.*s` does not take %zu argument%s",
                        STR_ARG(t->name), given, given == 1 ? "" : "s");
    else if (t->member)
        d = check_error(c, t, DIAG_EXPR_TYPE, "`%.*s` of %s does not take (%.*s)", STR_ARG(t->name),
                        check_words(c, a->args[0]), STR_ARG(what));
    else
        d = check_error(c, t, DIAG_EXPR_TYPE, "`%.*s` does not take (%.*s)", STR_ARG(t->name),
                        STR_ARG(what));
    struct str ways = signatures(c, t->functions);
    if (ways.n)
        diag_help(c->diags, d, "it is called as %.*s", STR_ARG(ways));
    return &cel_dyn;
}

const struct expr_type *check_call(struct checker *c, const struct term *t)
{
    struct attempt a;
    struct str spaced = t->functions ? STR("") : namespaced_name(c, t);

    if (spaced.n)
        return unknown_function(c, t, spaced, false);
    bool known = t->functions || is_declared(c, t);
    if (!known && find_macro(t->name))
        return unknown_function(c, t, t->name, t->member);
    check_args(c, t, &a);
    try_declared(c, &a, t);
    try_functions(c, &a, t->functions, false);
    if (!a.result)
        try_functions(c, &a, t->functions, true);
    if (a.result)
        return a.result;
    if (!known)
        return unknown_function(c, t, t->name, t->member);
    return call_clash(c, t, &a);
}
