// Says that the store does not answer, when the loop itself waits for it and so can say nothing.
//
// A thread that looks once a second. It writes one line to standard error, past all that shows the
// run: that stands still until the store has answered.

#pragma once

#include <stdint.h>

struct arena;
struct patience;

enum { PATIENCE_MS = 3000 };  // with a store, before it is said that it is waited for

// NULL where there is no thread to be had; then nothing is said.
struct patience *patience_begin(struct arena *a);
void patience_end(struct patience *p);  // of NULL, too
// The loop waits from here on, until then.
void patience_on(struct patience *p);
void patience_off(struct patience *p);
