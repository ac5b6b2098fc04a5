// What happened, as it is journalled, streamed (-o ndjson) and sent to web hooks.
//
// One shape (cli.md "Events"): v, seq, ts, run, type, then the fields of the type, as one
// JSON object in one line of at most 64 KiB. An event is made with event_new() and the
// event_* setters in the order in which the fields are to stand, and goes through event_masked()
// before it is written. Reading gives it back as a value (a map).

#pragma once

#include "base/mask.h"
#include "value/json.h"

enum event_type {
    EVENT_RUN_START,
    EVENT_RUN_END,
    EVENT_RUN_SUSPEND,
    EVENT_RUN_RESUME,
    EVENT_PHASE_START,
    EVENT_PHASE_END,
    EVENT_STEP_ITEMS,    // ours: the list of a for_each, evaluated once
    EVENT_STEP_INTENT,   // ours: an intent written ahead, before there is room for the step
    EVENT_STEP_START,    // the intent to start an attempt
    EVENT_STEP_OUTPUT,
    EVENT_STEP_NOTE,     // ours: what an action must know after a crash
    EVENT_STEP_ATTEMPT,  // an attempt failed and will be tried again
    EVENT_STEP_RESCUE,   // ours: it failed for good, and its `rescue` begins
    EVENT_STEP_ALWAYS,   // ours: the work of a group is over, its `always` begins
    EVENT_STEP_END,
    EVENT_CONFIRM_ASK,
    EVENT_CONFIRM_ANSWER,
    EVENT_VERIFY_TRY,
    EVENT_UNDO_START,
    EVENT_UNDO_END,
    EVENT_LOCK_WAIT,
    EVENT_LOCK_HELD,
    EVENT_HOOK_END,
    EVENT_TRIGGER_STATE,
    EVENT_DIAGNOSTIC,
    EVENT_COUNT
};
const char *event_type_word(enum event_type type);
enum event_type event_type_of(struct str word);  // EVENT_COUNT if there is none

struct event {
    enum event_type type;
    int64_t seq;
    int64_t wall_ns;
    struct value data;  // a map: the fields of the type ("step", "attempt", "state", ...)
};

// The line, without its newline; [run] may be empty (before a run exists). Fields whose
// text is longer than 4 KiB are cut, with "truncated": true beside them, until the line
// has at most 64 KiB; but never the address of a step, nor what names a file that is kept.
// Text that is not UTF-8 goes as "b64" instead of "text".
struct str event_line(const struct event *e, struct str run, struct arena *a);
// The data of an event with *** for every secret in it; [data] itself when there are no secrets.
struct value event_masked(struct value data, const struct mask *m, struct arena *a);
// [line] must stay as long as what was read is looked at.
bool event_read(struct str line, struct arena *a, struct event *out);
// One of many: what it has in common with others lives as long as [m].
bool event_read_again(struct json_memo *m, struct str line, struct arena *a, struct event *out);
