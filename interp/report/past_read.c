#include "base/arena.h"
#include "exec/core/event.h"
#include "report/past.h"
#include "value/fields.h"

static bool see_event(const struct stored_event *e, void *arg)
{
    if (!str_is(e->type, "step.end"))
        return true;
    // An event's own memory goes with it; only the number and the id stay.
    struct arena *scratch = arena_new(NULL);
    struct event event;
    if (event_read(e->json, scratch, &event) && str_is(text_of(event.data, "state"), "succeeded"))
        past_add_step(arg, text_of(event.data, "step"), int_of(event.data, "took_ms", 0));
    arena_free(scratch);
    return true;
}

struct past *past_read(struct store *s, struct str runbook, size_t runs, struct arena *a,
                       struct diags *ds)
{
    struct past *p = past_new(a);
    struct diags ignored = { .arena = a }, heard = { .arena = ds->arena };
    const struct run_row *rows;
    size_t count;

    if (!s || store_runs(s, a, 200, &rows, &count, &heard) != STORE_OK)
        return p;
    diags_append(ds, &heard);
    for (size_t i = 0; i < count && past_runs(p) < runs; i++) {
        if (!str_equal(rows[i].runbook, runbook) || rows[i].exit < 0)
            continue;
        if (store_read(s, rows[i].id, 0, false, see_event, p, &ignored) == STORE_OK)
            past_add_run(p, rows[i].took_ms, rows[i].exit == 0);
    }
    return p;
}
