// Calls that are macros: their variables, and what each of their arguments is for.

#include "base/arena.h"
#include "expr/eval.h"
#include "expr/lex.h"
#include "expr/resolver.h"

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
            return resolve_complain(r, names[i], "a macro wants the plain name of a variable here");
        if (i == 1 && str_equal(names[0]->name, names[1]->name))
            return resolve_complain(r, names[1],
                                    "the two variables of a macro have different names");
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
        return resolve_complain(r, field, "has() wants a field: has(a.b)");
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

static bool is_bind(const struct term *t)
{
    return t->member && t->count == 4 && str_is(t->name, "bind") && is_plain_name(t->args[0]) &&
           str_is(t->args[0]->name, "cel");
}

bool resolve_as_macro(struct resolver *r, struct term *t, const struct variable *scope, bool *ok)
{
    const struct macro_form *m = t->member ? find_macro(t) : NULL;

    if (m) {
        *ok = resolve_receiver_macro(r, t, m, scope);
    } else if (!t->member && t->count == 1 && str_is(t->name, "has")) {
        *ok = resolve_has(r, t, scope);
    } else if (is_bind(t)) {
        struct term **args = t->args;
        set_macro(r, t, MACRO_BIND, args[2], NULL, args[3]);
        *ok = resolve_macro(r, t, args + 1, 1, scope);
    } else {
        return false;
    }
    return true;
}
