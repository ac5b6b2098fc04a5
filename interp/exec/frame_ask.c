#include "exec/frame_ask.h"

#include "base/arena.h"
#include "load/input.h"

struct asking {
    const int *stop;
    struct question q;
    struct answer answer;
    struct arena *arena;
    bool answered;
};

static void heard(struct question *q, const struct answer *a)
{
    struct asking *k = q->owner;

    k->answer = *a;
    k->answer.text = str_copy(k->arena, a->text);
    k->answered = true;
}

static bool is_given(const struct input *in, const struct given *given, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(given[i].name, in->entry.key.str))
            return true;
    return false;
}

static struct str default_text(const struct input *in)
{
    const struct form *f = in->fallback;

    if (in->secret == YES)
        return STR("***");
    return f ? f->text.str : STR("");
}

// One question; an empty answer where there is a default leaves the default.
static bool ask_once(const struct input *in, struct str why, struct asker *k, struct loop *l,
                     struct asking *g)
{
    struct str prompt = in->prompt.str;

    g->answered = false;
    g->q = (struct question){
        .kind = QUESTION_PROMPT,
        .id = in->entry.key.str,
        .title = in->entry.key.str,
        .message = why.n ? str_format(g->arena, "%.*s (it %.*s)", STR_ARG(prompt), STR_ARG(why))
                         : prompt,
        .input_type = in->type,
        .fallback = default_text(in),
        .has_fallback = in->fallback != NULL,
        .hidden = in->secret == YES,
        .asked_ms = loop_now_ms(l),
        .answer = heard,
        .owner = g,
    };
    k->ask(k, &g->q);
    while (!g->answered && !*g->stop && loop_turn(l))
        ;
    if (!g->answered && *g->stop)  // the terminal is as it was before
        k->withdraw(k, &g->q);
    return g->answered && g->answer.kind == ANSWER_VALUE;
}

static bool ask(const struct input *in, struct asker *k, struct loop *l, const int *stop,
                struct arena *a, struct given *out)
{
    struct asking *g = NEW(a, struct asking);
    struct refusal why = { 0 };
    struct scope none = { 0 };
    struct value v;

    g->arena = a;
    g->stop = stop;
    while (ask_once(in, why.message, k, l, g)) {
        struct str text = g->answer.text;
        if (in->fallback && str_equal(text, default_text(in)))
            return false;
        if (!input_from_text(in, text, a, &v, &why) || !input_allows(in, v, &none, a, &why))
            continue;
        *out = (struct given){ .name = in->entry.key.str, .text = text };
        if (in->secret == YES)
            out->has_value = true, out->value = v;
        return true;
    }
    return false;
}

static bool is_among(const struct input *in, struct value only)
{
    if (only.kind != VALUE_LIST)
        return true;
    for (size_t i = 0; i < value_size(only); i++)
        if (str_equal(value_item(only, i).s, in->entry.key.str))
            return true;
    return false;
}

const struct given *frame_ask(const struct module *m, bool drill, struct value only,
                              struct asker *k, struct loop *l, const int *stop,
                              const struct given *given, size_t *count, struct arena *a)
{
    const struct list *list = &m->rb->inputs;
    const struct input *inputs = list->items;
    struct given *all = NEW_ARRAY(a, struct given, *count + list->count);
    size_t n = *count;

    for (size_t i = 0; i < n; i++)
        all[i] = given[i];
    for (size_t i = 0; i < list->count && !*stop; i++)
        if (inputs[i].prompt.str.n && is_among(&inputs[i], only) &&
            !is_given(&inputs[i], given, *count) &&
            !(drill && input_drilled(m->rb, inputs[i].entry.key.str)))
            n += ask(&inputs[i], k, l, stop, a, &all[n]);
    *count = n;
    return all;
}
