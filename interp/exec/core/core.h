// The inside of a run, for the files that make it up: tree.c (tasks and their edges),
// queue.c (first in, first out), run.c (what may start), apply.c (what events change), order.c
// (what is next), again.c (what is tried again after a resume), policy.c (what a failure
// means), undo.c (what is taken back), verdict.c (the exit code).

#pragma once

#include "exec/core/run.h"

struct queue {
    void **items;
    size_t first, count, room;
};

struct run {
    struct arena *arena;
    const struct program *program;
    struct run_facts facts;
    struct space *root;
    struct series *prepare, *steps, *always;
    struct map *by_address;
    struct value results[32];  // that were kept last, for others that are the same
    size_t result_count;       // how many have been kept
    struct queue tasks;     // all, in the order in which they came to be
    struct queue ready;     // struct task: nothing holds them back but may_start()
    struct queue finished;  // struct series that are over
    struct queue settle;    // struct task that dangle
    struct queue open;      // struct series
    struct queue resting;   // struct task with a due_ms
    size_t settling;
    size_t active;          // begun and not ended
    size_t parked;

    enum phase phase;
    bool phase_begun, phase_ordered, phase_over, any_phase;
    bool checklist_done, confirm_done;
    bool began_undo, undo_phase_done;
    bool undo_is_part;  // of one step, and others are not undone
    int64_t starts;         // start orders given so far
    int64_t session_starts;
    size_t undo_starts;
    bool stopping, undo_wanted, halted, closed, declined_before, unverified, verified;
    bool undone_failed, cannot_undo, always_failed;
    bool step_unknown;      // in this session: nothing is undone of itself any more
    bool over_live;         // something lives that cannot be stopped
    int interrupted;

    struct task **undo_list;
    size_t undo_count, undo_next;
    bool undo_held, held;
};

// queue.c
void queue_push(struct run *r, struct queue *q, void *item);
void *queue_pop(struct queue *q);  // NULL when empty
void queue_remove(struct queue *q, const void *item);

// tree.c
struct series *series_new(struct run *r, enum series_kind kind, struct task *owner,
                          const struct list *steps, struct space *space, struct str prefix,
                          enum phase phase);
void series_link(struct run *r, struct series *s);
void task_make_instances(struct run *r, struct task *each, struct value items);
void task_make_callee(struct run *r, struct task *use);
void task_make_undo(struct run *r, struct task *t);
void task_reset(struct run *r, struct task *t);        // to be tried again, with all in it
// [t] starts when [before] has ended, however that ends.
void task_waits_for(struct run *r, struct task *t, struct task *before);
void series_reset(struct run *r, struct series *s);

struct task *task_make_aside(struct run *r, const struct step *s, struct space *space,
                             struct str address);

// run.c
void series_open(struct run *r, struct series *s);
struct task *series_pop_held(struct series *s);  // there is one
void series_check_over(struct run *r, struct series *s);
void run_check_all_over(struct run *r);
// It may start, where nothing holds it back any more.
void task_make_ready(struct run *r, struct task *t);
void task_begin(struct run *r, struct task *t);
void task_end(struct run *r, struct task *t);
void task_unend(struct run *r, struct task *t);  // to be reset, or opened again
// Nothing more comes of it: it has ended, or what holds it has, without it.
bool task_is_over(const struct task *t);
const struct task *task_around_that_ended(const struct task *t);

// intent.c
void apply_intent(struct run *r, struct task *t, const struct event *e);
void intents_are_void(struct run *r);  // the session that wrote them has ended in order

// again.c
void go_on_marked(struct run *r, struct task *t);  // its outcome was said by a person

// policy.c
struct task *policy_group(const struct task *t);  // whose failure it is, for POLICY_GROUP

// undo.c
void undo_list_make(struct run *r);
