// Triggers: their expressions, and the steps that a level consents to.

#include "base/arena.h"
#include "base/near.h"
#include "load/rules.h"

static struct view view_of(struct checking *c)
{
    return (struct view){ .c = c,
                          .roots = ROOTS_PLAIN | ROOT_SECRETS,
                          .secret = true,
                          .what = "a trigger",
                          .reading.phase = PHASE_CHECKLIST };
}

static struct view with_result(struct checking *c, const struct step *source)
{
    struct view v = view_of(c);

    v.result = source ? result_type(c->program, source, c->arena) : NULL;
    v.roots |= v.result ? ROOT_RESULT : 0;
    return v;
}

// ---- consent ----

struct finding {
    struct str id;
    const struct step *step;
};

static void see(const struct spot *spot, void *ctx)
{
    struct finding *f = ctx;

    if (!f->step && str_equal(spot->step->id.str, f->id))
        f->step = spot->step;
}

static bool is_checklist_item(const struct runbook *rb, struct str id)
{
    if (!str_starts(id, "checklist_"))
        return false;
    struct str digits = str_slice(id, sizeof "checklist_" - 1, id.n);
    size_t number = 0;
    for (size_t i = 0; i < digits.n; i++) {
        if (digits.s[i] < '0' || digits.s[i] > '9' || number > rb->checklist.count)
            return false;
        number = number * 10 + (size_t)(digits.s[i] - '0');
    }
    return digits.n && number >= 1 && number <= rb->checklist.count;
}

static const char *why_not(const struct step *s)
{
    if (s->more->approve)
        return "an `approve` is answered by people, not in advance";
    if (!s->more->confirm)
        return "it asks for no confirm";
    if (s->more->confirm->danger == DANGER_SEVERE)
        return "its confirm is `severe`, which nobody can consent to in advance";
    return NULL;
}

static void refuse(struct checking *c, const struct text *id, const char *why)
{
    struct diag *d = diag_error(c->ds, DIAG_CONFLICTING_FIELDS, id->span,
                                "`consent` cannot name `%.*s`", STR_ARG(id->str));

    diag_help(c->ds, d, "%s", why);
}

static void check_consent(struct checking *c, const struct text *id)
{
    const struct runbook *rb = c->module->rb;
    struct finding f = { .id = id->str };

    if (is_checklist_item(rb, id->str) || str_find(id->str, '.') != SIZE_MAX)
        return;
    if (str_is(id->str, "run")) {
        if (!rb->confirm)
            refuse(c, id, "the runbook has no `confirm` at the top");
        else if (rb->confirm->danger == DANGER_SEVERE)
            refuse(c, id, "its confirm is `severe`, which nobody can consent to in advance");
        return;
    }
    runbook_each_spot(rb, see, &f);
    if (!f.step)
        graph_unknown_step(c->module->graph, id->str, id->span, c->ds);
    else if (why_not(f.step))
        refuse(c, id, why_not(f.step));
}

// ---- one trigger ----

static void check_level(struct checking *c, const struct trigger *t, const struct level *l)
{
    struct view v = with_result(c, t->source);
    const struct text *consent = l->consent.items;

    v.roots |= ROOT_VALUE;
    view_condition(&v, l->when);
    view_condition(&v, l->clear);
    view_amount(&v, l->hold);
    view_amount(&v, l->keep_for);
    view_amount(&v, l->timeout);
    for (size_t i = 0; i < l->consent.count; i++)
        check_consent(c, &consent[i]);
}

static void check_arm(struct checking *c, const struct trigger *t)
{
    if (!t->arm)
        return;
    struct view plain = view_of(c), v = with_result(c, t->source);
    const struct subject *s = t->arm->subject;
    view_amount(&plain, t->arm->delay);
    view_amount(&plain, t->arm->window);
    if (!s)
        return;
    if (s->source)
        v = with_result(c, s->source);
    view_expr(&v, s->value);
}

static void check_inputs(struct checking *c, const struct trigger *t)
{
    const struct form_entry *e = t->inputs.items;
    const struct list *list = &c->module->rb->inputs;
    const struct input *inputs = list->items;
    const char **words = NEW_ARRAY(c->arena, const char *, list->count + 1);
    struct view v = with_result(c, t->source);

    v.roots |= ROOT_VALUE;
    for (size_t i = 0; i < list->count; i++)
        words[i] = str_copy(c->arena, inputs[i].entry.key.str).s;
    for (size_t i = 0; i < t->inputs.count; i++) {
        const struct text *key = &e[i].entry.key;
        bool known = false;
        for (size_t j = 0; j < list->count && !known; j++)
            known = str_is(key->str, words[j]);
        view_form(&v, e[i].form);
        if (known)
            continue;
        struct diag *d = diag_error(c->ds, DIAG_UNKNOWN_NAME, key->span,
                                    "input `%.*s` does not exist", STR_ARG(key->str));

        diag_meant(c->ds, d, key->str, words);
    }
}

static void check_trigger(struct checking *c, const struct trigger *t)
{
    struct view v = with_result(c, t->source), plain = view_of(c);
    const struct level *levels = t->levels.items;
    const struct amount *amounts[] = { t->every, t->timeout, t->cooldown, t->max_fires,
                                       t->dry_run };

    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++)
        view_amount(&plain, amounts[i]);
    if (t->missing)
        view_amount(&plain, t->missing->hold);
    view_expr(&v, t->value);
    v.roots |= ROOT_VALUE;
    view_condition(&v, t->valid_if);
    check_arm(c, t);
    for (size_t i = 0; i < t->levels.count; i++)
        check_level(c, t, &levels[i]);
    check_inputs(c, t);
}

void check_triggers(struct checking *c)
{
    const struct trigger *t = c->module->rb->triggers.items;

    for (size_t i = 0; i < c->module->rb->triggers.count; i++)
        check_trigger(c, &t[i]);
}
