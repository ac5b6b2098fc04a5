// --mark STEP=done|failed: a person says what became of a step of which it is not known.

#include "base/arena.h"
#include "exec/session.h"

static bool wrong(struct driver *d, struct str words)
{
    diag_error(d->diags, DIAG_USAGE, (struct span){ 0 }, "%.*s", STR_ARG(words));
    return false;
}

static bool says_one_thing(struct driver *d, const struct said *m)
{
    const struct run_options *o = d->options;

    if (!str_is(m->text, "done") && !str_is(m->text, "failed"))
        return wrong(d,
                     str_format(d->arena, "--mark %.*s=%.*s: say %.*s=done or %.*s=failed",
                                STR_ARG(m->id), STR_ARG(m->text), STR_ARG(m->id), STR_ARG(m->id)));
    for (size_t i = 0; i < o->mark_count; i++)
        if (str_equal(o->marks[i].id, m->id) && !str_equal(o->marks[i].text, m->text))
            return wrong(d, str_format(d->arena, "--mark says both done and failed of `%.*s`",
                                       STR_ARG(m->id)));
    return true;
}

static bool is_one_step(struct driver *d, const struct task *t)
{
    const struct task *group = task_transaction(t);

    if (task_can_be_marked(t))
        return true;
    if (group)
        return wrong(d, str_format(d->arena,
                                   "`%.*s` is in a transaction; mark `%.*s`, which took effect as "
                                   "a whole or not at all",
                                   STR_ARG(t->address), STR_ARG(group->address)));
    return wrong(d, str_format(d->arena,
                               "`%.*s` holds other steps; mark the one in it that is unknown",
                               STR_ARG(t->address)));
}

static bool is_right(struct driver *d, const struct said *m)
{
    const struct task *t = run_find(d->run, m->id);

    if (!t)
        return step_is_missing(d, m->id, "--mark");
    if (!says_one_thing(d, m) || !is_one_step(d, t))
        return false;
    if (t->state == STATE_UNKNOWN || t->dangling)
        return true;
    return wrong(d, str_format(d->arena,
                               "the outcome of `%.*s` is known (%s); only an unknown one can be "
                               "marked",
                               STR_ARG(t->address), state_word(t->state)));
}

int marks_check(struct driver *d)
{
    const struct run_options *o = d->options;

    for (size_t i = 0; i < o->mark_count; i++)
        if (!is_right(d, &o->marks[i]))
            return CODE_USAGE;
    return 0;
}

int apply_marks(struct driver *d)
{
    const struct run_options *o = d->options;
    int code = marks_check(d);

    if (code)
        return code;
    for (size_t i = 0; i < o->mark_count; i++) {
        struct task *t = run_find(d->run, o->marks[i].id);
        if (t->state == STATE_UNKNOWN || t->dangling)  // not said twice
            doubt_settled(d, t, str_is(o->marks[i].text, "done"), person(d),
                          STR("marked by a person"));
    }
    return 0;
}
