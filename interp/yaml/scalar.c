// What a scalar says, and where each byte of it was written.
//
// libyaml decodes; this walks over the source beside the decoded text and notes a mark
// wherever the two stop going hand in hand: at a folded line, an escape, the
// indentation of a block. The rules are those of YAML 1.1 as libyaml reads them; the
// walk never leaves the decoded text, whatever the source holds.

#include <string.h>

#include "base/arena.h"
#include "yaml/reading.h"

struct walk {
    const char *s;     // the source
    uint32_t at, end;  // what is left of the scalar
    size_t n, total;   // decoded so far, and in all
    bool apart;        // the next byte needs a mark of its own
    uint32_t next;     // where the next decoded byte stands if it needs none
    struct buf *marks;
};

// [count] decoded bytes stand at source byte [from], one to one.
static void run(struct walk *w, uint32_t from, size_t count)
{
    if (w->n + count > w->total)
        count = w->total - w->n;
    if (count == 0)
        return;
    if (w->apart || from != w->next) {
        struct mark m = { (uint32_t)w->n, from };
        buf_add(w->marks, (struct str){ (const char *)&m, sizeof m });
    }
    w->apart = false;
    w->n += count;
    w->next = from + (uint32_t)count;
}

uint32_t break_at(const char *s, uint32_t at, uint32_t end)
{
    uint32_t left = end - at;
    const char *p = s + at;

    if (left == 0)
        return 0;
    if (*p == '\r')
        return left > 1 && p[1] == '\n' ? 2 : 1;
    if (*p == '\n')
        return 1;
    if (left > 1 && memcmp(p, "\xC2\x85", 2) == 0)
        return 2;
    if (left > 2 && (memcmp(p, "\xE2\x80\xA8", 3) == 0 || memcmp(p, "\xE2\x80\xA9", 3) == 0))
        return 3;
    return 0;
}

static uint32_t break_length(const struct walk *w, uint32_t at)
{
    return break_at(w->s, at, w->end);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void skip_blanks(struct walk *w)
{
    while (w->at < w->end && is_blank(w->s[w->at]))
        w->at++;
}

// A break becomes one \n, but LS and PS stay as they are.
static void emit_break(struct walk *w, uint32_t at)
{
    run(w, at, break_length(w, at) == 3 ? 3 : 1);
    w->apart = true;
}

// A line of a plain or quoted scalar ends at [from] (blanks at its end do not count):
// one break is a space, more are one \n less. After `\` at the end of a line the first
// break counts for nothing.
static void fold(struct walk *w, uint32_t from, bool escaped)
{
    uint32_t first = w->at, breaks = 0;

    w->apart = true;
    for (uint32_t n; (n = break_length(w, w->at)); skip_blanks(w)) {
        if (breaks++ > 0 || (n == 3 && !escaped))
            emit_break(w, w->at);
        w->at += n;
    }
    if (breaks == 1 && !escaped && break_length(w, first) != 3)
        run(w, from, 1);
    w->apart = true;
}

static int hex_digits(char letter)
{
    return letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
}

static uint32_t hex_value(const char *digits, int count)
{
    uint32_t code = 0;

    for (int i = 0; i < count; i++) {
        char c = digits[i];
        code = code << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return code;
}

// A backslash and what follows it, in double quotes.
static void escape(struct walk *w)
{
    uint32_t start = w->at++;

    if (w->at >= w->end)
        return;
    if (break_length(w, w->at)) {
        fold(w, start, true);
        return;
    }
    char letter = w->s[w->at++];
    int digits = hex_digits(letter);
    size_t length = letter == 'N' || letter == '_' ? 2 : letter == 'L' || letter == 'P' ? 3 : 1;
    if (digits && w->end - w->at >= (uint32_t)digits) {
        char utf8[4];
        length = utf8_put(hex_value(w->s + w->at, digits), utf8);
        w->at += (uint32_t)digits;
    }
    w->apart = true;
    run(w, start, length);
    w->apart = true;
}

// Blanks inside a line stand for themselves; at its end they are dropped.
static void blanks(struct walk *w)
{
    uint32_t start = w->at;

    skip_blanks(w);
    if (break_length(w, w->at))
        fold(w, start, false);
    else
        run(w, start, w->at - start);
}

static void walk_flow(struct walk *w, char quote)
{
    while (w->at < w->end && w->n < w->total) {
        char c = w->s[w->at];
        if (break_length(w, w->at)) {
            fold(w, w->at, false);
        } else if (is_blank(c)) {
            blanks(w);
        } else if (c == '\\' && quote == '"') {
            escape(w);
        } else {
            run(w, w->at++, 1);
            if (c == '\'' && quote == '\'') {  // written twice
                w->at++;
                w->apart = true;
            }
        }
    }
}

// The spaces in front of the first word; false: there is no word. [most] is the longest
// run of spaces on a line up to there.
static bool spaces_before_word(struct walk w, uint32_t *spaces, uint32_t *most)
{
    *spaces = *most = 0;
    while (w.at < w.end) {
        uint32_t n = break_length(&w, w.at);
        if (n == 0 && w.s[w.at] != ' ')
            return true;
        *spaces = n ? 0 : *spaces + 1;
        *most = *spaces > *most ? *spaces : *most;
        w.at += n ? n : 1;
    }
    return false;
}

// How far the lines of a block are indented: the first line with a word in it has so
// many spaces more in the source than in the text, or the longest without a word.
static uint32_t block_indent(const struct walk *w, struct str text)
{
    struct walk decoded = { .s = text.s, .end = (uint32_t)text.n };
    uint32_t kept, most_kept, spaces, most;

    spaces_before_word(*w, &spaces, &most);
    if (spaces_before_word(decoded, &kept, &most_kept))
        return spaces - kept;
    return most_kept ? most - most_kept : most;
}

// False where the line is indented less: then it is not of the block.
static bool skip_indent(struct walk *w, uint32_t indent)
{
    for (; indent > 0 && w->at < w->end && w->s[w->at] == ' '; indent--)
        w->at++;
    return indent == 0;
}

// The breaks between two lines of a block. Where a folded text goes on, one break is a
// space, and of several the first is dropped.
static void block_breaks(struct walk *w, uint32_t indent, bool fold_after)
{
    uint32_t first = w->at, count = 0;
    bool goes_on = false;

    for (uint32_t n; (n = break_length(w, w->at)); count++) {
        w->at += n;
        goes_on = skip_indent(w, indent);
    }
    bool folds = goes_on && fold_after && break_length(w, first) != 3 && w->at < w->end &&
                 !is_blank(w->s[w->at]);
    uint32_t after = w->at;
    w->at = first;
    w->apart = true;
    if (folds && count == 1)
        run(w, first, 1);
    for (uint32_t i = 0; i < count; i++) {
        if (!folds || i > 0)
            emit_break(w, w->at);
        w->at += break_length(w, w->at);
        skip_indent(w, indent);
    }
    w->at = after;
    w->apart = true;
}

// [w] stands on the | or >.
static void walk_block(struct walk *w, struct str text, bool folded)
{
    while (w->at < w->end && !break_length(w, w->at))
        w->at++;
    w->at += break_length(w, w->at);
    uint32_t indent = block_indent(w, text);
    bool foldable = false;

    skip_indent(w, indent);
    while (w->at < w->end && w->n < w->total) {
        if (break_length(w, w->at)) {
            block_breaks(w, indent, foldable);
            continue;
        }
        uint32_t line = w->at;
        while (w->at < w->end && !break_length(w, w->at))
            w->at++;
        foldable = folded && !is_blank(w->s[line]);
        run(w, line, w->at - line);
    }
}

// libyaml ends a block where the next thing begins; for people it ends with its text.
static uint32_t block_end(const struct reading *r, uint32_t start, uint32_t end)
{
    while (end > start + 1 && strchr(" \t\r\n", r->source->text.s[end - 1]))
        end--;
    return end;
}

static void keep_marks(struct reading *r, struct text *t, struct walk *w)
{
    t->mark_count = (uint32_t)(r->marks->n / sizeof(struct mark));
    if (t->mark_count == 0) {
        w->apart = true;
        w->total = w->n + 1;
        run(w, w->at, 1);
        t->mark_count = 1;
    }
    struct mark *marks = NEW_ARRAY(r->arena, struct mark, t->mark_count);
    memcpy(marks, r->marks->s, t->mark_count * sizeof *marks);
    t->marks = marks;
}

static void align(struct reading *r, struct text *t, yaml_scalar_style_t style)
{
    uint32_t quotes = t->quoted && !t->block;
    struct walk w = { .s = r->source->text.s,
                      .at = t->span.start + quotes,
                      .end = t->span.end - quotes,
                      .total = t->str.n,
                      .apart = true,
                      .marks = r->marks };

    buf_clear(r->marks);
    if (t->block) {
        w.end = (uint32_t)r->source->text.n;
        walk_block(&w, t->str, style == YAML_FOLDED_SCALAR_STYLE);
    } else {
        char quote = style == YAML_DOUBLE_QUOTED_SCALAR_STYLE ? '"' : '\'';
        walk_flow(&w, t->quoted ? quote : 0);
        if (t->quoted) {  // the end, so that an escape before it ends there
            w.total = w.n + 1;
            w.apart = true;
            run(&w, w.end, 1);
        }
    }
    keep_marks(r, t, &w);
}

// Most scalars stand in the source as they are, and need no copy and no walk.
static bool written_as_is(struct reading *r, struct text *t, struct str decoded)
{
    uint32_t quotes = t->quoted;
    struct str raw = str_slice(r->source->text, t->span.start + quotes, t->span.end - quotes);

    if (t->block || !str_equal(raw, decoded))
        return false;
    t->str = raw;
    if (t->quoted) {
        struct mark *m = NEW(r->arena, struct mark);
        *m = (struct mark){ 0, t->span.start + 1 };
        t->marks = m;
        t->mark_count = 1;
    }
    return true;
}

struct text scalar_text(struct reading *r, const yaml_event_t *event, uint32_t start)
{
    yaml_scalar_style_t style = event->data.scalar.style;
    struct str decoded = { (const char *)event->data.scalar.value, event->data.scalar.length };
    struct text t = {
        .span = span_at(r, start, byte_offset(r, event->end_mark)),
        .quoted = style != YAML_PLAIN_SCALAR_STYLE,
        .block = style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE,
    };

    if (t.block)
        t.span.end = block_end(r, t.span.start, t.span.end);
    if (!written_as_is(r, &t, decoded)) {
        t.str = str_copy(r->arena, decoded);
        align(r, &t, style);
    }
    return t;
}
