#include "cli/rehearsal.h"

#include "cli/live.h"
#include "report/person.h"

static void on_event(struct observer *o, const struct event *e, struct str line)
{
    history_apply(o->ctx, e, line);
}

int rehearse(struct invocation *v, struct history *h)
{
    struct live l = { .v = v, .loop = loop_new(v->arena) };
    struct observer listener = { .event = on_event, .ctx = h };
    int code = live_options(&l);

    if (code != CODE_OK)
        return code;
    l.options.file = v->words[0];
    l.options.dry_run = true;
    l.env = (struct run_env){ .arena = v->arena,
                              .loop = l.loop,
                              .diags = v->diags,
                              .observers = &listener,
                              .asker = person_new(v->arena, l.loop, NULL, NULL, h),
                              .mask = v->mask };
    code = run_start(&l.env, &l.options);
    // What a dry run comes to in the end means nothing; that it could begin does.
    bool refused = code == CODE_USAGE || code == CODE_INVALID || code == CODE_PREFLIGHT ||
                   code == CODE_INTERNAL;
    return refused ? code : CODE_OK;
}
