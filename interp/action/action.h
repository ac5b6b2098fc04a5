// Something a step can do.
//
// An action is a name, the fields it takes, the fields its result has, and a few
// functions. It never blocks and never touches the journal: it starts work on the
// loop it is given and, when that work is over, calls attempt->done() exactly once.
// A value that reaches it through ${{ }} is data by construction: it becomes an
// environment variable, an argument, a bind parameter, a percent-encoded part, a
// JSON value; never a piece of code.

#pragma once

#include "loop/child.h"
#include "model/project.h"

struct attempt;
struct session;
struct bind;

enum verdict {
    VERDICT_DONE,       // there is a result; [rule] says whether it is a good one
    VERDICT_FAILED,     // it is known to have failed (it may be half done)
    VERDICT_UNKNOWN,    // it is not known whether it took effect
    VERDICT_CANCELLED,  // stopped on request, and reaped
};

struct outcome {
    enum verdict verdict;
    struct value result;   // a map by the action's result table; VALUE_NULL: none
    bool rule;             // VERDICT_DONE: the action's own rule holds
    struct str message;    // why it failed or is unknown: one line for the operator
    struct str help;       // what to do about it; may be empty
    bool timed_out;
    bool killed;           // ended by a signal: the effect may be partial, as after a timeout
    bool lost;             // unknown, because its keeper died
    bool not_started;      // failed before anything could have taken effect
    bool withheld;         // secrets were masked in what the journal will keep
    const struct left_process *left;
    size_t left_count;
    bool left_meant;       // `daemon: true`: not worth a word
};

enum { TAKES_ENV = 1, TAKES_DIR = 2, TAKES_AS = 4, TAKES_GRACE = 8 };

struct action {
    const char *name;      // the key in a step
    const char *doc;       // one or two sentences
    const char *example;   // a step, YAML
    const struct type *params;         // what may stand behind the key
    const struct expr_field *results;  // fields of `result`, ended by a nameless one
    int64_t timeout_ms;                // default of one attempt; 0: none
    bool needs_process;    // runs processes of the keeper
    unsigned takes;        // TAKES_: keys of the step that mean something to it; others are errors
    // It asks a person: the driver puts the question (resolve and describe give its words)
    // and makes the result (manual_result, prompt_result); start is NULL and never reached.
    bool asks;

    // At load: what the step says must make sense before anything runs (places of ${{ }}
    // in a script or SQL, names of connections, literal URLs). All mistakes into the diags.
    bool (*check)(const struct step *s, const struct bind *b);
    // What the action does to the world when the step does not say.
    enum effects (*effects)(const void *params);
    // Evaluates what the step says into [at->job]. False with the reason in [err].
    bool (*resolve)(struct attempt *at, struct expr_error *err);
    // Exactly what will run, in lines for plan, confirm, journal and report; the caller
    // masks it. Only after resolve.
    void (*describe)(const struct attempt *at, struct buf *out);
    // The program that will be started, as it is looked up in PATH; empty: none that
    // somebody might replace behind the runbook's back. Only after resolve. May be NULL.
    struct str (*program)(const struct attempt *at);
    void (*start)(struct attempt *at);
    // Stop: [at_once] leaves no grace. done() still follows.
    void (*cancel)(struct attempt *at, bool at_once);
    // After a crash: what became of an attempt that has an intent and no result, from
    // the notes it journalled. Calls done() with what it finds out, VERDICT_UNKNOWN if
    // nothing. NULL: asks the keeper's folder only (child_adopt, attempt_adopt).
    void (*settle)(struct attempt *at, struct value notes);
    // What the end of the child of an attempt means, in words of the action. Does not need
    // [at->job]. NULL: it starts no child.
    void (*ended)(struct attempt *at, const struct child_result *r, struct outcome *out);
};

// What `check` may look at.
struct bind {
    struct arena *arena;
    struct diags *diags;
    const struct runbook *rb;
    const struct project *project;  // for its connections; may be NULL
    struct text default_shell;   // defaults.shell; n == 0: bash
    struct str dir;              // of the project or file, for static paths
    struct str transaction;      // the connection of the group around, or empty
};

// One try of one step (or check, undo, hook). Made by exec/; lives as long as its arena.
struct attempt {
    struct arena *arena;
    struct session *session;      // of the run: loop, keeper, connections, masks
    const struct step *step;
    const struct action *action;
    const void *params;           // step->params
    struct str address;           // "caller.callee", "id[key]", "id~undo"
    struct str name;              // unique file name of this attempt in the run's folder
    int number;                   // attempt, from 1
    struct value noted;           // by the attempt before it, which was cancelled; or none
    const struct scope *scope;    // for resolve
    const struct str *env;        // "NAME=value" of the step, ended by s == NULL; whole
    struct str dir;               // absolute
    struct str as;                // user for sudo -n -u, or empty
    struct str shell;             // defaults.shell or empty
    const struct connections *connections;  // of the step's runbook, resolved
    int64_t timeout_ms, grace_ms;
    bool read_only;               // effects: read (SQL: a read-only transaction)
    bool idempotent;
    bool inputs_read;             // its runbook was given what a step read, with a secret in it
    bool undo_auto;               // take back what the step did, from [keep]
    struct str keep;              // folder in the run's folder for `undo: auto`, absolute
    struct transaction *transaction;  // the group's, or NULL
    void *job;                    // the action's own, made by resolve
    struct child *child;          // set by the start of an action that runs a process

    void (*output)(struct attempt *at, enum stream stream, struct str bytes);  // unmasked
    // Journals [note] durably (masked), then calls [then]; for what must be known after
    // a crash, such as a transaction id before COMMIT.
    void (*note)(struct attempt *at, struct value note, void (*then)(struct attempt *at));
    void (*done)(struct attempt *at, const struct outcome *o);
    void *owner;                  // of those three
};

// What all attempts of a run share. exec/ makes one a session.
struct session {
    struct arena *arena;
    struct loop *loop;
    struct keeper *keeper;
    struct mask *mask;
    struct str folder;            // of the run, absolute
    struct str run;               // its id
    struct http_pool *http;       // made by action/ when first used
    struct sql_pool *sql;
    struct remote_lines *lines;   // to other machines
};

// A connection as it is used: everything evaluated.
struct resolved_connection {
    struct str name, url;         // url may hold a password: secret
    bool secret;
    bool secret_url;              // the URL is one as a whole, not only a password in it
    const struct str *headers;    // "Name: value", ended by s == NULL
    struct str user, password, bearer;
    bool tls;                     // it says how to encrypt
    bool tls_verify;              // true unless said otherwise
    struct str ca, cert, key, proxy;
    int64_t timeout_ms;           // 0: not said
    struct span span;
};
struct connections {
    const struct resolved_connection *items;
    size_t count;
};
// The connection [name], or, with an empty name, the only one whose URL begins with one of
// [schemes] ("postgresql:,sqlite:"). NULL with the reason in [why].
const struct resolved_connection *connection_find(const struct connections *c, struct str name,
                                                  const char *schemes, struct arena *a,
                                                  struct str *why);

// All actions, ended by NULL; and their names, for the reader of runbooks.
extern const struct action *const actions[];
const char *const *action_names(void);
const struct action *action_named(struct str name);

// Reads the params of every action step below [rb] (checks, undos, hooks included), sets
// step->action and step->params, and runs check(). All mistakes into b->diags.
bool action_bind(struct runbook *rb, const struct bind *b);
// The same for the hooks of a project file; NULL has none.
bool hooks_bind(const struct hooks *h, const struct bind *b);

// Turns the result of a child that an earlier interpreter started into an outcome and
// calls at->done(). False if the action starts no children.
bool attempt_adopt(struct attempt *at, const struct child_result *r);

// After done(), when the step turned out not to have succeeded (expect, verify): kills what
// its process left running, then says what still lives. False, and nothing is called, if
// there is nothing to kill.
bool attempt_kill_left(struct attempt *at,
                       void (*then)(struct attempt *at, const struct left_process *left,
                                    size_t count));

// True for a step that has the terminal to itself (`tty: true`): without one it cannot run.
bool action_needs_terminal(const struct step *s);

// False for the variables that change what a shell, the loader or git runs (PATH, IFS,
// BASH_ENV, LD_*, GIT_*, ...): they may not be set from a value (faults.md, Values by sink).
bool env_name_is_safe(struct str name);

// Worker programs: `runbook @NAME`, started by the keeper for actions whose work is
// blocking (git, file). argv[0] is "@NAME". Ended by a nameless one.
struct worker {
    const char *name;
    int (*main)(int argc, char **argv);
};
extern const struct worker workers[];
