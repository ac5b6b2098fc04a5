// Here-documents.

#include <string.h>

#include "action/shell/script_inner.h"
#include "base/arena.h"

static bool is_end_of_word(int c)
{
    return c == -1 || (c && strchr(" \t\n;&|()<>", c));
}

void scan_here_word(struct scan *sc, bool strip_tabs, const struct inner *inner)
{
    struct here *h = NEW(sc->arena, struct here);
    struct buf word = BUF_EMPTY;
    char quote = 0;

    h->strip_tabs = strip_tabs;
    h->inner = inner;
    scan_blanks(sc);
    for (; sc->at < sc->n && (quote || !is_end_of_word(peek(sc, 0)));) {
        char c = sc->s[sc->at];
        bool is_quote = quote ? c == quote : c == '\'' || c == '"';

        h->quoted |= is_quote || c == '\\';
        if (is_quote)
            quote = quote ? 0 : c;
        else if (c == '\\' && quote != '\'' && sc->at + 1 < sc->n)
            buf_add_c(&word, sc->s[++sc->at]);
        else
            buf_add_c(&word, c);
        refuse_until(sc, sc->at + 1, IN_HERE_WORD);
    }
    h->word = buf_take(&word, sc->arena);
    *sc->pending_end = h;
    sc->pending_end = &h->next;
}

// Where the line that begins at [at] ends, without its newline.
static size_t line_end(const struct scan *sc, size_t at)
{
    const char *newline = memchr(sc->s + at, '\n', sc->n - at);

    return newline ? (size_t)(newline - sc->s) : sc->n;
}

static bool is_continued(const struct scan *sc, size_t start, size_t end)
{
    size_t backslashes = 0;

    while (end > start && sc->s[end - 1] == '\\')
        end--, backslashes++;
    return backslashes % 2;
}

// Where the body that begins at [at] ends; [behind] is where its end word's line does.
static size_t body_end(const struct scan *sc, const struct here *h, size_t at, size_t *behind)
{
    bool joined = false;

    while (at < sc->n) {
        size_t start = at, end = line_end(sc, at);
        while (h->strip_tabs && start < end && sc->s[start] == '\t')
            start++;
        *behind = end < sc->n ? end + 1 : end;
        if (!joined && str_equal(h->word, (struct str){ sc->s + start, end - start }))
            return at;
        joined = !h->quoted && is_continued(sc, start, end);
        at = *behind;
    }
    return *behind = sc->n;
}

static void here_body(struct scan *sc, const struct here *h)
{
    size_t behind, n = sc->n, end = body_end(sc, h, sc->at, &behind), first = sc->met;
    struct str name = STR("");

    sc->n = end;
    if (h->quoted)
        refuse_until(sc, end, IN_QUOTED_HERE);
    while (sc->at < end)
        scan_quoted(sc, true);
    enum refusal why = inner_input(h->inner, &name);
    if (why)
        refuse_sites(sc, first, sc->met, why, name);
    sc->n = n;
    sc->at = behind;
}

void scan_here_bodies(struct scan *sc)
{
    struct here *h = sc->pending;

    sc->pending = NULL;
    sc->pending_end = &sc->pending;
    for (; h; h = h->next)
        here_body(sc, h);
}
