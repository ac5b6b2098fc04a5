#include "cli/command.h"

#include <string.h>

#include "base/arena.h"

// Who answers questions without a terminal.
#define ANSWERING "run resume undo"
#define STARTING  "run plan view"

// clang-format off
const struct option options[] = {
    { "inputs",      0,  TAKES_VALUE,   "FILE", .repeats = true, .commands = "run plan view resume undo",
      .doc = "inputs from a YAML or JSON file (when resuming: secret ones)" },
    { "",           'i', TAKES_VALUE,   "NAME=VALUE", .repeats = true, .commands = STARTING,
      .doc = "one input; a list as `[a, b]`; never a secret one" },
    { "mode",        0,  TAKES_VALUE,   "auto|manual", .choice = true, .commands = "run",
      .doc = "`manual` walks through step by step and asks before each" },
    { "yes",         0,  TAKES_NOTHING, NULL, .commands = ANSWERING,
      .doc = "yes to mild and moderate confirms; never to severe ones, approvals or the checklist" },
    { "confirm",     0,  TAKES_VALUE,   "STEP=TEXT", .repeats = true, .commands = ANSWERING,
      .doc = "the answer to a confirm: `y`, `yes` or the phrase; `run=TEXT` for the runbook's own" },
    { "answer",      0,  TAKES_VALUE,   "ID=VALUE", .repeats = true, .commands = ANSWERING,
      .doc = "the value of a prompt; of manual work `done` (`done:EVIDENCE` where that is asked for), `failed:NOTE` or `na:NOTE`" },
    { "attest",      0,  TAKES_VALUE,   "ID=NOTE", .repeats = true, .commands = ANSWERING,
      .doc = "attest an item of the checklist (`checklist_1`, ...)" },
    { "mark",        0,  TAKES_VALUE,   "STEP=done|failed", .repeats = true, .commands = "resume",
      .doc = "what became of a step of unknown outcome: it took effect, or it did not" },
    { "reason",      0,  TAKES_VALUE,   "TEXT", .commands = "run resume undo abort approve reject",
      .doc = "why; kept in the journal" },
    { "wait",        0,  TAKES_VALUE,   "DURATION", .commands = ANSWERING,
      .doc = "how long to wait for a lock that another run holds" },
    { "from",        0,  TAKES_VALUE,   "ID", .commands = "run",
      .doc = "skip all that stands before this step; wants --skip-reason" },
    { "skip",        0,  TAKES_VALUE,   "ID", .repeats = true, .commands = "run",
      .doc = "skip this step; wants --skip-reason" },
    { "skip-reason", 0,  TAKES_VALUE,   "TEXT", .commands = "run",
      .doc = "why steps are skipped; stands in the report" },
    { "on-failure",  0,  TAKES_VALUE,   "stop|undo|ask", .choice = true, .commands = "run",
      .doc = "instead of the runbook's own `on_failure`" },
    { "dry-run",     0,  TAKES_NOTHING, NULL, .commands = "run",
      .doc = "run nothing, resolve all that can be, ask nobody" },
    { "probe",       0,  TAKES_NOTHING, NULL, .commands = "run",
      .doc = "a dry run in which steps that only read and checks do run" },
    { "drill",       0,  TAKES_NOTHING, NULL, .commands = "run plan",
      .doc = "a rehearsal with the runbook's `drill:` inputs, env and connections" },
    { "detach",      0,  TAKES_NOTHING, NULL, .commands = ANSWERING,
      .doc = "at a question end with 6 and wait for `approve` and `resume`" },
    { "report",      0,  TAKES_VALUE,   "FILE", .commands = ANSWERING,
      .doc = "write the incident report there at the end (.md, .html, .json, .xml)" },
    { "step",        0,  TAKES_VALUE,   "ID", .commands = "undo",
      .doc = "take back this step alone" },
    { "commands",    0,  TAKES_NOTHING, NULL, .commands = "plan",
      .doc = "also show exactly what each step would run" },
    { "format",      0,  TAKES_VALUE,   "text|json|sarif|github|junit", .choice = true, .commands = "lint",
      .doc = "how findings are written" },
    { "format",      0,  TAKES_VALUE,   "text|mermaid|dot|svg", .choice = true, .commands = "graph",
      .doc = "how the graph is drawn" },
    { "format",      0,  TAKES_VALUE,   "md|html|json|junit", .choice = true, .commands = "report",
      .doc = "how the report is written" },
    { "format",      0,  TAKES_VALUE,   "md|html", .choice = true, .commands = "view",
      .doc = "Markdown or HTML" },
    { "fail-on",     0,  TAKES_VALUE,   "info|warning|error", .choice = true, .commands = "lint",
      .doc = "the level from which findings make the exit code 1" },
    { "fix",         0,  TAKES_NOTHING, NULL, .commands = "lint",
      .doc = "apply the safe fixes" },
    { "list-rules",  0,  TAKES_NOTHING, NULL, .commands = "lint",
      .doc = "print all rules" },
    { "profile",     0,  TAKES_VALUE,   "core|default|strict", .choice = true, .commands = "lint",
      .doc = "which rules are asked" },
    { "exit-zero",   0,  TAKES_NOTHING, NULL, .commands = "lint",
      .doc = "0 whatever was found" },
    { "type",        0,  TAKES_VALUE,   "TYPE", .commands = "new list",
      .doc = "the type of runbook" },
    { "verify",      0,  TAKES_NOTHING, NULL, .commands = "show",
      .doc = "check the journal's hash chain" },
    { "follow",     'f', TAKES_NOTHING, NULL, .commands = "logs",
      .doc = "go on until the run ends" },
    { "keep",        0,  TAKES_VALUE,   "DURATION", .commands = "prune",
      .doc = "remove final runs older than this (`90d`)" },
    { "bind",        0,  TAKES_VALUE,   "FILE", .commands = "eval",
      .doc = "the names of the expression, as a JSON object" },
    { "man",         0,  TAKES_NOTHING, NULL, .commands = "help",
      .doc = "print the man page" },
    { "label",       0,  TAKES_VALUE,   "KEY=VALUE", .repeats = true, .commands = "worker",
      .doc = "a label it serves; a run whose runbook has labels goes to one that serves all of them" },
    { "jobs",        0,  TAKES_VALUE,   "N", .commands = "worker",
      .doc = "how many runs at a time; 1" },
    { "once",        0,  TAKES_NOTHING, NULL, .commands = "worker",
      .doc = "only what can be gone on with now, then end" },
    { "for",         0,  TAKES_VALUE,   "DURATION", .commands = "watch",
      .doc = "how long to watch" },
    { "once",        0,  TAKES_NOTHING, NULL, .commands = "watch",
      .doc = "evaluate one tick" },
    { "subject",     0,  TAKES_VALUE,   "TEXT", .commands = "watch",
      .doc = "what is watched" },
    { "max-mode",    0,  TAKES_VALUE,   "notify|confirm|run", .choice = true, .commands = "watch",
      .doc = "the most that a trigger may do" },
    { "samples",     0,  TAKES_VALUE,   "FILE", .commands = "trigger",
      .doc = "recorded samples, JSON lines" },
    { "trigger",     0,  TAKES_VALUE,   "ID", .commands = "trigger",
      .doc = "this trigger alone" },
    { "fail-each",   0,  TAKES_NOTHING, NULL, .commands = "test",
      .doc = "fail every step in turn" },

    { "",           'C', TAKES_VALUE,   "DIR", .commands = "*",
      .doc = "as if started in this folder" },
    { "store",       0,  TAKES_VALUE,   "URL", .commands = "*",
      .doc = "where runs are kept: a folder or postgresql://..." },
    { "",           'o', TAKES_VALUE,   "text|ndjson", .choice = true, .commands = "*",
      .doc = "`ndjson`: one JSON object a line on standard output" },
    { "progress",    0,  TAKES_VALUE,   "auto|tty|plain|quiet", .choice = true, .commands = "*",
      .doc = "how a run is shown on standard error" },
    { "color",       0,  TAKES_PERHAPS, "auto|always|never", .choice = true, .commands = "*",
      .doc = "colours; alone: always" },
    { "no-input",    0,  TAKES_NOTHING, NULL, .commands = "*",
      .doc = "as if there were no terminal to ask on" },
    { "",           'q', TAKES_NOTHING, NULL, .commands = "*",
      .doc = "say less: only what went wrong, and the end" },
    { "",           'v', TAKES_NOTHING, NULL, .commands = "*",
      .doc = "say more: commands, polls, locks, hooks" },
    { "help",       'h', TAKES_NOTHING, NULL, .commands = "*",
      .doc = "help on the command" },
    { "version",     0,  TAKES_NOTHING, NULL, .commands = "*",
      .doc = "print the version" },
    { .name = "" },
};
// clang-format on

static bool has_word(const char *words, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = words; (at = strstr(at, word)); at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
            return true;
    return false;
}

bool option_is_of(const struct option *o, const struct command *c)
{
    return strcmp(o->commands, "*") == 0 || (c && has_word(o->commands, c->name));
}

struct str option_shown(const struct option *o, struct arena *a)
{
    if (!*o->name)
        return str_format(a, "-%c", o->letter);
    return str_format(a, "--%s", o->name);
}
