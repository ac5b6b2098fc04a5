// Any bytes as a URL, as a value in one, and as where a redirect leads.

#include <assert.h>

#include "action/http/url.h"
#include "base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_of(struct str s, char c)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.s[i] == c;
    return n;
}

// Whatever the value, the request goes to the same host, path depth and parameter.
static void stays_in_place(struct str value, struct arena *a)
{
    const struct url_piece pieces[] = {
        { STR("http://host:8080/a/"), false },
        { value, true },
        { STR("/b?q="), false },
        { value, true },
        { STR("&r=1"), false },
    };
    struct http_url u;
    struct str why;

    if (!http_url_build(pieces, sizeof pieces / sizeof *pieces, NULL, a, &u, &why))
        return;
    assert(str_is(u.scheme, "http") && str_is(u.host, "host") && u.port == 8080 && !u.user.n);
    assert(count_of(u.path, '/') == 3 && str_starts(u.path, "/a/") && str_ends(u.path, "/b"));
    assert(count_of(u.query, '&') == 1 && count_of(u.query, '=') == 2 && !u.fragment.n);
}

// What is sent is read back as the same.
static void goes_round(const struct http_url *u, struct arena *a)
{
    struct str text = http_url_text(u, a), why;
    struct http_url again;

    assert(http_url_parse(text, a, &again, &why));
    assert(str_equal(text, http_url_text(&again, a)));
    assert(control_character(text) == SIZE_MAX && str_find(text, ' ') == SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(NULL);
    struct str text = str_copy(a, (struct str){ (const char *)data, size }), why;
    struct http_url from = { .scheme = STR("https"), .host = STR("h"), .path = STR("/a/b") }, u;

    stays_in_place(text, a);
    if (http_url_parse(text, a, &u, &why))
        goes_round(&u, a);
    if (http_url_follow(&from, text, a, &u, &why))
        goes_round(&u, a);
    arena_free(a);
    return 0;
}
