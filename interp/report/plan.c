#include "report/plan_inside.h"

#include "action/manual.h"
#include "action/prompt.h"
#include "action/wait.h"
#include "base/arena.h"
#include "load/beside.h"
#include "load/destroys.h"
#include "report/resolved.h"
#include "value/fields.h"
#include "value/when.h"

// -------- one step

static void add_steps(struct planning *g, const struct list *steps, struct str prefix, int depth);

static struct str indent(struct planning *g, int depth)
{
    return str_format(g->page->arena, "%*s", 5 + 2 * depth, "");
}

static void note(struct planning *g, int depth, enum ink color, struct str text)
{
    if (text.n)
        page_lead(g->page, indent(g, depth).s, color, text);
}

static const char *doing_word(enum doing d)
{
    static const char *const words[DOINGS] = {
        [DOES_READ] = "reads",      [DOES_WRITE] = "writes", [DOES_DESTROY] = "DESTROYS",
        [DOES_BY_HAND] = "by hand", [DOES_ASK] = "asks",     [DOES_WAIT] = "waits",
    };
    return words[d];
}

// What a person does is not ours to call reading, even if nothing of ours changes anything.
static enum doing doing_of(const struct planning *g, const struct step *s)
{
    enum effects e = step_effects(g->plan->program, s);

    if (e != EFFECTS_READ)
        return e == EFFECTS_DESTROY ? DOES_DESTROY : DOES_WRITE;
    if (s->action == &action_manual)
        return DOES_BY_HAND;
    if (s->action == &action_wait)
        return DOES_WAIT;
    bool asks = s->action == &action_prompt || (s->kind == STEP_GATE && !s->more->expect.count);
    return asks ? DOES_ASK : DOES_READ;
}

// Only what does something itself has a number; what holds other steps is a heading.
static bool is_heading(const struct step *s)
{
    return s->kind == STEP_GROUP || s->kind == STEP_USE;
}

static struct str row_lead(struct planning *g, const struct step *s, int depth)
{
    struct arena *a = g->page->arena;

    return is_heading(s) ? str_format(a, "%*s   ", 2 * depth, "")
                         : str_format(a, "%*s%2zu ", 2 * depth, "", ++g->number);
}

static void add_row(struct planning *g, const struct step *s, struct str id, int depth)
{
    struct arena *a = g->page->arena;
    // What is inside is indented, and what its ids stand beside is not.
    int wide = (int)g->wide > 2 * depth ? (int)g->wide - 2 * depth : 0;
    enum doing does = doing_of(g, s);
    int64_t usual = past_step_ms(g->plan->past, id);
    struct str name = plan_words(g, s->name);
    struct str lead = row_lead(g, s, depth);
    struct str took = usual >= 1000 ? str_format(a, "  usually %.*s", STR_ARG(span_text(usual, a)))
                                    : STR("");

    page_lead(g->page, lead.s, does == DOES_DESTROY ? INK_BAD : INK_PLAIN,
              str_trim(str_format(a, "%-*.*s %-8s  %.*s%.*s", wide, STR_ARG(id),
                                  doing_word(does), STR_ARG(name), STR_ARG(took))));
    if (!is_heading(s))
        g->count[does]++;
}

// It stands before the first step that says `irreversible`, and names it: one that only has no
// undo may stand further up.
static void add_point(struct planning *g, struct str id, enum undo_cover cover)
{
    if (cover != COVER_IRREVERSIBLE || g->past_return)
        return;
    g->past_return = true;
    page_head(g->page, INK_BAD, "   ---- the point of no return: %.*s is irreversible ----",
              STR_ARG(id));
}

static void add_undo(struct planning *g, const struct step *s, int depth)
{
    struct arena *a = g->page->arena;

    if (s->more->undo.kind == UNDO_AUTO)
        note(g, depth, INK_DIM, STR("undo: by itself"));
    LIST_EACH(const struct step, u, s->more->undo.steps)
    note(g, depth, INK_DIM,
         str_format(a, "undo: %.*s%s", STR_ARG(step_brief(u, g->known, a)),
                    u->more->confirm || u->more->approve ? " (asks first)" : ""));
}

static void add_id(struct buf *ids, struct str id)
{
    buf_format(ids, "%s%.*s", ids->n ? ", " : "", STR_ARG(id));
}

// The effects are those that the step declares; what its words say beside that is said too.
static void add_destroys(struct planning *g, const struct step *s, struct str id, int depth)
{
    struct str what;

    if (s->kind != STEP_ACTION || !step_destroys(g->plan->program, s, &what) || !what.n)
        return;
    note(g, depth, INK_WARN,
         str_format(g->page->arena, "destroys: `%.*s`, though it says no `effects: destroy`",
                    STR_ARG(what)));
    add_id(g->destroys_too, id);
}

static void add_cover(struct planning *g, const struct step *s, struct str id,
                      enum undo_cover cover, int depth)
{
    struct arena *a = g->page->arena;

    switch (cover) {
    case COVER_UNDO:
        g->undoable++;
        add_undo(g, s, depth);
        break;
    case COVER_INSIDE:
        break;
    case COVER_NONE:
        note(g, depth, INK_DIM, STR("undo: none needed, harmless to leave"));
        if (step_effects(g->plan->program, s) != EFFECTS_READ)
            add_id(g->stays, id);
        break;
    case COVER_IRREVERSIBLE:
        note(g, depth, INK_BAD,
             str_format(a, "cannot be taken back: %.*s",
                        STR_ARG(plan_words(g, s->more->irreversible))));
        add_id(g->no_way_back, id);
        break;
    case COVER_MISSING:
        note(g, depth, INK_WARN, STR("undo: nothing is said, so it cannot be taken back"));
        add_id(g->no_way_back, id);
        break;
    case COVER_OUTSIDE:
        if (step_cover(g->plan->program, g->outer) == COVER_UNDO)
            note(g, depth, INK_DIM, str_format(a, "undo: by %.*s", STR_ARG(g->outer->id.str)));
        break;
    case COVER_NOTHING:
        if (doing_of(g, s) == DOES_BY_HAND)
            add_id(g->by_hand, id);
        break;
    }
}

static void add_command(struct planning *g, const struct step *s, struct str id, int depth)
{
    struct arena *a = g->page->arena;
    struct str lead = str_format(a, "%.*s$ ", STR_ARG(indent(g, depth)));

    bool asks = s->action && s->action->asks;

    if (g->plan->commands && s->kind == STEP_ACTION && s->action_node && !asks)
        page_lead(g->page, lead.s, INK_PLAIN, step_command(g->plan->history, s, id, g->known, a));
}

// Instances of a for_each as the dry run made them.
static void add_instances(struct planning *g, const struct step *s, struct str id, int depth)
{
    const struct history *h = g->plan->history;
    struct arena *a = g->page->arena;

    struct str beside = side_by_side(s->more->for_each->parallel, g->known, a);

    note(g, depth, INK_DIM,
         str_format(a, "for each item, %.*s",
                    STR_ARG(beside.n ? beside : STR("one after the other"))));
    for (size_t i = 0; g->plan->commands && i < h->story_count; i++) {
        struct str other = h->stories[i]->id;
        if (other.n > id.n && str_equal(str_slice(other, 0, id.n), id) && other.s[id.n] == '[') {
            note(g, depth, INK_PLAIN, str_format(a, "%.*s", STR_ARG(other)));
            add_command(g, s, other, depth);
        }
    }
}

// `needs` stands instead of the order of the list.
static void add_needs(struct planning *g, const struct step *s, int depth)
{
    struct buf ids = BUF_EMPTY;

    LIST_EACH(const struct text, t, s->more->needs)
    add_id(&ids, t->str);
    if (ids.n)
        note(g, depth, INK_DIM,
             str_format(g->page->arena, "starts after %.*s", STR_ARG(buf_str(&ids))));
    else if (s->has_needs)
        note(g, depth, INK_DIM, STR("starts at once, beside what stands above it"));
    buf_free(&ids);
}

// One that is computed is not known here.
static struct str who_may_not(const struct approve *ap)
{
    const struct amount *own = ap->not_requester;

    return own && !own->template && own->n ? STR("not by who starts the run") : STR("");
}

static void add_conditions(struct planning *g, const struct step *s, struct str id, int depth)
{
    struct arena *a = g->page->arena;

    add_needs(g, s, depth);
    if (s->cond)
        note(g, depth, INK_DIM, str_format(a, "only if %.*s", STR_ARG(expr_text(s->cond)->str)));
    if (s->more->done_if && s->more->done_if->cond)
        note(g, depth, INK_DIM,
             str_format(a, "not if %.*s", STR_ARG(expr_text(s->more->done_if->cond)->str)));
    if (s->more->confirm)
        plan_confirm(g, indent(g, depth).s, s->more->confirm, id);
    if (s->more->approve)
        plan_question(g, indent(g, depth).s,
                      "waits for approval:", plan_words(g, s->more->approve->message),
                      who_may_not(s->more->approve));
    if (s->kind == STEP_ACTION && s->action && s->action->asks)
        plan_work(g, indent(g, depth).s, s, id);
}

static void add_module(struct planning *g, const struct step *use, const struct module *m,
                       struct str prefix, int depth)
{
    const struct runbook *rb = m->rb;
    struct str id = str_format(g->page->arena, "%.*srun", STR_ARG(prefix));
    const struct known *outer = g->known;

    g->known = known_used(outer, use, rb, g->page->arena);
    plan_checklist(g, rb, prefix);
    if (rb->confirm)
        plan_confirm(g, indent(g, depth).s, rb->confirm, id);
    add_steps(g, &rb->prepare, prefix, depth);
    add_steps(g, &rb->steps, prefix, depth);
    add_steps(g, &rb->always, prefix, depth);
    g->known = outer;
}

// The undo of a group does not take back what its `rescue` did.
static void add_rescue(struct planning *g, const struct step *s, const struct step *outer,
                       struct str prefix, int depth)
{
    const struct step *own = g->outer;

    if (!s->more->rescue.count)
        return;
    note(g, depth, INK_DIM, STR("if it fails:"));
    g->outer = outer;
    add_steps(g, &s->more->rescue, prefix, depth + 1);
    g->outer = own;
}

static void add_inside(struct planning *g, const struct step *s, struct str id, struct str prefix,
                       int depth)
{
    struct arena *a = g->page->arena;
    const struct step *outer = g->outer;

    if (!outer && step_speaks_for_itself(s))
        g->outer = s;
    note(g, depth, INK_DIM, side_by_side(s->more->parallel, g->known, a));
    if (s->kind == STEP_USE) {
        const struct module *m = program_use(g->plan->program, s);
        note(g, depth, INK_DIM, str_format(a, "uses %.*s", STR_ARG(s->more->use->str)));
        if (m)
            add_module(g, s, m, str_format(a, "%.*s.", STR_ARG(id)), depth + 1);
    }
    add_steps(g, &s->more->steps, prefix, depth + 1);
    add_rescue(g, s, outer, prefix, depth);
    add_steps(g, &s->more->always, prefix, depth + 1);
    g->outer = outer;
}

static void add_step(struct planning *g, const struct step *s, struct str prefix, int depth)
{
    struct arena *a = g->page->arena;
    struct str id = str_format(a, "%.*s%.*s", STR_ARG(prefix), STR_ARG(s->id.str));
    enum undo_cover cover = step_cover_inside(g->plan->program, s, g->outer);

    bool inside = step_is_undone_inside(s) && cover != COVER_OUTSIDE;

    if (!inside)
        add_point(g, id, cover);
    add_row(g, s, id, depth);
    add_conditions(g, s, id, depth);
    add_destroys(g, s, id, depth);
    if (s->more->for_each)
        add_instances(g, s, id, depth);
    else
        add_command(g, s, id, depth);
    if (!inside)
        add_cover(g, s, id, cover, depth);
    if (s->more->leaves)
        note(g, depth, INK_DIM,
             str_format(a, "leaves: %.*s", STR_ARG(plan_words(g, s->more->leaves))));
    add_inside(g, s, id, prefix, depth);
}

static void add_steps(struct planning *g, const struct list *steps, struct str prefix, int depth)
{
    LIST_EACH(const struct step, s, *steps)
    add_step(g, s, prefix, depth);
}

// -------- phases

static void add_phase(struct planning *g, const char *name, const struct list *steps)
{
    if (!steps->count)
        return;
    page_blank(g->page);
    page_head(g->page, INK_BOLD, "%s", name);
    add_steps(g, steps, STR(""), 0);
}

static void add_checks(struct planning *g, const char *name, const struct list *checks)
{
    size_t n = 0;

    if (!checks->count)
        return;
    page_blank(g->page);
    page_head(g->page, INK_BOLD, "%s", name);
    LIST_EACH(const struct step, c, *checks)
    {
        struct str label = c->name ? plan_words(g, c->name) : c->id.str;
        n++;
        if (!label.n)
            label = str_format(g->page->arena, "check %zu", n);
        page_lead(g->page, "   ", INK_PLAIN, label);
        add_command(g, c, STR(""), 0);
    }
}

static void add_before(struct planning *g)
{
    const struct runbook *rb = g->plan->program->root->rb;

    if (!rb->checklist.count && !rb->confirm)
        return;
    page_blank(g->page);
    page_head(g->page, INK_BOLD, "%s", "before the first step");
    plan_checklist(g, rb, STR(""));
    if (rb->confirm)
        plan_confirm(g, "  ", rb->confirm, STR("run"));
}

void plan_write(const struct plan *plan, struct page *p)
{
    const struct runbook *rb = plan->program->root->rb;
    struct planning g = { .plan = plan,
                          .page = p,
                          .no_way_back = buf_in(p->arena),
                          .wide = plan_widest(plan->program, p->columns) };

    g.stays = buf_in(p->arena);
    g.destroys_too = buf_in(p->arena);
    g.by_hand = buf_in(p->arena);

    g.known = known_new(rb, value_of(plan->history->start, "inputs"), p->arena);

    plan_head(&g);
    add_before(&g);
    add_phase(&g, "prepare", &rb->prepare);
    add_phase(&g, "steps", &rb->steps);
    add_checks(&g, "verify", &rb->verify);
    add_phase(&g, "always", &rb->always);
    add_checks(&g, "after a complete undo", &rb->undone);
    plan_hooks(&g);
    plan_sum(&g);
}
