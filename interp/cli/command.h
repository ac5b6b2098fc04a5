// What may be said on the command line.
//
// Two tables: commands (commands.c) and flags (options.c). The parser, the help, the man
// page and the completion of three shells are loops over them, so that none of them can
// know a flag that the others do not.

#pragma once

#include "base/diag.h"

struct invocation;

struct command {
    const char *name;
    const char *words;                 // what follows: "FILE", "RUN [STEP]", "[PATH...]"
    size_t least, most;                // how many words that are
    const char *doc;                   // one line, present tense, no full stop
    const char *more;                  // a paragraph or two for `help NAME`; may be NULL
    bool ndjson;                       // `-o ndjson` means something here
    int (*run)(struct invocation *v);  // the exit code; NULL: not supported yet
};
extern const struct command commands[];  // ended by a nameless one

const struct command *command_find(struct str name);
// The names of all commands, ended by NULL; for "did you mean".
const char *const *command_names(struct arena *a);

enum takes {
    TAKES_NOTHING,
    TAKES_VALUE,
    TAKES_PERHAPS,  // --name or --name=VALUE, never --name VALUE
};

struct option {
    const char *name;  // without its dashes; empty: only the letter exists
    char letter;       // 0: none
    enum takes takes;
    const char *value;  // as help calls it: "FILE", "STEP=TEXT", "text|ndjson"
    bool choice;        // [value] lists all that is allowed, between bars
    bool repeats;
    const char *commands;  // which take it, between spaces; "*": all
    const char *doc;
};
extern const struct option options[];  // ended by one with neither name nor letter

bool option_is_of(const struct option *o, const struct command *c);
// "--confirm", "-i".
struct str option_shown(const struct option *o, struct arena *a);

// What was said, taken apart.
struct flag {
    const struct option *option;
    struct str value;
};
struct invocation {
    struct arena *arena;
    struct diags *diags;
    const struct command *command;  // NULL: none was given
    const struct flag *flags;
    size_t flag_count;
    const struct str *words;  // what is no flag, without the command
    size_t word_count;
    bool ndjson;        // -o ndjson
    struct str dir;     // absolute: the caller's folder, after -C
    bool events_began;  // standard output has events of a run
    struct mask *mask;  // knows the secrets of what is run or rehearsed
};

// Takes the command line apart. False, with DIAG_USAGE in v->diags, when it is not right;
// v->ndjson is true all the same when it was asked for anywhere.
bool command_line_read(struct invocation *v, int argc, char *const *argv);

// What was said behind a flag; [name] is a row of the table, else the program stops.
bool flag_given(const struct invocation *v, const char *name);
struct str flag_text(const struct invocation *v, const char *name);  // "" if not given
const struct str *flag_texts(const struct invocation *v, const char *name, size_t *count);

// How wrong command lines are told: DIAG_USAGE, and then CODE_USAGE is to be returned.
int usage_error(struct invocation *v, const char *help, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// The same for what is right and not for this person: DIAG_DECLINED, CODE_DECLINED.
int declined(struct invocation *v, const char *help, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// One a file.
int command_abort(struct invocation *v);
int command_approve(struct invocation *v);
int command_completion(struct invocation *v);
int command_doctor(struct invocation *v);
int command_eval(struct invocation *v);
int command_explain(struct invocation *v);
int command_graph(struct invocation *v);
int command_help(struct invocation *v);
int command_list(struct invocation *v);
int command_locks(struct invocation *v);
int command_logs(struct invocation *v);
int command_plan(struct invocation *v);
int command_prune(struct invocation *v);
int command_reference(struct invocation *v);
int command_reject(struct invocation *v);
int command_report(struct invocation *v);
int command_resume(struct invocation *v);
int command_run(struct invocation *v);
int command_runs(struct invocation *v);
int command_schema(struct invocation *v);
int command_show(struct invocation *v);
int command_undo(struct invocation *v);
int command_reference(struct invocation *v);
int command_schema(struct invocation *v);
int command_version(struct invocation *v);
int command_view(struct invocation *v);
int command_waiting(struct invocation *v);
int command_worker(struct invocation *v);
