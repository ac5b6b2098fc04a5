// What a plan says before its first step.

#include "base/arena.h"
#include "report/plan_inside.h"
#include "value/fields.h"
#include "value/when.h"

struct str plan_words(const struct planning *g, const struct template *t)
{
    return known_words(g->known, t, g->page->arena);
}

static struct str words(const struct planning *g, const struct list *templates)
{
    struct buf b = BUF_EMPTY;

    LIST_EACH(const struct template *, t, *templates)
    buf_format(&b, "%s%.*s", b.n ? ", " : "", STR_ARG(plan_words(g, *t)));
    return buf_take(&b, g->page->arena);
}

static void fact(struct page *p, const char *label, enum ink color, struct str text)
{
    if (text.n)
        page_item(p, str_from(label), 8, color, text);
}

static struct str types_of(struct page *p, const struct runbook *rb)
{
    struct buf b = BUF_EMPTY;

    LIST_EACH(const int, type, rb->types)
    buf_format(&b, "%s%s", b.n ? ", " : "", runbook_type_word(*type));
    if (rb->severity)
        buf_format(&b, "; severity %s", severity_word(rb->severity));
    if (rb->risk)
        buf_format(&b, "; risk %s", risk_word(rb->risk));
    return buf_take(&b, p->arena);
}

static struct str locks_of(const struct planning *g)
{
    struct value locks = value_of(g->plan->history->start, "locks");
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; locks.kind == VALUE_LIST && i < value_size(locks); i++)
        if (value_item(locks, i).kind == VALUE_STRING)
            buf_format(&b, "%s%.*s", b.n ? ", " : "", STR_ARG(value_item(locks, i).s));
    if (b.n)
        return buf_take(&b, g->page->arena);
    return words(g, &g->plan->program->root->rb->locks);
}

static struct str frame_words(struct page *p, const char *name, struct time_frame f)
{
    struct str most = span_text(f.most / 1000000, p->arena);

    if (!f.most)
        return STR("");
    if (f.least && f.least != f.most)
        return str_format(p->arena, "%s %.*s to %.*s", name,
                          STR_ARG(span_text(f.least / 1000000, p->arena)), STR_ARG(most));
    return str_format(p->arena, "%s %.*s", name, STR_ARG(most));
}

static struct str budget_words(struct page *p, const struct budget *b)
{
    struct buf out = BUF_EMPTY;
    const struct str frames[] = { frame_words(p, "prepare", b->prepare),
                                  frame_words(p, "execute", b->execute),
                                  frame_words(p, "verify", b->verify),
                                  frame_words(p, "total", b->total) };

    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        if (frames[i].n)
            buf_format(&out, "%s%.*s", out.n ? ", " : "", STR_ARG(frames[i]));
    return buf_take(&out, p->arena);
}

static struct str past_words(const struct planning *g)
{
    int64_t ms = past_run_ms(g->plan->past);
    size_t runs = past_runs(g->plan->past);

    if (ms < 0)
        return STR("");
    return str_format(g->page->arena, "usually %.*s (%zu earlier run%s)",
                      STR_ARG(span_text(ms, g->page->arena)), runs, runs == 1 ? "" : "s");
}

static struct str inputs_of(const struct planning *g)
{
    struct value inputs = value_of(g->plan->history->start, "inputs");
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; inputs.kind == VALUE_MAP && i < inputs.map->count; i++) {
        const struct value_entry *e = &inputs.map->entries[i];
        struct str shown = value_show(e->value, g->page->arena, 200);
        buf_format(&b, "%s%.*s = %.*s", b.n ? "\n" : "", STR_ARG(e->key.s), STR_ARG(shown));
    }
    return buf_take(&b, g->page->arena);
}

void plan_head(const struct planning *g)
{
    const struct runbook *rb = g->plan->program->root->rb;
    struct page *p = g->page;
    struct str title = g->plan->history->title.n ? g->plan->history->title
                                                 : plan_words(g, rb->title);

    page_head(p, INK_BOLD, "%.*s", STR_ARG(title.n ? title : rb->name.str));
    if (rb->description)
        page_text(p, "  ", INK_DIM, plan_words(g, rb->description));
    fact(p, "runbook", INK_PLAIN,
         str_format(p->arena, "%.*s (%.*s)", STR_ARG(rb->name.str), STR_ARG(types_of(p, rb))));
    fact(p, "labels", INK_PLAIN, known_map(g->known, &rb->labels, p->arena));
    fact(p, "inputs", INK_PLAIN, inputs_of(g));
    fact(p, "secrets", INK_PLAIN, plan_secrets(g));
    fact(p, "locks", INK_PLAIN, locks_of(g));
    if (rb->requires)
        fact(p, "needs", INK_PLAIN, words(g, &rb->requires->tools));
    if (rb->budget)
        fact(p, "budget", INK_PLAIN, budget_words(p, rb->budget));
    fact(p, "took", INK_PLAIN, past_words(g));
}
