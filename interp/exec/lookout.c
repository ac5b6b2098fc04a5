#include "exec/lookout.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "loop/process.h"

enum {
    SIGNALS = 4,
    GRACE_MS = 1000,  // for who waits to come back
    AGAIN_MS = 50,    // between looks whether something was started meanwhile
};

static const int signals[SIGNALS] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP };

struct lookout {
    pthread_t thread;
    int signals_fd, end_fd;
    atomic_int code;  // 128 and the signal; 0: none has come
    sigset_t before;  // the mask
    struct sigaction actions[SIGNALS];
};

// ---- the thread: nothing of anybody else

// Nothing has been started yet that would have to live on, and what has lost its parent is ours
// (capture.c).
static void kill_children(void)
{
    enum { ROUNDS = 20, REST_US = 2000 };

    for (int i = 0; i < ROUNDS && process_kill_own_children(NULL); i++)
        usleep(REST_US);
}

static _Noreturn void leave(const struct lookout *l)
{
    static const char words[] = "stopped by a signal; nothing was started\n";

    (void)!write(STDERR_FILENO, words, sizeof words - 1);
    _exit(atomic_load(&l->code));
}

static bool has_come(struct lookout *l)
{
    struct signalfd_siginfo info;

    if (read(l->signals_fd, &info, sizeof info) != sizeof info)
        return false;
    atomic_store(&l->code, 128 + (int)info.ssi_signo);
    return true;
}

static void *look_out(void *arg)
{
    struct lookout *l = arg;
    struct pollfd fds[] = { { l->end_fd, POLLIN, 0 }, { l->signals_fd, POLLIN, 0 } };
    int64_t leave_ms = INT64_MAX;

    for (;;) {
        poll(fds, 2, leave_ms == INT64_MAX ? -1 : AGAIN_MS);
        if (fds[0].revents)
            return NULL;
        bool again = leave_ms != INT64_MAX, came = has_come(l);
        if (came && !again)
            leave_ms = clock_boot_ms() + GRACE_MS;
        if (came || again)
            kill_children();
        if ((came && again) || clock_boot_ms() >= leave_ms)
            leave(l);
    }
}

// ---- who begins it

// One that is ignored would not come, blocked or not.
static sigset_t take_signals(struct lookout *l)
{
    const struct sigaction usual = { .sa_handler = SIG_DFL };
    sigset_t set;

    sigemptyset(&set);
    for (int i = 0; i < SIGNALS; i++) {
        sigaction(signals[i], NULL, &l->actions[i]);
        if (signals[i] == SIGHUP && l->actions[i].sa_handler == SIG_IGN)
            continue;
        sigaddset(&set, signals[i]);
        sigaction(signals[i], &usual, NULL);
    }
    pthread_sigmask(SIG_BLOCK, &set, &l->before);
    return set;
}

static void give_back_signals(struct lookout *l)
{
    for (int i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &l->actions[i], NULL);
    pthread_sigmask(SIG_SETMASK, &l->before, NULL);
}

static void close_all(struct lookout *l)
{
    if (l->signals_fd >= 0)
        close(l->signals_fd);
    if (l->end_fd >= 0)
        close(l->end_fd);
}

struct lookout *lookout_begin(struct arena *a)
{
    struct lookout *l = NEW(a, struct lookout);

    *l = (struct lookout){ 0 };
    sigset_t set = take_signals(l);
    l->signals_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    l->end_fd = eventfd(0, EFD_CLOEXEC);
    if (l->signals_fd >= 0 && l->end_fd >= 0 &&
        pthread_create(&l->thread, NULL, look_out, l) == 0)
        return l;
    close_all(l);
    give_back_signals(l);
    return NULL;
}

bool lookout_called(const struct lookout *l)
{
    return l && atomic_load(&l->code);
}

int lookout_end(struct lookout *l)
{
    uint64_t one = 1;

    if (!l)
        return 0;
    (void)!write(l->end_fd, &one, sizeof one);
    pthread_join(l->thread, NULL);
    if (!lookout_called(l))
        has_come(l);  // one that came just now counts too
    close_all(l);
    give_back_signals(l);
    return atomic_load(&l->code);
}
