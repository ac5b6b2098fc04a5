// Claims of runs: a second lock on the file `lock` in the run's folder, beside that of the owner
// and of another kind (flock), so that they are not in each other's way.

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/arena.h"
#include "store/row.h"
#include "store/sqlite.h"
#include "store/sqlite_owner.h"

// -1: there is none, or somebody else has claimed it.
static int lock_for_claim(const struct sqlite_store *s, struct str id, struct arena *a)
{
    int rc, fd = open(run_path(s, id, "lock", a).s, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return -1;
    while ((rc = flock(fd, LOCK_EX | LOCK_NB)) < 0 && errno == EINTR)
        ;
    if (rc == 0)
        return fd;
    close(fd);
    return -1;
}

// Looked at behind the lock: who had the claim before may have gone on with it.
static bool is_free(struct sqlite_store *s, const struct seen_run *seen, struct arena *a)
{
    struct diags ignored = { .arena = a };
    struct run_row now;

    return !owner_lives(run_path(s, seen->id, NULL, a)) &&
           s->base.ops.runs->row(&s->base, seen->id, a, &now, &ignored) == STORE_OK &&
           row_is_as_seen(&now, seen);
}

enum store_error sqlite_claim(struct store *base, const struct seen_run *runs, size_t count,
                              struct arena *a, struct claim *out, struct diags *ds)
{
    struct sqlite_store *s = (struct sqlite_store *)base;

    (void)ds;
    for (size_t i = 0; i < count && !s->absent; i++) {
        int fd = lock_for_claim(s, runs[i].id, a);
        if (fd >= 0 && is_free(s, &runs[i], a)) {
            *out = (struct claim){ .run = str_copy(a, runs[i].id), .mark = STR(""), .fd = fd };
            return STORE_OK;
        }
        if (fd >= 0)
            close(fd);
    }
    return STORE_NO_SUCH_RUN;
}

void sqlite_claim_drop(struct store *s, struct claim *c)
{
    (void)s;
    close(c->fd);
}
