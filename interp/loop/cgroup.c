#include "loop/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"

#define PREFIX "runbook-"

enum { CGROUP_FILE = 8192 };  // more than any /proc/PID/cgroup has

struct box {
    struct cgroup *group;
    struct box *next;
    struct str path;
    size_t number;
    bool taken;
};

struct cgroup {
    struct arena *arena;
    struct str path;
    struct box *boxes;
    size_t count;
};

// ---- files of the kernel

// At most [size] bytes of it, ended by NUL; false where it cannot be read.
static bool read_small(const char *path, char *to, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, to, size - 1);

    if (fd >= 0)
        close(fd);
    to[n > 0 ? n : 0] = '\0';
    return n > 0;
}

static bool write_small(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) > 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

static struct str inside(struct str folder, const char *name, struct arena *a)
{
    return str_format(a, "%.*s/%s", STR_ARG(folder), name);
}

// Calls [fn] for each group right below [path].
static void each_below(struct str path, void (*fn)(void *arg, struct str path), void *arg,
                       struct arena *a)
{
    DIR *all = opendir(path.s);

    for (struct dirent *e; all && (e = readdir(all));)
        if (e->d_type == DT_DIR && e->d_name[0] != '.')
            fn(arg, inside(path, e->d_name, a));
    if (all)
        closedir(all);
}

// ---- whether anything is ours

static struct str mount_point(void)
{
    static const char *const usual[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
    struct statfs fs;

    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (statfs(usual[i], &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC)
            return str_from(usual[i]);
    return STR("");
}

// The group in which we are, as a folder; empty where there is none but the root, or where it
// lies outside of what we see.
static struct str own_group(struct arena *a)
{
    char *text = NEW_ARRAY(a, char, CGROUP_FILE);
    char *line = read_small("/proc/self/cgroup", text, CGROUP_FILE) ? strstr(text, "0::/") : NULL;

    if (!line || (line != text && line[-1] != '\n'))
        return STR("");
    struct str path = str_from(line + 3);
    path = str_slice(path, 0, str_find(path, '\n') == SIZE_MAX ? path.n : str_find(path, '\n'));
    struct str mount = path.n > 1 && !str_starts(path, "/..") ? mount_point() : STR("");
    return mount.n ? str_format(a, "%.*s%.*s", STR_ARG(mount), STR_ARG(path)) : STR("");
}

static bool has_mark(const char *path, const char *name, const char *wanted)
{
    char value[8];
    ssize_t n = getxattr(path, name, value, wanted ? sizeof value : 0);

    return wanted ? n == (ssize_t)strlen(wanted) && memcmp(value, wanted, (size_t)n) == 0 : n >= 0;
}

// What systemd says of the unit in which we are: the nearest that it has made is meant.
static enum { SAYS_NOTHING, SAYS_NO, SAYS_YES } manager_says(struct str path, struct arena *a)
{
    char *at = (char *)(uintptr_t)str_copy(a, path).s;

    for (char *end; (end = strrchr(at, '/')) && end != at; *end = '\0') {
        if (has_mark(at, "user.delegate", "1") || has_mark(at, "trusted.delegate", "1"))
            return SAYS_YES;
        if (has_mark(at, "user.invocation_id", NULL) || has_mark(at, "trusted.invocation_id", NULL))
            return SAYS_NO;
    }
    return SAYS_NOTHING;
}

static bool may_write(const char *path)
{
    return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

static bool is_delegated(struct str path, struct arena *a)
{
    if (!may_write(path.s) || !may_write(inside(path, "cgroup.procs", a).s))
        return false;
    switch (manager_says(path, a)) {
    case SAYS_YES: return true;
    case SAYS_NO: return false;
    case SAYS_NOTHING: break;
    }
    return geteuid() != 0;
}

// ---- coming and going

// Folders of groups only; one that somebody lives in stays.
static void remove_tree(void *arg, struct str path)
{
    struct arena *a = arg;

    each_below(path, remove_tree, a, a);
    rmdir(path.s);
}

static void remove_if_dead(void *arg, struct str path)
{
    struct arena *a = arg;
    const char *name = strrchr(path.s, '/') + 1;

    if (strncmp(name, PREFIX, sizeof PREFIX - 1) != 0)
        return;
    long pid = strtol(name + sizeof PREFIX - 1, NULL, 10);
    if (pid > 0 && kill((pid_t)pid, 0) < 0 && errno == ESRCH)
        remove_tree(a, path);
}

struct cgroup *cgroup_new(struct arena *a)
{
    struct arena *scratch = arena_new(NULL);
    struct str own = own_group(scratch);
    struct cgroup *g = NULL;

    if (own.n && is_delegated(own, scratch)) {
        struct str path = str_format(a, "%.*s/" PREFIX "%d-%lld", STR_ARG(own), (int)getpid(),
                                     (long long)clock_boot_ms());
        each_below(own, remove_if_dead, scratch, scratch);
        if (mkdir(path.s, 0755) == 0) {
            g = NEW(a, struct cgroup);
            *g = (struct cgroup){ .arena = a, .path = path };
        }
    }
    arena_free(scratch);
    return g;
}

void cgroup_close(struct cgroup *g)
{
    struct arena *a = arena_new(NULL);

    remove_tree(a, g->path);
    arena_free(a);
}

// ---- boxes

static struct box *new_box(struct cgroup *g)
{
    struct box *b = NEW(g->arena, struct box);

    *b = (struct box){ .group = g,
                       .next = g->boxes,
                       .number = g->count,
                       .path = str_format(g->arena, "%.*s/%zu", STR_ARG(g->path), g->count) };
    if (mkdir(b->path.s, 0755) < 0)
        return NULL;
    g->count++;
    g->boxes = b;
    return b;
}

struct box *box_take(struct cgroup *g)
{
    struct box *b = g->boxes;

    while (b && (b->taken || !box_is_empty(b)))
        b = b->next;
    if (!b)
        b = new_box(g);
    if (b)
        b->taken = true;
    return b;
}

void box_give(struct box *b)
{
    b->taken = false;
}

int box_door(const struct box *b)
{
    struct arena *a = arena_new(NULL);
    int fd = open(inside(b->path, "cgroup.procs", a).s, O_WRONLY | O_CLOEXEC);

    arena_free(a);
    return fd;
}

bool box_is_empty(const struct box *b)
{
    struct arena *a = arena_new(NULL);
    char text[256];
    bool known = read_small(inside(b->path, "cgroup.events", a).s, text, sizeof text);

    arena_free(a);
    return known && strstr(text, "populated 0");
}

struct box *cgroup_box_of(struct cgroup *g, int64_t pid)
{
    struct arena *a = arena_new(NULL);
    const char *folder = str_format(a, "%s/", strrchr(g->path.s, '/')).s;
    char *text = NEW_ARRAY(a, char, CGROUP_FILE), *at = NULL;
    struct box *b = NULL;

    if (read_small(str_format(a, "/proc/%lld/cgroup", (long long)pid).s, text, CGROUP_FILE))
        at = strstr(text, folder);
    if (at) {
        size_t number = strtoul(at + strlen(folder), NULL, 10);
        for (b = g->boxes; b && b->number != number;)
            b = b->next;
    }
    arena_free(a);
    return b;
}

struct listing {
    struct arena *arena;
    struct buf numbers;  // of int64_t
};

static void list_pids(void *arg, struct str path)
{
    struct listing *l = arg;
    FILE *f = fopen(inside(path, "cgroup.procs", l->arena).s, "re");
    long long pid;

    while (f && fscanf(f, "%lld", &pid) == 1)
        if (pid > 0)  // 0: it is not in the namespace that we see
            buf_add(&l->numbers, (struct str){ (const char *)&(int64_t){ pid }, sizeof(int64_t) });
    if (f)
        fclose(f);
    each_below(path, list_pids, l, l->arena);
}

static int by_number(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

    return (a > b) - (a < b);
}

struct str box_path(const struct box *b)
{
    return b->path;
}

const int64_t *box_pids(const struct box *b, struct arena *a)
{
    return box_pids_at(b->path, a);
}

const int64_t *box_pids_at(struct str path, struct arena *a)
{
    struct listing l = { arena_new(NULL), BUF_EMPTY };

    list_pids(&l, str_copy(l.arena, path));
    size_t count = l.numbers.n / sizeof(int64_t);
    int64_t *pids = NEW_ARRAY(a, int64_t, count + 1);
    if (count)
        memcpy(pids, l.numbers.s, l.numbers.n);
    pids[count] = 0;
    qsort(pids, count, sizeof *pids, by_number);
    buf_free(&l.numbers);
    arena_free(l.arena);
    return pids;
}

void box_hold(const struct box *b, bool held)
{
    struct arena *a = arena_new(NULL);

    write_small(inside(b->path, "cgroup.freeze", a).s, held ? "1" : "0");
    arena_free(a);
}

bool box_kill(const struct box *b)
{
    struct arena *a = arena_new(NULL);
    bool ok = write_small(inside(b->path, "cgroup.kill", a).s, "1");

    arena_free(a);
    return ok;
}
