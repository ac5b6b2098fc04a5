// What the interpreter and the keeper say to each other.
//
// Frames over a stream socket: a head in the machine's own byte order (both ends are the
// same program), then a body. A body is a sequence of values without names: numbers as
// "12\n", texts as "5:hello\n". The result files are written so too.

#pragma once

#include "base/buf.h"
#include "loop/child.h"

enum frame_type {
    ASK_START = 1,  // a child_spec
    ASK_CANCEL,     // number: at once
    ASK_KILL_LEFT,  // number: grace_ms; what a child that has ended left running
    ASK_SETTLED,    // text: the name; its result is recorded elsewhere
    ASK_STOP,       // nothing more will be asked
    ASK_STOP_NOW,   // and all that runs is killed
    TELL_STARTED,   // number: pid
    TELL_OUTPUT,    // bytes of [stream], as they are
    TELL_END,       // a child_result
    TELL_HELD,      // number: errno, for want of which it could not be started for a while
};

struct frame {
    uint32_t size;  // of the body
    uint16_t type, stream;
    uint32_t id;  // of the child
};

enum { FRAME_MAX = 256 << 20 };

void frame_put(struct buf *out, struct frame head, struct str body);
// Takes one whole frame off the front of [in] (from *at on); false: not all of it is there.
// A head that cannot be right sets *broken.
bool frame_next(struct str in, size_t *at, struct frame *head, struct str *body, bool *broken);

void put_number(struct buf *out, int64_t n);
void put_text(struct buf *out, struct str s);

struct taking {
    struct str rest;
    bool bad;  // something was not as it should be; all numbers are 0 from there on
};
int64_t take_number(struct taking *t);
// Bad outside of [least, most].
int64_t take_within(struct taking *t, int64_t least, int64_t most);
struct str take_text(struct taking *t);  // points into what is read

void put_spec(struct buf *out, const struct child_spec *spec);
// In what is read, which has to be the caller's own and in [a]: its texts get their ends there.
bool take_spec(struct taking *t, struct child_spec *spec, struct arena *a);

void put_result(struct buf *out, const struct child_result *r);
bool take_result(struct taking *t, struct child_result *r, struct arena *a);
