// What an expression reads, found without evaluating it.

#include <string.h>

#include "base/arena.h"
#include "expr/term.h"

struct refs {
    const struct expr *expr;
    struct expr_ref *items;
    size_t count, room;
};

static bool is_root(const struct term *t)
{
    return t->kind == TERM_ROOT && !t->is_type_name;
}

// The operand of one step of a path and where the step is named; NULL if [t] is no
// step: an index that is known only when it is evaluated.
static const struct term *step(const struct term *t, struct str *name, uint32_t *start,
                               uint32_t *end)
{
    if (t->kind == TERM_SELECT || (t->kind == TERM_MACRO && t->macro == MACRO_HAS)) {
        *name = t->name;
        *start = t->at;
        *end = t->at_end;
        return t->args[0];
    }
    const struct term *key = t->kind == TERM_INDEX ? t->args[1] : NULL;
    if (!key || !key->constant || key->value.kind != VALUE_STRING)
        return NULL;
    *name = key->value.s;
    *start = key->start;
    *end = key->end;
    return t->args[0];
}

// How many names the path has that ends with [t]; 0 if it does not begin with a root.
static size_t path_length(const struct term *t)
{
    struct str name;
    uint32_t start, end;
    size_t n = 1;

    for (; !is_root(t); n++)
        if (!(t = step(t, &name, &start, &end)))
            return 0;
    return n;
}

static struct expr_ref *add(struct refs *r)
{
    struct arena *a = r->expr->arena;

    if (r->count == r->room) {
        size_t room = r->room ? r->room * 2 : 8;
        struct expr_ref *items = NEW_ARRAY(a, struct expr_ref, room);
        if (r->count)
            memcpy(items, r->items, r->count * sizeof *items);
        r->items = items;
        r->room = room;
    }
    return &r->items[r->count++];
}

static void add_path(struct refs *r, const struct term *t, size_t length)
{
    struct str *path = NEW_ARRAY(r->expr->arena, struct str, length);
    struct expr_ref *ref = add(r);
    const struct text *text = &r->expr->text;
    uint32_t start = 0, end = 0, last = t->kind == TERM_MACRO ? t->at_end : t->end;

    *ref = (struct expr_ref){ .path = path, .count = length };
    for (size_t i = length - 1; !is_root(t); i--) {
        ref->guarded |= t->optional || t->kind == TERM_MACRO;
        t = step(t, &path[i], &start, &end);
        if (i == 1)
            ref->last = text_span(text, start, end);
    }
    path[0] = t->name;
    ref->span = text_span(text, t->at, last);
    if (length == 1)
        ref->last = ref->span;
}

static void walk(struct refs *r, const struct term *t)
{
    size_t length = path_length(t);

    if (length) {
        add_path(r, t, length);
        return;  // in the indexes of a path there is nothing but constants
    }
    for (size_t i = 0; i < t->count; i++)
        if (t->args[i])
            walk(r, t->args[i]);
}

const struct expr_ref *expr_refs(const struct expr *e, size_t *count)
{
    struct refs r = { .expr = e };

    walk(&r, e->term);
    *count = r.count;
    return r.items;
}
