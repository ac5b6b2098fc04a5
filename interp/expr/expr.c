#include "expr/expr.h"

#include "base/arena.h"
#include "expr/parse.h"
#include "expr/resolve.h"

static struct expr *parse(struct arena *a, const struct text *t, struct expr set, struct diags *ds)
{
    struct expr *e = NEW(a, struct expr);

    *e = set;
    e->text = *t;
    e->arena = a;
    e->term = parse_terms(a, t, ds);
    if (!e->term)
        return NULL;
    return resolve_terms(e, ds) ? e : NULL;
}

struct expr *expr_parse(struct arena *a, const struct text *t, struct diags *ds)
{
    return parse(a, t, (struct expr){ 0 }, ds);
}

struct expr *expr_parse_in(struct arena *a, const struct text *t, struct str name_space,
                           struct diags *ds)
{
    return parse(a, t, (struct expr){ .container = name_space, .is_qualified = true }, ds);
}
