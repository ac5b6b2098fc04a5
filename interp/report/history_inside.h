// The inside of a history, for the files that make it up: history.c (stories, asking),
// history_undo.c (what was taken back), history_events.c and history_steps.c (what each event
// changes).

#pragma once

#include "base/arena.h"
#include "report/history.h"

// Room for one more at the end of a list of the history.
#define ROOM(h, list, count, room)                                                        \
    do {                                                                                  \
        if ((h)->count == (h)->room) {                                                    \
            size_t more_ = (h)->room ? (h)->room * 2 : 16;                                \
            (h)->list = arena_grow((h)->arena, (h)->list, (h)->room, more_, sizeof *(h)->list); \
            (h)->room = more_;                                                            \
        }                                                                                 \
    } while (0)

extern void (*const history_handlers[EVENT_COUNT])(struct history *h, const struct event *e);

// A copy that lives as long as the history.
struct str history_kept(struct history *h, struct str s);
// Takes over a text that an event has; one that it lacks leaves what was there.
void history_take(struct history *h, struct value data, const char *key, struct str *to);
// The same of a word that many steps have, which is kept once: "succeeded", "shell".
void history_take_word(struct history *h, struct value data, const char *key, struct str *to);
void history_take_name(struct history *h, struct value data, struct story *s);
// [s] is in [outer], or part of its undo: "restore.sqlite", "restore~undo" in "restore".
bool history_is_inside(const struct story *s, const struct story *outer);
// The story of a step, new if it was not spoken of; and of the step that an event names.
struct story *history_make_story(struct history *h, struct str id);
struct story *history_told(struct history *h, struct value data);
// To write what few steps have.
struct story_more *history_more(struct history *h, struct story *s);
// At the end of the list, open and empty.
struct asked *history_new_question(struct history *h);
void history_moment(struct history *h, const struct event *e, struct str words, bool bad);
void history_notice(struct history *h, const struct event *e, struct str level, struct str words,
                    struct str help);

// history_steps.c: what stands in the table for the events of steps.
void history_on_step_items(struct history *h, const struct event *e);
void history_on_step_start(struct history *h, const struct event *e);
void history_on_step_output(struct history *h, const struct event *e);
void history_on_step_attempt(struct history *h, const struct event *e);
void history_on_step_rescue(struct history *h, const struct event *e);
void history_on_step_end(struct history *h, const struct event *e);
void history_on_verify_try(struct history *h, const struct event *e);
void history_on_undo_start(struct history *h, const struct event *e);
void history_on_undo_end(struct history *h, const struct event *e);
