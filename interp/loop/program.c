#include "loop/program.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

static struct str path_of(const struct str *env)
{
    for (; env->s; env++)
        if (str_starts(*env, "PATH="))
            return str_slice(*env, 5, env->n);
    return STR(DEFAULT_PATH);
}

static bool is_program(const char *path, int *error)
{
    struct stat st;

    if (stat(path, &st) || !S_ISREG(st.st_mode))
        return false;
    if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0)
        return true;
    *error = EACCES;
    return false;
}

static const char *join(struct arena *a, struct str dir, struct str folder, struct str name)
{
    bool is_relative = folder.n == 0 || folder.s[0] != '/';

    return str_format(a, "%.*s%s%.*s%s%.*s", STR_ARG(is_relative ? dir : STR("")),
                      is_relative && dir.n ? "/" : "", STR_ARG(folder), folder.n ? "/" : "",
                      STR_ARG(name))
        .s;
}

const char *program_find(struct str name, const struct str *env, struct str dir, struct arena *a,
                         int *error)
{
    struct str path = path_of(env);

    *error = ENOENT;
    if (str_find(name, '/') != SIZE_MAX)
        return str_copy(a, name).s;
    for (bool more = true; more;) {
        size_t end = str_find(path, ':');
        const char *file = join(a, dir, str_slice(path, 0, end), name);
        more = end != SIZE_MAX;
        path = more ? str_slice(path, end + 1, path.n) : STR("");
        if (is_program(file, error))
            return file;
    }
    return NULL;
}
