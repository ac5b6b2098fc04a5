// What a runbook gets before its first step: inputs, secrets, vars, env, connections.

#include "exec/frame.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "exec/environ.h"
#include "tests/unit/test.h"

// A runbook in a folder of its own, and a frame of it.
struct fixture {
    struct str dir;
    struct diags ds;
    struct project *project;
    struct program *program;
    struct frame frame;
    struct mask *mask;
    struct value now;
};

static void forget(void *arg)
{
    struct fixture *x = arg;
    struct str command = str_format(scratch, "rm -rf '%.*s'", STR_ARG(x->dir));

    if (system(command.s) != 0)
        puts("# cannot clean up");
}

static void put_file(const struct fixture *x, const char *name, const char *text)
{
    FILE *f = fopen(str_format(scratch, "%.*s/%s", STR_ARG(x->dir), name).s, "we");

    if (f) {
        fputs(text, f);
        fclose(f);
    }
}

static struct fixture *fixture_of(const char *text)
{
    struct fixture *x = NEW(scratch, struct fixture);
    char dir[] = "/tmp/frame-test-XXXXXX";

    x->dir = str_copy(scratch, str_from(mkdtemp(dir)));
    arena_defer(scratch, forget, x);
    x->ds.arena = scratch;
    x->mask = mask_new(scratch);
    x->now = value_timestamp(0, 0);
    put_file(x, "rb.yaml",
             str_format(scratch, "runbook: 1\nname: rb\ntype: application\n%s%s", text,
                        strstr(text, "steps:") ? "" : "steps: [{id: a, shell: echo}]\n")
                 .s);
    x->project = project_find(scratch, x->dir, action_names(), &x->ds);
    x->program = program_load(scratch, x->project,
                              str_format(scratch, "%.*s/rb.yaml", STR_ARG(x->dir)), &x->ds);
    if (x->program)
        x->frame.module = x->program->root;
    return x;
}

static const char *said(const struct fixture *x)
{
    return x->ds.first ? str_copy(scratch, x->ds.first->message).s : "";
}

static bool give(struct fixture *x, const char *name, const char *text)
{
    struct given g = { .name = str_from(name), .text = str_from(text) };

    return frame_inputs(&x->frame, &g, name ? 1 : 0, x->dir, x->now, scratch, &x->ds);
}

// The input `v` of a type, given as text: what it became, or the first word of the refusal.
static struct str given_as(const char *type, const char *text)
{
    struct fixture *x = fixture_of(str_format(scratch, "inputs: {v: {type: %s}}\n", type).s);
    struct value v;

    if (!x->program || !give(x, "v", text))
        return str_from("refused");
    value_field(x->frame.inputs, "v", scratch, &v);
    return value_show(v, scratch, 80);
}

TEST(numbers_are_read_strictly)
{
    CHECK_STR(given_as("int", "41"), "41");
    CHECK_STR(given_as("int", "-9223372036854775808"), "-9223372036854775808");
    CHECK_STR(given_as("int", "9223372036854775808"), "refused");
    CHECK_STR(given_as("int", "1.5"), "refused");
    CHECK_STR(given_as("int", "+1"), "refused");
    CHECK_STR(given_as("int", "007"), "refused");
    CHECK_STR(given_as("int", ""), "refused");
    CHECK_STR(given_as("int", " 1"), "refused");
    CHECK_STR(given_as("number", "1.5"), "1.5");
    CHECK_STR(given_as("number", "-2e3"), "-2000");
    CHECK_STR(given_as("number", "1,5"), "refused");
    CHECK_STR(given_as("number", "1e999"), "refused");
    CHECK_STR(given_as("number", "nan"), "refused");
    CHECK_STR(given_as("number", "0x10"), "refused");
}

TEST(other_types_are_read_strictly)
{
    CHECK_STR(given_as("bool", "true"), "true");
    CHECK_STR(given_as("bool", "yes"), "refused");
    CHECK_STR(given_as("duration", "1h30m"), "1h30m");
    CHECK_STR(given_as("duration", "30"), "refused");
    CHECK_STR(given_as("list", "[a, 'b c', 3]"), "[\"a\", \"b c\", 3]");
    CHECK_STR(given_as("list", "a, b"), "refused");
    CHECK_STR(given_as("list", "[a"), "refused");
    CHECK_STR(given_as("list", "['${{ 1 + 1 }}']"), "[\"${{ 1 + 1 }}\"]");
    CHECK_STR(given_as("string", "no"), "\"no\"");
    CHECK_STR(given_as("string", ""), "\"\"");
    CHECK_STR(given_as("path", ""), "refused");
    CHECK_STR(given_as("path", "no-such-file"), "refused");
    CHECK_STR(given_as("path", "/tmp"), "\"/tmp\"");
}

TEST(a_path_from_a_flag_is_relative_to_where_it_was_given)
{
    struct fixture *x = fixture_of("inputs: {v: {type: path}, w: {type: path, exists: false, "
                                   "default: sub/new}}\n");
    struct value v;

    CHECK(give(x, "v", "rb.yaml"));
    value_field(x->frame.inputs, "v", scratch, &v);
    CHECK(str_starts(v.s, "/tmp/frame-test-") && str_ends(v.s, "/rb.yaml"));
    value_field(x->frame.inputs, "w", scratch, &v);
    CHECK_STR(v.s, "sub/new");
}

TEST(all_problems_are_told_together)
{
    struct fixture *x = fixture_of("inputs: {a: {type: int}, b: {}, count: {default: 1}}\n");
    struct given g[] = { { .name = STR("a"), .text = STR("x") },
                         { .name = STR("cuont"), .text = STR("x") } };

    CHECK(!frame_inputs(&x->frame, g, 2, x->dir, x->now, scratch, &x->ds));
    CHECK(x->ds.errors == 3);
    CHECK_STR(x->ds.first->message, "there is no input `cuont`");
    CHECK_STR(x->ds.first->help, "did you mean `count`?");
    CHECK_STR(x->ds.first->next->message, "input `a` is `x`, which is not a whole number");
    CHECK_STR(x->ds.last->message, "input `b` is required and not given");
}

TEST(what_is_not_required_is_simply_not_there)
{
    struct fixture *x = fixture_of("inputs: {a: {required: false}}\n");
    struct value v;

    CHECK(give(x, NULL, ""));
    CHECK(!value_field(x->frame.inputs, "a", scratch, &v));
}

TEST(what_an_input_must_hold)
{
    const char *inputs = "inputs: {v: {type: int, min: 2, max: 4, default: 3}, w: {pattern: "
                         "'[a-z]+', default: abc}, x: {enum: [one, '2'], default: one}}\n";

    CHECK(give(fixture_of(inputs), "v", "4"));
    CHECK(!give(fixture_of(inputs), "v", "5"));
    CHECK(!give(fixture_of(inputs), "v", "1"));
    CHECK(give(fixture_of(inputs), "w", "xyz"));
    CHECK(!give(fixture_of(inputs), "w", "xyz1"));
    CHECK(!give(fixture_of(inputs), "w", "xyz\n"));
    CHECK(give(fixture_of(inputs), "x", "2"));
    CHECK(!give(fixture_of(inputs), "x", "3"));
}

TEST(a_version_stays_as_it_was_written)
{
    struct fixture *x = fixture_of("inputs: {v: {default: 1.10}}\n");
    struct value v;

    CHECK(give(x, NULL, ""));
    value_field(x->frame.inputs, "v", scratch, &v);
    CHECK_STR(v.s, "1.10");
}

TEST(a_secret_input_is_never_given_by_a_flag_nor_shown)
{
    struct fixture *x = fixture_of("inputs: {v: {secret: true, pattern: '[0-9]+'}}\n");
    struct given g = { .name = STR("v"),
                       .has_value = true,
                       .value = value_string(STR("hunter2hunter2")) };
    struct value v;

    CHECK(!give(x, "v", "1234567"));
    CHECK(!frame_inputs(&x->frame, &g, 1, x->dir, x->now, scratch, &x->ds));
    for (const struct diag *d = x->ds.first; d; d = d->next)
        CHECK(str_search(d->message, STR("hunter2")) == SIZE_MAX &&
              str_search(d->message, STR("1234567")) == SIZE_MAX);
    g.value = value_string(STR("1234567"));
    CHECK(frame_inputs(&x->frame, &g, 1, x->dir, x->now, scratch, &x->ds));
    CHECK(value_field(x->frame.inputs, "v", scratch, &v) && v.secret);
    CHECK(frame_secrets(&x->frame, x->mask, x->now, scratch, &x->ds));
    CHECK_STR(mask_text(x->mask, STR("a 1234567 b"), scratch, NULL), "a *** b");
}

// ---- secrets ----

static struct fixture *with_secret(const char *source)
{
    struct fixture *x = fixture_of(str_format(scratch, "secrets: {t: %s}\n", source).s);

    put_file(x, "good", "hunter2hunter2\n");
    put_file(x, "short", "12345\n");
    put_file(x, "empty", "\n");
    put_file(x, "binary", "\xff\xfe\xfd\xfc\xfb\xfa\xf9");
    give(x, NULL, "");
    return x;
}

static bool read_secret(struct fixture *x)
{
    return frame_secrets(&x->frame, x->mask, x->now, scratch, &x->ds);
}

TEST(secrets_come_from_files_programs_and_variables)
{
    const char *sources[] = { "{file: good}", "{exec: [cat, good]}", "{env: FRAME_TEST_SECRET}" };
    struct value v;

    setenv("FRAME_TEST_SECRET", "hunter2hunter2", 1);
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        struct fixture *x = with_secret(sources[i]);
        CHECK(read_secret(x));
        CHECK(value_field(x->frame.secrets, "t", scratch, &v) && v.secret);
        CHECK_STR(v.s, "hunter2hunter2");
        CHECK_STR(mask_text(x->mask, STR("<hunter2hunter2>"), scratch, NULL), "<***>");
    }
    unsetenv("FRAME_TEST_SECRET");
}

TEST(the_file_of_a_secret_is_below_dir)
{
    static const char *const dirs[] = { "in", "${{ inputs.where }}" };
    struct value v;

    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        struct fixture *x = fixture_of(str_format(scratch, "dir: '%s'\n"
                                                           "inputs: {where: {default: in}}\n"
                                                           "secrets: {t: {file: good}}\n",
                                                  dirs[i])
                                           .s);
        put_file(x, "good", "not this one");
        CHECK(mkdir(str_format(scratch, "%.*s/in", STR_ARG(x->dir)).s, 0700) == 0);
        put_file(x, "in/good", "hunter2hunter2\n");
        CHECK(give(x, NULL, "") && read_secret(x));
        CHECK(value_field(x->frame.secrets, "t", scratch, &v));
        CHECK_STR(v.s, "hunter2hunter2");
    }
}

TEST(the_program_of_a_secret_may_need_another_secret)
{
    setenv("FRAME_TEST_SECRET", "hunter2hunter2", 1);
    struct fixture *x = fixture_of("secrets: {key: {env: FRAME_TEST_SECRET}, t: {exec: [sh, -c, "
                                   "'echo \"got $FRAME_TEST_SECRET\"']}}\n");
    struct value v;

    CHECK(give(x, NULL, "") && read_secret(x));
    CHECK(value_field(x->frame.secrets, "t", scratch, &v));
    CHECK_STR(v.s, "got hunter2hunter2");
    unsetenv("FRAME_TEST_SECRET");
}

TEST(a_bad_secret_names_its_source_and_never_the_value)
{
    static const struct {
        const char *source, *said;
    } bad[] = {
        { "{file: none}", "secret `t`: file `none` cannot be opened: No such file or directory" },
        { "{file: short}", "secret `t`: file `short` has fewer than 6 characters" },
        { "{file: empty}", "secret `t`: file `empty` is empty" },
        { "{file: binary}", "secret `t`: file `binary` is not text" },
        { "{file: .}", "secret `t`: file `.` cannot be read: Is a directory" },
        { "{env: FRAME_TEST_NOTHING}", "secret `t`: the variable `FRAME_TEST_NOTHING` is not set" },
        { "{exec: [no-such-program]}",
          "secret `t`: the program `no-such-program` cannot be started" },
        { "{exec: [sh, -c, 'echo hunter2hunter2; exit 3']}",
          "secret `t`: `sh` ended with status 3" },
        { "{exec: [cat, short]}", "secret `t`: what the program said has fewer than 6 characters" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fixture *x = with_secret(bad[i].source);
        CHECK(!read_secret(x));
        CHECK_STR(str_from(said(x)), bad[i].said);
        CHECK(x->ds.first && x->ds.first->code == DIAG_PREFLIGHT);
    }
}

TEST(the_variable_of_a_secret_does_not_reach_steps)
{
    struct str value;

    setenv("FRAME_TEST_SECRET", "hunter2hunter2", 1);
    struct fixture *x = with_secret("{env: FRAME_TEST_SECRET}");
    CHECK(!environment_get(x->frame.environ, STR("FRAME_TEST_SECRET"), &value));
    CHECK(environment_get(x->frame.environ, STR("PATH"), &value));
    CHECK(read_secret(x));
    unsetenv("FRAME_TEST_SECRET");
}

// ---- environment ----

TEST(what_changes_programs_behind_our_back_is_kept_away_from_steps)
{
    static const char *const names[] = { "LD_PRELOAD", "BASH_ENV", "ENV",
                                         "IFS",        "PS4",      "BASH_FUNC_ls%%" };
    struct str value;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        setenv(names[i], i ? "x" : "", 1);
    setenv("old_function", "() { echo; }", 1);
    setenv("FRAME_TEST_PLAIN", "kept=with=signs", 1);
    const struct str *vars = environment_strings(scratch);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        CHECK(!environment_get(vars, str_from(names[i]), &value) && unsetenv(names[i]) == 0);
    CHECK(!environment_get(vars, STR("old_function"), &value));
    CHECK(environment_get(vars, STR("FRAME_TEST_PLAIN"), &value));
    CHECK_STR(value, "kept=with=signs");
    unsetenv("old_function");
    unsetenv("FRAME_TEST_PLAIN");
}

static bool make(struct fixture *x)
{
    return give(x, NULL, "") && frame_secrets(&x->frame, x->mask, x->now, scratch, &x->ds) &&
           frame_vars(&x->frame, x->now, scratch, &x->ds) &&
           frame_places(&x->frame, x->project, x->now, scratch, &x->ds);
}

TEST(env_sees_the_interpreters_environment_and_the_rest_sees_env)
{
    setenv("FRAME_TEST_A", "outside", 1);
    struct fixture *x = fixture_of("vars: {v: '${{ env.FRAME_TEST_A }}'}\n"
                                   "env: {FRAME_TEST_A: 'in ${{ env.FRAME_TEST_A }}', B: "
                                   "'${{ env.FRAME_TEST_A }}'}\n"
                                   "dir: '/${{ env.FRAME_TEST_A }}'\n");
    struct value v;
    struct str text;

    CHECK(make(x));
    value_field(x->frame.vars, "v", scratch, &v);
    CHECK_STR(v.s, "outside");
    value_field(x->frame.env, "FRAME_TEST_A", scratch, &v);
    CHECK_STR(v.s, "in outside");
    value_field(x->frame.env, "B", scratch, &v);
    CHECK_STR(v.s, "outside");
    CHECK(environment_get(x->frame.environ, STR("FRAME_TEST_A"), &text));
    CHECK_STR(text, "in outside");
    unsetenv("FRAME_TEST_A");
}

TEST(what_is_missing_from_the_environment_is_told_with_its_place)
{
    struct fixture *x = fixture_of("vars: {v: '${{ env.FRAME_TEST_NOTHING }}'}\n");

    CHECK(!make(x));
    CHECK(x->ds.first && x->ds.first->code == DIAG_PREFLIGHT && x->ds.first->span.source);
    CHECK(str_search(x->ds.first->message, STR("FRAME_TEST_NOTHING")) != SIZE_MAX);
}

static const struct resolved_connection *connection(const struct fixture *x, const char *name)
{
    const struct connections *c = &x->frame.connections;

    for (size_t i = 0; i < c->count; i++)
        if (str_is(c->items[i].name, name))
            return &c->items[i];
    return NULL;
}

TEST(connections_are_worked_out)
{
    struct fixture *x = fixture_of(
        "secrets: {t: {exec: [printf, hunter2hunter2]}}\n"
        "connections:\n"
        "  db: sqlite:app.db\n"
        "  pg: 'postgresql://u:${{ secrets.t }}@h/d'\n"
        "  api: {url: 'http://h/', headers: {X: '1'}, timeout: 5s, tls: {verify: "
        "false, ca: ca.pem}}\n");
    CHECK(make(x));
    CHECK(str_starts(connection(x, "db")->url, "sqlite:/tmp/frame-test-"));
    CHECK_STR(connection(x, "pg")->url, "postgresql://u:hunter2hunter2@h/d");
    CHECK(connection(x, "pg")->secret && !connection(x, "db")->secret);
    CHECK(connection(x, "api")->timeout_ms == 5000 && !connection(x, "api")->tls_verify);
    CHECK_STR(connection(x, "api")->headers[0], "X: 1");
    CHECK(str_starts(connection(x, "api")->ca, "/tmp/frame-test-"));
}

TEST(a_drill_uses_what_it_says_instead)
{
    struct fixture *x = fixture_of("inputs: {target: {default: live}, other: {default: o}}\n"
                                   "connections: {db: 'sqlite:/live.db', keep: 'sqlite:/k.db'}\n"
                                   "env: {E: live, F: f}\n"
                                   "drill: {inputs: {target: copy}, env: {E: drill}, connections: "
                                   "{db: 'sqlite:/drill.db'}}\n");
    struct value v;

    x->frame.drill = true;
    CHECK(make(x));
    value_field(x->frame.inputs, "target", scratch, &v);
    CHECK_STR(v.s, "copy");
    value_field(x->frame.env, "E", scratch, &v);
    CHECK_STR(v.s, "drill");
    CHECK_STR(connection(x, "db")->url, "sqlite:/drill.db");
    CHECK_STR(connection(x, "keep")->url, "sqlite:/k.db");
}

// ---- preflight ----

static struct str missing(const char *requires)
{
    struct fixture *x = fixture_of(str_format(scratch, "requires: %s\n", requires).s);

    if (!make(x) || preflight(x->program, &x->frame, scratch, &x->ds))
        return STR("");
    return x->ds.first->message;
}

TEST(preflight_finds_what_is_not_there)
{
    CHECK_STR(missing("{tools: [sh, bash, 'bash >= 4']}"), "");
    CHECK_STR(missing("{tools: [no-such-tool]}"), "tool `no-such-tool` is not there");
    CHECK(str_starts(missing("{tools: ['bash >= 999']}"), "`bash` is version "));
    CHECK_STR(missing("{env: [FRAME_TEST_NOTHING]}"),
              "the variable `FRAME_TEST_NOTHING` is not set");
    CHECK_STR(missing("{env: [PATH]}"), "");
    CHECK_STR(missing("{files: [rb.yaml]}"), "");
    CHECK_STR(missing("{files: [none.yaml]}"), "file `none.yaml` is not there");
    CHECK_STR(missing("{runbook: '>=0.1'}"), "");
    CHECK(str_search(missing("{runbook: '>=999.0'}"), STR("`>=999.0` is asked for")) != SIZE_MAX);
}
