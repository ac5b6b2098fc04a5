#include "load/input.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/mask.h"

// ---- types ----

struct input_kind {
    const char *word;  // as it is written in a runbook
    const char *what;  // as a person is told
    const char *example;
    enum value_kind kind;
    const struct expr_type *const *type;
    bool (*read)(struct str text, struct arena *a, struct value *out);
};

static bool digits(struct str s, size_t *at)
{
    size_t from = *at;

    while (*at < s.n && isdigit((unsigned char)s.s[*at]))
        ++*at;
    return *at > from;
}

// integer = "-"? ("0" | [1-9][0-9]*)
static bool integer_part(struct str s, size_t *at)
{
    if (*at < s.n && s.s[*at] == '-')
        ++*at;
    bool zero = *at < s.n && s.s[*at] == '0';
    size_t from = *at;
    return digits(s, at) && !(zero && *at - from > 1);
}

static bool read_int(struct str s, struct arena *a, struct value *out)
{
    size_t at = 0;

    if (!integer_part(s, &at) || at != s.n)
        return false;
    errno = 0;
    *out = value_int(strtoll(str_copy(a, s).s, NULL, 10));
    return errno == 0;
}

// number = integer ("." digits)? ([eE] [+-]? digits)?
static bool read_number(struct str s, struct arena *a, struct value *out)
{
    size_t at = 0;
    bool ok = integer_part(s, &at);

    if (ok && at < s.n && s.s[at] == '.')
        ok = digits(s, (at++, &at));
    if (ok && at < s.n && (s.s[at] | 0x20) == 'e') {
        at++;
        if (at < s.n && (s.s[at] == '+' || s.s[at] == '-'))
            at++;
        ok = digits(s, &at);
    }
    if (!ok || at != s.n)
        return false;
    errno = 0;
    *out = value_double(strtod(str_copy(a, s).s, NULL));
    return errno == 0 || out->d == 0;
}

static bool read_bool(struct str s, struct arena *a, struct value *out)
{
    (void)a;
    *out = value_bool(str_is(s, "true"));
    return str_is(s, "true") || str_is(s, "false");
}

static bool read_duration(struct str s, struct arena *a, struct value *out)
{
    int64_t ns;

    (void)a;
    if (!duration_parse(s, &ns))
        return false;
    *out = value_duration(ns);
    return true;
}

static bool read_string(struct str s, struct arena *a, struct value *out)
{
    *out = value_string(str_copy(a, s));
    return true;
}

static bool read_path(struct str s, struct arena *a, struct value *out)
{
    return s.n && str_find(s, '\0') == SIZE_MAX && read_string(s, a, out);
}

bool node_value(const struct node *n, struct arena *a, struct value *out, struct diags *ds)
{
    if (n->kind == NODE_SCALAR) {
        *out = value_string(str_copy(a, n->text.str));
        return n->text.quoted || core_scalar(&n->text, out, ds);
    }
    struct value_builder *b = n->kind == NODE_LIST ? value_list_start(a) : value_map_start(a);
    bool ok = true;
    for (const struct node *child = n->first; child; child = child->next) {
        struct value v = VALUE_NONE;
        ok &= node_value(child, a, &v, ds);
        if (n->kind == NODE_LIST)
            value_add(b, v);
        else
            value_put(b, value_string(str_copy(a, child->key->text.str)), v);
    }
    *out = value_finish(b);
    return ok;
}

// "[a, b]", as YAML reads it.
static bool read_list(struct str s, struct arena *a, struct value *out)
{
    struct diags unheard = { .arena = a };
    const struct node *n = node_read(a, source_new(a, STR("-i"), s), &unheard);

    return n && unheard.errors == 0 && n->kind == NODE_LIST && node_value(n, a, out, &unheard);
}

static const struct input_kind kinds[] = {
    [INPUT_UNWRITTEN] = { "string", "text", "text", VALUE_STRING, &expr_string, read_string },
    [INPUT_STRING] = { "string", "text", "text", VALUE_STRING, &expr_string, read_string },
    [INPUT_INT] = { "int", "a whole number", "41", VALUE_INT, &expr_int, read_int },
    [INPUT_NUMBER] = { "number", "a number", "1.5", VALUE_DOUBLE, &expr_double, read_number },
    [INPUT_BOOL] = { "bool", "`true` or `false`", "true", VALUE_BOOL, &expr_bool, read_bool },
    [INPUT_DURATION] = { "duration", "a duration", "30s, 5m or 1h30m", VALUE_DURATION,
                         &expr_duration, read_duration },
    [INPUT_PATH] = { "path", "a path", "backups/app.sql", VALUE_STRING, &expr_string, read_path },
    [INPUT_LIST] = { "list", "a list", "[a, b]", VALUE_LIST, NULL, read_list },
};

const struct form *input_drilled(const struct runbook *rb, struct str name)
{
    const struct form_entry *e = rb->drill ? rb->drill->inputs.items : NULL;

    for (size_t i = 0; e && i < rb->drill->inputs.count; i++)
        if (str_equal(e[i].entry.key.str, name))
            return e[i].form;
    return NULL;
}

struct str input_spelled(const struct input *in, const struct form *form)
{
    if (in->secret != YES || !form || form->kind != FORM_CONSTANT ||
        form->text.str.n < MASK_SHORTEST)
        return STR("");
    return form->text.str;
}

bool input_is_required(const struct input *in)
{
    return in->required == YES || (in->required == UNWRITTEN && !in->fallback);
}

const struct expr_type *input_expr_type(const struct input *in, struct arena *a)
{
    const struct input_kind *k = &kinds[in->type];

    return k->type ? *k->type : expr_list_of(a, expr_dyn);
}

// ---- from what was given ----

static bool refuse(const struct input *in, struct str written, struct arena *a, struct refusal *why)
{
    const struct input_kind *k = &kinds[in->type];

    if (in->secret == YES)
        why->message = str_format(a, "is not %s", k->what);
    else
        why->message = str_format(a, "is `%.*s`, which is not %s", STR_ARG(written), k->what);
    why->help = str_format(a, "write it as %s", k->example);
    return false;
}

bool input_from_text(const struct input *in, struct str text, struct arena *a, struct value *out,
                     struct refusal *why)
{
    if (!kinds[in->type].read(text, a, out))
        return refuse(in, text, a, why);
    if (in->secret == YES)
        *out = value_secret(*out);
    return true;
}

static bool is_scalar(struct value v)
{
    return v.kind == VALUE_BOOL || v.kind == VALUE_INT || v.kind == VALUE_UINT ||
           v.kind == VALUE_DOUBLE;
}

bool input_from_value(const struct input *in, struct value v, struct arena *a, struct value *out,
                      struct refusal *why)
{
    const struct input_kind *k = &kinds[in->type];
    struct str text;
    bool secret = v.secret || in->secret == YES;

    *out = v;
    if (in->type == INPUT_NUMBER && (v.kind == VALUE_INT || v.kind == VALUE_UINT))
        *out = value_double(v.kind == VALUE_INT ? (double)v.i : (double)v.u);
    else if (v.kind == VALUE_STRING || (k->kind == VALUE_STRING && is_scalar(v))) {
        if (!value_to_text(v, a, &text) || !k->read(text, a, out))
            return refuse(in, secret ? STR("***") : text, a, why);
    } else if (v.kind != k->kind)
        return refuse(in, secret ? STR("***") : value_show(v, a, 60), a, why);
    out->secret = secret;
    return true;
}

bool input_from_form(const struct input *in, const struct form *f, const struct scope *s,
                     struct arena *a, struct value *out, struct refusal *why)
{
    struct expr_error err = { 0 };
    struct value v;

    if (f->kind == FORM_CONSTANT)
        return input_from_text(in, f->text.str, a, out, why);
    if (form_fill(f, s, a, &v, &err))
        return input_from_value(in, v, a, out, why);
    why->message = str_format(a, "cannot be worked out: %.*s", STR_ARG(err.message));
    why->help = err.help;
    return false;
}

// ---- what else it must hold ----

struct pattern_scope {
    struct value pattern, text;
};

static bool pattern_name(const struct scope *s, struct str name, struct arena *a, struct value *out,
                         struct str *why)
{
    const struct pattern_scope *p = s->ctx;

    (void)a, (void)why;
    *out = str_is(name, "pattern") ? p->pattern : p->text;
    return true;
}

// The expressions' own `matches`, with its syntax and its limits.
bool pattern_matches(struct str pattern, struct str text, struct arena *a, struct str *bad)
{
    struct pattern_scope p = {
        .pattern = value_string(str_format(a, "\\A(?:%.*s)\\z", STR_ARG(pattern))),
        .text = value_string(text),
    };
    struct diags unheard = { .arena = a };
    struct text source = text_bare(STR("text.matches(pattern)"));
    struct scope s = { .get = pattern_name, .ctx = &p };
    struct expr_error err = { 0 };
    bool yes = false;
    const struct expr *e = expr_parse(a, &source, &unheard);

    *bad = STR("");
    if (!e || !expr_test(e, &s, a, &yes, &err))
        *bad = err.message;
    return yes;
}

static bool matches(const struct input *in, struct value v, struct arena *a, struct refusal *why)
{
    struct str text, bad;

    if (in->pattern.str.n == 0 || !value_to_text(v, a, &text))
        return true;
    if (pattern_matches(in->pattern.str, text, a, &bad))
        return true;
    struct str shown = in->secret == YES ? STR("")
                                         : str_format(a, "is `%.*s`, which ", STR_ARG(text));
    if (bad.n)
        why->message = str_format(a, "cannot be matched: %.*s", STR_ARG(bad));
    else
        why->message = str_format(a, "%.*sdoes not match `%.*s`", STR_ARG(shown),
                                  STR_ARG(in->pattern.str));
    return false;
}

static bool is_among(const struct input *in, struct value v, const struct scope *s, struct arena *a,
                     struct refusal *why)
{
    const struct form *const *allowed = in->allowed.items;
    struct refusal unheard;
    struct value one;

    if (in->allowed.count == 0)
        return true;
    for (size_t i = 0; i < in->allowed.count; i++)
        if (allowed[i] && input_from_form(in, allowed[i], s, a, &one, &unheard) &&
            value_equal(one, v))
            return true;
    why->message = STR("is not one of the values in its `enum`");
    why->help = STR("");
    for (size_t i = 0; i < in->allowed.count; i++)
        if (allowed[i] && input_from_form(in, allowed[i], s, a, &one, &unheard))
            why->help = str_format(a, "%.*s%s`%.*s`", STR_ARG(why->help), i ? ", " : "one of ",
                                   STR_ARG(value_show(one, a, 60)));
    return false;
}

static bool bound(const struct input *in, const struct form *f, const struct scope *s,
                  struct arena *a, struct value *out)
{
    struct refusal unheard;

    return f && input_from_form(in, f, s, a, out, &unheard);
}

static bool is_between(const struct input *in, struct value v, const struct scope *s,
                       struct arena *a, struct refusal *why)
{
    struct value limit;
    int order;

    if (bound(in, in->min, s, a, &limit) && value_compare(v, limit, &order) && order < 0) {
        why->message = str_format(a, "is below its `min`, %.*s", STR_ARG(value_show(limit, a, 60)));
        return false;
    }
    if (bound(in, in->max, s, a, &limit) && value_compare(v, limit, &order) && order > 0) {
        why->message = str_format(a, "is above its `max`, %.*s", STR_ARG(value_show(limit, a, 60)));
        return false;
    }
    return true;
}

bool input_allows(const struct input *in, struct value v, const struct scope *s, struct arena *a,
                  struct refusal *why)
{
    *why = (struct refusal){ 0 };
    return is_among(in, v, s, a, why) && matches(in, v, a, why) && is_between(in, v, s, a, why);
}
