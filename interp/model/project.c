#include "model/project.h"

#include <sys/stat.h>
#include <stdlib.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "model/file.h"
#include "model/reader.h"

#ifndef STDLIB_DIR
#define STDLIB_DIR "/usr/local/share/runbook/stdlib"
#endif

enum { PROJECT_LIMIT = 1024 * 1024 };

// The project file in [dir] or the nearest folder above it; empty if there is none.
static struct str find_file(struct arena *a, struct str dir)
{
    for (;;) {
        struct str file = path_join(a, dir, STR(".runbook.yaml"));
        if (is_file(file))
            return file;
        if (dir.n <= 1)
            return STR("");
        dir = path_folder(dir);
    }
}

// X/build/FLAVOUR/runbook is a binary that was just built: its library is X/stdlib.
static struct str built_stdlib(struct arena *a)
{
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe);
    struct str build = STR("");

    if (n <= 0 || (size_t)n == sizeof exe)
        return build;
    build = path_folder(path_folder((struct str){ exe, (size_t)n }));
    if (!str_ends(build, "/build"))
        return STR("");
    struct str folder = path_join(a, path_folder(build), STR("stdlib"));
    return is_folder(folder) ? folder : STR("");
}

static struct str find_stdlib(struct arena *a)
{
    struct str built = built_stdlib(a), installed = STR(STDLIB_DIR);

    return built.n ? built : is_folder(installed) ? installed : STR("");
}

static void read_file(struct project *p, struct arena *a, const char *const *actions,
                      struct diags *ds)
{
    struct reader r = { .arena = a, .diags = ds, .actions = actions };
    struct str text;

    if (!file_read_start(a, p->file, PROJECT_LIMIT + 1, &text, ds))
        return;
    struct source *src = source_new(a, path_shown(a, p->file), text);
    struct str words = str_trim(text);
    if (words.n == 0)
        return;  // only marks the folder
    const struct node *root = node_read(a, src, ds);
    if (root)
        type_read(&project_type, root, p, &r);
}

struct project *project_find(struct arena *a, struct str dir, const char *const *actions,
                             struct diags *ds)
{
    struct project *p = NEW(a, struct project);

    p->stdlib = find_stdlib(a);
    p->file = find_file(a, path_absolute(a, dir));
    if (p->file.n) {
        p->root = str_copy(a, path_folder(p->file));
        read_file(p, a, actions, ds);
    }
    if (!p->runbooks.str.n)
        p->runbooks = text_bare(STR("runbooks"));
    return p;
}

struct project *project_for(struct arena *a, struct str dir, struct str word,
                            const char *const *actions, struct diags *ds)
{
    bool absolute = word.n && word.s[0] == '/';
    struct str path = absolute ? str_copy(a, word)
                               : str_format(a, "%.*s/%.*s", STR_ARG(dir), STR_ARG(word));
    char *real = realpath(path.s, NULL);
    struct str found = real ? str_copy(a, str_from(real)) : STR("");
    struct stat st;

    free(real);
    if (!found.n || stat(found.s, &st) != 0 || S_ISDIR(st.st_mode))
        return project_find(a, dir, actions, ds);
    while (found.n > 1 && found.s[found.n - 1] != '/')
        found.n--;
    if (found.n > 1)
        found.n--;
    return project_find(a, str_copy(a, found), actions, ds);
}

struct str project_store(const struct project *p, struct arena *a)
{
    struct str url = p->store.str;
    bool path = url.n && url.s[0] != '/' && str_find(url, ':') == SIZE_MAX;

    return path ? str_format(a, "%.*s/%.*s", STR_ARG(p->root), STR_ARG(url)) : url;
}
