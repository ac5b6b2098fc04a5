#include "graph/read.h"

#include "base/arena.h"
#include "base/near.h"
#include "graph/edge.h"

// ---- who waits for whom ----

// Depth first, against the edges, from the start of [v]. Only asked where the order of a
// list does not answer, so the linear search stays rare.
bool graph_waits_for(const struct graph *g, const struct vertex *v, const struct vertex *t)
{
    struct arena *a = arena_new(NULL);
    bool *seen = NEW_ARRAY(a, bool, g->count * 2);
    moment *todo = NEW_ARRAY(a, moment, g->count * 2);
    moment target = moment_end(g, t);
    size_t n = 0, need;

    todo[n++] = moment_start(g, v);
    seen[todo[0]] = true;
    while (n && !seen[target]) {
        struct edges e = edges_of(todo[--n]);
        for (moment m; (m = edges_next(g, &e, &need)) != NO_MOMENT;)
            if (!seen[m]) {
                seen[m] = true;
                todo[n++] = m;
            }
    }
    bool found = seen[target];
    arena_free(a);
    return found;
}

static bool in_needs(const struct vertex *v, const struct vertex *t)
{
    for (size_t i = 0; i < v->need_count; i++)
        if (v->needs[i] == t)
            return true;
    return false;
}

static bool in_one_list(const struct vertex *a, const struct vertex *b)
{
    return a->parent == b->parent && a->role == b->role && a->phase == b->phase;
}

bool graph_ends(const struct vertex *v, const struct vertex *t)
{
    while (v && v->role != ROLE_ALWAYS && (v->parent || v->phase != PHASE_ALWAYS))
        v = v->parent;
    while (v && t && !in_one_list(v, t))
        t = t->parent;
    return v && !t;
}

// [v] and [t] stand in one list.
static bool certainly_after(const struct graph *g, const struct vertex *v, const struct vertex *t)
{
    if (t->index < v->index && t->index >= v->chain)
        return true;
    return in_needs(v, t) || graph_waits_for(g, v, t);
}

// ---- what may be read ----

enum verdict { FINE, ITSELF, LATER, PARALLEL, AROUND, FOR_EACH };

struct pair {  // the two ways down from the list in which they part
    const struct vertex *v, *t;
};

static struct pair part(const struct vertex *v, const struct vertex *t)
{
    while (v->depth > t->depth)
        v = v->parent;
    while (t->depth > v->depth)
        t = t->parent;
    while (v != t && v->parent != t->parent) {
        v = v->parent;
        t = t->parent;
    }
    return (struct pair){ v, t };
}

// A step in a for_each has a result for each item; only from inside is there one.
static bool through_for_each(const struct vertex *t, const struct vertex *up_to)
{
    for (const struct vertex *p = t->parent; p != up_to; p = p->parent)
        if (p->step->more->for_each)
            return true;
    return false;
}

static enum verdict from_inside(const struct vertex *v, const struct vertex *around)
{
    while (v->parent != around)
        v = v->parent;
    return v->role == ROLE_RESCUE ? FINE : AROUND;
}

static enum verdict from_sibling(const struct graph *g, const struct vertex *reader,
                                 const struct vertex *target, struct pair p, bool guarded)
{
    if (p.v->phase != p.t->phase)
        return p.t->phase < p.v->phase ? FINE : LATER;
    if (p.v->role != p.t->role)
        return p.t->role < p.v->role ? FINE : LATER;
    bool earlier = p.v->in_order && p.t->index < p.v->index;
    if (earlier && !guarded)  // reading makes it a need
        return FINE;
    if (certainly_after(g, p.v, p.t) || graph_waits_for(g, reader, target))
        return FINE;
    return p.v->in_order && !earlier ? LATER : PARALLEL;
}

static enum verdict judge(const struct graph *g, const struct reading *at, const struct vertex *t,
                          bool guarded)
{
    const struct vertex *v = at->vertex;

    if (!v)
        return t->phase >= at->phase ? LATER : through_for_each(t, NULL) ? FOR_EACH : FINE;
    if (v == t)
        return at->after ? FINE : ITSELF;
    struct pair p = part(v, t);
    if (p.v == t)
        return from_inside(v, t);
    if (p.t == v)
        return !at->after ? LATER : through_for_each(t, v) ? FOR_EACH : FINE;
    if (through_for_each(t, p.t->parent))
        return FOR_EACH;
    return from_sibling(g, v, t, p, guarded || graph_ends(v, t));
}

// ---- in words ----

static const struct vertex *for_each_around(const struct vertex *t)
{
    const struct vertex *outer = t;

    for (const struct vertex *p = t->parent; p; p = p->parent)
        if (p->step->more->for_each)
            outer = p;
    return outer;
}

static void complain(const struct reading *at, const struct expr_ref *ref, const struct vertex *t,
                     enum verdict verdict, struct diags *ds)
{
    static const char *const sentences[] = {
        [ITSELF] = "step `%.*s` reads its own result before it has one",
        [LATER] = "step `%.*s` has not run yet when its result is read here",
        [PARALLEL] = "step `%.*s` may still be running when its result is read here",
        [AROUND] = "step `%.*s` has not ended yet: this stands inside it",
        [FOR_EACH] = "step `%.*s` has one result for each item, not one",
    };
    struct str id = t->step->id.str;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    struct diag *d = diag_error(ds, DIAG_USE_BEFORE_RUN, ref->last, sentences[verdict],
                                STR_ARG(id));
#pragma GCC diagnostic pop
    if (verdict == PARALLEL)
        diag_help(ds, d, "add `needs: [%.*s]` to step `%.*s`",
                  STR_ARG(part(at->vertex, t).t->step->id.str), STR_ARG(at->vertex->step->id.str));
    if (verdict == FOR_EACH)
        diag_help(ds, d, "read `steps.%.*s.items`, or do it inside the for_each",
                  STR_ARG(for_each_around(t)->step->id.str));
    if (verdict == ITSELF)
        diag_help(ds, d,
                  "its own result is `result`, in `expect`, `outputs`, `retry.if`, `verify` "
                  "and `undo`");
    if (t->step->id.span.source)
        diag_note(ds, d, t->step->id.span, "step `%.*s` stands here", STR_ARG(id));
}

// Copies, because ids are slices of the file; kept, because a file may be wrong often.
static const char *const *all_ids(const struct graph *g)
{
    if (g->words)
        return g->words;
    ((struct graph *)g)->words = NEW_ARRAY(g->arena, const char *, g->count + 1);
    for (size_t i = 0, n = 0; i < g->count; i++)
        if (g->vertices[i].step->id.str.n)
            g->words[n++] = str_copy(g->arena, g->vertices[i].step->id.str).s;
    return g->words;
}

void graph_unknown_step(const struct graph *g, struct str id, struct span where, struct diags *ds)
{
    struct diag *d = diag_error(ds, DIAG_UNKNOWN_STEP, where, "step `%.*s` does not exist",
                                STR_ARG(id));
    diag_meant(ds, d, id, all_ids(g));
}

// ---- checks and undo steps: no vertices, but some have results ----

static bool is_among(const struct list *list, const struct step *s)
{
    const struct step *steps = list->items;

    for (size_t i = 0; i < list->count; i++)
        if (&steps[i] == s || is_among(&steps[i].more->steps, s))
            return true;
    return false;
}

// The phase `verify` is over for what comes behind it; in a list of checks or undo steps
// what is written above has run.
static bool other_may_be_read(const struct graph *g, const struct reading *at,
                              const struct expr_ref *ref, const struct step *s)
{
    bool above = s->span.end <= ref->span.start;
    enum phase phase = at->vertex ? at->vertex->phase : at->phase;

    if (at->undoes && is_among(&at->undoes->more->undo.steps, s))
        return above;
    if (!is_among(&g->rb->verify, s))
        return false;
    return phase > PHASE_VERIFY || (phase == PHASE_VERIFY && above);
}

static bool check_other(const struct graph *g, const struct reading *at,
                        const struct expr_ref *ref, struct diags *ds)
{
    const struct step *s = map_get(g->other_ids, ref->path[1]);

    if (!s) {
        graph_unknown_step(g, ref->path[1], ref->last, ds);
        return false;
    }
    if (other_may_be_read(g, at, ref, s))
        return true;
    struct diag *d = diag_error(ds, DIAG_USE_BEFORE_RUN, ref->last,
                                "`%.*s` is a check or an undo, and cannot be read here",
                                STR_ARG(ref->path[1]));
    diag_note(ds, d, s->id.span, "it stands here");
    return false;
}

bool reading_check(const struct graph *g, const struct reading *at, const struct expr_ref *ref,
                   struct vertex **t, struct diags *ds)
{
    *t = NULL;
    if (ref->count < 2 || !str_is(ref->path[0], "steps"))
        return true;
    struct vertex *found = map_get(g->by_id, ref->path[1]);
    if (!found)
        return check_other(g, at, ref, ds);
    bool guarded = ref->guarded || !reading_needs(at, ref, found);
    enum verdict verdict = judge(g, at, found, guarded);
    if (verdict != FINE) {
        complain(at, ref, found, verdict, ds);
        return false;
    }
    *t = found;
    return true;
}

static bool is_state(const struct expr_ref *ref)
{
    return ref->count > 2 && (str_is(ref->path[2], "state") || str_is(ref->path[2], "undo_state"));
}

// A rescue reads what failed; needing it would block the rescue for ever.
static bool rescues(const struct vertex *v, const struct vertex *t)
{
    for (; v; v = v->parent)
        if (v->role == ROLE_RESCUE)
            for (const struct vertex *p = t; p; p = p->parent)
                if (p == v->parent)
                    return true;
    return false;
}

static bool is_inside(const struct vertex *t, const struct vertex *v)
{
    while (t && t != v)
        t = t->parent;
    return t != NULL;
}

bool reading_needs(const struct reading *at, const struct expr_ref *ref, const struct vertex *t)
{
    if (ref->guarded || is_state(ref))
        return false;
    return !at->vertex || !(is_inside(t, at->vertex) || rescues(at->vertex, t) ||
                            graph_ends(at->vertex, t));
}
