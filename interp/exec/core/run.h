// One run of a program: what has happened, and what is to be done next.
//
// A run changes only when an event is applied to it. Events are journalled before they
// are applied, so a run that was cut short is continued by applying its journal to a new
// one (run_apply for each, then run_resume_here). Nothing here reads a clock, starts a
// process or waits: times are fields of events, and run_order() says what should be done
// next by somebody who can.

#pragma once

#include "exec/core/event.h"
#include "exec/core/task.h"

enum order_kind {
    ORDER_SETTLE,     // [task] has an intent and no result: find out what became of it
    ORDER_BEGIN,      // [task] may start
    ORDER_BLOCK,      // [task] will not run: [task->blocked_by] did not end well
    ORDER_RETRY,      // the rest before the next attempt of [task] is over, or there will be none
    ORDER_FINISH,     // all in [task] that can run has ended
    ORDER_PHASE,      // begin [phase]; the driver's own: checklist, confirm, verify, undone
    ORDER_PHASE_END,  // all in [phase] has ended
    ORDER_UNDO,       // take back [task]
    ORDER_UNDO_END,   // the undo of [task] has ended
    ORDER_ASIDE,      // [task], which is no step of the run, has ended
    ORDER_SLEEP,      // until [at_ms], unless something happens before
    ORDER_WAIT,       // for something to end
    ORDER_SUSPEND,    // all that is left waits for people
    ORDER_OVER,
};

struct order {
    enum order_kind kind;
    struct task *task;
    enum phase phase;
    int64_t at_ms;
};

// What becomes of the run when a task failed for good.
enum policy { POLICY_CONTINUE, POLICY_STOP, POLICY_UNDO, POLICY_ASK, POLICY_GROUP };
const char *policy_word(enum policy p);

struct run_facts {        // what the core has to know about how it was started
    int on_failure;       // enum on_failure; 0: as the runbook says
    bool undo_only;       // `runbook undo`
    struct str undo_step; // --step, or empty
};

struct run *run_new(struct arena *a, const struct program *p, const struct run_facts *facts);
void run_apply(struct run *r, const struct event *e);
// What is to be done now. What it gives is taken: it is not given again, but for SLEEP,
// WAIT and OVER.
struct order run_order(struct run *r, int64_t now_ms);
// A task that nothing but the limit of its list holds back, in a list whose steps are so
// short (at most [most_ms], as the last one) that to wait for a commit would be long: its
// intent may be written ahead (EVENT_STEP_INTENT). Each is given once, of a list at most as
// many as may run at once. NULL: none.
struct task *run_next_to_intend(struct run *r, int64_t most_ms);
// Of those that were given, in each list that has more to start, the half that comes first is
// ready; false where nothing waits for room.
bool run_intends_enough(const struct run *r, bool (*is_ready)(const struct task *t));

// All events of a journal were applied and somebody wants to go on: what failed, was
// cancelled or blocked waits to be tried again, attempts without a result dangle.
void run_resume_here(struct run *r, const struct run_facts *facts);

// Things that happen to the driver and are not journalled as such.
void run_interrupt(struct run *r, int code);  // a signal (128 + n) or the run's timeout (124)
void run_halt(struct run *r);   // nothing starts any more, not even `always`, nor hooks
void run_halt_steps(struct run *r);  // nothing but hooks
void run_park(struct run *r, struct task *t, bool parked);  // [t] waits for a person who is not here
void run_give_back(struct run *r, struct task *t);  // it was to start, and may not any more
void run_want_undo(struct run *r);
// The step around [t] that says the undo which counts instead of its own: the outermost, or NULL.
const struct step *undone_by_outer(const struct task *t);
enum undo_cover task_cover(const struct program *p, const struct task *t);
void run_want_stop(struct run *r);
void run_declined_before(struct run *r);  // a no before the first step
void run_unverified(struct run *r);        // a check of `verify` does not hold or was not answered
void run_fail_group(struct run *r, struct task *t);  // its time is up: nothing new starts in it
void run_make_callee(struct run *r, struct task *use);  // its steps, before its intent
bool series_failed(const struct series *s);
// Adds a task that is no step of the run; it starts at once. ORDER_ASIDE when it has ended.
struct task *run_add_aside(struct run *r, const struct step *s, struct space *space,
                           struct str address);
bool run_more_to_undo(const struct run *r);
void run_hold_undo(struct run *r);  // until something happens: a question is open
void run_hold(struct run *r, bool held);  // no phase begins meanwhile
void run_release_undo(struct run *r);
void run_stop_undo(struct run *r);  // the earlier ones are left
void run_over_live(struct run *r);  // ... because something lives over which nothing may be undone
void run_cannot_undo(struct run *r);       // something with effects has no undo
void run_settled(struct run *r, struct task *t);      // after ORDER_SETTLE: the outcome is known
// After ORDER_SETTLE: it begins again, and an attempt that was [never] started is not counted.
void run_not_started(struct run *r, struct task *t, bool never);
void run_settle_nothing(struct run *r);  // what dangles is left as it is
// Nothing of it goes on: neither what is left to do nor an undo that had begun.
void run_abandon(struct run *r);
void run_owe_always(struct run *r);
// No step of `always` was left out or stopped.
bool run_always_is_whole(const struct run *r);
bool run_always_failed(const struct run *r);  // one of its steps
int run_interrupted(const struct run *r);

// ---- asking

enum policy run_policy(const struct run *r, const struct task *t, bool *own);
// The transaction group in which [t] is provisional, or NULL: its undo and its rescue are
// not in it.
struct task *task_transaction(const struct task *t);
// What such a group did is told of each step in it, once it is committed: until then they are
// provisional.
bool task_is_committed(const struct task *t);
// Whether a person may say what became of [t]: not of what only holds others, nor of one in
// a transaction, of which only the whole is in doubt.
bool task_can_be_marked(const struct task *t);
bool run_may_start(const struct run *r, const struct task *t);
bool run_is_stopping(const struct run *r);
bool run_any_started(const struct run *r);         // in this session
bool run_changed_anything(const struct run *r);    // some step has an intent
struct task *run_task(const struct run *r, struct str address);
// By the address or, where only one has it, the plain id.
struct task *run_find(const struct run *r, struct str word);
struct space *run_root(const struct run *r);
// Every task there is so far, in the order in which they came to be.
size_t run_task_count(const struct run *r);
struct task *run_task_at(const struct run *r, size_t i);
enum phase run_phase(const struct run *r);
bool run_began_undo(const struct run *r);
// Tasks to undo, first to be undone first; made when the undo phase began.
struct task *const *run_undo_list(const struct run *r, size_t *count);
size_t run_undo_starts(const struct run *r);  // undos begun so far
// The task around [t] by which alone it is taken back, or NULL.
const struct task *run_taken_back_by(const struct task *t);
// What there is to take back of a task and of all that it holds.
struct undo_left {
    bool started;  // something of it
    bool undone;   // something of it is undone already
    bool open;     // an undo would come by it
    bool to_do;    // ... and do something, or say that it cannot
};
struct undo_left run_undo_left(const struct run *r, const struct task *t);
// The exit code by the table "Which code wins", were the run to end now.
int run_code(const struct run *r);
bool run_verified(const struct run *r);
