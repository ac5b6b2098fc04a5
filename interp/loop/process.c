#include "loop/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"

enum {
    READ = 4096,
    RECORD = 16,  // more than one pid in the list of children
    COMMAND_MAX = 200,
    ENVIRON_MAX = 1 << 20,
    KERNEL_THREAD = 0x00200000,  // a flag of a process
    ENVIRON_TRIES = 200,
    ENVIRON_US = 100
};

static int open_proc(int64_t pid, const char *file)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%lld/%s", (long long)pid, file);
    return open(path, O_RDONLY | O_CLOEXEC);
}

// Up to [most] bytes of what [fd] has from its start on.
static void read_all(int fd, size_t most, struct buf *out)
{
    ssize_t n;

    while (out->n < most) {
        char *to = buf_reserve(out, 4096);
        n = pread(fd, to, 4096, (off_t)out->n);
        if (n <= 0)
            break;
        out->n += (size_t)n;
    }
    buf_add(out, STR(""));
}

struct stat_line {
    char text[1024];
};

// What stands behind the name of a process, which is in parentheses and may hold any byte: what
// counts is the last ")". NULL if there is none.
static const char *read_stat(int64_t pid, struct stat_line *line)
{
    int fd = open_proc(pid, "stat");
    if (fd < 0)
        return NULL;
    ssize_t n = read(fd, line->text, sizeof line->text - 1);
    close(fd);
    if (n <= 0)
        return NULL;
    line->text[n] = '\0';
    return strrchr(line->text, ')');
}

bool process_read(int64_t pid, struct process *p)
{
    struct stat_line line;
    const char *rest = read_stat(pid, &line);
    char state;
    long long parent, group, session, threads, start;
    if (!rest ||
        sscanf(rest + 1,
               " %c %lld %lld %lld %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %lld "
               "%*d %lld",
               &state, &parent, &group, &session, &threads, &start) != 6)
        return false;
    p->pid = pid;
    p->parent = parent;
    p->group = group;
    p->session = session;
    p->start = start;
    // A process whose first thread has ended looks like a zombie while others go on.
    p->ended = (state == 'Z' && threads <= 1) || state == 'X';
    p->stopped = state == 'T';
    return true;
}

struct processes process_all(struct arena *a)
{
    struct processes all = { 0 };
    size_t room = 0;
    DIR *dir = opendir("/proc");

    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        struct process p;
        long long pid = atoll(entry->d_name);
        if (pid <= 0 || !process_read(pid, &p) || p.ended)
            continue;
        if (all.count == room) {
            room = room ? room * 2 : 256;
            struct process *items = NEW_ARRAY(a, struct process, room);
            if (all.count)
                memcpy(items, all.items, all.count * sizeof *items);
            all.items = items;
        }
        all.items[all.count++] = p;
    }
    if (dir)
        closedir(dir);
    return all;
}

// Such a list gives less than was asked for only at its end, or where the next record would not
// fit into a page.
static void read_list(int fd, struct buf *out)
{
    ssize_t n;

    do {
        n = pread(fd, buf_reserve(out, READ), READ, (off_t)out->n);
        out->n += n > 0 ? (size_t)n : 0;
    } while (n > READ - RECORD);
    buf_add(out, STR(""));
}

const int64_t *process_children(int fd, struct arena *a)
{
    struct buf text = BUF_EMPTY;
    size_t count = 0;

    if (fd < 0)
        return NULL;
    read_list(fd, &text);
    int64_t *pids = NEW_ARRAY(a, int64_t, text.n / 2 + 1);
    for (char *at = text.s, *end; *at; at = end) {
        long long pid = strtoll(at, &end, 10);
        if (end == at)
            break;
        pids[count++] = pid;
    }
    buf_free(&text);
    return pids;
}

// Without the list of children, a look at everything has to do.
static const int64_t *children_of(int64_t parent, struct arena *a)
{
    struct processes all = process_all(a);
    int64_t *pids = NEW_ARRAY(a, int64_t, all.count + 1);

    for (size_t i = 0, n = 0; i < all.count; i++)
        if (all.items[i].parent == parent)
            pids[n++] = all.items[i].pid;
    return pids;
}

static bool is_among(const int64_t *pids, int64_t pid)
{
    while (pids && *pids && *pids != pid)
        pids++;
    return pids && *pids;
}

const int64_t *process_own_children(const int64_t *but, struct arena *a)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    const int64_t *all = process_children(fd, a);
    if (fd >= 0)
        close(fd);
    if (!all)
        all = children_of(getpid(), a);
    size_t count = 0, n = 0;
    while (all[count])
        count++;
    int64_t *some = NEW_ARRAY(a, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct process p;
        if (!is_among(but, all[i]) && process_read(all[i], &p) && !p.ended)
            some[n++] = all[i];
    }
    return some;
}

bool process_kill_own_children(const int64_t *but)
{
    struct arena *a = arena_new(NULL);
    const int64_t *pid = process_own_children(but, a);
    bool any = *pid;

    for (; *pid; pid++)
        if (kill((pid_t)-*pid, SIGKILL) < 0)
            kill((pid_t)*pid, SIGKILL);
    arena_free(a);
    return any;
}

struct str process_command(int64_t pid, struct arena *a)
{
    struct buf text = BUF_EMPTY;
    int fd = open_proc(pid, "cmdline");

    if (fd >= 0) {
        read_all(fd, COMMAND_MAX, &text);
        close(fd);
    }
    if (text.n == 0 && (fd = open_proc(pid, "comm")) >= 0) {
        read_all(fd, COMMAND_MAX, &text);
        close(fd);
    }
    if (text.n > COMMAND_MAX)
        text.n = COMMAND_MAX;
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.s[i] < ' ')
            text.s[i] = ' ';
    struct str command = str_copy(a, str_trim(buf_str(&text)));
    buf_free(&text);
    return command;
}

bool process_has_word(int64_t pid, struct str word)
{
    struct buf text = BUF_EMPTY;
    bool found = false;
    int fd = open_proc(pid, "cmdline");

    if (fd < 0)
        return false;
    read_all(fd, ENVIRON_MAX, &text);
    close(fd);
    for (const char *at = text.s; at < text.s + text.n && !found; at += strlen(at) + 1)
        found = str_equal(str_from(at), word);
    buf_free(&text);
    return found;
}

// The [n]-th word behind the name: as proc(5) counts them, the first is the third.
static unsigned long long stat_word(const char *rest, int n)
{
    for (n -= 2; rest && n > 0; n--)
        rest = strchr(rest + 1, ' ');
    return rest ? strtoull(rest, NULL, 10) : 1;
}

// In the middle of an execve(2) a process has the memory of neither program, and shows where that
// of the new one is only behind it. That what runs has none is seen by a place without a length.
static bool has_environment(int64_t pid)
{
    struct stat_line line;
    const char *rest = read_stat(pid, &line);

    if (!rest || !rest[1] || strchr("ZXx", rest[2]) || stat_word(rest, 9) & KERNEL_THREAD)
        return false;
    return stat_word(rest, 50) == 0 || stat_word(rest, 50) < stat_word(rest, 51);
}

// Nothing if it may not be read, or nobody is there.
static void read_environment(int64_t pid, struct buf *out)
{
    for (int tries = 0; tries < ENVIRON_TRIES; tries++) {
        int fd = open_proc(pid, "environ");

        if (fd < 0)
            return;
        read_all(fd, ENVIRON_MAX, out);
        close(fd);
        if (out->n || !has_environment(pid))
            return;
        usleep(ENVIRON_US);
    }
}

bool process_env(int64_t pid, const char *name, struct arena *a, struct str *value)
{
    struct buf text = BUF_EMPTY;
    size_t n = strlen(name);
    bool found = false;

    read_environment(pid, &text);
    for (const char *at = text.s; at < text.s + text.n && !found; at += strlen(at) + 1) {
        found = strncmp(at, name, n) == 0 && at[n] == '=';
        if (found)
            *value = str_copy(a, str_from(at + n + 1));
    }
    buf_free(&text);
    return found;
}

int64_t process_ticks(void)
{
    return clock_boot_ms() / (1000 / sysconf(_SC_CLK_TCK));
}
