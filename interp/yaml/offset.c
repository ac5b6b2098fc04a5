// From the characters that libyaml counts to the bytes that spans count.

#include "base/arena.h"
#include "yaml/reading.h"

struct span span_at(const struct reading *r, uint32_t start, uint32_t end)
{
    return (struct span){ r->source, start, end > start ? end : start };
}

enum { STRIDE = 64 };

// libyaml counts characters. Every 64th is remembered, unless bytes are characters.
void find_characters(struct reading *r, uint32_t skipped)
{
    const char *s = r->bytes;
    uint32_t n = (uint32_t)r->source->text.n, count = 0;
    bool ascii = true;

    for (uint32_t i = skipped; i < n && ascii; i++)
        ascii = (unsigned char)s[i] < 0x80;
    if (ascii && !skipped)
        return;
    r->char_starts = NEW_ARRAY(r->scratch, uint32_t, n / STRIDE + 2);
    for (uint32_t i = skipped; i < n; i++)
        if ((s[i] & 0xC0) != 0x80 && count++ % STRIDE == 0)
            r->char_starts[(count - 1) / STRIDE] = i;
    for (uint32_t i = (count + STRIDE - 1) / STRIDE; i < n / STRIDE + 2; i++)
        r->char_starts[i] = n;
}

uint32_t byte_offset(const struct reading *r, yaml_mark_t mark)
{
    uint32_t n = (uint32_t)r->source->text.n;

    if (!r->char_starts)
        return mark.index < n ? (uint32_t)mark.index : n;
    if (mark.index / STRIDE >= n / STRIDE + 2)
        return n;
    uint32_t at = r->char_starts[mark.index / STRIDE];
    for (size_t left = mark.index % STRIDE; left > 0 && at < n; left--)
        do
            at++;
        while (at < n && (r->bytes[at] & 0xC0) == 0x80);
    return at;
}
