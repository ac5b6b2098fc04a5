#include "model/runbook.h"

#include <string.h>

#include "base/arena.h"
#include "model/reader.h"

bool runbook_has_type(const struct runbook *rb, enum runbook_type type)
{
    LIST_EACH(const int, t, rb->types)
    if (*t == (int)type)
        return true;
    return false;
}

// The name of a file without folders and suffix; empty if it is no YAML file.
static struct str stem(struct str path)
{
    size_t start = path.n;

    while (start > 0 && path.s[start - 1] != '/')
        start--;
    for (size_t i = 0; i < 2; i++) {
        const char *suffix = i ? ".yml" : ".yaml";
        if (str_ends(path, suffix) && path.n - start > strlen(suffix))
            return str_slice(path, start, path.n - strlen(suffix));
    }
    return STR("");
}

static void check_stem(const struct runbook *rb, struct reader *r)
{
    struct str file = stem(rb->source->name);

    if (!is_kebab(rb->name.str) || !file.n || str_equal(file, rb->name.str))
        return;
    struct diag *d = refuse(r, DIAG_NAME_NOT_STEM, rb->name.span,
                            "the name is `%.*s`, the file is `%.*s`", STR_ARG(rb->name.str),
                            STR_ARG(file));
    diag_help(r->diags, d, "write `name: %.*s`, or rename the file", STR_ARG(file));
}

// A file of another version may have other keys: then nothing else is said about it.
static bool check_version(const struct node *root, struct reader *r)
{
    const struct node *n = node_get(root, "runbook");

    if (!n || n->refused || n->kind != NODE_SCALAR || str_is(n->text.str, "1") || !n->text.str.n ||
        strspn(n->text.str.s, "0123456789.") < n->text.str.n)
        return true;
    diag_help(r->diags,
              refuse(r, DIAG_UNSUPPORTED_VERSION, n->span,
                     "the file is of format %.*s; this is an interpreter of format 1",
                     STR_ARG(n->text.str)),
              "write `runbook: 1`, or use a newer interpreter");
    return false;
}

static void say_unsaid(const struct node *root, struct reader *r)
{
    if (r->unsaid)
        diag_error(r->diags, DIAG_OVER_LIMIT, lack_span(root), "and %zu more mistakes", r->unsaid);
}

struct runbook *runbook_read(struct arena *a, const struct source *src, const char *const *actions,
                             struct diags *ds)
{
    struct reader r = { .arena = a, .diags = ds, .actions = actions };
    struct arena *tree = arena_new(a);
    const struct node *root = node_read_apart(a, tree, src, ds);

    if (!root)
        return NULL;
    if (root->kind != NODE_MAP) {
        wrong_type(&runbook_type, root, &r);
        return NULL;
    }
    if (!check_version(root, &r))
        return NULL;
    struct runbook *rb = NEW(a, struct runbook);
    rb->source = src;
    rb->tree = tree;
    type_read(&runbook_type, root, rb, &r);
    check_stem(rb, &r);
    runbook_check_ids(rb, &r);
    runbook_check_places(rb, &r);
    say_unsaid(root, &r);
    return rb;
}
