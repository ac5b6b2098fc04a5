#include "graph/build.h"

#include "base/arena.h"
#include "graph/read.h"

struct builder {
    struct graph *g;
    struct diags *ds;
    struct vertex *v;       // whose edges are collected now
    size_t *needed_by;      // for each vertex: 1 + the last vertex that was given it as need
    struct vertex **needs;  // of [v], so far
    struct span *spans;
    size_t count, room;
    struct reading at;
};

static void add_need(struct builder *b, struct vertex *need, struct span where)
{
    size_t number = (size_t)(b->v - b->g->vertices) + 1;
    size_t *by = &b->needed_by[need - b->g->vertices];

    if (*by == number)
        return;
    *by = number;
    if (b->count == b->room) {
        size_t room = b->room ? b->room * 2 : 16;
        b->needs = arena_grow(b->g->arena, b->needs, b->room, room, sizeof *b->needs);
        b->spans = arena_grow(b->g->arena, b->spans, b->room, room, sizeof *b->spans);
        b->room = room;
    }
    b->needs[b->count] = need;
    b->spans[b->count++] = where;
}

static void keep_needs(struct builder *b)
{
    struct vertex *v = b->v;

    if (b->count == v->need_count)
        return;
    v->needs = NEW_ARRAY(b->g->arena, struct vertex *, b->count);
    v->need_spans = NEW_ARRAY(b->g->arena, struct span, b->count);
    for (size_t i = 0; i < b->count; i++) {
        v->needs[i] = b->needs[i];
        v->need_spans[i] = b->spans[i];
    }
    v->need_count = b->count;
}

// ---- order ----

static void order_list(struct vertex *first)
{
    struct vertex *last = NULL;

    for (struct vertex *v = first; v; last = v, v = v->next_sibling) {
        if (last && last->role != v->role)
            last = NULL;
        if (last && v->in_order && !v->step->has_needs)
            v->before = last;
        if (v->first_child)
            order_list(v->first_child);
    }
}

// The tops of a phase hang together, but nobody holds the first of them.
static void order_tops(struct graph *g)
{
    for (size_t i = 0; i < g->count; i++)
        if (!g->vertices[i].parent && g->vertices[i].index == 0)
            order_list(&g->vertices[i]);
}

// ---- needs ----

// `needs` may name a step of its own list, of a list around it, or of an earlier phase; from an
// `always` none beyond it, since that runs whatever became of the others.
static bool can_be_needed(const struct vertex *v, const struct vertex *t)
{
    if (graph_ends(v, t))
        return false;
    if (!t->parent && t->phase < v->phase)
        return true;
    for (; v; v = v->parent)
        if (v->parent == t->parent && v->phase == t->phase && t->role == v->role)
            return true;
    return false;
}

static void out_of_reach(const struct vertex *v, const struct vertex *t, struct span where,
                         struct diags *ds)
{
    struct str id = t->step->id.str;

    if (graph_ends(v, t)) {
        struct diag *d = diag_error(ds, DIAG_USE_BEFORE_RUN, where,
                                    "`always` runs whatever became of step `%.*s`", STR_ARG(id));
        diag_help(ds, d, "say `if: steps.%.*s.state == \"succeeded\"` where it matters",
                  STR_ARG(id));
        diag_note(ds, d, t->step->id.span, "it stands here");
        return;
    }
    if (!t->parent) {
        diag_error(ds, DIAG_USE_BEFORE_RUN, where, "step `%.*s` runs later, in `%s`", STR_ARG(id),
                   phase_word(t->phase));
        return;
    }
    struct diag *d = diag_error(ds, DIAG_USE_BEFORE_RUN, where,
                                "step `%.*s` stands inside `%.*s`, where only steps beside it or "
                                "inside them can need it",
                                STR_ARG(id), STR_ARG(t->parent->step->id.str));
    const struct vertex *around = v;
    while (around && around != t->parent)
        around = around->parent;
    if (!around && can_be_needed(v, t->parent))
        diag_help(ds, d, "say `needs: [%.*s]`", STR_ARG(t->parent->step->id.str));
    diag_note(ds, d, t->step->id.span, "it stands here");
}

static void find_needs(struct builder *b)
{
    const struct text *words = b->v->step->more->needs.items;

    for (size_t i = 0; i < b->v->step->more->needs.count; i++) {
        struct vertex *t = map_get(b->g->by_id, words[i].str);
        if (!t)
            graph_unknown_step(b->g, words[i].str, words[i].span, b->ds);
        else if (!can_be_needed(b->v, t))
            out_of_reach(b->v, t, words[i].span, b->ds);
        else
            add_need(b, t, words[i].span);
    }
    keep_needs(b);
    b->v->written = b->v->need_count;
}

// Needing its neighbour is as good as standing behind it.
static void find_chain(struct vertex *v)
{
    for (size_t i = 0; i < v->need_count; i++) {
        const struct vertex *t = v->needs[i];
        if (t->parent == v->parent && t->role == v->role && t->phase == v->phase &&
            t->index + 1 == v->index)
            v->chain = t->chain;
    }
    if (v->before)
        v->chain = v->before->chain;
}

// ---- reads ----

static void see_expr(const struct expr *e, void *ctx)
{
    struct builder *b = ctx;
    size_t count;
    const struct expr_ref *refs = expr_refs(e, &count);

    for (size_t i = 0; i < count; i++) {
        struct vertex *t;
        if (reading_check(b->g, &b->at, &refs[i], &t, b->ds) && t &&
            reading_needs(&b->at, &refs[i], t))
            add_need(b, t, refs[i].last);
    }
}

static bool is_after_action(const char *key)
{
    static const char *const keys[] = { "outputs", "outputs.secret", NULL };

    for (const char *const *k = keys; *k; k++)
        if (str_is(str_from(key), *k))
            return true;
    return false;
}

static void see_site(const struct site *site, void *ctx)
{
    struct builder *b = ctx;

    b->at = (struct reading){ .vertex = b->v, .after = is_after_action(site->key) };
    site_each_expr(site, see_expr, b);
}

static void see_check_site(const struct site *site, void *ctx)
{
    site_each_expr(site, see_expr, ctx);
}

static void check_reads(struct builder *b, const struct step *check, bool after)
{
    b->at = (struct reading){ .vertex = b->v, .after = after };
    step_each_site(check, see_check_site, b);
}

// What its checks read is asked for before it can be called done, so it is needed too.
static void find_reads(struct builder *b)
{
    const struct step *s = b->v->step;
    const struct step *verify = s->more->verify.items;
    const struct before *before = s->more->before.items;

    step_each_site(s, see_site, b);
    if (s->more->done_if && s->more->done_if->check)
        check_reads(b, s->more->done_if->check, false);
    for (size_t i = 0; i < s->more->before.count; i++)
        if (before[i].check)
            check_reads(b, before[i].check, false);
    for (size_t i = 0; i < s->more->verify.count; i++)
        check_reads(b, &verify[i], true);
    keep_needs(b);
}

static void begin(struct builder *b, struct vertex *v)
{
    b->v = v;
    b->count = 0;
    for (size_t i = 0; i < v->need_count; i++)
        add_need(b, v->needs[i], v->need_spans[i]);
}

void build_edges(struct graph *g, struct diags *ds)
{
    struct builder b = { .g = g, .ds = ds };

    b.needed_by = NEW_ARRAY(g->arena, size_t, g->count);
    order_tops(g);
    for (size_t i = 0; i < g->count; i++) {
        begin(&b, &g->vertices[i]);
        find_needs(&b);
    }
    for (size_t i = 0; i < g->count; i++) {
        find_chain(&g->vertices[i]);
        b.needed_by[i] = 0;
    }
    for (size_t i = 0; i < g->count; i++) {
        begin(&b, &g->vertices[i]);
        find_reads(&b);
    }
}
