// The inside of a teller, for the files that make it up: teller.c (lines, output, signs of
// life), teller_events.c (what is said of each event).

#pragma once

#include "report/github.h"
#include "report/lines.h"
#include "report/teller.h"

// The output of a step.
struct spout {
    struct teller *teller;
    struct str step;
    struct lines lines[2];  // standard output, standard error
    size_t too_many;        // lines for who read them
    bool has_terminal;      // and the screen is held for it
};

struct teller {
    struct observer observer;
    struct arena *arena;
    struct arena *scratch;  // of the event that is told
    struct loop *loop;
    struct history *history;
    struct screen *screen;
    struct teller_options options;
    struct github *github;  // NULL outside of GitHub Actions
    struct past *past;
    struct map *spouts;
    struct timer *timer;
    int64_t wall_ns;     // of the last event
    int64_t wall_at_ms;  // boot time when it came
    bool is_late;        // what was there before is known, and nothing was told yet
    size_t id_columns;
    int64_t painted_ms;
    struct timer *soon;  // a repainting that was put off
};

extern void (*const teller_tellings[EVENT_COUNT])(struct teller *t, const struct event *e);

bool teller_is_plain(const struct teller *t);
void teller_put(struct teller *t, struct str line);
// A line of ours. On a terminal it may be cut into rows; in plain manner it has its time.
void teller_say(struct teller *t, enum ink color, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// As teller_say(), but not in quiet manner.
#define teller_tell(t, color, ...)                 \
    do {                                           \
        if ((t)->options.manner != MANNER_QUIET)   \
            teller_say((t), (color), __VA_ARGS__); \
    } while (0)

// "sign id   name              12 s", in one row if it fits at all.
void teller_row(struct teller *t, const struct sign *m, struct str id, struct str name,
                struct str took);
// Words below a row.
void teller_below(struct teller *t, enum ink color, struct str text);
// Lines of others, behind a bar.
void teller_quote(struct teller *t, struct str lines);
struct spout *teller_spout(struct teller *t, struct str step);
// What a step printed last, if it had no end of line.
void teller_end_output(struct teller *t, struct str step);
