#include "cli/command.h"

#include <string.h>

#include "base/arena.h"

enum { ANY = 1000 };

// clang-format off
const struct command commands[] = {
    { "run", "FILE", 1, 1, "execute a runbook",
      "FILE is a path, else an address in the project, else in the library. Standard error "
      "tells what happens; standard output stays empty unless `-o ndjson` is given.",
      .ndjson = true, .run = command_run },
    { "plan", "FILE", 1, 1, "show what would happen, and change nothing",
      "Steps with their effects, questions, how each is taken back, the point of no return, "
      "what is missing, locks, and how long it took before.", .run = command_plan },
    { "lint", "[PATH...]", 0, ANY, "check runbooks", NULL },
    { "explain", "WORD", 1, 1, "say what a rule, a key, an action or a function means", NULL, .run = command_explain },
    { "view", "FILE", 1, 1, "the runbook as a document to print, with boxes to tick",
      NULL, .run = command_view },
    { "graph", "FILE", 1, 1, "draw what waits for what", NULL, .run = command_graph },
    { "list", "", 0, 0, "runbooks of the project and the library, by type", NULL,
      .ndjson = true, .run = command_list },
    { "new", "NAME", 1, 1, "start a runbook from a template", NULL },
    { "init", "", 0, 0, "start a project", NULL },
    { "runs", "", 0, 0, "what was run, newest first", NULL, .ndjson = true, .run = command_runs },
    { "show", "RUN", 1, 1, "one run: its steps, questions and end",
      "RUN is the id of a run, or an unambiguous beginning of it.",
      .ndjson = true, .run = command_show },
    { "logs", "RUN [STEP]", 1, 2, "what steps printed", NULL, .ndjson = true, .run = command_logs },
    { "report", "RUN", 1, 1, "the incident report of a run", NULL, .run = command_report },
    { "resume", "RUN", 1, 1, "go on after a stop or a crash",
      "What is done is not done again. A step whose outcome is not known is never repeated by "
      "itself: say `--mark STEP=done` or `--mark STEP=failed`.",
      .ndjson = true, .run = command_resume },
    { "undo", "RUN", 1, 1, "take back what a run did, in reverse order", NULL,
      .ndjson = true, .run = command_undo },
    { "abort", "RUN", 1, 1, "end a stopped run for good and free its locks", NULL,
      .ndjson = true, .run = command_abort },
    { "approve", "RUN [STEP]", 1, 2, "say yes to what a run waits for, or start a waiting run",
      NULL, .run = command_approve },
    { "reject", "RUN [STEP]", 1, 2, "say no to what a run waits for", NULL, .run = command_reject },
    { "waiting", "", 0, 0, "runs that wait for a person, and for what", NULL,
      .ndjson = true, .run = command_waiting },
    { "locks", "", 0, 0, "which locks are held, and by whom", NULL,
      .ndjson = true, .run = command_locks },
    { "prune", "", 0, 0, "remove old final runs", NULL, .run = command_prune },
    { "worker", "", 0, 0, "go on with runs that have the answer they waited for",
      "Takes runs that were started with `--detach`, wait for approvals and have got them (or a "
      "refusal, or their time is up), and goes on with each as `runbook resume RUN --detach` "
      "would; also with those that crashed on this machine while nobody stayed with them. While "
      "nobody answers it tells their contacts when it is their turn (`hooks.waiting`). Several "
      "workers may share a store. TERM or INT: takes no more and waits for those that run; a "
      "second one stops them after their step.", .run = command_worker },
    { "watch", "FILE...", 1, ANY, "evaluate triggers and act", NULL },
    { "trigger", "test FILE", 2, 2, "play recorded samples through the triggers", NULL },
    { "test", "[PATH...]", 0, ANY, "scenario tests of runbooks with faked actions", NULL },
    { "eval", "EXPR", 1, 1, "evaluate an expression", NULL, .run = command_eval },
    { "schema", "", 0, 0, "print the JSON Schema of runbooks", NULL, .run = command_schema },
    { "reference", "", 0, 0, "print the reference of all keys, in Markdown", NULL,
      .run = command_reference },
    { "completion", "SHELL", 1, 1, "print the completion for bash, zsh or fish", NULL,
      .run = command_completion },
    { "doctor", "", 0, 0, "say what this machine lacks", NULL, .run = command_doctor },
    { "version", "", 0, 0, "print the version", NULL, .run = command_version },
    { "help", "[COMMAND]", 0, 1, "help on a command, or on all", NULL, .run = command_help },
    { 0 },
};
// clang-format on

const struct command *command_find(struct str name)
{
    for (const struct command *c = commands; c->name; c++)
        if (str_is(name, c->name))
            return c;
    return NULL;
}

const char *const *command_names(struct arena *a)
{
    size_t n = sizeof commands / sizeof *commands;
    const char **names = NEW_ARRAY(a, const char *, n);

    for (size_t i = 0; i < n; i++)
        names[i] = commands[i].name;
    return names;
}
