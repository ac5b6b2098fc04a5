// Which programs steps run: path and digest stand in the journal with the intent, and what
// has changed since the run began, or since it ran them before, is said (faults.md, F42). So is
// at its end which file of the plan was changed under it (F101).

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "action/shell/exec.h"
#include "base/arena.h"
#include "base/map.h"
#include "base/sha256.h"
#include "exec/environ.h"
#include "exec/inside.h"
#include "graph/spot.h"
#include "loop/program.h"
#include "value/fields.h"

enum { CHUNK = 64 * 1024, MOST = 256 * 1024 * 1024, FILE_MOST = 1024 * 1024 };

// A file as it was when it was looked at last.
struct seen {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified, changed;
    struct str digest;  // empty: not known yet
};

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same(const struct seen *a, const struct seen *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           is_same_time(a->modified, b->modified) && is_same_time(a->changed, b->changed);
}

static bool look(struct str path, struct arena *a, struct seen *out)
{
    struct stat st;

    if (stat(str_copy(a, path).s, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    *out = (struct seen){ st.st_dev, st.st_ino, st.st_size, st.st_mtim, st.st_ctim, STR("") };
    return true;
}

static struct str digest_of(struct str path, struct arena *a)
{
    int fd = open(str_copy(a, path).s, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    char *chunk = arena_alloc(a, 1, CHUNK);
    uint8_t digest[SHA256_SIZE];
    struct sha256 h;
    ssize_t n;

    if (fd < 0)
        return STR("");
    sha256_start(&h);
    while ((n = read(fd, chunk, CHUNK)) > 0)
        sha256_add(&h, (struct str){ chunk, (size_t)n });
    close(fd);
    sha256_end(&h, digest);
    return n == 0 ? sha256_hex(a, digest) : STR("");
}

static bool is_looked_up(struct str name)
{
    return str_find(name, '/') == SIZE_MAX;
}

// By which path a name was found, and as what a path was seen, stand in one map: a name has
// its PATH behind a newline; none for what an earlier session found in the PATH of the run.
static struct str key_of(struct str name, const struct str *env, struct arena *a)
{
    struct str path = STR("");

    environment_get(env, STR("PATH"), &path);
    return str_format(a, "%.*s\n%.*s", STR_ARG(name), STR_ARG(path));
}

static void remember(struct driver *d, struct str path, const struct seen *s)
{
    struct seen *kept = map_get(d->programs, path);

    if (kept && is_same(kept, s) && str_equal(kept->digest, s->digest))
        return;
    if (!kept) {
        kept = NEW(d->arena, struct seen);
        map_put(d->programs, str_copy(d->arena, path), kept);
    }
    *kept = *s;
    kept->digest = str_copy(d->arena, s->digest);
}

static void remember_path(struct driver *d, struct str key, struct str path)
{
    struct str *kept = map_get(d->programs, key);

    if (kept && str_equal(*kept, path))
        return;
    kept = NEW(d->arena, struct str);
    *kept = str_copy(d->arena, path);
    map_put(d->programs, str_copy(d->arena, key), kept);
}

// ---- when the run begins

struct noting {
    struct driver *d;
    const struct frame *frame;
};

static void note(struct driver *d, const struct frame *f, struct str name)
{
    struct arena *a = d->turn ? d->turn : d->arena;
    struct str key = key_of(name, f->environ, a);
    struct seen now;
    int error;
    const char *path;

    if (map_get(d->programs, key) || !is_looked_up(name))
        return;
    path = program_find(name, f->environ, f->dir, a, &error);
    if (!path || !look(str_from(path), a, &now))
        return;
    remember_path(d, key, str_from(path));
    if (!map_get(d->programs, str_from(path)))
        remember(d, str_from(path), &now);
}

static void note_step(const struct spot *spot, void *ctx)
{
    const struct noting *n = ctx;
    const struct exec_params *p = spot->step->params;

    if (spot->step->action != &action_exec || !p->argv.count)
        return;
    const struct template *first = *(const struct template *const *)p->argv.items;
    if (template_is_literal(first) && first->count)
        note(n->d, n->frame, first->parts[0].literal);
}

void programs_note(struct driver *d)
{
    struct noting n = { d, d->frame };

    runbook_each_spot(d->frame->module->rb, note_step, &n);
}

// Of the PATH of the run; by hand, because a resume asks it of every step.
static struct str key_in_path_of_run(struct str name, struct arena *a)
{
    char *key = arena_alloc(a, name.n + 1, 1);

    memcpy(key, name.s, name.n);
    key[name.n] = '\n';
    return (struct str){ key, name.n + 1 };
}

void program_replayed(struct driver *d, const struct event *e, struct arena *scratch)
{
    struct value program = VALUE_NONE;

    if (!value_field(e->data, "program", scratch, &program))
        return;
    struct str path = text_of(program, "path"), name = text_of(program, "name");
    if (path.n)
        remember(d, path, &(struct seen){ .digest = text_of(program, "sha256") });
    if (path.n && name.n)
        remember_path(d, key_in_path_of_run(name, scratch), path);
}

// ---- when a step runs it

// The PATH in [env] is that of the run.
static bool is_path_of_run(const struct driver *d, const struct str *env)
{
    struct str path = STR(""), own = STR("");

    if (env == d->frame->environ)
        return true;
    environment_get(env, STR("PATH"), &path);
    environment_get(d->frame->environ, STR("PATH"), &own);
    return str_equal(path, own);
}

// Where [name] was found before, if that was in the same folders; this time it is [path].
static bool is_elsewhere(struct driver *d, const struct attempt *at, struct str name,
                         struct str path)
{
    struct str key = key_of(name, at->env, at->arena);
    const struct str *earlier = map_get(d->programs, key);

    if (!earlier && is_path_of_run(d, at->env))
        earlier = map_get(d->programs, key_in_path_of_run(name, at->arena));
    bool elsewhere = earlier && !str_equal(*earlier, path);
    if (!earlier || elsewhere)
        remember_path(d, key, path);
    return elsewhere;
}

static bool is_changed(struct driver *d, struct str path, struct seen *now)
{
    const struct seen *before = map_get(d->programs, path);

    if (before && before->digest.n && is_same(before, now)) {
        now->digest = before->digest;
        return false;
    }
    if (now->size <= MOST)
        now->digest = digest_of(path, d->turn ? d->turn : d->arena);
    if (before && before->digest.n)
        return !str_equal(before->digest, now->digest);
    return before && !is_same(before, now);
}

void program_put(struct driver *d, const struct attempt *at, struct value_builder *b)
{
    // Without a job it was started before a crash; what it is now is not what it was then.
    struct str name = at->action->program && at->job ? at->action->program(at) : STR("");
    struct arena *a = at->arena;
    struct seen now;
    int error;
    const char *found = name.n ? program_find(name, at->env, at->dir, a, &error) : NULL;

    if (!found)
        return;
    struct str path = str_from(found);
    if (path.s[0] != '/')
        path = str_format(a, "%.*s/%s", STR_ARG(at->dir), found);
    if (!look(path, a, &now))
        return;
    bool changed = is_changed(d, path, &now);
    changed |= is_looked_up(name) && is_elsewhere(d, at, name, path);
    remember(d, path, &now);
    struct value_builder *p = value_map_start(a);
    if (is_path_of_run(d, at->env))
        value_put_s(p, "name", value_string(name));
    value_put_s(p, "path", value_string(path));
    if (now.digest.n)
        value_put_s(p, "sha256", value_string(now.digest));
    if (changed) {
        value_put_s(p, "changed", value_bool(true));
        say(d, "warning: the program `%.*s` (%.*s) is not the one that it was when this run began",
            STR_ARG(name), STR_ARG(path));
    }
    value_put_s(b, "program", value_finish(p));
}

// ---- the files of the plan

// A pipe can be read once only.
static bool file_has_changed(const struct program_file *f, struct arena *a)
{
    struct diags ignored = { .arena = a };
    struct stat st;
    struct str now;

    if (stat(f->path.s, &st) == 0 && !S_ISREG(st.st_mode))
        return false;
    return !file_read(a, f->path, FILE_MOST, &now, &ignored) || !str_equal(now, f->text);
}

void tell_files_changed_meanwhile(struct driver *d)
{
    struct arena *a = arena_new(NULL);
    size_t count;
    const struct program_file *files = program_files(d->program, a, &count);

    for (size_t i = 0; i < count; i++) {
        if (!file_has_changed(&files[i], a))
            continue;
        struct value_builder *b = event_data(d);
        value_put_s(b, "level", value_text("warning"));
        value_put_s(b, "code", value_text("changed"));
        value_put_s(b, "message",
                    value_string(str_format(d->arena,
                                            "%.*s has changed since this run was started; the run "
                                            "went on with the plan that was kept",
                                            STR_ARG(files[i].path))));
        emit(d, EVENT_DIAGNOSTIC, b);
    }
    arena_free(a);
}
