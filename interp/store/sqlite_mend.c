// An index that cannot be used: it is put aside, and made again from the runs.
//
// Nothing is lost by that. The rows come from the runs' own databases, and so do the locks: those
// of a run stand in its row from when it is made (locks_confirm()). What was found stays beside,
// under another name, for who wants to know what happened to it.
//
// Two may come here at once. Who put it aside has left another file in its place, or none, and a
// file that was put aside keeps its inode; so the second sees that what it found damaged is gone.

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "store/folder.h"
#include "store/sqlite.h"
#include "store/sqlite_owner.h"

enum { ASIDE_MOST = 1000 };  // damaged ones that are kept

// Of a newer version, somebody else's, a link, on a disk that fails: that is not mended by another
// file. A link could lead anywhere; a folder or a pipe of that name is only in the way.
static bool is_damaged(const struct sqlite_store *s, const char *path)
{
    struct stat st;

    if (s->index.damaged)
        return true;
    if (lstat(path, &st) < 0 || S_ISLNK(st.st_mode))
        return false;
    if (!S_ISREG(st.st_mode))
        return true;
    return st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)) && st.st_nlink == 1 &&
           faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) < 0 && errno == EACCES;
}

#define ASIDE "index.db.damaged"
// The half-done write that stands beside an index belongs to it, and would be done to another one
// of its name; so it always goes first.
static const char *const beside[] = { "-journal", "-wal", "-shm", "" };
enum { BESIDE_COUNT = sizeof beside / sizeof *beside };

static bool is_free(int root, const char *name)
{
    struct stat st;

    return fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT;
}

static bool move_aside(int root, const char *aside)
{
    char from[32], to[64];

    for (size_t i = 0; i < BESIDE_COUNT; i++) {
        snprintf(from, sizeof from, "index.db%s", beside[i]);
        snprintf(to, sizeof to, "%s%s", aside, beside[i]);
        if (renameat2(root, from, root, to, RENAME_NOREPLACE) < 0 && errno != ENOENT)
            return false;
    }
    return fsync(root) == 0;
}

static bool put_aside(int root, char aside[static 32])
{
    for (int n = 1; n <= ASIDE_MOST; n++) {
        snprintf(aside, 32, n == 1 ? ASIDE : ASIDE "-%d", n);
        if (is_free(root, aside))
            return move_aside(root, aside);
    }
    errno = EEXIST;
    return false;
}

static void tell(struct sqlite_store *s, const char *aside, const struct failure *found,
                 struct diags *ds)
{
    struct diag *d = diag_warn(ds, DIAG_STORE, (struct span){ 0 },
                               "%s; the index of the runs is made again from them", found->text);

    diag_help(ds, d,
              "what was there is kept as `%.*s/%s`; nothing needs it any more, and "
              "`prune` removes it with the old runs",
              STR_ARG(s->root), aside);
}

// Behind a lock on the folder, so that who saw the same damage finds it gone.
static bool replace(struct sqlite_store *s, int root, struct diags *ds, struct failure *why)
{
    struct failure found = *why;
    char aside[32];

    if (!index_is_current(s))
        return true;
    if (!put_aside(root, aside)) {
        failure_set(why, "%s; it is damaged, and cannot be put aside: %s", found.text,
                    strerror(errno));
        return false;
    }
    tell(s, aside, &found, ds);
    return true;
}

static bool replace_alone(struct sqlite_store *s, struct diags *ds, struct failure *why)
{
    int root = open(s->root.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (root < 0)
        return false;
    folder_reserve(root, true);
    bool fine = replace(s, root, ds, why);
    folder_release(root);
    close(root);
    return fine;
}

// What failed while another process put the file aside may be tried again, too.
bool index_mend(struct sqlite_store *s, struct diags *ds, struct failure *why)
{
    struct arena *a = arena_new(NULL);
    bool current = index_is_current(s), damaged = is_damaged(s, index_path(s, a).s);

    arena_free(a);
    if (s->absent || !why->text[0] || (current && !damaged))
        return false;
    index_close(s);
    if (current && !replace_alone(s, ds, why))
        return false;
    why->text[0] = '\0';
    return index_open(s, true, ds, why);
}

// ---- what was put aside long ago

// "index.db.damaged", "index.db.damaged-2-journal": one of those that end so.
static bool is_aside(const char *name, const char *end)
{
    struct str rest = str_from(name);

    if (!str_starts(rest, ASIDE))
        return false;
    rest = str_slice(rest, sizeof ASIDE - 1, rest.n);
    if (rest.n > 1 && rest.s[0] == '-' && isdigit((unsigned char)rest.s[1]))
        for (rest = str_slice(rest, 1, rest.n); rest.n && isdigit((unsigned char)rest.s[0]);)
            rest = str_slice(rest, 1, rest.n);
    return str_is(rest, end);
}

// Its status changed last when it was put aside. A folder that had that name is not ours to empty.
static bool is_old(int root, const char *name, int64_t before_ns)
{
    struct stat st;

    return fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(st.st_mode) &&
           st.st_ctim.tv_sec * INT64_C(1000000000) + st.st_ctim.tv_nsec < before_ns;
}

static bool sweep(int root, DIR *names, const char *end, int64_t before_ns, size_t *removed)
{
    rewinddir(names);
    for (struct dirent *e; (e = readdir(names));) {
        if (!is_aside(e->d_name, end) || !is_old(root, e->d_name, before_ns))
            continue;
        if (unlinkat(root, e->d_name, 0) == 0)
            ++*removed;
        else if (errno != ENOENT)
            return false;
    }
    return true;
}

enum store_error sqlite_sweep(struct store *base, int64_t before_ns, size_t *removed,
                              struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;
    DIR *names = s->absent ? NULL : opendir(s->root.s);
    bool fine = names || s->absent;

    for (size_t i = 0; names && i < BESIDE_COUNT && fine; i++)
        fine = sweep(dirfd(names), names, beside[i], before_ns, removed);
    int error = errno;
    if (names)
        closedir(names);
    if (fine)
        return STORE_OK;
    return store_fail(ds, STORE_FAILED, "`%.*s`: %s", STR_ARG(s->root), strerror(error));
}
