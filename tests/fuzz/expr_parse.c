// Any bytes as an expression and as a template: read, checked, asked what they refer to.

#include "base/arena.h"
#include "expr/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct expr_type *any_type(const struct check_scope *s, struct str name,
                                        struct arena *a, struct str *why)
{
    (void)s, (void)name, (void)a, (void)why;
    return expr_dyn;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(NULL);
    struct diags ds = { .arena = a };
    struct text text = text_bare(str_copy(a, (struct str){ (const char *)data, size }));
    struct check_scope scope = { .type = any_type };
    size_t count;

    const struct expr *e = expr_parse(a, &text, &ds);
    if (e) {
        expr_check_condition(e, &scope, a, &ds);
        expr_refs(e, &count);
    }
    const struct template *t = template_parse(a, &text, &ds);
    if (t)
        template_check(t, &scope, a, &ds);
    condition_parse(a, &text, &ds);
    arena_free(a);
    return 0;
}
