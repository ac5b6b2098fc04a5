#include "action/params.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

bool short_read(const struct type *type, const struct node *n, void *at_short, void *to,
                struct reader *r)
{
    if (n->kind == NODE_MAP)
        return type_read(type->forms[1], n, to, r);
    return type_read(type->forms[0], n, at_short, r);
}

static const struct range statuses = { 0, 255 };
static const struct type type_status = { .kind = TYPE_INT,
                                         .name = "whole number from 0 to 255",
                                         .size = sizeof(int64_t),
                                         .range = &statuses };
const struct type type_ok_exit = {
    .kind = TYPE_LIST,
    .name = "exit status or list of them",
    .size = sizeof(struct list),
    .element = &type_status,
    .single = true,
    .filled = true,
};

bool words_refuse(const struct template *t, struct expr_error *err, struct str message)
{
    *err = (struct expr_error){ .message = message, .span = t->text.span };
    return false;
}

bool words_text(const struct template *t, const struct attempt *at, struct str *out, bool *secret,
                struct expr_error *err)
{
    bool is_secret = false;

    *out = STR("");
    if (!t)
        return true;
    if (!template_eval_text(t, at->scope, at->arena, out, &is_secret, err))
        return false;
    if (str_find(*out, '\0') != SIZE_MAX)
        return words_refuse(t, err, STR("the value holds a NUL byte, which cannot be passed on"));
    if (secret)
        *secret |= is_secret;
    return true;
}

static bool is_among(const char *const *names, struct str name)
{
    while (*names && !str_is(name, *names))
        names++;
    return *names;
}

// What the author or the operator wrote may only look like a secret: a weak password is also a
// word.
bool reads_step(const struct expr *e, bool inputs_too)
{
    static const char *const ours[] = {
        "secrets", "run", "now", "index", "trigger", "contact", NULL
    };
    static const char *const given[] = { "inputs", "vars", "env", NULL };
    size_t count = 0;
    const struct expr_ref *refs = e ? expr_refs(e, &count) : NULL;

    for (size_t i = 0; i < count; i++) {
        struct str root = refs[i].path[0];
        if (is_among(given, root) ? inputs_too : !is_among(ours, root))
            return true;  // else an item, by whatever name
    }
    return false;
}

bool is_secret_read(const struct expr *e, const struct attempt *at, struct str text)
{
    const struct session *s = at->session;
    bool found = false;

    if (s && s->mask && !at->action->asks && reads_step(e, at->inputs_read))
        mask_text(s->mask, text, at->arena, &found);
    return found;
}

// What is only shown to a person is masked instead.
static bool refuse_secret(const struct template *t, const struct attempt *at, struct str text,
                          bool secret, struct expr_error *err)
{
    for (size_t i = 0; i < t->count && !secret; i++)
        secret = is_secret_read(t->parts[i].expr, at, text);
    if (!secret)
        return true;
    words_refuse(t, err, STR("a secret would be seen by others here"));
    err->help = STR("pass it on `stdin:`, or in a variable of `env:`");
    return false;
}

bool words_open(const struct template *t, const struct attempt *at, struct str *out,
                struct expr_error *err)
{
    bool secret = false;

    return words_text(t, at, out, &secret, err) && (!t || refuse_secret(t, at, *out, secret, err));
}

static void add_word(struct buf *b, struct arena *a, struct str word)
{
    struct str copy = str_copy(a, word);

    buf_add(b, (struct str){ (const char *)&copy, sizeof(copy) });
}

static bool add_item(struct buf *b, const struct template *t, const struct attempt *at,
                     struct value item, struct expr_error *err)
{
    struct str text = STR("");

    if (item.secret)
        return refuse_secret(t, at, text, true, err);
    if (!value_to_text(item, at->arena, &text))
        return words_refuse(
            t, err,
            str_format(at->arena, "%s is no text; say toJson()", value_kind_words(item.kind)));
    if (str_find(text, '\0') != SIZE_MAX)
        return words_refuse(t, err, STR("the value holds a NUL byte, which cannot be passed on"));
    if (!refuse_secret(t, at, text, false, err))
        return false;
    add_word(b, at->arena, text);
    return true;
}

static bool add_element(struct buf *b, const struct template *t, const struct attempt *at,
                        struct expr_error *err)
{
    struct value v;
    struct str text;

    if (!template_whole(t)) {
        if (!words_open(t, at, &text, err))
            return false;
        add_word(b, at->arena, text);
        return true;
    }
    if (!template_eval(t, at->scope, at->arena, &v, err))
        return false;
    if (v.kind != VALUE_LIST || value_wholly_secret(v))
        return add_item(b, t, at, v, err);
    for (size_t i = 0; i < value_size(v); i++)
        if (!add_item(b, t, at, value_item(v, i), err))
            return false;
    return true;
}

bool words_list(const struct list *templates, const struct attempt *at, const struct str **out,
                size_t *count, struct expr_error *err)
{
    struct buf *words = buf_in(at->arena);
    const struct template *const *t = templates->items;

    for (size_t i = 0; i < templates->count; i++)
        if (!add_element(words, t[i], at, err))
            return false;
    *count = words->n / sizeof(struct str);
    struct str *list = NEW_ARRAY(at->arena, struct str, *count + 1);
    if (words->n)
        memcpy(list, words->s, words->n);
    *out = list;
    return true;
}

bool words_bytes(const struct template *t, const struct attempt *at, struct str *out,
                 struct expr_error *err)
{
    struct value v;

    *out = STR("");
    if (!t)
        return true;
    if (template_whole(t)) {
        if (!template_eval(t, at->scope, at->arena, &v, err))
            return false;
        if (v.kind == VALUE_BYTES) {
            *out = v.s;
            return true;
        }
    }
    bool secret;
    return template_eval_text(t, at->scope, at->arena, out, &secret, err);
}

bool json_can_carry(struct value v)
{
    bool ok = true;

    switch (v.kind) {
    case VALUE_STRING:
        return utf8_invalid(v.s) == SIZE_MAX;
    case VALUE_OPTIONAL:
        return !v.optional || json_can_carry(*v.optional);
    case VALUE_LIST:
        for (size_t i = 0; i < value_size(v); i++)
            ok &= json_can_carry(value_item(v, i));
        return ok;
    case VALUE_MAP:
        for (size_t i = 0; i < v.map->count; i++)
            ok &= json_can_carry(v.map->entries[i].key) && json_can_carry(v.map->entries[i].value);
        return ok;
    default:
        return true;
    }
}

struct span param_span(const struct node *params, const char *key)
{
    const struct node *n = params->kind == NODE_MAP ? node_get(params, key) : NULL;

    return n && n->key ? n->key->span : params->span;
}

struct str path_below(struct arena *a, struct str dir, struct str path)
{
    if (str_starts(path, "/") || !dir.n)
        return path;
    return str_format(a, "%.*s/%.*s", STR_ARG(dir), STR_ARG(path));
}

bool one_verb(const struct verb *verbs, const struct node *n, const char *action, struct diags *ds)
{
    const struct verb *first = NULL;

    for (const struct verb *v = verbs; v->name; v++) {
        if (!v->written)
            continue;
        if (first) {
            diag_error(ds, DIAG_CONFLICTING_FIELDS, param_span(n, v->name),
                       "`%s` does one thing a step; it says `%s` and `%s`", action, first->name,
                       v->name);
            return false;
        }
        first = v;
    }
    if (first)
        return true;
    struct diag *d = diag_error(ds, DIAG_MISSING_FIELD, n->span, "`%s` says nothing to do", action);
    struct buf words = BUF_EMPTY;
    for (const struct verb *v = verbs; v->name; v++)
        buf_format(&words, "%s`%s`", v == verbs ? "" : ", ", v->name);
    diag_help(ds, d, "one of %s", words.s);
    buf_free(&words);
    return false;
}
