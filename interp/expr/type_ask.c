// What others may ask about a type.

#include "expr/type.h"

const struct expr_type *expr_type_item(const struct expr_type *t)
{
    switch (t->kind) {
    case TYPE_LIST:
    case TYPE_MAP:
        return t->args[0];
    case TYPE_OBJECT:
        return &cel_string;
    case TYPE_DYN:
    case TYPE_OPTIONAL:
    case TYPE_PARAM:
    case TYPE_VARIABLE:
        return &cel_dyn;
    default:
        return NULL;
    }
}

bool expr_type_has_text(const struct expr_type *t)
{
    switch (t->kind) {
    case TYPE_NULL:
    case TYPE_BYTES:
    case TYPE_LIST:
    case TYPE_MAP:
    case TYPE_OBJECT:
    case TYPE_OPTIONAL:
    case TYPE_SEMVER:
    case TYPE_IDENT:
    case TYPE_TYPE:
        return false;
    default:
        return true;
    }
}
