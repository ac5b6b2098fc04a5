#include "yaml/node.h"

#include <assert.h>

#include "base/arena.h"
#include "base/map.h"

const struct node *node_find(const struct node *map, struct str key)
{
    assert(map->kind == NODE_MAP);
    if (map->more && map->more->index)
        return map_get(map->more->index, key);
    for (const struct node *n = map->first; n; n = n->next)
        if (str_equal(n->key->text.str, key))
            return n;
    return NULL;
}

const struct node *node_get(const struct node *map, const char *key)
{
    return node_find(map, str_from(key));
}

size_t node_count(const struct node *n)
{
    size_t count = 0;

    for (const struct node *child = n->first; child; child = child->next)
        count++;
    return count;
}

struct span node_alias(const struct node *n)
{
    return n->more ? n->more->alias : (struct span){ 0 };
}

const char *node_kind_name(enum node_kind kind)
{
    static const char *const names[] = { "a value", "a list", "a map" };

    return names[kind];
}

bool text_is_null(const struct text *t)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

    for (size_t i = 0; !t->quoted && i < sizeof nulls / sizeof nulls[0]; i++)
        if (str_is(t->str, nulls[i]))
            return true;
    return false;
}

bool node_is_null(const struct node *n)
{
    return n->kind == NODE_SCALAR && text_is_null(&n->text);
}

// Without its index: what is copied is small.
struct node *node_copy(struct arena *a, const struct node *n)
{
    struct node *copy = NEW(a, struct node), **end = &copy->first;

    *copy = *n;
    copy->first = copy->next = NULL;
    copy->more = NULL;
    if (node_alias(n).source) {
        struct node_extra *more = NEW(a, struct node_extra);
        more->alias = node_alias(n);
        copy->more = more;
    }
    for (const struct node *child = n->first; child; child = child->next) {
        *end = node_copy(a, child);
        if (child->key)
            (*end)->key = node_copy(a, child->key);
        end = &(*end)->next;
    }
    return copy;
}
