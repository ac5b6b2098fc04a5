#include "store/chain.h"

#include <inttypes.h>
#include <string.h>

void chain_add(struct chain *c, struct str json)
{
    struct sha256 h;

    sha256_start(&h);
    if (c->seq)
        sha256_add(&h, (struct str){ (const char *)c->hash, SHA256_SIZE });
    sha256_add(&h, json);
    sha256_end(&h, c->hash);
    c->seq++;
}

bool chain_follows(struct chain *c, int64_t seq, struct arena *a, struct str *why)
{
    if (seq == c->seq + 1)
        return true;
    *why = str_format(a, "event %" PRId64 " is missing", c->seq + 1);
    return false;
}

bool chain_check(struct chain *c, int64_t seq, struct str json, struct str hash, struct arena *a,
                 struct str *why)
{
    if (!chain_follows(c, seq, a, why))
        return false;
    chain_add(c, json);
    if (hash.n == SHA256_SIZE && memcmp(hash.s, c->hash, SHA256_SIZE) == 0)
        return true;
    *why = str_format(a, "event %" PRId64 " is not what was written", seq);
    return false;
}
