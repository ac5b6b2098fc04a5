// Any bytes at all, read as a runbook, with its actions: a runbook or an error.

#include "action/action.h"
#include "base/arena.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct arena *a = arena_new(NULL);
    struct diags ds = { .arena = a };
    struct source *src = source_new(a, STR("fuzz"), (struct str){ (const char *)data, size });
    struct runbook *rb = runbook_read(a, src, action_names(), &ds);

    if (!rb && ds.errors == 0)
        __builtin_trap();
    if (rb && ds.errors == 0) {
        struct bind b = { .arena = a, .diags = &ds, .rb = rb, .dir = STR("/nowhere") };
        action_bind(rb, &b);
    }
    diags_sort(&ds);
    FILE *nowhere = fopen("/dev/null", "w");
    for (const struct diag *d = ds.first; d; d = d->next)
        diag_print(d, nowhere);
    fclose(nowhere);
    arena_free(a);
    return 0;
}
