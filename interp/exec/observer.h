// Who watches a run: the terminal, plain lines, -o ndjson, all from the same events.

#pragma once

#include "exec/core/event.h"

struct observer {
    // Every event, after it was added to the journal; [line] is its JSON, masked.
    void (*event)(struct observer *o, const struct event *e, struct str line);
    // The same for what happened in the sessions before this one, as it is read: all of it before
    // anything of this one is told. May be NULL.
    void (*past)(struct observer *o, const struct event *e, struct str line);
    // Output of a step as it comes, masked, before it is cut into events. May be NULL.
    void (*output)(struct observer *o, struct str step, bool is_stderr, struct str bytes);
    // Something worth saying that is no event: what a second signal would do, that a
    // step is still running, that the file has changed. Plain words, masked.
    void (*say)(struct observer *o, struct str words);
    void *ctx;
    // Why nobody hears any more of it, in words, since when there is something to be said of that;
    // the journal is told at the end of the session.
    struct str lost;
    struct observer *next;
};
