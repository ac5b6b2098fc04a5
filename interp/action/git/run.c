#include "action/git/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "action/fs.h"
#include "base/arena.h"

enum { CHUNK = 64 * 1024 };

// ---- how git is run

// What would make git work on another repository, or run something.
static bool is_dropped(const char *entry)
{
    static const char *const names[] = {
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_NAMESPACE",
        "GIT_PREFIX",
        "GIT_SHALLOW_FILE",
        "GIT_GRAFT_FILE",
        "GIT_REPLACE_REF_BASE",
        "GIT_QUARANTINE_PATH",
        "GIT_EXTERNAL_DIFF",
        "GIT_DIFF_OPTS",
        "GIT_PAGER",
        "GIT_EDITOR",
        "GIT_SEQUENCE_EDITOR",
        "GIT_ASKPASS",
        "GIT_TERMINAL_PROMPT",
        "GIT_LITERAL_PATHSPECS",
        "GIT_GLOB_PATHSPECS",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_ICASE_PATHSPECS",
        "GIT_OPTIONAL_LOCKS",
        "GIT_EXEC_PATH",
        "GIT_TEMPLATE_DIR",
        "GIT_CONFIG",
        "GIT_CONFIG_PARAMETERS",
        "GIT_CONFIG_COUNT",
        "GIT_ALLOW_PROTOCOL",
        "GIT_PROTOCOL_FROM_USER",
        "GIT_CURL_VERBOSE",

        "SSH_ASKPASS",
        "SSH_ASKPASS_REQUIRE",
        "LC_ALL",
        "LANGUAGE",
        "PAGER",
        "EDITOR",
        "VISUAL",
        NULL,
    };
    size_t n = strcspn(entry, "=");

    for (size_t i = 0; names[i]; i++)
        if (strlen(names[i]) == n && strncmp(names[i], entry, n) == 0)
            return true;
    return strncmp(entry, "GIT_TRACE", 9) == 0;
}

static char **environment(struct git *g)
{
    static const char *const set[] = {
        "GIT_TERMINAL_PROMPT=0",     "GIT_PAGER=cat",
        "GIT_EDITOR=false",          "GIT_SEQUENCE_EDITOR=false",
        "SSH_ASKPASS_REQUIRE=never", "GIT_OPTIONAL_LOCKS=0",
        "GIT_MERGE_AUTOEDIT=no",     "LC_ALL=C",
    };
    size_t count = 0, set_count = sizeof(set) / sizeof(*set);

    while (environ[count])
        count++;
    char **env = NEW_ARRAY(g->work->arena, char *, count + set_count + 2), **to = env;
    for (size_t i = 0; i < count; i++)
        if (!is_dropped(environ[i]))
            *to++ = environ[i];
    for (size_t i = 0; i < set_count; i++)
        *to++ = (char *)(uintptr_t)set[i];
    if (g->index)
        *to++ = (char *)(uintptr_t)str_format(g->work->arena, "GIT_INDEX_FILE=%s", g->index).s;
    return env;
}

static void add_word(struct buf *words, const char *word)
{
    buf_add(words, (struct str){ (const char *)&word, sizeof(word) });
}

void git_set(struct git *g, const char *setting)
{
    add_word(g->settings, "-c");
    add_word(g->settings, setting);
}

static char **argv_of(struct git *g, const char *const *words)
{
    struct buf *argv = buf_in(g->work->arena);

    add_word(argv, "git");
    add_word(argv, "-C");
    add_word(argv, g->repo);
    buf_add(argv, buf_str(g->settings));
    for (; *words; words++)
        add_word(argv, *words);
    add_word(argv, NULL);
    return (char **)(void *)argv->s;
}

static int memory(struct git *g, const char *name, struct str bytes)
{
    int fd = memfd_create(name, MFD_CLOEXEC);

    for (struct str rest = bytes; fd >= 0 && rest.n;) {
        ssize_t n = write(fd, rest.s, rest.n);
        if (n <= 0)
            break;
        rest = str_slice(rest, (size_t)n, rest.n);
    }
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    (void)g;
    return fd;
}

static struct str contents(struct git *g, int fd)
{
    struct buf b = BUF_EMPTY;
    ssize_t n = 1;

    lseek(fd, 0, SEEK_SET);
    while (n > 0) {
        n = read(fd, buf_reserve(&b, CHUNK), CHUNK);
        b.n += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    return buf_take(&b, g->work->arena);
}

static int wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int start(struct git *g, const char *const *words, const int fds[3])
{
    posix_spawn_file_actions_t stdio;
    posix_spawnattr_t attr;
    sigset_t defaults;
    pid_t pid;

    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigdefault(&attr, &defaults);
    posix_spawn_file_actions_init(&stdio);
    for (int i = 0; i < 3; i++)
        posix_spawn_file_actions_adddup2(&stdio, fds[i], i);
    int error = posix_spawnp(&pid, "git", &stdio, &attr, argv_of(g, words), environment(g));
    posix_spawn_file_actions_destroy(&stdio);
    posix_spawnattr_destroy(&attr);
    if (error) {
        g->said = str_format(g->work->arena, "fatal: cannot start git: %s", strerror(error));
        return 127;
    }
    return wait_for(pid);
}

int git_run(struct git *g, struct str *out, const char *const *words)
{
    int fds[3] = { memory(g, "in", g->input), memory(g, "out", STR("")),
                   memory(g, "err", STR("")) };
    struct str ignored;

    if (fds[0] < 0 || fds[1] < 0 || fds[2] < 0) {
        g->said = STR("fatal: there is no memory for what git says");
        return 127;
    }
    g->said = STR("");
    int status = start(g, words, fds);
    close(fds[0]);
    *(out ? out : &ignored) = contents(g, fds[1]);
    struct str said = contents(g, fds[2]);
    if (said.n) {
        g->said = said;
        if (!g->quiet && write(STDERR_FILENO, said.s, said.n) < 0)
            return status;
    }
    g->input = STR("");
    g->index = NULL;
    return work_stopped() && status ? 143 : status;
}

// ---- what it says

static struct str line_at(struct str text, size_t at)
{
    size_t end = at;

    while (end < text.n && text.s[end] != '\n')
        end++;
    return str_slice(text, at, end);
}

// "would be overwritten:" and the names that git lists below it, each behind a tab.
static struct str with_list(struct git *g, struct str said, struct str line)
{
    enum { NAMES = 5 };
    struct buf *b = buf_in(g->work->arena);
    size_t at = (size_t)(line.s - said.s) + line.n + 1, count = 0;

    buf_add(b, line);
    for (; str_ends(line, ":") && at < said.n && said.s[at] == '\t'; count++) {
        struct str name = line_at(said, at);
        at += name.n + 1;
        if (count < NAMES)
            buf_format(b, "%s%.*s", count ? ", " : " ", STR_ARG(str_trim(name)));
    }
    if (count > NAMES)
        buf_format(b, " and %zu more", count - NAMES);
    return buf_str(b);
}

bool git_failed(struct git *g)
{
    static const char *const marks[] = { " ! ", "fatal: ", "error: ", NULL };
    struct str said = str_trim(g->said), line;

    for (size_t i = 0; marks[i]; i++) {
        size_t at = str_search(said, str_from(marks[i]));
        if (at == SIZE_MAX)
            continue;
        line = with_list(g, said, line_at(said, at + strlen(marks[i])));
        return work_fail(g->work, "git: %.*s", STR_ARG(line));
    }
    line = line_at(said, 0);
    if (work_stopped())
        return work_fail(g->work, "it was stopped");
    return work_fail(g->work, "git: %.*s",
                     STR_ARG(line.n ? line : STR("it failed and did not say why")));
}

bool git_text(struct git *g, struct str *out, const char *const *words)
{
    if (git_run(g, out, words) != 0)
        return git_failed(g);
    if (str_ends(*out, "\n"))
        *out = str_copy(g->work->arena, str_slice(*out, 0, out->n - 1));
    return true;
}

bool git_do(struct git *g, const char *const *words)
{
    struct str ignored;

    return git_text(g, &ignored, words);
}

struct str git_ask(struct git *g, const char *const *words)
{
    struct str out = STR(""), message = g->work->message;
    bool quiet = g->quiet;

    g->quiet = true;
    if (!git_text(g, &out, words))
        out = STR("");
    g->quiet = quiet;
    g->work->message = message;
    return out;
}

struct str git_commit_of(struct git *g, const char *ref)
{
    struct str peeled = str_format(g->work->arena, "%s^{commit}", ref);

    return GIT_ASK(g, "rev-parse", "--verify", "--quiet", peeled.s);
}

bool git_resolve(struct git *g, const char *ref, struct str *out)
{
    *out = git_commit_of(g, ref);
    if (out->n)
        return true;
    work_fail(g->work, "there is no commit '%s' in this repository", ref);
    return g->shallow ? work_help(g->work, "the repository is shallow: fetch more of it first")
                      : work_help(g->work, "fetch it first, if it is on a remote");
}

struct str git_branch(struct git *g)
{
    return GIT_ASK(g, "symbolic-ref", "--quiet", "--short", "HEAD");
}

const struct str *git_split(struct git *g, struct str text, size_t *count)
{
    struct buf *parts = buf_in(g->work->arena);

    while (text.n) {
        size_t end = str_find(text, '\0');
        struct str part = str_copy(g->work->arena,
                                   str_slice(text, 0, end == SIZE_MAX ? text.n : end));
        buf_add(parts, (struct str){ (const char *)&part, sizeof(part) });
        text = end == SIZE_MAX ? STR("") : str_slice(text, end + 1, text.n);
    }
    *count = parts->n / sizeof(struct str);
    return (const struct str *)(const void *)parts->s;
}

const char *const *git_words(struct git *g, const char *const *before, struct value list)
{
    struct buf *words = buf_in(g->work->arena);

    for (; *before; before++)
        add_word(words, *before);
    for (size_t i = 0; i < value_size(list); i++)
        add_word(words, value_item(list, i).s.s);
    add_word(words, NULL);
    return (const char *const *)(void *)words->s;
}
