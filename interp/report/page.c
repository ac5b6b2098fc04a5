#include "report/page.h"

#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/mask.h"
#include "report/github.h"
#include "report/harmless.h"

enum { NARROWEST = 20, UNBOUNDED = 100000 };

struct page page_new(struct arena *a, const struct look *look, size_t width)
{
    if (width && width < NARROWEST)
        width = NARROWEST;
    return (struct page){
        .arena = a, .look = look, .columns = width, .out = buf_in(a), .obeyed = github_is_here()
    };
}

struct str page_str(const struct page *p)
{
    return buf_str(p->out);
}

const char *page_bar(const struct page *p)
{
    return p->look->utf8 ? "  \xe2\x94\x82 " : "  | ";
}

static void begin_row(struct page *p)
{
    if (p->out->n)
        buf_add_c(p->out, '\n');
}

void page_blank(struct page *p)
{
    if (p->out->n && p->out->s[p->out->n - 1] != '\n')
        buf_add_c(p->out, '\n');
}

// How much of [s] one row takes: up to a space where there is one late enough.
static size_t row_length(struct str s, size_t room)
{
    size_t n = columns_fit(s, room);

    if (n == s.n)
        return n;
    if (n == 0)
        n = 1;
    for (size_t i = n; i > n / 3; i--)
        if (s.s[i] == ' ')
            return i;
    return n;
}

// What stands before a text: on its first row, and on the others.
struct margin {
    const char *first, *rest;
};

// What a line is indented by, where that leaves most of the room.
static struct str indent_of(struct str line, size_t room)
{
    size_t n = 0;

    while (n < line.n && line.s[n] == ' ')
        n++;
    return n < line.n && n < room / 3 ? str_slice(line, 0, n) : STR("");
}

static void add_rows(struct page *p, struct margin *m, enum ink color, struct str line)
{
    size_t taken = columns(str_from(m->rest));
    size_t room = !p->columns ? UNBOUNDED : p->columns > taken + 4 ? p->columns - taken : 4;
    struct str indent = indent_of(line, room);

    for (bool first = true;; first = false) {
        size_t n = row_length(line, first ? room : room - indent.n);
        begin_row(p);
        buf_add_s(p->out, m->first);
        if (!first)
            buf_add(p->out, indent);
        if (p->obeyed && !str_trim(str_from(m->first)).n && github_obeys(str_slice(line, 0, n)))
            buf_add_s(p->out, "| ");
        m->first = m->rest;
        if (n)
            ink(p->look, color, str_slice(line, 0, n), p->out);
        while (n && n < line.n && line.s[n] == ' ')
            n++;
        line = str_slice(line, n, line.n);
        if (!line.n)
            return;
    }
}

static void add_lines(struct page *p, struct margin m, enum ink color, struct str text)
{
    if (p->mask)
        text = mask_text(p->mask, text, p->arena, NULL);
    if (text.n && text.s[text.n - 1] == '\n')
        text.n--;
    for (;;) {
        size_t end = str_find(text, '\n');
        struct str line = end == SIZE_MAX ? text : str_slice(text, 0, end);
        if (line.n && line.s[line.n - 1] == '\r')
            line.n--;
        add_rows(p, &m, color, harmless_text(line, p->arena));
        if (end == SIZE_MAX)
            return;
        text = str_slice(text, end + 1, text.n);
    }
}

void page_text(struct page *p, const char *prefix, enum ink color, struct str text)
{
    add_lines(p, (struct margin){ prefix, prefix }, color, text);
}

static struct str spaces(struct page *p, size_t n)
{
    return str_format(p->arena, "%*s", (int)n, "");
}

void page_lead(struct page *p, const char *lead, enum ink color, struct str text)
{
    struct str rest = spaces(p, columns(str_from(lead)));

    add_lines(p, (struct margin){ lead, rest.s }, color, text);
}

void page_item(struct page *p, struct str label, size_t width, enum ink color, struct str text)
{
    struct str name = harmless_text(label, p->arena);
    size_t own = columns(name);

    if (width < own)
        width = own;
    if (!text.n) {
        page_text(p, "  ", INK_PLAIN, name);
        return;
    }
    // A label that leaves too little room gets a row of its own.
    if (p->columns && width + 4 > p->columns / 2) {
        page_text(p, "  ", INK_PLAIN, name);
        page_text(p, "      ", color, text);
        return;
    }
    struct str rest = spaces(p, width + 4);
    struct str first = str_format(p->arena, "  %.*s%*s", STR_ARG(name), (int)(width - own + 2), "");
    add_lines(p, (struct margin){ first.s, rest.s }, color, text);
}

void page_head(struct page *p, enum ink color, const char *format, ...)
{
    struct buf b = BUF_EMPTY;
    va_list args;

    va_start(args, format);
    buf_vformat(&b, format, args);
    va_end(args);
    struct str text = buf_take(&b, p->arena);
    page_text(p, "", color, text);
}

void page_command(struct page *p, enum ink color, const char *format, ...)
{
    struct page whole = *p;
    struct buf b = BUF_EMPTY;
    va_list args;

    va_start(args, format);
    buf_vformat(&b, format, args);
    va_end(args);
    whole.columns = 0;  // the rows are one buffer
    page_text(&whole, "", color, buf_take(&b, p->arena));
}
