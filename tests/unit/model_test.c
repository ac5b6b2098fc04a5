// What becomes of a runbook that was read.

#include <stdlib.h>

#include "base/buf.h"
#include "model/runbook.h"
#include "test.h"

static const char *const actions[] = { "shell", "exec", "http",   "sql",    "git",
                                       "file",  "wait", "manual", "prompt", NULL };
static struct diags mistakes;

static struct runbook *read_named(const char *name, const char *text)
{
    struct source *src = source_new(scratch, str_from(name), str_from(text));

    mistakes = (struct diags){ .arena = scratch };
    return runbook_read(scratch, src, actions, &mistakes);
}

// A runbook with one step, of which [keys] are the keys.
static const struct step *step_of(const char *keys)
{
    struct str text = str_format(scratch,
                                 "runbook: 1\nname: t\ntype: application\nsteps:\n"
                                 "  - {shell: x, %s}\n",
                                 keys);
    const struct runbook *rb = read_named("t", text.s);

    return rb ? rb->steps.items : NULL;
}

static struct str id_of(const char *name)
{
    return step_of(str_format(scratch, "name: \"%s\"", name).s)->id.str;
}

static struct str first_help(const char *keys)
{
    step_of(keys);
    return mistakes.first ? mistakes.first->help : STR("no mistake");
}

TEST(an_id_is_made_from_the_name)
{
    CHECK_STR(id_of("Stop the application"), "stop_the_application");
    CHECK_STR(id_of("1st thing"), "s_1st_thing");
    CHECK_STR(id_of("Root-cause: done?"), "root_cause__done_");
    CHECK_STR(id_of("\xC3\x84rger A"), "rger_a");
    CHECK_STR(id_of("(yes)"), "yes_");
    CHECK_STR(id_of("\xC3\x84\xC3\x96"), "");
    CHECK(mistakes.errors == 1);
    CHECK_STR(step_of("id: a, name: b")->id.str, "a");
}

TEST(a_text_is_what_was_written)
{
    const struct runbook *rb = read_named(
        "t", "runbook: 1\nname: t\ntype: application\nowners: [1.10, 007, yes, null, 1:30]\n"
             "contacts: [{role: dba, phone: +15550123}]\nsteps: [{id: a, shell: x}]\n");
    const struct text *owners = rb->owners.items;
    const struct contact *contact = rb->contacts.items;

    CHECK(mistakes.errors == 0);
    CHECK_STR(owners[0].str, "1.10");
    CHECK_STR(owners[1].str, "007");
    CHECK_STR(owners[2].str, "yes");
    CHECK_STR(owners[3].str, "null");
    CHECK_STR(owners[4].str, "1:30");
    CHECK_STR(contact->phone.str, "+15550123");
}

TEST(defaults_of_inputs_are_read_by_their_type)
{
    const struct runbook *rb = read_named(
        "t", "runbook: 1\nname: t\ntype: application\nsteps: [{id: a, shell: x}]\ninputs:\n"
             "  a: {default: 1.10}\n  b: {type: number, default: 1.10}\n"
             "  c: {type: duration, default: 5m, max: 1h}\n  d: {enum: [1.0, no]}\n"
             "  e: {default: \"a ${{ env.B }}\"}\n");
    const struct input *in = rb->inputs.items;

    CHECK(mistakes.errors == 0 && rb->inputs.count == 5);
    CHECK_STR(in[0].entry.key.str, "a");
    CHECK_STR(in[0].fallback->constant.s, "1.10");
    CHECK(in[1].fallback->constant.kind == VALUE_DOUBLE);
    CHECK(in[2].fallback->constant.kind == VALUE_DURATION);
    CHECK(in[2].max->constant.i == INT64_C(3600000000000));
    const struct form *const *allowed = in[3].allowed.items;
    CHECK_STR(allowed[0]->constant.s, "1.0");
    CHECK_STR(allowed[1]->constant.s, "no");
    CHECK(in[4].fallback->kind == FORM_TEMPLATE);
    CHECK(in[0].node && in[0].node == in[0].entry.node);
}

TEST(short_forms_are_read_as_long_ones)
{
    const struct step *s = step_of("id: a, confirm: Sure?, for_each: [1, 2], expect: true, "
                                   "outputs: {v: 1, w: {value: 2, secret: true}}, undo: none");

    CHECK(mistakes.errors == 0);
    CHECK_STR(s->more->confirm->message->text.str, "Sure?");
    CHECK(s->more->for_each->in->kind == FORM_LIST && s->more->expect.count == 1);
    CHECK(s->more->undo.kind == UNDO_NONE);
    const struct output *o = s->more->outputs.items;
    CHECK(s->more->outputs.count == 2 && !o[0].secret && o[1].secret);
    CHECK(o[1].value->constant.i == 2);
    CHECK(step_of("id: a, undo: auto")->more->undo.kind == UNDO_AUTO);
    s = step_of("id: a, undo: {shell: y}");
    CHECK(s->more->undo.kind == UNDO_STEPS && s->more->undo.steps.count == 1 &&
          !s->more->undo.is_list);
    s = step_of("id: a, undo: [{shell: y}, {use: z}]");
    CHECK(s->more->undo.steps.count == 2 && s->more->undo.is_list);
    s = step_of("id: a, for_each: {in: [1], as: n, parallel: true}");
    CHECK_STR(s->more->for_each->as.str, "n");
    CHECK(s->more->for_each->parallel->n == 0);
    s = step_of("id: a, before: {n: {sql: SELECT 1}, m: {a: b}}, done_if: {shell: y}");
    const struct before *b = s->more->before.items;
    CHECK(b[0].check && !b[0].value && !b[1].check && b[1].value);
    CHECK(s->more->done_if->check && !s->more->done_if->cond);
}

TEST(kinds_of_step_are_seen_from_their_keys)
{
    const struct runbook *rb = read_named(
        "t",
        "runbook: 1\nname: t\ntype: [application, check]\nsteps:\n"
        "  - {id: a, shell: x, needs: []}\n  - {id: b, use: x/y, with: {c: 1}}\n"
        "  - {id: c, steps: [{id: d, shell: x}], transaction: db}\n  - {id: e, expect: true}\n");
    const struct step *s = rb->steps.items;

    CHECK(rb->has_steps && rb->steps.count == 4);
    CHECK(s[0].kind == STEP_ACTION && s[1].kind == STEP_USE);
    CHECK(s[2].kind == STEP_GROUP && s[3].kind == STEP_GATE);
    CHECK(s[0].has_needs && !s[1].has_needs);
    CHECK_STR(step_action_name(&s[0]), "shell");
    CHECK_STR(s[1].more->use->str, "x/y");
    CHECK(runbook_has_type(rb, RUNBOOK_CHECK) && !runbook_has_type(rb, RUNBOOK_ACTION));
}

TEST(a_level_in_place_is_the_only_one)
{
    const struct runbook *rb = read_named(
        "t", "runbook: 1\nname: t\ntype: application\nsteps: [{id: a, shell: x}]\ntriggers:\n"
             "  - {id: t, http: GET http://x, every: 1m, when: value > 1, for: 5m, do: run}\n"
             "  - {id: u, use: a/b, with: {c: d}, every: 1m, levels: [{when: value > 1}, {when: value > 2}]}\n");
    const struct trigger *t = rb->triggers.items;
    const struct level *level = t[0].levels.items;

    CHECK(mistakes.errors == 0 && rb->triggers.count == 2);
    CHECK(t[0].in_place && t[0].levels.count == 1 && level->act == DO_RUN);
    CHECK(level->hold->n == INT64_C(300000000000));
    CHECK_STR(step_action_name(t[0].source), "http");
    CHECK(!t[1].in_place && t[1].levels.count == 2 && t[1].source->kind == STEP_USE);
    CHECK_STR(t[1].source->more->use->str, "a/b");
    CHECK(t[1].source->more->with.count == 1 && !t[1].source->more->timeout);
}

TEST(help_names_the_key_that_was_meant)
{
    CHECK_STR(first_help("id: a, tiemout: 5s"), "did you mean `timeout`?");
    CHECK_STR(first_help("id: a, Timeout: 5s"), "did you mean `timeout`?");
    CHECK_STR(first_help("id: a, failure_on: stop"), "did you mean `on_failure`?");
    CHECK_STR(first_help("id: a, depends_on: [b]"), "did you mean `needs`?");
    CHECK_STR(first_help("id: a, when: true"), "did you mean `if`?");
    CHECK_STR(first_help("id: a, retry: {atempts: 2}"), "did you mean `attempts`?");
    CHECK_STR(first_help("id: a, timeout: 5s, tiemout: 5s"), "");
    CHECK_STR(first_help("id: a, timeout: 5 minutes"), "write `5m`");
    CHECK_STR(first_help("id: a, timeout: 1h 30m"), "write `1h30m`");
    CHECK_STR(first_help("id: a, needs: b"), "write [b]");
    CHECK_STR(first_help("id: a, idempotent: yes"), "write true");
    CHECK_STR(first_help("id: a, effects: wrte"), "did you mean `write`?");
}

TEST(what_is_safe_to_mend_comes_with_an_edit)
{
    step_of("id: a, tiemout: 5s");
    const struct diag *d = mistakes.first;
    CHECK_STR(str_slice(d->edit.source->text, d->edit.start, d->edit.end), "tiemout");
    CHECK_STR(d->edit_text, "timeout");
    step_of("id: a, withn: 5s");
    CHECK(mistakes.first->edit.source == NULL || mistakes.first->edit_text.n);
}

TEST(the_name_is_that_of_the_file)
{
    read_named("runbooks/shop.yaml", "runbook: 1\nname: shop\ntype: check\n");
    CHECK(mistakes.errors == 0);
    read_named("runbooks/shop.yaml", "runbook: 1\nname: shops\ntype: check\n");
    CHECK(mistakes.errors == 1 && mistakes.first->code == DIAG_NAME_NOT_STEM);
    read_named("shop.yml", "runbook: 1\nname: shops\ntype: check\n");
    CHECK(mistakes.errors == 1);
    read_named("no suffix", "runbook: 1\nname: shops\ntype: check\n");
    CHECK(mistakes.errors == 0);
}

TEST(another_version_is_all_that_is_said)
{
    CHECK(!read_named("t", "runbook: 2\nnmae: t\nfuture: [x]\n"));
    CHECK(mistakes.errors == 1 && mistakes.first->code == DIAG_UNSUPPORTED_VERSION);
}

TEST(a_file_of_mistakes_is_read_to_its_end_and_counted)
{
    struct buf b = BUF_EMPTY;

    buf_add_s(&b, "runbook: 1\nname: t\ntype: check\n");
    for (int i = 0; i < 50000; i++)
        buf_format(&b, "key%d: 1\n", i);
    struct str text = buf_take(&b, scratch);
    CHECK(read_named("t", text.s) != NULL);
    CHECK(mistakes.errors == 1001);
    CHECK_STR(mistakes.last->message, "and 49000 more mistakes");
}

// --- amounts ---

static bool no_name(const struct scope *s, struct str name, struct arena *a, struct value *out,
                    struct str *why)
{
    (void)s, (void)name, (void)a, (void)out, (void)why;
    return false;
}

// The timeout of a step, in milliseconds; -1 when it cannot be evaluated.
static int64_t timeout_of(const char *written)
{
    const struct step *s = step_of(str_format(scratch, "id: a, timeout: \"%s\"", written).s);
    struct scope scope = { .get = no_name };
    struct expr_error err;
    int64_t ns;

    if (mistakes.errors || !amount_get(s->more->timeout, &scope, scratch, 7000000, &ns, &err))
        return -1;
    return ns / 1000000;
}

TEST(amounts_are_evaluated_when_they_are_reached)
{
    struct scope scope = { .get = no_name };
    struct expr_error err;
    double number;
    int64_t n;

    CHECK(timeout_of("5m") == 300000);
    CHECK(timeout_of("${{ duration('5s') }}") == 5000);
    CHECK(timeout_of("${{ 5 }}m") == 300000);
    CHECK(timeout_of("${{ 5 }}") == -1);
    CHECK(timeout_of("${{ 1 / 0 }}") == -1);
    const struct step *s = step_of("id: a, retry: {attempts: \"${{ 1 + 2 }}\", backoff: 1.5, "
                                   "jitter: \"${{ 0.5 }}\"}");
    CHECK(amount_get(s->more->retry->attempts, &scope, scratch, 1, &n, &err) && n == 3);
    CHECK(amount_number(s->more->retry->backoff, &scope, scratch, 1, &number, &err) &&
          number == 1.5);
    CHECK(amount_number(s->more->retry->jitter, &scope, scratch, 0, &number, &err) &&
          number == 0.5);
    CHECK(amount_get(s->more->retry->delay, &scope, scratch, 42, &n, &err) && n == 42);
    CHECK(!amount_get(s->more->retry->jitter, &scope, scratch, 0, &n, &err) || n == 0);
}
