#include "value/json_memo.h"

#include <string.h>

#include "base/arena.h"

enum { SETS = 4, WAYS = 8, LONGEST = 512, MOST = 64 };

struct known {
    struct str text;
    struct value value;
};

// Objects under keys that share a set.
struct set {
    struct known known[WAYS];
    size_t count;       // that were ever put in
    char last[LONGEST];  // what was not known
    size_t last_n;
};

struct json_memo {
    struct arena *arena;
    size_t kept;  // no more than MOST: each keeps its memory
    struct set sets[SETS];
};

struct json_memo *json_memo_new(struct arena *a)
{
    struct json_memo *m = NEW(a, struct json_memo);

    m->arena = a;
    return m;
}

static size_t set_of(struct str key)
{
    return key.n % SETS;
}

// An object ends where its last brace does: what begins with the text of one has that one.
bool json_memo_find(const struct json_memo *m, struct str key, const char *at, const char *end,
                    struct value *out, size_t *n)
{
    const struct set *s = &m->sets[set_of(key)];

    for (size_t i = 0; i < s->count && i < WAYS; i++) {
        const struct known *k = &s->known[i];
        if (k->text.n > (size_t)(end - at) || memcmp(k->text.s, at, k->text.n) != 0)
            continue;
        *out = k->value;
        *n = k->text.n;
        return true;
    }
    return false;
}

void json_memo_missed(struct json_memo *m, struct str key, struct str text)
{
    struct set *s = &m->sets[set_of(key)];

    if (text.n > LONGEST || m->kept == MOST)
        return;
    if (text.n != s->last_n || memcmp(text.s, s->last, text.n) != 0) {
        memcpy(s->last, text.s, text.n);
        s->last_n = text.n;
        return;
    }
    struct known k = { .text = str_copy(m->arena, text) };
    m->kept++;
    if (json_read_plain(k.text, m->arena, &k.value))
        s->known[s->count++ % WAYS] = k;
}
