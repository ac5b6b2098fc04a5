// The data of one runbook while it runs: what its expressions can see that is not a step.
//
// The runbook that was started has a frame, and so has every `use` step that was reached;
// a callee's inputs, secrets, vars, connections, env and dir are its own.

#pragma once

#include "exec/lookout.h"
#include "load/program.h"

struct frame {
    const struct module *module;
    const struct frame *parent;  // of the caller; NULL for the runbook that was started
    struct value inputs;         // maps: name -> value
    struct value secrets;
    struct value vars;
    struct value env;           // the interpreter's environment, overlaid with `env:`
    const struct str *environ;  // what a step's process gets: "NAME=value", ended by s == NULL
    struct mask *mask;          // told of what expressions compute from secrets; may be NULL
    struct connections connections;
    struct str dir;        // absolute
    struct str shell;      // defaults.shell or empty
    int64_t timeout_ns;    // of a session; 0: none, or that of a caller
    struct value run;      // the fixed part of `run`: id, runbook, mode, user, host, ...
    struct value trigger;  // VALUE_NULL unless a trigger started the run
    bool drill;
    struct value given;    // the names of inputs that came from outside
    // Those of them that are kept nowhere, for the sake of a secret. A frame that is made again has
    // them from the one before it, and takes no default instead.
    struct value given_secrets;
    bool inputs_read;  // one of them is what a step read, with a secret in it that nobody marked
    const struct lookout *lookout;  // while it is made before a run; NULL: there is none
    struct str broken;  // why it cannot be made again after a resume; it has no inputs then
};

// What was given for the inputs of the runbook that is started.
struct given {
    struct str name;
    struct str text;  // of -i name=text
    bool has_value;
    struct value value;  // of --inputs FILE or `with`
    struct span span;    // where it was given, if in a file
};

// Inputs: types, defaults, enum, pattern, min, max, exists; all problems together in [ds]
// (DIAG_BAD_INPUT, exit 3). [base]: relative paths given from flags. Defaults may hold
// expressions over `env` and earlier inputs. A secret input is marked secret. What the frame
// has not got yet (environ, env, dir) is set to the interpreter's and the runbook's folder.
// An input that is not required and has no default is not in the map. In a drill, `inputs`
// of `drill:` stand instead of what the runbook would take.
bool frame_inputs(struct frame *f, const struct given *given, size_t count, struct str base,
                  struct value now, struct arena *a, struct diags *ds);
// What `with` of a use gives to the inputs of [m], as a map of values to be given to
// frame_inputs(). A constant that was written for a text input counts as written: a
// `version: 1.10` stays 1.10.
bool frame_with(const struct step *use, const struct module *m, const struct scope *s,
                struct arena *a, struct value *out, struct expr_error *err);

// Secrets from their sources (env, file, exec, stdin); at least 6 characters. DIAG_PREFLIGHT
// (exit 4) names the source, never the value. Every value, and that of secret inputs, is added
// to [mask]. The variables that secrets were read from are taken out of f->environ and
// f->env. Blocks (exec: for at most a minute).
bool frame_secrets(struct frame *f, struct mask *mask, struct value now, struct arena *a,
                   struct diags *ds);
// What is known of the secrets of [m] and of all it uses before anything is read or said:
// variables, and what a file spells out for a secret input.
void module_secrets_ahead(const struct module *m, struct mask *mask, struct arena *a);
// Those of a used runbook that is not reached yet, which stand in files that can be known now: a
// step may print one before that, and the plan that is kept may spell it out.
void frame_secrets_ahead(const struct frame *f, struct mask *mask, struct value now,
                         struct arena *a);
// Masks all that is secret in [v] from now on: the parts of a list or map that are marked, or
// all of one that is secret as a whole. Nothing that is too short or says only true or false.
void mask_value(struct mask *m, struct value v, struct arena *a);

// [v] in which each text that is nothing but a secret is marked as one: what a step wrote.
struct value known_secrets(struct value v, const struct mask *m, struct arena *a);

// vars in file order, then env, dir, timeout, connections (project's below the runbook's own; in a
// drill those of `drill:`). False with an error that has its place.
bool frame_vars(struct frame *f, struct value now, struct arena *a, struct diags *ds);
bool frame_places(struct frame *f, const struct project *p, struct value now, struct arena *a,
                  struct diags *ds);

// The frame of a used runbook as far as it can be known before the run, for `requires`,
// `lock` and `plan`: what depends on a step is simply not there. No secret is read.
struct frame *frame_ahead(const struct frame *caller, const struct program *p,
                          const struct step *use, struct value now, struct arena *a);
// Calls [see] for [root] and, ahead, for all it uses; [path] is "" or "caller", "caller.inner".
void frame_each_ahead(const struct frame *root, const struct program *p, struct value now,
                      struct arena *a,
                      void (*see)(const struct frame *f, struct str path, void *ctx), void *ctx);

// requires.tools (with versions: "psql >= 15"), env, files, runbook; everything reachable.
// All that is missing is in [ds] (DIAG_PREFLIGHT, exit 4). Checks are the driver's.
bool preflight(const struct program *p, const struct frame *root, struct arena *a,
               struct diags *ds);

// A scope in which an expression sees the frame and nothing of any step. [s] lives as long
// as [f].
struct scope frame_scope(const struct frame *f, struct value now, struct arena *a);
