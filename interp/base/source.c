#include "base/source.h"

#include <string.h>

#include "base/arena.h"

struct source *source_new(struct arena *a, struct str name, struct str text)
{
    struct source *src = NEW(a, struct source);
    uint32_t lines = 1;

    for (size_t i = 0; i < text.n; i++)
        lines += text.s[i] == '\n';

    src->name = str_copy(a, name);
    src->text = str_copy(a, text);
    src->line_start = NEW_ARRAY(a, uint32_t, lines);
    for (size_t i = 0; i < text.n; i++)
        if (text.s[i] == '\n')
            src->line_start[++src->line_count] = (uint32_t)i + 1;
    src->line_count = lines;
    return src;
}

struct place source_place(const struct source *src, uint32_t offset)
{
    uint32_t low = 0, high = src->line_count;

    if (offset > src->text.n)
        offset = (uint32_t)src->text.n;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (src->line_start[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    struct str before = str_slice(src->text, src->line_start[low], offset);
    if (low == 0 && str_starts(before, "\xEF\xBB\xBF"))
        before = str_slice(before, 3, before.n);
    return (struct place){ low + 1, (uint32_t)utf8_length(before) + 1 };
}

struct str source_line(const struct source *src, uint32_t line)
{
    const char *start = src->text.s + src->line_start[line - 1];
    const char *stop = src->text.s + src->text.n;
    const char *end = stop > start ? memchr(start, '\n', (size_t)(stop - start)) : NULL;

    if (!end)
        end = stop;
    if (end > start && end[-1] == '\r')
        end--;
    return (struct str){ start, (size_t)(end - start) };
}

// The last mark at or before [decoded].
static const struct mark *mark_before(const struct text *t, size_t decoded)
{
    uint32_t low = 0, high = t->mark_count;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (t->marks[middle].decoded <= decoded)
            low = middle;
        else
            high = middle;
    }
    return &t->marks[low];
}

static uint32_t source_offset(const struct text *t, size_t decoded)
{
    if (!t->marks)
        return t->span.start + (uint32_t)decoded;
    const struct mark *m = mark_before(t, decoded);
    return m->source + (uint32_t)decoded - m->decoded;
}

// The end is the place behind the last byte, not the place of the next one: the
// next may stand on another line, behind its indentation. But an escape, which is
// longer than what it says, ends where the next byte on its line begins.
static uint32_t source_end(const struct text *t, size_t to)
{
    uint32_t end = source_offset(t, to - 1) + 1;

    if (!t->marks)
        return end;
    const struct mark *m = mark_before(t, to);
    if (m->decoded != to || m->source <= end)
        return end;
    const char *between = t->span.source->text.s + end;
    return memchr(between, '\n', m->source - end) ? end : m->source;
}

struct span text_span(const struct text *t, size_t from, size_t to)
{
    struct span s = t->span;

    if (!s.source)
        return s;
    s.start = source_offset(t, from);
    s.end = to > from ? source_end(t, to) : s.start;
    if (s.end < s.start)
        s.end = s.start;
    return s;
}

struct text text_bare(struct str s)
{
    return (struct text){ .str = s };
}

struct text text_cut(struct arena *a, const struct text *t, size_t from, size_t to)
{
    struct text cut = *t;

    cut.str = str_slice(t->str, from, to);
    cut.span = text_span(t, from, to);
    if (!t->marks || !t->span.source) {
        cut.marks = NULL;
        return cut;
    }
    struct mark *marks = NEW_ARRAY(a, struct mark, t->mark_count + 1);
    uint32_t n = 0;
    marks[n++] = (struct mark){ 0, source_offset(t, from) };
    for (uint32_t i = 0; i < t->mark_count; i++)
        if (t->marks[i].decoded > from && t->marks[i].decoded < to)
            marks[n++] = (struct mark){ t->marks[i].decoded - (uint32_t)from, t->marks[i].source };
    cut.marks = marks;
    cut.mark_count = n;
    return cut;
}
