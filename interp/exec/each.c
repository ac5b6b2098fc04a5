// The list of a for_each: evaluated once, journalled, and unrolled.

#include "base/arena.h"
#include "exec/lasting.h"
#include "exec/rows.h"
#include "exec/walk.h"

enum { UNBOUND = 1024 };  // parallel: true

static bool parallel_of(struct walk *w, int64_t *n, struct expr_error *err)
{
    const struct amount *m = w->task->step->more->for_each->parallel;

    if (!amount_get(m, scope_of(w), w->arena, 1, n, err))
        return false;
    if (*n <= 0)
        *n = UNBOUND;
    return true;
}

static void fail_list(struct walk *w, const struct expr_error *err)
{
    fail_expr(w, "for_each", err);
}

void each_begin(struct walk *w)
{
    struct expr_error err = { 0 };
    struct value list = VALUE_NONE, rows = VALUE_NONE;
    struct value_builder *b;
    int64_t parallel;

    if (!parallel_of(w, &parallel, &err)) {
        fail_list(w, &err);
        return;
    }
    if (!w->task->steps) {
        if (!form_fill(w->task->step->more->for_each->in, scope_of(w), w->arena, &list, &err)) {
            if (w->d->options->dry_run)
                dry_unresolved(w, &err);
            else
                fail_list(w, &err);
            return;
        }
        if (!rows_of_list(w->task->step->more->for_each, &w->view, list, w->arena, &rows, &err)) {
            fail_list(w, &err);
            return;
        }
        if (value_size(rows) == 0) {
            walk_end(w, STATE_SATISFIED, NULL, false);
            return;
        }
    }
    dry_beside(w, w->task->step->more->for_each->parallel);
    b = event_data(w->d);
    value_put_s(b, "step", value_string(w->task->address));
    value_put_s(b, "parallel", value_int(parallel));
    if (rows.kind == VALUE_LIST)
        value_put_s(b, "count", value_int((int64_t)value_size(rows)));
    put_inside(w->task, b);
    struct lasting l = lasting_in(w->d, w->arena, b, w->task->aside);
    if (rows.kind == VALUE_LIST && !lasting_put(&l, "items", rows)) {
        store_has_failed(w->d, STR("the list of a `for_each` cannot be kept"));
        return;
    }
    lasting_end(&l);
    emit(w->d, EVENT_STEP_ITEMS, b);
    pump(w->d);
}

// The first instance that gave it its state.
static struct str which_one(const struct series *s, enum state state, struct arena *a)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->tasks[i]->state == state)
            return str_format(a, "`%.*s` %s", STR_ARG(s->tasks[i]->address), state_word(state));
    return STR("");
}

// What an instance's failure means was decided there; a group around the list that does something
// about failures hears of it from the list too.
static const char *what_it_means(const struct walk *w, bool continued)
{
    bool own;

    if (continued)
        return "continue";
    if (run_is_stopping(w->d->run) || run_policy(w->d->run, w->task, &own) != POLICY_GROUP)
        return NULL;
    return policy_word(POLICY_GROUP);
}

// Its state is the worst of its instances.
void each_over(struct walk *w)
{
    struct task *t = w->task;
    enum state state = worst_state(t->steps);
    bool all_continued = true, all_own = true;

    for (size_t i = 0; i < t->steps->count; i++) {
        const struct task *one = t->steps->tasks[i];
        bool bad = one->state == STATE_FAILED || one->state == STATE_CANCELLED;
        all_continued &= !bad || one->continued;
        all_own &= !bad || one->own_continue;
        w->declined |= bad && one->declined;
    }
    bool incomplete = t->steps->left > 0;
    bool bad = state == STATE_FAILED || state == STATE_CANCELLED;
    if (bad && !w->message.n)
        w->message = which_one(t->steps, state, w->arena);
    if (incomplete && !bad && state != STATE_UNKNOWN)
        state = STATE_CANCELLED;
    walk_end(w, state, bad ? what_it_means(w, all_continued && !incomplete) : NULL,
             bad && all_own && !incomplete);
}
