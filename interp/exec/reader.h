// The events of earlier sessions, checked and read in a thread beside the loop's, which loads the
// plan meanwhile and applies them as they come (replay.c).
//
// While it runs, the journal is the thread's, and the loop asks nothing of its store. What is
// applied before reader_end() says that all events are as they were written counts for nothing.

#pragma once

#include "exec/core/event.h"
#include "store/store.h"

struct reader;

// One that this version knows. All of it, as long as the next is not asked for.
struct read_event {
    struct event event;
    struct str line;
    bool as_filed;  // the type beside it is that in it; else it is damaged
};

// What was stored, with [line] its JSON. False: it is of a newer minor version, and left out:
// consumers ignore what they do not know. What should be known and cannot be read is damaged.
bool reader_read(struct json_memo *m, const struct stored_event *stored, struct str line,
                 struct arena *a, struct read_event *out);

// NULL where it cannot be read beside the loop: journal_look() is for the caller then.
struct reader *reader_start(struct journal *j, struct arena *a);
// Waits for the next; NULL: that was the last.
const struct read_event *reader_next(struct reader *r);
// As journal_look(), which is over then; who asks before the last event sees no more of them.
enum store_error reader_end(struct reader *r, struct diags *ds);
