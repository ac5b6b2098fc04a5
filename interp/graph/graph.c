#include "graph/graph.h"

#include "base/arena.h"
#include "graph/build.h"
#include "graph/spot.h"

const struct vertex *graph_vertex(const struct graph *g, const struct step *step)
{
    const struct vertex *v = step->vertex ? &g->vertices[step->vertex - 1] : NULL;

    return v && step->vertex <= g->count && v->step == step ? v : NULL;
}

const struct vertex *graph_find(const struct graph *g, struct str id)
{
    return map_get(g->by_id, id);
}

const char *phase_word(enum phase phase)
{
    static const char *const words[] = {
        [PHASE_CHECKLIST] = "checklist", [PHASE_CONFIRM] = "confirm", [PHASE_PREPARE] = "prepare",
        [PHASE_STEPS] = "steps",         [PHASE_VERIFY] = "verify",   [PHASE_UNDO] = "undo",
        [PHASE_UNDONE] = "undone",       [PHASE_ALWAYS] = "always",
    };

    return words[phase];
}

// ---- collecting ----

static size_t count_of(const struct list *list)
{
    const struct step *steps = list->items;
    size_t n = list->count;

    for (size_t i = 0; i < list->count; i++)
        n += count_of(&steps[i].more->steps) + count_of(&steps[i].more->rescue) +
             count_of(&steps[i].more->always);
    return n;
}

struct place_in {  // where the steps of a list stand
    struct vertex *parent;
    enum role role;
    enum phase phase;
    bool in_order;
    struct vertex **link;  // where the next sibling is to be hung
};

static void add_list(struct graph *g, const struct list *list, struct place_in *in);

// `parallel: false` and `parallel: 1` are what a list is anyway.
static bool runs_in_order(const struct step *group)
{
    const struct amount *p = group->more->parallel;

    return !p || (!p->template && p->n == 1);
}

static void add_children(struct graph *g, struct vertex *v)
{
    const struct step *s = v->step;
    struct place_in in = { .parent = v, .phase = v->phase, .link = &v->first_child };

    in.role = ROLE_STEPS, in.in_order = runs_in_order(s);
    add_list(g, &s->more->steps, &in);
    in.role = ROLE_RESCUE, in.in_order = true;
    add_list(g, &s->more->rescue, &in);
    in.role = ROLE_ALWAYS;
    add_list(g, &s->more->always, &in);
}

static void add_step(struct graph *g, struct step *s, struct place_in *in, size_t index)
{
    struct vertex *v = &g->vertices[g->count++];

    *v = (struct vertex){ .step = s,
                          .parent = in->parent,
                          .role = in->role,
                          .phase = in->phase,
                          .index = index,
                          .in_order = in->in_order,
                          .chain = index,
                          .depth = in->parent ? in->parent->depth + 1 : 0 };
    *in->link = v;
    in->link = &v->next_sibling;
    s->vertex = (uint32_t)g->count;
    if (s->id.str.n && !map_get(g->by_id, s->id.str))  // a second one is told by the reader
        map_put(g->by_id, s->id.str, v);
    add_children(g, v);
}

static void add_list(struct graph *g, const struct list *list, struct place_in *in)
{
    struct step *steps = list->items;

    for (size_t i = 0; i < list->count; i++)
        if (steps[i].span.source)  // else it could not be read
            add_step(g, &steps[i], in, i);
}

static void add_phase(struct graph *g, const struct list *list, enum phase phase)
{
    struct vertex *first = NULL;
    struct place_in in = { .phase = phase, .in_order = true, .link = &first };

    add_list(g, list, &in);
}

static void add_other(const struct spot *spot, void *ctx)
{
    struct graph *g = ctx;
    struct str id = spot->step->id.str;

    if (id.n && !map_get(g->by_id, id) && !map_get(g->other_ids, id))
        map_put(g->other_ids, id, (void *)spot->step);
}

struct graph *graph_read(struct arena *a, const struct runbook *rb, struct diags *ds)
{
    struct graph *g = NEW(a, struct graph);
    size_t count = count_of(&rb->prepare) + count_of(&rb->steps) + count_of(&rb->always);

    *g = (struct graph){ .rb = rb,
                         .vertices = NEW_ARRAY(a, struct vertex, count),
                         .arena = a,
                         .by_id = map_new(a),
                         .other_ids = map_new(a) };
    map_reserve(g->by_id, count);
    add_phase(g, &rb->prepare, PHASE_PREPARE);
    add_phase(g, &rb->steps, PHASE_STEPS);
    add_phase(g, &rb->always, PHASE_ALWAYS);
    runbook_each_spot(rb, add_other, g);
    build_edges(g, ds);
    check_cycles(g, ds);
    return g;
}

struct graph *graph_new(struct arena *a, const struct runbook *rb, struct diags *ds)
{
    unsigned errors = ds->errors;
    struct graph *g = graph_read(a, rb, ds);

    return ds->errors == errors ? g : NULL;
}
