#include "expr/resolve.h"

#include "base/arena.h"
#include "expr/eval.h"
#include "expr/function.h"
#include "expr/lex.h"
#include "expr/regex.h"
#include "expr/resolver.h"

bool resolve_complain(struct resolver *r, const struct term *t, const char *message)
{
    diag_error(r->diags, DIAG_EXPR_SYNTAX, text_span(&r->expr->text, t->at, t->at_end), "%s",
               message);
    return false;
}

const struct variable *find_variable(const struct variable *scope, struct str name)
{
    while (scope && !str_equal(scope->name, name))
        scope = scope->outer;
    return scope;
}

bool is_type_name(struct str name)
{
    // clang-format off
    static const struct str names[] = {
        WORD("bool"), WORD("bytes"), WORD("double"), WORD("int"), WORD("list"), WORD("map"),
        WORD("null_type"), WORD("string"), WORD("type"), WORD("uint"), WORD("optional_type"),
        WORD("google.protobuf.Duration"), WORD("google.protobuf.Timestamp"),
    };
    // clang-format on

    return word_is_among(name, names, sizeof names / sizeof *names);
}

// Where the value of a root is kept while an expression is evaluated; EVAL_ROOTS, which
// is nowhere, when there are more of them.
static uint16_t root_slot(struct resolver *r, struct str name)
{
    uint16_t slot = 0;

    while (slot < r->root_count && !str_equal(r->roots[slot], name))
        slot++;
    if (slot == r->root_count && slot < EVAL_ROOTS)
        r->roots[r->root_count++] = name;
    return slot;
}

static bool resolve_name(struct resolver *r, struct term *t, const struct variable *scope)
{
    const struct variable *v = t->absolute ? NULL : find_variable(scope, t->name);

    if (v) {
        t->kind = TERM_VARIABLE;
        t->slot = v->slot;
        t->eval = eval_variable;
        return true;
    }
    t->is_type_name = is_type_name(t->name);
    t->slot = root_slot(r, t->name);
    t->eval = eval_root;
    if (str_is(t->name, "now")) {
        r->expr->reads_now = true;
        t->eval = eval_now;
    }
    return true;
}

static bool resolve_args(struct resolver *r, struct term *t, const struct variable *scope)
{
    for (size_t i = 0; i < t->count; i++)
        if (!resolve(r, t->args[i], scope))
            return false;
    return true;
}

// `math.abs(x)` is a global function when `math` is no variable and there is one.
static const struct function *const *namespaced(struct resolver *r, struct term *t,
                                                const struct variable *scope)
{
    const struct term *parts[MOST_PARTS];
    size_t n = t->member ? path_parts(t->args[0], parts, MOST_PARTS - 1) : 0;

    if (n == 0 || (!parts[0]->absolute && find_variable(scope, parts[0]->name)))
        return NULL;
    parts[n] = t;
    struct str name = path_text(r->expr->arena, parts, n + 1);
    const struct function *const *found = function_find(name, false);
    if (!found)
        return NULL;
    t->name = name;
    t->at = t->args[0]->start;
    t->member = false;
    t->args++;
    t->count--;
    return found;
}

static bool compile_pattern(struct resolver *r, struct term *t)
{
    const struct term *pattern = t->count > 1 ? t->args[1] : NULL;

    if (!pattern || !pattern->constant || pattern->value.kind != VALUE_STRING)
        return true;
    struct str problem;
    t->regex = regex_compile(r->expr->arena, pattern->value.s, &problem);
    if (t->regex)
        return true;
    diag_error(r->diags, DIAG_BAD_LITERAL, text_span(&r->expr->text, pattern->start, pattern->end),
               "the regular expression cannot be used: %.*s", STR_ARG(problem));
    return false;
}

static bool resolve_call(struct resolver *r, struct term *t, const struct variable *scope)
{
    bool ok;

    if (resolve_as_macro(r, t, scope, &ok))
        return ok;
    t->functions = namespaced(r, t, scope);
    if (!t->functions)
        t->functions = function_find(t->name, t->member);
    t->eval = t->functions ? eval_call : eval_unknown_call;
    if (!resolve_args(r, t, scope))
        return false;
    bool wants_pattern = t->functions && (t->functions[0]->flags & FUNCTION_PATTERN);
    return !wants_pattern || compile_pattern(r, t);
}

static bool all_constant(const struct term *t)
{
    for (size_t i = 0; i < t->count; i++)
        if (!t->args[i]->constant)
            return false;
    return true;
}

static bool may_fold(const struct term *t)
{
    switch (t->kind) {
    case TERM_OPERATOR:
    case TERM_LIST:
    case TERM_MAP:
    case TERM_SELECT:
    case TERM_INDEX:
        return true;
    case TERM_CALL:
        return t->functions && (t->functions[0]->flags & FUNCTION_FOLDS);
    default:
        return false;
    }
}

// What errs is left as it is: it may never be reached.
static void fold(struct resolver *r, struct term *t)
{
    if (!may_fold(t) || t->eval == eval_qualified || !all_constant(t))
        return;
    if (!eval_alone(r->expr, t, r->expr->arena, &t->value))
        return;
    t->constant = true;
    t->eval = eval_constant;
}

static bool resolve_kind(struct resolver *r, struct term *t, const struct variable *scope)
{
    switch (t->kind) {
    case TERM_LITERAL:
        t->eval = eval_constant;
        return true;
    case TERM_ROOT:
        return resolve_name(r, t, scope);
    case TERM_CALL:
        return resolve_call(r, t, scope);
    case TERM_SELECT:
        t->eval = eval_select;
        t->args[0]->inner = true;
        break;
    case TERM_INDEX:
        t->eval = eval_index;
        t->args[0]->inner = true;
        break;
    case TERM_OPERATOR:
        t->eval = eval_of_operator(t->op);
        break;
    case TERM_AND:
        t->eval = eval_and;
        break;
    case TERM_OR:
        t->eval = eval_or;
        break;
    case TERM_CONDITIONAL:
        t->eval = eval_conditional;
        break;
    case TERM_LIST:
        t->eval = eval_list_term;
        break;
    default:
        t->eval = eval_map_term;
        break;
    }
    return resolve_args(r, t, scope);
}

bool resolve(struct resolver *r, struct term *t, const struct variable *scope)
{
    if (is_type_path(r, t, scope))
        return true;
    if (r->expr->is_qualified && (t->kind == TERM_ROOT || t->kind == TERM_SELECT) &&
        resolve_qualified(r, t, scope))
        return true;
    if (!resolve_kind(r, t, scope))
        return false;
    fold(r, t);
    return true;
}

bool resolve_terms(struct expr *e, struct diags *ds)
{
    struct resolver r = { .expr = e, .diags = ds };

    return resolve(&r, e->term, NULL);
}
