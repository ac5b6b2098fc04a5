#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "report/document_inside.h"
#include "report/harmless.h"

struct writing {
    struct arena *arena;
    struct buf *out;
    const char *between;  // what stands between the lines of a text
};

static bool is_inside_word(struct str s, size_t i)
{
    return i > 0 && i + 1 < s.n && isalnum((unsigned char)s.s[i - 1]) &&
           isalnum((unsigned char)s.s[i + 1]);
}

static bool is_space_or_end(struct str s, size_t i)
{
    return i >= s.n || s.s[i] == ' ';
}

// What would begin a list or a rule at the start of a text: "- ", "---", "1. ".
static bool begins_markup(struct str s, size_t i)
{
    if (i == 0 && strchr("-+=", s.s[0]))
        return is_space_or_end(s, 1) || s.s[1] == s.s[0];
    if (i == 0 || (s.s[i] != '.' && s.s[i] != ')') || !is_space_or_end(s, i + 1))
        return false;
    for (size_t k = 0; k < i; k++)
        if (!isdigit((unsigned char)s.s[k]))
            return false;
    return true;
}

static void escaped(struct str line, bool last, void *arg)
{
    struct writing *w = arg;
    struct str s = harmless_text(line, w->arena);

    for (size_t i = 0; i < s.n; i++) {
        bool special = strchr("\\`*{}[]<>|~&#", s.s[i]) != NULL;
        if (s.s[i] == '_')
            special = !is_inside_word(s, i);
        if (special || begins_markup(s, i))
            buf_add_c(w->out, '\\');
        buf_add_c(w->out, s.s[i]);
    }
    if (!last)
        buf_add_s(w->out, w->between);
}

static void text(struct writing *w, struct str s, const char *between)
{
    w->between = between;
    document_lines(s, escaped, w);
}

// How many backquotes stand together in [s] at most.
static size_t longest_ticks(struct str s)
{
    size_t most = 0, n = 0;

    for (size_t i = 0; i < s.n; i++) {
        n = s.s[i] == '`' ? n + 1 : 0;
        most = n > most ? n : most;
    }
    return most;
}

static void ticks(struct buf *out, size_t n)
{
    while (n--)
        buf_add_c(out, '`');
}

// In a cell a bar ends the cell, also inside of code; a line end would, too.
static void code_span_line(struct str line, bool last, void *arg)
{
    struct writing *w = arg;
    struct str safe = harmless_text(line, w->arena);
    size_t n = longest_ticks(safe) + 1;

    ticks(w->out, n);
    if (n > 1 || !safe.n)
        buf_add_c(w->out, ' ');
    for (size_t i = 0; i < safe.n; i++) {
        if (safe.s[i] == '|')
            buf_add_c(w->out, '\\');
        buf_add_c(w->out, safe.s[i]);
    }
    if (n > 1)
        buf_add_c(w->out, ' ');
    ticks(w->out, n);
    if (!last)
        buf_add_s(w->out, "<br>");
}

static void code_span(struct writing *w, struct str s)
{
    document_lines(s, code_span_line, w);
}

static void code_line(struct str line, bool last, void *arg)
{
    struct writing *w = arg;

    (void)last;
    harmless(line, 0, w->out);
    buf_add_c(w->out, '\n');
}

static void code_block(struct writing *w, struct str s)
{
    size_t n = longest_ticks(s) + 1;

    n = n < 3 ? 3 : n;
    ticks(w->out, n);
    buf_add_s(w->out, "text\n");
    document_lines(s, code_line, w);
    ticks(w->out, n);
    buf_add_s(w->out, "\n");
}

static void table(struct writing *w, const struct block *b)
{
    size_t column = 0;

    buf_add_s(w->out, "| ");
    for (const char *c = b->label; *c; c++)
        if (*c == '|')
            buf_add_s(w->out, " | ");
        else
            buf_add_c(w->out, *c);
    buf_add_s(w->out, " |\n|");
    for (size_t i = 0; i < b->columns; i++)
        buf_add_s(w->out, " --- |");
    buf_add_c(w->out, '\n');
    for (const struct cell *c = b->cells; c; c = c->next) {
        buf_add_s(w->out, column ? " " : "| ");
        if (c->box)
            buf_add_s(w->out, "\xe2\x98\x90");
        else if (c->code && c->text.n)
            code_span(w, c->text);
        else
            text(w, c->text, "<br>");
        buf_add_s(w->out, " |");
        column = (column + 1) % b->columns;
        if (!column)
            buf_add_c(w->out, '\n');
    }
}

static void block(struct writing *w, const struct block *b)
{
    switch (b->kind) {
    case BLOCK_HEAD:
        for (int i = 0; i < b->level; i++)
            buf_add_c(w->out, '#');
        buf_add_c(w->out, ' ');
        text(w, b->text, " ");
        buf_add_c(w->out, '\n');
        break;
    case BLOCK_PARA:
        text(w, b->text, "  \n");
        buf_add_c(w->out, '\n');
        break;
    case BLOCK_FIELD:
        buf_format(w->out, "- **%s:** ", b->label);
        if (b->blank)
            buf_add_s(w->out, FILL_IN);
        text(w, b->text, "<br>");
        buf_add_c(w->out, '\n');
        break;
    case BLOCK_ITEM:
        buf_add_s(w->out, b->box ? "- [ ] " : "- ");
        text(w, b->text, "<br>");
        buf_add_c(w->out, '\n');
        break;
    case BLOCK_CODE:
        code_block(w, b->text);
        break;
    case BLOCK_TABLE:
        table(w, b);
        break;
    }
}

static bool stand_together(const struct block *a, const struct block *b)
{
    return a->kind == b->kind && (a->kind == BLOCK_FIELD || a->kind == BLOCK_ITEM);
}

void document_markdown(const struct document *d, struct buf *out)
{
    struct arena *a = arena_new(NULL);
    struct writing w = { .arena = a, .out = out };

    for (const struct block *b = d->first; b; b = b->next) {
        block(&w, b);
        if (b->next && !stand_together(b, b->next))
            buf_add_c(out, '\n');
    }
    arena_free(a);
}
