// A process of a shell or exec step: started through the keeper, its output passed on as
// it comes, its end told in words.

#pragma once

#include "action/action.h"
#include "loop/kept.h"

struct process {             // the job of an attempt begins with it
    const struct str *argv;  // ended by s == NULL
    const struct str *env;   // the same, the whole environment
    // How it is started instead when [argv] cannot be, nothing having been done; NULL: that
    // is a failure.
    const struct str *other_argv, *other_env;
    struct str input;
    bool tty;
    bool quiet;          // standard output is no output of the step
    int daemon;          // enum tristate
    const int *ok_exit;  // ended by -1
    struct kept out[2];  // by enum stream
    bool running;
    bool cancelled;      // while nothing of it ran
    struct str name;     // of the child; empty: the attempt's
    int64_t timeout_ms;  // 0: the attempt's
    // What the end means, when it means more than it does here. May be NULL.
    void (*then)(struct attempt *at, const struct child_result *r, struct outcome *o);
    // True: the attempt goes on with another process, and is not done. May be NULL.
    bool (*next)(struct attempt *at, const struct outcome *o);
};

// What shell and exec are told alike, as the author wrote it.
struct process_params {
    const struct template *input;  // stdin
    struct list ok_exit;           // of int64_t; none: 0
    int tty, daemon;               // enum tristate
};
// The rows of a table of fields for the [process] of a struct S; WHO: what the file calls that
// which runs.
#define PROCESS_FIELDS(S, WHO)                                                                     \
    { "stdin", &type_words, AT(S, process.input),                                                  \
      .doc = "What the " WHO " reads from its standard input, which is empty otherwise." },        \
    { "ok_exit", &type_ok_exit, AT(S, process.ok_exit), .fallback = "0",                           \
      .doc = "The exit statuses that mean success." },                                             \
    { "tty", &type_bool, AT(S, process.tty), .fallback = "false",                                  \
      .doc = "The " WHO " has the terminal to itself; its output is not kept." },                  \
    { "daemon", &type_bool, AT(S, process.daemon),                                                 \
      .doc = "Whether processes that it leaves running are meant (`true`) or killed (`false`)." }
// At load; [node] is the whole of the params.
bool process_check(const struct process_params *p, const struct node *node, struct diags *ds);
// All of [out] but what is run.
bool process_resolve(struct attempt *at, const struct process_params *p, struct process *out,
                     struct expr_error *err);
// For action.ended.
void process_over(struct attempt *at, const struct process_params *p, const struct child_result *r,
                  struct outcome *o);
enum effects process_effects(const void *params);  // for action.effects: who knows

void process_start(struct attempt *at);
// Forgets what the last process of the attempt wrote; another may be started.
void process_again(struct attempt *at);
void process_cancel(struct attempt *at, bool at_once);

// Fields of the result of a process.
extern const struct expr_field process_results[];

// What was written to one stream.
struct written {
    struct str text;  // head and tail, with a line between them about what is missing
    bool truncated;
};
struct written written_new(struct arena *a, struct str text, size_t cut, int64_t left_out);
// The result of a process: exit, signal, stdout, stderr, lines, json, took, truncated.
// `json` is absent when stdout is no JSON; whoever reads it then says so.
struct value process_result(struct arena *a, const struct child_result *r,
                            const struct written *out, const struct written *err);
// The outcome of [r] by the rule "exit status in [ok]".
void process_outcome(struct attempt *at, const struct child_result *r, const int *ok,
                     const struct written *out, const struct written *err, struct outcome *o);
// The outcome of a child that an earlier interpreter started. All its output is given to
// at->output() first; [shows_stdout]: its standard output is that of the step, and not an answer.
void process_adopted(struct attempt *at, const struct child_result *r, const int *ok,
                     bool shows_stdout, struct outcome *o);
// Ended otherwise than by exiting: true, with the outcome. What git and file need too.
// [what] is what was run, in words.
bool process_failed(struct attempt *at, const struct child_result *r, struct str what,
                    struct outcome *o);
