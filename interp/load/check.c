// Every expression of a module, in every place, with the names that are visible there.

#include "load/check.h"

#include "base/arena.h"
#include "load/place.h"
#include "load/rules.h"
#include "load/view.h"

// ---- one place ----

static const struct expr_type *check_site(const struct view *v, const struct site *site,
                                          enum becomes becomes)
{
    if (site->kind == SITE_CONDITION)
        return view_condition(v, site->cond) ? expr_bool : NULL;
    if (site->kind == SITE_FORM)
        return view_form(v, site->form);
    if (becomes == BECOMES_PARAMETER)
        return view_parts(v, site->words) ? expr_string : NULL;
    if (becomes == BECOMES_WORDS)
        return view_script(v, site->words) ? expr_string : NULL;
    if (becomes == BECOMES_BYTES)
        return view_bytes(v, site->words);
    return becomes == BECOMES_TEXT ? view_text(v, site->words) : view_words(v, site->words);
}

static bool is_one_of(const char *key, const char *const *keys)
{
    for (; *keys; keys++)
        if (str_is(str_from(key), *keys))
            return true;
    return false;
}

struct step_check {
    struct view view;          // of the step's own places
    const struct view *outer;  // of the list of its for_each, which has no item yet
    const struct step *step;
    const struct expr_type *result, *before;  // its own; NULL when it has none
    struct view_item *item;                   // of its own for_each
    bool late;                                // look at outputs, or at all but outputs
    const struct expr_type **outputs;
    size_t output;  // how many were seen
};

// `result` is there once the action has ended, `before` from the action on. Elsewhere a
// check or an undo sees those of the step it hangs on.
static void add_own(const struct step_check *k, const char *key, struct view *v)
{
    static const char *const results[] = { "expect", "outputs", "outputs.secret", "retry.if",
                                           NULL };
    static const char *const befores[] = { "action",   "with",   "env",     "dir",
                                           "as",       "expect", "outputs", "outputs.secret",
                                           "retry.if", NULL };

    if (k->result && is_one_of(key, results))
        v->result = k->result;
    if (k->before && is_one_of(key, befores))
        v->before = k->before;
    v->roots |= (v->result ? ROOT_RESULT : 0) | (v->before ? ROOT_BEFORE : 0);
}

// What an item of the list is called, in the step and in all below it.
static void add_item(struct step_check *k, const struct for_each *f)
{
    k->item = NEW(k->view.c->arena, struct view_item);
    *k->item = (struct view_item){ .name = f->as.str.n ? f->as.str : STR("item"),
                                   .type = expr_dyn,
                                   .outer = k->view.items };
    k->view.items = k->item;
}

static void check_list(struct step_check *k, const struct form *in, const struct expr_type *type)
{
    const struct expr_type *item = type ? expr_type_item(type) : expr_dyn;
    struct checking *c = k->view.c;

    if (item)
        k->item->type = item;
    else if (in->kind != FORM_CONSTANT)
        diag_error(c->ds, DIAG_EXPR_TYPE, in->text.span,
                   "`for_each` takes a list, and this is %s", expr_type_words(type));
}

static bool is_late(const char *key)
{
    static const char *const late[] = { "outputs", "outputs.secret", NULL };

    return is_one_of(key, late);
}

static void see_site(const struct site *site, void *ctx)
{
    struct step_check *k = ctx;
    const struct place_rule *rule = place_rule_of(k->step, site);
    bool list = str_is(str_from(site->key), "for_each");
    struct view v = list ? *k->outer : k->view;

    if (is_late(site->key) != k->late)
        return;
    v.judged = k->view.judged;
    add_own(k, site->key, &v);
    v.secret = rule->secret;
    v.what = rule->what;
    const struct expr_type *type = check_site(&v, site, rule->becomes);
    if (k->late)
        k->outputs[k->output++] = type;
    else if (list && site->kind == SITE_FORM)
        check_list(k, site->form, type);
}

// ---- a step and what hangs on it ----

struct descent {
    struct view view;    // of the step
    enum below only[4];  // which of its parts to look at now; ended by BELOW_TOP
};

static void check_spot(const struct spot *spot, void *ctx);

static void check_below(const struct spot *spot, void *ctx)
{
    const struct descent *d = ctx;

    for (const enum below *b = d->only; *b != BELOW_TOP; b++)
        if (*b == spot->why)
            check_spot(spot, (void *)&d->view);
}

static void check_parts(const struct spot *spot, const struct view *v, enum below x, enum below y)
{
    struct descent d = { .view = *v, .only = { x, y, BELOW_TOP } };

    spot_each_below(spot, check_below, &d);
}

// The graph looks at what its steps read, and at their checks.
static bool judged_by_graph(const struct checking *c, const struct spot *spot)
{
    const struct graph *g = c->module->graph;

    if (graph_vertex(g, spot->step))
        return true;
    return spot->around && spot_is_check(spot) && graph_vertex(g, spot->around->step);
}

// What hangs on a step is judged where the step stands; after its action it sees its
// result too.
static struct view view_below(const struct step_check *k, bool after)
{
    struct view below = k->view;
    const struct vertex *v = graph_vertex(k->view.c->module->graph, k->step);

    if (v)
        below.reading.vertex = v;
    below.reading.after |= after;
    if (after && k->result)
        below.result = k->result;
    if (after && k->before)
        below.before = k->before;
    return below;
}

static void check_outputs(struct step_check *k)
{
    struct arena *a = k->view.c->arena;
    struct str id = k->step->id.str;

    k->outputs = NEW_ARRAY(a, const struct expr_type *, k->step->more->outputs.count + 1);
    k->late = true;
    if (k->step->more->outputs.count)
        step_each_site(k->step, see_site, k);
    if (id.n == 0 || map_get(k->view.c->types->steps, id))
        return;
    struct checked_step *checked = NEW(a, struct checked_step);
    *checked = (struct checked_step){ .step = k->step, .outputs = k->outputs };
    map_put(k->view.c->types->steps, id, checked);
}

static void check_steps_below(const struct spot *spot, const struct view *v)
{
    struct view rescue = *v;

    rescue.roots |= ROOT_RUN_END;
    check_parts(spot, v, BELOW_STEPS, BELOW_TOP);
    check_parts(spot, &rescue, BELOW_RESCUE, BELOW_TOP);
    check_parts(spot, v, BELOW_ALWAYS, BELOW_TOP);
}

static void check_action_keys(const struct view *v, const struct step *s)
{
    const struct node *map = s->action_node && s->action_node->kind == NODE_MAP ? s->action_node
                                                                                : NULL;
    const struct node *json = map ? node_get(map, "json") : NULL;
    const struct node *params = map ? node_get(map, "params") : NULL;

    if (json)
        view_keys(v, json);
    if (params)
        view_keys(v, params);
}

static const struct expr_type *own_result(struct checking *c, const struct step *s)
{
    if (s->kind != STEP_ACTION || !s->action)
        return result_type(c->program, s, c->arena);
    if (c->last_action != s->action)
        c->last_result = result_type(c->program, s, c->arena);
    c->last_action = s->action;
    return c->last_result;
}

// Outputs and verify of a group read its children, so these come first.
static void check_spot(const struct spot *spot, void *ctx)
{
    const struct view *outer = ctx;
    const struct step *s = spot->step;
    struct checking *c = outer->c;
    struct step_check k = { .view = *outer,
                            .outer = outer,
                            .step = s,
                            .result = own_result(c, s),
                            .before = before_type(s, c->arena) };

    if (s->more->for_each)
        add_item(&k, s->more->for_each);
    check_step_rules(c, spot);
    k.view.judged = judged_by_graph(c, spot);
    check_action_keys(&k.view, s);
    step_each_site(s, see_site, &k);
    struct view early = view_below(&k, false), after = view_below(&k, true), undo = after;
    undo.reading.undoes = s;
    check_parts(spot, &early, BELOW_DONE_IF, BELOW_BEFORE);
    check_steps_below(spot, &k.view);
    check_outputs(&k);
    check_parts(spot, &after, BELOW_VERIFY, BELOW_TOP);
    check_parts(spot, &undo, BELOW_UNDO, BELOW_TOP);
}

// ---- areas ----

static struct view view_of_area(struct checking *c, const struct spot *top)
{
    static const enum phase phases[] = {
        [AREA_REQUIRES] = PHASE_CHECKLIST, [AREA_CHECKLIST] = PHASE_CHECKLIST,
        [AREA_TRIGGER] = PHASE_CHECKLIST,  [AREA_PREPARE] = PHASE_PREPARE,
        [AREA_STEPS] = PHASE_STEPS,        [AREA_VERIFY] = PHASE_VERIFY,
        [AREA_UNDONE] = PHASE_UNDONE,      [AREA_ALWAYS] = PHASE_ALWAYS,
        [AREA_HOOK] = PHASE_ALWAYS,
    };
    struct view v = { .c = c, .roots = ROOTS_STEP, .reading.phase = phases[top->area] };

    if (top->area == AREA_TRIGGER)
        v.roots = ROOTS_PLAIN | ROOT_SECRETS;
    if (top->area == AREA_REQUIRES || top->area == AREA_CHECKLIST)
        v.roots &= ~(unsigned)ROOT_STEPS;
    if (top->area == AREA_ALWAYS || top->area == AREA_HOOK)
        v.roots |= ROOT_RUN_END;
    if (top->area == AREA_HOOK && str_is(str_from(top->hook), "start"))
        v.reading.phase = PHASE_CHECKLIST;
    if (top->area == AREA_HOOK && str_is(str_from(top->hook), "waiting"))
        v.roots |= ROOT_CONTACT;
    return v;
}

static void check_top(const struct spot *top, void *ctx)
{
    struct view v = view_of_area(ctx, top);

    check_spot(top, &v);
}

void check_module(const struct program *p, struct module *m, struct arena *types, struct diags *ds)
{
    struct checking c = { .program = p, .module = m, .arena = types, .ds = ds };

    m->types = types_new(types, m->rb);
    c.types = m->types;
    if (m->of_project)
        types_any(m->types);
    check_data(&c);
    runbook_each_top(m->rb, check_top, &c);
    check_outcome(&c);
    check_runbook_rules(&c);
}
