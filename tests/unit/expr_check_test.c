// What is found wrong with an expression before it is evaluated.

#include "tests/unit/test.h"

#include "expr/check.h"

static const struct expr_type *inputs_type, *steps_type, *step_type;

static const struct expr_field input_fields[] = {
    { "name", &expr_string, "who" },
    { "count", &expr_int, "how many" },
    { "rate", &expr_double, "how fast" },
    { "rows", &expr_dyn, "anything" },
    { 0 },
};

static const struct expr_field result_fields[] = {
    { "exit", &expr_int, "the exit status" },
    { "stdout", &expr_string, "what it wrote" },
    { "took", &expr_duration, "how long it took" },
    { "json", &expr_dyn, "what it wrote, read" },
    { 0 },
};

static const struct expr_field step_fields[] = { { "build", &step_type, NULL }, { 0 } };

static const struct expr_type *root_type(const struct check_scope *s, struct str name,
                                         struct arena *a, struct str *why)
{
    (void)s, (void)a;
    if (str_is(name, "inputs"))
        return inputs_type;
    if (str_is(name, "steps"))
        return steps_type;
    if (str_is(name, "result"))
        *why = STR("`result` exists only inside a step");
    return NULL;
}

static const char *const roots[] = { "inputs", "steps", NULL };

static struct diags ds;

// "slug: message | help", with what is underlined in front; "ok: type" if there is nothing
// to say.
static struct str checked(const char *source)
{
    struct source *file = source_new(scratch, STR("x"), str_from(source));
    struct text *text = NEW(scratch, struct text);
    struct check_scope scope = { .type = root_type, .roots = roots };

    inputs_type = expr_object(scratch, "inputs", input_fields, DIAG_UNKNOWN_NAME);
    step_type = expr_object(scratch, "step `build` (shell)", result_fields, DIAG_UNKNOWN_OUTPUT);
    steps_type = expr_object(scratch, "the runbook", step_fields, DIAG_UNKNOWN_STEP);
    *text = (struct text){ .str = file->text, .span = { file, 0, (uint32_t)file->text.n } };
    ds = (struct diags){ .arena = scratch };
    const struct expr *e = expr_parse(scratch, text, &ds);
    const struct expr_type *type = e ? expr_check(e, &scope, scratch, &ds) : NULL;
    if (type)
        return str_format(scratch, "ok: %s", expr_type_text(type, scratch).s);
    const struct diag *d = ds.first;
    struct str place = str_slice(file->text, d->span.start, d->span.end);
    return str_format(scratch, "%.*s: %s: %.*s%s%.*s", STR_ARG(place), diag_slug(d->code),
                      STR_ARG(d->message), d->help.n ? " | " : "", STR_ARG(d->help));
}

TEST(an_unknown_name_is_blamed_where_it_stands)
{
    CHECK_STR(checked("1 + input.count"),
              "input: unknown-name: there is no name `input` here | did you mean `inputs`?");
    CHECK_STR(checked("result.exit == 0"),
              "result: unknown-name: `result` exists only inside a step");
    CHECK_STR(checked("foo"),
              "foo: unknown-name: there is no name `foo` here | there are `inputs`, `steps`");
}

TEST(an_unknown_field_has_the_code_of_its_object)
{
    CHECK_STR(checked("inputs.names"),
              "names: unknown-name: `inputs` has no `names` | did you mean `name`?");
    CHECK_STR(checked("steps.deploy.exit"), "deploy: unknown-step: there is no step `deploy`");
    CHECK_STR(checked("steps.builds.exit"),
              "builds: unknown-step: there is no step `builds` | did you mean `build`?");
    CHECK_STR(checked("steps.build.exitt"), "exitt: unknown-output: step `build` (shell) has no "
                                            "field `exitt` | did you mean `exit`?");
    CHECK_STR(checked("steps['build']['stdoud']"),
              "'stdoud': unknown-output: step `build` (shell) has no field `stdoud` | did you mean "
              "`stdout`?");
    CHECK_STR(checked("has(steps.build.x)"),
              "x: unknown-output: step `build` (shell) has no field `x`");
    CHECK_STR(checked("inputs.name.x"), "x: expr-type: text has no fields");
}

TEST(all_mistakes_are_found_at_once)
{
    checked("foo + bar + inputs.x");
    CHECK(ds.errors == 3);
}

TEST(functions_are_known_with_their_arguments)
{
    CHECK_STR(checked("sizee(inputs.name)"),
              "sizee: unknown-function: there is no function `sizee` | did you mean `size`?");
    CHECK_STR(checked("inputs.name.startWith('a')"),
              "startWith: unknown-function: there is no function `startWith` | did you mean "
              "`startsWith`?");
    CHECK_STR(checked("startsWith(inputs.name, 'a')"),
              "startsWith: unknown-function: there is no function `startsWith` | it is written "
              "`value.startsWith()`");
    CHECK_STR(checked("inputs.name.startsWith()"),
              "startsWith: wrong-arity: `startsWith` does not take 0 arguments | it is called as "
              "string.startsWith(string)");
    CHECK_STR(checked("inputs.count.startsWith('a')"),
              "startsWith: expr-type: `startsWith` of a whole number does not take (text) | it is "
              "called as string.startsWith(string)");
    CHECK_STR(checked("range('a')"), "range: expr-type: `range` does not take (text) | it is "
                                     "called as range(int), range(int, int)");
}

TEST(operands_that_never_go_together_are_found)
{
    CHECK_STR(checked("inputs.name > 5"),
              ">: expr-type: `>` has no meaning between text and a whole number");
    CHECK_STR(checked("inputs.name == 5"),
              "==: expr-type: `==` has no meaning between text and a whole number");
    CHECK_STR(checked("steps.build.took > 5"),
              ">: expr-type: `>` has no meaning between a duration and a whole number");
    CHECK_STR(checked("inputs.name && true"),
              "name: expr-type: `&&` wants true or false, not text");
    CHECK_STR(checked("[1].all(x, x + 1)"),
              "+: expr-type: `all` wants true or false, not a whole number");
    CHECK_STR(checked("['a'].map(x, x.y)"), "y: expr-type: text has no fields");
    CHECK_STR(checked("inputs.name['a']"), "['a']: expr-type: text has no elements");
    CHECK_STR(checked("[1]['a']"),
              "['a']: expr-type: the index of a list is a whole number, not text");
}

TEST(what_is_not_known_goes_with_everything)
{
    CHECK_STR(checked("inputs.rows.a.b[0]"), "ok: dyn");
    CHECK_STR(checked("inputs.rows.map(r, r.x).sort().first() > 3"), "ok: bool");
    CHECK_STR(checked("steps[inputs.name].exit"), "ok: dyn");
    CHECK_STR(checked("inputs.rows == 1 || inputs.rows == 'a'"), "ok: bool");
}

TEST(numbers_go_together)
{
    CHECK_STR(checked("inputs.count * inputs.rate"), "ok: double");
    CHECK_STR(checked("inputs.count > 1.5 && inputs.rate == 1"), "ok: bool");
    CHECK_STR(checked("inputs.count + inputs.count"), "ok: int");
}

TEST(types_are_deduced)
{
    CHECK_STR(checked("inputs.name.split(',').map(s, int(s))"), "ok: list(int)");
    CHECK_STR(checked("{'a': [1]}"), "ok: map(string, list(int))");
    CHECK_STR(checked("now - duration('1h')"), "ok: timestamp");
    CHECK_STR(checked("steps.build.?json"), "ok: optional_type(dyn)");
    CHECK_STR(checked("steps.map(k, k)"), "ok: list(string)");
    CHECK_STR(checked("inputs.count > 0 ? 'a' : 1"), "ok: dyn");
}

TEST(a_condition_must_be_able_to_be_true)
{
    struct check_scope scope = { .type = root_type };

    checked("inputs.name");
    struct text text = text_bare(STR("inputs.count"));
    const struct expr *e = expr_parse(scratch, &text, &ds);
    CHECK(!expr_check_condition(e, &scope, scratch, &ds));
    CHECK(ds.first && ds.first->code == DIAG_CONDITION_NOT_BOOL);
    CHECK_STR(ds.first->message, "a condition is true or false, but this is a whole number");
    text = text_bare(STR("inputs.rows"));
    e = expr_parse(scratch, &text, &ds);
    CHECK(expr_check_condition(e, &scope, scratch, &ds));
}
