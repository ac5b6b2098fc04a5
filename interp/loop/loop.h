// Waiting, and nothing else waits.
//
// Timers, descriptors, signals and work in threads, on libuv. Times are boot time
// (clock_boot_ms): they go on while the machine sleeps and do not care about the
// wall clock. A virtual loop has the same interface, no descriptors and a clock that
// jumps to the next timer, so that hours of waiting are tested in milliseconds.
//
// Everything that is started here is stopped by its arena or by hand; stopping twice
// is allowed, and nothing is called back after it was stopped.

#pragma once

#include "base/str.h"

struct loop;

struct loop *loop_new(struct arena *a);
struct loop *loop_new_virtual(struct arena *a, int64_t start_ms);

int64_t loop_now_ms(const struct loop *l);  // boot time, as of this turn

// Calls [fn] once when [due_ms] has come (at once, in the next turn, if it has passed).
struct timer;
struct timer *loop_timer(struct loop *l, struct arena *a, int64_t due_ms, void (*fn)(void *arg),
                         void *arg);
void timer_stop(struct timer *t);

enum { WATCH_READ = 1, WATCH_WRITE = 2 };

// Calls [fn] whenever one of [events] is possible on [fd], which stays the caller's and
// keeps its flags; where an error waits there, both are. Stop before closing [fd]; two
// watches on one descriptor at a time are a mistake. Regular files are always ready.
struct watch;
struct watch *loop_watch(struct loop *l, struct arena *a, int fd, int events,
                         void (*fn)(void *arg, int events), void *arg);
void watch_change(struct watch *w, int events);  // 0: nothing for the moment
// It is watched as before, but alone it is nothing to wait for.
void watch_idle(struct watch *w, bool idle);
void watch_stop(struct watch *w);

// Calls [fn] each time the process gets [signo], which no longer does what it did. A trap
// alone is nothing to wait for.
struct trap;
struct trap *loop_trap(struct loop *l, struct arena *a, int signo, void (*fn)(void *arg, int signo),
                       void *arg);
void trap_stop(struct trap *t);

// Runs [work] in a thread, then [done] on the loop. Cannot be stopped: [arg] must
// live until [done] was called; give it what it needs to end early. A loop that is freed
// waits for [work] and leaves [done] out.
void loop_work(struct loop *l, void (*work)(void *arg), void (*done)(void *arg), void *arg);
// The same for what may take long for nothing, such as connecting: a loop that is freed does
// not wait for it. So [work] may only use what [arg] owns, which is then left to it.
void loop_work_apart(struct loop *l, void (*work)(void *arg), void (*done)(void *arg), void *arg);

// Calls [fn] in this or the next turn, after the callback that is running, in the order
// asked for. [arg] must live until then.
void loop_later(struct loop *l, void (*fn)(void *arg), void *arg);

// From any thread: wakes the loop, which then calls what loop_on_wake() was given.
void loop_wake(struct loop *l);
void loop_on_wake(struct loop *l, void (*fn)(void *arg), void *arg);

// Waits until something happened and calls back for all of it. False when there is
// nothing left to wait for.
bool loop_turn(struct loop *l);
// As loop_turn without waiting.
bool loop_poll(struct loop *l);
