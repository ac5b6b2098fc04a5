// From an address to a file.

#include "base/near.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "model/file.h"
#include "model/locate.h"
#include "model/reader.h"

struct list project_folders(const struct project *p, struct arena *a)
{
    size_t count = 2 + p->library.count, n = 0;
    struct str *folders = NEW_ARRAY(a, struct str, count);

    if (p->root.n)
        folders[n++] = path_join(a, p->root, p->runbooks.str);
    LIST_EACH(const struct text, folder, p->library)
    folders[n++] = path_join(a, p->root, folder->str);
    if (p->stdlib.n)
        folders[n++] = p->stdlib;
    return (struct list){ folders, n };
}

struct str runbook_in_folder(struct arena *a, struct str folder, struct str address)
{
    static const char *const suffixes[] = { ".yaml", ".yml" };

    for (size_t i = 0; i < 2; i++) {
        struct str path = str_format(a, "%.*s/%.*s%s", STR_ARG(folder), STR_ARG(address),
                                     suffixes[i]);
        if (is_file(path))
            return path_absolute(a, path);
    }
    return STR("");
}

struct str project_address(const struct project *p, struct arena *a, struct str address)
{
    struct list folders = project_folders(p, a);

    if (!is_address(address))
        return STR("");
    LIST_EACH(const struct str, folder, folders)
    {
        struct str path = runbook_in_folder(a, *folder, address);
        if (path.n)
            return path;
    }
    return STR("");
}

// ---- all of them ----

struct collection {
    struct arena *arena;
    struct buf *found;  // struct found_runbook
    struct map *seen;   // addresses; the first folder wins
    bool library;
};

static bool is_yaml(struct str name)
{
    return str_ends(name, ".yaml") || str_ends(name, ".yml");
}

static void add_file(struct collection *c, struct str path, struct str address)
{
    struct found_runbook found = { path_without_suffix(address), path, c->library };

    if (map_get(c->seen, found.address))
        return;
    map_put(c->seen, found.address, c);
    buf_add(c->found, (struct str){ (const char *)&found, sizeof found });
}

static void add_folder(struct collection *c, struct str folder, struct str prefix)
{
    struct list names = folder_names(c->arena, folder);

    LIST_EACH(const struct str, name, names)
    {
        struct str path = path_join(c->arena, folder, *name);
        struct str address = prefix.n ? path_join(c->arena, prefix, *name) : *name;
        if (is_yaml(*name) && is_file(path))
            add_file(c, path_absolute(c->arena, path), address);
        else if (!prefix.n && is_folder(path))
            add_folder(c, path, *name);
    }
}

// The project's own first, then by address.
static int by_address(const void *x, const void *y)
{
    const struct found_runbook *a = x, *b = y;

    if (a->library != b->library)
        return a->library - b->library;
    return str_compare(a->address, b->address);
}

struct list project_runbooks(const struct project *p, struct arena *a)
{
    struct list folders = project_folders(p, a);
    struct collection c = { a, buf_in(a), map_new(a), p->root.n == 0 };

    LIST_EACH(const struct str, folder, folders)
    {
        add_folder(&c, *folder, STR(""));
        c.library = true;
    }
    struct list list = { c.found->s, c.found->n / sizeof(struct found_runbook) };
    if (list.count)
        qsort(list.items, list.count, sizeof(struct found_runbook), by_address);
    return list;
}

struct str address_question(const struct project *p, struct arena *a, struct str word)
{
    struct list all = project_runbooks(p, a);
    const char **words = NEW_ARRAY(a, const char *, all.count + 1);
    size_t n = 0;

    LIST_EACH(const struct found_runbook, f, all)
    words[n++] = str_copy(a, f->address).s;
    struct near near = near_words(word, words);
    return near_question(&near, a);
}

// ---- what the command line names ----

static bool looks_like_path(struct str word)
{
    return is_yaml(word) || str_starts(word, "/") || str_starts(word, ".") || !is_address(word);
}

static void not_found(const struct project *p, struct arena *a, struct str word, struct diags *ds)
{
    struct diag *d = diag_error(ds, DIAG_CANNOT_READ, (struct span){ 0 },
                                "there is no runbook `%.*s`", STR_ARG(word));
    struct str question = address_question(p, a, word);

    if (question.n)
        diag_help(ds, d, "%.*s", STR_ARG(question));
    else if (p->root.n)
        diag_help(ds, d, "looked for a file of that name, then in %.*s and the libraries",
                  STR_ARG(path_shown(a, path_join(a, p->root, p->runbooks.str))));
    else
        diag_help(ds, d,
                  "looked for a file of that name, then in the library; there is no "
                  "`.runbook.yaml` here or above");
}

struct str project_locate(const struct project *p, struct arena *a, struct str word,
                          bool allow_path, struct diags *ds)
{
    struct str ignored;

    if (allow_path && is_file(word))
        return path_absolute(a, word);
    if (allow_path && looks_like_path(word)) {
        file_read_start(a, word, 0, &ignored, ds);
        return STR("");
    }
    struct str path = project_address(p, a, word);
    if (!path.n)
        not_found(p, a, word, ds);
    return path;
}
