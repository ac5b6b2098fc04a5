#include "base/mask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/disguise.h"
#include "base/forms.h"
#include "base/skip.h"

enum { LONG = 64 * 1024 };

struct mask {
    struct arena *arena;
    struct str *secrets;
    size_t count, room;
    struct forms plain, wrapped;
    unsigned version;   // changes when forms are added
    size_t longest;     // of all forms, in bytes
    bool begins[256];   // bytes that may begin a form
    bool between[256];  // or what is skipped
};

static void free_forms(void *arg)
{
    struct mask *m = arg;

    forms_free(&m->plain);
    forms_free(&m->wrapped);
}

struct mask *mask_new(struct arena *a)
{
    struct mask *m = NEW(a, struct mask);

    m->arena = a;
    arena_defer(a, free_forms, m);
    return m;
}

static void add_form(void *arg, struct str form, bool wraps)
{
    struct mask *m = arg;
    size_t most = form.n + (wraps ? 2 * (form.n / 64 + 1) : 0);

    if (form.n < MASK_SHORTEST)
        return;
    if (most > m->longest)
        m->longest = most;
    if (wraps) {
        forms_add(&m->wrapped, form);
        return;
    }
    struct str letters = skip_colours(form, m->arena);
    if (letters.n >= MASK_SHORTEST)
        forms_add(&m->plain, letters);
    if (letters.n != form.n)
        forms_add(&m->plain, form);
}

static void add_lines(struct mask *m, struct str text)
{
    while (text.n) {
        size_t end = str_find(text, '\n');
        struct str line = str_slice(text, 0, end);
        if (line.n && line.s[line.n - 1] == '\r')
            line.n--;
        if (line.n >= MASK_SHORTEST && line.n <= LONG)
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
    keep(m, secret);
    disguise_each(secret, add_form, m);
    if (str_find(secret, '\n') != SIZE_MAX)
        add_lines(m, secret);
    m->version++;
}

void mask_made(struct mask *m, struct str text)
{
    if (text.n <= LONG) {
        mask_add(m, text);
        return;
    }
    for (size_t i = 0; i < m->count; i++)
        if (str_equal(m->secrets[i], text))
            return;
    keep(m, text);
    add_form(m, text, false);
    add_lines(m, text);
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

// A part of what is held that is secret. Positions count from the first byte held.
struct cover {
    size_t from, to;
};

struct masking {
    struct mask *mask;
    unsigned version;  // of the mask when the states were reached
    // States of its automata: of [plain] for the bytes as they are, and without what colours
    // them; of [wrapped] without line ends, too.
    uint32_t raw, plain, wrapped;
    struct skip skip;
    struct buf held;       // bytes not yet given out
    struct buf kinds;      // what each of them is: enum skip_kind
    size_t masked;         // how many of them are below a *** that was given out
    struct cover *covers;  // in [held], apart from each other, in order; malloc
    size_t cover_count, cover_room;
    bool found;
};

static void free_masking(void *arg)
{
    struct masking *s = arg;

    buf_free(&s->held);
    buf_free(&s->kinds);
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

// What an automaton does not read.
enum { IN_PLAIN = 1 << SKIP_COLOUR, IN_WRAPPED = 1 << SKIP_COLOUR | 1 << SKIP_GAP };

// Where the [count] bytes begin that end before [end], those that are skipped not counted.
static size_t back(const struct masking *s, size_t end, size_t count, unsigned skipped)
{
    while (end && count)
        count -= !(skipped >> s->kinds.s[--end] & 1);
    return end;
}

static void look(struct masking *s, const struct forms *forms, uint32_t *state, size_t i,
                 unsigned skipped)
{
    *state = forms_next(forms, *state, (unsigned char)s->held.s[i]);
    size_t match = *state ? forms->states[*state].match : 0;
    if (match)
        add_cover(s, back(s, i + 1, match, skipped), i + 1);
}

static void read_letter(struct masking *s, size_t i)
{
    look(s, &s->mask->plain, &s->plain, i, IN_PLAIN);
    if (s->kinds.s[i] != SKIP_GAP)
        look(s, &s->mask->wrapped, &s->wrapped, i, IN_WRAPPED);
}

static void read_byte(struct masking *s, size_t i)
{
    enum skip_kind before, kind = skip_next(&s->skip, (unsigned char)s->held.s[i], &before);

    if (before != SKIP_UNCLEAR)  // what the byte before was is known now
        s->kinds.s[i - 1] = (char)before;
    if (before == SKIP_NONE)
        read_letter(s, i - 1);
    s->kinds.s[i] = (char)(kind == SKIP_UNCLEAR ? SKIP_NONE : kind);
    look(s, &s->mask->plain, &s->raw, i, 0);
    if (s->skip.too_many)
        s->wrapped = 0;
    if (s->skip.too_many && kind == SKIP_COLOUR)
        s->plain = 0;
    if (kind == SKIP_NONE || kind == SKIP_GAP)
        read_letter(s, i);
}

// The same for what can only be a letter.
static void read_plain(struct masking *s, size_t i)
{
    bool same = s->raw == s->plain;

    look(s, &s->mask->plain, &s->plain, i, IN_PLAIN);
    if (same)
        s->raw = s->plain;
    else
        look(s, &s->mask->plain, &s->raw, i, 0);
    look(s, &s->mask->wrapped, &s->wrapped, i, IN_WRAPPED);
}

static void read_on(struct masking *s, size_t from)
{
    const struct mask *m = s->mask;
    size_t n = s->held.n - from;

    memset(buf_reserve(&s->kinds, n), SKIP_NONE, n);
    s->kinds.n += n;
    for (size_t i = from; i < s->held.n; i++) {
        unsigned char c = (unsigned char)s->held.s[i];

        if (s->skip.state || s->skip.run || m->between[c])
            read_byte(s, i);
        else if (m->begins[c] || s->raw || s->plain || s->wrapped)
            read_plain(s, i);
    }
}

// How much of the end may begin a secret.
static size_t to_hold(const struct masking *s)
{
    const struct mask *m = s->mask;
    size_t n = s->held.n, read = n - skip_is_unclear(&s->skip), from = read;
    const size_t begins[] = {
        s->raw ? n - m->plain.states[s->raw].depth : n,
        s->plain ? back(s, read, m->plain.states[s->plain].depth, IN_PLAIN) : n,
        s->wrapped ? back(s, read, m->wrapped.states[s->wrapped].depth, IN_WRAPPED) : n,
    };

    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        from = begins[i] < from ? begins[i] : from;
    return n - from;
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
    buf_drop(&s->kinds, n);
}

static void link_all(struct mask *m)
{
    m->between['\n'] = m->between['\r'] = m->between['\x1b'] = true;
    forms_link(&m->plain);
    forms_link(&m->wrapped);
    for (int c = 0; c < 256; c++)
        m->begins[c] = m->plain.first[c] || m->wrapped.first[c];
}

void masking_feed(struct masking *s, struct str in, struct buf *out)
{
    struct mask *m = s->mask;

    if (mask_is_empty(m)) {
        buf_add(out, in);
        return;
    }
    link_all(m);
    size_t from = s->held.n;
    if (s->version != m->version) {
        s->version = m->version;
        s->raw = s->plain = s->wrapped = 0;
        s->skip = (struct skip){ 0 };
        s->cover_count = 0;
        buf_clear(&s->kinds);
        from = 0;
    }
    buf_add(&s->held, in);
    read_on(s, from);
    give_out(s, s->held.n - to_hold(s), out);
}

void masking_end(struct masking *s, struct buf *out)
{
    give_out(s, s->held.n, out);
    s->raw = s->plain = s->wrapped = 0;
    s->skip = (struct skip){ 0 };
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
