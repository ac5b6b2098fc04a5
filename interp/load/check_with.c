// `with` of a use against the inputs of what it uses.

#include "base/arena.h"
#include "base/near.h"
#include "load/input.h"
#include "load/rules.h"

static const struct input *input_named(const struct runbook *rb, struct str name)
{
    const struct input *inputs = rb->inputs.items;

    for (size_t i = 0; i < rb->inputs.count; i++)
        if (str_equal(inputs[i].entry.key.str, name))
            return &inputs[i];
    return NULL;
}

static bool is_given(const struct step *use, struct str name)
{
    const struct form_entry *with = use->more->with.items;

    for (size_t i = 0; i < use->more->with.count; i++)
        if (str_equal(with[i].entry.key.str, name) &&
            !(with[i].entry.node && node_is_null(with[i].entry.node)))
            return true;
    return false;
}

static void unknown(struct checking *c, const struct step *use, const struct runbook *rb,
                    const struct text *key)
{
    const struct input *inputs = rb->inputs.items;
    const char **words = NEW_ARRAY(c->arena, const char *, rb->inputs.count + 1);

    for (size_t i = 0; i < rb->inputs.count; i++)
        words[i] = str_copy(c->arena, inputs[i].entry.key.str).s;
    struct diag *d = diag_error(c->ds, DIAG_BAD_WITH, key->span, "`%.*s` has no input `%.*s`",
                                STR_ARG(use->more->use->str), STR_ARG(key->str));
    diag_meant(c->ds, d, key->str, words);
}

// A constant is judged now; an expression when it has a value.
static void check_value(struct checking *c, const struct input *in, const struct form_entry *e)
{
    struct scope none = { 0 };
    struct refusal why = { 0 };
    struct value v;

    if (!e->form || e->form->kind != FORM_CONSTANT || node_is_null(e->entry.node))
        return;
    if (input_from_form(in, e->form, &none, c->arena, &v, &why) &&
        input_allows(in, v, &none, c->arena, &why))
        return;
    struct diag *d = diag_error(c->ds, DIAG_BAD_WITH, e->entry.node->span, "input `%.*s` %.*s",
                                STR_ARG(in->entry.key.str), STR_ARG(why.message));
    diag_help(c->ds, d, "%.*s", STR_ARG(why.help));
    diag_note(c->ds, d, in->entry.key.span, "it is declared here");
}

static struct span span_of(const struct step *s)
{
    if (s->id.span.source)
        return s->id.span;
    return s->name ? s->name->text.span : s->more->use->span;
}

static void check_missing(struct checking *c, const struct step *use, const struct runbook *rb)
{
    const struct input *inputs = rb->inputs.items;

    for (size_t i = 0; i < rb->inputs.count; i++) {
        struct str name = inputs[i].entry.key.str;
        if (!input_is_required(&inputs[i]) || is_given(use, name))
            continue;
        struct diag *d = diag_error(c->ds, DIAG_BAD_WITH, span_of(use),
                                    "`with` lacks `%.*s`, which `%.*s` requires", STR_ARG(name),
                                    STR_ARG(use->more->use->str));
        diag_help(c->ds, d, "add `with: {%.*s: ...}`", STR_ARG(name));
        diag_note(c->ds, d, inputs[i].entry.key.span, "it is declared here");
    }
}

// ---- what is taken before the run ----

struct asking {
    const struct runbook *rb;
    struct str name;
    bool found;
};

static void see(const struct expr *e, void *ctx)
{
    struct asking *q = ctx;
    size_t count;
    const struct expr_ref *refs = expr_refs(e, &count);

    for (size_t i = 0; i < count; i++)
        if (refs[i].count > 1 && str_is(refs[i].path[0], "inputs") &&
            str_equal(refs[i].path[1], q->name))
            q->found = true;
}

// Whether `lock` of [rb] reads the input.
static bool lock_reads(const struct runbook *rb, struct str name)
{
    const struct template *const *locks = rb->locks.items;
    struct asking q = { .name = name };

    for (size_t i = 0; i < rb->locks.count; i++)
        if (locks[i])
            site_each_expr(&(struct site){ .kind = SITE_WORDS, .words = locks[i] }, see, &q);
    return q.found;
}

struct finding {
    struct span span;
};

static void find_step(const struct expr *e, void *ctx)
{
    struct finding *f = ctx;
    size_t count;
    const struct expr_ref *refs = expr_refs(e, &count);

    for (size_t i = 0; i < count; i++)
        if (!f->span.source && str_is(refs[i].path[0], "steps"))
            f->span = refs[i].span;
}

static void check_lock(struct checking *c, const struct step *use, const struct runbook *rb,
                       const struct form_entry *e)
{
    struct finding f = { 0 };

    if (e->form)
        form_each(e->form, find_step, &f);
    if (f.span.source && lock_reads(rb, e->entry.key.str))
        diag_error(c->ds, DIAG_EXPR_NOT_ALLOWED_HERE, f.span,
                   "the `lock` of `%.*s` depends on this, and is taken before any step has run",
                   STR_ARG(use->more->use->str));
}

void check_with(struct checking *c, const struct step *use)
{
    const struct module *m = program_use(c->program, use);
    const struct form_entry *with = use->more->with.items;

    if (!m)
        return;
    for (size_t i = 0; i < use->more->with.count; i++) {
        const struct input *in = input_named(m->rb, with[i].entry.key.str);
        if (!in) {
            unknown(c, use, m->rb, &with[i].entry.key);
        } else {
            check_value(c, in, &with[i]);
            check_lock(c, use, m->rb, &with[i]);
        }
    }
    check_missing(c, use, m->rb);
}
