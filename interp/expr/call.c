// Calls: the overload that takes these arguments is found and called.

#include "base/arena.h"
#include "base/buf.h"
#include "expr/eval.h"
#include "expr/function.h"

static inline bool takes(const struct expr_type *type, struct value v)
{
    return type->values >> v.kind & 1;
}

// Where the last parameter may be repeated, it stands for all arguments behind it, too.
static bool fits(const struct function *f, const struct value *args, size_t count)
{
    const struct expr_type *const *param = f->params;
    const struct expr_type *last = NULL;

    for (size_t i = 0; i < count; i++) {
        if (*param)
            last = *param++;
        else if (!(f->flags & FUNCTION_ANY_COUNT) || !last)
            return false;
        if (!takes(last, args[i]))
            return false;
    }
    return !*param;
}

static bool no_overload(struct eval *ev, const struct term *t, const struct value *args)
{
    struct buf kinds = BUF_EMPTY;

    for (size_t i = t->member; i < t->count; i++) {
        buf_add_s(&kinds, i > t->member ? ", " : "");
        buf_add_s(&kinds, value_kind_words(args[i].kind));
    }
    if (!kinds.n)
        buf_add_s(&kinds, "nothing");
    if (t->member)
        eval_fail_at(ev, t, "`%.*s` of %s does not take (%.*s)", STR_ARG(t->name),
                     value_kind_words(args[0].kind), STR_ARG(buf_str(&kinds)));
    else
        eval_fail_at(ev, t, "`%.*s` does not take (%.*s)", STR_ARG(t->name),
                     STR_ARG(buf_str(&kinds)));
    buf_free(&kinds);
    return false;
}

enum { FEW_ARGUMENTS = 4 };

bool eval_call(struct eval *ev, const struct term *t, struct value *out)
{
    struct value few[FEW_ARGUMENTS], *args = few;
    bool secret = false;

    if (t->count > FEW_ARGUMENTS) {
        struct value_list *many = eval_list(ev, t->count);
        if (!many)
            return false;
        args = many->items;
    }
    for (size_t i = 0; i < t->count; i++) {
        if (!eval_term(ev, t->args[i], &args[i]) || !eval_solid(ev, &args[i]))
            return false;
        secret |= args[i].secret;
    }
    if (!eval_step(ev))
        return false;
    for (const struct function *const *f = t->functions; *f; f++) {
        if (!fits(*f, args, t->count))
            continue;
        ev->at = t;
        if (!(*f)->call(ev, args, t->count, out))
            return false;
        if (secret) {
            out->secret = true;
            if (out->kind < VALUE_LIST)  // a list or map: what is taken out of it
                eval_made_secret(ev, *out);
        }
        return true;
    }
    return no_overload(ev, t, args);
}

bool eval_unknown_call(struct eval *ev, const struct term *t, struct value *out)
{
    (void)out;
    return eval_fail_at(ev, t, "there is no function `%.*s`", STR_ARG(t->name));
}
