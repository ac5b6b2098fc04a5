#include "action/file/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "action/file/verbs.h"
#include "action/fs.h"
#include "base/arena.h"

// ---- what is never touched

// [path] is [place] or has it inside.
static bool contains(const char *path, const char *place)
{
    size_t n = strlen(path);

    if (strcmp(path, "/") == 0)
        return true;
    return strncmp(path, place, n) == 0 && (place[n] == '\0' || place[n] == '/');
}

static bool is_protected(const char *path, const char *place)
{
    char real[PATH_MAX];

    return place && *place && realpath(place, real) && contains(path, real);
}

// The nearest folder above the working one with a project file, else that one itself.
static const char *project_root(struct work *w)
{
    char cwd[PATH_MAX];

    if (!getcwd(cwd, sizeof(cwd)))
        return "/";
    struct str root = str_copy(w->arena, str_from(cwd)), at = root;
    while (at.n > 1) {
        if (fs_exists(str_format(w->arena, "%.*s/.runbook.yaml", STR_ARG(at)).s, NULL))
            return str_copy(w->arena, at).s;
        while (at.n > 1 && at.s[at.n - 1] != '/')
            at.n--;
        at.n -= at.n > 1;
    }
    return root.s;
}

static bool guard(struct work *w, const char *path)
{
    const struct passwd *us = getpwuid(geteuid());
    const struct {
        const char *place, *what;
    } places[] = {
        { "/", "the root of all files" },
        { getenv("HOME"), "the home folder" },
        { us ? us->pw_dir : NULL, "the home folder" },
        { project_root(w), "the project's folder" },
        { work_text(w, "keep").s, "the folder of this run" },
        { NULL, NULL },
    };

    for (size_t i = 0; places[i].what; i++)
        if (is_protected(path, places[i].place))
            return work_fail(w, "'%s' is %s%s, which is never touched", path,
                             strcmp(path, places[i].place) ? "around " : "", places[i].what);
    return true;
}

// ---- paths

// The path that is changed: absolute, its folders resolved, and allowed.
static char *target(struct work *w, const char *path)
{
    char *absolute = *path ? fs_absolute(w, path) : NULL;

    if (!*path)
        work_fail(w, "the path is empty");
    return absolute && guard(w, absolute) ? absolute : NULL;
}

// A device, socket or pipe is never replaced by a file.
static bool is_replaceable(struct work *w, const char *path)
{
    struct stat st;

    if (!fs_exists(path, &st) || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode))
        return true;
    return work_fail(w, "'%s' is no file, folder or link, and is not replaced", path);
}

// The same for what is written to: through a link to the file that it names.
static char *written(struct work *w, const char *path)
{
    char real[PATH_MAX], *absolute = target(w, path);
    struct stat st;

    if (!absolute || !is_replaceable(w, absolute))
        return NULL;
    if (!fs_exists(absolute, &st) || !S_ISLNK(st.st_mode))
        return absolute;
    if (!realpath(absolute, real)) {
        work_fail(w, "'%s' is a link to nothing", path);
        return NULL;
    }
    absolute = (char *)(uintptr_t)str_copy(w->arena, str_from(real)).s;
    return guard(w, absolute) && is_replaceable(w, absolute) ? absolute : NULL;
}

static bool is_folder(const char *path)
{
    struct stat st;

    return fs_exists(path, &st) && S_ISDIR(st.st_mode);
}

// ---- verbs

// Neither is in the other, and a folder does not take the place of a file.
static bool are_apart(struct work *w, const char *from, const char *to, const char *shown)
{
    struct stat st;

    if (strcmp(from, to) == 0)
        return work_fail(w, "'%s' would go to where it is", shown);
    if (contains(from, to) || contains(to, from))
        return work_fail(w, "'%s' and '%s' are one inside of the other", from, shown);
    if (is_folder(from) && fs_exists(to, &st) && !S_ISDIR(st.st_mode))
        return work_fail(w, "'%s' is a file, and a folder would take its place", shown);
    return true;
}

// A new file takes the place of one that keeps its owner, mode and access control list.
static bool keep_attributes(struct work *w, const char *staged, const char *path, bool mode_too)
{
    struct stat st;

    if (!fs_exists(path, &st) || !S_ISREG(st.st_mode))
        return true;
    if (chown(staged, st.st_uid, st.st_gid) && errno != EPERM)
        return work_fail(w, "cannot give '%s' its owner: %s", path, strerror(errno));
    if (mode_too && chmod(staged, st.st_mode & 07777))
        return work_fail(w, "cannot give '%s' its mode: %s", path, strerror(errno));
    int from = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC),
        to = open(staged, O_RDONLY | O_CLOEXEC);
    if (from >= 0 && to >= 0)
        fs_copy_attributes(from, to);
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return true;
}

static bool copy_to(struct work *w, const char *from, const char *to)
{
    const char *staged = fs_beside(w, to);

    if (!file_keep(w, to) || !fs_copy(w, from, staged, 0))
        return false;
    if ((is_folder(from) || keep_attributes(w, staged, to, true)) && file_made(w, staged, to) &&
        fs_put(w, staged, to))
        return true;
    struct str message = w->message;
    fs_remove(w, staged);
    w->message = message;
    return false;
}

// A file is read through a link, and `to` with a slash behind it is a folder to put it in.
static bool ends(struct work *w, const char **from, const char **shown)
{
    char real[PATH_MAX];
    const char *given = file_text(w, "from");
    struct str into = work_text(w, "to");

    *shown = into.s;
    if (!*given || !fs_exists(given, NULL))
        return work_fail(w, "there is no '%s'", given);
    if (!realpath(given, real))
        return work_fail(w, "cannot find '%s': %s", given, strerror(errno));
    *from = str_copy(w->arena, str_from(real)).s;
    if (str_ends(into, "/"))
        *shown = str_format(w->arena, "%s%s", into.s, strrchr(fs_absolute(w, given), '/') + 1).s;
    return true;
}

static bool copy(struct work *w)
{
    const char *from, *to, *shown;

    if (!ends(w, &from, &shown) || !(to = written(w, shown)))
        return false;
    if (!is_folder(from) && is_folder(to))
        return work_fail(w, "'%s' is a folder; write '%s/' to copy into it", shown, shown);
    if (!are_apart(w, from, to, shown))
        return false;
    bool changed = !fs_same(w, from, to);
    work_say_flag(w, "changed", changed);
    work_say(w, "backup", STR(""));
    return (!changed || copy_to(w, from, to)) && file_say(w, shown, to);
}

static bool is_same_content(struct work *w, const char *path, struct str bytes, bool has_mode,
                            mode_t mode)
{
    struct str there, message = w->message;
    struct stat st;
    bool same = stat(path, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size == bytes.n &&
                (!has_mode || (st.st_mode & 07777) == mode) &&
                fs_read(w, path, bytes.n, &there, &st) && str_equal(there, bytes);

    w->message = message;
    return same;
}

static bool write_to(struct work *w, const char *path, struct str bytes, bool has_mode, mode_t mode)
{
    const char *staged = fs_beside(w, path);

    if (!file_keep(w, path) || !fs_write(w, staged, bytes, mode))
        return false;
    // chown() takes some bits away, so the mode comes last.
    if (keep_attributes(w, staged, path, !has_mode) && (!has_mode || chmod(staged, mode) == 0) &&
        file_made(w, staged, path) && fs_put(w, staged, path))
        return true;
    unlink(staged);
    return false;
}

static bool write_file(struct work *w)
{
    struct str bytes = work_bytes(w, "content"), mode_text = work_text(w, "mode");
    mode_t mode = mode_text.n ? (mode_t)strtol(mode_text.s, NULL, 8) : 0644;
    const char *path = written(w, file_text(w, "path"));

    if (!path)
        return false;
    if (is_folder(path) || str_ends(work_text(w, "path"), "/"))
        return work_fail(w, "'%s' is a folder", file_text(w, "path"));
    bool changed = !is_same_content(w, path, bytes, mode_text.n > 0, mode);
    work_say_flag(w, "changed", changed);
    work_say(w, "backup", STR(""));
    return (!changed || write_to(w, path, bytes, mode_text.n > 0, mode)) &&
           file_say(w, file_text(w, "path"), path);
}

static bool move(struct work *w)
{
    struct str into = work_text(w, "to");
    const char *shown = into.s, *from = target(w, file_text(w, "from")), *to;

    if (!from)
        return false;
    if (!fs_exists(from, NULL))
        return work_fail(w, "there is no '%s'", file_text(w, "from"));
    if (str_ends(into, "/"))
        shown = str_format(w->arena, "%s%s", into.s, strrchr(from, '/') + 1).s;
    if (!(to = target(w, shown)) || !is_replaceable(w, to))
        return false;
    if (!is_folder(from) && is_folder(to))
        return work_fail(w, "'%s' is a folder; write '%s/' to move into it", shown, shown);
    if (!are_apart(w, from, to, shown))
        return false;
    work_say_flag(w, "changed", true);
    return file_keep(w, to) && file_keep_moved(w, from, to) && fs_move(w, from, to) &&
           file_say(w, shown, to);
}

static bool remove_path(struct work *w)
{
    const char *path = target(w, file_text(w, "path"));

    if (!path)
        return false;
    work_say(w, "path", work_text(w, "path"));
    work_say(w, "backup", STR(""));
    work_say_flag(w, "changed", fs_exists(path, NULL));
    if (!fs_exists(path, NULL))
        return true;
    if (is_folder(path) && !work_flag(w, "recursive")) {
        work_fail(w, "'%s' is a folder", file_text(w, "path"));
        return work_help(w, "say `recursive: true` to remove it with all that is in it");
    }
    return file_keep(w, path) && fs_take(w, path);
}

static bool act(struct work *w)
{
    static const struct {
        const char *verb;
        bool (*act)(struct work *w);
    } verbs[] = {
        { "copy", copy },
        { "write", write_file },
        { "move", move },
        { "remove", remove_path },
        { "newest", file_newest },
        { "read", file_read_content },
        { "checksum", file_checksum },
        { "undo", file_undo },
        { 0 },
    };

    for (size_t i = 0; verbs[i].verb; i++)
        if (str_is(work_text(w, "verb"), verbs[i].verb))
            return verbs[i].act(w);
    return work_fail(w, "there is no such verb");
}

int file_worker(int argc, char **argv)
{
    (void)argc, (void)argv;
    return work_main(act);
}
