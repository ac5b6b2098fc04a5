// Names with dots: roots that have them, name spaces of functions, names of types.

#include <string.h>

#include "base/arena.h"
#include "expr/eval.h"
#include "expr/resolver.h"

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
size_t path_parts(const struct term *t, const struct term **parts, size_t room)
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

struct str path_text(struct arena *a, const struct term *const *parts, size_t count)
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
bool resolve_qualified(struct resolver *r, struct term *t, const struct variable *scope)
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
bool is_type_path(struct resolver *r, struct term *t, const struct variable *scope)
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
