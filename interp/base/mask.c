#include "base/mask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/disguise.h"

enum { ROOT = 0 };

// A state of the automaton: the longest end of what was read that begins a form of a
// secret. Forms are long and share little, so most states have one child: lists of
// children take a fortieth of the memory of tables and are hardly slower.
struct state {
    uint32_t child, sibling;  // 0: none; the root is nobody's child
    uint32_t fail;            // the state of the next shorter end
    uint32_t depth;           // bytes that led here
    uint32_t match;           // length of the longest form that ends here; 0: none
    unsigned char byte;       // that led here
};

struct mask {
    struct arena *arena;
    struct str *secrets;
    size_t count, room;
    struct state *states;  // malloc; the root first
    uint32_t state_count, state_room;
    uint32_t first[256];  // the root's children
    bool linked;          // [fail] and inherited [match] are as they should be
    unsigned version;     // changes when states are added
    size_t longest;       // of all forms, in bytes
};

static void free_states(void *arg)
{
    struct mask *m = arg;

    free(m->states);
}

static uint32_t add_state(struct mask *m, uint32_t depth, unsigned char byte)
{
    if (m->state_count == m->state_room) {
        m->state_room = m->state_room ? m->state_room * 2 : 256;
        m->states = realloc(m->states, m->state_room * sizeof *m->states);
        if (!m->states) {
            fputs("runbook: out of memory\n", stderr);
            abort();
        }
    }
    m->states[m->state_count] = (struct state){ .depth = depth, .byte = byte };
    return m->state_count++;
}

struct mask *mask_new(struct arena *a)
{
    struct mask *m = NEW(a, struct mask);

    m->arena = a;
    arena_defer(a, free_states, m);
    return m;
}

static uint32_t child_of(const struct mask *m, uint32_t state, unsigned char c)
{
    if (state == ROOT)
        return m->first[c];
    uint32_t child = m->states[state].child;
    while (child && m->states[child].byte != c)
        child = m->states[child].sibling;
    return child;
}

static uint32_t need_child(struct mask *m, uint32_t state, unsigned char c)
{
    uint32_t child = child_of(m, state, c);

    if (child)
        return child;
    child = add_state(m, m->states[state].depth + 1, c);
    if (state == ROOT) {
        m->first[c] = child;
    } else {
        m->states[child].sibling = m->states[state].child;
        m->states[state].child = child;
    }
    return child;
}

static void add_form(void *arg, struct str form)
{
    struct mask *m = arg;
    uint32_t state = ROOT;

    if (form.n < MASK_SHORTEST)
        return;
    if (form.n > m->longest)
        m->longest = form.n;
    for (size_t i = 0; i < form.n; i++)
        state = need_child(m, state, (unsigned char)form.s[i]);
    m->states[state].match = (uint32_t)form.n;
}

static void add_lines(struct mask *m, struct str text)
{
    while (text.n) {
        size_t end = str_find(text, '\n');
        struct str line = str_slice(text, 0, end);
        if (line.n && line.s[line.n - 1] == '\r')
            line.n--;
        if (line.n >= MASK_SHORTEST)
            disguise_each(line, add_form, m);
        text = end == SIZE_MAX ? STR("") : str_slice(text, end + 1, text.n);
    }
}

static void keep(struct mask *m, struct str secret)
{
    if (m->count == m->room) {
        size_t room = m->room ? m->room * 2 : 8;
        struct str *secrets = NEW_ARRAY(m->arena, struct str, room);
        if (m->count)
            memcpy(secrets, m->secrets, m->count * sizeof *secrets);
        m->secrets = secrets;
        m->room = room;
    }
    m->secrets[m->count++] = str_copy(m->arena, secret);
}

void mask_add(struct mask *m, struct str secret)
{
    if (secret.n < MASK_SHORTEST)
        return;
    for (size_t i = 0; i < m->count; i++)
        if (str_equal(m->secrets[i], secret))
            return;
    if (m->state_count == 0)
        add_state(m, 0, 0);
    keep(m, secret);
    disguise_each(secret, add_form, m);
    if (str_find(secret, '\n') != SIZE_MAX)
        add_lines(m, secret);
    m->linked = false;
    m->version++;
}

bool mask_is_empty(const struct mask *m)
{
    return m->count == 0;
}

size_t mask_longest(const struct mask *m)
{
    return m->longest;
}

size_t mask_count(const struct mask *m)
{
    return m->count;
}

struct str mask_secret(const struct mask *m, size_t i)
{
    return m->secrets[i];
}

static uint32_t next_state(const struct mask *m, uint32_t state, unsigned char c)
{
    for (;; state = m->states[state].fail) {
        uint32_t child = child_of(m, state, c);
        if (child || state == ROOT)
            return child;
    }
}

static void link_state(struct mask *m, uint32_t parent, uint32_t state)
{
    struct state *s = &m->states[state];

    s->fail = parent == ROOT ? ROOT : next_state(m, m->states[parent].fail, s->byte);
    // A form of its own is longer than any that is inherited.
    if (s->match < s->depth)
        s->match = m->states[s->fail].match;
}

// Breadth first: what a state fails to is always shallower.
static void link_all(struct mask *m)
{
    uint32_t *queue = malloc(m->state_count * sizeof *queue);
    uint32_t head = 0, tail = 0;

    if (!queue) {
        fputs("runbook: out of memory\n", stderr);
        abort();
    }
    for (int c = 0; c < 256; c++)
        if (m->first[c]) {
            link_state(m, ROOT, m->first[c]);
            queue[tail++] = m->first[c];
        }
    while (head < tail) {
        uint32_t parent = queue[head++];
        for (uint32_t s = m->states[parent].child; s; s = m->states[s].sibling) {
            link_state(m, parent, s);
            queue[tail++] = s;
        }
    }
    free(queue);
    m->linked = true;
}

// A part of what is held that is secret. Positions count from the first byte held.
struct cover {
    size_t from, to;
};

struct masking {
    struct mask *mask;
    unsigned version;  // of the mask when [state] was reached
    uint32_t state;
    struct buf held;       // bytes not yet given out
    size_t masked;         // how many of them are below a *** that was given out
    struct cover *covers;  // in [held], apart from each other, in order; malloc
    size_t cover_count, cover_room;
    bool found;
};

static void free_masking(void *arg)
{
    struct masking *s = arg;

    buf_free(&s->held);
    free(s->covers);
}

struct masking *masking_new(struct mask *m, struct arena *a)
{
    struct masking *s = NEW(a, struct masking);

    s->mask = m;
    arena_defer(a, free_masking, s);
    return s;
}

static void add_cover(struct masking *s, size_t from, size_t to)
{
    s->found = true;
    while (s->cover_count && from < s->covers[s->cover_count - 1].to) {
        struct cover *last = &s->covers[--s->cover_count];
        if (last->from < from)
            from = last->from;
    }
    if (s->cover_count == s->cover_room) {
        s->cover_room = s->cover_room ? s->cover_room * 2 : 4;
        s->covers = realloc(s->covers, s->cover_room * sizeof *s->covers);
        if (!s->covers) {
            fputs("runbook: out of memory\n", stderr);
            abort();
        }
    }
    s->covers[s->cover_count++] = (struct cover){ from, to };
}

static void read_on(struct masking *s, size_t from)
{
    const struct mask *m = s->mask;
    const unsigned char *bytes = (const unsigned char *)s->held.s;
    uint32_t state = s->state;

    for (size_t i = from; i < s->held.n; i++) {
        state = state == ROOT ? m->first[bytes[i]] : next_state(m, state, bytes[i]);
        size_t match = m->states[state].match;
        if (match)
            add_cover(s, i + 1 - match, i + 1);
    }
    s->state = state;
}

// Gives out the first [n] bytes that are held. A cover that reaches beyond them has its
// *** given out now; the rest of it, and what comes to overlap it, is dropped.
static void give_out(struct masking *s, size_t n, struct buf *out)
{
    size_t at = s->masked < n ? s->masked : n, used = 0;

    for (; used < s->cover_count && s->covers[used].from < n; used++) {
        struct cover c = s->covers[used];
        if (c.from >= s->masked) {
            buf_add(out, str_slice(buf_str(&s->held), at, c.from));
            buf_add_s(out, "***");
        }
        if (c.to > s->masked)
            s->masked = c.to;
        at = s->masked < n ? s->masked : n;
    }
    buf_add(out, str_slice(buf_str(&s->held), at, n));
    s->masked = s->masked > n ? s->masked - n : 0;
    s->cover_count -= used;
    for (size_t i = 0; i < s->cover_count; i++) {
        s->covers[i].from = s->covers[i + used].from - n;
        s->covers[i].to = s->covers[i + used].to - n;
    }
    buf_drop(&s->held, n);
}

void masking_feed(struct masking *s, struct str in, struct buf *out)
{
    struct mask *m = s->mask;

    if (mask_is_empty(m)) {
        buf_add(out, in);
        return;
    }
    if (!m->linked)
        link_all(m);
    size_t from = s->held.n;
    if (s->version != m->version) {
        s->version = m->version;
        s->state = ROOT;
        s->cover_count = 0;
        from = 0;
    }
    buf_add(&s->held, in);
    read_on(s, from);
    give_out(s, s->held.n - m->states[s->state].depth, out);
}

void masking_end(struct masking *s, struct buf *out)
{
    give_out(s, s->held.n, out);
    s->state = ROOT;
    s->masked = 0;
}

void masking_hide(struct masking *s, size_t n)
{
    s->masked = s->held.n + n;
}

size_t masking_held(const struct masking *s)
{
    return s->held.n;
}

bool masking_found(const struct masking *s)
{
    return s->found;
}

struct str mask_text(const struct mask *m, struct str in, struct arena *a, bool *found)
{
    struct masking s = { .mask = (struct mask *)m };  // only links it, if need be
    struct buf out = BUF_EMPTY;

    if (found)
        *found = false;
    if (mask_is_empty(m) || in.n < MASK_SHORTEST)
        return in;
    masking_feed(&s, in, &out);
    masking_end(&s, &out);
    free_masking(&s);
    if (found)
        *found = s.found;
    if (s.found)
        return buf_take(&out, a);
    buf_free(&out);
    return in;
}
