#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "store/backend.h"

struct str system_user(struct arena *a)
{
    struct passwd entry, *found = NULL;
    char text[4096];

    if (getpwuid_r(geteuid(), &entry, text, sizeof text, &found) == 0 && found)
        return str_copy(a, str_from(found->pw_name));
    return str_format(a, "%u", (unsigned)geteuid());
}

struct str system_host(struct arena *a)
{
    char name[256] = "";

    gethostname(name, sizeof name - 1);
    return str_copy(a, str_from(name));
}

// Two containers of one machine have the same boot and other numbers.
static struct str pid_namespace(struct arena *a)
{
    char target[64];
    ssize_t n = readlink("/proc/self/ns/pid", target, sizeof target);

    return str_copy(a, (struct str){ target, n > 0 ? (size_t)n : 0 });
}

// When a process started, in clock ticks since boot: field 22, counted behind the name, which
// stands in parentheses and may hold anything. 0 if there is no such process.
static uint64_t start_of(int64_t pid)
{
    char path[64], line[1024] = "";

    snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
    FILE *f = fopen(path, "re");
    if (!f)
        return 0;
    char *at = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    fclose(f);
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at, NULL, 10) : 0;
}

struct str process_mark(struct arena *a)
{
    return str_format(a, "%d %.*s %.*s %.*s %.*s %" PRIu64, (int)getpid(), STR_ARG(system_host(a)),
                      STR_ARG(clock_rfc3339_ms(a, clock_wall_ns())), STR_ARG(clock_boot_id(a)),
                      STR_ARG(pid_namespace(a)), start_of(getpid()));
}

bool process_is_gone(struct str mark)
{
    struct arena *a = arena_new(NULL);
    char host[256], since[64], boot[64], namespace[64];
    int64_t pid;
    uint64_t start;

    int n = sscanf(str_copy(a, mark).s, "%" SCNd64 " %255s %63s %63s %63s %" SCNu64, &pid, host,
                   since, boot, namespace, &start);
    bool here = n == 6 && str_is(clock_boot_id(a), boot) && str_is(pid_namespace(a), namespace) &&
                str_is(system_host(a), host);
    arena_free(a);
    return here && start_of(pid) != start;
}

bool process_was_before(struct str mark)
{
    struct arena *a = arena_new(NULL);
    char boot[64] = "";
    int n = sscanf(str_copy(a, mark).s, "%*d %*s %*s %63s", boot);
    bool before = n == 1 && !str_is(clock_boot_id(a), boot);

    arena_free(a);
    return before;
}
