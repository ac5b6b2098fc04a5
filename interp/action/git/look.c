// Verbs of git that only read.

#include <string.h>

#include "action/git/worker.h"
#include "base/arena.h"

enum { CONTENT_MAX = 1 << 20 };

static const char *text(struct git *g, const char *key)
{
    return work_text(g->work, key).s;
}

static struct str *split_lines(struct git *g, struct str text_, size_t *count)
{
    char *s = (char *)(uintptr_t)str_copy(g->work->arena, text_).s;

    for (size_t i = 0; i < text_.n; i++)
        if (s[i] == '\n')
            s[i] = '\0';
    return (struct str *)(uintptr_t)git_split(g, (struct str){ s, text_.n }, count);
}

bool git_tags(struct git *g)
{
    static const char *const sorts[] = { "--sort=-version:refname", "--sort=version:refname",
                                         "--sort=-version:refname", "--sort=creatordate",
                                         "--sort=-creatordate" };
    int64_t limit = work_number(g->work, "limit"), sort = work_number(g->work, "sort");
    const char *match = text(g, "match");
    struct str out, sha;
    size_t count;

    if (!GIT_TEXT(g, &out, "tag", "--list", sorts[sort], *match ? match : "*"))
        return false;
    struct str *tags = split_lines(g, out, &count);
    if (limit > 0 && count > (size_t)limit)
        count = (size_t)limit;
    work_say_list(g->work, "tags", tags, count);
    if (count) {
        sha = git_commit_of(g, str_format(g->work->arena, "refs/tags/%s", tags[0].s).s);
        work_say(g->work, "sha", sha);
        work_say(g->work, "ref", tags[0]);
    }
    return true;
}

static void add_commit(struct git *g, struct value_builder *list, struct str line)
{
    static const char *const names[] = { "sha", "author", "date", "subject" };
    struct value_builder *b = value_map_start(g->work->arena);

    for (size_t i = 0; i < 4; i++) {
        size_t end = i < 3 ? str_find(line, '\x1f') : SIZE_MAX;
        value_put_s(b, names[i], value_string(str_slice(line, 0, end == SIZE_MAX ? line.n : end)));
        line = end == SIZE_MAX ? STR("") : str_slice(line, end + 1, line.n);
    }
    value_add(list, value_finish(b));
}

bool git_log(struct git *g)
{
    int64_t limit = work_number(g->work, "limit");
    const char *ref = *text(g, "ref") ? text(g, "ref") : "HEAD", *path = text(g, "path");
    struct value_builder *list = value_list_start(g->work->arena);
    struct str sha, out;
    size_t count;

    if (!git_resolve(g, ref, &sha))
        return false;
    struct str most = str_format(g->work->arena, "--max-count=%lld", (long long)limit);
    if (!GIT_TEXT(g, &out, "--literal-pathspecs", "log", "-z", "--no-ext-diff",
                  "--format=%H%x1f%an%x1f%aI%x1f%s", most.s, sha.s, "--", *path ? path : NULL))
        return false;
    const struct str *line = git_split(g, out, &count);
    for (size_t i = 0; i < count && line[i].n < g->work->room; i++) {
        g->work->room -= line[i].n;
        add_commit(g, list, line[i]);
    }
    value_put_s(g->work->result, "commits", value_finish(list));
    work_say(g->work, "sha", sha);
    return true;
}

// XY PATH, ended by NUL; what was renamed is told as two paths.
static size_t changed_paths(struct git *g, struct str out, struct str *files)
{
    size_t count, n = 0;
    const struct str *entry = git_split(g, out, &count);

    for (size_t i = 0; i < count; i++)
        if (entry[i].n > 3)
            files[n++] = str_slice(entry[i], 3, entry[i].n);
    return n;
}

bool git_status(struct git *g)
{
    struct str out;

    if (!GIT_TEXT(g, &out, "status", "--porcelain=v1", "-z", "--untracked-files=all",
                  "--no-renames", "--ignore-submodules=none"))
        return false;
    struct str *files = NEW_ARRAY(g->work->arena, struct str, out.n / 2 + 1);
    size_t count = changed_paths(g, out, files);
    work_say_flag(g->work, "clean", count == 0);
    work_say_list(g->work, "files", files, count);
    git_say_head(g);
    return true;
}

bool git_describe(struct git *g)
{
    struct str out, nearest = STR("");
    const char *dirty = g->top ? "--dirty" : NULL;

    if (!GIT_TEXT(g, &out, "describe", "--tags", "--always", dirty))
        return false;
    g->quiet = true;  // there may be no tag at all
    bool tagged = GIT(g, &nearest, "describe", "--tags", "--abbrev=0") == 0;
    g->quiet = false;
    nearest = str_copy(g->work->arena, str_trim(nearest));
    work_say_list(g->work, "tags", &nearest, tagged ? 1 : 0);
    git_say_head(g);
    work_say(g->work, "ref", out);
    work_say(g->work, "content", out);
    work_say_flag(g->work, "clean", !str_ends(out, "-dirty"));
    return true;
}

// A partial clone knows the names of files whose contents it does not have, as it does of a
// submodule.
static bool no_content(struct git *g, struct str path, struct str object)
{
    struct str sha;

    if (GIT(g, &sha, "rev-parse", "--verify", "--quiet", object.s) != 0)
        return work_fail(g->work, "there is no file '%s' in %s", path.s, text(g, "ref"));
    work_fail(g->work, "what '%s' holds in %s is not in this repository", path.s, text(g, "ref"));
    return work_help(g->work,
                     "it is a submodule, or the clone is partial: fetch it from the remote first");
}

bool git_show(struct git *g)
{
    struct str sha, out, path = work_text(g->work, "path");

    if (!git_resolve(g, text(g, "ref"), &sha))
        return false;
    struct str object = str_format(g->work->arena, "%s:%s", sha.s, path.s);
    if (!GIT_TEXT(g, &out, "cat-file", "-s", object.s))
        return no_content(g, path, object);
    if (out.n > 7)
        return work_fail(g->work, "'%s' is longer than %d KiB, too long for a result", path.s,
                         CONTENT_MAX / 1024);
    if (GIT(g, &out, "cat-file", "blob", object.s) != 0)
        return work_fail(g->work, "'%s' is no file in %s", path.s, text(g, "ref"));
    if (out.n > CONTENT_MAX)
        return work_fail(g->work, "'%s' is longer than %d KiB, too long for a result", path.s,
                         CONTENT_MAX / 1024);
    work_say_content(g->work, out);
    work_say(g->work, "sha", sha);
    work_say_list(g->work, "files", &path, 1);
    return true;
}
