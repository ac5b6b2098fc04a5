// Inputs: what was given, else the default, as a value of the declared type.

#include <unistd.h>

#include "base/arena.h"
#include "base/mask.h"
#include "base/near.h"
#include "exec/frame_parts.h"
#include "load/input.h"
#include "value/fields.h"
#include "value/json.h"

struct taking {
    struct frame *f;
    const struct given *given;
    size_t count;
    struct str base;
    struct scope scope;
    struct arena *arena;
    struct diags *ds;
    struct value_builder *inputs;  // those that were taken so far
    struct value_builder *given_names, *given_secrets;
    bool ok;
};

static const struct given *given_for(const struct taking *t, struct str name)
{
    for (size_t i = t->count; i-- > 0;)  // the last one counts
        if (str_equal(t->given[i].name, name))
            return &t->given[i];
    return NULL;
}

static void refuse(struct taking *t, const struct input *in, struct span where,
                   const struct refusal *why)
{
    struct str name = in->entry.key.str;
    struct diag *d = diag_error(t->ds, DIAG_BAD_INPUT, where, "input `%.*s` %.*s", STR_ARG(name),
                                STR_ARG(why->message));

    d->help = why->help;
    if (!where.source)
        diag_note(t->ds, d, in->entry.key.span, "it is declared here");
    t->ok = false;
}

static void missing(struct taking *t, const struct input *in)
{
    struct str name = in->entry.key.str;
    struct diag *d = diag_error(t->ds, DIAG_BAD_INPUT, in->entry.key.span,
                                "input `%.*s` is required and not given", STR_ARG(name));

    if (in->secret == YES)
        diag_help(t->ds, d, "give it in a file: --inputs FILE");
    else
        diag_help(t->ds, d, "give it: -i %.*s=VALUE", STR_ARG(name));
}

// Nothing keeps a secret: neither what was given, nor a default when its file has changed since.
static bool is_lost(const struct taking *t, const struct input *in, const struct form *form)
{
    if (list_has(t->f->given_secrets, in->entry.key.str))
        return true;
    return form && form->kind == FORM_CONSTANT && form->constant.kind == VALUE_STRING &&
           str_starts(form->constant.s, PLACEHOLDER_DEFAULT);
}

static void lost(struct taking *t, const struct input *in)
{
    struct diag *d = diag_error(t->ds, DIAG_BAD_INPUT, in->entry.key.span,
                                "input `%.*s` %s and was not kept with the run",
                                STR_ARG(in->entry.key.str),
                                in->secret == YES ? "is secret" : "held a secret");

    diag_help(t->ds, d, "give it again in a file: --inputs FILE");
    t->ok = false;
}

static bool is_there(struct taking *t, struct str dir, struct str path)
{
    return access(frame_path(dir, path, t->arena).s, F_OK) == 0;
}

// What came from outside is relative to where it was said, the rest to the runbook's folder.
static bool settle_path(struct taking *t, const struct input *in, bool outside, struct value *v,
                        struct refusal *why)
{
    const struct template *dir = t->f->module->rb->dir;
    struct str start = t->f->dir;

    if (in->type != INPUT_PATH)
        return true;
    if (outside)
        v->s = frame_path(t->base, v->s, t->arena);
    else if (dir && template_is_literal(dir))
        start = frame_path(start, dir->text.str, t->arena);
    if (in->exists == NO || is_there(t, start, v->s))
        return true;
    why->message = str_format(t->arena,
                              in->secret == YES ? "is not there" : "is `%.*s`, which is not there",
                              STR_ARG(v->s));
    return false;
}

static bool from_given(struct taking *t, const struct input *in, const struct given *g,
                       struct value *v, struct refusal *why)
{
    if (g->has_value)
        return input_from_value(in, g->value, t->arena, v, why);
    if (in->secret != YES)
        return input_from_text(in, g->text, t->arena, v, why);
    why->message = STR("is secret and cannot be given with -i, where others can see it");
    why->help = STR("give it in a file: --inputs FILE");
    return false;
}

// What is shorter cannot be told from other text, so it could not be hidden.
static bool can_be_hidden(const struct taking *t, struct value v, struct refusal *why)
{
    struct str text;

    if (!v.secret || !value_to_text(v, t->arena, &text) || text.n >= MASK_SHORTEST)
        return true;
    why->message = str_format(t->arena, "is secret and has fewer than %d characters",
                              MASK_SHORTEST);
    return false;
}

static bool can_be_kept(const struct taking *t, struct value v, struct refusal *why)
{
    struct str reason;

    if (json_keeps(v, t->arena, &reason))
        return true;
    why->message = str_format(t->arena, "cannot be kept: %.*s", STR_ARG(reason));
    return false;
}

static void put(struct taking *t, const struct input *in, struct value v)
{
    value_put(t->inputs, value_string(in->entry.key.str), v);
    t->f->inputs = value_finish(t->inputs);
}

static void take(struct taking *t, const struct input *in)
{
    const struct given *g = given_for(t, in->entry.key.str);
    const struct form *form = t->f->drill ? input_drilled(t->f->module->rb, in->entry.key.str)
                                          : NULL;
    struct refusal why = { 0 };
    struct value v;
    bool outside = g && !form;

    if (!form)
        form = in->fallback;
    if (!outside && is_lost(t, in, form)) {
        lost(t, in);
        return;
    }
    if (!outside && !form) {
        if (input_is_required(in))
            missing(t, in), t->ok = false;
        return;
    }
    bool ok = outside ? from_given(t, in, g, &v, &why)
                      : input_from_form(in, form, &t->scope, t->arena, &v, &why);
    struct span where = outside ? g->span : form->text.span;
    if (ok && settle_path(t, in, outside, &v, &why) &&
        input_allows(in, v, &t->scope, t->arena, &why) && can_be_hidden(t, v, &why) &&
        can_be_kept(t, v, &why)) {
        put(t, in, v);
        if (outside)
            value_add(t->given_names, value_string(in->entry.key.str));
        if (outside && v.secret)
            value_add(t->given_secrets, value_string(in->entry.key.str));
    } else {
        refuse(t, in, where, &why);
    }
}

static void refuse_unknown(struct taking *t, const struct given *g)
{
    const struct list *list = &t->f->module->rb->inputs;
    const struct input *inputs = list->items;

    for (size_t i = 0; i < list->count; i++)
        if (str_equal(inputs[i].entry.key.str, g->name))
            return;
    const char **words = NEW_ARRAY(t->arena, const char *, list->count + 1);
    for (size_t i = 0; i < list->count; i++)
        words[i] = str_copy(t->arena, inputs[i].entry.key.str).s;
    struct diag *d = diag_error(t->ds, DIAG_BAD_INPUT, g->span, "there is no input `%.*s`",
                                STR_ARG(g->name));
    diag_meant(t->ds, d, g->name, words);
    if (list->count == 0)
        diag_help(t->ds, d, "the runbook has no inputs");
    t->ok = false;
}

bool frame_inputs(struct frame *f, const struct given *given, size_t count, struct str base,
                  struct value now, struct arena *a, struct diags *ds)
{
    const struct list *list = &f->module->rb->inputs;
    const struct input *inputs = list->items;
    struct taking t = {
        .f = f, .given = given, .count = count, .base = base, .arena = a, .ds = ds, .ok = true
    };

    frame_begin(f, a);
    t.inputs = value_map_start(a);
    t.given_secrets = value_list_start(a);
    t.given_names = value_list_start(a);
    f->inputs = value_finish(t.inputs);
    t.scope = frame_scope(f, now, a);
    for (size_t i = 0; i < count; i++)
        refuse_unknown(&t, &given[i]);
    for (size_t i = 0; i < list->count; i++)
        take(&t, &inputs[i]);
    f->given_secrets = value_finish(t.given_secrets);
    f->given = value_finish(t.given_names);
    return t.ok;
}

// ---- with ----

static const struct input *input_named(const struct module *m, struct str name)
{
    const struct input *inputs = m->rb->inputs.items;

    for (size_t i = 0; i < m->rb->inputs.count; i++)
        if (str_equal(inputs[i].entry.key.str, name))
            return &inputs[i];
    return NULL;
}

// As it was written, where a plain scalar would lose something on the way through a number.
static bool as_written(const struct form *form, const struct input *in)
{
    return in && in->type != INPUT_LIST && form->kind == FORM_CONSTANT;
}

bool frame_with_one(const struct form_entry *e, const struct module *m, const struct scope *s,
                    struct arena *a, struct value *out, struct expr_error *err)
{
    if (!as_written(e->form, input_named(m, e->entry.key.str)))
        return form_fill(e->form, s, a, out, err);
    *out = value_string(e->form->text.str);
    return true;
}

bool frame_with(const struct step *use, const struct module *m, const struct scope *s,
                struct arena *a, struct value *out, struct expr_error *err)
{
    const struct form_entry *with = use->more->with.items;
    struct value_builder *b = value_map_start(a);

    for (size_t i = 0; i < use->more->with.count; i++) {
        struct value v;
        if (form_is_null(with[i].form))
            continue;
        if (!frame_with_one(&with[i], m, s, a, &v, err))
            return false;
        value_put(b, value_string(with[i].entry.key.str), v);
    }
    *out = value_finish(b);
    return true;
}
