#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/map.h"
#include "store/folder.h"
#include "store/row.h"
#include "store/sqlite.h"
#include "store/sqlite_owner.h"

enum { KEPT_MOST = 256 * 1024 * 1024 };  // bytes of a kept file

enum store_error sqlite_fail(struct diags *ds, const struct failure *why)
{
    return store_fail(ds, STORE_FAILED, "%s", why->text);
}

// The index holds nothing that is not elsewhere, so who is stopped by it can go on without it.
enum store_error sqlite_index_fail(struct sqlite_store *s, struct diags *ds,
                                   const struct failure *why)
{
    struct str path = index_path(s, s->base.arena);
    struct diag *d = store_diag(ds, STORE_FAILED, "%s", why->text);

    bool damaged = strstr(why->text, "damaged") || strstr(why->text, "no such ");
    if (damaged && str_search(str_from(why->text), path) != SIZE_MAX)
        diag_help(ds, d,
                  "it is only an index: remove it while no run is being started, and it is "
                  "made again from the runs");
    return STORE_FAILED;
}

enum store_error sqlite_no_folder(struct sqlite_store *s, struct diags *ds)
{
    return store_fail(ds, STORE_CANNOT_OPEN, "`%.*s` is not there", STR_ARG(s->root));
}

// ---- runs

// Stands for a row that is in the index, and is not asked for.
static struct run_row not_wanted;

// False with an empty [why]: there is no index.
static bool read_index(struct sqlite_store *s, const struct wanted_runs *w, struct map *rows,
                       struct arena *a, struct diags *ds, struct failure *why)
{
    struct str sql = str_format(a,
                                "SELECT %.*s, ?1 = '' OR (runbook = ?1 AND started > ?2) AS suits"
                                " FROM run",
                                STR_ARG(row_columns(a)));

    if (!index_open(s, false, ds, why))
        return false;
    sqlite3_stmt *st = db_prepare(&s->index, sql.s, why);
    if (st) {
        db_bind(&s->index, st, 1, w->runbook);
        db_bind(&s->index, st, 2, w->after);
    }
    int got = st ? 1 : -1;
    while (got > 0 && (got = db_step(&s->index, st, why)) > 0) {
        bool suits = str_is(db_text(&s->index, st, ROW_COUNT, a), "1");
        struct run_row *row = suits ? NEW(a, struct run_row) : NULL;
        if (row)
            *row = db_row(&s->index, st, 0, a);
        map_put(rows, row ? row->id : db_text(&s->index, st, ROW_id, a), row ? row : &not_wanted);
    }
    db_finish(&s->index, &st);
    return got == 0;
}

// The rows of the index by id; empty when there is none or it cannot be read.
static struct map *indexed_rows(struct sqlite_store *s, const struct wanted_runs *w,
                                struct arena *a, struct diags *ds)
{
    struct failure why = { "" };
    struct map *rows = map_new(a);

    if (read_index(s, w, rows, a, ds, &why))
        return rows;
    rows = map_new(a);
    return index_mend(s, ds, &why) && read_index(s, w, rows, a, ds, &why) ? rows : map_new(a);
}

// Told "crashed" if it says that it runs and nobody has it. It may have ended between the two
// looks, so it is read once more.
static void look_for_owner(const struct sqlite_store *s, struct run_row *row, struct arena *a)
{
    struct failure ignored = { "" };
    struct run_row again;

    if (!row_says_running(row) || owner_lives(run_path(s, row->id, NULL, a)))
        return;
    if (run_row(s, row->id, a, &again, &ignored))
        *row = again;
    if (row_says_running(row))
        row->state = STR("crashed");
}

// A run whose database cannot be read is listed all the same, with what is known: its id.
static bool row_of(struct sqlite_store *s, const struct map *rows, struct str id, struct arena *a,
                   struct run_row *out)
{
    const struct run_row *found = map_get(rows, id);
    struct failure why = { "" };

    if (found == &not_wanted)
        return false;
    if (found || run_row(s, id, a, out, &why)) {
        *out = found ? *found : *out;
        look_for_owner(s, out, a);
        return true;
    }
    *out = (struct run_row){ .id = id, .state = STR("damaged"), .exit = -1 };
    return why.text[0] != '\0';
}

static enum store_error list(struct store *base, const struct wanted_runs *w, struct arena *a,
                             struct run_row **rows, size_t *count, struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct str *ids;
    size_t n;

    if (!run_ids(s, STR(""), a, &ids, &n))
        return store_fail(ds, STORE_FAILED, "`%.*s`: %s", STR_ARG(s->runs), strerror(errno));
    struct map *indexed = indexed_rows(s, w, a, ds);
    *rows = NEW_ARRAY(a, struct run_row, n);
    *count = 0;
    for (size_t i = 0; i < n; i++)
        *count += row_of(s, indexed, ids[i], a, &(*rows)[*count]);
    return STORE_OK;
}

static enum store_error ids(struct store *base, struct str start, struct arena *a, struct str *out,
                            size_t room, size_t *count, struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct str *all;
    struct failure why = { "" };
    size_t n, found = 0;

    if (!run_ids(s, start, a, &all, &n))
        return store_fail(ds, STORE_FAILED, "`%.*s`: %s", STR_ARG(s->runs), strerror(errno));
    for (size_t i = 0; i < n; i++) {
        if (file_look(run_path(s, all[i], "journal.db", a).s, &why) == FOLDER_ABSENT)
            continue;
        if (found < room)
            out[found] = all[i];
        found++;
        if (str_equal(all[i], start)) {  // an id that begins others stands for itself
            out[0] = all[i];
            found = 1;
            break;
        }
    }
    *count = found;
    return STORE_OK;
}

static enum store_error row(struct store *base, struct str id, struct arena *a, struct run_row *out,
                            struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct failure why = { "" };

    if (run_row(s, id, a, out, &why)) {
        look_for_owner(s, out, a);
        return STORE_OK;
    }
    return why.text[0] ? sqlite_fail(ds, &why) : store_no_run(ds, id);
}

static struct str folder(struct store *base, struct str id, struct arena *a)
{
    return run_path((struct sqlite_store *)base, id, NULL, a);
}

static enum store_error kept(struct store *base, struct str id, const char *name, struct arena *a,
                             struct str *out, struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct str path = run_path(s, id, name, a);
    struct failure why = { "" };

    if (s->absent || file_look(run_path(s, id, "journal.db", a).s, &why) == FOLDER_ABSENT)
        return store_no_run(ds, id);
    if (file_look(path.s, &why) == FOLDER_REFUSED)
        return sqlite_fail(ds, &why);
    if (file_get(AT_FDCWD, path.s, KEPT_MOST, a, out))
        return STORE_OK;
    return store_fail(ds, STORE_FAILED, "`%.*s`: %s", STR_ARG(path), strerror(errno));
}

// Taken like a run that is gone on with, so that nobody opens it meanwhile; the database
// goes first: what is left of the folder is no run.
static enum store_error remove_run(struct store *base, struct str id, struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    struct arena *a = arena_new(s->base.arena);
    struct str path = run_path(s, id, NULL, a);
    struct failure why = { "" };
    struct owner owner;
    int fd;

    if (folder_below(path.s, &fd, &why) != FOLDER_FINE) {
        arena_free(a);
        return why.text[0] ? sqlite_fail(ds, &why) : store_no_run(ds, id);
    }
    enum taken taken = owner_take(&owner, fd, path, &why);
    bool fine = taken == TAKEN && index_drop(s, id, ds, &why) && index_unlock(s, id, ds, &why);
    if (fine && (!tree_remove(fd, "journal.db") || !tree_remove(AT_FDCWD, path.s))) {
        failure_set(&why, "`%.*s` cannot be removed: %s", STR_ARG(path), strerror(errno));
        fine = false;
    }
    if (taken == TAKEN)
        owner_leave(&owner);
    close(fd);
    arena_free(a);
    return taken == TAKEN_ALREADY ? STORE_HELD : fine ? STORE_OK : sqlite_fail(ds, &why);
}

static struct str user(struct store *base, struct arena *a)
{
    (void)base;
    return system_user(a);
}

const struct run_ops sqlite_run_ops = {
    .list = list,
    .ids = ids,
    .row = row,
    .create = sqlite_create,
    .open = sqlite_take,
    .read = run_read,
    .kept = kept,
    .folder = folder,
    .claim = sqlite_claim,
    .drop = sqlite_claim_drop,
    .remove = remove_run,
    .sweep = sqlite_sweep,
    .user = user,
};

// ---- opening

static void close_store(void *arg)
{
    struct sqlite_store *s = arg;

    index_close(s);
    db_close(&s->notes);
}

static struct str absolute(struct arena *a, struct str path)
{
    char here[PATH_MAX];

    while (path.n > 1 && path.s[path.n - 1] == '/')
        path.n--;
    if (path.s[0] == '/' || !getcwd(here, sizeof here))
        return str_copy(a, path);
    return str_format(a, "%s/%.*s", here, STR_ARG(path));
}

static bool find_root(struct sqlite_store *s, struct str url, struct diags *ds)
{
    struct arena *a = s->base.arena;
    struct str path = str_starts(url, "sqlite:") ? str_slice(url, 7, url.n) : url;

    if (!path.n && !folder_default(a, &path)) {
        struct diag *d = store_diag(ds, STORE_CANNOT_OPEN,
                                    "there is no place to keep runs: "
                                    "neither XDG_STATE_HOME nor HOME is set");
        diag_help(ds, d, "say where with `--store DIR`");
        return false;
    }
    s->root = absolute(a, path);
    return true;
}

static enum folder_state open_folders(struct sqlite_store *s, bool strict, struct failure *why)
{
    struct arena *a = s->base.arena;
    struct str real;
    int root, runs;
    enum folder_state state = folder_open(s->root.s, strict, a, &real, &root, why);

    if (state != FOLDER_FINE)
        return state;
    close(root);
    s->root = real;
    s->runs = str_format(a, "%.*s/runs", STR_ARG(real));
    state = folder_below(s->runs.s, &runs, why);
    if (state == FOLDER_FINE)
        close(runs);
    return state;
}

static bool make_folders(struct sqlite_store *s, bool strict, struct failure *why)
{
    struct str runs = str_format(s->base.arena, "%.*s/runs", STR_ARG(s->root));

    if (!folder_make(s->root.s, strict, why) || !folder_make(runs.s, false, why))
        return false;
    if (open_folders(s, strict, why) == FOLDER_FINE)
        return true;
    if (!why->text[0])
        failure_set(why, "`%.*s` cannot be made", STR_ARG(s->root));
    return false;
}

static bool can_write(struct sqlite_store *s, struct failure *why)
{
    if (faccessat(AT_FDCWD, s->runs.s, W_OK | X_OK, AT_EACCESS) == 0)
        return true;
    failure_set(why, "`%.*s` cannot be written: %s", STR_ARG(s->runs), strerror(errno));
    return false;
}

struct store *sqlite_open(struct arena *a, struct loop *l, struct str url, bool create,
                          struct diags *ds)
{
    struct arena *own = arena_new(a);
    struct sqlite_store *s = NEW(own, struct sqlite_store);
    struct failure why = { "" };
    bool strict = url.n == 0;  // a place that was said is one's own business

    s->base = (struct store){ { &sqlite_run_ops, &sqlite_lock_ops, &sqlite_note_ops }, own, l };
    arena_defer(own, close_store, s);
    if (!find_root(s, url, ds))
        return NULL;
    switch (open_folders(s, strict, &why)) {
    case FOLDER_FINE:
        if (!create || can_write(s, &why))
            return &s->base;
        break;
    case FOLDER_ABSENT:
        if (!create) {
            s->absent = true;
            return &s->base;
        }
        if (make_folders(s, strict, &why))
            return &s->base;
        break;
    case FOLDER_REFUSED:
        break;
    }
    struct diag *d = store_diag(ds, STORE_CANNOT_OPEN, "runs cannot be kept: %s", why.text);
    diag_help(ds, d, "give a folder of your own with `--store DIR`");
    return NULL;
}
