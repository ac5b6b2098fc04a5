#include "exec/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "exec/environ.h"
#include "loop/process.h"

static bool is_program(struct str path)
{
    struct stat st;

    return stat(path.s, &st) == 0 && S_ISREG(st.st_mode) && access(path.s, X_OK) == 0;
}

struct str program_path(struct str name, struct str dir, const struct str *vars, struct arena *a)
{
    struct str path = STR("/usr/local/bin:/usr/bin:/bin");

    if (str_find(name, '/') != SIZE_MAX) {
        struct str full = name.s[0] == '/'
                              ? str_copy(a, name)
                              : str_format(a, "%.*s/%.*s", STR_ARG(dir), STR_ARG(name));
        return is_program(full) ? full : STR("");
    }
    environment_get(vars, STR("PATH"), &path);
    while (path.n) {
        size_t end = str_find(path, ':');
        if (end == SIZE_MAX)
            end = path.n;
        struct str folder = end ? str_slice(path, 0, end) : STR(".");
        struct str full = str_format(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
        if (is_program(full))
            return full;
        path = str_slice(path, end + 1, path.n);
    }
    return STR("");
}

// Only what may be called between fork and exec.
static void become(const char *program, char **argv, char **envp, const char *dir, int out)
{
    sigset_t none;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int s = 1; s < NSIG; s++)
        signal(s, SIG_DFL);
    if (chdir(dir) == 0 && dup2(null, 0) == 0 && dup2(out, 1) == 1 && dup2(null, 2) == 2)
        execve(program, argv, envp);
    _exit(127);
}

// False when there is nothing more to be read: end of the pipe, time or limit used up.
static bool read_more(int fd, struct buf *b, int64_t until_ms, size_t limit, struct captured *c)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    int64_t left = until_ms - clock_boot_ms();
    int ready = left > 0 ? poll(&p, 1, (int)left) : 0;

    if (ready < 0 && errno == EINTR)
        return true;
    if (ready <= 0) {
        c->timed_out = true;
        return false;
    }
    ssize_t n = read(fd, buf_reserve(b, 4096), 4096);
    if (n < 0)
        return errno == EINTR;
    b->n += (size_t)n;
    c->too_long = b->n > limit;
    return n > 0 && !c->too_long;
}

// A program may close its standard output and go on: it has no more time for that.
static void wait_until(pid_t pid, int64_t until_ms, struct captured *c)
{
    struct pollfd p = { .fd = pidfd_open(pid, 0), .events = POLLIN };

    for (int64_t left; p.fd >= 0 && (left = until_ms - clock_boot_ms()) > 0;)
        if (poll(&p, 1, (int)left) > 0)
            break;
    c->timed_out |= clock_boot_ms() >= until_ms;
    if (p.fd >= 0)
        close(p.fd);
}

static int reap(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// What it started is ours when it has lost its parent, in whatever session it is: all that is not
// among [before] is killed.
static void kill_strays(const int64_t *before)
{
    enum { ROUNDS = 200, REST_US = 5000 };  // a second

    for (int i = 0; i < ROUNDS && process_kill_own_children(before); i++)
        usleep(REST_US);
}

struct captured capture(const struct str *argv, size_t count, struct str dir,
                        const struct str *vars, int64_t timeout_ms, size_t limit, struct arena *a)
{
    struct captured c = { 0 };
    struct str program = program_path(argv[0], dir, vars, a);
    char **args = NEW_ARRAY(a, char *, count + 1), **envp = environment_argv(vars, a);
    struct str folder = str_copy(a, dir);
    int fds[2];

    for (size_t i = 0; i < count; i++)
        args[i] = (char *)str_copy(a, argv[i]).s;
    if (program.n == 0 || pipe2(fds, O_CLOEXEC) != 0)
        return c;
    // From here on what loses its parent comes to us, and stays: a success may leave something.
    const int64_t *before = process_own_children(NULL, a);
    int reaper = 0;
    prctl(PR_GET_CHILD_SUBREAPER, &reaper);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t pid = fork();
    if (pid == 0)
        become(program.s, args, envp, folder.s, fds[1]);
    close(fds[1]);
    struct buf b = BUF_EMPTY;
    c.started = pid > 0;
    if (c.started) {
        int64_t until = clock_boot_ms() + timeout_ms;
        while (read_more(fds[0], &b, until, limit, &c))
            ;
        if (!c.timed_out && !c.too_long)
            wait_until(pid, until, &c);
        if (c.timed_out || c.too_long)
            kill(-pid, SIGKILL);
        c.exit = reap(pid);
        if (c.timed_out || c.too_long || c.exit)
            kill_strays(before);
    }
    prctl(PR_SET_CHILD_SUBREAPER, reaper);
    close(fds[0]);
    c.out = buf_take(&b, a);
    return c;
}
