#include <stdio.h>

#include "cli/open.h"

int command_prune(struct invocation *v)
{
    struct str keep = flag_text(v, "keep");
    int64_t age_ns;
    size_t removed = 0, swept = 0;
    struct store *s;

    if (!keep.n)
        return usage_error(v, "runbook prune --keep 90d",
                           "`prune` has to be told how much to keep");
    if (!duration_parse(keep, &age_ns))
        return usage_error(v, "a number and a unit: 12h, 90d", "`--keep` does not take `%.*s`",
                           STR_ARG(keep));
    int code = open_store(v, NULL, false, &s);
    if (code == CODE_OK)
        code = store_code(store_sweep(s, age_ns, &swept, v->diags));
    if (code == CODE_OK)
        code = store_code(store_prune(s, age_ns, &removed, v->diags));
    if (code == CODE_OK)
        printf("%zu run%s removed\n", removed, removed == 1 ? "" : "s");
    if (swept)
        printf("%zu file%s of damaged indexes removed\n", swept, swept == 1 ? "" : "s");
    return code;
}
