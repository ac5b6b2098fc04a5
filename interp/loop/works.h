// Work in threads, each in one of its own.
//
// libuv's pool has four, for all of a process. What we do in threads may take as long as a
// statement does, or wait for what another of us holds: the fifth would wait for the
// first, and the first for the fifth.

#pragma once

#include <stdbool.h>

struct works;

// [wake] is called from threads when works_collect() has something to do, and no more once
// works_free() is over.
struct works *works_new(void (*wake)(void *arg), void *arg);
// Runs [work] in a thread; [done] is called by works_collect(). False if there can be no
// thread, and nothing was done.
bool works_start(struct works *w, void (*work)(void *arg), void (*done)(void *arg), void *arg);
// Calls [done] of all that were over when it was called, in that order.
void works_collect(struct works *w);
// Waits for those that run, and calls the [done] of all.
void works_free(struct works *w);
