// One task on its way (execution.md section 3), for the files that take it there:
//
//   walk.c       if, done_if, the action resolved
//   by_hand.c    --mode manual: each step is shown, and a person decides
//   consent.c    confirm, approve
//   before.c     how things are before the step changes them
//   attempt.c    the intent, and the action
//   work.c       manual, prompt: the action is a person
//   outcome.c    judged, verified, outputs
//   failure.c    tried again, rescued, on_failure
//   interrupt.c  stopped from outside
//   step_end.c   step.end
//   container.c  groups; transaction.c, callee.c (`use`) and each.c (lists): what these do more
//   words.c      what a question says; dry.c: a dry run

#pragma once

#include "exec/inside.h"

struct walk {
    struct driver *d;
    struct task *task;
    struct arena *arena;
    struct view view;
    struct act *act;           // of the action; of a transaction group: its connection
    struct act *reading;       // a read action of `before`
    struct checking *checking;
    struct asked *asked;
    struct question *question; // the last that was asked
    struct value before, result, outputs, now;
    struct str command;        // what will run, masked
    struct str message, help, picture;
    struct value parts;
    struct outcome outcome;
    struct timer *timer;       // timeout of a container
    int64_t limit;             // of a group: how many at a time, where that is computed; else 0
    int64_t began_ms, attempt_ms;
    size_t next_before;
    struct str by, reason;     // who skipped it
    bool declined;             // a person said no, or nobody answered
    bool known_failed;         // before anything was done, or by its `verify`: no retry
    bool cancelled, timed_out, interrupted;
    bool intent_pending;
    bool verifying;            // its action is done, and [checking] says whether it took effect
    bool deciding;             // a person is asked what a failure means
    bool intended;             // its intent was written ahead, with the name of the attempt
    bool intended_begun;       // ... and then there was room for it
    bool withdrawn;            // the task has ended: callbacks do nothing
    struct walk *next_dead;
    bool is_unknown;
    bool insisted;             // a person said `retry`, also where nothing else starts
    enum state final_state;    // a container's, decided before its `always`
    const char *then;          // ... and what it means for the run, where a person said so
};

void walk_begin(struct driver *d, struct task *t);
void walk_retry(struct driver *d, struct task *t);
void walk_forget_attempt(struct walk *w);  // before the next
void walk_not_again(struct walk *w);       // it rested, and nothing may start any more
void walk_finish(struct driver *d, struct task *t);  // a container: all in it has ended
void walk_settle(struct driver *d, struct task *t);
// The attempt of an earlier session that its outcome is asked of.
struct act *settle_act(struct walk *w);
void walk_block(struct driver *d, struct task *t);
// After a failure: whom a person is asked about, and who may not start any more, is not asked
// about any longer.
void walk_give_back_asked(struct driver *d);
// Signals and timeouts: TERM with grace, or at once.
void walk_cancel(struct walk *w, bool at_once, const char *why);
// After a failure: a `wait` that nothing may start behind is not waited for.
void walk_end_waits(struct driver *d);
// Ends what is not a running action: rests, waits, polls, questions.
void walk_interrupt(struct walk *w);

struct walk *walk_new(struct driver *d, struct task *t);
// The task is over: journalled, and nothing of the walk happens any more. [then] is a
// policy word for what a failure means, or NULL.
void walk_end(struct walk *w, enum state state, const char *then, bool own);
// What it did failed (w->message says why; w->declined, w->known_failed): retry, rescue,
// on_failure.
void walk_failed(struct walk *w);
// It had failed for good, and a crash cut its rescue, which goes on.
void walk_rescue_again(struct walk *w);
// Its memory is given back when nothing can be calling back into it any more.
void walk_bury(struct walk *w);
// What its expressions see as `result`: its own, or of the step that it takes back.
void walk_sees_own(struct walk *w);
void walk_sees_undone(struct walk *w);
void fail_expr(struct walk *w, const char *key, const struct expr_error *err);
void walk_acted(void *arg, const struct outcome *o);
// After a no of which nothing came: its questions once more.
void walk_ask_again(struct walk *w);
void walk_outcome(struct walk *w, const struct outcome *o);
// The action, or all in a container, is done: verify, outputs, the end.
void walk_verify(struct walk *w);
void walk_verify_again(struct walk *w);  // after a crash in its checks
void walk_succeeded(struct walk *w);
// Why the step is not good, as it was judged.
void walk_says(struct walk *w, const struct judged *j);
// Why it failed: a check that does not hold, or was cut off. [whose]: "its " of a used runbook, or "".
void walk_unverified(struct walk *w, const char *whose, const struct check_outcome *o);
void gate_judge(struct walk *w);
// False: the journal cannot take it, and nothing may start.
bool emit_intent(struct walk *w, struct value with);
// What it is in, for who reads events, where its address does not tell: a plain group, or the step
// that it rescues.
void put_inside(const struct task *t, struct value_builder *b);
// What the runbook's `defaults` say, or NULL.
const struct defaults *walk_defaults(const struct walk *w);
bool step_timeout(struct walk *w, int64_t fallback_ms, int64_t *ns, struct expr_error *err);

static inline const struct scope *scope_of(struct walk *w)
{
    return view_scope(&w->view);
}

bool walk_asks_if(const struct task *t);
bool walk_make_act(struct walk *w, struct expr_error *err);
void walk_attempt(struct walk *w);  // writes the intent of one, and acts when that is durable
void walk_act(struct walk *w);      // its intent is durable

// ahead.c
void intend_ahead(struct driver *d);
// So many intents of steps that have not started are on disk that a commit may come later.
bool intents_suffice(const struct driver *d);
// True when [t] was intended ahead, and goes on by itself.
bool intended_begin(struct driver *d, struct task *t);
void intended_began(struct walk *w);

// consent.c: what comes behind the question of manual mode.
void walk_confirm(struct walk *w);
void walk_waited(struct walk *w);  // a person has answered w->question
// A person said no, or nobody answered; [skips]: the file says that this skips the step.
void walk_declined(struct walk *w, const struct answer *a, bool skips);
// before.c, and behind it attempt.c
// A step of an undo that has none sees that of the step which it takes back.
bool has_own_before(const struct task *t);
void walk_before(struct walk *w);
void walk_intend(struct walk *w);
// work.c
void work_ask(struct walk *w);

// failure.c: what its on_failure says of a failure that stays; how it ends then, with [then] the
// policy's word and [own] when it is the step's own.
void walk_decide(struct walk *w);
void walk_end_badly(struct walk *w, const char *then, bool own);

// step_end.c
void walk_skipped(struct walk *w, const struct answer *a);  // by a person, who gave a reason
bool put_results(struct walk *w, struct value_builder *b, bool has_result);
// The work of [t] is over, and nothing further is started: what it came to could not be kept.
void result_is_unkept(struct driver *d, struct task *t);
void put_some(struct value_builder *b, const char *key, struct str text);  // nothing when it is empty

// skips.c: true when a flag skipped it, and it has ended.
bool skip_by_flag(struct walk *w);

// by_hand.c: --mode manual; at once walk_confirm() where nothing is asked
void by_hand_ask(struct walk *w);

// each.c
void each_begin(struct walk *w);
void each_over(struct walk *w);

// container.c
void container_begin(struct walk *w);
void container_children(struct walk *w, struct value with);  // may begin
void container_work_over(struct walk *w, enum state state);
// A resume waits for [t], which outlived its interpreter, before the groups around it begin again:
// their time runs from here on, and when that of one is up, it has failed and [w] is stopped.
void containers_wait(struct driver *d, const struct task *t);
void containers_hold_time(struct walk *w);
// What a step's address is for people: without what makes that of an aside unique.
struct str told_address(const struct task *t, struct arena *a);

// callee.c
void callee_begin(struct walk *w);
void callee_over(struct walk *w);  // all its steps have ended well

// transaction.c
void container_transaction(struct walk *w);
bool container_commit(struct walk *w);  // true: it has begun to commit, and goes on by itself
void container_committed(struct walk *w);  // ... before a crash, as the server says
// The work of a container went wrong: a transaction is rolled back before anything else.
void container_failed(struct walk *w);

// words.c: what a question says
struct question *question_about(struct walk *w, enum question_kind kind);
struct str walk_leaves(struct walk *w);  // `leaves`, as far as it is known; or empty
bool question_confirm(struct question *q, const struct confirm *c, const struct scope *s,
                      struct arena *a, struct expr_error *err);
bool question_approve(struct question *q, const struct approve *ap, const struct project *p,
                      const struct scope *s, struct arena *a, struct expr_error *err);
struct str person(const struct driver *d);

// dry.c
bool dry_runs(const struct walk *w);
void dry_beside(struct walk *w, const struct amount *parallel);  // how many at a time, if so
void dry_skip(struct walk *w);
void dry_gate(struct walk *w);
void dry_unresolved(struct walk *w, const struct expr_error *err);

int64_t next_seq(const struct driver *d);
