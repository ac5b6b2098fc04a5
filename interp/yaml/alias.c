// Anchors, and the copies that aliases make of them.

#include "base/arena.h"
#include "base/map.h"
#include "yaml/building.h"

// A copy of [n] and what is below it, reached through an alias at [alias]. NULL when the
// bound is passed.
static struct node *copy_node(struct reading *r, const struct node *n, struct span alias)
{
    if (++r->copied > ALIAS_LIMIT)
        return NULL;
    struct node *copy = NEW(r->tree, struct node);
    struct family family = { .parent = copy };
    *copy = *n;
    copy->next = copy->first = NULL;
    copy->key = NULL;
    copy->more = NULL;
    node_more(r, copy)->alias = alias;
    for (const struct node *child = n->first; child; child = child->next) {
        struct node *c = copy_node(r, child, alias);
        if (!c)
            return NULL;
        c->key = child->key;
        node_append(r, &family, c);
    }
    return copy;
}

static struct node *bomb(struct reading *r, struct span span, const char *message)
{
    diag_error(r->diags, DIAG_ALIAS_BOMB, span, "%s", message);
    return node_refused(r, span);
}

static const char *anchor_name(struct map *anchors, size_t i)
{
    return map_key(anchors, i).s;
}

static struct node *unknown_alias(struct reading *r, struct span span, struct str name)
{
    size_t count = map_count(r->anchors);
    struct diag *d = diag_error(r->diags, DIAG_UNKNOWN_ALIAS, span,
                                "the alias `*%.*s` names no anchor above it", STR_ARG(name));
    if (count < 1000) {
        const char **names = NEW_ARRAY(r->arena, const char *, count + 1);
        for (size_t i = 0; i < count; i++)
            names[i] = anchor_name(r->anchors, i);
        const char *meant = diag_nearest(name, names);
        if (meant)
            diag_help(r->diags, d, "did you mean `*%s`?", meant);
        else
            diag_help(r->diags, d,
                      "write `&%.*s` in front of the value it stands for, or quote "
                      "the text if `*` belongs to it",
                      STR_ARG(name));
    }
    return node_refused(r, span);
}

struct node *read_alias(struct reading *r, const yaml_event_t *event)
{
    struct str name = str_from((const char *)event->data.alias.anchor);
    struct span span = span_at(r, byte_offset(r, event->start_mark),
                               byte_offset(r, event->end_mark));
    const struct anchor *anchor = map_get(r->anchors, name);

    if (!anchor)
        return unknown_alias(r, span, str_copy(r->arena, name));
    if (!anchor->node)
        return bomb(r, span, "the alias stands inside the value that it repeats");
    if (r->copied > ALIAS_LIMIT)
        return node_refused(r, span);
    struct node *copy = copy_node(r, anchor->node, span);
    return copy ? copy : bomb(r, span, "aliases add more than 10,000 values to the file");
}

struct anchor *open_anchor(struct reading *r, const char *name)
{
    if (!name)
        return NULL;
    struct anchor *anchor = NEW(r->scratch, struct anchor);
    map_put(r->anchors, str_copy(r->scratch, str_from(name)), anchor);
    return anchor;
}
