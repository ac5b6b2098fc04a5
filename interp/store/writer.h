// Commits beside the loop.
//
// A writer has a thread that starts with the first commit. What was added since the last
// commit is a batch; batches that wait while another is being written go into one
// transaction together. The loop is told, in order, when theirs are durable. After one
// write that failed nothing more is written.

#pragma once

#include "loop/loop.h"
#include "store/batch.h"

struct writer;

// [write] makes a chain of batches durable. [threaded]: in a thread, which wants a real loop;
// otherwise at once, and the loop is told in its next turn. [late] gets what comes after a
// failure. Without a loop ([loop] NULL) all
// is done at once.
struct writer *writer_new(struct arena *a, struct loop *loop, bool threaded,
                          bool (*write)(void *arg, const struct batch *batches,
                                        struct failure *why),
                          void (*late)(void *arg, const struct batch *batches), void *arg);

// Calls [tidy] after those who waited were told and while nothing more is to be written: for what
// need not be waited for. [wants] is asked after each write.
void writer_tidies(struct writer *w, bool (*wants)(void *arg),
                   bool (*tidy)(void *arg, struct failure *why));

// The batch that is being filled.
struct batch *writer_batch(struct writer *w);
// Hands it on.
void writer_commit(struct writer *w, void (*then)(void *arg, bool ok), void *arg);
// The same for one who waits: written here, if nothing is being written, which spares two
// switches from thread to thread. False: it has failed.
bool writer_commit_now(struct writer *w);
// It was long before one of the last writes was over: who waits for another hears nothing meanwhile.
bool writer_is_slow(struct writer *w);
// How long the last one took.
int64_t writer_took_ms(struct writer *w);
// Waits until all that was handed on is durable or has failed.
bool writer_wait(struct writer *w);
// Ends the thread after what was handed on; nobody is called back any more.
void writer_stop(struct writer *w);

// Calls [fn] once, on the loop, when it has failed, whoever found out. [alone]: also when
// nothing is being written, which the loop then waits for.
void writer_on_failure(struct writer *w, bool alone, void (*fn)(void *arg), void *arg);

// Fails for ever, from any thread; the first reason stays.
void writer_fail(struct writer *w, const struct failure *why);
// After a failure that was only a lack of room, when nothing is being written: what was added
// since is dropped, and it may be tried once more.
void writer_forgive(struct writer *w);
// "" while all is well. Copied.
struct str writer_failure(struct writer *w, struct arena *a);
