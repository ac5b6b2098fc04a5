// What a plan says of what is no step: the secrets that are read, the hooks that are told.

#include "base/arena.h"
#include "base/map.h"
#include "load/beside.h"
#include "load/spoken.h"
#include "report/plan_inside.h"
#include "report/resolved.h"

// -------- secrets

// The expressions of a used runbook are not known here: they stand as they are written.
static void add_secrets(const struct planning *g, const struct module *m, struct buf *out)
{
    const struct module *root = g->plan->program->root;
    struct arena *a = g->page->arena;

    LIST_EACH(const struct secret, s, m->rb->secrets)
    {
        struct str source = secret_source(s, m == root ? g->known : NULL, a);
        buf_format(out, "%s%.*s", out->n ? "\n" : "", STR_ARG(s->entry.key.str));
        if (m != root)
            buf_format(out, " of %.*s", STR_ARG(m->rb->address));
        buf_format(out, ": %.*s", STR_ARG(source));
    }
}

struct str plan_secrets(const struct planning *g)
{
    const struct program *p = g->plan->program;
    struct buf b = BUF_EMPTY;

    add_secrets(g, p->root, &b);
    for (size_t i = 0; i < map_count(p->by_path); i++)
        if (map_value(p->by_path, i) != p->root)
            add_secrets(g, map_value(p->by_path, i), &b);
    return buf_take(&b, g->page->arena);
}

// -------- hooks

static void add_hook(const struct planning *g, const char *moment, const struct step *s)
{
    struct page *p = g->page;

    page_item(p, str_from(moment), 8, INK_PLAIN, step_brief(s, g->known, p->arena));
    if (g->plan->commands && s->name)
        page_lead(p, "            $ ", INK_PLAIN, spoken(s, g->known, p->arena));
}

static void add_hooks(const struct planning *g, const char *moment)
{
    const struct program *program = g->plan->program;
    struct hooks_told told = hooks_told(program->project->hooks, program->root->rb->hooks, moment,
                                        g->page->arena);

    for (size_t i = 0; i < told.count; i++)
        add_hook(g, moment, told.steps[i]);
}

static size_t hooks_in_all(const struct planning *g)
{
    const struct program *program = g->plan->program;
    size_t n = 0;

    for (const struct hook_moment *m = hook_moments; m->name; m++)
        n += hooks_told(program->project->hooks, program->root->rb->hooks, m->name,
                        g->page->arena).count;
    return n;
}

void plan_hooks(const struct planning *g)
{
    if (!hooks_in_all(g))
        return;
    page_blank(g->page);
    page_head(g->page, INK_BOLD, "%s", "hooks");
    for (const struct hook_moment *m = hook_moments; m->name; m++)
        add_hooks(g, m->name);
}
