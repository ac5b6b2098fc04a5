#include "base/arena.h"
#include "cli/open.h"
#include "cli/print.h"
#include "exec/locks.h"
#include "report/listing.h"

static struct value row_value(const struct lock_row *r, struct arena *a)
{
    struct value_builder *b = value_map_start(a);

    value_put_s(b, "name", value_string(r->name));
    value_put_s(b, "run", value_string(r->run));
    value_put_s(b, "user", value_string(r->user));
    value_put_s(b, "host", value_string(r->host));
    value_put_s(b, "step", value_string(r->step));
    value_put_s(b, "since", value_string(r->since));
    if (r->waits.n)
        value_put_s(b, "waits", value_string(r->waits));
    value_put_s(b, "stale", value_bool(r->stale));
    value_put_s(b, "crashed", value_bool(r->crashed));
    value_put_s(b, "unknown", value_bool(r->unknown));
    return value_finish(b);
}

static const struct lock_row *as_they_stand(const struct lock_row *rows, size_t count,
                                         struct store *s, struct arena *a)
{
    struct lock_row *all = NEW_ARRAY(a, struct lock_row, count + 1);

    for (size_t i = 0; i < count; i++) {
        all[i] = rows[i];
        lock_look(s, &all[i], a);
    }
    return all;
}

int command_locks(struct invocation *v)
{
    struct store *s;
    const struct lock_row *rows;
    size_t count;
    int code = open_store(v, NULL, false, &s);

    if (code == CODE_OK)
        code = store_code(store_locks(s, v->arena, &rows, &count, v->diags));
    if (code != CODE_OK)
        return code;
    rows = as_they_stand(rows, count, s, v->arena);
    if (v->ndjson) {
        for (size_t i = 0; i < count; i++)
            print_json(row_value(&rows[i], v->arena), v->arena);
        return CODE_OK;
    }
    struct page *p = stdout_page(v);
    listing_locks(rows, count, reaching_flags(v), p);
    print_page(p);
    return CODE_OK;
}
