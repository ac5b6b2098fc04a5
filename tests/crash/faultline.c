// Loaded before a runbook (LD_PRELOAD), counts the calls with which it writes, talks to its
// keeper and starts processes, and does something to it at the n-th:
//
//     FAULT_WHO=interpreter|keeper   whose calls are counted
//     FAULT_AT=N                     at which call; 0: only count
//     FAULT_DO=kill | both           SIGKILL to it, or to it and the other
//             | ENOSPC | EIO         writing fails: this one, or with FAULT_EVER=1 all from it on
//             | signal               FAULT_SIGNAL=N comes, FAULT_TIMES=N times
//     FAULT_AFTER=1                  the call is made first (kill, both)
//     FAULT_PAGES=1                  the pages of SQLite are places to die at, too
//     FAULT_LOG=FILE                 what was done: "interpreter fdatasync 12"
//
// A step's process does not have it: the interpreter does not pass LD_PRELOAD on.

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    bool mine, kills, both, signals, after, ever, pages;
    int error, signo, times;
    long at;
    const char *who, *log;
} fault;

static atomic_long calls;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static bool is_keeper(void)
{
    char line[64] = "";
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof line - 1);

    if (fd >= 0)
        close(fd);
    return n > 0 && !strcmp(line + strlen(line) + 1, "@keeper");
}

static bool says(const char *name, const char *word)
{
    const char *value = getenv(name);

    return value && !strcmp(value, word);
}

static int number(const char *name)
{
    const char *value = getenv(name);

    return value ? atoi(value) : 0;
}

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("FAULT_AT");
    bool keeper = is_keeper();

    fault.who = keeper ? "keeper" : "interpreter";
    fault.mine = says("FAULT_WHO", fault.who) && at;
    fault.at = at ? atol(at) : 0;
    fault.both = says("FAULT_DO", "both");
    fault.signals = says("FAULT_DO", "signal");
    fault.signo = number("FAULT_SIGNAL");
    fault.times = number("FAULT_TIMES");
    fault.kills = fault.both || fault.signals || says("FAULT_DO", "kill");
    fault.error = says("FAULT_DO", "ENOSPC") ? ENOSPC : says("FAULT_DO", "EIO") ? EIO : 0;
    fault.after = says("FAULT_AFTER", "1");
    fault.ever = says("FAULT_EVER", "1");
    fault.pages = says("FAULT_PAGES", "1");
    fault.log = getenv("FAULT_LOG");
}

static void tell(const char *what, long n)
{
    char line[100];
    int length = snprintf(line, sizeof line, "%s %s %ld\n", fault.who, what, n);
    int fd = fault.log ? open(fault.log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

    if (fd >= 0) {
        REAL(write)(fd, line, (size_t)length);
        close(fd);
    }
}

// The keeper is our child, or the interpreter our parent.
static void kill_other(void)
{
    DIR *all = opendir("/proc");

    if (!strcmp(fault.who, "keeper")) {
        kill(getppid(), SIGKILL);
        return;
    }
    for (struct dirent *e; all && (e = readdir(all));) {
        char path[300], line[600] = "";
        int parent = 0, fd;
        snprintf(path, sizeof path, "/proc/%s/stat", e->d_name);
        fd = atoi(e->d_name) > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        if (fd < 0)
            continue;
        if (read(fd, line, sizeof line - 1) > 0 && strrchr(line, ')') &&
            sscanf(strrchr(line, ')') + 1, " %*c %d", &parent) == 1 && parent == getpid())
            kill(atoi(e->d_name), SIGKILL);
        close(fd);
    }
    if (all)
        closedir(all);
}

static void send_signals(void)
{
    for (int i = 0; i < fault.times; i++)
        kill(getpid(), fault.signo);
}

static void happen(const char *what, long n)
{
    tell(what, n);
    if (fault.signals) {
        send_signals();
        return;
    }
    if (fault.both)
        kill_other();
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

// Before a call: true when it fails, with errno. [n] is what after() wants to know.
static bool before(const char *what, bool writes, long *n)
{
    if (!fault.mine || (!fault.kills && !writes))
        return *n = 0, false;
    *n = atomic_fetch_add(&calls, 1) + 1;
    if (fault.kills && *n == fault.at && !fault.after)
        happen(what, *n);
    if (fault.kills || !fault.at || (fault.ever ? *n < fault.at : *n != fault.at))
        return false;
    if (*n == fault.at)
        tell(what, *n);
    errno = fault.error;
    return true;
}

static void after(const char *what, long n)
{
    if (fault.kills && fault.after && n && n == fault.at) {
        int kept = errno;
        happen(what, n);
        errno = kept;
    }
}

static bool is_file(int fd)
{
    struct stat st;

    return fault.mine && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

// ---- the calls; a write of a file may fail, the others are only places to die at

#define CALL(type, what, writes, failed, made)      \
    do {                                            \
        long n;                                     \
        if (before(what, writes, &n))               \
            return failed;                          \
        type result = made;                         \
        after(what, n);                             \
        return result;                              \
    } while (0)

int fsync(int fd)
{
    CALL(int, "fsync", true, -1, REAL(fsync)(fd));
}

int fdatasync(int fd)
{
    CALL(int, "fdatasync", true, -1, REAL(fdatasync)(fd));
}

// The pages of one commit of SQLite: dying between them is what its own tests are about. Files that
// are only being made are ours to ask about.
static bool spares_pages(void)
{
    return fault.kills && !fault.pages;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    if (spares_pages())
        return REAL(pwrite)(fd, bytes, size, at);
    CALL(ssize_t, "pwrite", true, -1, REAL(pwrite)(fd, bytes, size, at));
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    if (spares_pages())
        return REAL(pwrite64)(fd, bytes, size, at);
    CALL(ssize_t, "pwrite64", true, -1, REAL(pwrite64)(fd, bytes, size, at));
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    if (!is_file(fd))
        return REAL(write)(fd, bytes, size);
    CALL(ssize_t, "write", true, -1, REAL(write)(fd, bytes, size));
}

int ftruncate(int fd, off_t size)
{
    if (spares_pages())
        return REAL(ftruncate)(fd, size);
    CALL(int, "ftruncate", true, -1, REAL(ftruncate)(fd, size));
}

int ftruncate64(int fd, off64_t size)
{
    if (spares_pages())
        return REAL(ftruncate64)(fd, size);
    CALL(int, "ftruncate64", true, -1, REAL(ftruncate64)(fd, size));
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    CALL(int, "renameat", true, -1, REAL(renameat)(from_dir, from, to_dir, to));
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    CALL(int, "renameat2", true, -1, REAL(renameat2)(from_dir, from, to_dir, to, flags));
}

ssize_t send(int socket, const void *bytes, size_t size, int flags)
{
    CALL(ssize_t, "send", false, -1, REAL(send)(socket, bytes, size, flags));
}

ssize_t recv(int socket, void *bytes, size_t size, int flags)
{
    CALL(ssize_t, "recv", false, -1, REAL(recv)(socket, bytes, size, flags));
}

// ---- starting processes; the keeper is given an empty environment, and this

static int with_us(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                   const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
    static const char *const ours[] = { "LD_PRELOAD", "FAULT_WHO", "FAULT_AT", "FAULT_DO",
                                        "FAULT_AFTER", "FAULT_EVER", "FAULT_LOG",
                                        "FAULT_SIGNAL", "FAULT_TIMES", "FAULT_PAGES" };
    char *all[40] = { NULL };
    size_t n = 0;

    while (env[n] && n < 30) {
        all[n] = env[n];
        n++;
    }
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (getenv(ours[i]) && asprintf(&all[n], "%s=%s", ours[i], getenv(ours[i])) > 0)
            n++;
    return REAL(posix_spawn)(pid, path, actions, attr, argv, all);
}

int posix_spawn(pid_t *restrict pid, const char *restrict path,
                const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *restrict attr,
                char *const argv[restrict], char *const env[restrict])
{
    bool keeper = argv[0] && argv[1] && !strcmp(argv[1], "@keeper");

    CALL(int, "posix_spawn", false, EAGAIN,
         keeper ? with_us(pid, path, actions, attr, argv, env)
                : REAL(posix_spawn)(pid, path, actions, attr, argv, env));
}

// With which the keeper starts what a step runs.
int clone(int (*begin_child)(void *arg), void *stack, int flags, void *arg, ...)
{
    CALL(int, "clone", false, -1, REAL(clone)(begin_child, stack, flags, arg));
}
