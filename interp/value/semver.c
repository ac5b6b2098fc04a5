// Versions by the rules of semver.org: 1.2.3, 1.2.3-rc.1+build.
//
// Tools are sloppy, so a leading v and a missing minor or patch are forgiven: `v1.2` is
// 1.2.0. The build part takes no side in a comparison.

#include "value/semver.h"

#include "base/arena.h"

static bool number(struct str s, size_t *at, int64_t *out)
{
    size_t start = *at;

    for (*out = 0; *at < s.n && s.s[*at] >= '0' && s.s[*at] <= '9'; (*at)++)
        if (__builtin_mul_overflow(*out, 10, out) ||
            __builtin_add_overflow(*out, s.s[*at] - '0', out))
            return false;
    return *at > start;
}

static bool is_part_char(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '-' || c == '.';
}

// Dotted words behind [mark], which may be missing.
static bool words(struct str s, size_t *at, char mark, struct str *out)
{
    *out = STR("");
    if (*at >= s.n || s.s[*at] != mark)
        return true;
    size_t start = ++*at;
    while (*at < s.n && is_part_char(s.s[*at]))
        (*at)++;
    *out = str_slice(s, start, *at);
    return out->n > 0 && str_search(*out, STR("..")) == SIZE_MAX && out->s[0] != '.' &&
           out->s[out->n - 1] != '.';
}

bool semver_parse(struct str s, struct semver *out)
{
    struct str build;
    size_t at = s.n && (s.s[0] == 'v' || s.s[0] == 'V');

    *out = (struct semver){ .text = s };
    if (!number(s, &at, &out->major))
        return false;
    if (at < s.n && s.s[at] == '.' && (at++, !number(s, &at, &out->minor)))
        return false;
    if (at < s.n && s.s[at] == '.' && (at++, !number(s, &at, &out->patch)))
        return false;
    return words(s, &at, '-', &out->pre) && words(s, &at, '+', &build) && at == s.n;
}

static struct str next_word(struct str *rest)
{
    size_t dot = str_find(*rest, '.');
    struct str word = str_slice(*rest, 0, dot);

    *rest = dot == SIZE_MAX ? STR("") : str_slice(*rest, dot + 1, rest->n);
    return word;
}

// Numbers come before words, and are compared as numbers.
static int compare_words(struct str a, struct str b)
{
    int64_t x, y;
    size_t i = 0, j = 0;
    bool a_number = number(a, &i, &x) && i == a.n, b_number = number(b, &j, &y) && j == b.n;

    if (a_number && b_number)
        return (x > y) - (x < y);
    if (a_number != b_number)
        return a_number ? -1 : 1;
    return str_compare(a, b);
}

static int compare_pre(struct str a, struct str b)
{
    if (!a.n || !b.n)
        return (a.n == 0) - (b.n == 0);
    while (a.n && b.n) {
        int order = compare_words(next_word(&a), next_word(&b));
        if (order)
            return order;
    }
    return (a.n > 0) - (b.n > 0);
}

int semver_compare(const struct semver *a, const struct semver *b)
{
    if (a->major != b->major)
        return a->major < b->major ? -1 : 1;
    if (a->minor != b->minor)
        return a->minor < b->minor ? -1 : 1;
    if (a->patch != b->patch)
        return a->patch < b->patch ? -1 : 1;
    return compare_pre(a->pre, b->pre);
}
