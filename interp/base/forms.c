#include "base/forms.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROOT = 0 };

static void *grown(void *old, size_t size)
{
    void *new = realloc(old, size);

    if (!new) {
        fputs("runbook: out of memory\n", stderr);
        abort();
    }
    return new;
}

static uint32_t add_state(struct forms *f, uint32_t depth, unsigned char byte)
{
    if (f->count == f->room) {
        f->room = f->room ? f->room * 2 : 256;
        f->states = grown(f->states, f->room * sizeof *f->states);
    }
    f->states[f->count] = (struct form_state){ .depth = depth, .byte = byte };
    return f->count++;
}

static uint32_t child_of(const struct forms *f, uint32_t state, unsigned char c)
{
    if (state == ROOT)
        return f->first[c];
    uint32_t child = f->states[state].child;
    while (child && f->states[child].byte != c)
        child = f->states[child].sibling;
    return child;
}

static uint32_t need_child(struct forms *f, uint32_t state, unsigned char c)
{
    uint32_t child = child_of(f, state, c);

    if (child)
        return child;
    child = add_state(f, f->states[state].depth + 1, c);
    if (state == ROOT) {
        f->first[c] = child;
    } else {
        f->states[child].sibling = f->states[state].child;
        f->states[state].child = child;
    }
    return child;
}

void forms_add(struct forms *f, struct str text)
{
    uint32_t state = ROOT;

    if (!f->count)
        add_state(f, 0, 0);
    for (size_t i = 0; i < text.n; i++)
        state = need_child(f, state, (unsigned char)text.s[i]);
    f->states[state].match = (uint32_t)text.n;
    f->linked = false;
}

void forms_free(struct forms *f)
{
    free(f->states);
    *f = (struct forms){ 0 };
}

uint32_t forms_fail(const struct forms *f, uint32_t state, unsigned char c)
{
    for (;; state = f->states[state].fail) {
        uint32_t child = child_of(f, state, c);
        if (child || state == ROOT)
            return child;
    }
}

static void link_state(struct forms *f, uint32_t parent, uint32_t state)
{
    struct form_state *s = &f->states[state];

    s->fail = parent == ROOT ? ROOT : forms_next(f, f->states[parent].fail, s->byte);
    // A text of its own is longer than any that is inherited.
    if (s->match < s->depth)
        s->match = f->states[s->fail].match;
}

// Breadth first: what a state fails to is always shallower.
void forms_link(struct forms *f)
{
    uint32_t head = 0, tail = 0;

    if (f->linked || !f->count)
        return;
    uint32_t *queue = grown(NULL, f->count * sizeof *queue);
    for (int c = 0; c < 256; c++)
        if (f->first[c]) {
            link_state(f, ROOT, f->first[c]);
            queue[tail++] = f->first[c];
        }
    while (head < tail) {
        uint32_t parent = queue[head++];
        for (uint32_t s = f->states[parent].child; s; s = f->states[s].sibling) {
            link_state(f, parent, s);
            queue[tail++] = s;
        }
    }
    free(queue);
    f->linked = true;
}
