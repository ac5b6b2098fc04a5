#include "action/wait.h"

#include "action/params.h"
#include "base/arena.h"
#include "base/buf.h"

struct job {
    int64_t ms;
    struct timer *timer;
    bool cancelled;
    bool cut;  // the step's own `timeout` is shorter
};

int64_t wait_ms(const struct attempt *at)
{
    const struct job *job = at->job;

    return job->ms;
}

static bool resolve(struct attempt *at, struct expr_error *err)
{
    const struct wait_params *p = at->params;
    struct job *job = at->job = NEW(at->arena, struct job);
    int64_t ns;

    if (!amount_get(p->duration, at->scope, at->arena, 0, &ns, err))
        return false;
    if (ns < 0) {
        *err = (struct expr_error){ .message = STR("a wait cannot be negative"),
                                    .span = p->duration->text.span };
        return false;
    }
    job->ms = ns / 1000000;
    return true;
}

static void describe(const struct attempt *at, struct buf *out)
{
    buf_add_s(out, "wait ");
    buf_add(out, duration_text(at->arena, wait_ms(at) * 1000000));
    buf_add_c(out, '\n');
}

static void over(void *arg)
{
    struct attempt *at = arg;
    const struct job *job = at->job;
    struct value_builder *result = value_map_start(at->arena);
    struct outcome o = { .verdict = VERDICT_DONE, .result = value_finish(result), .rule = true };

    if (job->cut)
        o = (struct outcome){ .verdict = VERDICT_FAILED,
                              .timed_out = true,
                              .message = STR("the `timeout` of the step is shorter than the wait") };
    at->done(at, &o);
}

static void count_down(struct attempt *at, int64_t ms)
{
    struct job *job = at->job;
    struct loop *l = at->session->loop;

    job->timer = loop_timer(l, at->arena, loop_now_ms(l) + ms, over, at);
}

static int64_t now_ms(const struct attempt *at)
{
    return at->scope->now.i * 1000 + at->scope->now.nanos / 1000000;
}

static void noted(struct attempt *at)
{
    const struct job *job = at->job;

    if (!job->cancelled)
        count_down(at, job->cut ? at->timeout_ms : job->ms);
}

static int64_t number(struct value notes, const char *name, const struct attempt *at, int64_t none)
{
    struct value v;

    return value_field(notes, name, at->arena, &v) && v.kind == VALUE_INT ? v.i : none;
}

// When the clock was set back, what is left is still no more than all of it.
static int64_t left_ms(const struct attempt *at, struct value notes)
{
    int64_t left = number(notes, "until_ms", at, now_ms(at)) - now_ms(at);
    int64_t most = number(notes, "ms", at, INT64_MAX);

    return left < 0 ? 0 : left < most ? left : most;
}

// The end is journalled as wall-clock time, so that after a crash or a signal the rest is
// waited, not all of it again.
static void start(struct attempt *at)
{
    struct value_builder *note = value_map_start(at->arena);
    struct job *job = at->job;

    if (at->noted.kind == VALUE_MAP)
        job->ms = left_ms(at, at->noted);
    job->cut = at->timeout_ms && at->timeout_ms < job->ms;
    value_put_s(note, "until_ms", value_int(now_ms(at) + job->ms));
    value_put_s(note, "ms", value_int(job->ms));
    at->note(at, value_finish(note), noted);
}

static void cancel(struct attempt *at, bool at_once)
{
    struct job *job = at->job;
    struct outcome o = { .verdict = VERDICT_CANCELLED };

    (void)at_once;
    job->cancelled = true;
    if (job->timer)
        timer_stop(job->timer);
    at->done(at, &o);
}

static void settle(struct attempt *at, struct value notes)
{
    if (!at->job)
        at->job = NEW(at->arena, struct job);
    count_down(at, left_ms(at, notes));
}

static enum effects effects(const void *params)
{
    (void)params;
    return EFFECTS_READ;
}

static const struct expr_field results[] = { { 0 } };

const struct action action_wait = {
    .name = "wait",
    .doc = "Waits. A signal ends it at once; after it, as after a crash, a resume waits the rest.",
    .example = "- name: Let the caches warm up\n  wait: 2m\n",
    .params = &type_amount_duration,
    .results = results,
    .effects = effects,
    .resolve = resolve,
    .describe = describe,
    .start = start,
    .cancel = cancel,
    .settle = settle,
};
