// Whose turn it is while a question is open: `contacts`, and hooks.waiting for each of them
// when its time has come; once, in whatever sessions and by whomever that is done.

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "exec/walk.h"
#include "load/beside.h"
#include "value/fields.h"

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
            .role = c->role.str, .name = c->name.str, .phone = c->phone.str,
            .email = c->email.str, .link = c->link.str, .after_ms = c->after / 1000000 };
    q->people = people;
}

static struct value_builder *contact_fields(const struct person_to_call *p, struct arena *a)
{
    struct value_builder *b = value_map_start(a);

    value_put_s(b, "role", value_string(p->role));
    value_put_s(b, "name", value_string(p->name));
    value_put_s(b, "phone", value_string(p->phone));
    value_put_s(b, "email", value_string(p->email));
    value_put_s(b, "link", value_string(p->link));
    return b;
}

// As events have it.
static struct value told_contact(const struct driver *d, const struct person_to_call *p)
{
    struct value_builder *b = contact_fields(p, d->arena);

    value_put_s(b, "after_ms", value_int(p->after_ms));
    return event_masked(value_finish(b), d->mask, d->arena);
}

// ---- who was told in earlier sessions, and between them

// By which a call is known again; the same question that is asked anew after an answer is another.
static struct str key_of(struct str id, const struct open_since *open, struct value contact,
                         struct arena *a)
{
    static const char *const keys[] = { "role", "name", "phone", "email", "link" };
    struct buf b = BUF_EMPTY;

    buf_format(&b, "%.*s\n%lld\n%lld", STR_ARG(id), (long long)open->wall_ns,
               (long long)int_of(contact, "after_ms", 0));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        buf_format(&b, "\n%.*s", STR_ARG(text_of(contact, keys[i])));
    return buf_take(&b, a);
}

// One that was stopped by a signal did not come to it.
void call_replayed(struct driver *d, const struct event *e)
{
    struct value contact = value_of(e->data, "contact");
    struct str id = text_of(e->data, "step");
    const struct open_since *open = map_get(d->earlier.open, id);

    if (contact.kind == VALUE_MAP && open && open->wall_ns &&
        !str_is(text_of(e->data, "state"), "cancelled"))
        map_put(d->earlier.called, key_of(id, open, contact, d->arena), d);
}

static bool was_called(const struct driver *d, struct str id, const struct person_to_call *p)
{
    const struct open_since *open = map_get(d->earlier.open, id);

    return open && open->wall_ns &&
           map_get(d->earlier.called, key_of(id, open, told_contact(d, p), d->arena));
}

// ---- calling

struct call {
    struct driver *d;
    const bool *over;  // the question is not open any more; NULL: nobody is asked here
    struct str id;     // of the question
    struct person_to_call *who;
};

// Not when the run is suspended meanwhile: who waits for its end does not wait for more calls.
static void call_now(void *arg)
{
    const struct call *c = arg;
    struct driver *d = c->d;
    struct value_builder *about = value_map_start(d->arena);

    if (c->who->called || (c->over && (*c->over || d->suspended)))
        return;
    c->who->called = true;
    value_put_s(about, "step", value_string(c->id));
    value_put_s(about, "contact", told_contact(d, c->who));
    hooks_tell_of(d, "waiting", value_finish(contact_fields(c->who, d->arena)),
                  value_finish(about));
}

// Also where the run will be suspended: as long as it is there, it calls.
void call_people(struct driver *d, const struct question *q, int64_t open_ms, const bool *over)
{
    if (d->options->drill || d->options->dry_run)
        return;
    for (size_t i = 0; i < q->people_count; i++) {
        struct person_to_call *p = &q->people[i];
        struct call *call = NEW(d->arena, struct call);
        *call = (struct call){ d, over, q->id, p };
        p->called = was_called(d, q->id, p);
        int64_t left = p->after_ms > open_ms ? p->after_ms - open_ms : 0;
        if (left == 0)
            call_now(call);
        else if (!p->called)
            loop_timer(d->loop, d->arena, loop_now_ms(d->loop) + left, call_now, call);
    }
}

// ---- a run that is suspended

static bool anybody_is_told(const struct driver *d)
{
    return !d->options->drill && !d->options->dry_run &&
           hooks_told(d->project->hooks, run_root(d->run)->module->rb->hooks, "waiting", d->arena)
                   .count > 0;
}

void put_calls_left(const struct driver *d, const struct question *q, struct value_builder *list)
{
    bool any = anybody_is_told(d);

    for (size_t i = 0; any && i < q->people_count; i++) {
        const struct person_to_call *p = &q->people[i];
        struct value_builder *b = value_map_start(d->arena);
        if (p->called)
            continue;
        value_put_s(b, "step", value_string(q->id));
        value_put_s(b, "at", value_string(clock_rfc3339_ms(d->arena,
                                                           q->open_ns + p->after_ms * 1000000)));
        value_put_s(b, "contact", told_contact(d, p));
        value_add(list, value_finish(b));
    }
}

size_t call_those_due(struct driver *d)
{
    size_t n = 0;

    for (size_t i = 0; i < map_count(d->earlier.open) && anybody_is_told(d); i++) {
        const struct open_since *open = map_value(d->earlier.open, i);
        struct question q = { .id = map_key(d->earlier.open, i) };
        if (open->wall_ns == 0)
            continue;
        put_people(d, &q);
        for (size_t k = 0; k < q.people_count; k++) {
            struct person_to_call *p = &q.people[k];
            if (p->after_ms > question_open_ms(d, &q) || was_called(d, q.id, p))
                continue;
            call_now(&(struct call){ d, NULL, q.id, p });
            n++;
        }
    }
    return n;
}
