// Loaded before a runbook (LD_PRELOAD), moves its clocks and those of its keeper apart, as a
// machine that slept does, or somebody who sets the clock. The file CLOCKS, which may change at
// any time, says by how much:
//
//     BOOT_MS REAL_MS
//
// is added to boot time and to the wall clock. The monotonic clock stands still while a machine
// sleeps, and is left alone; so are the start times of processes, as /proc tells them. What was
// due meanwhile is due when the file has changed, as on waking up.

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { TIMERS = 64, LOOK_US = 5000, SECOND = 1000000000 };

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static struct timer {
    bool set;
    struct itimerspec when;  // on the moved clock, absolute
} timers[TIMERS];            // by descriptor
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *path;

static void moved(long long *boot_ms, long long *real_ms)
{
    char text[64] = "";
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    *boot_ms = *real_ms = 0;
    if (fd < 0)
        return;
    if (read(fd, text, sizeof text - 1) > 0)
        sscanf(text, "%lld %lld", boot_ms, real_ms);
    close(fd);
}

static void add(struct timespec *t, long long ms)
{
    long long ns = t->tv_nsec + ms % 1000 * 1000000;

    t->tv_sec += ms / 1000 + ns / SECOND - (ns % SECOND < 0);
    t->tv_nsec = ns % SECOND + (ns % SECOND < 0 ? SECOND : 0);
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
    long long boot_ms, real_ms;
    int result = REAL(clock_gettime)(clock, t);

    moved(&boot_ms, &real_ms);
    if (clock == CLOCK_BOOTTIME)
        add(t, boot_ms);
    if (clock == CLOCK_REALTIME)
        add(t, real_ms);
    return result;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *t = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
    return 0;
}

time_t time(time_t *t)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (t)
        *t = now.tv_sec;
    return now.tv_sec;
}

// ---- alarms; all that we set are absolute and on boot time

static int set(int fd, struct itimerspec when, long long boot_ms)
{
    add(&when.it_value, -boot_ms);
    if (when.it_value.tv_sec < 0)
        when.it_value = (struct timespec){ .tv_nsec = 1 };
    return REAL(timerfd_settime)(fd, TFD_TIMER_ABSTIME, &when, NULL);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *before)
{
    long long boot_ms, real_ms;
    bool armed = when->it_value.tv_sec || when->it_value.tv_nsec;

    if (fd < 0 || fd >= TIMERS || !(flags & TFD_TIMER_ABSTIME))
        abort();
    pthread_mutex_lock(&lock);
    timers[fd] = (struct timer){ armed, *when };
    moved(&boot_ms, &real_ms);
    int result =
        armed ? set(fd, *when, boot_ms) : REAL(timerfd_settime)(fd, flags, when, before);
    pthread_mutex_unlock(&lock);
    return result;
}

static void *watch(void *arg)
{
    long long before, boot_ms, real_ms;

    moved(&before, &real_ms);
    for (;;) {
        usleep(LOOK_US);
        pthread_mutex_lock(&lock);
        moved(&boot_ms, &real_ms);
        for (int fd = 0; fd < TIMERS && boot_ms != before; fd++)
            if (timers[fd].set)
                set(fd, timers[fd].when, boot_ms);
        before = boot_ms;
        pthread_mutex_unlock(&lock);
    }
    return arg;
}

__attribute__((constructor)) static void begin(void)
{
    sigset_t all, old;
    pthread_t thread;

    path = getenv("CLOCKS");
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (path)
        pthread_create(&thread, NULL, watch, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

// The keeper is given an empty environment, and this.
int posix_spawn(pid_t *restrict pid, const char *restrict program,
                const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *restrict attr,
                char *const argv[restrict], char *const env[restrict])
{
    static const char *const ours[] = { "LD_PRELOAD", "CLOCKS" };
    bool keeper = argv[0] && argv[1] && !strcmp(argv[1], "@keeper");
    char *all[40] = { NULL };
    size_t n = 0;

    while (env[n] && n < 30) {
        all[n] = env[n];
        n++;
    }
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (getenv(ours[i]) && asprintf(&all[n], "%s=%s", ours[i], getenv(ours[i])) > 0)
            n++;
    return REAL(posix_spawn)(pid, program, actions, attr, argv, keeper ? all : env);
}
