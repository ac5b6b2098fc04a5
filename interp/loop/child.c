#include "loop/child.h"

#include <assert.h>
#include <errno.h>

#include "base/arena.h"
#include "loop/adopt.h"
#include "loop/keeper_line.h"

enum {
    REQUESTS_MAX = 3,  // of one child, each of another keeper: it may be what kills them
};

static void wait_for(struct child *c)
{
    c->waiting = true;
    c->next = c->keeper->children;
    c->keeper->children = c;
    pulse_begin(c->keeper);
    line_watch_as_needed(c->keeper);
}

void child_forget(struct child *c)
{
    struct child **link = &c->keeper->children;

    if (!c->waiting)
        return;
    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    c->waiting = false;
    buf_free(&c->request);
    if (!c->keeper->children)
        pulse_end(c->keeper);
    line_watch_as_needed(c->keeper);
}

void child_end(struct child *c, const struct child_result *r)
{
    struct keeper *k = c->keeper;

    child_forget(c);
    k->calling = true;
    c->on_end(c->arg, r);
    k->calling = false;
}

static bool has_started(const struct child *c, struct arena *a, struct marks *m)
{
    marks_read_one(c->marks, c->name, a, m);
    return (m->started && !m->failed) || !m->complete;
}

// What is known of one that nobody keeps.
static void end_unkept(struct child *c)
{
    struct arena *a = arena_new(NULL);
    struct child_result r = { .end = CHILD_LOST };
    struct marks m;

    if (c->request.n > FRAME_MAX)
        r = (struct child_result){ .end = CHILD_NOT_STARTED, .error = E2BIG };
    else if (has_started(c, a, &m))
        adopt_left(&m, a, &r);
    else if (c->cancelled || c->keeper->stopped)
        r = (struct child_result){ .end = CHILD_NOT_STARTED, .error = ECANCELED, .cancelled = true };
    child_end(c, &r);
    arena_free(a);
}

static void request(struct child *c);

// One that was not started is nobody's loss: the next keeper starts it.
void child_lose(struct child *c)
{
    struct arena *a = arena_new(NULL);
    struct keeper *k = c->keeper;
    struct marks m;
    bool over = c->refused || c->cancelled || k->stopped || has_started(c, a, &m);

    arena_free(a);
    if (over) {
        end_unkept(c);
    } else {
        c->id = ++k->last_id;
        request(c);
    }
}

// ---- asking for a child

static void abandon(void *arg)
{
    struct child *c = arg;

    if (!c->waiting)
        return;
    child_forget(c);
    line_ask_number(c->keeper, ASK_CANCEL, c->id, true);
}

static void end_refused(void *arg)
{
    struct child *c = arg;

    if (c->waiting)
        end_unkept(c);
}

// In a later turn, since nobody is called back from within what he asks.
static void refuse(struct child *c)
{
    c->refused = true;
    loop_timer(c->keeper->loop, c->arena, 0, end_refused, c);
}

// Of the keeper, or of a new one when it was lost.
static void request(struct child *c)
{
    struct keeper *k = c->keeper;

    if (c->request.n > FRAME_MAX || c->requests == REQUESTS_MAX ||
        (k->socket < 0 && (k->stopped || !line_start_keeper(k)))) {
        refuse(c);
        return;
    }
    c->requests++;
    pulse_started(c);
    c->marks = k->marks;
    line_ask(k, ASK_START, c->id, buf_str(&c->request));
    line_flush(k);
}

struct child *child_start(struct keeper *k, struct arena *a, const struct child_spec *spec,
                          void (*on_output)(void *arg, enum stream stream, struct str bytes),
                          void (*on_end)(void *arg, const struct child_result *r), void *arg)
{
    struct child *c = NEW(a, struct child);

    *c = (struct child){ .keeper = k,
                         .arena = a,
                         .id = ++k->last_id,
                         .name = str_copy(a, spec->name),
                         .marks = k->marks,
                         .on_output = on_output,
                         .on_end = on_end,
                         .arg = arg };
    wait_for(c);
    arena_defer(a, abandon, c);
    put_spec(&c->request, spec);
    // One that cannot be started for a while is tried again for as long as its timeout, and one that
    // is to have the terminal waits for that.
    if (spec->timeout_ms && !spec->tty && spec->timeout_ms < INT64_MAX / 4)
        c->within_ms = 2 * spec->timeout_ms + spec->grace_ms;
    c->grace_ms = spec->grace_ms;
    request(c);
    return c;
}

void child_cancel(struct child *c, bool at_once)
{
    if (!c->waiting)
        return;
    c->cancelled = true;
    line_ask_number(c->keeper, ASK_CANCEL, c->id, at_once);
    pulse_cancelled(c, at_once);
}

int64_t child_pid(const struct child *c)
{
    return c->pid;
}

void child_kill_left(struct child *c, int64_t grace_ms,
                     void (*on_end)(void *arg, const struct child_result *r), void *arg)
{
    assert(!c->waiting);
    c->on_output = NULL;
    c->on_end = on_end;
    c->arg = arg;
    wait_for(c);
    if (c->keeper->socket < 0 || !str_equal(c->marks, c->keeper->marks))
        refuse(c);
    else
        line_ask_number(c->keeper, ASK_KILL_LEFT, c->id, grace_ms);
    c->grace_ms = grace_ms;
    c->late_ms = 0;
    pulse_cancelled(c, false);
}
