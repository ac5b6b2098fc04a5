#include "base/arena.h"
#include "base/clock.h"
#include "cli/ballot.h"
#include "cli/open.h"
#include "cli/print.h"
#include "report/history_read.h"
#include "report/listing.h"
#include "value/fields.h"

// Of what the event says: what is needed for an answer.
static const char *const kept[] = { "details", "danger",        "phrase",    "from",
                                    "needed",  "not_requester", "requester", "reason_required",
                                    "until",   "digest" };

static struct value question_value(const struct history *h, const struct asked *q, struct arena *a)
{
    struct value_builder *b = value_map_start(a);

    value_put_s(b, "run", value_string(h->run));
    value_put_s(b, "runbook", value_string(h->runbook));
    value_put_s(b, "drill", value_bool(h->drill));
    value_put_s(b, "step", value_string(q->step));
    value_put_s(b, "kind", value_string(q->kind));
    value_put_s(b, "message", value_string(q->message));
    value_put_s(b, "asked", value_string(clock_rfc3339_ms(a, q->asked_ns)));
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (value_of(q->data, kept[i]).kind != VALUE_NULL)
            value_put_s(b, kept[i], value_of(q->data, kept[i]));
    if (q->votes.n)
        value_put_s(b, "votes", value_string(q->votes));
    return value_finish(b);
}

static void print_questions(struct invocation *v, const struct history *h,
                            const struct run_row *row, struct page *p)
{
    if (!v->ndjson) {
        listing_waiting(h, row, reaching_flags(v), p);
        return;
    }
    for (size_t i = 0; i < h->question_count; i++)
        if (h->questions[i]->open)
            print_json(question_value(h, h->questions[i], v->arena), v->arena);
}

static bool may_wait(const struct run_row *r)
{
    return str_is(r->state, "suspended") || str_is(r->state, "running") ||
           str_is(r->state, "crashed") || str_is(r->state, "waiting");
}

int command_waiting(struct invocation *v)
{
    struct store *s;
    const struct run_row *rows;
    size_t count;
    int code = open_store(v, NULL, false, &s);

    if (code == CODE_OK)
        code = store_code(store_runs_open(s, v->arena, &rows, &count, v->diags));
    if (code != CODE_OK)
        return code;
    struct page *p = stdout_page(v);
    for (size_t i = 0; i < count && code == CODE_OK; i++) {
        if (!may_wait(&rows[i]))
            continue;
        struct history *h = history_new(v->arena);
        code = store_code(history_read(h, s, rows[i].id, v->diags));
        if (code == CODE_OK)
            code = store_code(ballots_count(s, h, v->arena, v->diags));
        print_questions(v, h, &rows[i], p);
    }
    if (!v->ndjson && !page_str(p).n)
        page_head(p, INK_DIM, "%s", "No run waits for a person.");
    print_page(p);
    return code;
}
