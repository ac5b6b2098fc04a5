#include "expr/unify.h"

#include <string.h>

#include "base/arena.h"

static bool assignable(struct unifier *u, const struct expr_type *a, const struct expr_type *b);

const struct expr_type *unify_fresh(struct unifier *u)
{
    struct expr_type *t = NEW(u->arena, struct expr_type);

    if (u->count == u->room) {
        uint32_t room = u->room ? u->room * 2 : 16;
        const struct expr_type **bound = NEW_ARRAY(u->arena, const struct expr_type *, room);
        if (u->count)
            memcpy(bound, u->bound, u->count * sizeof *bound);
        u->bound = bound;
        u->room = room;
    }
    *t = cel_A;
    t->kind = TYPE_VARIABLE;
    t->id = u->count++;
    return t;
}

static void bind(struct unifier *u, uint32_t variable, const struct expr_type *to)
{
    if (u->trail_count == u->trail_room) {
        size_t room = u->trail_room ? u->trail_room * 2 : 16;
        struct binding *trail = NEW_ARRAY(u->arena, struct binding, room);
        if (u->trail_count)
            memcpy(trail, u->trail, u->trail_count * sizeof *trail);
        u->trail = trail;
        u->trail_room = room;
    }
    u->trail[u->trail_count++] = (struct binding){ variable, u->bound[variable] };
    u->bound[variable] = to;
}

static void take_back(struct unifier *u, size_t to)
{
    while (u->trail_count > to) {
        struct binding b = u->trail[--u->trail_count];
        u->bound[b.variable] = b.before;
    }
}

const struct expr_type *unify_find(const struct unifier *u, const struct expr_type *t)
{
    while (t->kind == TYPE_VARIABLE && u->bound[t->id] && u->bound[t->id] != t)
        t = u->bound[t->id];
    return t;
}

static bool is_variable(const struct expr_type *t)
{
    return t->kind == TYPE_VARIABLE;
}

bool unify_exact(const struct expr_type *a, const struct expr_type *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == TYPE_VARIABLE || a->kind == TYPE_PARAM)
        return a->id == b->id;
    if ((a->kind == TYPE_ABSTRACT || a->kind == TYPE_OBJECT) && strcmp(a->name, b->name) != 0)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!unify_exact(a->args[i], b->args[i]))
            return false;
    return true;
}

// Whether the variable stands somewhere inside of [t].
static bool refers_to(const struct unifier *u, const struct expr_type *variable,
                      const struct expr_type *t)
{
    if (is_variable(t)) {
        if (t->id == variable->id)
            return true;
        return u->bound[t->id] && refers_to(u, variable, u->bound[t->id]);
    }
    for (size_t i = 0; i < t->count; i++)
        if (refers_to(u, variable, t->args[i]))
            return true;
    return false;
}

static bool equal_or_wider(const struct expr_type *a, const struct expr_type *b)
{
    if (a->kind == TYPE_DYN || is_variable(a))
        return true;
    if (b->kind == TYPE_DYN || is_variable(b))
        return false;
    if (a->kind != b->kind || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!equal_or_wider(a->args[i], b->args[i]))
            return false;
    return true;
}

// Something that may be null and null together are that something.
static const struct expr_type *most_general(const struct expr_type *a, const struct expr_type *b)
{
    if (a->kind == TYPE_NULL || b->kind == TYPE_NULL)
        return a->kind == TYPE_NULL ? b : a;
    return equal_or_wider(a, b) ? a : b;
}

// [variable] is to stand for [t], too. [bound] is whether it stood for something before.
static bool substitute(struct unifier *u, const struct expr_type *t,
                       const struct expr_type *variable, bool *bound)
{
    const struct expr_type *known = u->bound[variable->id];

    *bound = known != NULL;
    if (unify_exact(t, variable))
        return true;
    if (known) {
        if (!assignable(u, t, known))
            return false;
        const struct expr_type *wider = most_general(t, known);
        if (!refers_to(u, variable, wider))
            bind(u, variable->id, wider);
        return true;
    }
    if (refers_to(u, variable, t))
        return false;
    bind(u, variable->id, t);
    return true;
}

// What may be null in CEL: everything that is no plain value.
static bool may_be_null(const struct expr_type *t)
{
    switch (t->kind) {
    case TYPE_NULL:
    case TYPE_ABSTRACT:
    case TYPE_OPTIONAL:
    case TYPE_OBJECT:
    case TYPE_DURATION:
    case TYPE_TIMESTAMP:
        return true;
    default:
        return false;
    }
}

static bool is_mapping(const struct expr_type *t)
{
    return t->kind == TYPE_MAP || t->kind == TYPE_OBJECT;
}

static bool assignable(struct unifier *u, const struct expr_type *a, const struct expr_type *b)
{
    bool bound = false;

    if (is_variable(b)) {
        if (substitute(u, a, b, &bound))
            return true;
        if (bound)
            return false;
    }
    if (is_variable(a))
        return substitute(u, b, a, &bound);
    if (a->kind == TYPE_DYN || b->kind == TYPE_DYN)
        return true;
    if (a->kind == TYPE_NULL || b->kind == TYPE_NULL)
        return may_be_null(a->kind == TYPE_NULL ? b : a);
    if (is_mapping(a) && is_mapping(b) && (a->kind == TYPE_OBJECT || b->kind == TYPE_OBJECT))
        return true;
    if (a->kind != b->kind)
        return false;
    if (a->kind == TYPE_TYPE)
        return true;
    if (a->kind == TYPE_ABSTRACT && strcmp(a->name, b->name) != 0)
        return false;
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!assignable(u, a->args[i], b->args[i]))
            return false;
    return true;
}

bool unify_all(struct unifier *u, const struct expr_type *const *from,
               const struct expr_type *const *to, size_t count)
{
    size_t trail = u->trail_count;

    for (size_t i = 0; i < count; i++)
        if (!assignable(u, from[i], to[i])) {
            take_back(u, trail);
            return false;
        }
    return true;
}

bool unify_assignable(struct unifier *u, const struct expr_type *from, const struct expr_type *to)
{
    return unify_all(u, &from, &to, 1);
}

const struct expr_type *unify_join(struct unifier *u, const struct expr_type *a,
                                   const struct expr_type *b)
{
    if (!a)
        return b;
    return unify_assignable(u, a, b) ? most_general(a, b) : &cel_dyn;
}

static const struct expr_type *with_args(struct unifier *u, const struct expr_type *t,
                                         const struct expr_type *const args[3])
{
    struct expr_type *copy = NEW(u->arena, struct expr_type);

    *copy = *t;
    for (size_t i = 0; i < t->count; i++)
        copy->args[i] = args[i];
    return copy;
}

const struct expr_type *unify_resolve(struct unifier *u, const struct expr_type *t, bool final)
{
    const struct expr_type *args[3];

    if (is_variable(t)) {
        const struct expr_type *known = u->bound[t->id];
        if (known)
            return unify_resolve(u, known, final);
        return final ? &cel_dyn : t;
    }
    if (t->count == 0)
        return t;
    for (size_t i = 0; i < t->count; i++)
        args[i] = unify_resolve(u, t->args[i], final);
    return with_args(u, t, args);
}

const struct expr_type *unify_instance(struct unifier *u, const struct expr_type *t,
                                       struct letters *letters)
{
    const struct expr_type *args[3];

    if (t->kind == TYPE_PARAM) {
        const struct expr_type **slot = &letters->of[t->id % 32];
        if (!*slot)
            *slot = unify_fresh(u);
        return *slot;
    }
    if (t->count == 0)
        return t;
    for (size_t i = 0; i < t->count; i++)
        args[i] = unify_instance(u, t->args[i], letters);
    return with_args(u, t, args);
}
