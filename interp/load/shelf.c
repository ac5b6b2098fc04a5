#include "load/shelf.h"

#include <string.h>

#include "base/arena.h"

struct shelf {
    struct arena *arena;
    const struct project *project;
    struct diags *ds;
    struct library *library;           // or
    const struct program_file *files;  // what was kept
    size_t count;
    struct runbook **read;  // of each file, once it was read
};

struct shelf *shelf_on_disk(struct arena *a, const struct project *p, struct diags *ds)
{
    struct shelf *s = NEW(a, struct shelf);

    *s = (struct shelf){
        .arena = a, .project = p, .ds = ds, .library = library_new(a, p, action_names(), ds)
    };
    return s;
}

struct shelf *shelf_kept(struct arena *a, const struct project *p, const struct program_file *files,
                         size_t count, struct diags *ds)
{
    struct shelf *s = NEW(a, struct shelf);

    *s = (struct shelf){ .arena = a,
                         .project = p,
                         .ds = ds,
                         .files = files,
                         .count = count,
                         .read = NEW_ARRAY(a, struct runbook *, count) };
    return s;
}

struct library *shelf_library(const struct shelf *s)
{
    return s->library;
}

static struct str without_suffix(struct str path)
{
    if (str_ends(path, ".yaml"))
        return str_slice(path, 0, path.n - 5);
    return str_ends(path, ".yml") ? str_slice(path, 0, path.n - 4) : path;
}

// [path] below [folder], without its suffix; empty when it is not below it.
static struct str below(struct str path, struct str folder)
{
    if (folder.n == 0 || path.n <= folder.n || path.s[folder.n] != '/' ||
        !str_equal(str_slice(path, 0, folder.n), folder))
        return STR("");
    return without_suffix(str_slice(path, folder.n + 1, path.n));
}

static struct str in_project(const struct shelf *s, struct str folder)
{
    if (folder.n && folder.s[0] == '/')
        return folder;
    return str_format(s->arena, "%.*s/%.*s", STR_ARG(s->project->root), STR_ARG(folder));
}

static struct str address_of(const struct shelf *s, struct str path)
{
    const struct text *library = s->project->library.items;
    struct str address = below(path, in_project(s, s->project->runbooks.str));

    for (size_t i = 0; i < s->project->library.count && address.n == 0; i++)
        address = below(path, in_project(s, library[i].str));
    if (address.n == 0)
        address = below(path, s->project->stdlib);
    if (address.n)
        return address;
    const char *slash = path.n ? memrchr(path.s, '/', path.n) : NULL;
    return without_suffix(slash ? str_slice(path, (size_t)(slash - path.s) + 1, path.n) : path);
}

static struct runbook *read_kept(struct shelf *s, size_t i)
{
    if (s->read[i])
        return s->read[i];
    struct source *src = source_new(s->arena, s->files[i].path, s->files[i].text);
    struct runbook *rb = runbook_read(s->arena, src, action_names(), s->ds);
    if (!rb)
        return NULL;
    rb->path = s->files[i].path;
    rb->address = address_of(s, rb->path);
    return s->read[i] = rb;
}

struct runbook *shelf_read(struct shelf *s, struct str path)
{
    if (s->library)
        return library_read(s->library, path);
    for (size_t i = 0; i < s->count; i++)
        if (str_equal(s->files[i].path, path))
            return read_kept(s, i);
    diag_error(s->ds, DIAG_CANNOT_READ, (struct span){ 0 }, "%.*s was not kept with the run",
               STR_ARG(path));
    return NULL;
}

static bool ends_in(struct str path, struct str word)
{
    struct str stem = without_suffix(path);

    return stem.n > word.n && stem.s[stem.n - word.n - 1] == '/' &&
           str_equal(str_slice(stem, stem.n - word.n, stem.n), word);
}

struct runbook *shelf_use(struct shelf *s, const struct text *word)
{
    if (s->library)
        return library_use(s->library, word);
    for (size_t i = 0; i < s->count; i++)
        if (str_equal(address_of(s, s->files[i].path), word->str))
            return read_kept(s, i);
    for (size_t i = 0; i < s->count; i++)
        if (ends_in(s->files[i].path, word->str))
            return read_kept(s, i);
    diag_error(s->ds, DIAG_UNKNOWN_RUNBOOK, word->span, "runbook `%.*s` was not kept with the run",
               STR_ARG(word->str));
    return NULL;
}
