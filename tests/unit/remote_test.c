// host: a script on another machine, which is this one behind an sshd of its own.

#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/hostile.h"
#include "tests/unit/playing.h"

static struct str there;  // folder of the machine; empty: there is no sshd
static pid_t sshd;

static void stop_sshd(void)
{
    if (sshd)
        kill(sshd, SIGTERM);
    if (there.n)
        remove_folder((void *)(uintptr_t)there.s);
}

// Once for all tests; its folder must outlive the scratch arena.
static bool have_sshd(void)
{
    static bool asked;
    static char folder[] = "/tmp/action-sshd-XXXXXX";
    char pid[32] = "";

    if (asked)
        return sshd != 0;
    asked = true;
    if (!mkdtemp(folder))
        abort();
    there = str_from(folder);
    atexit(stop_sshd);
    struct str command = str_format(scratch, "sh tests/tools/sshd.sh %s", folder);
    FILE *out = popen(command.s, "r");
    if (!out || !fgets(pid, sizeof(pid), out))
        printf("# no sshd here: these tests say nothing\n");
    sshd = (pid_t)atoi(pid);
    if (out)
        pclose(out);
    setenv("PATH", str_format(scratch, "%s/bin:%s", folder, getenv("PATH")).s, 1);
    return sshd != 0;
}

static bool says(const struct play *p, enum verdict verdict, const char *words)
{
    bool so = p->over && p->outcome.verdict == verdict &&
              str_search(p->outcome.message, str_from(words)) != SIZE_MAX;

    if (!so)
        printf("# verdict %d: %.*s %.*s\n", p->outcome.verdict, STR_ARG(p->error.message),
               STR_ARG(p->outcome.message));
    return so;
}

TEST(a_machine_that_cannot_be_reached_has_done_nothing)
{
    static const char *const hosts[] = { "nobody-listens", "unknown-key", "not-let-in",
                                         "no-such-host.invalid" };

    for (size_t i = 0; have_sshd() && i < sizeof(hosts) / sizeof(*hosts); i++) {
        struct play *p = play(
            str_format(scratch, "shell: {host: %s, run: touch /tmp/x}", hosts[i]).s, no_values());
        CHECK(says(p, VERDICT_FAILED, "cannot be reached"));
        CHECK(p->outcome.not_started);
    }
}

TEST(a_host_that_is_an_option_is_refused)
{
    static const char *const hosts[] = { "-oProxyCommand=touch pwned", "a b", "a;b", "$(x)", "" };

    for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
        struct play *p = play("shell: {host: \"${{ v }}\", run: echo x}",
                              one_value("v", value_text(hosts[i])));
        CHECK(p->loaded && !p->resolved);
    }
}

TEST(a_script_runs_there_with_its_values_and_environment)
{
    struct value v = one_value("v", value_text("it's $(id) \"x\"\n*"));

    if (!have_sshd())
        return;
    struct play *p = play_new("    env: {COLOUR: \"red 'n blue\"}\n"
                              "    dir: /usr\n"
                              "    shell:\n"
                              "      host: there\n"
                              "      stdin: given\n"
                              "      ok_exit: 3\n"
                              "      run: |\n"
                              "        printf '%s|' ${{ v }} \"$COLOUR\" \"$PWD\" \"$(cat)\"\n"
                              "        echo oops >&2\n"
                              "        exit 3\n",
                              v);
    struct str env[] = { STR("PATH=/usr/bin:/bin"), STR("COLOUR=red 'n blue"), { 0 } };
    env[0] = str_format(scratch, "PATH=%s", getenv("PATH"));
    p->at.env = env;
    CHECK(play_resolve(p));
    play_start(p);
    play_wait(p);
    CHECK(good(p));
    CHECK_STR(text_of(p, "stdout"), "it's $(id) \"x\"\n*|red 'n blue|/usr|given|");
    CHECK_STR(text_of(p, "stderr"), "oops");
    CHECK_STR(text_of(p, "exit"), "3");
}

TEST(hostile_values_are_themselves_there_too)
{
    struct str want = all_in("<", ">");

    if (!have_sshd())
        return;
    struct play *p = play(
        "shell: {host: there, run: \"printf '<%s>' ${{ v }}; printf '%s' \\\"${{ v }}\\\" "
        "| wc -c >&2\"}",
        one_value("v", all_hostile()));
    CHECK(good(p));
    CHECK(str_equal(text_of(p, "stdout"), want));
}

TEST(nothing_of_the_script_or_its_values_is_in_an_argv_or_in_what_it_starts)
{
    struct value v = one_value("v", value_secret(value_text("hunter2hunter2")));

    if (!have_sshd())
        return;
    struct play *p = play(
        "shell: {host: there, run: \"x=${{ v }}; ! cat /proc/*/cmdline 2>/dev/null "
        "| tr '\\\\0' ' ' | grep -e [h]unter2 -e [t]his-very-script; ! env | grep "
        "-e [h]unter -e __rb\"}",
        v);
    CHECK(good(p));
}

TEST(an_exit_there_is_an_exit_here)
{
    if (!have_sshd())
        return;
    CHECK(says(play("shell: {host: there, run: exit 255}", no_values()), VERDICT_DONE,
               "exited with 255"));
    CHECK(says(play("shell: {host: there, run: \"false; echo on\"}", no_values()), VERDICT_DONE,
               "exited with 1"));
    CHECK_STR(
        text_of(play("shell: {host: there, run: \"printf 'a\\\\n\\\\n'\"}", no_values()), "lines"),
        "[\"a\",\"\"]");
    CHECK_STR(
        text_of(play("shell: {host: there, run: \"head -c 3000000 /dev/zero | tr '\\\\0' x | wc "
                     "-c\"}",
                     no_values()),
                "stdout"),
        "3000000");
    struct play *p = play("shell: {host: there, run: \"head -c 1500000 /dev/zero\"}", no_values());
    CHECK(good(p));
    CHECK(p->output->n == 1500000);
}

// A script there that ignores what it likes, and whose process can be looked for.
static struct play *play_until_output(const char *script, int64_t timeout_ms)
{
    struct play *p = play_new(
        str_format(scratch, "    shell: {host: there, run: \"%s\"}\n", script).s, no_values());

    p->at.timeout_ms = timeout_ms;
    p->at.grace_ms = 6000;  // 2 seconds of it are for the other side to confirm
    CHECK(play_resolve(p));
    play_start(p);
    while (!p->output->n && !p->over)
        loop_turn(p->session.loop);
    return p;
}

static bool is_gone(const char *what)
{
    struct str command = str_format(scratch, "pgrep -f 'sleep 60[.]%s' >/dev/null", what);

    return WEXITSTATUS(system(command.s)) == 1;
}

// The other side has two seconds to confirm; a busy machine may need longer, and then the
// outcome is unknown, which is right too. Confirmed means that it is gone.
TEST(a_timeout_kills_there_and_is_known_when_that_was_confirmed)
{
    enum { TRIES = 5 };
    bool confirmed = false;

    if (!have_sshd())
        return;
    for (int i = 0; i < TRIES && !confirmed; i++) {
        struct str mark = str_format(scratch, "061%d", i);
        struct str script = str_format(scratch, "trap '' TERM; sleep 60.%s & echo go; sleep 60.%s",
                                       mark.s, mark.s);
        struct play *p = play_until_output(script.s, 2000);
        play_wait(p);
        confirmed = p->outcome.verdict == VERDICT_FAILED;
        CHECK(confirmed || p->outcome.verdict == VERDICT_UNKNOWN);
        CHECK(!confirmed || is_gone(mark.s));
    }
    CHECK(confirmed);
}

TEST(a_cancelled_script_is_stopped_there)
{
    if (!have_sshd())
        return;
    struct play *p = play_until_output("sleep 60.0622 & echo go; sleep 60.0622", 0);
    p->at.action->cancel(&p->at, false);
    play_wait(p);
    CHECK(p->outcome.verdict == VERDICT_CANCELLED);
    CHECK(is_gone("0622"));
}

TEST(a_lost_connection_is_unknown)
{
    if (!have_sshd())
        return;
    struct play *p = play_until_output("echo go; kill -KILL $PPID $(ps -o ppid= $PPID); sleep 5",
                                       20000);
    play_wait(p);
    CHECK(says(p, VERDICT_UNKNOWN, "connection was lost"));
}

TEST(a_success_leaves_its_background_alone_and_a_failure_does_not)
{
    if (!have_sshd())
        return;
    CHECK(
        good(play("shell: {host: there, run: \"sleep 60.0633 >/dev/null 2>&1 &\"}", no_values())));
    CHECK(!is_gone("0633"));
    system("pkill -f 'sleep 60[.]0633'");
    CHECK(!good(play("shell: {host: there, run: \"sleep 60.0644 >/dev/null 2>&1 & exit 1\"}",
                     no_values())));
    CHECK(is_gone("0644"));
}

TEST(a_timeout_that_nobody_confirmed_is_unknown_even_before_the_host_has_answered)
{
    struct str folder = new_folder();
    struct str script = str_format(
        scratch, "printf '#!/bin/sh\\nexec sleep 60.0655\\n' > %s/ssh; chmod +x %s/ssh", folder.s,
        folder.s);
    struct str path = str_format(scratch, "PATH=%s:/usr/bin:/bin", folder.s);
    const struct str env[] = { path, { 0 } };

    CHECK(system(script.s) == 0);
    struct play *p = play_new("    shell: {host: there, run: echo x}\n", no_values());
    p->at.env = env;
    p->at.timeout_ms = 300;
    CHECK(play_resolve(p));
    play_start(p);
    play_wait(p);
    CHECK(says(p, VERDICT_UNKNOWN, "did not confirm"));
    CHECK(is_gone("0655"));
}
