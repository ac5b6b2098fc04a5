#include "graph/edge.h"

moment moment_start(const struct graph *g, const struct vertex *v)
{
    return (size_t)(v - g->vertices) * 2;
}

moment moment_end(const struct graph *g, const struct vertex *v)
{
    return moment_start(g, v) + 1;
}

struct vertex *moment_vertex(const struct graph *g, moment m)
{
    return &g->vertices[m / 2];
}

struct edges edges_of(moment m)
{
    return (struct edges){ .of = m };
}

static moment next_of_start(const struct graph *g, struct edges *e, size_t *need)
{
    const struct vertex *v = moment_vertex(g, e->of);

    if (e->next == 0 && ++e->next && v->before)
        return moment_end(g, v->before);
    if (e->next == 1 && ++e->next && v->parent)
        return moment_start(g, v->parent);
    if (e->next - 2 >= v->need_count)
        return NO_MOMENT;
    *need = e->next++ - 2;
    return moment_end(g, v->needs[*need]);
}

static moment next_of_end(const struct graph *g, struct edges *e)
{
    const struct vertex *v = moment_vertex(g, e->of);

    if (e->next++ == 0) {
        e->child = v->first_child;
        return moment_start(g, v);
    }
    if (!e->child)
        return NO_MOMENT;
    moment m = moment_end(g, e->child);
    e->child = e->child->next_sibling;
    return m;
}

moment edges_next(const struct graph *g, struct edges *e, size_t *need)
{
    *need = SIZE_MAX;
    return e->of % 2 ? next_of_end(g, e) : next_of_start(g, e, need);
}
