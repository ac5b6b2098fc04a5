// The inside of what the interpreter has of its keeper, for the files that make it up:
// keeper_line.c (the keeper itself: started, heard, lost, stopped), keeper_pulse.c (whether it is well) and
// child.c (what it is asked for).

#pragma once

#include <sys/types.h>

#include "loop/child.h"
#include "loop/marks.h"
#include "loop/wire.h"

struct keeper {
    struct loop *loop;
    struct arena *arena;
    struct str folder;
    pid_t pid;         // 0: reaped
    int socket;        // -1: closed
    struct str marks;  // of this one; one that is started for one that was lost has its own
    struct watch *watch;
    struct buf in, out;
    bool full;  // the socket took not all of [out]
    struct child *children;  // those that somebody waits for
    uint32_t last_id;
    int64_t from;  // the place in the journal at which the session begins
    int before;    // keepers that were started
    bool stopped;
    bool calling;  // inside a callback of a child
    int64_t told;  // the number of the one that was told last
    void (*changed)(void *arg, int64_t was, int64_t is);
    void *changed_arg;
    void (*held)(void *arg, struct str name, int error);
    void *held_arg;
    struct timer *pulse;       // of keeper_pulse.c; NULL: nobody waits for anything
    struct arena *beats[2];
    unsigned beat;
    int64_t beat_ms;           // when the next is due
    bool was_stopped;          // at the last
    bool slow;                 // which was told
    void (*unwell)(void *arg, enum unwell how, int64_t pid, int64_t wait_ms);
    void *unwell_arg;
};

struct child {
    struct child *next;
    struct keeper *keeper;
    struct arena *arena;
    uint32_t id;
    struct str name;
    struct buf request;  // until it has ended, for another keeper
    int requests;        // how often it was sent
    struct str marks;    // of the keeper that was asked last
    int64_t pid;
    bool waiting;  // in keeper->children
    bool refused;  // nobody keeps it: it ends in the next turn
    bool cancelled;
    int64_t grace_ms;
    int64_t within_ms;  // of its start it has ended, if its keeper is well; 0: it may take for ever
    int64_t late_ms;    // when its end is overdue; 0: never
    void (*on_output)(void *arg, enum stream stream, struct str bytes);
    void (*on_end)(void *arg, const struct child_result *r);
    void *arg;
};

// ---- keeper_line.c

void line_flush(struct keeper *k);
void line_ask(struct keeper *k, enum frame_type type, uint32_t id, struct str body);  // no flush
void line_ask_number(struct keeper *k, enum frame_type type, uint32_t id, int64_t number);
// It has ended, or is to be taken for dead.
void line_lose(struct keeper *k);
// False with errno.
bool line_start_keeper(struct keeper *k);
// Somebody, or nobody, is waited for now.
void line_watch_as_needed(struct keeper *k);

// ---- keeper_pulse.c

// Somebody waits for something, or nobody for anything any more.
void pulse_begin(struct keeper *k);
void pulse_end(struct keeper *k);
// Now, rather than with the next beat.
void pulse_hurry(struct keeper *k);
// The end of [c] is to be heard of some time: it was asked to start, or to end.
void pulse_started(struct child *c);
void pulse_cancelled(struct child *c, bool at_once);

// ---- child.c

void child_forget(struct child *c);
// Tells its end.
void child_end(struct child *c, const struct child_result *r);
// Its keeper is lost.
void child_lose(struct child *c);
