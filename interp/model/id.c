// Ids of steps: made from names, and one name space for a runbook.

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "model/reader.h"

// Lower-case letters and digits stay, everything else is `_`. Underscores in front go,
// since no id begins with one, and a digit in front gets `s_`.
struct text id_from_name(struct arena *a, const struct text *name)
{
    struct text id = *name;
    struct buf b = BUF_EMPTY;
    bool words = false;
    uint32_t code;

    for (size_t at = 0; at < name->str.n;) {
        size_t start = at;
        if (!utf8_next(name->str, &at, &code))
            at++;
        char c = name->str.s[start];
        bool upper = c >= 'A' && c <= 'Z', digit = c >= '0' && c <= '9';
        bool is_word = upper || digit || (c >= 'a' && c <= 'z');
        if (!b.n && digit)
            buf_add_s(&b, "s_");
        if (is_word || b.n)
            buf_add_c(&b, upper ? (char)(c | 0x20) : is_word ? c : '_');
        words |= is_word;
    }
    id.str = buf_take(&b, a);
    if (!words)
        id.str = STR("");
    return id;
}

bool id_is_taken(struct str id)
{
    struct str number = str_starts(id, "checklist_") ? str_slice(id, 10, id.n) : STR("");

    if (str_is(id, "run"))
        return true;
    for (size_t i = 0; i < number.n; i++)
        if (number.s[i] < '0' || number.s[i] > '9')
            return false;
    return number.n > 0;
}

// ---- one name space ----

struct seen {
    struct map *ids;  // struct step
    struct reader *r;
};

static void see_steps(struct seen *seen, const struct list *steps, bool derived);

// Where a step got its id from: its `id`, else its `name`.
static struct span id_span(const struct step *s)
{
    const struct node *id = node_get(s->node, "id");

    return id ? id->span : s->id.span;
}

static void refuse_second(const struct step *s, const struct step *first, struct reader *r)
{
    if (reader_is_full(r)) {
        r->unsaid++;
        return;
    }
    struct diag *d = refuse(r, DIAG_DUPLICATE_ID, id_span(s), "a second step with the id `%.*s`",
                            STR_ARG(s->id.str));
    diag_note(r->diags, d, id_span(first), "the first is here");
    diag_help(r->diags, d,
              node_get(s->node, "id") ? "give it another `id`" : "give it an `id` of its own");
}

// Checks inside of a step and hooks are never referred to: ids that were only made from
// their names do not count ([derived]).
static void see_step(struct seen *seen, const struct step *s, bool derived)
{
    if (!s || !s->node)
        return;
    bool counts = is_id(s->id.str) && !id_is_taken(s->id.str);  // others are refused already
    if (counts && (derived || node_get(s->node, "id"))) {
        const struct step *first = map_get(seen->ids, s->id.str);
        if (first)
            refuse_second(s, first, seen->r);
        else
            map_put(seen->ids, s->id.str, (void *)s);
    }
    see_steps(seen, &s->more->steps, derived);
    see_steps(seen, &s->more->rescue, derived);
    see_steps(seen, &s->more->always, derived);
    see_steps(seen, &s->more->verify, false);
    see_steps(seen, &s->more->undo.steps, false);
}

static void see_steps(struct seen *seen, const struct list *steps, bool derived)
{
    LIST_EACH(const struct step, s, *steps)
    see_step(seen, s, derived);
}

static void see_hooks(struct seen *seen, const struct hooks *h)
{
    if (!h)
        return;
    const struct list *const lists[] = { &h->start,   &h->progress, &h->waiting, &h->trigger,
                                         &h->success, &h->failure,  &h->undone };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        see_steps(seen, lists[i], false);
}

static void check_trigger_ids(const struct runbook *rb, struct reader *r)
{
    struct map *ids = map_new(r->arena);

    LIST_EACH(const struct trigger, t, rb->triggers)
    {
        if (!t->id.str.n)
            continue;
        const struct trigger *first = map_get(ids, t->id.str);
        if (!first) {
            map_put(ids, t->id.str, (void *)t);
            continue;
        }
        struct diag *d = refuse(r, DIAG_DUPLICATE_ID, t->id.span,
                                "a second trigger with the id `%.*s`", STR_ARG(t->id.str));
        diag_note(r->diags, d, first->id.span, "the first is here");
    }
}

void runbook_check_ids(const struct runbook *rb, struct reader *r)
{
    struct arena *scratch = arena_new(NULL);
    struct seen seen = { map_new(scratch), r };
    const struct list *const phases[] = { &rb->prepare, &rb->steps, &rb->verify, &rb->undone,
                                          &rb->always };

    if (rb->requires)
        see_steps(&seen, &rb->requires->checks, false);
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++)
        see_steps(&seen, phases[i], true);
    see_hooks(&seen, rb->hooks);
    check_trigger_ids(rb, r);
    arena_free(scratch);
}
