// Carries out a run: the pure core (exec/core/run.h) says what to do next, the driver does it
// with the loop, the store, the keeper and the actions, and tells the core what happened.
//
// run_start() and run_resume() and run_undo() return the exit code of cli.md. Diags that are
// found before a run exists are in [ds], which the caller prints; what happens later is
// told through the observers.

#pragma once

#include "exec/core/code.h"
#include "exec/frame.h"
#include "exec/observer.h"
#include "exec/question.h"
#include "store/store.h"

struct said {  // --confirm STEP=TEXT, --answer ID=VALUE, --attest ID=NOTE, --mark STEP=done
    struct str id, text;
};

struct run_options {
    struct str file;              // as given: a path or an address
    struct str cwd;               // the caller's folder (after -C), absolute
    struct str store;             // --store, or empty
    struct str reach;             // flags with which a suggested command reaches the same runs
    bool manual;                  // --mode manual
    bool yes, no_input, detach, dry_run, probe, drill;
    const struct said *confirms, *answers, *attests, *marks;
    size_t confirm_count, answer_count, attest_count, mark_count;
    const struct str *skips;      // --skip
    size_t skip_count;
    struct str from, skip_reason, reason;
    int on_failure;               // enum on_failure, 0: as written
    int64_t wait_ms;              // --wait, 0: not
    const struct given *given;    // -i and --inputs
    size_t given_count;
    struct str undo_step;         // undo RUN --step
    struct str trigger_name, trigger_level, trigger_subject;  // started by `watch`
    struct value trigger_value;
    struct str id;                // of the new run, or empty
    struct str worker;            // resume: the worker that does it ("HOST/PID"), or empty
    struct str seen_ended;        // and the end of the session that it goes on from
    bool call;                    // resume, by a worker: does not go on, calls whose turn has come
    struct str claim;             // the mark of its claim of the run, or empty
};

struct run_env {
    struct arena *arena;
    struct loop *loop;
    struct store *store;          // NULL: opened by the driver from options and project
    struct observer *observers;
    struct asker *asker;          // never NULL; has_terminal false where there is nobody
    struct diags *diags;
    struct mask *mask;  // is told of every secret that is read; NULL: only the driver needs it
};

int run_start(struct run_env *env, const struct run_options *o);
int run_resume(struct run_env *env, struct str run, const struct run_options *o);
int run_undo(struct run_env *env, struct str run, const struct run_options *o);
int run_abort(struct run_env *env, struct str run, const struct run_options *o);
