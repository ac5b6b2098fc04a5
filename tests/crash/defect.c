// Two mistakes that the tests of crashes must notice, linked into a runbook of their own in
// place of what is right (ld --wrap):
//
//     DEFECT=early   a step starts before its intent is on disk, which takes as long as disks may
//     DEFECT=guess   what became of a step is not asked: it is taken for not started

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "exec/inside.h"
#include "loop/child.h"

void __wrap_when_durable(struct driver *d, void (*then)(void *arg), void *arg);
void __real_when_durable(struct driver *d, void (*then)(void *arg), void *arg);
enum adoption __wrap_child_adopt(struct str folder, struct str name, struct arena *a,
                                 struct child_result *out);
enum adoption __real_child_adopt(struct str folder, struct str name, struct arena *a,
                                 struct child_result *out);

static bool has(const char *defect)
{
    const char *chosen = getenv("DEFECT");

    return chosen && !strcmp(chosen, defect);
}

static void nothing(void *arg)
{
    (void)arg;
}

void __wrap_when_durable(struct driver *d, void (*then)(void *arg), void *arg)
{
    if (!has("early")) {
        __real_when_durable(d, then, arg);
        return;
    }
    then(arg);
    // Else the write would most often be over before the step has done anything.
    nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
    __real_when_durable(d, nothing, NULL);
}

enum adoption __wrap_child_adopt(struct str folder, struct str name, struct arena *a,
                                 struct child_result *out)
{
    return has("guess") ? ADOPT_NOT_STARTED : __real_child_adopt(folder, name, a, out);
}
