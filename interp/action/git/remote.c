// fetch and push.
//
// A push never forces. It is told what the remote has, sends only what contains that, and
// the remote takes it only if it still has it; afterwards the remote is asked whenever
// the answer was no clear yes.

#include <string.h>

#include "action/git/worker.h"
#include "base/arena.h"

static const char *text(struct git *g, const char *key)
{
    return work_text(g->work, key).s;
}

static bool has_remote(struct git *g)
{
    const char *remote = text(g, "remote");
    struct str url;

    g->quiet = true;
    bool there = GIT(g, &url, "remote", "get-url", "--", remote) == 0;
    g->quiet = false;
    return there || work_fail(g->work, "there is no remote '%s'", remote);
}

// git's words about a remote that wanted somebody to type something.
static bool remote_failed(struct git *g)
{
    static const struct {
        const char *sign, *help;
    } helps[] = {
        { "could not read Username",
          "it wants a user and a password: set up a credential helper, or use SSH" },
        { "could not read Password",
          "it wants a password: set up a credential helper, or use SSH" },
        { "terminal prompts disabled",
          "it wants a password: set up a credential helper, or use SSH" },
        { "Authentication failed", "the credentials were refused" },
        { "Host key verification failed", "the host is not known: connect to it once by hand" },
        { "Permission denied (", "the key was refused, or wants a passphrase: use an agent" },
        { NULL, NULL },
    };

    git_failed(g);
    for (size_t i = 0; helps[i].sign; i++)
        if (str_search(g->said, str_from(helps[i].sign)) != SIZE_MAX)
            return work_help(g->work, helps[i].help);
    return false;
}

bool git_fetch(struct git *g)
{
    const char *tags = work_flag(g->work, "tags") ? "--tags" : "--quiet";
    struct str sha;

    if (!has_remote(g))
        return false;
    g->work->touched = true;
    if (GIT(g, NULL, "fetch", "--quiet", "--no-progress", "--no-recurse-submodules", tags, "--",
            text(g, "remote")) != 0)
        return remote_failed(g);
    sha = git_commit_of(g, "FETCH_HEAD");
    if (sha.n)
        work_say(g->work, "sha", sha);
    work_say(g->work, "ref", work_text(g->work, "remote"));
    return true;
}

// ---- push

// The object that [ref] names on the remote; empty where there is none.
static bool remote_has(struct git *g, const char *ref, struct str *sha)
{
    struct str out;

    if (GIT(g, &out, "ls-remote", "--quiet", "--", text(g, "remote"), ref) != 0)
        return false;
    size_t tab = str_find(out, '\t');
    *sha = tab == SIZE_MAX ? STR("") : str_copy(g->work->arena, str_slice(out, 0, tab));
    return true;
}

static struct str object_of(struct git *g, const char *ref)
{
    struct str out, message = g->work->message;

    g->quiet = true;
    if (!GIT_TEXT(g, &out, "rev-parse", "--verify", "--quiet", ref))
        out = STR("");
    g->quiet = false;
    g->work->message = message;
    return out;
}

// The full name of the branch or tag, and its object (a tag's own, not its commit's).
static bool find_ref(struct git *g, struct str *full, struct str *sha)
{
    const char *name = text(g, "ref");
    struct arena *a = g->work->arena;
    struct str branch = str_format(a, "refs/heads/%s", name);
    struct str tag = str_format(a, "refs/tags/%s", name);
    struct str of_branch = object_of(g, branch.s), of_tag = object_of(g, tag.s);

    if (strncmp(name, "refs/heads/", 11) == 0 || strncmp(name, "refs/tags/", 10) == 0) {
        *full = str_from(name);
        *sha = object_of(g, name);
        if (sha->n)
            return true;
    }
    if (of_branch.n && of_tag.n) {
        work_fail(g->work, "'%s' is a branch and a tag", name);
        return work_help(g->work, "write refs/heads/NAME or refs/tags/NAME");
    }
    *full = of_branch.n ? branch : tag;
    *sha = of_branch.n ? of_branch : of_tag;
    return sha->n || work_fail(g->work, "there is no branch or tag '%s' to push", name);
}

static bool contains(struct git *g, struct str sha, struct str old)
{
    g->quiet = true;
    bool so = GIT(g, NULL, "merge-base", "--is-ancestor", old.s, sha.s) == 0;
    g->quiet = false;
    return so;
}

bool git_push_look(struct git *g)
{
    struct str full, sha, old;

    if (!has_remote(g) || !find_ref(g, &full, &sha))
        return false;
    if (!remote_has(g, full.s, &old))
        return remote_failed(g);
    if (old.n && !str_equal(old, sha)) {
        if (str_starts(full, "refs/tags/"))
            return work_fail(g->work, "the remote has another tag '%s', at %s", text(g, "ref"),
                             old.s);
        if (!contains(g, sha, old)) {
            work_fail(g->work, "the remote has commits that '%s' does not contain (it is at %s)",
                      text(g, "ref"), old.s);
            return work_help(g->work,
                             "fetch them and bring both together first; nothing is forced");
        }
    }
    work_say(g->work, "sha", sha);
    work_say(g->work, "previous", old);
    work_say(g->work, "ref", full);
    return true;
}

static bool say_pushed(struct git *g)
{
    work_say(g->work, "sha", work_text(g->work, "sha"));
    work_say(g->work, "previous", work_text(g->work, "previous"));
    work_say(g->work, "ref", work_text(g->work, "full"));
    return true;
}

// After a push that was no clear success: what does the remote have?
bool git_push_ask(struct git *g)
{
    struct str sha = work_text(g->work, "sha"), old = work_text(g->work, "previous"), now;
    struct str message = g->work->message, help = g->work->help;

    g->work->touched = true;
    if (!remote_has(g, text(g, "full"), &now)) {
        g->work->unknown = true;
        work_fail(g->work, "the remote does not say whether it took the push");
        return work_help(g->work, "look at the remote, then say so: resume --mark");
    }
    if (str_equal(now, sha))
        return say_pushed(g);
    g->work->touched = false;
    if (!str_equal(now, old)) {
        work_fail(g->work, "somebody else pushed: '%s' has moved from %s to %s", text(g, "full"),
                  old.n ? old.s : "nothing", now.n ? now.s : "nothing");
        return work_help(g->work, "fetch that and bring both together first; nothing was pushed");
    }
    g->work->message = message.n ? message : STR("the push did not reach the remote");
    g->work->help = help;
    return false;
}

bool git_push_send(struct git *g)
{
    struct arena *a = g->work->arena;
    struct str sha = work_text(g->work, "sha"), old = work_text(g->work, "previous");
    const char *full = text(g, "full");

    if (str_equal(sha, old))
        return say_pushed(g);
    // With what the remote has to have; that it is contained was seen before.
    struct str lease = str_format(a, "--force-with-lease=%s:%.*s", full, STR_ARG(old));
    struct str what = str_format(a, "%.*s:%s", STR_ARG(sha), full);
    g->work->touched = true;
    if (GIT(g, NULL, "push", "--quiet", "--no-progress", "--no-recurse-submodules",
            "--no-follow-tags", g->hooks ? "--verify" : "--no-verify", lease.s, "--",
            text(g, "remote"), what.s) == 0)
        return say_pushed(g);
    remote_failed(g);
    return git_push_ask(g);
}
