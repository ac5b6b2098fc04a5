#include "report/history_read.h"

#include "base/arena.h"
#include "report/fields.h"
#include "report/history_inside.h"
#include "value/when.h"

static bool see_event(const struct stored_event *e, void *arg)
{
    struct history *h = arg;
    enum event_type type = event_type_of(e->type);

    if (type < EVENT_COUNT && !history_handlers[type])
        return true;  // need not be read
    struct arena *scratch = arena_new(NULL);
    struct event event;

    // What cannot be read is of a later version; it does not hide the rest.
    if (event_read(e->json, scratch, &event)) {
        event.wall_ns = wall_from(text_of(event.data, "ts"));
        history_apply(h, &event, e->json);
    }
    arena_free(scratch);
    return true;
}

enum store_error history_read(struct history *h, struct store *s, struct str id, struct diags *ds)
{
    h->now_ms = 0;
    if (!h->run.n)
        h->run = str_copy(h->arena, id);
    return store_read(s, id, 0, false, see_event, h, ds);
}
