// Scripts that are one plain command are started without a shell, and nobody can tell.

#include "tests/unit/playing.h"

#include <signal.h>

#include "action/shell/plain.h"
#include "action/shell/process.h"

static const struct script_value values[] = { { { "__rb_1", 6 }, { "a b'\"$x*", 8 } },
                                              { { "__rb_2_1", 8 }, { "", 0 } } };

static struct script_run run_of(struct str text)
{
    return (struct script_run){ .text = text, .values = values, .value_count = 2 };
}

// The words, each in < >, or "-".
static struct str words_of(struct str script)
{
    struct script_run run = run_of(script);
    const struct str *words = plain_words(&run, scratch);
    struct buf *out = buf_in(scratch);

    if (!words)
        return STR("-");
    for (; words->s; words++)
        buf_format(out, "<%.*s>", STR_ARG(*words));
    return buf_str(out);
}

TEST(the_words_of_a_plain_command)
{
    static const char *const scripts[][2] = {
        { "sleep 1", "<sleep><1>" },
        { "  sleep\t 1 \n\n", "<sleep><1>" },
        { "systemctl restart \"${__rb_1}\"", "<systemctl><restart><a b'\"$x*>" },
        { "ls a\"${__rb_1}\"b", "<ls><aa b'\"$x*b>" },
        { "ls \"x ${__rb_1}\" \"${__rb_2_1}\"", "<ls><x a b'\"$x*><>" },
        { "ls 'a  b' \"c  d\" ''", "<ls><a  b><c  d><>" },
        { "ls 'a'b\"c\"", "<ls><abc>" },
        { "ls \\\n  -l", "<ls><-l>" },
        { "ls --a=b c=d", "<ls><--a=b><c=d>" },
        { "/bin/ls -1", "</bin/ls><-1>" },
        { "'ls' \"a\\\nb\"", "<ls><ab>" },
        { "ls '$x' '`' '*'", "<ls><$x><`><*>" },
    };

    for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++)
        CHECK_STR(words_of(str_from(scripts[i][0])), scripts[i][1]);
}

TEST(whatever_a_shell_could_do_more_than_take_words_is_not_plain)
{
    static const char *const scripts[] = {
        "",
        "\n",
        "''",
        "echo x",
        "true",
        "cd /",
        "test -e x",
        ". x",
        ": x",
        "[ -e x ]",
        "if",
        "time ls",
        "exec ls",
        "a=b",
        "a=b ls",
        "a+=b ls",
        "%1",
        "ls *",
        "ls ?",
        "ls [a]",
        "ls ~",
        "ls $x",
        "ls ${x}",
        "ls \"$x\"",
        "ls `x`",
        "ls \"`x`\"",
        "ls $(x)",
        "ls; ls",
        "ls & ls",
        "ls | ls",
        "ls && ls",
        "ls > x",
        "ls < x",
        "ls 2>&1",
        "ls <<E\nE",
        "(ls)",
        "{ ls; }",
        "! ls",
        "ls # x",
        "ls\nls",
        "ls {a,b}",
        "ls \\x",
        "ls \"\\x\"",
        "ls 'x",
        "ls \"x",
        "ls $'x'",
        "ls a!b",
        "ls ^a",
        "ls \r",
        "ls\r\n",
        "ls \xc3\xa9",
        "ls ${__rb_1}",
        "ls ${__rb_3+}",
        "ls \"${__rb_3}\"",
        "ls \"${__rb_1}x${\"",
        "ls \x01",
        "alias",
        "let a",
        "while",
        "function f",
        "coproc ls",
        "select",
        "kill 1",
        "printf x",
        "pwd",
    };

    for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
        if (!str_is(words_of(str_from(scripts[i])), "-"))
            printf("# %s\n", scripts[i]);
        CHECK_STR(words_of(str_from(scripts[i])), "-");
    }
    struct script_run secret = run_of(STR("ls \"${__rb_1}\""));
    CHECK(plain_words(&secret, scratch));
    secret.secret = true;
    CHECK(!plain_words(&secret, scratch));
}

TEST(every_builtin_and_reserved_word_of_bash_is_left_to_it)
{
    struct play *p = play("shell: compgen -bk", no_values());
    struct value lines = VALUE_NONE;

    CHECK(good(p) && value_field(p->outcome.result, "lines", scratch, &lines));
    CHECK(value_size(lines) > 60);
    for (size_t i = 0; i < value_size(lines); i++)
        CHECK_STR(words_of(value_item(lines, i).s), "-");
}

// ---- beside bash

static uint64_t random_below(uint64_t *state, uint64_t n)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % n;
}

static void add_random(struct buf *out, uint64_t *state)
{
    static const char *const pieces[] = { "a",         "b", " ",  "'",   "\"",   "\"${__rb_1}\"",
                                          "-",         "=", "/",  "\t",  "\\\n", "%",
                                          "${__rb_1}", ",", "\n", "x y", "''",   "\"\"",
                                          ":",         "+", "$" };

    for (uint64_t n = 1 + random_below(state, 9); n; n--)
        buf_add_s(out, pieces[random_below(state, sizeof(pieces) / sizeof(*pieces))]);
}

TEST(bash_reads_the_same_words)
{
    struct buf *script = buf_in(scratch), *want = buf_in(scratch);
    uint64_t state = 1;
    size_t plain = 0;

    for (int i = 0; i < 20000; i++) {
        struct buf *one = buf_in(scratch);
        buf_add_s(one, "ls ");
        add_random(one, &state);
        struct str words = words_of(buf_str(one));
        if (str_is(words, "-"))
            continue;
        plain++;
        buf_format(want, "%.*s\n", STR_ARG(words));
        buf_format(script, "set -- %.*s\nprintf '<%%s>' \"$@\"; echo\n", STR_ARG(buf_str(one)));
    }
    CHECK(plain > 1000);
    struct play *p = play(
        "shell: {run: \"__rb_1=${{ v }}; eval \\\"$(cat)\\\"\", stdin: \"${{ s }}\"}", no_values());
    (void)p;
    struct value_builder *b = value_map_start(scratch);
    value_put_s(b, "v", value_string(values[0].value));
    value_put_s(b, "s", value_string(buf_str(script)));
    p = play("shell: {run: \"w=${{ v }}; __rb_1=$w; eval \\\"$(cat)\\\"\", stdin: \"${{ s }}\"}",
             value_finish(b));
    CHECK(good(p));
    CHECK(str_equal(buf_str(p->output), buf_str(want)));
}

// The same script as it is, and where bash has to run it.
static struct str both(const char *script, const char *field)
{
    struct play *plain = play(str_format(scratch, "shell: %s", script).s, no_values());
    struct play *other = play(str_format(scratch, "shell: \":; %s\"", script).s, no_values());

    CHECK(plain->at.job && other->at.job);
    if (!str_equal(text_of(plain, field), text_of(other, field)))
        printf("# %.*s\n# %.*s\n", STR_ARG(text_of(plain, field)), STR_ARG(text_of(other, field)));
    CHECK(str_equal(text_of(plain, field), text_of(other, field)));
    CHECK(plain->outcome.verdict == other->outcome.verdict);
    CHECK(plain->outcome.rule == other->outcome.rule);
    CHECK(plain->outcome.not_started == other->outcome.not_started);
    return text_of(plain, field);
}

TEST(a_plain_command_is_started_without_a_shell)
{
    struct play *p = play("shell: sleep 0", no_values());
    const struct process *process = p->at.job;

    CHECK(good(p));
    CHECK_STR(process->argv[0], "sleep");
    p = play("shell: {run: sleep 0, shell: sh}", no_values());
    process = p->at.job;
    CHECK_STR(process->argv[0], "sh");
    p = play("shell: sleep ${{ v }}", one_value("v", value_secret(value_text("0.000001"))));
    process = p->at.job;
    CHECK(good(p));
    CHECK_STR(process->argv[0], "bash");
}

TEST(what_cannot_be_started_fails_as_it_does_in_bash)
{
    CHECK_STR(both("no-such-program-here", "exit"), "127");
    CHECK_STR(both("no-such-program-here a", "stderr"),
              "bash: line 1: no-such-program-here: command not found");
    CHECK_STR(both("/no/such/program", "stderr"),
              "bash: line 1: /no/such/program: No such file or directory");
    CHECK_STR(both("/etc/passwd", "exit"), "126");
    CHECK_STR(both("/etc/passwd", "stderr"), "bash: line 1: /etc/passwd: Permission denied");
    CHECK_STR(both("/tmp", "stderr"), "bash: line 1: /tmp: Is a directory");
}

TEST(a_file_that_is_no_program_is_a_script_of_bash)
{
    struct str folder = new_folder();
    struct str path = str_format(scratch, "%.*s/script", STR_ARG(folder));
    FILE *f = fopen(path.s, "w");

    CHECK(f);
    fputs("echo script \"$1\"\n", f);
    fclose(f);
    chmod(path.s, 0700);
    CHECK_STR(both(str_format(scratch, "%.*s word", STR_ARG(path)).s, "stdout"), "script word");
    f = fopen(path.s, "w");
    fputs("#!/no/such/interpreter\n", f);
    fclose(f);
    CHECK_STR(both(path.s, "exit"), "127");
    both(path.s, "stderr");
}

TEST(a_plain_command_ends_as_it_does_in_bash)
{
    CHECK_STR(both("ls /no/such/file", "exit"), "2");
    CHECK_STR(both("perl -e 'kill 9, $$'", "signal"), "KILL");
    CHECK_STR(both("perl -e 'kill 9, $$'", "exit"), "137");
    CHECK_STR(both("perl -e 'exit 200'", "exit"), "200");
    CHECK_STR(both("cat", "stdout"), "");
}

TEST(a_plain_command_has_the_environment_that_bash_gives)
{
    static const char *const inherited[] = {
        "PATH=/usr/bin:/bin", "A=1", "B=x y", "PWD=/usr", "OLDPWD=/no/such/folder",
        "_=/usr/bin/runbook", NULL
    };
    struct str outputs[2];

    for (int i = 0; i < 2; i++) {
        struct play *p = play_new(i ? "    shell: \":; env\"\n" : "    shell: env\n", no_values());
        struct str *env = NEW_ARRAY(scratch, struct str, 10);
        for (int k = 0; inherited[k]; k++)
            env[k] = str_from(inherited[k]);
        p->at.env = env;
        p->at.dir = STR("/usr/share");
        CHECK(play_resolve(p));
        play_start(p);
        play_wait(p);
        CHECK(good(p));
        outputs[i] = text_of(p, "lines");
        CHECK(((struct process *)p->at.job)->argv[0].n == (i ? 4u : 3u));
    }
    static const char *const names[] = { "\"A=1\"",     "\"B=x y\"",          "\"PWD=/usr/share\"",
                                         "\"SHLVL=0\"", "\"_=/usr/bin/env\"", NULL };
    for (int i = 0; i < 2; i++) {
        for (int k = 0; names[k]; k++)
            CHECK(str_search(outputs[i], str_from(names[k])) != SIZE_MAX);
        CHECK(str_search(outputs[i], STR("OLDPWD")) == SIZE_MAX);
    }
    CHECK(outputs[0].n == outputs[1].n);
}

TEST(a_variable_that_bash_obeys_leaves_it_to_bash)
{
    static const char *const names[] = { "BASH_ENV=/x",
                                         "ENV=/x",
                                         "SHELLOPTS=xtrace",
                                         "POSIXLY_CORRECT=1",
                                         "BASH_FUNC_ls%%=() { :; }",
                                         "SHLVL=abc",
                                         "SHLVL=1000" };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        struct str env[] = { STR("PATH=/usr/bin:/bin"), str_from(names[i]), { 0 } };
        CHECK(!plain_environment(env, STR("/"), STR("ls"), scratch));
        env[1] = STR("A=1");
        CHECK(plain_environment(env, STR("/"), STR("ls"), scratch));
    }
    struct str none[] = { STR("A=1"), { 0 } };
    CHECK(!plain_environment(none, STR("/"), STR("ls"), scratch));
}
