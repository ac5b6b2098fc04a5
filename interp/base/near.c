#include "base/near.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/diag.h"

static void add(struct near *near, const char *word)
{
    if (near->count < NEAR_MOST)
        near->words[near->count++] = word;
}

static struct near in_another_case(struct str written, const char *const *words)
{
    struct near near = { 0 };

    for (; *words; words++)
        if (strlen(*words) == written.n && strncasecmp(*words, written.s, written.n) == 0)
            add(&near, *words);
    return near;
}

static struct near by_distance(struct str written, const char *const *words)
{
    struct near near = { 0 };
    size_t least = written.n / 3;

    for (; *words; words++) {
        size_t n = strlen(*words), gap = n > written.n ? n - written.n : written.n - n;
        size_t distance = gap > least ? gap : str_distance(written, str_from(*words));
        if (distance == 0 || distance > least || distance >= n)
            continue;
        if (distance < least)
            near.count = 0;
        least = distance;
        add(&near, *words);
    }
    return near;
}

// The number of words in [s], and the sum of their hashes: the same in any order.
static uint64_t words_hash(struct str s, size_t *count)
{
    uint64_t sum = 0;

    for (size_t at = 0; at <= s.n; (*count)++) {
        size_t end = at;
        uint64_t h = 1469598103934665603u;
        for (; end < s.n && !strchr("_- .", s.s[end]); end++)
            h = (h ^ (unsigned char)(s.s[end] | 0x20)) * 1099511628211u;
        sum += h;
        at = end + 1;
    }
    return sum;
}

static struct near in_another_order(struct str written, const char *const *words)
{
    struct near near = { 0 };
    size_t count = 0;
    uint64_t hash = words_hash(written, &count);

    for (; count > 1 && *words; words++) {
        size_t n = 0;
        if (words_hash(str_from(*words), &n) == hash && n == count)
            add(&near, *words);
    }
    return near;
}

struct near near_words(struct str written, const char *const *words)
{
    struct near near = in_another_case(written, words);

    if (!near.count)
        near = by_distance(written, words);
    if (!near.count)
        near = in_another_order(written, words);
    return near;
}

struct str near_question(const struct near *near, struct arena *a)
{
    struct buf b = BUF_EMPTY;

    for (size_t i = 0; i < near->count; i++)
        buf_format(&b, "%s`%s`",
                   i == 0                ? "did you mean "
                   : i + 1 < near->count ? ", "
                                         : " or ",
                   near->words[i]);
    if (near->count)
        buf_add_c(&b, '?');
    return buf_take(&b, a);
}

void diag_meant(struct diags *ds, struct diag *d, struct str written, const char *const *words)
{
    struct near near = near_words(written, words);

    if (near.count)
        d->help = near_question(&near, ds->arena);
}
