// Events: made, journalled, applied (emit.c), durable (commit.c), and told then.

#pragma once

#include "exec/core/event.h"

struct driver;

// What waits for the next commit (commit.c).
struct commits {
    struct commit_waiter *waiters;
    bool scheduled, under_way;
    bool again;            // something came while one was under way
    bool urgent;           // something waits for the next
    bool put_off;          // nothing does
    struct timer *later;   // what was put off is committed then
    struct timer *output;  // output alone is committed now and then
    int64_t began_ms;      // the one that is under way
    struct timer *watch;   // looks whether that takes long
    bool slow;             // which was said
    struct patience *patience;  // the same while the loop itself waits; or NULL
};
// Events that are not durable yet, and not told either (emit.c).
struct telling {
    struct untold *first, *last;  // in order
    int64_t told;                 // up to this seq
    bool unkept;                  // the store is lost, and what is told now is kept nowhere
};

// Makes, masks, journals and applies an event; those who watch are told when it is durable, and
// never of one that was lost. [data] lives until the call ends.
void emit(struct driver *d, enum event_type type, struct value_builder *data);
// Tells what was held back up to [seq], which is durable.
void tell_kept(struct driver *d, int64_t seq);
// What is still untold was lost with the store.
void forget_untold(struct driver *d);
// Waits until all is durable, and tells it. False with a diag: the store has failed.
bool commit_now(struct driver *d, struct diags *ds);
struct value_builder *event_data(struct driver *d);  // in an arena of the turn
struct arena *turn_arena(struct driver *d);
// Calls [then] when all that was emitted so far is durable; not when the store failed.
void when_durable(struct driver *d, void (*then)(void *arg), void *arg);
// [drop] is called instead when that never happens: for an [arg] that is freed by [then].
void when_durable_or(struct driver *d, void (*then)(void *arg), void (*drop)(void *arg), void *arg);
// The same for what nothing waits for: a few milliseconds later it will do as well.
void when_durable_late(struct driver *d, void (*then)(void *arg), void (*drop)(void *arg),
                       void *arg);
// Something waits for it now.
void commit_hurry(struct driver *d);
// For who waits for the store himself (exec/patience.h).
struct patience *commit_patience(struct driver *d);
// What was emitted is committed at the end of this turn.
void commit_turn(struct driver *d);
