#include "exec/patience.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/thread.h"

enum { LOOK_EVERY_MS = 1000 };

struct patience {
    pthread_t thread;
    int end_fd;
    _Atomic int64_t since_ms;  // 0: nobody waits
};

static void say_so(void)
{
    static const char words[] =
        "\nthe store has not answered for 3 s; nothing is started until it does, and a "
        "signal is heard then\n";

    (void)!write(STDERR_FILENO, words, sizeof words - 1);
}

static void *look(void *arg)
{
    struct patience *p = arg;
    struct pollfd end = { p->end_fd, POLLIN, 0 };
    int64_t told = 0;

    while (poll(&end, 1, LOOK_EVERY_MS) == 0) {
        int64_t since = atomic_load(&p->since_ms);
        if (since && since != told && clock_boot_ms() - since >= PATIENCE_MS) {
            say_so();
            told = since;
        }
    }
    return NULL;
}

struct patience *patience_begin(struct arena *a)
{
    struct patience *p = NEW(a, struct patience);

    *p = (struct patience){ .end_fd = eventfd(0, EFD_CLOEXEC) };
    if (p->end_fd >= 0 && thread_start(&p->thread, look, p) == 0)
        return p;
    if (p->end_fd >= 0)
        close(p->end_fd);
    return NULL;
}

void patience_end(struct patience *p)
{
    uint64_t one = 1;

    if (!p)
        return;
    (void)!write(p->end_fd, &one, sizeof one);
    pthread_join(p->thread, NULL);
    close(p->end_fd);
}

void patience_on(struct patience *p)
{
    if (p)
        atomic_store(&p->since_ms, clock_boot_ms());
}

void patience_off(struct patience *p)
{
    if (p)
        atomic_store(&p->since_ms, 0);
}
