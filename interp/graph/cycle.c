#include "base/arena.h"
#include "base/buf.h"
#include "graph/build.h"
#include "graph/edge.h"

enum colour { UNSEEN, OPEN, DONE };

struct crumb {  // on the way down: a moment, and which of its edges is being followed
    moment at;
    struct edges edges;
    size_t need;  // of the edge that leads on, or SIZE_MAX
};

struct hunt {
    const struct graph *g;
    struct diags *ds;
    enum colour *colour;  // of each moment
    bool *told;           // vertices that stand in a message already
    struct crumb *trail;
    size_t depth;
};

// ---- telling ----

static bool told_already(const struct hunt *h)
{
    for (size_t i = 0; i < h->depth; i++)
        if (h->told[h->trail[i].at / 2])
            return true;
    return false;
}

// The ring as people read it: each step once, and the first again at the end. Start and
// end of one step follow each other in the trail.
static struct str ring(const struct hunt *h)
{
    enum { MOST = 12 };
    struct buf b = BUF_EMPTY;
    size_t first = SIZE_MAX, last = SIZE_MAX, shown = 0;

    for (size_t i = 0; i < h->depth; i++) {
        size_t vertex = h->trail[i].at / 2;
        if (vertex == last || (i + 1 == h->depth && vertex == first))
            continue;
        if (first == SIZE_MAX)
            first = vertex;
        last = vertex;
        h->told[vertex] = true;
        if (++shown < MOST)
            buf_format(&b, "`%.*s` → ", STR_ARG(h->g->vertices[vertex].step->id.str));
    }
    if (shown >= MOST)
        buf_add_s(&b, "… → ");
    buf_format(&b, "`%.*s`", STR_ARG(h->g->vertices[first].step->id.str));
    return buf_take(&b, h->ds->arena);
}

static struct span need_span(const struct hunt *h, const struct crumb *c)
{
    return moment_vertex(h->g, c->at)->need_spans[c->need];
}

// Turns the ring so that it begins with the step whose need is written first. There is
// one: order alone only leads back.
static void turn(struct hunt *h)
{
    struct crumb *turned = NEW_ARRAY(h->ds->arena, struct crumb, h->depth);
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < h->depth; i++)
        if (h->trail[i].need != SIZE_MAX &&
            (best == SIZE_MAX ||
             need_span(h, &h->trail[i]).start < need_span(h, &h->trail[best]).start))
            best = i;
    for (size_t i = 0; i < h->depth; i++)
        turned[i] = h->trail[(best + i) % h->depth];
    h->trail = turned;
}

// The other half: the last need of the ring, else the step that the order makes wait.
static void tell_other_half(struct hunt *h, struct diag *d)
{
    for (size_t i = h->depth - 1; i > 0; i--) {
        const struct crumb *c = &h->trail[i];
        const struct vertex *v = moment_vertex(h->g, c->at);
        if (c->need != SIZE_MAX) {
            diag_note(h->ds, d, need_span(h, c), "`%.*s` waits for `%.*s` here",
                      STR_ARG(v->step->id.str), STR_ARG(v->needs[c->need]->step->id.str));
            return;
        }
    }
    for (size_t i = h->depth - 1; i > 0; i--) {
        const struct vertex *v = moment_vertex(h->g, h->trail[i].at);
        if (v->before && h->trail[i].at % 2 == 0) {
            diag_note(h->ds, d, v->step->id.span, "`%.*s` waits for `%.*s`, which stands before it",
                      STR_ARG(v->step->id.str), STR_ARG(v->before->step->id.str));
            return;
        }
    }
}

// [trail] is the ring and nothing else.
static void tell(struct hunt *h)
{
    if (told_already(h))
        return;
    turn(h);
    const struct crumb *first = &h->trail[0];
    const struct vertex *v = moment_vertex(h->g, first->at);
    struct str path = ring(h);
    struct diag *d = diag_error(h->ds, DIAG_STEP_CYCLE, need_span(h, first),
                                "step `%.*s` waits for itself: %.*s", STR_ARG(v->step->id.str),
                                STR_ARG(path));
    tell_other_half(h, d);
}

// ---- hunting ----

static void enter(struct hunt *h, moment m)
{
    h->colour[m] = OPEN;
    h->trail[h->depth++] = (struct crumb){ .at = m, .edges = edges_of(m), .need = SIZE_MAX };
}

// What lies on the trail from [m] to its end is a ring.
static void close_ring(const struct hunt *h, moment m)
{
    struct hunt found = *h;

    while (found.trail[found.depth - 1].at != m)
        found.depth--;
    found.trail += found.depth - 1;
    found.depth = h->depth - (found.depth - 1);
    tell(&found);
}

// Depth first, with a stack of its own: lists may have ten thousand steps.
static void follow(struct hunt *h, moment from)
{
    enter(h, from);
    while (h->depth) {
        struct crumb *top = &h->trail[h->depth - 1];
        moment m = edges_next(h->g, &top->edges, &top->need);
        if (m == NO_MOMENT) {
            h->colour[top->at] = DONE;
            h->depth--;
        } else if (h->colour[m] == UNSEEN) {
            enter(h, m);
        } else if (h->colour[m] == OPEN) {
            close_ring(h, m);
        }
    }
}

void check_cycles(const struct graph *g, struct diags *ds)
{
    struct arena *a = arena_new(NULL);
    struct hunt h = { .g = g, .ds = ds };

    h.colour = NEW_ARRAY(a, enum colour, g->count * 2);
    h.told = NEW_ARRAY(a, bool, g->count);
    h.trail = NEW_ARRAY(a, struct crumb, g->count * 2 + 1);
    for (moment m = 0; m < g->count * 2; m++)
        if (h.colour[m] == UNSEEN)
            follow(&h, m);
    arena_free(a);
}
