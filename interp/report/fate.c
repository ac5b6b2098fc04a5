#include "report/fate.h"

#include "action/action.h"
#include "base/arena.h"
#include "loop/child.h"
#include "report/history_inside.h"

static struct str still_running(const struct child_result *r, struct arena *a)
{
    if (!r->left_count)
        return STR("still running under its own timeout");
    return str_format(a, "still running (pid %lld%s) under its own timeout",
                      (long long)r->left[0].pid, r->left_count > 1 ? ", ..." : "");
}

static struct str fate_of(const struct story *s, struct str folder, struct arena *a)
{
    struct child_result r;

    if (!folder.n)
        return str_format(a,
                          "it ran on another machine, and only there is known what became of it");
    switch (child_adopt(folder, s->file, a, &r)) {
    case ADOPT_NOT_STARTED:
        return STR("was not started");
    case ADOPT_KNOWN:
        return STR("has ended since; `resume` takes up its result");
    case ADOPT_RUNNING:
        return still_running(&r, a);
    case ADOPT_UNKNOWN:
        break;
    }
    return STR("what became of it is not known");
}

static bool runs_processes(struct str name)
{
    const struct action *action = action_named(name);

    return action && action->needs_process;
}

void fates_find(struct history *h, struct str folder)
{
    for (size_t i = 0; i < h->story_count; i++) {
        struct story *s = h->stories[i];
        if (!str_is(s->state, "running") || s->group)
            continue;
        history_more(h, s)->fate = s->file.n && runs_processes(s->action)
                                       ? fate_of(s, folder, h->arena)
                                       : STR("`resume` finds out what became of it");
    }
}
