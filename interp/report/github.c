#include "report/github.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"

struct github {
    struct arena *arena;
    struct screen *screen;
    char token[33];
    bool guarded;
    struct str open;  // the id of the group
};

bool github_is_here(void)
{
    const char *v = getenv("GITHUB_ACTIONS");

    return v && strcmp(v, "true") == 0;
}

bool github_obeys(struct str line)
{
    struct str s = str_trim(line);

    return str_starts(s, "::") || str_starts(s, "##[");
}

struct github *github_new(struct arena *a, struct screen *screen)
{
    struct github *g = NEW(a, struct github);
    unsigned char random[16];

    g->arena = a;
    g->screen = screen;
    if (getrandom(random, sizeof random, 0) != sizeof random)
        memset(random, 0, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        for (int half = 0; half < 2; half++)
            g->token[2 * i + (size_t)half] = "0123456789abcdef"[random[i] >> (half ? 0 : 4) & 15];
    return g;
}

// %, CR and LF; in a property also : and ,
static void add_escaped(struct buf *b, struct str s, bool property)
{
    for (size_t i = 0; i < s.n; i++)
        if (strchr(property ? "%\r\n:," : "%\r\n", s.s[i]) && s.s[i])
            buf_format(b, "%%%02X", (unsigned char)s.s[i]);
        else if (s.s[i])
            buf_add_c(b, s.s[i]);
}

static void command(struct github *g, const char *name, struct str title, struct str data)
{
    struct buf b = BUF_EMPTY;

    if (g->guarded)
        buf_format(&b, "::%s::\n", g->token);
    g->guarded = false;
    buf_format(&b, "::%s", name);
    if (title.n) {
        buf_add_s(&b, " title=");
        add_escaped(&b, title, true);
    }
    buf_add_s(&b, "::");
    add_escaped(&b, data, false);
    screen_line(g->screen, buf_str(&b));
    buf_free(&b);
}

void github_guard(struct github *g)
{
    char line[60] = "::stop-commands::";

    if (g->guarded)
        return;
    g->guarded = true;
    strcat(line, g->token);
    screen_line(g->screen, str_from(line));
}

void github_release(struct github *g)
{
    char line[40];

    if (!g->guarded)
        return;
    g->guarded = false;
    snprintf(line, sizeof line, "::%s::", g->token);
    screen_line(g->screen, str_from(line));
}

void github_group(struct github *g, struct str id, struct str title)
{
    if (g->open.n)
        return;
    g->open = str_copy(g->arena, id);
    command(g, "group", STR(""), title);
}

void github_group_end(struct github *g, struct str id)
{
    if (!str_equal(g->open, id))
        return;
    g->open = STR("");
    command(g, "endgroup", STR(""), STR(""));
}

void github_error(struct github *g, struct str title, struct str message)
{
    command(g, "error", title, message);
}
