#include "exec/half_done.h"

#include <stddef.h>

#include "action/git/git.h"
#include "exec/walk.h"

// A verb is the member of its parameters that is there. Those that only read leave nothing.
static const struct {
    size_t verb;
    const char *words;
} of_git[] = {
    { offsetof(struct git_params, push), "the remote may have taken it or not, and is asked then" },
    { offsetof(struct git_params, revert),
      "nothing is merged before all of it is there; the last moment may leave some files new and "
      "some old" },
    { offsetof(struct git_params, checkout), "some files may be new and some old" },
    { offsetof(struct git_params, restore), "some files may be new and some old" },
    { offsetof(struct git_params, reset), "some files may be new and some old" },
    { offsetof(struct git_params, stash), "the changes may be put away and still be in the files" },
    { offsetof(struct git_params, commit), "the commit may be made or not, and what it takes be "
                                           "in the index" },
    { offsetof(struct git_params, tag), "the tag may be there or not" },
    { offsetof(struct git_params, fetch), "what has come by then stays" },
};

// Of a program nothing can be said that is not true of all.
static const struct {
    const char *action, *words;
} of_actions[] = {
    { "http", "the server may have got the request and act on it" },
    { "sql", "it is rolled back, unless its COMMIT is under way" },
};

static const char *words_of_git(const struct git_params *p)
{
    for (size_t i = 0; i < sizeof of_git / sizeof *of_git; i++)
        if (*(const void *const *)((const char *)p + of_git[i].verb))
            return of_git[i].words;
    return "";
}

static const char *words_of(const struct step *s)
{
    if (s->action == &action_git)
        return words_of_git(s->params);
    for (size_t i = 0; i < sizeof of_actions / sizeof *of_actions; i++)
        if (str_is(str_from(s->action->name), of_actions[i].action))
            return of_actions[i].words;
    return "";
}

struct str half_done_words(const struct act *x)
{
    struct walk *w = x->task ? x->task->walk : NULL;
    struct str said = w ? walk_leaves(w) : STR("");

    if (said.n || !w || w->task->kind != TASK_ACTION || w->task->auto_undo ||
        step_effects(w->d->program, w->task->step) == EFFECTS_READ)
        return said;
    return str_from(words_of(w->task->step));
}
