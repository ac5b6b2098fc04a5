// A YAML file as a tree that remembers where everything was written.
//
// The tree of a runbook lives until all that was read of it has been checked; its places and
// texts live as long as the runbook, so that any later stage can point at the text it is
// unhappy about. Scalars are decoded, and every decoded byte
// knows its place in the file (struct text). Aliases are replaced by what they name;
// a node reached through an alias keeps the place of its anchor, and [alias] is where
// the alias stands. All mistakes of the file are reported in one reading, as far as
// YAML lets one go on.
//
// Limits: 1 MiB, nesting 64, 10,000 nodes added by aliases, keys of 1,024 characters.

#pragma once

#include "base/diag.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

// There are ten thousands of them in a long runbook: what few nodes have is elsewhere.
struct node {
    union {
        struct span span;
        struct text text;  // NODE_SCALAR; of others empty. It begins with its span
    };
    struct node *first;             // NODE_LIST, NODE_MAP: in the order written; NULL: it is empty
    struct node *next;              // the next element of the same parent
    const struct node *key;         // when the parent is a map: a scalar
    const struct node_extra *more;  // NULL: nothing of it
    enum node_kind kind : 8;
    bool partial;  // NODE_MAP: keys of it were refused and left out
    bool refused;  // an error about it has been reported; readers pass over it
};
struct node_extra {
    struct span alias;        // source NULL unless reached through an alias
    const struct map *index;  // NODE_MAP with many keys: key text -> node; or NULL
};

// NULL if the file cannot be read as one YAML document; the reasons are in [ds].
// [ds] may also hold errors when there is a tree: the caller may go on reading it to
// find more, but must not run it.
struct node *node_read(struct arena *a, const struct source *src, struct diags *ds);
// The same with the nodes in [tree], and what their texts point at in [a]: [tree] may go before.
struct node *node_read_apart(struct arena *a, struct arena *tree, const struct source *src,
                             struct diags *ds);
// [n] and all below it in [a], and the key that [n] has.
struct node *node_copy(struct arena *a, const struct node *n);

// The value of [key] in a map, or NULL. The second answers for any text.
const struct node *node_get(const struct node *map, const char *key);
const struct node *node_find(const struct node *map, struct str key);

// How many elements it has; of a scalar 0. Counts them.
size_t node_count(const struct node *n);
// The place to blame for what an alias brought: where the alias stands. Its source is NULL for
// other nodes.
struct span node_alias(const struct node *n);

// "a value", "a list", "a map".
const char *node_kind_name(enum node_kind kind);

// A plain scalar that says nothing: empty, ~ or null, unquoted.
bool node_is_null(const struct node *n);
bool text_is_null(const struct text *t);
