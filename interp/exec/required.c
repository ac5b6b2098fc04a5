// `requires.checks`: what must hold before there is a run.

#include "base/arena.h"
#include "exec/session.h"

static void required(void *arg, const struct check_outcome *o)
{
    struct driver *d = arg;

    d->phases.check = NULL;
    d->over = true;
    if (!o->ok && !d->refused)
        diag_error(d->diags, DIAG_PREFLIGHT, (struct span){ 0 }, "`requires.checks`: %.*s: %.*s",
                   STR_ARG(o->id), STR_ARG(o->message));
}

// Before there is a run: a signal ends the checks, and what runs for them.
static void stop_required(void *arg, int signo)
{
    struct driver *d = arg;

    d->refused = 128 + signo;
    if (d->phases.check)
        check_cancel(d->phases.check);
    if (++d->signals > 1)
        for (struct act *x = d->acts; x; x = x->next)
            act_cancel(x, true);
}

bool check_required(struct driver *d, struct space *space)
{
    struct trap *traps[SIGNALS];
    const struct requires *r = space->module->rb->requires;
    unsigned errors = d->diags->errors;

    if (!r || r->checks.count == 0)
        return true;
    struct view v = view_of_space(d, space);
    d->over = false;
    // No phase begins meanwhile, whoever wakes the driver.
    run_hold(d->run, true);
    signals_trap(d, stop_required, traps);
    d->phases.check = check_all(d, d->arena, &r->checks, space, NULL, &v, STR("requires."), false,
                               required, d);
    while (!d->over && loop_turn(d->loop))
        run_order_aside(d);
    run_hold(d->run, false);
    signals_release(traps);
    d->over = false;
    d->signals = 0;
    return d->diags->errors == errors && !d->refused;
}
