#include "cli/live.h"

int command_run(struct invocation *v)
{
    struct live l = { .v = v };
    int code = live_options(&l);

    if (code != CODE_OK)
        return code;
    l.options.file = v->words[0];
    l.options.store = store_url(v);
    if (v->diags->errors)
        return CODE_INVALID;
    live_begin(&l);
    return live_end(&l, run_start(&l.env, &l.options));
}
