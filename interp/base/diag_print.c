// How a diag looks.

#include "base/buf.h"
#include "base/diag.h"

// -------- sentences

struct rows {
    FILE *out;
    size_t columns;  // 0: unbounded
    size_t indent;   // of all rows but the first
    size_t at;       // the column where the next word goes
};

// Up to the next space that stands neither between backquotes nor in an expression.
static size_t word_end(struct str text, size_t from)
{
    bool quoted = false, open = false;
    size_t i = from;

    while (i < text.n && text.s[i] == ' ')
        i++;
    for (; i < text.n && (quoted || open || text.s[i] != ' '); i++) {
        quoted ^= text.s[i] == '`';
        if (str_starts(str_slice(text, i, text.n), open ? "}}" : "${{"))
            open = !open;
    }
    return i;
}

static void put_word(struct rows *r, struct str word)
{
    size_t wide = utf8_length(word);
    bool fits = !r->columns || r->at + wide <= r->columns || r->at <= r->indent;

    if (!fits) {
        word = str_trim(word);
        fprintf(r->out, "\n%*s", (int)r->indent, "");
        r->at = r->indent;
        wide = utf8_length(word);
    }
    fprintf(r->out, "%.*s", STR_ARG(word));
    r->at += wide;
}

// A text that has lines of its own keeps them.
static void print_words(struct str text, size_t indent, size_t columns, FILE *out)
{
    struct rows r = { out, str_find(text, '\n') == SIZE_MAX ? columns : 0, indent, 0 };

    for (size_t i = 0; i < text.n;) {
        size_t end = word_end(text, i);
        put_word(&r, str_slice(text, i, end));
        i = end;
    }
    fputc('\n', out);
}

static void print_head(struct span span, const char *severity, struct str message,
                       const char *slug, size_t columns, FILE *out)
{
    struct buf b = BUF_EMPTY;

    if (span.source) {
        struct place at = source_place(span.source, span.start);
        buf_format(&b, "%.*s:%u:%u: ", STR_ARG(span.source->name), at.line, at.column);
    }
    buf_format(&b, "%s: %.*s", severity, STR_ARG(message));
    if (slug)
        buf_format(&b, " [%s]", slug);
    print_words(buf_str(&b), 2, columns, out);
    buf_free(&b);
}

static void print_help(struct str help, size_t columns, FILE *out)
{
    struct buf b = BUF_EMPTY;

    buf_format(&b, "help: %.*s", STR_ARG(help));
    print_words(buf_str(&b), 6, columns, out);
    buf_free(&b);
}

// -------- the line in the file

enum { WIDEST = 160, GUTTER = 7, NARROWEST = 30 };

// What of the line is shown, in characters.
struct window {
    size_t from, room;
    bool cut;  // the line goes on behind it
};

static struct window window_of(size_t length, size_t caret, size_t wide, size_t columns)
{
    struct window w = { 0, length, false };

    if (columns < NARROWEST || length <= columns - GUTTER)
        return w;
    w.room = columns - GUTTER;
    if (caret + wide > w.room)
        w.from = caret > w.room / 3 ? caret - w.room / 3 : 0;
    if (w.from + w.room > length)
        w.from = length - w.room;
    w.cut = w.from + w.room < length;
    return w;
}

// A line as a terminal may safely show it: a tab is one space, so that the caret stands right,
// and control characters are dots. Where it is cut, three more.
static void print_line(struct str line, struct window w, FILE *out)
{
    size_t n = 0;

    for (size_t i = 0; i < line.n && n < w.from + w.room; n++) {
        size_t start = i;
        uint32_t code;
        if (!utf8_next(line, &i, &code))
            i++;
        unsigned char c = (unsigned char)line.s[start];
        bool dots = (w.from && n < w.from + 3) || (w.cut && n + 3 >= w.from + w.room);
        if (n < w.from)
            continue;
        if (dots || (c < 0x20 && c != '\t') || c == 0x7F)
            fputc('.', out);
        else if (c == '\t')
            fputc(' ', out);
        else
            fwrite(line.s + start, 1, i - start, out);
    }
}

static void print_excerpt(struct span span, size_t columns, FILE *out)
{
    struct place at = source_place(span.source, span.start);
    struct str line = source_line(span.source, at.line);
    size_t length = utf8_length(line), caret = at.column - 1;
    size_t wide = utf8_length(str_slice(span.source->text, span.start, span.end));

    if (line.n > WIDEST && columns < NARROWEST)
        return;
    if (wide > length + 1 - caret)
        wide = length + 1 - caret;
    struct window w = window_of(length, caret, wide, columns);
    size_t room = w.from + w.room + !w.cut - caret;
    if (wide > room)
        wide = room;
    fprintf(out, "%4u | ", at.line);
    print_line(line, w, out);
    fprintf(out, "\n     | %*s", (int)(caret - w.from), "");
    for (size_t i = 0; i < (wide ? wide : 1); i++)
        fputc('^', out);
    fputc('\n', out);
}

// -------- all of it

void diag_print_wide(const struct diag *d, size_t columns, FILE *out)
{
    static const char *const severities[] = { "info", "warning", "error" };

    size_t end = str_search(d->message,
                            STR("\n  "));  // a list below it, not a value with a newline
    struct str first = str_slice(d->message, 0, end == SIZE_MAX ? d->message.n : end);

    print_head(d->span, severities[d->severity], first, diag_slug(d->code), columns, out);
    if (end != SIZE_MAX)
        fprintf(out, "%.*s\n", STR_ARG(str_slice(d->message, end + 1, d->message.n)));
    if (d->span.source)
        print_excerpt(d->span, columns, out);
    if (d->note.n) {
        print_head(d->other, "note", d->note, NULL, columns, out);
        if (d->other.source)
            print_excerpt(d->other, columns, out);
    }
    if (d->help.n)
        print_help(d->help, columns, out);
}

void diag_print(const struct diag *d, FILE *out)
{
    diag_print_wide(d, 0, out);
}
