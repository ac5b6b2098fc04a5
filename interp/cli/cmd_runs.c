#include "base/arena.h"
#include "base/clock.h"
#include "cli/open.h"
#include "cli/print.h"
#include "report/history_read.h"
#include "report/listing.h"

// A run that waits at a question says "running" while it listens, and "suspended" when it does not.
static const struct asked *question_of(struct store *s, const struct run_row *r, struct arena *a)
{
    bool may_wait = str_is(r->state, "running") || str_is(r->state, "suspended");
    struct history *h = may_wait ? history_new(a) : NULL;
    struct diags ignored = { .arena = a };

    if (!h || history_read(h, s, r->id, &ignored) != STORE_OK || h->over)
        return NULL;
    return history_open_question(h);
}

static struct value lines_value(struct str lines, struct arena *a)
{
    struct value_builder *list = value_list_start(a);

    while (lines.n) {
        size_t end = str_find(lines, '\n');
        end = end == SIZE_MAX ? lines.n : end;
        value_add(list, value_string(str_slice(lines, 0, end)));
        lines = str_slice(lines, end < lines.n ? end + 1 : end, lines.n);
    }
    return value_finish(list);
}

static struct value row_value(const struct run_row *r, const struct asked *waits, struct arena *a)
{
    struct value_builder *b = value_map_start(a);
    bool open = listing_is_open(r);

    value_put_s(b, "id", value_string(r->id));
    value_put_s(b, "runbook", value_string(r->runbook));
    value_put_s(b, "title", value_string(r->title));
    value_put_s(b, "drill", value_bool(r->drill));
    value_put_s(b, "state", value_string(r->state));
    value_put_s(b, "result", value_string(open ? STR("") : row_result(r)));
    if (!open)
        value_put_s(b, "exit", value_int(r->exit));
    value_put_s(b, "user", value_string(r->user));
    value_put_s(b, "host", value_string(r->host));
    value_put_s(b, "started", value_string(r->started));
    value_put_s(b, "ended", value_string(open ? STR("") : r->ended));
    value_put_s(b, "took_ms", value_int(open ? 0 : r->took_ms));
    if (!open && row_taken_back(r).n)
        value_put_s(b, "undone", lines_value(row_taken_back(r), a));
    if (waits) {
        value_put_s(b, "waits", value_string(waits->step));
        value_put_s(b, "kind", value_string(waits->kind));
        value_put_s(b, "asked", value_string(clock_rfc3339_ms(a, waits->asked_ns)));
    }
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
    const struct asked **waits = NEW_ARRAY(v->arena, const struct asked *, count + 1);
    for (size_t i = 0; i < count; i++)
        waits[i] = question_of(s, &rows[i], v->arena);
    if (v->ndjson) {
        for (size_t i = 0; i < count; i++)
            print_json(row_value(&rows[i], waits[i], v->arena), v->arena);
        return CODE_OK;
    }
    struct page *p = stdout_page(v);
    listing_runs(rows, waits, count, reaching_flags(v), p);
    print_page(p);
    return CODE_OK;
}
