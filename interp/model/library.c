// Runbooks that were read, each file once.

#include "base/arena.h"
#include "base/map.h"
#include "model/file.h"
#include "model/locate.h"
#include "model/reader.h"

struct library {
    struct arena *arena;
    const struct project *project;
    const char *const *actions;
    struct diags *diags;
    struct map *by_path;  // struct loaded
    struct str home;      // folder of the first file that was read
};

struct loaded {
    struct runbook *rb;  // NULL: it could not be read
};

struct library *library_new(struct arena *a, const struct project *p, const char *const *actions,
                            struct diags *ds)
{
    struct library *l = NEW(a, struct library);

    *l = (struct library){ a, p, actions, ds, map_new(a), STR("") };
    return l;
}

// The path below one of the folders where runbooks live; of another file, its stem.
static struct str address_of(const struct library *l, struct str path)
{
    struct list folders = project_folders(l->project, l->arena);

    LIST_EACH(const struct str, folder, folders)
    {
        struct str below = path_inside(path, path_absolute(l->arena, *folder));
        if (below.n && is_address(path_without_suffix(below)))
            return path_without_suffix(below);
    }
    struct str folder = path_folder(path);
    return path_without_suffix(str_slice(path, folder.n + (folder.n > 1), path.n));
}

static struct runbook *add(struct library *l, struct str path, struct str text)
{
    struct loaded *loaded = NEW(l->arena, struct loaded);
    struct source *src = source_new(l->arena, path_shown(l->arena, path), text);

    path = str_copy(l->arena, path);
    if (!l->home.n)
        l->home = path_folder(path);
    map_put(l->by_path, path, loaded);
    loaded->rb = runbook_read(l->arena, src, l->actions, l->diags);
    if (loaded->rb) {
        loaded->rb->path = path;
        loaded->rb->address = address_of(l, path);
    }
    return loaded->rb;
}

static struct runbook *read(struct library *l, struct str path)
{
    struct arena *scratch = arena_new(NULL);
    struct runbook *rb = NULL;
    struct str text;

    // One byte more than is allowed, so that the reader can say where it is too much.
    if (file_read_start(scratch, path, 1024 * 1024 + 1, &text, l->diags))
        rb = add(l, path, text);
    arena_free(scratch);
    return rb;
}

struct runbook *library_read(struct library *l, struct str path)
{
    struct str absolute = path_absolute(l->arena, path);
    const struct loaded *loaded = map_get(l->by_path, absolute);

    return loaded ? loaded->rb : read(l, absolute);
}

// Without a project, the folder of the file that is run stands for its runbooks.
static struct str find(const struct library *l, struct str address)
{
    struct str path = STR("");

    if (!l->project->root.n && l->home.n)
        path = runbook_in_folder(l->arena, l->home, address);
    if (!path.n)
        path = project_address(l->project, l->arena, address);
    return path;
}

struct runbook *library_use(struct library *l, const struct text *word)
{
    if (!is_address(word->str))
        return NULL;  // the reader has complained about it
    struct str path = find(l, word->str);

    if (path.n)
        return library_read(l, path);
    struct diag *d = diag_error(l->diags, DIAG_UNKNOWN_RUNBOOK, word->span,
                                "there is no runbook `%.*s`", STR_ARG(word->str));
    d->help = address_question(l->project, l->arena, word->str);
    return NULL;
}
