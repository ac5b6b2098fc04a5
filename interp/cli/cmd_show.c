#include <stdio.h>

#include "cli/ballot.h"
#include "cli/open.h"
#include "cli/print.h"
#include "cli/proof.h"
#include "report/fate.h"
#include "report/listing.h"

// What steps left is on the machine where the run was last.
static struct str folder_here(const struct opened *o, struct arena *a)
{
    bool here = str_equal(store_place(o->store, o->row.id, a), o->history->place);

    return here ? store_folder(o->store, o->row.id, a) : STR("");
}

static bool print_event(const struct stored_event *e, void *arg)
{
    (void)arg;
    fwrite(e->json.s, 1, e->json.n, stdout);
    putchar('\n');
    return true;
}

// What can be read is shown all the same.
static int verify(struct invocation *v, const struct opened *o)
{
    size_t n = 0;
    int code = proof_of(v, o, &n);

    if (code == CODE_OK)
        fprintf(v->ndjson ? stderr : stdout, "the journal is whole: %zu events, the chain holds\n",
                n);
    return code;
}

int command_show(struct invocation *v)
{
    struct opened o = { 0 };
    int code = open_history(v, &o);

    if (!o.history)
        return code;
    if (o.history->crashed)
        fates_find(o.history, folder_here(&o, v->arena));
    if (v->ndjson) {
        store_read(o.store, o.row.id, 0, false, print_event, NULL, v->diags);
    } else {
        struct page *p = stdout_page(v);
        if (code == CODE_OK)
            code = store_code(ballots_count(o.store, o.history, v->arena, v->diags));
        listing_show(o.history, &o.row, reaching_flags(v), p);
        print_page(p);
    }
    if (code == CODE_OK && flag_given(v, "verify"))
        code = verify(v, &o);
    return code;
}
