#include "load/version.h"

#include <ctype.h>

static bool is_version(struct str s)
{
    bool digit = false;

    for (size_t i = 0; i < s.n; i++) {
        bool dot = s.s[i] == '.';
        if (dot ? !digit : !isdigit((unsigned char)s.s[i]))
            return false;
        digit = !dot;
    }
    return digit;
}

bool wanted_parse(struct str text, bool named, struct wanted *out)
{
    static const struct {
        const char *sign;
        enum comparison comparison;
    } signs[] = {
        { ">=", AT_LEAST }, { "<=", AT_MOST },  { "==", EXACTLY },
        { ">", MORE_THAN }, { "<", LESS_THAN }, { "=", EXACTLY },
    };
    size_t at = 0;

    text = str_trim(text);
    while (at < text.n && !(text.s[at] == '<' || text.s[at] == '>' || text.s[at] == '='))
        at++;
    *out = (struct wanted){ .name = str_trim(str_slice(text, 0, at)) };
    struct str rest = str_slice(text, at, text.n);
    bool name_ok = out->name.n > 0 && str_find(out->name, ' ') == SIZE_MAX;
    if (named ? !name_ok : out->name.n > 0)
        return false;
    if (rest.n == 0)
        return named;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (str_starts(rest, signs[i].sign)) {
            out->comparison = signs[i].comparison;
            out->version = str_trim(str_slice(rest, str_from(signs[i].sign).n, rest.n));
            return is_version(out->version);
        }
    return false;
}

// The number at the front of [s], which is taken away with the dot behind it.
static uint64_t next_part(struct str *s)
{
    uint64_t n = 0;
    size_t i = 0;

    for (; i < s->n && s->s[i] != '.'; i++)
        if (n < UINT64_MAX / 100)
            n = n * 10 + (uint64_t)(s->s[i] - '0');
    *s = str_slice(*s, i + 1, s->n);
    return n;
}

int version_compare(struct str a, struct str b)
{
    while (a.n || b.n) {
        uint64_t x = next_part(&a), y = next_part(&b);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

bool version_satisfies(struct str version, const struct wanted *w)
{
    int order = version_compare(version, w->version);

    switch (w->comparison) {
    case ANY_VERSION:
        return true;
    case AT_LEAST:
        return order >= 0;
    case MORE_THAN:
        return order > 0;
    case EXACTLY:
        return order == 0;
    case AT_MOST:
        return order <= 0;
    case LESS_THAN:
        return order < 0;
    }
    return false;
}

static bool begins_word(struct str text, size_t i)
{
    return i == 0 || !(isalnum((unsigned char)text.s[i - 1]) || text.s[i - 1] == '.') ||
           ((text.s[i - 1] | 0x20) == 'v' && (i == 1 || !isalnum((unsigned char)text.s[i - 2])));
}

static struct str version_at(struct str text, size_t from)
{
    size_t to = from;

    while (to < text.n &&
           (isdigit((unsigned char)text.s[to]) ||
            (text.s[to] == '.' && to + 1 < text.n && isdigit((unsigned char)text.s[to + 1]))))
        to++;
    return str_slice(text, from, to);
}

// One with a dot looks more like a version than a lone number ("GNU tar 2 ... 1.34").
struct str version_in(struct str text)
{
    struct str first = STR("");

    for (size_t i = 0; i < text.n; i++) {
        if (!isdigit((unsigned char)text.s[i]) || !begins_word(text, i))
            continue;
        struct str found = version_at(text, i);
        if (str_find(found, '.') != SIZE_MAX)
            return found;
        if (first.n == 0)
            first = found;
        i += found.n;
    }
    return first;
}
