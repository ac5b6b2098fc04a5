#include "graph/site.h"

#include "base/arena.h"
#include "graph/graph.h"

struct walk {
    site_seen *see;
    void *ctx;
};

static void words(const struct walk *w, const char *key, const struct template *t)
{
    if (t)
        w->see(&(struct site){ .kind = SITE_WORDS, .key = key, .words = t }, w->ctx);
}

static void condition(const struct walk *w, const char *key, const struct expr *e)
{
    if (e)
        w->see(&(struct site){ .kind = SITE_CONDITION, .key = key, .cond = e }, w->ctx);
}

static void form(const struct walk *w, const char *key, const struct form *f)
{
    if (f)
        w->see(&(struct site){ .kind = SITE_FORM, .key = key, .form = f }, w->ctx);
}

static void amount(const struct walk *w, const char *key, const struct amount *m)
{
    words(w, key, m ? m->template : NULL);
}

static void words_list(const struct walk *w, const char *key, const struct list *l)
{
    const struct template *const *items = l->items;

    for (size_t i = 0; i < l->count; i++)
        words(w, key, items[i]);
}

static void confirm(const struct walk *w, const struct confirm *c)
{
    if (!c)
        return;
    words(w, "confirm", c->message);
    words(w, "confirm", c->phrase);
    words_list(w, "confirm.show", &c->show);
    amount(w, "confirm", c->timeout);
}

static void approve(const struct walk *w, const struct approve *p)
{
    if (!p)
        return;
    words(w, "approve", p->message);
    words_list(w, "approve", &p->from);
    amount(w, "approve", p->min);
    amount(w, "approve", p->not_requester);
    amount(w, "approve", p->timeout);
}

static void retry(const struct walk *w, const struct retry *r)
{
    if (!r)
        return;
    amount(w, "retry", r->attempts);
    amount(w, "retry", r->delay);
    amount(w, "retry", r->backoff);
    amount(w, "retry", r->max_delay);
    amount(w, "retry", r->jitter);
    condition(w, "retry.if", r->cond);
}

static void maps(const struct walk *w, const struct step *s)
{
    const struct before *before = s->more->before.items;
    for (size_t i = 0; i < s->more->before.count; i++)
        form(w, "before", before[i].value);
    const struct words_entry *env = s->more->env.items;
    for (size_t i = 0; i < s->more->env.count; i++)
        words(w, "env", env[i].words);
    const struct form_entry *with = s->more->with.items;
    for (size_t i = 0; i < s->more->with.count; i++)
        form(w, "with", with[i].form);
    const struct expr *const *expect = s->more->expect.items;
    for (size_t i = 0; i < s->more->expect.count; i++)
        condition(w, "expect", expect[i]);
    const struct output *outputs = s->more->outputs.items;
    for (size_t i = 0; i < s->more->outputs.count; i++)
        form(w, outputs[i].secret ? "outputs.secret" : "outputs", outputs[i].value);
}

struct action_walk {
    const struct walk *walk;
    struct arena *arena;  // made when the first expression is met
};

static void action_text(struct action_walk *w, const struct node *n, struct str part)
{
    if (str_search(n->text.str, STR("${{")) == SIZE_MAX)
        return;
    if (!w->arena)
        w->arena = arena_new(NULL);
    struct diags unheard = { .arena = w->arena };  // action_bind() tells them
    const struct template *t = template_parse(w->arena, &n->text, &unheard);
    if (t)
        w->walk->see(
            &(struct site){
                .kind = SITE_WORDS, .key = "action", .node = n, .part = part, .words = t },
            w->walk->ctx);
}

static void action_node(struct action_walk *w, const struct node *n, bool top, struct str part)
{
    if (n->kind == NODE_SCALAR) {
        action_text(w, n, part);
        return;
    }
    for (const struct node *child = n->first; child; child = child->next)
        action_node(w, child, false, top && n->kind == NODE_MAP ? child->key->text.str : part);
}

static void action(const struct walk *w, const struct step *s)
{
    struct action_walk aw = { .walk = w };

    if (s->action_node)
        action_node(&aw, s->action_node, true, STR(""));
    arena_free(aw.arena);
}

static void for_each(const struct walk *w, const struct for_each *f)
{
    if (!f)
        return;
    form(w, "for_each", f->in);
    amount(w, "for_each", f->parallel);
    words(w, "for_each.key", f->key);
}

// What is asked before the action runs.
static void sites_ahead(const struct walk *w, const struct step *s)
{
    for_each(w, s->more->for_each);
    words(w, "name", s->name);
    words(w, "description", s->more->description);
    condition(w, "if", s->cond);
    if (s->more->done_if)
        condition(w, "done_if", s->more->done_if->cond);
    confirm(w, s->more->confirm);
    approve(w, s->more->approve);
}

static void sites_of_times(const struct walk *w, const struct step *s)
{
    amount(w, "timeout", s->more->timeout);
    amount(w, "kill_grace", s->more->kill_grace);
    amount(w, "parallel", s->more->parallel);
    amount(w, "within", s->more->within);
    amount(w, "every", s->more->every);
    amount(w, "streak", s->more->streak);
    amount(w, "holds_for", s->more->holds_for);
}

void step_each_site(const struct step *s, site_seen *see, void *ctx)
{
    struct walk w = { see, ctx };

    sites_ahead(&w, s);
    action(&w, s);
    maps(&w, s);
    words(&w, "dir", s->more->dir);
    words(&w, "as", s->more->as);
    sites_of_times(&w, s);
    retry(&w, s->more->retry);
    words(&w, "irreversible", s->more->irreversible);
    words(&w, "leaves", s->more->leaves);
}

void site_each_expr(const struct site *site, void (*see)(const struct expr *e, void *ctx),
                    void *ctx)
{
    if (site->kind == SITE_CONDITION)
        see(site->cond, ctx);
    else if (site->kind == SITE_FORM)
        form_each(site->form, see, ctx);
    else
        for (size_t i = 0; i < site->words->count; i++)
            if (site->words->parts[i].expr)
                see(site->words->parts[i].expr, ctx);
}

struct told {
    void (*see)(const struct expr *e, const char *key, void *ctx);
    void *ctx;
    const char *key;
};

static void tell(const struct expr *e, void *ctx)
{
    const struct told *t = ctx;

    t->see(e, t->key, t->ctx);
}

static void tell_site(const struct site *site, void *ctx)
{
    struct told *t = ctx;

    t->key = site->key;
    site_each_expr(site, tell, t);
}

void step_each_expr(const struct step *s,
                    void (*see)(const struct expr *e, const char *key, void *ctx), void *ctx)
{
    struct told t = { see, ctx, NULL };

    step_each_site(s, tell_site, &t);
}
