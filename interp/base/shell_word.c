#include "base/shell_word.h"

#include <string.h>

#include "base/buf.h"

void shell_quote(struct buf *out, struct str s)
{
    static const char bare[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789_-./:,@%+";
    bool is_bare = s.n > 0;

    for (size_t i = 0; i < s.n && is_bare; i++)
        is_bare = s.s[i] && strchr(bare, s.s[i]);
    if (is_bare) {
        buf_add(out, s);
        return;
    }
    buf_add_c(out, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.s[i] == '\'')
            buf_add_s(out, "'\\''");
        else
            buf_add_c(out, s.s[i]);
    }
    buf_add_c(out, '\'');
}

struct str shell_word(struct arena *a, struct str s)
{
    struct buf b = BUF_EMPTY;

    shell_quote(&b, s);
    return buf_take(&b, a);
}
