// Fields, keys and indexes, as the checker sees them.

#include "base/arena.h"
#include "expr/checker.h"

static const struct expr_type *no_fields(struct checker *c, const struct term *t,
                                         const struct expr_type *from)
{
    check_error(c, t, DIAG_EXPR_TYPE, "%s has no fields", check_words(c, from));
    return &cel_dyn;
}

static const char *nearest_field(struct checker *c, const struct expr_field *fields,
                                 struct str name)
{
    size_t n = 0;

    while (fields && fields[n].name)
        n++;
    const char **words = NEW_ARRAY(c->arena, const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        words[i] = fields[i].name;
    return diag_nearest(name, words);
}

static const struct expr_type *object_field(struct checker *c, const struct term *t,
                                            const struct expr_type *object, struct str name)
{
    const struct expr_field *f = object->fields;

    for (; f && f->name; f++)
        if (str_is(name, f->name))
            return *f->type;
    struct diag *d;
    if (object->code == DIAG_UNKNOWN_STEP)
        d = check_error(c, t, object->code, "there is no step `%.*s`", STR_ARG(name));
    else if (object->code == DIAG_UNKNOWN_NAME)
        d = check_error(c, t, object->code, "`%s` has no `%.*s`", object->name, STR_ARG(name));
    else
        d = check_error(c, t, object->code, "%s has no field `%.*s`", object->name, STR_ARG(name));
    const char *meant = nearest_field(c, object->fields, name);
    if (meant)
        diag_help(c->diags, d, "did you mean `%s`?", meant);
    return &cel_dyn;
}

static const struct expr_field semver_fields[] = {
    { "major", &expr_int, NULL },
    { "minor", &expr_int, NULL },
    { "patch", &expr_int, NULL },
    { "pre", &expr_string, NULL },
    { 0 },
};

static const struct expr_type semver_object = { TYPE_OBJECT, 0, "a version",
                                                .fields = semver_fields, .code = DIAG_EXPR_TYPE };

const struct expr_type *check_field(struct checker *c, const struct term *t,
                                    const struct expr_type *from, struct str name)
{
    from = unify_find(&c->unifier, from);
    switch (from->kind) {
    case TYPE_DYN:
        return &cel_dyn;
    case TYPE_VARIABLE:
        unify_assignable(&c->unifier, &cel_dyn, from);
        return &cel_dyn;
    case TYPE_MAP:
        return from->args[1];
    case TYPE_OBJECT:
        return object_field(c, t, from, name);
    case TYPE_SEMVER:
        return object_field(c, t, &semver_object, name);
    case TYPE_OPTIONAL:
        return type_optional_of(c->arena, check_field(c, t, from->args[0], name));
    default:
        return no_fields(c, t, from);
    }
}

static const struct expr_type *optional_once(struct checker *c, const struct expr_type *t)
{
    t = unify_find(&c->unifier, t);
    return t->kind == TYPE_OPTIONAL ? t : type_optional_of(c->arena, t);
}

const struct expr_type *check_select(struct checker *c, const struct term *t)
{
    const struct expr_type *type = check_field(c, t, check_term(c, t->args[0]), t->name);

    return t->optional ? optional_once(c, type) : type;
}

static const struct expr_type *list_item(struct checker *c, const struct term *t,
                                         const struct expr_type *list,
                                         const struct expr_type *index)
{
    index = unify_find(&c->unifier, index);
    if (index->kind != TYPE_UINT && index->kind != TYPE_DOUBLE &&
        !unify_assignable(&c->unifier, index, &cel_int))
        check_error(c, t, DIAG_EXPR_TYPE, "the index of a list is a whole number, not %s",
                    check_words(c, index));
    return list->args[0];
}

static bool is_number(const struct expr_type *t)
{
    return t->kind == TYPE_INT || t->kind == TYPE_UINT || t->kind == TYPE_DOUBLE;
}

static const struct expr_type *map_item(struct checker *c, const struct term *t,
                                        const struct expr_type *map, const struct expr_type *key)
{
    const struct expr_type *wanted = unify_find(&c->unifier, map->args[0]);

    key = unify_find(&c->unifier, key);
    if (!(is_number(key) && is_number(wanted)) && !unify_assignable(&c->unifier, key, wanted))
        check_error(c, t, DIAG_EXPR_TYPE, "the keys of this map are %s, not %s",
                    check_words(c, wanted), check_words(c, key));
    return map->args[1];
}

static const struct expr_type *element(struct checker *c, const struct term *t,
                                       const struct expr_type *from, const struct expr_type *index)
{
    const struct term *key = t->args[1];

    from = unify_find(&c->unifier, from);
    switch (from->kind) {
    case TYPE_LIST:
        return list_item(c, t, from, index);
    case TYPE_MAP:
        return map_item(c, t, from, index);
    case TYPE_OBJECT:
        return key->constant && key->value.kind == VALUE_STRING
                   ? object_field(c, key, from, key->value.s)
                   : &cel_dyn;
    case TYPE_OPTIONAL:
        return type_optional_of(c->arena, element(c, t, from->args[0], index));
    case TYPE_VARIABLE:
        unify_assignable(&c->unifier, &cel_dyn, from);
        return &cel_dyn;
    case TYPE_DYN:
        return &cel_dyn;
    default:
        check_error(c, t, DIAG_EXPR_TYPE, "%s has no elements", check_words(c, from));
        return &cel_dyn;
    }
}

const struct expr_type *check_index(struct checker *c, const struct term *t)
{
    const struct expr_type *from = check_term(c, t->args[0]), *index = check_term(c, t->args[1]);
    const struct expr_type *type = element(c, t, from, index);

    return t->optional ? optional_once(c, type) : type;
}
