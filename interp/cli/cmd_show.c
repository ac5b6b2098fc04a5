#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "cli/open.h"
#include "cli/print.h"
#include "report/fate.h"
#include "report/listing.h"

static bool is_here(const struct opened *o, struct arena *a)
{
    struct str folder = store_folder(o->store, o->row.id, a);

    return folder.n && access(str_copy(a, folder).s, F_OK) == 0;
}

static bool print_event(const struct stored_event *e, void *arg)
{
    (void)arg;
    fwrite(e->json.s, 1, e->json.n, stdout);
    putchar('\n');
    return true;
}

static bool count_event(const struct stored_event *e, void *arg)
{
    (void)e;
    ++*(size_t *)arg;
    return true;
}

// What can be read is shown all the same.
static int verify(struct invocation *v, const struct opened *o)
{
    size_t n = 0;
    enum store_error e = store_read(o->store, o->row.id, 0, true, count_event, &n, v->diags);

    if (e == STORE_OK)
        fprintf(v->ndjson ? stderr : stdout, "the journal is whole: %zu events, the chain holds\n",
                n);
    return store_code(e);
}

int command_show(struct invocation *v)
{
    struct opened o = { 0 };
    int code = open_history(v, &o);

    if (!o.history)
        return code;
    if (o.history->crashed && is_here(&o, v->arena))
        fates_find(o.history, store_folder(o.store, o.row.id, v->arena));
    if (v->ndjson) {
        store_read(o.store, o.row.id, 0, false, print_event, NULL, v->diags);
    } else {
        struct page *p = stdout_page(v);
        listing_show(o.history, &o.row, reaching_flags(v), p);
        print_page(p);
    }
    if (code == CODE_OK && flag_given(v, "verify"))
        code = verify(v, &o);
    return code;
}
