#include "expr/check.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "expr/checker.h"
#include "expr/resolve.h"

static const enum value_kind kinds[] = {
    [TYPE_NULL] = VALUE_NULL,
    [TYPE_BOOL] = VALUE_BOOL,
    [TYPE_INT] = VALUE_INT,
    [TYPE_UINT] = VALUE_UINT,
    [TYPE_DOUBLE] = VALUE_DOUBLE,
    [TYPE_STRING] = VALUE_STRING,
    [TYPE_BYTES] = VALUE_BYTES,
    [TYPE_DURATION] = VALUE_DURATION,
    [TYPE_TIMESTAMP] = VALUE_TIMESTAMP,
    [TYPE_SEMVER] = VALUE_SEMVER,
    [TYPE_IDENT] = VALUE_IDENT,
    [TYPE_TYPE] = VALUE_TYPE,
    [TYPE_LIST] = VALUE_LIST,
    [TYPE_MAP] = VALUE_MAP,
    [TYPE_OPTIONAL] = VALUE_OPTIONAL,
    [TYPE_OBJECT] = VALUE_OBJECT,
};

const char *check_words(const struct checker *c, const struct expr_type *t)
{
    return expr_type_words(unify_find(&c->unifier, t));
}

const char *expr_type_words(const struct expr_type *t)
{
    if (t->kind == TYPE_ABSTRACT)
        return t->name;
    return t->kind == TYPE_DYN || t->kind == TYPE_VARIABLE ? "anything"
                                                           : value_kind_words(kinds[t->kind]);
}

struct diag *check_error(struct checker *c, const struct term *t, enum diag_code code,
                         const char *format, ...)
{
    char message[400];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return diag_error(c->diags, code, text_span(&c->expr->text, t->at, t->at_end), "%s", message);
}

void check_bool(struct checker *c, const struct term *t, const struct expr_type *type,
                const char *who)
{
    if (!unify_assignable(&c->unifier, type, &cel_bool))
        check_error(c, t, DIAG_EXPR_TYPE, "`%s` wants true or false, not %s", who,
                    check_words(c, type));
}

static const struct expr_type *ask_scope(struct checker *c, struct str name, struct str *why)
{
    *why = STR("");
    return c->scope && c->scope->type ? c->scope->type(c->scope, name, c->arena, why) : NULL;
}

// "`run`, `env`, `steps`"
static struct str all_roots(struct checker *c, const char *const *roots)
{
    struct buf b = BUF_EMPTY;

    for (; *roots; roots++)
        buf_format(&b, "%s`%s`", b.n ? ", " : "", *roots);
    return buf_take(&b, c->arena);
}

static const struct expr_type *unknown_name(struct checker *c, const struct term *t,
                                            struct str name, struct str why)
{
    const char *const *roots = c->scope ? c->scope->roots : NULL;
    struct diag *d;

    if (why.n)
        d = check_error(c, t, DIAG_UNKNOWN_NAME, "%.*s", STR_ARG(why));
    else
        d = check_error(c, t, DIAG_UNKNOWN_NAME, "there is no name `%.*s` here", STR_ARG(name));
    const char *meant = roots && !why.n ? diag_nearest(name, roots) : NULL;
    if (meant)
        diag_help(c->diags, d, "did you mean `%s`?", meant);
    else if (roots && !why.n && *roots)
        diag_help(c->diags, d, "there are %.*s", STR_ARG(all_roots(c, roots)));
    return &cel_dyn;
}

static const struct expr_type *type_named(struct checker *c, struct str name)
{
    if (str_is(name, "google.protobuf.Duration"))
        return type_type_of(c->arena, &cel_duration);
    if (str_is(name, "google.protobuf.Timestamp"))
        return type_type_of(c->arena, &cel_timestamp);
    if (str_is(name, "list"))
        return type_type_of(c->arena, expr_list_of(c->arena, &cel_dyn));
    if (str_is(name, "map"))
        return type_type_of(c->arena, expr_map_of(c->arena, &cel_dyn, &cel_dyn));
    if (str_is(name, "optional_type"))
        return type_type_of(c->arena, type_optional_of(c->arena, &cel_dyn));
    return type_type_of(c->arena, cel_type_read(name, c->arena));
}

static const struct expr_type *check_root(struct checker *c, const struct term *t)
{
    struct str why;
    const struct expr_type *type = ask_scope(c, t->name, &why);

    if (type)
        return type;
    if (str_is(t->name, "now"))
        return &cel_timestamp;
    if (t->is_type_name)
        return type_named(c, t->name);
    return unknown_name(c, t, t->name, why);
}

// Roots that may have dots in their names.
static const struct expr_type *check_qualified(struct checker *c, const struct term *t)
{
    const struct qualified *q = t->qualified;
    struct str why;

    for (size_t i = 0; i < q->count; i++) {
        const struct expr_type *type = ask_scope(c, q->names[i].name, &why);
        if (!type)
            continue;
        for (size_t j = q->names[i].parts; j < q->part_count; j++)
            type = check_field(c, q->parts[j], type, q->parts[j]->name);
        return type;
    }
    if (q->type_name.n)
        return type_named(c, q->type_name);
    return unknown_name(c, t, q->parts[0]->name, STR(""));
}

// What stands behind ? in a list or map, without its optional.
static const struct expr_type *unwrapped(struct checker *c, const struct term *t,
                                         const struct expr_type *type)
{
    const struct expr_type *inside = unify_fresh(&c->unifier);

    if (unify_assignable(&c->unifier, type, type_optional_of(c->arena, inside)))
        return inside;
    check_error(c, t, DIAG_EXPR_TYPE, "what stands behind `?` must be an optional value, not %s",
                check_words(c, type));
    return &cel_dyn;
}

static const struct expr_type *check_list(struct checker *c, const struct term *t)
{
    const struct expr_type *item = NULL;

    for (size_t i = 0; i < t->count; i++) {
        const struct expr_type *type = check_term(c, t->args[i]);
        if (t->optionals && t->optionals[i])
            type = unwrapped(c, t->args[i], type);
        item = unify_join(&c->unifier, item, type);
    }
    return expr_list_of(c->arena, item ? item : unify_fresh(&c->unifier));
}

static bool can_be_key(const struct checker *c, const struct expr_type *t)
{
    t = unify_find(&c->unifier, t);
    return t->kind == TYPE_INT || t->kind == TYPE_UINT || t->kind == TYPE_BOOL ||
           t->kind == TYPE_STRING || t->kind == TYPE_DYN || t->kind == TYPE_VARIABLE;
}

static const struct expr_type *check_map(struct checker *c, const struct term *t)
{
    const struct expr_type *key = NULL, *value = NULL;

    for (size_t i = 0; i + 1 < t->count; i += 2) {
        const struct expr_type *k = check_term(c, t->args[i]), *v = check_term(c, t->args[i + 1]);
        if (!can_be_key(c, k))
            check_error(c, t->args[i], DIAG_EXPR_TYPE, "%s cannot be a key", check_words(c, k));
        if (t->optionals && t->optionals[i])
            v = unwrapped(c, t->args[i + 1], v);
        key = unify_join(&c->unifier, key, k);
        value = unify_join(&c->unifier, value, v);
    }
    return expr_map_of(c->arena, key ? key : unify_fresh(&c->unifier),
                       value ? value : unify_fresh(&c->unifier));
}

static const struct expr_type *check_row(struct checker *c, const struct term *t)
{
    for (size_t i = 0; i < t->count; i++)
        check_bool(c, t->args[i], check_term(c, t->args[i]), t->kind == TERM_AND ? "&&" : "||");
    return &cel_bool;
}

static const struct expr_type *check_conditional(struct checker *c, const struct term *t)
{
    check_bool(c, t->args[0], check_term(c, t->args[0]), "?");
    const struct expr_type *yes = check_term(c, t->args[1]), *no = check_term(c, t->args[2]);
    return unify_join(&c->unifier, yes, no);
}

static const struct expr_type *type_of_literal(struct checker *c, struct value v)
{
    if (v.kind == VALUE_TYPE)
        return type_named(c, v.s);
    return type_of_value(v, c->arena);
}

const struct expr_type *check_term(struct checker *c, const struct term *t)
{
    if (t->eval && t->qualified && (t->kind == TERM_ROOT || t->kind == TERM_SELECT))
        return check_qualified(c, t);
    switch (t->kind) {
    case TERM_LITERAL:
        return type_of_literal(c, t->value);
    case TERM_ROOT:
        return check_root(c, t);
    case TERM_VARIABLE:
        return c->variables[t->slot];
    case TERM_SELECT:
        return check_select(c, t);
    case TERM_INDEX:
        return check_index(c, t);
    case TERM_CALL:
        return check_call(c, t);
    case TERM_OPERATOR:
        return check_operator(c, t);
    case TERM_AND:
    case TERM_OR:
        return check_row(c, t);
    case TERM_CONDITIONAL:
        return check_conditional(c, t);
    case TERM_LIST:
        return check_list(c, t);
    case TERM_MAP:
        return check_map(c, t);
    default:
        return check_macro(c, t);
    }
}

const struct expr_type *expr_check_with(const struct expr *e, const struct check_scope *s,
                                        const struct overload *overloads, struct arena *a,
                                        struct diags *ds)
{
    struct checker c = { .expr = e, .scope = s, .overloads = overloads, .arena = a, .diags = ds };
    unsigned errors = ds->errors;

    c.unifier.arena = a;
    c.variables = NEW_ARRAY(a, const struct expr_type *, (size_t)e->variable_count + 1);
    const struct expr_type *type = unify_resolve(&c.unifier, check_term(&c, e->term), true);
    return ds->errors > errors ? NULL : type;
}

const struct expr_type *expr_check(const struct expr *e, const struct check_scope *s,
                                   struct arena *a, struct diags *ds)
{
    return expr_check_with(e, s, NULL, a, ds);
}

bool expr_check_condition(const struct expr *e, const struct check_scope *s, struct arena *a,
                          struct diags *ds)
{
    const struct expr_type *type = expr_check(e, s, a, ds);

    if (!type)
        return false;
    if (type->kind == TYPE_BOOL || type->kind == TYPE_DYN)
        return true;
    struct checker c = { 0 };
    diag_error(ds, DIAG_CONDITION_NOT_BOOL, text_span(&e->text, e->term->start, e->term->end),
               "a condition is true or false, but this is %s", check_words(&c, type));
    return false;
}
