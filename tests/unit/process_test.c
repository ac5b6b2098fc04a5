#include "loop/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "tests/unit/test.h"

enum { MANY = 1500 };  // more than a page can list, and not a whole number of pages

static int open_children(void)
{
    return open(str_format(scratch, "/proc/self/task/%d/children", (int)getpid()).s,
                O_RDONLY | O_CLOEXEC);
}

// How many of [pids] are in the list; all must be there once, and nobody else.
static size_t found(const int64_t *list, const pid_t *pids, size_t count)
{
    size_t n = 0, others = 0;

    for (; *list; list++) {
        size_t i = 0;
        while (i < count && pids[i] != *list)
            i++;
        *(i < count ? &n : &others) += 1;
    }
    CHECK(others == 0);
    return n;
}

TEST(every_child_is_listed_however_many_there_are)
{
    pid_t pids[MANY];
    size_t count = 0;
    int fd = open_children();

    if (fd < 0) {
        CHECK(process_children(fd, scratch) == NULL);
        return;
    }
    CHECK(process_children(fd, scratch)[0] == 0);
    while (count < MANY && (pids[count] = fork()) > 0)
        count++;
    if (count < MANY && pids[count] == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            pause();
    }
    CHECK(count == MANY);
    // Fewer and fewer, so that the list ends anywhere in a page.
    for (; count > 0; count--) {
        if (count % 50 == 0 || count < 5)
            CHECK(found(process_children(fd, scratch), pids, count) == count);
        kill(pids[count - 1], SIGKILL);
        waitpid(pids[count - 1], NULL, 0);
    }
    CHECK(process_children(fd, scratch)[0] == 0);
    close(fd);
}
