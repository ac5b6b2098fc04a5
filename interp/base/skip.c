#include "base/skip.h"

#include "base/buf.h"

enum { ESCAPE = 27, MOST = 256 };

static enum skip_kind count(struct skip *s, enum skip_kind kind)
{
    s->run = kind == SKIP_NONE ? 0 : s->run + 1;
    s->too_many = s->run > MOST;
    return kind;
}

static enum skip_kind outside(struct skip *s, unsigned char c)
{
    bool in_gap = s->run > 0;

    if (c == ESCAPE) {
        s->state = SKIP_ESCAPE;
        return SKIP_UNCLEAR;
    }
    s->state = SKIP_OUTSIDE;
    bool is_gap = c == '\n' || c == '\r' || (in_gap && (c == ' ' || c == '\t'));
    return count(s, is_gap ? SKIP_GAP : SKIP_NONE);
}

enum skip_kind skip_next(struct skip *s, unsigned char c, enum skip_kind *before)
{
    *before = SKIP_UNCLEAR;
    if (s->state == SKIP_ESCAPE) {
        *before = c == '[' ? SKIP_COLOUR : SKIP_NONE;
        count(s, *before);
        s->state = SKIP_SEQUENCE;
        return c == '[' ? count(s, SKIP_COLOUR) : outside(s, c);
    }
    if (s->state == SKIP_SEQUENCE && c >= 0x20 && c <= 0x7e && s->run < MOST) {
        if (c >= 0x40)
            s->state = SKIP_OUTSIDE;
        return count(s, SKIP_COLOUR);
    }
    return outside(s, c);
}

struct str skip_colours(struct str text, struct arena *a)
{
    struct skip s = { 0 };
    struct buf out = BUF_EMPTY;

    if (str_find(text, ESCAPE) == SIZE_MAX)
        return text;
    for (size_t i = 0; i < text.n; i++) {
        enum skip_kind before, kind = skip_next(&s, (unsigned char)text.s[i], &before);
        if (before == SKIP_NONE)
            buf_add_c(&out, ESCAPE);
        if (kind == SKIP_NONE || kind == SKIP_GAP)
            buf_add_c(&out, text.s[i]);
    }
    if (skip_is_unclear(&s))
        buf_add_c(&out, ESCAPE);
    return buf_take(&out, a);
}
