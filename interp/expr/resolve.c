#include "expr/resolve.h"

#include <string.h>

#include "base/arena.h"
#include "base/map.h"
#include "expr/eval.h"
#include "expr/function.h"
#include "expr/lex.h"
#include "expr/regex.h"

struct variable {
    struct str name;
    uint16_t slot;
    const struct variable *outer;
};

struct resolver {
    struct expr *expr;
    struct diags *diags;
    struct map *roots;  // name -> slot + 1
    uint16_t alive;     // variables of the macros around
};

static bool resolve(struct resolver *r, struct term *t, const struct variable *scope);

static bool complain(struct resolver *r, const struct term *t, const char *message)
{
    diag_error(r->diags, DIAG_EXPR_SYNTAX, text_span(&r->expr->text, t->at, t->at_end), "%s",
               message);
    return false;
}

static const struct variable *find_variable(const struct variable *scope, struct str name)
{
    while (scope && !str_equal(scope->name, name))
        scope = scope->outer;
    return scope;
}

static bool is_type_name(struct str name)
{
    static const struct str names[] = {
        WORD("bool"),
        WORD("bytes"),
        WORD("double"),
        WORD("int"),
        WORD("list"),
        WORD("map"),
        WORD("type"),
        WORD("null_type"),
        WORD("uint"),
        WORD("string"),
        WORD("optional_type"),
        WORD("google.protobuf.Duration"),
        WORD("google.protobuf.Timestamp"),
    };

    return word_is_among(name, names, sizeof names / sizeof *names);
}

static uint16_t root_slot(struct resolver *r, struct str name)
{
    size_t known = (size_t)(uintptr_t)map_get(r->roots, name);

    if (!known) {
        known = map_count(r->roots) + 1;
        map_put(r->roots, name, (void *)(uintptr_t)known);
        r->expr->root_count = (uint16_t)known;
    }
    return (uint16_t)(known - 1);
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

size_t qualified_names(struct arena *a, struct str name_space, struct str name, struct str out[],
                       size_t room)
{
    size_t count = 0;
    struct str prefix = name_space;

    while (prefix.n && count + 1 < room) {
        out[count++] = str_format(a, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(name));
        size_t dot = prefix.n;
        while (dot > 0 && prefix.s[dot - 1] != '.')
            dot--;
        prefix = str_slice(prefix, 0, dot ? dot - 1 : 0);
    }
    out[count++] = name;
    return count;
}

// The terms of a.b.c from the root on, if [t] is nothing but names; else 0.
static size_t path_parts(const struct term *t, const struct term **parts, size_t room)
{
    if (t->kind == TERM_ROOT)
        return parts[0] = t, 1;
    if (t->kind != TERM_SELECT || t->optional)
        return 0;
    size_t n = path_parts(t->args[0], parts, room);
    if (n == 0 || n == room)
        return 0;
    parts[n] = t;
    return n + 1;
}

enum { MOST_PARTS = 16 };

static struct str path_text(struct arena *a, const struct term *const *parts, size_t count)
{
    struct str text = parts[0]->name;

    for (size_t i = 1; i < count; i++)
        text = str_format(a, "%.*s.%.*s", STR_ARG(text), STR_ARG(parts[i]->name));
    return text;
}

static void add_names(struct resolver *r, struct qualified *q, size_t parts, bool absolute)
{
    struct arena *a = r->expr->arena;
    struct str names[MOST_PARTS];
    struct str text = path_text(a, q->parts, parts);
    struct str space = absolute ? STR("") : r->expr->container;
    size_t n = qualified_names(a, space, text, names, MOST_PARTS);

    for (size_t i = 0; i < n; i++)
        q->names[q->count++] = (struct qualified_name){ names[i], parts };
}

// Where roots may have dots, the whole path is one term. A path whose root is the
// variable of a macro is not.
static bool resolve_qualified(struct resolver *r, struct term *t, const struct variable *scope)
{
    struct arena *a = r->expr->arena;
    const struct term *parts[MOST_PARTS];
    size_t n = path_parts(t, parts, MOST_PARTS);

    if (n == 0 || (!parts[0]->absolute && find_variable(scope, parts[0]->name)))
        return false;
    struct qualified *q = NEW(a, struct qualified);
    q->parts = NEW_ARRAY(a, const struct term *, n);
    memcpy(q->parts, parts, n * sizeof *parts);
    q->part_count = n;
    q->names = NEW_ARRAY(a, struct qualified_name, n * MOST_PARTS);
    for (size_t i = n; i > 0; i--)
        add_names(r, q, i, parts[0]->absolute);
    struct str text = path_text(a, parts, n);
    if (is_type_name(text))
        q->type_name = text;
    t->qualified = q;
    t->eval = eval_qualified;
    return true;
}

// google.protobuf.Duration is the name of a type, unless `google` is something here.
static bool is_type_path(struct resolver *r, struct term *t, const struct variable *scope)
{
    const struct term *parts[MOST_PARTS];
    size_t n = t->kind == TERM_SELECT ? path_parts(t, parts, MOST_PARTS) : 0;

    if (n < 3 || !str_is(parts[0]->name, "google") || find_variable(scope, parts[0]->name))
        return false;
    struct str text = path_text(r->expr->arena, parts, n);
    if (!is_type_name(text))
        return false;
    t->kind = TERM_LITERAL;
    t->count = 0;
    t->constant = true;
    t->value = (struct value){ .kind = VALUE_TYPE, .s = text };
    t->eval = eval_constant;
    return true;
}

// How a macro is written: how many variables, and how many expressions behind them.
static const struct macro_form {
    struct str name;
    enum macro macro;
    int variables, least, most;
} macro_forms[] = {
    { WORD("all"), MACRO_ALL, 1, 1, 1 },
    { WORD("all"), MACRO_ALL, 2, 1, 1 },
    { WORD("exists"), MACRO_EXISTS, 1, 1, 1 },
    { WORD("exists"), MACRO_EXISTS, 2, 1, 1 },
    { WORD("exists_one"), MACRO_EXISTS_ONE, 1, 1, 1 },
    { WORD("exists_one"), MACRO_EXISTS_ONE, 2, 1, 1 },
    { WORD("existsOne"), MACRO_EXISTS_ONE, 1, 1, 1 },
    { WORD("existsOne"), MACRO_EXISTS_ONE, 2, 1, 1 },
    { WORD("map"), MACRO_MAP, 1, 1, 2 },
    { WORD("filter"), MACRO_FILTER, 1, 1, 1 },
    { WORD("transformList"), MACRO_TRANSFORM_LIST, 2, 1, 2 },
    { WORD("transformMap"), MACRO_TRANSFORM_MAP, 2, 1, 2 },
    { WORD("transformMapEntry"), MACRO_TRANSFORM_MAP_ENTRY, 2, 1, 2 },
    { WORD("sortBy"), MACRO_SORT_BY, 1, 1, 1 },
    { WORD("optMap"), MACRO_OPT_MAP, 1, 1, 1 },
    { WORD("optFlatMap"), MACRO_OPT_FLAT_MAP, 1, 1, 1 },
};

static const struct macro_form *find_macro(const struct term *t)
{
    for (size_t i = 0; i < sizeof macro_forms / sizeof *macro_forms; i++) {
        const struct macro_form *m = &macro_forms[i];
        int rest = t->count - 1 - m->variables;
        if (str_equal(t->name, m->name) && rest >= m->least && rest <= m->most)
            return m;
    }
    return NULL;
}

static bool is_plain_name(const struct term *t)
{
    return t->kind == TERM_ROOT && !t->absolute;
}

// Makes a macro of the call [t]: range, filter and body in their places.
static void set_macro(struct resolver *r, struct term *t, enum macro macro, struct term *range,
                      struct term *where, struct term *body)
{
    struct term **args = NEW_ARRAY(r->expr->arena, struct term *, MACRO_ARGS);

    args[MACRO_RANGE] = range;
    args[MACRO_WHERE] = where;
    args[MACRO_BODY] = body;
    t->kind = TERM_MACRO;
    t->macro = macro;
    t->args = args;
    t->count = MACRO_ARGS;
    t->eval = eval_of_macro(macro);
}

// The variables are alive in filter and body, not in the range.
static bool resolve_macro(struct resolver *r, struct term *t, struct term *const *names, int count,
                          const struct variable *scope)
{
    struct variable variables[2];
    const struct variable *inner = scope;

    if (!resolve(r, t->args[MACRO_RANGE], scope))
        return false;
    t->slot = r->alive;
    t->repeat = (uint16_t)count;
    for (int i = 0; i < count; i++) {
        if (!is_plain_name(names[i]))
            return complain(r, names[i], "a macro wants the plain name of a variable here");
        if (i == 1 && str_equal(names[0]->name, names[1]->name))
            return complain(r, names[1], "the two variables of a macro have different names");
        variables[i] = (struct variable){ names[i]->name, (uint16_t)(r->alive + i), inner };
        inner = &variables[i];
    }
    r->alive = (uint16_t)(r->alive + count);
    if (r->alive > r->expr->variable_count)
        r->expr->variable_count = r->alive;
    bool ok = (!t->args[MACRO_WHERE] || resolve(r, t->args[MACRO_WHERE], inner)) &&
              (!t->args[MACRO_BODY] || resolve(r, t->args[MACRO_BODY], inner));
    r->alive = (uint16_t)(r->alive - count);
    return ok;
}

static bool resolve_receiver_macro(struct resolver *r, struct term *t, const struct macro_form *m,
                                   const struct variable *scope)
{
    struct term *const *names = t->args + 1, *const *rest = names + m->variables;
    bool has_where = t->count - 1 - m->variables == 2;

    if (m->macro == MACRO_FILTER)
        set_macro(r, t, m->macro, t->args[0], rest[0], NULL);
    else
        set_macro(r, t, m->macro, t->args[0], has_where ? rest[0] : NULL, rest[has_where]);
    return resolve_macro(r, t, names, m->variables, scope);
}

static bool resolve_has(struct resolver *r, struct term *t, const struct variable *scope)
{
    struct term *field = t->args[0];

    if (field->kind != TERM_SELECT || field->optional)
        return complain(r, field, "has() wants a field: has(a.b)");
    t->kind = TERM_MACRO;
    t->macro = MACRO_HAS;
    t->name = field->name;
    t->args = field->args;
    t->at = field->at;
    t->at_end = field->at_end;
    t->eval = eval_has;
    t->args[0]->inner = true;
    return resolve(r, t->args[0], scope);
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
    const struct macro_form *m = t->member ? find_macro(t) : NULL;
    bool is_bind = t->member && t->count == 4 && str_is(t->name, "bind") &&
                   is_plain_name(t->args[0]) && str_is(t->args[0]->name, "cel");

    if (m)
        return resolve_receiver_macro(r, t, m, scope);
    if (!t->member && t->count == 1 && str_is(t->name, "has"))
        return resolve_has(r, t, scope);
    if (is_bind) {
        struct term **args = t->args;
        set_macro(r, t, MACRO_BIND, args[2], NULL, args[3]);
        return resolve_macro(r, t, args + 1, 1, scope);
    }
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

static bool resolve(struct resolver *r, struct term *t, const struct variable *scope)
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
    struct resolver r = { .expr = e, .diags = ds, .roots = map_new(e->arena) };

    return resolve(&r, e->term, NULL);
}
