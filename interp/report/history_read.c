#include "report/history_read.h"

#include "base/arena.h"
#include "report/history_inside.h"
#include "value/fields.h"
#include "value/when.h"

struct reading {
    struct history *history;
    struct arena *arena;  // of one event
    struct json_memo *memo;
};

static bool see_event(const struct stored_event *e, void *arg)
{
    struct reading *r = arg;
    enum event_type type = event_type_of(e->type);
    struct event event;

    if (type < EVENT_COUNT && !history_handlers[type])
        return true;  // need not be read
    // What cannot be read is of a later version; it does not hide the rest.
    if (event_read_again(r->memo, e->json, r->arena, &event)) {
        if (!event.wall_ns)
            event.wall_ns = wall_from(text_of(event.data, "ts"));
        history_apply(r->history, &event, e->json);
    }
    arena_empty(r->arena);
    return true;
}

enum store_error history_read(struct history *h, struct store *s, struct str id, struct diags *ds)
{
    struct arena *scratch = arena_new(NULL);
    struct reading r = { h, arena_new(scratch), json_memo_new(scratch) };

    h->now_ms = 0;
    if (!h->run.n)
        h->run = str_copy(h->arena, id);
    enum store_error e = store_read(s, id, 0, false, see_event, &r, ds);
    arena_free(scratch);
    return e;
}
