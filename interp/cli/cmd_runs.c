#include "base/arena.h"
#include "cli/open.h"
#include "cli/print.h"
#include "report/listing.h"

static struct value row_value(const struct run_row *r, struct arena *a)
{
    struct value_builder *b = value_map_start(a);
    bool open = listing_is_open(r);

    value_put_s(b, "id", value_string(r->id));
    value_put_s(b, "runbook", value_string(r->runbook));
    value_put_s(b, "title", value_string(r->title));
    value_put_s(b, "state", value_string(r->state));
    value_put_s(b, "result", value_string(open ? STR("") : r->result));
    if (!open)
        value_put_s(b, "exit", value_int(r->exit));
    value_put_s(b, "user", value_string(r->user));
    value_put_s(b, "host", value_string(r->host));
    value_put_s(b, "started", value_string(r->started));
    value_put_s(b, "ended", value_string(open ? STR("") : r->ended));
    value_put_s(b, "took_ms", value_int(open ? 0 : r->took_ms));
    return value_finish(b);
}

int command_runs(struct invocation *v)
{
    struct store *s;
    const struct run_row *rows;
    size_t count;
    int code = open_store(v, NULL, false, &s);

    if (code == CODE_OK)
        code = store_code(store_runs(s, v->arena, 0, &rows, &count, v->diags));
    if (code != CODE_OK)
        return code;
    if (v->ndjson) {
        for (size_t i = 0; i < count; i++)
            print_json(row_value(&rows[i], v->arena), v->arena);
        return CODE_OK;
    }
    struct page *p = stdout_page(v);
    listing_runs(rows, count, reaching_flags(v), p);
    print_page(p);
    return CODE_OK;
}
