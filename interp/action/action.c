#include "action/action.h"

#include "action/file/file.h"
#include "action/git/git.h"
#include "action/http/http.h"
#include "action/manual.h"
#include "action/prompt.h"
#include "action/shell/exec.h"
#include "action/shell/shell.h"
#include "action/sql/sql.h"
#include "action/wait.h"
#include "base/arena.h"

const struct action *const actions[] = {
    &action_shell, &action_exec, &action_http,   &action_sql,    &action_git,
    &action_file,  &action_wait, &action_manual, &action_prompt, NULL,
};

enum { ACTION_COUNT = sizeof(actions) / sizeof(*actions) };

const char *const *action_names(void)
{
    static const char *names[ACTION_COUNT];  // the same at every call

    for (size_t i = 0; actions[i]; i++)
        names[i] = actions[i]->name;
    return names;
}

const struct action *action_named(struct str name)
{
    for (const struct action *const *a = actions; *a; a++)
        if (str_is(name, (*a)->name))
            return *a;
    return NULL;
}

bool action_needs_terminal(const struct step *s)
{
    const struct shell_params *shell = s->params;
    const struct exec_params *exec = s->params;

    if (s->action == &action_shell)
        return shell->process.tty == YES;
    return s->action == &action_exec && exec->process.tty == YES;
}

bool attempt_adopt(struct attempt *at, const struct child_result *r)
{
    struct outcome o = { .verdict = VERDICT_UNKNOWN };

    if (!at->action->ended)
        return false;
    at->action->ended(at, r, &o);
    at->done(at, &o);
    return true;
}
