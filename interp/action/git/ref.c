#include "action/git/ref.h"

#include <string.h>

static bool no(const char **why, const char *words)
{
    *why = words;
    return false;
}

static bool is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
}

static bool has(struct str s, const char *part)
{
    return str_search(s, str_from(part)) != SIZE_MAX;
}

static bool is_component(struct str s, const char **why)
{
    if (!s.n)
        return no(why, "has an empty part");
    if (s.s[0] == '.')
        return no(why, "has a part that begins with a dot");
    if (str_ends(s, ".lock") || str_ends(s, "."))
        return no(why, "has a part that ends with a dot or .lock");
    return true;
}

// Git itself takes `refs/heads/-x`, which is `-x` to whoever uses the name of the branch.
static bool begins_with_dash(struct str s)
{
    return str_starts(s, "-") || str_starts(s, "refs/heads/-") || str_starts(s, "refs/tags/-");
}

// name ("/" name)*
static bool is_name(struct str s, const char **why)
{
    if (!s.n)
        return no(why, "is empty");
    if (begins_with_dash(s))
        return no(why, "begins with -");
    if (has(s, ".."))
        return no(why, "has two dots in it, which is a range");
    if (has(s, "@{"))
        return no(why, "asks the reflog, which is different on every machine");
    for (size_t i = 0; i < s.n; i++)
        if (!s.s[i] || (!is_letter((unsigned char)s.s[i]) && !strchr("._/-+@#%=,", s.s[i])))
            return no(why, "has a character that no ref has here");
    while (s.n) {
        size_t slash = str_find(s, '/');
        if (!is_component(str_slice(s, 0, slash == SIZE_MAX ? s.n : slash), why))
            return false;
        if (slash != SIZE_MAX && slash + 1 == s.n)
            return no(why, "has an empty part");
        s = slash == SIZE_MAX ? STR("") : str_slice(s, slash + 1, s.n);
    }
    return true;
}

// ref = name (("~" | "^") digit*)*
bool git_is_ref(struct str s, bool steps, const char **why)
{
    size_t n = 0;

    while (n < s.n && s.s[n] != '~' && s.s[n] != '^')
        n++;
    if (n < s.n && !steps)
        return no(why, "has ~ or ^ in it, where a name is wanted");
    for (size_t i = n; i < s.n; i++)
        if (!s.s[i] || !strchr("~^0123456789", s.s[i]))
            return no(why, "has more than ~N and ^N behind its name");
    return is_name(str_slice(s, 0, n), why);
}

bool git_is_remote(struct str s, const char **why)
{
    if (has(s, ":"))
        return no(why, "is a URL; a remote is used by its name");
    return is_name(s, why);
}

bool git_is_plain(struct str s, const char **why)
{
    if (!s.n)
        return no(why, "is empty");
    if (s.s[0] == '-')
        return no(why, "begins with -");
    return str_find(s, '\0') == SIZE_MAX || no(why, "holds a NUL");
}
