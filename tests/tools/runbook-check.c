// runbook-check [--graph FORMAT] FILE...: loads each file and prints what is wrong with it.
//
// The loader by itself, without the commands around it. Exit 3 when a file does not load.

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "graph/draw.h"
#include "load/program.h"

static void print_graph(struct arena *a, const struct program *p, const char *format)
{
    struct buf *out = buf_in(a);
    enum graph_format f;

    if (!graph_format_of(str_from(format), &f))
        return;
    graph_draw(p->root->graph, f, out);
    fwrite(out->s, 1, out->n, stdout);
}

static bool check(const char *path, const char *format)
{
    struct arena *a = arena_new(NULL);
    struct diags ds = { .arena = a };
    char full[PATH_MAX];

    if (!realpath(path, full)) {
        perror(path);
        return false;
    }
    struct str file = str_from(full);
    struct str dir = str_copy(a, str_slice(file, 0, (size_t)(strrchr(full, '/') - full)));
    struct project *project = project_find(a, dir, action_names(), &ds);
    struct program *p = program_load(a, project, file, &ds);
    diags_sort(&ds);
    for (const struct diag *d = ds.first; d; d = d->next)
        diag_print(d, stdout);
    if (p && format)
        print_graph(a, p, format);
    arena_free(a);
    return p != NULL;
}

int main(int argc, char **argv)
{
    const char *format = NULL;
    bool ok = true;

    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--graph") == 0 && i + 1 < argc)
            format = argv[++i];
        else
            ok &= check(argv[i], format);
    return ok ? 0 : 3;
}
