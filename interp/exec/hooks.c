// Hooks: the project's first, then the runbook's; each has 30 seconds, in which it is tried
// again while the run goes on. They never fail the run (language.md section 7).

#include "base/arena.h"
#include "exec/walk.h"
#include "load/beside.h"
#include "value/fields.h"

enum { HOOK_TIMEOUT_MS = 30 * 1000, HOOK_TRIES = 3, HOOK_REST_MS = 1000, HOOK_SAID = 2 * 1024 };

// Those of one event, until each was tried once.
struct hooking {
    struct driver *d;
    struct str which;
    struct value contact, about;  // hooks_tell_of()
    const struct step **steps;
    size_t next, of_project, count;
    size_t left;  // of those that were started, not yet tried
    void (*then)(struct driver *d);
};

struct hook {
    struct hooking *all;
    const struct step *step;
    struct task *task;  // of this try
    struct timer *timer;
    int64_t until_ms;  // with all tries
    int tries;
    bool timed_out;
    struct buf *said;  // the end of what this try printed
    bool said_more;    // before that
};

// ---- what it printed

static void heard(void *arg, struct str bytes)
{
    struct hook *h = arg;
    size_t most = 2 * HOOK_SAID;

    if (bytes.n > most) {
        bytes = str_slice(bytes, bytes.n - most, bytes.n);
        h->said_more = true;
    }
    buf_add(h->said, bytes);
    if (h->said->n > most) {
        buf_drop(h->said, h->said->n - HOOK_SAID);
        h->said_more = true;
    }
}

// Whole lines, where there are any; and whole characters. An http request prints nothing: of that
// it is what the server answered.
static struct str last_words(struct hook *h)
{
    struct str s = buf_str(h->said);
    struct value body = value_of(h->task->result, "body");

    if (s.n == 0 && body.kind == VALUE_STRING)
        s = mask_text(h->all->d->mask, body.s, h->all->d->arena, NULL);
    if (s.n > HOOK_SAID) {
        s = str_slice(s, s.n - HOOK_SAID, s.n);
        h->said_more = true;
    }
    size_t line = h->said_more ? str_find(s, '\n') : SIZE_MAX, from = 0;
    if (line != SIZE_MAX && line + 1 < s.n)
        from = line + 1;
    while (h->said_more && from < s.n && ((unsigned char)s.s[from] & 0xC0) == 0x80)
        from++;
    return str_slice(s, from, s.n);
}

// ---- its end

static bool is_inside(const struct task *t, const struct task *outer)
{
    while (t && t != outer)
        t = t->in->owner;
    return t != NULL;
}

static void time_is_up(void *arg)
{
    struct hook *h = arg;
    struct driver *d = h->all->d;

    h->timer = NULL;
    h->timed_out = true;
    run_fail_group(d->run, h->task);
    for (size_t i = 0; i < run_task_count(d->run); i++) {
        struct task *t = run_task_at(d->run, i);
        if (t->walk && !t->ended && is_inside(t, h->task))
            walk_cancel(t->walk, false, "its 30 s were up");
    }
    pump(d);
}

// Why it is no good; nothing of one that is.
static struct str reason(const struct hook *h)
{
    const struct task *t = h->task;

    if (h->timed_out)
        return STR("its 30 s were up");
    if (t->message.n || state_is_good(t->state))
        return t->message;
    return h->all->d->signals ? STR("stopped by a signal") : str_from(state_word(t->state));
}

static void put_last_words(struct hook *h, struct value_builder *b)
{
    struct str text = last_words(h);

    if (text.n)
        value_put_s(b, "text", value_string(text));
    if (text.n && h->said_more)
        value_put_s(b, "truncated", value_bool(true));
}

static void tell_hook(struct hook *h)
{
    struct driver *d = h->all->d;
    const struct task *t = h->task;
    struct str id = h->step->id.str, message = reason(h);
    struct value_builder *b = event_data(d);
    bool is_good = !h->timed_out && state_is_good(t->state);

    value_put_s(b, "hook", value_string(h->all->which));
    value_put_s(b, "id", value_string(id));
    for (size_t i = 0; i < value_size(h->all->about); i++)
        value_put(b, h->all->about.map->entries[i].key, h->all->about.map->entries[i].value);
    value_put_s(b, "state", value_text(h->timed_out ? "failed" : state_word(t->state)));
    value_put_s(b, "attempt", value_int(h->tries));
    if (message.n)
        value_put_s(b, "message", value_string(message));
    if (!is_good)
        put_last_words(h, b);
    emit(d, EVENT_HOOK_END, b);
}

static void try_hook(void *arg);
static void tell_more(struct hooking *all);

static bool is_tried_again(const struct hook *h)
{
    const struct driver *d = h->all->d;

    return !h->timed_out && !state_is_good(h->task->state) && h->tries < HOOK_TRIES &&
           loop_now_ms(d->loop) + HOOK_REST_MS < h->until_ms && !d->store_failed &&
           d->signals == 0;
}

static void hook_over(void *arg, struct task *t)
{
    struct hook *h = arg;
    struct driver *d = h->all->d;

    (void)t;
    if (h->timer)
        timer_stop(h->timer);
    h->timer = NULL;
    bool first = h->tries == 1;
    if (is_tried_again(h)) {
        loop_timer(d->loop, d->arena, loop_now_ms(d->loop) + HOOK_REST_MS, try_hook, h);
    } else {
        tell_hook(h);
        d->hooks.running--;
    }
    if (first && --h->all->left == 0)
        tell_more(h->all);
    pump(d);
}

static void try_hook(void *arg)
{
    struct hook *h = arg;
    struct driver *d = h->all->d;
    struct view v = view_of_space(d, run_root(d->run));
    struct str address = str_format(d->arena, "hooks.%.*s.%.*s-%lld", STR_ARG(h->all->which),
                                    STR_ARG(h->step->id.str), (long long)++d->names);

    v.at_end = true;
    v.contact = h->all->contact;
    h->tries++;
    buf_clear(h->said);
    h->said_more = false;
    h->timer = loop_timer(d->loop, d->arena, h->until_ms, time_is_up, h);
    h->task = aside_run(d, h->step, run_root(d->run), address, &v, hook_over, h);
    task_more(d->arena, h->task)->aside_heard = heard;
}

// The project's, then the runbook's, then who waits for them.
static void tell_more(struct hooking *all)
{
    struct driver *d = all->d;
    size_t until = all->next < all->of_project ? all->of_project : all->count;

    if (all->next >= all->count) {
        if (all->then)
            all->then(d);
        return;
    }
    all->left = until - all->next;
    while (all->next < until) {
        struct hook *h = NEW(d->arena, struct hook);
        *h = (struct hook){ .all = all, .step = all->steps[all->next++],
                            .until_ms = loop_now_ms(d->loop) + HOOK_TIMEOUT_MS,
                            .said = buf_in(d->arena) };
        d->hooks.running++;
        try_hook(h);
    }
}

static void tell(struct driver *d, const char *which, const struct hooking *of)
{
    struct hooks_told told = hooks_told(d->project->hooks, run_root(d->run)->module->rb->hooks,
                                        which, d->arena);
    bool heard = !d->options->dry_run && !d->options->drill && !d->store_failed;
    struct hooking *all = NEW(d->arena, struct hooking);

    *all = *of;
    all->d = d;
    all->which = str_from(which);
    all->steps = told.steps;
    all->of_project = told.of_project;
    all->count = heard ? told.count : 0;
    tell_more(all);
}

void hooks_tell(struct driver *d, const char *which, void (*then)(struct driver *d))
{
    tell(d, which, &(struct hooking){ .then = then });
}

void hooks_tell_of(struct driver *d, const char *which, struct value contact, struct value about)
{
    tell(d, which, &(struct hooking){ .contact = contact, .about = about });
}
