// Boxes, in a group that each test makes for itself where it may, and leaves behind empty.

#include "loop/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/unit/test.h"

static bool write_to(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) > 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

static const char *file_of(const char *folder, const char *name)
{
    return str_format(scratch, "%s/%s", folder, name).s;
}

// The group in which the tests run, as a folder; NULL where there is none.
static const char *here(void)
{
    static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
    char line[512] = "";
    FILE *f = fopen("/proc/self/cgroup", "re");

    while (f && fgets(line, sizeof line, f) && strncmp(line, "0::", 3) != 0)
        line[0] = '\0';
    if (f)
        fclose(f);
    line[strcspn(line, "\n")] = '\0';
    for (size_t i = 0; line[0] && i < 2; i++) {
        const char *folder = str_format(scratch, "%s%s", mounts[i], line + 3).s;
        if (access(file_of(folder, "cgroup.procs"), F_OK) == 0)
            return folder;
    }
    return NULL;
}

// Into a group of our own. NULL, and a line about why, where that cannot be.
static const char *enter(const char **home)
{
    *home = here();
    const char *own = *home ? file_of(*home, str_format(scratch, "test-%d", (int)getpid()).s) : NULL;

    if (!own || mkdir(own, 0755) < 0) {
        printf("# SKIP no control group of our own can be made here\n");
        return NULL;
    }
    if (!write_to(file_of(own, "cgroup.procs"), "0")) {
        rmdir(own);
        printf("# SKIP the control group cannot be entered\n");
        return NULL;
    }
    return own;
}

static void leave(const char *home, const char *own)
{
    CHECK(write_to(file_of(home, "cgroup.procs"), "0"));
    CHECK(rmdir(own) == 0);
}

static bool delegate(const char *own, const char *value)
{
    return setxattr(own, "user.delegate", value, strlen(value), 0) == 0;
}

// A child in the box, which has a child in a session of its own, and waits.
static pid_t put_two_into(const struct box *b)
{
    int door = box_door(b), ready[2];
    char c;

    CHECK(door >= 0 && pipe2(ready, O_CLOEXEC) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (write(door, "0", 1) != 1)
            _exit(1);
        if (fork() == 0)
            setsid();
        (void)!write(ready[1], "x", 1);
        for (;;)
            pause();
    }
    close(door);
    CHECK(read(ready[0], &c, 1) == 1 && read(ready[0], &c, 1) == 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static size_t count(const int64_t *pids)
{
    size_t n = 0;

    while (pids[n])
        n++;
    return n;
}

static void wait_until_empty(const struct box *b)
{
    int64_t until = clock_boot_ms() + 60000;

    while (!box_is_empty(b) && clock_boot_ms() < until)
        usleep(1000);
    CHECK(box_is_empty(b));
}

TEST(what_is_in_a_box_is_found_and_killed_wherever_it_went)
{
    const char *home, *own = enter(&home);

    if (!own)
        return;
    CHECK(delegate(own, "1"));
    struct cgroup *g = cgroup_new(scratch);
    CHECK(g);
    struct box *b = box_take(g), *other = box_take(g);
    CHECK(b && other && b != other && box_is_empty(b) && count(box_pids(b, scratch)) == 0);
    pid_t pid = put_two_into(b);
    const int64_t *pids = box_pids(b, scratch);
    CHECK(count(pids) == 2 && (pids[0] == pid || pids[1] == pid));
    CHECK(!box_is_empty(b) && box_is_empty(other));
    CHECK(box_kill(b));
    CHECK(waitpid(pid, NULL, 0) == pid);
    wait_until_empty(b);
    CHECK(count(box_pids(b, scratch)) == 0);
    box_give(b);
    CHECK(box_take(g) == b);
    cgroup_close(g);
    leave(home, own);
}

TEST(a_box_in_which_somebody_lives_is_not_used_again_and_stays)
{
    const char *home, *own = enter(&home);

    if (!own)
        return;
    CHECK(delegate(own, "1"));
    struct cgroup *g = cgroup_new(scratch), *later;
    struct box *b = box_take(g);
    pid_t pid = put_two_into(b);
    box_give(b);
    CHECK(box_take(g) != b);
    cgroup_close(g);
    CHECK(!box_is_empty(b));
    CHECK(box_kill(b));
    CHECK(waitpid(pid, NULL, 0) == pid);
    wait_until_empty(b);
    cgroup_close(g);
    later = cgroup_new(scratch);
    CHECK(later);
    cgroup_close(later);
    leave(home, own);
}

TEST(groups_in_a_box_belong_to_it)
{
    const char *home, *own = enter(&home);

    if (!own)
        return;
    CHECK(delegate(own, "1"));
    struct cgroup *g = cgroup_new(scratch);
    struct box *b = box_take(g);
    pid_t pid = fork();
    if (pid == 0) {
        int door = box_door(b);
        bool in = write(door, "0", 1) == 1;
        struct cgroup *inner = cgroup_new(scratch);
        struct box *deep = inner ? box_take(inner) : NULL;
        pid_t deeper = deep ? put_two_into(deep) : 0;
        _exit(in && deeper > 0 ? 0 : 1);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(!box_is_empty(b) && count(box_pids(b, scratch)) == 2);
    CHECK(box_kill(b));
    wait_until_empty(b);
    cgroup_close(g);
    leave(home, own);
}

TEST(what_a_dead_keeper_left_empty_is_removed)
{
    const char *home, *own = enter(&home);

    if (!own)
        return;
    CHECK(delegate(own, "1"));
    pid_t pid = fork();
    if (pid == 0) {
        struct cgroup *g = cgroup_new(scratch);
        _exit(g && box_take(g) ? 0 : 1);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    struct cgroup *g = cgroup_new(scratch);
    CHECK(g);
    cgroup_close(g);
    leave(home, own);  // else it could not be removed
}

// As root we may write everywhere: that says nothing.
TEST(what_nobody_has_delegated_is_left_alone)
{
    const char *home, *own = enter(&home);

    if (!own)
        return;
    if (geteuid() == 0)
        CHECK(!cgroup_new(scratch));
    CHECK(setxattr(own, "user.invocation_id", "x", 1, 0) == 0);
    CHECK(!cgroup_new(scratch));
    CHECK(delegate(own, "0"));
    CHECK(!cgroup_new(scratch));
    CHECK(delegate(own, "1"));
    struct cgroup *g = cgroup_new(scratch);
    CHECK(g);
    if (g)
        cgroup_close(g);
    leave(home, own);
}

// Who is not root has been given what he may write.
TEST(what_another_user_may_write_is_his)
{
    const char *home, *own = enter(&home);

    if (!own)
        return;
    if (geteuid() == 0) {
        CHECK(chown(own, 65534, 65534) == 0 &&
              chown(file_of(own, "cgroup.procs"), 65534, 65534) == 0);
        pid_t pid = fork();
        if (pid == 0) {
            if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
                _exit(2);
            struct cgroup *g = cgroup_new(scratch);
            struct box *b = g ? box_take(g) : NULL;
            int door = b ? box_door(b) : -1;
            _exit(door >= 0 && write(door, "0", 1) == 1 ? 0 : 1);
        }
        int status;
        CHECK(waitpid(pid, &status, 0) == pid && status == 0);
        CHECK(delegate(own, "1"));
        struct cgroup *g = cgroup_new(scratch);  // removes what is left of it
        CHECK(g);
        cgroup_close(g);
    }
    leave(home, own);
}

TEST(the_root_of_all_is_never_ours)
{
    const char *home = here();

    if (home && home[strlen(home) - 1] == '/')
        CHECK(!cgroup_new(scratch));
}
