#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "describe/describe.h"
#include "model/project.h"

struct walk {
    struct arena *arena;
    struct buf *found;  // struct element
};

static void see(struct walk *w, const struct type *type, const struct action *action);

const struct type *type_inside(const struct type *type)
{
    while (type->element)
        type = type->element;
    return type;
}

static struct elements found(const struct walk *w)
{
    return (struct elements){ (const struct element *)(const void *)w->found->s,
                              w->found->n / sizeof(struct element) };
}

const struct element *element_of(const struct elements *all, const struct type *object)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].type->fields == object->fields)
            return &all->items[i];
    return NULL;
}

static bool is_named(const struct elements *all, struct str name)
{
    for (size_t i = 0; i < all->count; i++)
        if (str_equal(all->items[i].name, name))
            return true;
    return false;
}

static struct str unique_name(const struct walk *w, struct str wanted, const struct action *action)
{
    struct elements all = found(w);
    struct str name = wanted;

    if (is_named(&all, name) && action)
        name = wanted = str_format(w->arena, "%s %.*s", action->name, STR_ARG(wanted));
    for (int i = 2; is_named(&all, name); i++)
        name = str_format(w->arena, "%.*s %d", STR_ARG(wanted), i);
    return name;
}

static void see_object(struct walk *w, const struct type *type, const struct action *action)
{
    struct elements all = found(w);

    if (element_of(&all, type))
        return;
    struct element e = { type, unique_name(w, str_from(type->name), action), action };
    buf_add(w->found, (struct str){ (const char *)&e, sizeof e });
    for (const struct field *f = type->fields; f->name; f++)
        see(w, f->type, action);
}

static void see(struct walk *w, const struct type *type, const struct action *action)
{
    type = type_inside(type);
    if (type->kind == TYPE_OBJECT)
        see_object(w, type, action);
    for (const struct type *const *form = type->forms; form && *form; form++)
        see(w, *form, action);
}

struct elements elements_all(struct arena *a)
{
    struct walk w = { a, buf_in(a) };

    see(&w, &runbook_type, NULL);
    see(&w, &project_type, NULL);
    for (const struct action *const *action = actions; *action; action++)
        see(&w, (*action)->params, *action);
    return found(&w);
}
