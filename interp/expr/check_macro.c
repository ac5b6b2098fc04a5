// The types of macros.

#include "base/arena.h"
#include "expr/checker.h"

// What the variables of a macro hold for a range of this type.
static void range_variables(struct checker *c, const struct term *t, const struct expr_type *range,
                            const struct expr_type **first, const struct expr_type **second)
{
    bool two = t->repeat == 2;

    range = unify_find(&c->unifier, range);
    *first = *second = &cel_dyn;
    switch (range->kind) {
    case TYPE_LIST:
        *first = two ? &cel_int : range->args[0];
        *second = range->args[0];
        break;
    case TYPE_MAP:
        *first = range->args[0];
        *second = range->args[1];
        break;
    case TYPE_OBJECT:
        *first = &cel_string;
        break;
    case TYPE_VARIABLE:
        unify_assignable(&c->unifier, &cel_dyn, range);
        break;
    case TYPE_DYN:
        break;
    default:
        check_error(c, t, DIAG_EXPR_TYPE, "`%.*s` goes through a list or a map, not %s",
                    STR_ARG(t->name), check_words(c, range));
        break;
    }
}

static const struct expr_type *inside_optional(struct checker *c, const struct term *t,
                                               const struct expr_type *type)
{
    const struct expr_type *inside = unify_fresh(&c->unifier);

    if (unify_assignable(&c->unifier, type, type_optional_of(c->arena, inside)))
        return inside;
    check_error(c, t, DIAG_EXPR_TYPE, "`%.*s` wants an optional value, not %s", STR_ARG(t->name),
                check_words(c, type));
    return &cel_dyn;
}

static const struct expr_type *check_optional_macro(struct checker *c, const struct term *t,
                                                    const struct expr_type *range)
{
    c->variables[t->slot] = inside_optional(c, t, range);
    const struct expr_type *body = check_term(c, t->args[MACRO_BODY]);
    if (t->macro == MACRO_OPT_MAP)
        return type_optional_of(c->arena, body);
    return type_optional_of(c->arena, inside_optional(c, t, body));
}

static const struct expr_type *entry_map(struct checker *c, const struct term *t,
                                         const struct expr_type *body)
{
    const struct expr_type *key = unify_fresh(&c->unifier), *value = unify_fresh(&c->unifier);
    const struct expr_type *map = expr_map_of(c->arena, key, value);

    if (!unify_assignable(&c->unifier, body, map))
        check_error(c, t->args[MACRO_BODY], DIAG_EXPR_TYPE,
                    "`transformMapEntry` wants a map for each element, not %s",
                    check_words(c, body));
    return map;
}

static const struct expr_type *check_loop(struct checker *c, const struct term *t,
                                          const struct expr_type *range)
{
    const struct expr_type *first, *second, *body = NULL;
    const char *name = str_copy(c->arena, t->name).s;

    range_variables(c, t, range, &first, &second);
    c->variables[t->slot] = first;
    if (t->repeat == 2)
        c->variables[t->slot + 1] = second;
    if (t->args[MACRO_WHERE])
        check_bool(c, t->args[MACRO_WHERE], check_term(c, t->args[MACRO_WHERE]), name);
    if (t->args[MACRO_BODY])
        body = check_term(c, t->args[MACRO_BODY]);
    switch (t->macro) {
    case MACRO_ALL:
    case MACRO_EXISTS:
    case MACRO_EXISTS_ONE:
        check_bool(c, t->args[MACRO_BODY], body, name);
        return &cel_bool;
    case MACRO_TRANSFORM_MAP:
        return expr_map_of(c->arena, t->repeat == 2 ? first : &cel_dyn, body);
    case MACRO_TRANSFORM_MAP_ENTRY:
        return entry_map(c, t, body);
    case MACRO_SORT_BY:
        return expr_list_of(c->arena, first);
    default:
        return expr_list_of(c->arena, body ? body : first);
    }
}

const struct expr_type *check_macro(struct checker *c, const struct term *t)
{
    const struct expr_type *range = check_term(c, t->args[MACRO_RANGE]);

    switch (t->macro) {
    case MACRO_HAS:
        check_field(c, t, range, t->name);
        return &cel_bool;
    case MACRO_BIND:
        c->variables[t->slot] = range;
        return check_term(c, t->args[MACRO_BODY]);
    case MACRO_OPT_MAP:
    case MACRO_OPT_FLAT_MAP:
        return check_optional_macro(c, t, range);
    default:
        return check_loop(c, t, range);
    }
}
