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

// Between two programs the kernel shows no environment of it.
TEST(who_becomes_another_program_is_known_by_its_environment_all_the_time)
{
    static const char again[] = "exec sh -c \"$0\" \"$0\"";
    const char *env[] = { "PATH=/usr/bin:/bin", "WHOSE=ours", NULL };
    struct str value = { 0 };
    size_t known = 0;
    pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execle("/bin/sh", "sh", "-c", again, again, NULL, env);
        _exit(127);
    }
    while (kill(pid, 0) == 0 && waitpid(pid, NULL, WNOHANG) == 0 &&
           !process_env(pid, "WHOSE", scratch, &value))
        ;
    for (int i = 0; i < 5000; i++)
        known += process_env(pid, "WHOSE", scratch, &value) && str_equal(value, STR("ours"));
    CHECK(known == 5000);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
