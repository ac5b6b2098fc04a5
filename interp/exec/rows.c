#include "exec/rows.h"

#include "base/arena.h"
#include "base/map.h"
#include "exec/inside.h"

enum { KEY_LONGEST = 1024 };  // it is in the address of every step of its instance

static bool is_masked(const struct view *v, struct str text, struct arena *a)
{
    bool found = false;

    mask_text(v->d->mask, text, a, &found);
    return found;
}

struct str rows_item_name(const struct for_each *each)
{
    return each->as.str.n ? each->as.str : STR("item");
}

static bool item_key(const struct for_each *each, const struct view *view, struct value item,
                     size_t index, struct arena *a, struct value *key, struct expr_error *err)
{
    struct view v = *view;
    struct str text;
    bool secret;

    *key = value_int((int64_t)index);
    if ((item.kind == VALUE_STRING || item.kind == VALUE_INT) && value_to_text(item, a, &text) &&
        !is_masked(view, text, a))
        *key = item;
    if (!each->key)
        return true;
    v.item_name = rows_item_name(each);
    v.item = item;
    v.index = value_int((int64_t)index);
    if (!template_eval_text(each->key, view_scope(&v), a, &text, &secret, err))
        return false;
    if (is_masked(view, text, a)) {
        err->message = STR("its `key` holds a secret, and stands in the journal");
        return false;
    }
    *key = value_string(text);
    return true;
}

static struct value keys_of(struct value map, struct arena *a)
{
    struct value_builder *b = value_list_start(a);

    for (size_t i = 0; i < value_size(map); i++)
        value_add(b, map.map->entries[i].key);
    return value_finish(b);
}

static bool is_one_key(struct map *seen, struct value key, size_t index, struct arena *a,
                       struct expr_error *err)
{
    struct str text = STR("");

    value_to_text(key, a, &text);
    if (text.n > KEY_LONGEST) {
        err->message = str_format(a, "the key of item %zu has %zu bytes, more than %d", index,
                                  text.n, KEY_LONGEST);
        err->help = STR("name each by something short: for_each: {in: ..., key: \"${{ index }}\"}");
        return false;
    }
    if (map_get(seen, text)) {
        err->message = str_format(a, "two items have the key `%.*s`", STR_ARG(text));
        err->help =
            STR("say which part is unique: for_each: {in: ..., key: \"${{ item.name }}\"}");
        return false;
    }
    map_put(seen, text, seen);
    return true;
}

bool rows_of_list(const struct for_each *each, const struct view *view, struct value list,
                  struct arena *a, struct value *rows, struct expr_error *err)
{
    struct map *seen = map_new(a);
    struct value_builder *b = value_list_start(a);

    if (list.kind == VALUE_MAP)
        list = keys_of(list, a);
    if (list.kind != VALUE_LIST) {
        err->message = str_format(a, "it needs a list, this is %s", value_kind_words(list.kind));
        return false;
    }
    for (size_t i = 0; i < value_size(list); i++) {
        struct value item = value_item(list, i), key;
        struct value_builder *row = value_map_start(a);
        if (!item_key(each, view, item, i, a, &key, err) || !is_one_key(seen, key, i, a, err))
            return false;
        value_put_s(row, "key", key);
        value_put_s(row, "item", item);
        value_add(b, value_finish(row));
    }
    *rows = value_finish(b);
    return true;
}

bool rows_are_read(const struct for_each *each, const struct expr *e)
{
    struct str as = rows_item_name(each);
    size_t count;
    const struct expr_ref *refs = expr_refs(e, &count);

    for (size_t i = 0; i < count; i++)
        if (str_equal(refs[i].path[0], as) || str_is(refs[i].path[0], "index"))
            return true;
    return false;
}
