// Values in events that a later session needs again: the list of a for_each, what was there
// before, a result. An event has room for little (cli.md Events); what is longer is kept
// whole beside the journal, masked, and the event says where:
//
//   "kept": {"items": "items-12.json"}      a file of the run
//   "digests": {"items": "sha256:9f2c..."}  of its bytes, so that the chain covers it too
//   "withheld": {"result": ["stdout"]}      held a secret: *** is not what they hold
//   "kinds": {"result": {"modified": "timestamp"}}   what JSON does not know (kinds.h)
//
// Where the disk is too full for a long result its long fields are withheld, too, and "lost" is
// true. Of a list, "withheld" says the places. When the event is read again it has what was kept,
// and what was withheld is "lost": reading that is an error, it never becomes the text ***.

#pragma once

#include "exec/inside.h"

struct lasting {
    struct driver *d;
    struct arena *arena;          // for what is only needed until the event is made
    struct value_builder *event;
    struct value_builder *kept, *digests, *withheld, *kinds;  // NULL: nothing
    bool aside;                   // of no step of the run: nothing is read again
    bool lost;                    // there was no room for all of it
};

struct lasting lasting_in(struct driver *d, struct arena *a, struct value_builder *event,
                          bool aside);
// Puts [v] into the event as [field]. False when it is long and the store cannot be written:
// what reads it later would get a part of it. Of a result for which only the room is missing, what
// is long is lost instead.
bool lasting_put(struct lasting *l, const char *field, struct value v);
void lasting_end(struct lasting *l);
// "sha256:9f2c..."
struct str lasting_digest(struct arena *a, struct str bytes);

// The event as it was before it was made to fit. False, with an error, when what was kept
// cannot be read.
bool lasting_restore(struct driver *d, struct event *e);
// {field: names}
struct value lost_names(struct arena *a, const char *field, struct value names);
// Of a result that comes from files in which secrets are masked already: the names of the
// fields that cannot be read.
struct value masked_fields(struct arena *a, struct value result);
