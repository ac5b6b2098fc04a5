#include "value/fields.h"

#include "value/number.h"

struct value value_of(struct value map, const char *key)
{
    struct value v;

    return map.kind == VALUE_MAP && value_get(map, value_text(key), &v) ? v : VALUE_NONE;
}

struct str text_of(struct value map, const char *key)
{
    struct value v = value_of(map, key);

    return v.kind == VALUE_STRING ? v.s : STR("");
}

int64_t int_of(struct value map, const char *key, int64_t absent)
{
    struct value v = value_of(map, key);
    int64_t n;

    return value_is_number(v) && number_as_int(v, &n) ? n : absent;
}

bool truth_of(struct value map, const char *key)
{
    struct value v = value_of(map, key);

    return v.kind == VALUE_BOOL && v.b;
}

bool list_has(struct value list, struct str text)
{
    for (size_t i = 0; list.kind == VALUE_LIST && i < value_size(list); i++) {
        struct value one = value_item(list, i);
        if (one.kind == VALUE_STRING && str_equal(one.s, text))
            return true;
    }
    return false;
}
