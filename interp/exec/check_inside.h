// The inside of checks, for the files that make them up: check.c (one after the other, and
// what they come to), poll.c (one of them, until it is over).

#pragma once

#include "exec/inside.h"

struct checking {
    struct driver *d;
    struct arena *arena;
    const struct list *checks;
    struct space *space;
    struct task *task;
    struct view view;       // of the check that is asked now
    struct view around;     // as given
    struct str tag;
    bool shown;
    void (*then)(void *arg, const struct check_outcome *o);
    void (*see)(void *arg, struct str id, const struct check_outcome *o);  // or NULL
    void *arg;
    bool once;              // a look: one poll each, and nothing of it is kept

    size_t next;            // check
    struct value rows;      // of its for_each (rows.h)
    size_t next_row;
    const struct step *now;
    struct str id;
    struct check_outcome worst;

    struct arena *poll_arena;
    struct act *act;
    struct check_outcome lost;  // what a poll comes to whose keeper died, when that stays so
    struct str lost_address;    // what is left of it is stopped
    int lost_count;             // in a row
    struct task *aside;
    struct asked *asked;
    struct timer *timer;
    int64_t began_ms, due_ms, poll_ms, deadline_ms, every_ms, holds_ms, held_since_ms;
    int64_t streak, streak_needed, timeout_ms;
    bool resting, hurried, cancelled, done;
    struct value result;
};

// poll.c: false, with the failure remembered, when its times cannot be worked out.
bool poll_begin(struct checking *c);
// The event of one poll; [next_ms] -1: it was the last.
void poll_tell(struct checking *c, const struct check_outcome *o, int64_t next_ms);

// check.c: the check is over, and the next one begins.
void check_over(struct checking *c, const struct check_outcome *o);
void check_remember(struct checking *c, const struct check_outcome *o);
// By a signal: none follows.
void check_stopped(struct checking *c);
