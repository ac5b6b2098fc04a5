// Plays the events of a run to whoever tells them, on a clock of its own.
//
//     event-play tty|plain|quiet|ndjson [columns=N] [ascii] [color] [github]
//                [verbose] < events
//
// A line of the input is an event, or `{"output": "step", "text": "..."}` (what a step
// prints, as it comes; "err": true for standard error), `{"say": "..."}`, or
// `{"wait_ms": 31000}`. Times come from the events' ts; between them the timers of the
// teller fire, so hours of a run are played in milliseconds.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "report/ndjson.h"
#include "report/teller.h"
#include "value/fields.h"
#include "value/when.h"

struct play {
    struct arena *arena;
    struct loop *loop;
    struct observer *observer;
    int64_t began_ns;  // wall time of the loop's 1,000,000
    bool reached;
};

enum { LOOP_BEGIN = 1000000 };

static void arrive(void *arg)
{
    ((struct play *)arg)->reached = true;
}

static void wait_until(struct play *p, int64_t at_ms)
{
    if (at_ms <= loop_now_ms(p->loop))
        return;
    p->reached = false;
    loop_timer(p->loop, p->arena, at_ms, arrive, p);
    while (!p->reached && loop_turn(p->loop))
        ;
}

static void play_event(struct play *p, struct value v, struct str line)
{
    struct event e = { .type = event_type_of(text_of(v, "type")),
                       .seq = int_of(v, "seq", 0),
                       .wall_ns = wall_from(text_of(v, "ts")),
                       .data = v };

    if (!p->began_ns)
        p->began_ns = e.wall_ns;
    wait_until(p, LOOP_BEGIN + (e.wall_ns - p->began_ns) / 1000000);
    p->observer->event(p->observer, &e, line);
}

static void play_line(struct play *p, struct str line)
{
    struct json_error error;
    struct value v;

    if (!line.n)
        return;
    if (!json_read(line, p->arena, &v, &error)) {
        fprintf(stderr, "event-play: not JSON: %.*s\n", STR_ARG(line));
        exit(2);
    }
    if (text_of(v, "type").n)
        play_event(p, v, line);
    else if (text_of(v, "output").n && p->observer->output)
        p->observer->output(p->observer, text_of(v, "output"), truth_of(v, "err"),
                            text_of(v, "text"));
    else if (text_of(v, "say").n && p->observer->say)
        p->observer->say(p->observer, text_of(v, "say"));
    wait_until(p, loop_now_ms(p->loop) + int_of(v, "wait_ms", 0));
}

int main(int argc, char **argv)
{
    struct arena *a = arena_new(NULL);
    struct look look = { .utf8 = true };
    struct teller_options options = { .manner = MANNER_PLAIN };
    bool ndjson = false;

    for (int i = 1; i < argc; i++) {
        options.manner = strcmp(argv[i], "tty") == 0     ? MANNER_TTY
                         : strcmp(argv[i], "quiet") == 0 ? MANNER_QUIET
                                                         : options.manner;
        ndjson |= strcmp(argv[i], "ndjson") == 0;
        options.verbose |= strcmp(argv[i], "verbose") == 0;
        options.github |= strcmp(argv[i], "github") == 0;
        look.utf8 &= strcmp(argv[i], "ascii") != 0;
        look.color |= strcmp(argv[i], "color") == 0;
        if (strncmp(argv[i], "columns=", 8) == 0)
            look.columns = (size_t)atoi(argv[i] + 8);
    }
    look.repaint = options.manner == MANNER_TTY;
    struct play p = { .arena = a, .loop = loop_new_virtual(a, LOOP_BEGIN) };
    p.observer = ndjson ? ndjson_new(a, STDOUT_FILENO)
                        : teller_new(a, p.loop, history_new(a), screen_new(a, STDOUT_FILENO, look),
                                     &options);
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    while ((n = getline(&line, &room, stdin)) > 0)
        play_line(&p, str_trim((struct str){ line, (size_t)n }));
    free(line);
    arena_free(a);
    return 0;
}
