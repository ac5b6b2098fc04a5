// The repository that a git step works on.

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "action/fs.h"
#include "action/git/run.h"
#include "base/arena.h"

// Programs of filters and merge drivers that the configuration names are not run.
static void silence_drivers(struct git *g)
{
    static const char pattern[] =
        "^(filter\\..*\\.(clean|smudge|process|required)|merge\\..*\\.driver)$";
    size_t count;
    struct str names = GIT_ASK(g, "config", "--null", "--name-only", "--get-regexp", pattern);
    const struct str *name = git_split(g, names, &count);

    for (size_t i = 0; i < count; i++) {
        const char *value = str_ends(name[i], ".required") ? "false"
                            : str_ends(name[i], ".driver") ? "false"
                                                           : "";
        git_set(g, str_format(g->work->arena, "%.*s=%s", STR_ARG(name[i]), value).s);
    }
}

static void add_settings(struct git *g)
{
    static const char *const always[] = {
        "core.fsmonitor=false",
        "core.untrackedCache=false",
        "core.pager=cat",
        "core.askPass=",
        "core.editor=false",
        "gc.auto=0",
        "maintenance.auto=false",
        "protocol.ext.allow=never",
        "submodule.recurse=false",
        "fetch.recurseSubmodules=false",
        "push.recurseSubmodules=no",
        "push.followTags=false",
        "push.autoSetupRemote=false",
        "color.ui=false",
        "log.showSignature=false",
        "versionsort.suffix=-",

        "advice.detachedHead=false",
        "core.quotePath=false",
        NULL,
    };

    for (size_t i = 0; always[i]; i++)
        git_set(g, always[i]);
    if (!g->hooks)
        git_set(g, "core.hooksPath=/dev/null");
}

static const char *shown(struct git *g)
{
    char cwd[4096];

    if (strcmp(g->repo, ".") != 0 || !getcwd(cwd, sizeof(cwd)))
        return g->repo;
    return str_copy(g->work->arena, str_from(cwd)).s;
}

static bool not_found(struct git *g)
{
    struct stat st;

    if (stat(g->repo, &st) || !S_ISDIR(st.st_mode))
        return work_fail(g->work, "there is no folder '%s'", g->repo);
    if (str_search(g->said, STR("not a git repository")) != SIZE_MAX)
        return work_fail(g->work, "'%s' is in no git repository", shown(g));
    return git_failed(g);
}

bool git_open(struct git *g, struct work *w, bool tree)
{
    struct str facts;
    size_t count = 0;

    *g = (struct git){ .work = w,
                       .repo = work_text(w, "repo").s,
                       .hooks = work_flag(w, "hooks"),
                       .settings = buf_in(w->arena),
                       .quiet = true };
    if (!*g->repo)
        g->repo = ".";
    add_settings(g);
    if (GIT(g, &facts, "rev-parse", "--is-bare-repository", "--is-shallow-repository",
            "--path-format=absolute", "--git-dir", "--git-common-dir") != 0)
        return not_found(g);
    char *text = (char *)(uintptr_t)facts.s;
    for (size_t i = 0; i < facts.n; i++)
        if (text[i] == '\n')
            text[i] = '\0';
    const struct str *fact = git_split(g, facts, &count);
    if (count < 4)
        return work_fail(w, "git does not say what '%s' is", g->repo);
    g->shallow = str_is(fact[1], "true");
    g->folder = fact[2].s;
    g->common = fact[3].s;
    g->top = GIT_ASK(g, "rev-parse", "--show-toplevel").s;
    if (!*g->top)
        g->top = NULL;
    if (tree && !g->top)
        return work_fail(w, "'%s' is a bare repository: it has no files", g->repo);
    if (!g->hooks)
        silence_drivers(g);
    g->quiet = false;
    return true;
}

bool git_is_free(struct git *g)
{
    const char *lock = fs_join(g->work, g->folder, "index.lock");

    if (!fs_exists(lock, NULL))
        return true;
    work_fail(g->work, "another git is at work in this repository: %s is there", lock);
    return work_help(g->work,
                     "wait for it; when none runs, look why it is there and remove it by hand");
}
