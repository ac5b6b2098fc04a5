// shell and exec: what a process is given, and what its end means.

#include "tests/unit/playing.h"

#include "action/shell/script.h"

#include <signal.h>

static bool failed(const struct play *p, const char *words)
{
    bool so = p->over && p->outcome.verdict == VERDICT_FAILED &&
              str_search(p->outcome.message, str_from(words)) != SIZE_MAX;

    if (!so)
        printf("# verdict %d: %.*s\n", p->outcome.verdict, STR_ARG(p->outcome.message));
    return so;
}

TEST(a_program_that_is_not_there_is_a_failure_in_which_nothing_was_started)
{
    struct play *p = play("exec: [no-such-program-here]", no_values());

    CHECK(failed(p, "cannot start `no-such-program-here`: there is no such program"));
    CHECK(p->outcome.not_started);
}

TEST(a_file_that_may_not_be_run_is_told_apart_from_one_that_is_not_there)
{
    struct play *p = play("exec: [/etc/passwd]", no_values());

    CHECK(failed(p, "permission denied"));
    CHECK(p->outcome.not_started);
}

TEST(a_script_whose_interpreter_is_not_there_is_told_so)
{
    struct str folder = new_folder(), path = str_format(scratch, "%.*s/x", STR_ARG(folder));
    FILE *f = fopen(path.s, "w");

    CHECK(f && fputs("#! /no/such/interpreter -x\nword\n", f) >= 0 && fclose(f) == 0);
    CHECK(chmod(path.s, 0700) == 0);
    struct play *p = play(str_format(scratch, "exec: [\"%.*s\"]", STR_ARG(path)).s, no_values());
    CHECK(failed(p, "what it needs to run is not there (`/no/such/interpreter -x`)"));
    CHECK(p->outcome.not_started);
    CHECK(failed(play("exec: [/no/such/file]", no_values()), "there is no such program"));
}

TEST(a_folder_that_is_not_there_is_named)
{
    struct play *p = play_new("    exec: [\"true\"]\n", no_values());

    p->at.dir = STR("/no/such/folder");
    CHECK(play_resolve(p));
    play_start(p);
    play_wait(p);
    CHECK(failed(p, "'/no/such/folder'"));
    CHECK(p->outcome.not_started);
}

TEST(an_exit_status_is_judged_by_ok_exit)
{
    CHECK(!play("shell: exit 3", no_values())->outcome.rule);
    CHECK_STR(play("shell: exit 3", no_values())->outcome.message, "it exited with 3");
    CHECK(good(play("shell: {run: exit 3, ok_exit: [0, 3]}", no_values())));
    CHECK(!play("shell: {run: exit 0, ok_exit: 3}", no_values())->outcome.rule);
}

TEST(a_signal_is_named)
{
    struct play *p = play("shell: kill -KILL $$", no_values());

    CHECK(p->outcome.verdict == VERDICT_DONE && !p->outcome.rule && p->outcome.killed);
    CHECK_STR(text_of(p, "signal"), "KILL");
    CHECK_STR(text_of(p, "exit"), "137");
}

TEST(a_timeout_is_a_failure_once_all_is_reaped)
{
    struct play *p = play_new("    shell: sleep 100\n", no_values());

    p->at.timeout_ms = 100;
    CHECK(play_resolve(p));
    play_start(p);
    play_wait(p);
    CHECK(failed(p, "timed out after 100ms"));
    CHECK(p->outcome.timed_out && !p->outcome.not_started);
}

TEST(a_cancelled_step_is_cancelled)
{
    struct play *p = play_new("    shell: echo ready; sleep 100\n", no_values());

    CHECK(play_resolve(p));
    play_start(p);
    while (!p->output->n)
        loop_turn(p->session.loop);
    p->at.action->cancel(&p->at, false);
    play_wait(p);
    CHECK(p->outcome.verdict == VERDICT_CANCELLED);
}

TEST(when_the_keeper_is_lost_the_outcome_is_unknown)
{
    struct play *p = play_new("    shell: echo ready; sleep 100\n", no_values());

    CHECK(play_resolve(p));
    play_start(p);
    while (!p->output->n)
        loop_turn(p->session.loop);
    kill((pid_t)keeper_pid(p->session.keeper), SIGKILL);
    play_wait(p);
    CHECK(p->outcome.verdict == VERDICT_UNKNOWN);
    CHECK(str_search(p->outcome.message, STR("keeper lost")) != SIZE_MAX);
    CHECK(p->outcome.left_count > 0);
    for (size_t i = 0; i < p->outcome.left_count; i++)
        kill((pid_t)p->outcome.left[i].pid, SIGKILL);
}

TEST(a_result_has_the_output_in_all_its_forms)
{
    struct play *p = play("shell: \"echo '{\\\"a\\\": [1, 2]}'; echo oops >&2\"", no_values());

    CHECK(good(p));
    CHECK_STR(text_of(p, "stdout"), "{\"a\": [1, 2]}");
    CHECK_STR(text_of(p, "stderr"), "oops");
    CHECK_STR(text_of(p, "json"), "{\"a\":[1,2]}");
    CHECK_STR(text_of(p, "truncated"), "false");
    CHECK_STR(text_of(play("shell: \"printf 'a\\\\n\\\\nb\\\\n'\"", no_values()), "lines"),
              "[\"a\",\"\",\"b\"]");
    CHECK_STR(text_of(play("shell: echo hello", no_values()), "json"), "no json: ");
    CHECK_STR(text_of(play("shell: \"true\"", no_values()), "lines"), "[]");
}

TEST(the_middle_of_a_long_output_is_left_out_and_that_is_said)
{
    struct play *p = play("shell: \"echo first; head -c 3000000 /dev/zero; echo last\"",
                          no_values());

    CHECK(good(p));
    CHECK_STR(text_of(p, "truncated"), "true");
    struct str out = text_of(p, "stdout");
    CHECK(str_starts(out, "first\n") && str_ends(out, "last"));
    CHECK(str_search(out, STR("bytes are left out here")) != SIZE_MAX);
    CHECK(p->output->n == 3000011);
}

TEST(standard_input_is_empty_unless_it_is_given)
{
    CHECK_STR(text_of(play("shell: cat", no_values()), "stdout"), "");
    CHECK_STR(text_of(play("shell: {run: cat, stdin: \"${{ v }}\"}",
                           one_value("v", value_text("a $(b)"))),
                      "stdout"),
              "a $(b)");
    CHECK_STR(text_of(play("exec: {argv: [cat], stdin: x}", no_values()), "stdout"), "x");
}

TEST(bash_stops_at_the_first_failure_also_in_a_pipe_and_at_an_unset_variable)
{
    CHECK_STR(text_of(play("shell: \"false; echo on\"", no_values()), "stdout"), "");
    CHECK_STR(text_of(play("shell: \"false | true; echo on\"", no_values()), "exit"), "1");
    CHECK_STR(text_of(play("shell: \"echo $nothing\"", no_values()), "exit"), "1");
    CHECK_STR(
        text_of(play("shell: {run: \"false | true; echo on\", shell: sh}", no_values()), "stdout"),
        "on");
}

TEST(exec_gives_each_argument_as_it_is)
{
    struct value_builder *b = value_list_start(scratch);

    value_add(b, value_text("x  y"));
    value_add(b, value_text("$(id)"));
    struct value l = one_value("l", value_finish(b));
    struct play *p = play("exec: [printf, \"[%s]\", a b, \"${{ l }}\", \"'${{ l[0] }}'\"]", l);
    CHECK(good(p));
    CHECK_STR(text_of(p, "stdout"), "[a b][x  y][$(id)]['x  y']");
    CHECK_STR(described(p), "printf '[%s]' 'a b' 'x  y' '$(id)' ''\\''x  y'\\'''\n");
}

TEST(a_secret_cannot_be_an_argument)
{
    struct play *p = play("exec: [echo, \"${{ v }}\"]",
                          one_value("v", value_secret(value_text("hunter2hunter2"))));

    CHECK(!p->resolved);
}

TEST(a_script_does_not_show_its_values_to_what_it_starts)
{
    struct value v = one_value("v", value_text("hunter2hunter2"));

    CHECK(good(play("shell: \"x=${{ v }}; ! env | grep [h]unter2\"", v)));
    CHECK(good(
        play("shell: \"x=${{ v }}; ! tr '\\\\0' ' ' </proc/self/environ | grep [h]unter2\"", v)));
    CHECK(good(
        play("shell: \"x=${{ v }}; ! tr '\\\\0' ' ' </proc/$$/cmdline | grep [h]unter2\"", v)));
    CHECK(good(play("shell: {shell: sh, run: \"x=${{ v }}; ! env | grep [h]unter2\"}", v)));
}

TEST(a_long_value_goes_through_in_pieces_and_a_longer_one_is_refused)
{
    char *text = arena_alloc(scratch, 1, SCRIPT_VALUE_MAX + 2);

    memset(text, 'x', SCRIPT_VALUE_MAX + 1);
    struct str most = { text, SCRIPT_VALUE_MAX }, more = { text, SCRIPT_VALUE_MAX + 1 };
    CHECK_STR(text_of(play("shell: \"v=${{ v }}; echo ${#v}\"", one_value("v", value_string(most))),
                      "stdout"),
              "131072");
    struct play *p = play("shell: echo ${{ v }}", one_value("v", value_string(more)));
    CHECK(!p->resolved && str_search(p->error.help, STR("stdin")) != SIZE_MAX);
}

TEST(many_values_and_a_long_script_find_another_way)
{
    struct value_builder *b = value_list_start(scratch);
    struct buf *script = buf_in(scratch);

    for (int i = 0; i < 20000; i++)
        value_add(b, value_string(str_format(scratch, "item %d '", i)));
    CHECK_STR(text_of(play("shell: \"n=0; for x in ${{ l }}; do n=$((n + 1)); done; echo $n $x\"",
                           one_value("l", value_finish(b))),
                      "stdout"),
              "20000 item 19999 '");
    buf_add_s(script, "    shell:\n      run: |\n");
    for (int i = 0; i < 10000; i++)
        buf_format(script, "        x=%d # \"'a comment\n", i);
    buf_add_s(script, "        echo $x $(cat) ${{ v }}\n      stdin: given\n");
    struct play *p = play_new(script->s, one_value("v", value_text("a'b")));
    CHECK(play_resolve(p));
    play_start(p);
    play_wait(p);
    CHECK(good(p));
    CHECK_STR(text_of(p, "stdout"), "9999 given a'b");
}

TEST(what_is_left_running_is_named_or_killed_or_meant)
{
    struct play *p = play("shell: \"setsid -f sleep 31.0031 >/dev/null 2>&1 </dev/null\"",
                          no_values());

    CHECK(good(p));
    CHECK(p->outcome.left_count == 1);
    CHECK_STR(p->outcome.left[0].command, "sleep 31.0031");
    kill((pid_t)p->outcome.left[0].pid, SIGKILL);
    p = play("shell: {daemon: false, run: \"setsid -f sleep 31.0032 >/dev/null 2>&1 </dev/null\"}",
             no_values());
    CHECK(good(p));
    CHECK(p->outcome.left_count == 0 || !p->outcome.left[0].alive);
}

TEST(what_makes_no_sense_is_refused_at_load)
{
    CHECK(!play("shell: {run: x, ok_exit: 300}", no_values())->loaded);
    CHECK(!play("shell: {run: x, tty: true, stdin: y}", no_values())->loaded);
    CHECK(!play("shell: {run: x, host: h, shell: sh}", no_values())->loaded);
    CHECK(!play("exec: []", no_values())->loaded);
    CHECK(!play("shell: echo '${{ v }}'", no_values())->loaded);
}

TEST(variables_that_choose_the_code_are_not_set_from_values)
{
    static const char *const names[] = { "BASH_ENV", "ENV", "LD_PRELOAD",      "IFS",
                                         "PATH",     "PS4", "GIT_SSH_COMMAND", "BASH_FUNC_ls%%",
                                         "SHELLOPTS" };

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        CHECK(!env_name_is_safe(str_from(names[i])));
        struct str yaml = str_format(scratch, "    env: {\"%s\": \"${{ v }}\"}\n    shell: x\n",
                                     names[i]);
        CHECK(!play_new(yaml.s, no_values())->loaded);
        yaml = str_format(scratch, "    env: {\"%s\": plain}\n    shell: x\n", names[i]);
        CHECK(play_new(yaml.s, no_values())->loaded);
    }
    CHECK(env_name_is_safe(STR("PATHS")) && env_name_is_safe(STR("TOKEN")));
}
