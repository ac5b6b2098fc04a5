// One session of a run, from its first sentence to its last: what start.c and resume.c
// have in common.

#pragma once

#include "exec/kept.h"
#include "exec/walk.h"

struct driver *driver_new(struct run_env *env, const struct run_options *o);
bool driver_open_store(struct driver *d, bool create);
bool driver_start_keeper(struct driver *d);
// taken.c: the run [id], and whether what is asked means anything to it. 0, or an exit code.
int taken_open(struct driver *d, struct str id);
// It is ours from here on, with its journal; false with *code.
bool taken_hold(struct driver *d, int *code);
// Between the first look and having it somebody else may have gone on with it, and ended it.
int taken_look_again(struct driver *d);
// By its row it never began, and has no plan.
bool taken_is_bare(const struct driver *d);
// Its journal holds nothing either: what there is to say, or with abort to do, about that.
int taken_never_began(struct driver *d);
// announce.c: the event run.start; the row of the run among all runs.
void tell_start(struct driver *d);
// That there was a wait for the locks, and that they are held.
void tell_locks(struct driver *d);
// What the store has warned of so far, as events: before the steps, and not at the end of them all.
void tell_warnings(struct driver *d);
void driver_row(struct driver *d);
// Where the files of this session are, when that is not beside the journal.
void put_place(struct driver *d, struct value_builder *b);
// Signals are heard from here on, until it is over: true when one has come, which is then
// d->refused, and what failed because of it is not told.
void lookout_for(struct driver *d);
bool lookout_over(struct driver *d);
// The last words of a session that ended with [code] before it began.
void tell_refused(struct driver *d, int code);
// A text of the runbook, as far as it can be known before the first step.
struct str runbook_words(struct driver *d, const struct template *t);
// newer.c: who undoes the run is warned of those of its runbook that did something since.
void tell_newer_runs(struct driver *d);
// way_back.c: what cannot be undone, as `no_way_back` of run.start.
void put_no_way_back(struct driver *d, struct value_builder *b);
struct str host_name(struct arena *a);
struct str new_id(struct arena *a);
// `run`, as expressions see it from the beginning.
void make_run_value(struct driver *d);
// skips.c: --skip and --from name steps of this run that may be left out. False with errors.
bool skips_are_right(struct driver *d);
// False, with an error that knows what was perhaps meant: [flag] names no step of this run.
bool step_is_missing(struct driver *d, struct str id, const char *flag);
// --from FROM, and [t] stands before it in prepare or steps: it is skipped.
bool step_is_before(const struct driver *d, const struct task *t);
// mark.c: what --mark says of steps is journalled. 0, or a code with an error and nothing done.
int apply_marks(struct driver *d);
// Whether it can mean something, asked before anything is waited for; a step that still runs may
// become known by that, so it is asked once more then.
int marks_check(struct driver *d);
// required.c: false with an error, or with d->refused when a signal ended it.
bool check_required(struct driver *d, struct space *space);
// d->frame without what the operator and the environment give; make_root_frame() has that too.
void new_root_frame(struct driver *d);
// [given], and what a person at the terminal gives; a signal sets d->refused.
const struct given *ask_inputs(struct driver *d, struct value only, const struct given *given,
                               size_t *count);
int make_root_frame(struct driver *d, const struct given *given, size_t count, struct str base);
// Asks about outcomes that were not known at the end of the session before (exec/doubts.c).
void doubts_ask(struct driver *d);
// What became of [t], which was not known, is known now; [by]: the person who says so, or "".
void doubt_settled(struct driver *d, struct task *t, bool done, struct str by, struct str message);
// alive.c: what of earlier sessions still lives is stopped, or waited for under its own timeout. 0,
// or what to exit with.
bool task_may_live(const struct task *t);
// Before run_resume_here(), which forgets of what is tried again that something of it may live.
void alive_note(struct driver *d);
// And behind it: 11 with an error where --mark speaks of what still runs; else 0.
int marks_wait(struct driver *d);
int alive_stop(struct driver *d);
int alive_wait(struct driver *d);
// abort (exec/abandon.c): says what is in doubt.
void abandon_tell(struct driver *d);
// Carries out what stands in asides, before there is a run.
void run_order_aside(struct driver *d);
