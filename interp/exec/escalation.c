// Whose turn it is while a question is open: `contacts`, and hooks.waiting for each of them
// when its time has come.

#include "base/arena.h"
#include "base/map.h"
#include "exec/walk.h"

const struct list *contacts_of(const struct driver *d)
{
    const struct list *own = &run_root(d->run)->module->rb->contacts;

    return own->count || !d->project ? own : &d->project->contacts;
}

void put_people(const struct driver *d, struct question *q)
{
    const struct list *contacts = contacts_of(d);
    struct person_to_call *people = NEW_ARRAY(d->arena, struct person_to_call, contacts->count + 1);

    q->people_count = 0;
    LIST_EACH(const struct contact, c, *contacts)
        people[q->people_count++] = (struct person_to_call){
            c->role.str, c->name.str, c->phone.str, c->email.str, c->link.str, c->after / 1000000 };
    q->people = people;
}

struct call {
    struct driver *d;
    const bool *over;  // the question is not open any more
    const struct person_to_call *who;
};

static struct value contact_value(struct driver *d, const struct person_to_call *c)
{
    struct value_builder *b = value_map_start(d->arena);

    value_put_s(b, "role", value_string(c->role));
    value_put_s(b, "name", value_string(c->name));
    value_put_s(b, "phone", value_string(c->phone));
    value_put_s(b, "email", value_string(c->email));
    value_put_s(b, "link", value_string(c->link));
    return value_finish(b);
}

static void call_now(void *arg)
{
    const struct call *c = arg;

    if (!*c->over)
        hooks_tell(c->d, "waiting", contact_value(c->d, c->who), NULL);
}

// How long it had been open when the session before ended: whose turn had come by then was told.
static int64_t told_ms(const struct driver *d, const struct question *q)
{
    const struct open_since *open = map_get(d->earlier.open, q->id);

    return open && open->wall_ns ? (d->earlier.heard_ns - open->wall_ns) / 1000000 : -1;
}

void call_people(struct driver *d, const struct question *q, int64_t open_ms, const bool *over)
{
    int64_t told = told_ms(d, q);

    if (d->options->drill || d->options->dry_run)
        return;
    for (size_t i = 0; i < q->people_count; i++) {
        const struct person_to_call *p = &q->people[i];
        struct call *call = NEW(d->arena, struct call);
        *call = (struct call){ d, over, p };
        if (p->after_ms <= told)
            continue;
        int64_t left = p->after_ms > open_ms ? p->after_ms - open_ms : 0;
        if (left == 0)
            call_now(call);
        else if (!d->options->detach)  // else nobody will be here to call
            loop_timer(d->loop, d->arena, loop_now_ms(d->loop) + left, call_now, call);
    }
}
