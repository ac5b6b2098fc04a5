#include "report/tail.h"

void tail_add(struct tail *t, struct str bytes, struct arena *a)
{
    if (!t->text)
        t->text = buf_in(a);
    if (bytes.n > TAIL_BYTES) {
        bytes = str_slice(bytes, bytes.n - TAIL_BYTES, bytes.n);
        t->cut = true;
    }
    buf_add(t->text, bytes);
    // Cut rarely, so that many small pieces are not moved again and again.
    if (t->text->n > 4 * TAIL_BYTES) {
        buf_drop(t->text, t->text->n - TAIL_BYTES);
        t->cut = true;
    }
}

void tail_drop(struct tail *t)
{
    if (t->text)
        buf_free(t->text);
}

size_t tail_lines(const struct tail *t, struct str lines[TAIL_LINES])
{
    struct str text = t->text ? buf_str(t->text) : STR("");
    size_t n = 0;

    if (text.n > TAIL_BYTES)
        text = str_slice(text, text.n - TAIL_BYTES, text.n);
    if (text.n && text.s[text.n - 1] == '\n')
        text.n--;
    size_t end = text.n;
    if (!text.n)
        return 0;
    // From the back; then the other way round.
    for (size_t i = text.n; n < TAIL_LINES; i--) {
        if (i && text.s[i - 1] != '\n')
            continue;
        lines[n++] = str_slice(text, i, end);
        if (!i)
            break;
        end = i - 1;
    }
    for (size_t i = 0; i < n / 2; i++) {
        struct str first = lines[i];
        lines[i] = lines[n - 1 - i];
        lines[n - 1 - i] = first;
    }
    return n;
}
