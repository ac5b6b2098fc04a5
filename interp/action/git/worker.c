#include "action/git/worker.h"

static const struct verb {
    const char *name;
    bool (*act)(struct git *g);
    bool tree;  // it needs a working tree
} verbs[] = {
    { "checkout", git_checkout, true },
    { "restore", git_restore, true },
    { "reset", git_reset, true },
    { "revert", git_revert, true },
    { "stash", git_stash, true },
    { "tag", git_tag, false },
    { "fetch", git_fetch, false },
    { "commit", git_commit, true },
    { "push_look", git_push_look, false },
    { "push_send", git_push_send, false },
    { "push_ask", git_push_ask, false },
    { "tags", git_tags, false },
    { "log", git_log, false },
    { "status", git_status, true },
    { "describe", git_describe, false },
    { "show", git_show, false },
    { "undo", git_undo, false },
    { 0 },
};

static bool act(struct work *w)
{
    struct git g;

    for (const struct verb *v = verbs; v->name; v++)
        if (str_is(work_text(w, "verb"), v->name))
            return git_open(&g, w, v->tree) && v->act(&g);
    return work_fail(w, "there is no such verb");
}

int git_worker(int argc, char **argv)
{
    (void)argc, (void)argv;
    return work_main(act);
}
