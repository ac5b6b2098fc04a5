#include "load/known.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"

struct known {
    struct value inputs, vars;
};

static bool get(const struct scope *s, struct str name, struct arena *a, struct value *out,
                struct str *why)
{
    const struct known *k = s->ctx;

    (void)a;
    *out = str_is(name, "inputs") ? k->inputs : k->vars;
    if (str_is(name, "inputs") || str_is(name, "vars"))
        return true;
    *why = STR("it is not known yet");
    return false;
}

static bool evaluate(const struct known *k, const struct expr *e, struct arena *a, struct str *out)
{
    struct scope s = { .get = get, .ctx = (void *)k };
    struct expr_error ignored;
    struct value v;

    return k && expr_eval(e, &s, a, &v, &ignored) && value_to_text(v, a, out);
}

static bool is_plain(struct str s, const char *also)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isalnum((unsigned char)s.s[i]) && !strchr("_-.", s.s[i]) && !strchr(also, s.s[i]))
            return false;
    return s.n > 0;
}

// [also] NULL: any value may stand in it.
static struct str filled(const struct known *k, const struct template *t, const char *also,
                         struct arena *a)
{
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; t && i < t->count; i++) {
        const struct template_part *part = &t->parts[i];
        struct str text = part->literal;
        bool known = !part->expr ||
                     (evaluate(k, part->expr, a, &text) && (!also || is_plain(text, also)));
        buf_add(&b, known ? text : str_slice(t->text.str, part->start, part->end));
    }
    return buf_take(&b, a);
}

struct str known_words(const struct known *k, const struct template *t, struct arena *a)
{
    return filled(k, t, NULL, a);
}

struct str known_plain(const struct known *k, const struct template *t, const char *also,
                       struct arena *a)
{
    return filled(k, t, also, a);
}

struct str known_map(const struct known *k, const struct list *map, struct arena *a)
{
    struct buf b = BUF_EMPTY;

    LIST_EACH(const struct words_entry, e, *map)
    {
        struct str text = known_words(k, e->words, a);
        buf_format(&b, "%s%.*s: %.*s", b.n ? ", " : "", STR_ARG(e->entry.key.str), STR_ARG(text));
    }
    return buf_take(&b, a);
}

// In file order: a var may read those before it.
const struct known *known_new(const struct runbook *rb, struct value inputs, struct arena *a)
{
    struct known *k = NEW(a, struct known);
    struct value none = value_finish(value_map_start(a));
    struct value_builder *vars = value_map_start(a);
    struct scope s = { .get = get, .ctx = k };

    *k = (struct known){ inputs.kind == VALUE_MAP ? inputs : none, none };
    LIST_EACH(const struct form_entry, e, rb->vars)
    {
        struct expr_error ignored;
        struct value v;
        if (!form_fill(e->form, &s, a, &v, &ignored))
            continue;
        value_put(vars, value_string(e->entry.key.str), v);
        k->vars = value_finish(vars);
    }
    return k;
}

static const struct form *given_with(const struct step *use, struct str name)
{
    LIST_EACH(const struct form_entry, e, use->more->with)
    if (str_equal(e->entry.key.str, name))
        return e->form;
    return NULL;
}

const struct known *known_used(const struct known *outer, const struct step *use,
                               const struct runbook *rb, struct arena *a)
{
    const struct known nothing = { value_finish(value_map_start(a)),
                                   value_finish(value_map_start(a)) };
    struct scope s = { .get = get, .ctx = (void *)(outer ? outer : &nothing) };
    struct value_builder *b = value_map_start(a);

    LIST_EACH(const struct input, in, rb->inputs)
    {
        const struct form *given = given_with(use, in->entry.key.str);
        const struct form *form = given ? given : in->fallback;
        struct expr_error ignored;
        struct value v;
        bool may = form && in->secret != YES && (given || form->kind == FORM_CONSTANT);
        if (may && form_fill(form, &s, a, &v, &ignored))
            value_put(b, value_string(in->entry.key.str), v);
    }
    return known_new(rb, value_finish(b), a);
}
