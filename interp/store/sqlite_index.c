#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "store/folder.h"
#include "store/sqlite.h"
#include "store/sqlite_owner.h"

// ---- all runs

static bool is_run(const char *name, struct str start)
{
    struct str id = str_from(name);

    return id_is_good(id) && str_equal(str_slice(id, 0, start.n), start);
}

bool run_ids(const struct sqlite_store *s, struct str start, struct arena *a, struct str **ids,
             size_t *count)
{
    struct buf found = BUF_EMPTY;
    struct dirent *e;
    DIR *d = s->absent ? NULL : opendir(s->runs.s);

    *count = 0;
    while (d && (e = readdir(d)))
        if (is_run(e->d_name, start)) {
            struct str id = str_copy(a, str_from(e->d_name));
            buf_add(&found, (struct str){ (const char *)&id, sizeof id });
            ++*count;
        }
    if (d)
        closedir(d);
    *ids = NEW_ARRAY(a, struct str, *count);
    if (*count)
        memcpy(*ids, found.s, *count * sizeof **ids);
    buf_free(&found);
    return d || s->absent;
}

// ---- opening

struct str index_path(const struct sqlite_store *s, struct arena *a)
{
    return str_format(a, "%.*s/index.db", STR_ARG(s->root));
}

static bool is_at(const struct sqlite_store *s, const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && st.st_ino == s->index_inode;
}

bool index_is_current(const struct sqlite_store *s)
{
    struct arena *a = arena_new(NULL);
    bool current = is_at(s, index_path(s, a).s);

    arena_free(a);
    return current;
}

static bool open_to_read(struct sqlite_store *s, const char *path, struct failure *why)
{
    bool empty;

    return db_open_to_read(&s->index, path, &index_kind, &empty, why) && !empty;
}

static bool open_to_write(struct sqlite_store *s, const char *path, struct diags *ds,
                          struct failure *why)
{
    bool empty;

    return db_open(&s->index, path, DB_WRITE, why) &&
           db_check(&s->index, &index_kind, &empty, why) &&
           db_set(&s->index, index_kind.settings, why) && (!empty || index_fill(s, ds, why));
}

// What is at [path] now, or a new one. Its inode is taken before it is opened: when another comes
// in between, the next look finds out.
static bool open_at(struct sqlite_store *s, const char *path, bool make, struct diags *ds,
                    struct failure *why)
{
    struct stat st;
    enum folder_state state = file_look(path, why);

    if (state == FOLDER_ABSENT && make)
        state = file_make(path, why) ? FOLDER_FINE : FOLDER_REFUSED;
    s->index_inode = lstat(path, &st) == 0 ? st.st_ino : 0;
    s->index.damaged = false;
    return state == FOLDER_FINE &&
           (make ? open_to_write(s, path, ds, why) : open_to_read(s, path, why));
}

// Opened to read first, and again when it is written for the first time, or when another file has
// taken its place.
bool index_open(struct sqlite_store *s, bool make, struct diags *ds, struct failure *why)
{
    struct arena *a = arena_new(NULL);
    struct str path = index_path(s, a);
    bool fine = s->index.handle && (s->index_written || !make) && is_at(s, path.s);

    if (!fine && !s->absent) {
        index_close(s);
        fine = open_at(s, path.s, make, ds, why);
        if (!fine)
            index_close(s);
        s->index_written = fine && make;
    }
    arena_free(a);
    return fine;
}

void index_close(struct sqlite_store *s)
{
    db_close(&s->index);
}

// ---- rows

bool index_put(struct sqlite_store *s, const struct run_row *row, struct failure *why)
{
    return index_open(s, true, NULL, why) && index_insert(s, row, why);
}

static bool delete_of(struct sqlite_store *s, const char *sql, struct str id, struct diags *ds,
                      struct failure *why)
{
    if (!index_open(s, true, ds, why))
        return false;
    sqlite3_stmt *st = db_prepare(&s->index, sql, why);
    if (st)
        db_bind(&s->index, st, 1, id);
    bool fine = st && db_run(&s->index, st, why);
    db_finish(&s->index, &st);
    return fine;
}

// Once more where the file was put aside meanwhile: the new one may have been made from what was
// before.
static bool delete_for_good(struct sqlite_store *s, const char *sql, struct str id,
                            struct diags *ds, struct failure *why)
{
    bool fine;

    do
        fine = delete_of(s, sql, id, ds, why) ||
               (index_mend(s, ds, why) && delete_of(s, sql, id, ds, why));
    while (fine && !index_is_current(s));
    return fine;
}

bool index_drop(struct sqlite_store *s, struct str id, struct diags *ds, struct failure *why)
{
    return delete_for_good(s, "DELETE FROM run WHERE \"id\" = ?1", id, ds, why);
}

bool index_unlock(struct sqlite_store *s, struct str run, struct diags *ds, struct failure *why)
{
    return delete_for_good(s, "DELETE FROM lock WHERE run = ?1", run, ds, why);
}
