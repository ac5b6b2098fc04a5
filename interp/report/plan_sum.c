// What a plan says below its last step: the sum, and how much of it can be taken back.

#include "base/arena.h"
#include "report/plan_inside.h"

static size_t changes(const struct planning *g)
{
    return g->count[DOES_WRITE] + g->count[DOES_DESTROY];
}

// `undo: none` is the author's word that what the step did may stay: it is not taken back.
static void add_way_back(const struct planning *g)
{
    struct page *p = g->page;

    if (g->by_hand->n)
        page_head(p, INK_PLAIN, "what is done by hand has no undo: %.*s",
                  STR_ARG(buf_str(g->by_hand)));
    if (g->no_way_back->n)
        page_head(p, INK_WARN, "cannot be taken back: %.*s", STR_ARG(buf_str(g->no_way_back)));
    else if (g->plan->refused)
        ;  // it cannot run as it is: nothing good is said of it
    else if (g->stays->n)
        page_head(p, INK_PLAIN, "%s",
                  g->undoable ? "every step has an undo, or says that none is needed"
                              : "no step has an undo: each says that none is needed");
    else if (changes(g))
        page_head(p, INK_GOOD, "%s",
                  g->by_hand->n ? "everything else can be taken back"
                                : "everything can be taken back");
    if (g->stays->n)
        page_head(p, INK_PLAIN, "stays after an undo, as `undo: none` says: %.*s",
                  STR_ARG(buf_str(g->stays)));
}

static const struct {
    const char *words;
    bool always;  // also when there is none
} sums[DOINGS] = {
    [DOES_READ] = { "read", true },       [DOES_WRITE] = { "write", true },
    [DOES_DESTROY] = { "destroy", true }, [DOES_BY_HAND] = { "by hand", false },
    [DOES_ASK] = { "asking", false },     [DOES_WAIT] = { "waiting", false },
};

static struct str counts(const struct planning *g)
{
    struct buf b = BUF_EMPTY;
    size_t all = 0;

    for (size_t i = 0; i < DOINGS; i++)
        all += g->count[i];
    buf_format(&b, "%zu step%s:", all, all == 1 ? "" : "s");
    for (size_t i = 0; i < DOINGS; i++)
        if (g->count[i] || sums[i].always)
            buf_format(&b, "%s %zu %s", i ? "," : "", g->count[i], sums[i].words);
    return buf_take(&b, g->page->arena);
}

void plan_sum(const struct planning *g)
{
    const struct runbook *rb = g->plan->program->root->rb;
    struct page *p = g->page;

    page_blank(p);
    page_head(p, INK_BOLD, "%.*s; %zu question%s", STR_ARG(counts(g)), g->questions,
              g->questions == 1 ? "" : "s");
    if (g->destroys_too->n)
        page_head(p, INK_WARN, "destroys too, and does not say so: %.*s",
                  STR_ARG(buf_str(g->destroys_too)));
    add_way_back(g);
    if (!rb->verify.count && !runbook_has_type(rb, RUNBOOK_CHECK) && changes(g))
        page_head(p, INK_WARN, "%s", "nothing verifies it: there is no `verify`");
    page_head(p, INK_DIM, "on failure: %s",
              rb->on_failure ? on_failure_word(rb->on_failure) : "ask; without a terminal stop");
}
