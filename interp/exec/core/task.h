// One thing that starts and ends in a run: a step, an instance of a for_each, a group,
// a used runbook, a step of an undo. And the series in which tasks stand.
//
// Tasks and series make a tree that mirrors the runbook, unrolled: `for_each` makes a
// task for each item, `use` one for each step of the callee. A task is known by its
// address (cli.md Events): "restore", "caller.callee", "id[key].child", "id~undo.1".
// Only run_apply() changes the part above the line; what is below belongs to the driver.

#pragma once

#include "load/program.h"

enum state {
    STATE_PENDING,
    STATE_WAITING,
    STATE_RUNNING,
    STATE_PROVISIONAL,
    STATE_SUCCEEDED,
    STATE_SATISFIED,
    STATE_SKIPPED,
    STATE_BLOCKED,
    STATE_FAILED,
    STATE_RESCUED,
    STATE_CANCELLED,
    STATE_UNKNOWN,
    STATE_COUNT
};
const char *state_word(enum state s);
enum state state_of(struct str word);  // STATE_COUNT if there is none

enum undo_state { UNDO_NOT, UNDO_RUNNING, UNDO_DONE, UNDO_FAILED, UNDO_UNKNOWN };
const char *undo_state_word(enum undo_state s);

enum task_kind {
    TASK_ACTION,
    TASK_GATE,
    TASK_GROUP,
    TASK_USE,
    TASK_EACH,  // a for_each before it is unrolled; its instances stand in [steps]
};

enum series_kind {
    SERIES_PREPARE,
    SERIES_STEPS,
    SERIES_RESCUE,
    SERIES_ALWAYS,
    SERIES_UNDO,
    SERIES_ASIDE,
};

struct run;
struct task;

// Names that see each other: a runbook's steps, or those of one instance of a for_each.
struct space {
    struct space *around;   // of the for_each; NULL at the top of a runbook
    struct map *by_id;      // struct task
    const struct module *module;
    struct task *caller;    // the use task whose steps these are; NULL for the root
    struct frame *frame;    // the driver's: set when the use is reached
    struct task *instance;  // the instance whose steps these are, or NULL
    struct map *checks;     // struct value: what checks of `verify` found, by id; or NULL
};

struct series {
    enum series_kind kind;
    struct task *owner;   // NULL for those of the runbook that was started
    struct task **tasks;
    size_t count;
    size_t limit;         // how many may run at once; 0: no bound
    size_t active;        // begun and not ended
    size_t left;          // not ended
    bool open;            // has been opened and is not over
    struct task **held;   // ready, but the limit is reached
    size_t held_count, held_first;
    size_t offered;       // how many of them, the first ones, run_next_to_intend() has given
    int64_t last_ms;      // how long the task took that ended last; -1: none has ended
};

// What few tasks have; there are ten thousands of tasks in a long run. Read through t->more,
// which is never NULL; written through task_more().
struct task_more {
    // of an instance
    struct value item, key;
    size_t index;
    bool item_lost;

    struct value outputs, before;  // VALUE_NULL where there is none
    struct value lost;             // {field: [names]}: what held a secret and was not kept
    struct value notes;            // of the running attempt, or of one that was cancelled
    struct value acted;            // the result of one whose own checks are left; VALUE_NULL: none is
    struct value given;            // USE: the callee's inputs, as journalled

    // ---- the driver's
    size_t heard[2];  // dangling: bytes of its output that stand in the journal
    int64_t due_ms;   // when the time of a group is up that began before it: a resume waits in it
    void (*aside_then)(void *arg, struct task *t);
    void (*aside_heard)(void *arg, struct str bytes);  // what it prints, masked; may be NULL
    void *aside_arg;
};

struct task {
    enum task_kind kind : 8;
    enum state state : 8;
    enum phase phase : 8;
    enum undo_state undo_state : 8;

    bool is_instance;
    bool auto_undo;           // the step of an `undo: auto`
    bool aside;               // not of the run: a hook, a `use` in a check
    bool ended;
    bool intent;              // an attempt was journalled
    bool intended;            // ... ahead of its start, which [file] names already
    bool by_person;           // skipped by a person: what needs it is blocked
    bool continued;           // failed, and the run went on
    bool own_continue;        // ... because the step itself says so
    bool failing;             // a child failed for good: nothing new starts in it
    bool stopped_inside;      // what failed in it has stopped the run, whatever it says itself
    bool child_began;         // one of its work was started, so its `always` is owed
    bool rescuing, always_begun;
    bool rescue_left;         // a crash cut its rescue, which goes on
    bool work_failed;         // before its always began
    bool from_journal;        // it ended in an earlier session
    bool marked;              // its outcome was said by a person
    bool declined;            // cancelled by a no
    bool dangling;            // intent without result, after a crash
    bool elsewhere;           // and it was started where we cannot look: on another machine
    bool begun, resting, queued;  // the driver's
    bool unkept;              // the same; its work is over, and the result could not be kept

    const struct step *step;
    struct str address;
    struct space *space;      // in which its expressions are read
    struct space *inner;      // USE: of the callee; instance of a group: its own
    struct series *in;        // where it stands
    struct task *undoes;      // the task that this undo body takes back

    struct task **needs;      // both kinds of edge; NULL: it has none
    bool *need_blocks;        // which of them block
    uint32_t need_count, unmet;
    struct task **followers;
    uint32_t follower_count, follower_room;

    struct series *prepare, *steps, *rescue, *always, *undo;

    struct task *blocked_by;
    uint32_t attempts;
    uint32_t undo_order;      // of the start of its undo, from 1
    int64_t start_order;      // of its first intent, from 1; 0: never
    int64_t due_ms;           // a retry
    int64_t started_wall_ns, took_ms;
    struct value result;      // VALUE_NULL where there is none
    const struct task_more *more;
    struct str message;
    struct str file;          // of the last attempt, in the run's folder

    // ---- the driver's
    struct walk *walk;
    struct walk *ahead;       // of one that is intended and has not begun
};

struct task_more *task_more(struct arena *a, struct task *t);
extern const struct task_more task_no_more;  // what [more] is until it is written

// What [t] takes back: by itself, or as a part of an undo that is a group or a list. NULL where it
// is no undo, and in a runbook that an undo uses, which sees only its own.
const struct task *task_taken_back(const struct task *t);

struct task *space_find(const struct space *s, struct str id);
// The space at the top of the runbook that [s] belongs to.
struct space *space_top(struct space *s);
bool state_is_good(enum state s);  // succeeded, satisfied, skipped, rescued, provisional
// The worst of the instances of a for_each (language.md section 4).
enum state worst_state(const struct series *s);
