// Any bytes at all, read as YAML: no crash, an error or a tree, and every decoded byte
// stands where the tree says it was written.

#include "base/arena.h"
#include "yaml/node.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static bool is_break(const char *p)
{
    return *p == '\n' || *p == '\r' || *p == ' ' || *p == '\t' || *p == '\xC2' || *p == '\xE2';
}

// A byte is written as itself, or as an escape, or is what became of a line break.
static bool is_true(const struct text *t, size_t i)
{
    struct span s = text_span(t, i, i + 1);
    const struct str *file = &s.source->text;

    if (s.start < t->span.start || s.start > file->n)
        return false;
    if (s.start < file->n && file->s[s.start] == t->str.s[i])
        return true;
    bool folded = t->str.s[i] == ' ' || t->str.s[i] == '\n';
    return (folded && (s.start == file->n || is_break(file->s + s.start))) ||
           file->s[t->span.start] == '"';
}

static void check(const struct node *n)
{
    if (n->span.end < n->span.start || n->span.end > n->span.source->text.n)
        __builtin_trap();
    for (size_t i = 0; i < n->text.str.n && !n->refused; i++)
        if (!is_true(&n->text, i))
            __builtin_trap();
    for (const struct node *child = n->first; child; child = child->next)
        check(child);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena *a = arena_new(NULL);
    struct diags ds = { .arena = a };
    struct source *src = source_new(a, STR("fuzz"), (struct str){ (const char *)data, size });
    const struct node *root = node_read(a, src, &ds);

    if (root)
        check(root);
    else if (ds.errors == 0)
        __builtin_trap();
    FILE *nowhere = fopen("/dev/null", "w");
    for (const struct diag *d = ds.first; d; d = d->next)
        diag_print(d, nowhere);
    fclose(nowhere);
    arena_free(a);
    return 0;
}
