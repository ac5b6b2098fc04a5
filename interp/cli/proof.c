#include "cli/proof.h"

#include "base/arena.h"
#include "exec/lasting.h"
#include "value/fields.h"
#include "value/json.h"

struct proof {
    struct invocation *v;
    const struct opened *o;
    struct arena *scratch;  // of one event
    size_t events;
    int code;
};

static void wrong(struct proof *p, const char *what, struct str kept, struct str told)
{
    diag_error(p->v->diags, DIAG_STORE, (struct span){ 0 },
               "run %.*s was changed: its %s is `%.*s`, and its events say `%.*s`",
               STR_ARG(p->o->row.id), what, STR_ARG(kept), STR_ARG(told));
    p->code = CODE_STORE;
}

// What an event was too small for stands in a file beside the journal.
static void prove_file(struct proof *p, struct value name, struct str told)
{
    struct str bytes, is;

    if (name.kind != VALUE_STRING || !told.n)
        return;
    const char *file = str_copy(p->scratch, name.s).s;
    if (store_kept(p->o->store, p->o->row.id, file, p->scratch, &bytes, p->v->diags) != STORE_OK) {
        p->code = CODE_STORE;
        return;
    }
    is = lasting_digest(p->scratch, bytes);
    if (!str_equal(is, told))
        wrong(p, file, is, told);
}

static void prove_files(struct proof *p, struct value event)
{
    struct value kept = value_of(event, "kept"), digests = value_of(event, "digests");

    for (size_t i = 0; kept.kind == VALUE_MAP && i < value_size(kept); i++) {
        struct value_entry e = kept.map->entries[i];
        if (e.key.kind == VALUE_STRING)
            prove_file(p, e.value, text_of(digests, str_copy(p->scratch, e.key.s).s));
    }
}

// What stands beside the text of an event is what is in it.
static bool see_event(const struct stored_event *e, void *arg)
{
    struct proof *p = arg;
    struct value v = VALUE_NONE;

    p->events++;
    if (!json_read_view(e->json, p->scratch, &v))
        v = VALUE_NONE;
    bool filed = str_equal(text_of(v, "type"), e->type) && int_of(v, "seq", 0) == e->seq &&
                 str_equal(text_of(v, "run"), p->o->row.id);
    if (!filed) {
        diag_error(p->v->diags, DIAG_STORE, (struct span){ 0 },
                   "event %lld of run %.*s is kept as a `%.*s`, which it is not", (long long)e->seq,
                   STR_ARG(p->o->row.id), STR_ARG(e->type));
        p->code = CODE_STORE;
    }
    prove_files(p, v);
    arena_empty(p->scratch);
    return true;
}

// ---- the row

static bool is_one_of(struct str word, const char *const *words)
{
    for (; *words; words++)
        if (str_is(word, *words))
            return true;
    return false;
}

// Taking back one step of a run leaves its row as it was, whatever that session came to.
static bool row_is_of_this_session(const struct history *h)
{
    return !h->undo_step.n;
}

static void prove_state(struct proof *p)
{
    static const char *const over[] = { "ended", "final", "aborted", NULL };
    static const char *const open[] = { "running", "crashed", NULL };
    const struct history *h = p->o->history;
    struct str state = p->o->row.state;

    if (h->suspended ? !str_is(state, "suspended") : !is_one_of(state, h->over ? over : open))
        wrong(p, "state", state,
              h->suspended ? STR("suspended")
              : h->over    ? h->result
                           : STR("running"));
}

static void prove_row(struct proof *p)
{
    const struct history *h = p->o->history;
    const struct run_row *r = &p->o->row;
    struct arena *a = p->v->arena;

    if (!str_equal(r->user, h->user))
        wrong(p, "user", r->user, h->user);
    if (!str_equal(r->runbook, h->runbook))
        wrong(p, "runbook", r->runbook, h->runbook);
    if (!row_is_of_this_session(h))
        return;
    prove_state(p);
    if (h->over && r->exit != h->exit)
        wrong(p, "exit code", str_format(a, "%d", r->exit), str_format(a, "%d", h->exit));
    if (h->over && !str_equal(row_result(r), h->result))
        wrong(p, "result", row_result(r), h->result);
}

// ---- the plan

static void prove_plan(struct proof *p)
{
    struct arena *a = p->v->arena;
    struct str plan;

    if (store_kept(p->o->store, p->o->row.id, "plan.json", a, &plan, p->v->diags) != STORE_OK) {
        p->code = CODE_STORE;
        return;
    }
    struct str is = lasting_digest(a, plan);
    if (!str_equal(is, p->o->history->digest))
        wrong(p, "plan", is, p->o->history->digest);
}

int proof_of(struct invocation *v, const struct opened *o, size_t *events)
{
    struct proof p = { .v = v, .o = o, .scratch = arena_new(v->arena), .code = CODE_OK };
    enum store_error e = store_read(o->store, o->row.id, 0, true, see_event, &p, v->diags);

    *events = p.events;
    if (e != STORE_OK)
        return store_code(e);
    if (p.events) {
        prove_row(&p);
        prove_plan(&p);
    }
    return p.code;
}
