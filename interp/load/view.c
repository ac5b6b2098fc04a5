#include "load/view.h"

#include "base/arena.h"
#include "load/view_inside.h"

static bool look(const struct view *from, const struct site *site, struct view *v,
                 struct check_scope *scope)
{
    struct exprs x = exprs_of(from->c->arena, site);

    *v = *from;
    v->exprs = x.items;
    v->expr_count = x.count;
    if (!view_may_read(v))
        return false;
    *scope = names_scope(v);
    return true;
}

// ---- the checks ----

const struct expr_type *view_words(const struct view *from, const struct template *t)
{
    struct site site = { .kind = SITE_WORDS, .words = t };
    struct check_scope scope;
    struct view v;

    if (!t || template_is_literal(t))
        return expr_string;
    return look(from, &site, &v, &scope) ? template_check(t, &scope, v.c->arena, v.c->ds) : NULL;
}

bool view_amount(const struct view *v, const struct amount *m)
{
    return !m || view_words(v, m->template) != NULL;
}

static void no_text(const struct view *v, struct span where, const struct expr_type *type)
{
    struct diag *d = diag_error(v->c->ds, DIAG_INTERPOLATE_OBJECT, where,
                                "this is %s, which cannot stand as text", expr_type_words(type));

    bool optional = str_starts(expr_type_text(type, v->c->arena), "optional");
    diag_help(v->c->ds, d,
              optional ? "say what to write when there is no value: .orValue('')"
                       : "say what is to be shown of it, or toJson(...)");
}

static const struct expr_type *with_text(const struct view *v, const struct template *t,
                                         const struct expr_type *type)
{
    if (!type || expr_type_has_text(type))
        return type;
    const struct expr *whole = template_whole(t);
    no_text(v, whole ? expr_text(whole)->span : t->text.span, type);
    return NULL;
}

const struct expr_type *view_text(const struct view *from, const struct template *t)
{
    return with_text(from, t, view_words(from, t));
}

const struct expr_type *view_bytes(const struct view *from, const struct template *t)
{
    const struct expr_type *type = view_words(from, t);

    return type == expr_bytes ? type : with_text(from, t, type);
}

static bool plain_key(const struct view *v, const struct text *key)
{
    size_t at = str_search(key->str, STR("${{"));

    if (at == SIZE_MAX)
        return true;
    diag_error(v->c->ds, DIAG_EXPR_NOT_ALLOWED_HERE, text_span(key, at, key->str.n),
               "a key is read as it stands; an expression cannot stand here");
    return false;
}

static bool plain_keys(const struct view *v, const struct form *f)
{
    bool ok = true;

    for (size_t i = 0; i < f->count; i++)
        ok &= (f->kind != FORM_MAP || plain_key(v, &f->keys[i])) && plain_keys(v, &f->items[i]);
    return ok;
}

bool view_keys(const struct view *v, const struct node *n)
{
    bool ok = true;

    for (const struct node *child = n->first; child; child = child->next)
        ok &= (n->kind != NODE_MAP || plain_key(v, &child->key->text)) && view_keys(v, child);
    return ok;
}

const struct expr_type *view_form(const struct view *from, const struct form *f)
{
    struct site site = { .kind = SITE_FORM, .form = f };
    struct check_scope scope;
    struct view v;

    if (!f)
        return expr_dyn;
    if (!plain_keys(from, f))
        return NULL;
    return look(from, &site, &v, &scope) ? form_check(f, &scope, v.c->arena, v.c->ds) : NULL;
}

const struct expr_type *view_expr(const struct view *from, const struct expr *e)
{
    struct site site = { .kind = SITE_CONDITION, .cond = e };
    struct check_scope scope;
    struct view v;

    if (!e)
        return expr_dyn;
    return look(from, &site, &v, &scope) ? expr_check(e, &scope, v.c->arena, v.c->ds) : NULL;
}

bool view_condition(const struct view *from, const struct expr *e)
{
    struct site site = { .kind = SITE_CONDITION, .cond = e };
    struct check_scope scope;
    struct view v;

    if (!e)
        return true;
    return look(from, &site, &v, &scope) && expr_check_condition(e, &scope, v.c->arena, v.c->ds);
}

// A value is bound; a name becomes part of the statement, which servers log.
static bool is_part(const struct view *v, const struct expr *e)
{
    const struct expr_type *type = view_expr(v, e);
    struct view name = *v;

    name.what = "an SQL name";
    return type && (type != expr_ident || view_without_secret(&name, e));
}

bool view_parts(const struct view *v, const struct template *t)
{
    bool ok = true;

    for (size_t i = 0; i < t->count; i++)
        if (t->parts[i].expr)
            ok &= is_part(v, t->parts[i].expr);
    return ok;
}

static bool is_word(const struct view *v, const struct expr_type *type)
{
    return expr_type_has_text(type) || str_starts(expr_type_text(type, v->c->arena), "list");
}

bool view_script(const struct view *v, const struct template *t)
{
    bool ok = true;

    for (size_t i = 0; i < t->count; i++) {
        const struct expr *e = t->parts[i].expr;
        const struct expr_type *type = e ? view_expr(v, e) : expr_string;
        if (type && !is_word(v, type))
            no_text(v, expr_text(e)->span, type);
        ok &= type != NULL && is_word(v, type);
    }
    return ok;
}
