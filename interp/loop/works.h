// Work in threads, each in one of its own.
//
// libuv's pool has four, for all of a process. What we do in threads may take as long as a
// statement does, or wait for what another of us holds: the fifth would wait for the
// first, and the first for the fifth.

#pragma once

#include <stdbool.h>

struct works;
typedef void works_tell(void *arg, void (*done)(void *arg), void *done_arg);

// [wake] is called from threads when works_collect() has something to do, and no more once
// works_free() is over. NULL: out of memory.
struct works *works_new(void (*wake)(void *arg), void *arg);
// Runs [work] in a thread; [done] is what works_collect() tells of. False if there can be no
// thread, and nothing was done. [apart]: works_free() does not wait for it.
bool works_start(struct works *w, bool apart, void (*work)(void *arg), void (*done)(void *arg),
                 void *arg);
// Calls [tell] for all that were over when it was called, in that order, which calls
// [done] if it is to be called.
void works_collect(struct works *w, works_tell *tell, void *arg);
// Waits for those that run and tells of them; but for those apart, which end when they do,
// and are told to nobody.
void works_free(struct works *w, works_tell *tell, void *arg);
