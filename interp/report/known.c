#include "report/known.h"

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

struct str known_words(const struct known *k, const struct template *t, struct arena *a)
{
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; t && i < t->count; i++) {
        const struct template_part *part = &t->parts[i];
        struct str text = part->literal.str;
        if (part->expr && !evaluate(k, part->expr, a, &text))
            text = str_slice(t->text.str, part->start, part->end);
        buf_add(&b, text);
    }
    return buf_take(&b, a);
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
