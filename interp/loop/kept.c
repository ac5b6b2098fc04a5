#include "loop/kept.h"

#include <string.h>

#include "base/arena.h"

static void add_to_tail(struct kept *k, struct str bytes)
{
    if (bytes.n > KEPT_TAIL)
        bytes = str_slice(bytes, bytes.n - KEPT_TAIL, bytes.n);
    size_t straight = KEPT_TAIL - k->tail.n;
    if (straight > bytes.n)
        straight = bytes.n;
    buf_add(&k->tail, str_slice(bytes, 0, straight));
    for (size_t at = straight, n; at < bytes.n; at += n) {
        n = KEPT_TAIL - k->oldest;
        if (n > bytes.n - at)
            n = bytes.n - at;
        memcpy(k->tail.s + k->oldest, bytes.s + at, n);
        k->oldest = (k->oldest + n) % KEPT_TAIL;
    }
}

void kept_add(struct kept *k, struct str bytes)
{
    size_t to_head = KEPT_HEAD - k->head.n;

    if (to_head > bytes.n)
        to_head = bytes.n;
    k->total += (int64_t)bytes.n;
    buf_add(&k->head, str_slice(bytes, 0, to_head));
    if (bytes.n > to_head)
        add_to_tail(k, str_slice(bytes, to_head, bytes.n));
}

void kept_free(struct kept *k)
{
    buf_free(&k->head);
    buf_free(&k->tail);
}

size_t kept_size(const struct kept *k)
{
    return k->head.n + k->tail.n;
}

static void feed_tail(const struct kept *k, struct masking *s, struct buf *out)
{
    masking_feed(s, str_slice(buf_str(&k->tail), k->oldest, k->tail.n), out);
    masking_feed(s, str_slice(buf_str(&k->tail), 0, k->oldest), out);
}

// The head ends and the tail begins at any byte, perhaps within a secret: what the mask
// still holds back at the end of the head, and as much at the beginning of the tail as the
// rest of a secret may take, is left out too.
static void write_parts(const struct kept *k, struct mask *mask, struct arena *a, struct buf *out,
                        size_t *cut, int64_t *left_out)
{
    struct masking *head = masking_new(mask, a), *tail = masking_new(mask, a);
    size_t hidden = mask_longest(mask) ? mask_longest(mask) - 1 : 0;

    masking_feed(head, buf_str(&k->head), out);
    *cut = out->n;
    *left_out = k->total - KEPT_HEAD - KEPT_TAIL + (int64_t)(masking_held(head) + hidden);
    masking_hide(tail, hidden);
    feed_tail(k, tail, out);
    masking_end(tail, out);
}

void kept_write(const struct kept *k, struct mask *mask, struct buf *out, size_t *cut,
                int64_t *left_out)
{
    struct arena *a = arena_new(NULL);

    *cut = 0;
    *left_out = 0;
    if (k->total > KEPT_HEAD + KEPT_TAIL) {
        write_parts(k, mask, a, out, cut, left_out);
    } else {
        struct masking *s = masking_new(mask, a);
        masking_feed(s, buf_str(&k->head), out);
        feed_tail(k, s, out);
        masking_end(s, out);
    }
    arena_free(a);
}
