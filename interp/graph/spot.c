#include "graph/spot.h"

struct visit {
    void (*see)(const struct spot *s, void *ctx);
    void *ctx;
};

static void see_steps(const struct visit *v, const struct step *steps, size_t count,
                      struct spot like)
{
    for (size_t i = 0; i < count; i++) {
        struct spot s = like;
        s.step = &steps[i];
        if (steps[i].span.source)  // else it could not be read
            v->see(&s, v->ctx);
    }
}

static void see_list(const struct visit *v, const struct list *list, struct spot like)
{
    see_steps(v, list->items, list->count, like);
}

void spot_each_below(const struct spot *s, void (*see)(const struct spot *s, void *ctx), void *ctx)
{
    const struct visit v = { see, ctx };
    const struct step *step = s->step;
    const struct before *before = step->more->before.items;
    struct spot like = *s;

    like.around = s;
    like.why = BELOW_DONE_IF;
    if (step->more->done_if && step->more->done_if->check)
        see_steps(&v, step->more->done_if->check, 1, like);
    like.why = BELOW_BEFORE;
    for (size_t i = 0; i < step->more->before.count; i++)
        if (before[i].check)
            see_steps(&v, before[i].check, 1, like);
    like.why = BELOW_STEPS;
    see_list(&v, &step->more->steps, like);
    like.why = BELOW_VERIFY;
    see_list(&v, &step->more->verify, like);
    like.why = BELOW_RESCUE;
    see_list(&v, &step->more->rescue, like);
    like.why = BELOW_ALWAYS;
    see_list(&v, &step->more->always, like);
    like.why = BELOW_UNDO;
    see_list(&v, &step->more->undo.steps, like);
}

static void see_hooks(const struct visit *v, const struct hooks *h)
{
    if (!h)
        return;
    const struct {
        const char *name;
        const struct list *steps;
    } kinds[] = {
        { "start", &h->start },     { "progress", &h->progress }, { "waiting", &h->waiting },
        { "trigger", &h->trigger }, { "success", &h->success },   { "failure", &h->failure },
        { "undone", &h->undone },
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        see_list(v, kinds[i].steps, (struct spot){ .area = AREA_HOOK, .hook = kinds[i].name });
}

static void see_triggers(const struct visit *v, const struct runbook *rb)
{
    const struct trigger *triggers = rb->triggers.items;

    for (size_t i = 0; i < rb->triggers.count; i++) {
        struct spot like = { .area = AREA_TRIGGER, .trigger = &triggers[i] };
        if (triggers[i].source)
            see_steps(v, triggers[i].source, 1, like);
        if (triggers[i].arm && triggers[i].arm->subject && triggers[i].arm->subject->source)
            see_steps(v, triggers[i].arm->subject->source, 1, like);
    }
}

void runbook_each_top(const struct runbook *rb, void (*see)(const struct spot *s, void *ctx),
                      void *ctx)
{
    const struct visit v = { see, ctx };
    const struct check_item *items = rb->checklist.items;

    if (rb->requires)
        see_list(&v, &rb->requires->checks, (struct spot){ .area = AREA_REQUIRES });
    for (size_t i = 0; i < rb->checklist.count; i++)
        if (items[i].check)
            see_steps(&v, items[i].check, 1, (struct spot){ .area = AREA_CHECKLIST });
    see_list(&v, &rb->prepare, (struct spot){ .area = AREA_PREPARE });
    see_list(&v, &rb->steps, (struct spot){ .area = AREA_STEPS });
    see_list(&v, &rb->verify, (struct spot){ .area = AREA_VERIFY });
    see_list(&v, &rb->undone, (struct spot){ .area = AREA_UNDONE });
    see_list(&v, &rb->always, (struct spot){ .area = AREA_ALWAYS });
    see_hooks(&v, rb->hooks);
    see_triggers(&v, rb);
}

static void descend(const struct spot *s, void *ctx)
{
    const struct visit *v = ctx;

    v->see(s, v->ctx);
    spot_each_below(s, descend, ctx);
}

void runbook_each_spot(const struct runbook *rb, void (*see)(const struct spot *s, void *ctx),
                       void *ctx)
{
    struct visit v = { see, ctx };

    runbook_each_top(rb, descend, &v);
}

bool spot_is_check(const struct spot *s)
{
    if (s->why == BELOW_DONE_IF || s->why == BELOW_BEFORE || s->why == BELOW_VERIFY)
        return true;
    return !s->around &&
           (s->area == AREA_REQUIRES || s->area == AREA_CHECKLIST || s->area == AREA_TRIGGER ||
            s->area == AREA_VERIFY || s->area == AREA_UNDONE);
}

bool spot_is_in(const struct spot *s, enum below why)
{
    for (; s; s = s->around)
        if (s->why == why)
            return true;
    return false;
}
