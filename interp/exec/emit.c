// Events: made, masked, journalled, applied; and shown, when they are durable (commit.c).

#include "base/arena.h"
#include "base/clock.h"
#include "exec/patience.h"
#include "exec/walk.h"

struct arena *turn_arena(struct driver *d)
{
    if (!d->turn)
        d->turn = arena_new(NULL);
    return d->turn;
}

struct value_builder *event_data(struct driver *d)
{
    return value_map_start(turn_arena(d));
}

int64_t next_seq(const struct driver *d)
{
    return d->journal ? journal_next_seq(d->journal) : d->seq + 1;
}

static bool is_aside(const struct driver *d, const struct event *e)
{
    struct value step = VALUE_NONE;

    if (!value_field(e->data, "step", NULL, &step) || step.kind != VALUE_STRING)
        return false;
    const struct task *t = d->run ? run_task(d->run, step.s) : NULL;
    return t && t->aside;
}

// ---- what those who watch are told, which is what is kept

struct untold {
    struct untold *next;
    struct arena *arena;
    bool words;          // of say(), that came behind an event
    struct event event;  // masked
    struct str line;
};

static void hold(struct driver *d, struct arena *a, struct untold u)
{
    struct untold *held = NEW(a, struct untold), **end = &d->telling.first;

    *held = u;
    held->arena = a;
    if (d->telling.first)
        end = &d->telling.last->next;
    *end = d->telling.last = held;
}

static void tell(struct driver *d, const struct untold *u)
{
    if (!u->words)
        d->telling.told = u->event.seq;
    for (struct observer *o = d->env->observers; o; o = o->next)
        if (u->words && o->say)
            o->say(o, u->line);
        else if (!u->words && o->event)
            o->event(o, &u->event, u->line);
}

void tell_kept(struct driver *d, int64_t seq)
{
    while (d->telling.first && (d->telling.first->words || d->telling.first->event.seq <= seq)) {
        struct untold *u = d->telling.first;
        d->telling.first = u->next;
        tell(d, u);
        arena_free(u->arena);
    }
}

// Words are no promise, and are told all the same.
void forget_untold(struct driver *d)
{
    for (struct untold *u = d->telling.first, *next; u; u = next) {
        next = u->next;
        if (u->words)
            tell(d, u);
        arena_free(u->arena);
    }
    d->telling.first = NULL;
}

bool commit_now(struct driver *d, struct diags *ds)
{
    patience_on(commit_patience(d));
    bool ok = journal_commit_now(d->journal, ds);
    patience_off(d->commits.patience);

    if (ok)
        tell_kept(d, INT64_MAX);
    return ok;
}

// Messages of an action hold what a server said, and that may be a secret of ours. True when
// [turn] is needed until the event is told.
static bool journalled(struct driver *d, struct event *e, struct arena *turn)
{
    e->seq = d->telling.unkept ? d->telling.told + 1 : next_seq(d);
    struct untold u = { .event = *e };

    u.event.data = event_masked(e->data, d->mask, turn);
    u.line = event_line(&u.event, d->id, turn);
    // What a run starts with, all of its steps, lives as long as it.
    if (d->env->observers && e->type != EVENT_RUN_START)
        u.event.data = value_copy(turn, u.event.data);
    if (d->journal && !d->telling.unkept) {
        journal_add(d->journal, str_from(event_type_word(e->type)), u.line);
        hold(d, turn, u);
        return true;
    }
    d->seq++;
    tell(d, &u);
    return false;
}

// Events may be made while one is applied or shown, so each has an arena of its own.
void emit(struct driver *d, enum event_type type, struct value_builder *data)
{
    struct event e = { .type = type, .wall_ns = clock_wall_ns(), .data = value_finish(data) };
    struct arena *turn = turn_arena(d);
    bool held = false;

    if (!d->quiet && !is_aside(d, &e))
        held = journalled(d, &e, turn);
    d->turn = NULL;
    if (d->run)
        run_apply(d->run, &e);
    if (!held)
        arena_free(turn);
    if (type == EVENT_STEP_OUTPUT && !d->commits.output)
        commit_soon(d);
    else if (type != EVENT_STEP_OUTPUT && held && !d->ended)
        commit_turn(d);
}

// ---- words

__attribute__((format(printf, 3, 0)))
static struct untold words_of(struct driver *d, struct arena *a, const char *format, va_list args)
{
    struct buf b = BUF_EMPTY;

    buf_vformat(&b, format, args);
    struct str line = str_copy(a, mask_text(d->mask, buf_str(&b), a, NULL));
    buf_free(&b);
    return (struct untold){ .words = true, .line = line };
}

void say(struct driver *d, const char *format, ...)
{
    struct arena *a = arena_new(NULL);
    va_list args;

    va_start(args, format);
    struct untold u = words_of(d, a, format, args);
    va_end(args);
    if (d->telling.first && !d->store_failed) {
        hold(d, a, u);
        return;
    }
    tell(d, &u);
    arena_free(a);
}

void say_at_once(struct driver *d, const char *format, ...)
{
    struct arena *a = arena_new(NULL);
    va_list args;

    va_start(args, format);
    struct untold u = words_of(d, a, format, args);
    va_end(args);
    tell(d, &u);
    arena_free(a);
}
