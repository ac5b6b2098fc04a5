#include "report/harmless.h"

#include <locale.h>
#include <wchar.h>

#include "base/arena.h"

// First and last code point of what is hidden, or hides, or turns text round. Sorted.
static const struct {
    uint32_t from, to;
} hidden[] = {
    { 0x0000, 0x001F },   { 0x007F, 0x009F },   { 0x00AD, 0x00AD },   { 0x034F, 0x034F },
    { 0x061C, 0x061C },   { 0x115F, 0x1160 },   { 0x17B4, 0x17B5 },   { 0x180B, 0x180F },
    { 0x200B, 0x200F },   { 0x2028, 0x202E },   { 0x2060, 0x206F },   { 0x3164, 0x3164 },
    { 0xFEFF, 0xFEFF },   { 0xFFA0, 0xFFA0 },   { 0xFFF0, 0xFFFB },   { 0xFFFE, 0xFFFF },
    { 0x1BCA0, 0x1BCA3 }, { 0x1D173, 0x1D17A }, { 0xE0000, 0xE0FFF },
};

bool harmless_hides(uint32_t code)
{
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (code <= hidden[i].to)
            return code >= hidden[i].from;
    return false;
}

static void add_escape(struct buf *out, uint32_t code)
{
    if (code < 0x80)
        buf_format(out, "\\x%02x", code);
    else
        buf_format(out, code > 0xFFFF ? "\\U%08x" : "\\u%04x", code);
}

static void add_tab(size_t column, struct buf *out)
{
    do
        buf_add_c(out, ' ');
    while (++column % 8);
}

void harmless(struct str in, size_t column, struct buf *out)
{
    size_t at = 0, begin = out->n;

    while (at < in.n) {
        size_t from = at;
        uint32_t code;
        if (!utf8_next(in, &at, &code))
            buf_format(out, "\\x%02x", (unsigned char)in.s[at++]);
        else if (code == '\t')
            add_tab(column + columns((struct str){ out->s + begin, out->n - begin }), out);
        else if (harmless_hides(code))
            add_escape(out, code);
        else
            buf_add(out, str_slice(in, from, at));
    }
}

struct str harmless_text(struct str in, struct arena *a)
{
    struct buf b = BUF_EMPTY;

    harmless(in, 0, &b);
    return buf_take(&b, a);
}

// The width that the terminal gives to a character, by the C library's tables; these hang
// on the locale, and ours is not the user's: what is not UTF-8 was written out before.
static int width(uint32_t code)
{
    static locale_t utf8;

    if (code < 0x7F)
        return 1;
    if (!utf8)
        utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!utf8)
        return 1;
    locale_t before = uselocale(utf8);
    int n = wcwidth((wchar_t)code);
    uselocale(before);
    return n < 0 ? 1 : n;
}

size_t columns(struct str s)
{
    size_t n = 0, at = 0;
    uint32_t code;

    while (at < s.n)
        if (utf8_next(s, &at, &code))
            n += (size_t)width(code);
        else
            at++, n++;
    return n;
}

size_t columns_fit(struct str s, size_t room)
{
    size_t n = 0, at = 0;

    while (at < s.n) {
        size_t next = at;
        uint32_t code = 0;
        if (!utf8_next(s, &next, &code))
            next++;
        n += code ? (size_t)width(code) : 1;
        if (n > room)
            break;
        at = next;
    }
    return at;
}

struct str columns_cut(struct str s, size_t room, bool utf8, struct arena *a)
{
    const char *dots = utf8 ? "\xe2\x80\xa6" : "...";
    size_t width_of_dots = utf8 ? 1 : 3;

    if (columns(s) <= room)
        return s;
    if (room <= width_of_dots)
        return str_slice(s, 0, columns_fit(s, room));
    size_t kept = columns_fit(s, room - width_of_dots);
    return str_format(a, "%.*s%s", (int)kept, s.s, dots);
}
