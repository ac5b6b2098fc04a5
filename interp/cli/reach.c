// How a command that is suggested reaches the same runs.

#include "base/arena.h"
#include "base/shell_word.h"
#include "cli/open.h"

#define HIDDEN "***"

static bool ends_query_value(char c)
{
    return c == '&' || c == '#' || c == ' ';
}

// Behind the "://" of [url], or 0.
static size_t authority_of(struct str url)
{
    size_t at = str_search(url, STR("://"));

    return at == SIZE_MAX ? 0 : at + 3;
}

// The last '@' that can end a user and a password; SIZE_MAX if nothing does. One behind the first
// slash counts too: somebody forgot to write the slash of a password as %2F.
static size_t user_end(struct str url, size_t from)
{
    size_t end = SIZE_MAX;

    for (size_t i = from; i < url.n && url.s[i] != '?'; i++)
        if (url.s[i] == '@')
            end = i;
    return end;
}

// The rest of [url] from [i], with the value of every "password=" hidden.
static void add_rest(struct buf *b, struct str url, size_t i)
{
    static const char key[] = "password=";

    while (i < url.n) {
        struct str rest = str_slice(url, i, url.n);
        size_t at = str_search(rest, STR(key));
        if (at == SIZE_MAX) {
            buf_add(b, rest);
            return;
        }
        at += sizeof key - 1;
        buf_add(b, str_slice(rest, 0, at));
        buf_add_s(b, HIDDEN);
        for (i += at; i < url.n && !ends_query_value(url.s[i]);)
            i++;
    }
}

struct str store_shown(struct str url, struct arena *a)
{
    struct buf b = BUF_EMPTY;
    size_t from = authority_of(url), end = from ? user_end(url, from) : SIZE_MAX, colon = from;

    while (end != SIZE_MAX && colon < end && url.s[colon] != ':')
        colon++;
    if (end == SIZE_MAX || colon == end) {
        add_rest(&b, url, 0);
    } else {
        buf_add(&b, str_slice(url, 0, colon + 1));
        buf_add_s(&b, HIDDEN);
        add_rest(&b, url, end);
    }
    return buf_take(&b, a);
}

struct str reaching_flags(struct invocation *v)
{
    struct buf b = BUF_EMPTY;
    struct str store = flag_text(v, "store");

    if (flag_given(v, "C")) {
        buf_add_s(&b, " -C ");
        shell_quote(&b, v->dir);
    }
    if (store.n) {
        buf_add_s(&b, " --store ");
        shell_quote(&b, store_shown(store, v->arena));
    }
    return buf_take(&b, v->arena);
}
