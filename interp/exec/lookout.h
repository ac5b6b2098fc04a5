// Who hears a signal before there is a run, while we wait for what cannot be left: a program that
// prints a secret, a FIFO, the server of the store, the name of a host.
//
// A thread. What we started for it (all children that we have) is killed with its group, and who
// waits is let come back and say that nothing was started. Who does not come back within a second
// is not waited for: the thread says so itself, and the process ends with 128 and the signal.

#pragma once

#include "base/str.h"

struct lookout;

// From here on, until the end, INT, TERM, QUIT and HUP (unless that was ignored) are heard by it.
// NULL where there is no thread to be had; then they do what they did.
struct lookout *lookout_begin(struct arena *a);
// Whether one has come: there is no use in beginning with anything else. Of NULL: no.
bool lookout_called(const struct lookout *l);
// 0, or 128 and the signal that came. Signals do again what they did.
int lookout_end(struct lookout *l);
