#include "exec/environ.h"

#include <unistd.h>

#include "base/arena.h"
#include "base/map.h"

static bool is_kept_back(struct str entry)
{
    static const char *const names[] = { "LD_PRELOAD=", "BASH_ENV=",  "ENV=", "IFS=",
                                         "PS4=",        "BASH_FUNC_", NULL };

    for (const char *const *n = names; *n; n++)
        if (str_starts(entry, *n))
            return true;
    // Functions as bash exported them before 2014.
    size_t at = str_find(entry, '=');
    return at != SIZE_MAX && str_starts(str_slice(entry, at + 1, entry.n), "() {");
}

static size_t count_of(const struct str *vars)
{
    size_t n = 0;

    while (vars[n].s)
        n++;
    return n;
}

const struct str *environment_strings(struct arena *a)
{
    size_t n = 0, kept = 0;

    while (environ[n])
        n++;
    struct str *vars = NEW_ARRAY(a, struct str, n + 1);
    for (size_t i = 0; i < n; i++) {
        struct str entry = str_from(environ[i]);
        if (!is_kept_back(entry) && str_find(entry, '=') != SIZE_MAX)
            vars[kept++] = str_copy(a, entry);
    }
    return vars;
}

struct value environment_map(const struct str *vars, struct arena *a)
{
    struct value_builder *b = value_map_start(a);

    for (; vars->s; vars++) {
        size_t at = str_find(*vars, '=');
        if (at == SIZE_MAX || utf8_invalid(*vars) != SIZE_MAX)
            continue;
        value_put(b, value_string(str_slice(*vars, 0, at)),
                  value_string(str_slice(*vars, at + 1, vars->n)));
    }
    return value_finish(b);
}

static bool is_of(struct str entry, struct str name)
{
    return entry.n > name.n && entry.s[name.n] == '=' &&
           str_equal(str_slice(entry, 0, name.n), name);
}

const struct str *environment_without(const struct str *vars, struct str name, struct arena *a)
{
    struct str *kept = NEW_ARRAY(a, struct str, count_of(vars) + 1);
    size_t n = 0;

    for (; vars->s; vars++)
        if (!is_of(*vars, name))
            kept[n++] = *vars;
    return kept;
}

static struct str name_of(struct str entry)
{
    return str_slice(entry, 0, str_find(entry, '='));
}

const struct str *environment_joined(const struct str *vars, const struct str *more, size_t count,
                                     struct arena *a)
{
    struct str *all = NEW_ARRAY(a, struct str, count_of(vars) + count + 1);
    struct map *later = map_new(a);
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        map_put(later, name_of(more[i]), (void *)&more[i]);
    for (; vars->s; vars++)
        if (!map_get(later, name_of(*vars)))
            all[n++] = *vars;
    for (size_t i = 0; i < count; i++)
        if (map_get(later, name_of(more[i])) == &more[i])
            all[n++] = more[i];
    return all;
}

bool environment_get(const struct str *vars, struct str name, struct str *value)
{
    for (; vars->s; vars++)
        if (is_of(*vars, name)) {
            *value = str_slice(*vars, name.n + 1, vars->n);
            return true;
        }
    return false;
}

char **environment_argv(const struct str *vars, struct arena *a)
{
    char **argv = NEW_ARRAY(a, char *, count_of(vars) + 1);

    for (size_t i = 0; vars[i].s; i++)
        argv[i] = (char *)str_copy(a, vars[i]).s;
    return argv;
}
