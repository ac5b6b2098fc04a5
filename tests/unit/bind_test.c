// Every action of a runbook is read and checked, wherever its step stands.

#include "action/action.h"
#include "tests/unit/test.h"

// A mistake at each place, named by what follows the quote.
static const char everywhere[] =
    "runbook: 1\n"
    "name: x\n"
    "type: application\n"
    "requires: {checks: [{id: c1, shell: \"'${{ vars.required }}'\"}]}\n"
    "checklist: [{item: x, check: {shell: \"'${{ vars.checklist }}'\"}}]\n"
    "triggers:\n"
    "  - {id: t1, http: GET http://localhost/, value: result.status, every: 1m, when: value > 1, "
    "do: notify,\n"
    "     arm: {per: subject, subject: {shell: \"'${{ vars.subject }}'\", value: result.stdout}}}\n"
    "  - {id: t2, shell: \"'${{ vars.source }}'\", value: result.exit, every: 1m, when: value > 1, "
    "do: notify}\n"
    "prepare: [{id: p, shell: \"'${{ vars.prepare }}'\"}]\n"
    "steps:\n"
    "  - id: a\n"
    "    done_if: {shell: \"'${{ vars.done_if }}'\"}\n"
    "    before: {b: {shell: \"'${{ vars.before }}'\", effects: read}}\n"
    "    shell: \"'${{ vars.step }}'\"\n"
    "    verify: [{id: v1, shell: \"'${{ vars.step_verify }}'\"}]\n"
    "    rescue: [{id: r1, shell: \"'${{ vars.rescue }}'\"}]\n"
    "    undo: [{shell: \"'${{ vars.undo }}'\", verify: [{id: v2, shell: \"'${{ vars.undo_verify "
    "}}'\"}]}]\n"
    "  - id: g\n"
    "    steps: [{id: h, steps: [{id: i, shell: \"'${{ vars.nested }}'\"}]}]\n"
    "    always: [{id: j, shell: \"'${{ vars.group_always }}'\"}]\n"
    "    undo: {shell: \"'${{ vars.group_undo }}'\"}\n"
    "verify: [{id: v3, shell: \"'${{ vars.verify }}'\"}]\n"
    "undone: [{id: u1, shell: \"'${{ vars.undone }}'\"}]\n"
    "always: [{id: w1, shell: \"'${{ vars.always }}'\"}]\n"
    "hooks:\n"
    "  start: [{id: k1, shell: \"'${{ vars.start }}'\"}]\n"
    "  progress: [{id: k2, shell: \"'${{ vars.progress }}'\"}]\n"
    "  waiting: [{id: k3, shell: \"'${{ vars.waiting }}'\"}]\n"
    "  trigger: [{id: k4, shell: \"'${{ vars.trigger }}'\"}]\n"
    "  success: [{id: k5, shell: \"'${{ vars.success }}'\"}]\n"
    "  failure: [{id: k6, shell: \"'${{ vars.failure }}'\"}]\n"
    "  undone: [{id: k7, shell: \"'${{ vars.hook_undone }}'\"}]\n";

static struct runbook *read(const char *yaml, struct diags *ds)
{
    struct source *src = source_new(scratch, STR("x.yaml"), str_from(yaml));

    *ds = (struct diags){ .arena = scratch };
    return runbook_read(scratch, src, action_names(), ds);
}

static bool blamed(const struct diags *ds, struct str text, struct str expr)
{
    for (const struct diag *d = ds->first; d; d = d->next)
        if (d->code == DIAG_EXPR_IN_QUOTES &&
            str_equal(str_slice(text, d->span.start, d->span.end), expr))
            return true;
    return false;
}

TEST(an_action_is_bound_in_every_place_where_a_step_can_stand)
{
    struct diags ds;
    struct runbook *rb = read(everywhere, &ds);
    struct bind b = { .arena = scratch, .diags = &ds, .rb = rb };
    struct str text = str_from(everywhere);
    size_t places = 0;

    CHECK(rb && !ds.errors);
    if (ds.first)
        diag_print(ds.first, stdout);
    CHECK(!action_bind(rb, &b));
    for (const char *at = everywhere; (at = strstr(at, "${{ ")); at++) {
        struct str expr = { at, (size_t)(strstr(at, "}}") + 2 - at) };
        places++;
        CHECK(blamed(&ds, text, expr));
    }
    CHECK(places == 25 && ds.errors == places);
}

static struct str first_error(const char *step)
{
    struct diags ds;
    struct str yaml = str_format(scratch,
                                 "runbook: 1\nname: x\ntype: application\nsteps:\n  - %s\n", step);
    struct runbook *rb = read(yaml.s, &ds);
    struct bind b = { .arena = scratch, .diags = &ds, .rb = rb };

    if (rb && !ds.errors)
        action_bind(rb, &b);
    return ds.first ? ds.first->message : STR("");
}

TEST(keys_that_mean_nothing_to_an_action_are_refused)
{
    CHECK_STR(first_error("{id: a, wait: 1s, env: {A: b}}"), "`env` means nothing to `wait`");
    CHECK_STR(first_error("{id: a, manual: x, dir: /tmp}"), "`dir` means nothing to `manual`");
    CHECK_STR(first_error("{id: a, git: {status: {}}, as: app}"), "`as` means nothing to `git`");
    CHECK_STR(first_error("{id: a, wait: 1s, kill_grace: 1s}"),
              "`kill_grace` means nothing to `wait`");
    CHECK_STR(first_error("{id: a, shell: x, env: {A: b}, dir: /tmp, as: app, kill_grace: 1s}"),
              "");
}

TEST(the_name_of_a_variable_is_one)
{
    CHECK_STR(first_error("{id: a, shell: x, env: {\"A=B\": c}}"),
              "'A=B' cannot be the name of a variable");
}
