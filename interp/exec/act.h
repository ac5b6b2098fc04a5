// Attempts: an action started, its output kept, its outcome judged (act.c).

#pragma once

#include "exec/core/run.h"

struct driver;

struct act {
    struct driver *d;
    struct attempt at;
    struct task *task;          // NULL for those of checks
    struct masking *masking[2];
    struct str shown;           // the address that its output is shown under
    bool quiet;                 // a check: its output is not shown
    bool running, cancelled;
    size_t emitted[2];
    size_t heard[2];            // what comes first of the output stands in the journal already
    int64_t started_ms, last_output_ms;
    void (*then)(void *arg, const struct outcome *o);
    void *arg;
    struct noting *noting;      // a note that is not yet durable
    struct act *next;           // in driver->acts
};

// Makes an attempt of [s] ready to be resolved. [name] is unique in the run.
struct act *act_new(struct driver *d, struct arena *a, struct task *t, struct space *space,
                    const struct step *s, struct str address, int64_t number);
// Of an attempt that is adopted so many bytes of each stream were journalled before.
void act_heard(struct act *x, const size_t heard[2]);
bool act_resolve(struct act *x, const struct scope *s, struct expr_error *err);
struct str act_describe(struct act *x);  // masked
void act_start(struct act *x, void (*then)(void *arg, const struct outcome *o), void *arg);
void act_settle(struct act *x);  // after the event that says what became of it
void act_forget(struct act *x);  // it will not be done
void act_cancel(struct act *x, bool at_once);
// The action's own rule and `expect`. False with the message, picture and parts.
struct judged {
    bool ok, error, type_error;
    bool unread;  // a condition could not be evaluated at all
    struct str message, help, picture;
    struct value parts;
};
struct judged judge(struct driver *d, const struct step *s, const struct outcome *o,
                    const struct scope *scope, struct arena *a);
