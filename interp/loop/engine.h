// What a loop turns on: the real one waits in libuv, the virtual one not at all.

#pragma once

#include "loop/loop.h"
#include "loop/timers.h"

struct engine {
    // Waits until something happened or [until_ms] (boot time; INT64_MAX: no limit; a time
    // that has passed: only looks), and calls back for descriptors, signals and wakes.
    // Keeps loop->now_ms.
    void (*wait)(void *self, int64_t until_ms);
    void *(*watch)(void *self, struct watch *w);  // what the next two are about
    void (*change)(void *watching, int events);
    void (*unwatch)(void *watching);
    void *(*trap)(void *self, struct trap *t);
    void (*untrap)(void *trapping);
    void (*work)(void *self, bool apart, void (*work)(void *arg), void (*done)(void *arg),
                 void *arg);
    void (*wake)(void *self);  // from any thread
};

struct call {
    void (*fn)(void *arg);
    void *arg;
};

struct loop {
    const struct engine *engine;
    void *self;  // of the engine
    int64_t now_ms;
    struct timers timers;
    struct call *later;  // malloc
    size_t later_count, later_room;
    size_t waiting;  // descriptors that are watched and works not yet done
    void (*on_wake)(void *arg);
    void *wake_arg;
};

struct watch {
    struct loop *loop;
    int fd, events;
    bool idle;
    void (*fn)(void *arg, int events);
    void *arg;
    void *watching;  // the engine's; NULL: stopped
};

struct trap {
    struct loop *loop;
    int signo;
    void (*fn)(void *arg, int signo);
    void *arg;
    void *trapping;  // the engine's; NULL: stopped
};

struct loop *loop_on(struct arena *a, const struct engine *engine);
