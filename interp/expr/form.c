#include "expr/form.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "expr/type.h"
#include "value/json.h"

static bool is_any(struct str s, const char *const *words)
{
    for (; *words; words++)
        if (str_is(s, *words))
            return true;
    return false;
}

static size_t count_digits(struct str s, size_t at)
{
    size_t start = at;

    while (at < s.n && s.s[at] >= '0' && s.s[at] <= '9')
        at++;
    return at - start;
}

// What the core schema takes for a number: digits, perhaps with a sign, a point and an
// exponent.
struct number {
    bool is_number, is_whole, has_plus, has_zero;  // a leading zero before more digits
};

static struct number look_at_number(struct str s)
{
    struct number n = { .is_whole = true };
    size_t at = s.n && (s.s[0] == '-' || s.s[0] == '+'), start = at;
    size_t before = count_digits(s, at), behind = 0;

    n.has_plus = s.n && s.s[0] == '+';
    n.has_zero = before > 1 && s.s[start] == '0';
    at += before;
    if (at < s.n && s.s[at] == '.') {
        behind = count_digits(s, at + 1);
        at += 1 + behind;
        n.is_whole = false;
    }
    if (before + behind == 0)
        return n;
    if (at < s.n && (s.s[at] | 32) == 'e') {
        size_t sign = at + 1 < s.n && (s.s[at + 1] == '-' || s.s[at + 1] == '+');
        size_t digits = count_digits(s, at + 1 + sign);
        if (!digits)
            return n;
        at += 1 + sign + digits;
        n.is_whole = false;
    }
    n.is_number = at == s.n;
    return n;
}

static bool based_number(struct str s, struct value *out)
{
    char text[32], *end;
    int base = str_starts(s, "0x") ? 16 : str_starts(s, "0o") ? 8 : 0;

    if (!base || s.n < 3 || s.n >= sizeof text || strchr("+- ", s.s[2]))
        return false;
    memcpy(text, s.s + 2, s.n - 2);
    text[s.n - 2] = '\0';
    errno = 0;
    *out = value_int(strtoll(text, &end, base));
    return *end == '\0' && errno == 0;
}

static bool refuse_number(const struct text *t, struct diags *ds, const char *why)
{
    struct diag *d = diag_error(ds, DIAG_BAD_LITERAL, text_span(t, 0, t->str.n), "`%.*s` %s",
                                STR_ARG(t->str), why);

    diag_help(ds, d, "quote it to keep it as text: \"%.*s\"", STR_ARG(t->str));
    return false;
}

static bool decimal_number(const struct text *t, struct number n, struct value *out,
                           struct diags *ds)
{
    char *copy = strndup(t->str.s, t->str.n);

    errno = 0;
    if (n.is_whole)
        *out = value_int(strtoll(copy, NULL, 10));
    else
        *out = value_double(strtod(copy, NULL));
    bool fits = !n.is_whole || errno == 0;
    free(copy);
    return fits || refuse_number(t, ds, "is too big for a whole number of 64 bits");
}

bool core_scalar(const struct text *t, struct value *out, struct diags *ds)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
    static const char *const trues[] = { "true", "True", "TRUE", NULL };
    static const char *const falses[] = { "false", "False", "FALSE", NULL };
    static const char *const infinities[] = { ".inf", ".Inf", ".INF", NULL };
    static const char *const nans[] = { ".nan", ".NaN", ".NAN", NULL };
    struct str s = t->str;
    bool negative = s.n && s.s[0] == '-';

    *out = VALUE_NONE;
    if (is_any(s, nulls))
        return true;
    *out = value_bool(is_any(s, trues));
    if (out->b || is_any(s, falses))
        return true;
    *out = value_double(is_any(s, nans) ? NAN : negative ? -INFINITY : INFINITY);
    if (is_any(s, nans) || is_any(str_slice(s, negative, s.n), infinities))
        return true;
    if (based_number(s, out))
        return true;
    struct number n = look_at_number(s);
    if (n.is_number && n.has_plus)
        return refuse_number(t, ds, "is a number with a plus sign");
    if (n.is_number && n.has_zero)
        return refuse_number(t, ds, "is a number with a leading zero");
    if (n.is_number)
        return decimal_number(t, n, out, ds);
    *out = value_string(s);
    return true;
}

static struct str literal_text(const struct template *t, struct arena *a)
{
    struct str out = STR("");

    for (size_t i = 0; i < t->count; i++)
        out = i ? str_format(a, "%.*s%.*s", STR_ARG(out), STR_ARG(t->parts[i].literal))
                : t->parts[i].literal;
    return out;
}

static bool read_scalar(struct form *f, struct arena *a, struct diags *ds)
{
    const struct text *text = &f->text;
    struct template *t = template_parse(a, text, ds);

    if (!t)
        return false;
    if (!template_is_literal(t)) {
        f->kind = FORM_TEMPLATE;
        f->template = t;
        return true;
    }
    f->kind = FORM_CONSTANT;
    if (!text->quoted && str_search(text->str, STR("${{")) == SIZE_MAX)
        return core_scalar(text, &f->constant, ds);
    f->constant = value_string(literal_text(t, a));
    return true;
}

static bool read_form(struct form *f, const struct node *n, struct arena *a, struct diags *ds);

static bool read_items(struct form *f, const struct node *n, struct arena *a, struct diags *ds)
{
    bool ok = true;
    size_t i = 0;

    f->kind = n->kind == NODE_LIST ? FORM_LIST : FORM_MAP;
    f->count = node_count(n);
    f->items = NEW_ARRAY(a, struct form, f->count);
    if (f->kind == FORM_MAP)
        f->keys = NEW_ARRAY(a, struct text, f->count);
    for (const struct node *item = n->first; item; item = item->next, i++) {
        if (f->kind == FORM_MAP)
            f->keys[i] = item->key->text;
        ok &= read_form(&f->items[i], item, a, ds);
    }
    return ok;
}

static bool read_form(struct form *f, const struct node *n, struct arena *a, struct diags *ds)
{
    f->text.span = n->span;
    if (n->refused)
        return false;
    if (n->kind != NODE_SCALAR)
        return read_items(f, n, a, ds);
    f->text = n->text;
    return read_scalar(f, a, ds);
}

struct form *form_read(struct arena *a, const struct node *n, struct diags *ds)
{
    struct form *f = NEW(a, struct form);

    return read_form(f, n, a, ds) ? f : NULL;
}

bool form_is_null(const struct form *f)
{
    return f->kind == FORM_CONSTANT && text_is_null(&f->text);
}

// What is filled in is kept with a run, which goes on with it after a resume.
static bool fill_template(const struct form *f, const struct scope *s, struct arena *a,
                          struct value *out, struct expr_error *err)
{
    struct str why;

    if (!template_eval(f->template, s, a, out, err))
        return false;
    if (json_keeps(*out, a, &why))
        return true;
    *err = (struct expr_error){
        .span = f->text.span,
        .message = str_format(a, "the value cannot be kept: %.*s", STR_ARG(why)),
        .help = STR("keep its text instead: ${{ toJson(...) }}"),
    };
    return false;
}

bool form_fill(const struct form *f, const struct scope *s, struct arena *a, struct value *out,
               struct expr_error *err)
{
    if (f->kind == FORM_TEMPLATE)
        return fill_template(f, s, a, out, err);
    if (f->kind == FORM_CONSTANT) {
        *out = f->constant;
        return true;
    }
    struct value_builder *b = f->kind == FORM_LIST ? value_list_start(a) : value_map_start(a);
    for (size_t i = 0; i < f->count; i++) {
        struct value v;
        if (!form_fill(&f->items[i], s, a, &v, err))
            return false;
        if (f->kind == FORM_LIST)
            value_add(b, v);
        else
            value_put(b, value_string(f->keys[i].str), v);
    }
    *out = value_finish(b);
    return true;
}

static const struct expr_type *check_list(const struct form *f, const struct check_scope *s,
                                          struct arena *a, struct diags *ds)
{
    const struct expr_type *item = NULL;
    bool ok = true, mixed = false;

    for (size_t i = 0; i < f->count; i++) {
        const struct expr_type *t = form_check(&f->items[i], s, a, ds);
        ok &= t != NULL;
        mixed |= item && t && (item->kind != t->kind || t->count || t->fields);
        item = t;
    }
    return ok ? expr_list_of(a, item && !mixed ? item : expr_dyn) : NULL;
}

static const struct expr_type *check_map(const struct form *f, const struct check_scope *s,
                                         struct arena *a, struct diags *ds)
{
    struct expr_field *fields = NEW_ARRAY(a, struct expr_field, f->count + 1);
    bool ok = true;

    for (size_t i = 0; i < f->count; i++) {
        const struct expr_type **type = NEW(a, const struct expr_type *);
        *type = form_check(&f->items[i], s, a, ds);
        ok &= *type != NULL;
        fields[i] = (struct expr_field){ str_copy(a, f->keys[i].str).s,
                                         (const struct expr_type *const *)type, NULL };
    }
    return ok ? expr_object(a, "the map", fields, DIAG_UNKNOWN_NAME) : NULL;
}

const struct expr_type *form_check(const struct form *f, const struct check_scope *s,
                                   struct arena *a, struct diags *ds)
{
    switch (f->kind) {
    case FORM_TEMPLATE:
        return template_check(f->template, s, a, ds);
    case FORM_LIST:
        return check_list(f, s, a, ds);
    case FORM_MAP:
        return check_map(f, s, a, ds);
    default:
        return type_of_value(f->constant, a);
    }
}

void form_each(const struct form *f, void (*see)(const struct expr *e, void *ctx), void *ctx)
{
    for (size_t i = 0; f->kind == FORM_TEMPLATE && i < f->template->count; i++)
        if (f->template->parts[i].expr)
            see(f->template->parts[i].expr, ctx);
    for (size_t i = 0; (f->kind == FORM_LIST || f->kind == FORM_MAP) && i < f->count; i++)
        form_each(&f->items[i], see, ctx);
}
