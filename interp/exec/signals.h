// Signals, before a run and in it.

#pragma once

#include "loop/loop.h"

struct driver;

void signals_watch(struct driver *d);
// The signals that end a run call [fn] with [d]; until they are released, where [traps] is given.
// A hang-up that we were started to ignore stays ignored.
enum { SIGNALS = 4 };
void signals_trap(struct driver *d, void (*fn)(void *arg, int signo), struct trap *traps[SIGNALS]);
void signals_release(struct trap *traps[SIGNALS]);
// As [fn], before there is a run: what to exit with is in d->refused then.
void signals_refuse(void *arg, int signo);
