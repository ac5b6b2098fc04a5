// What a person needs when a run has ended: what failed and how the world stands, what to
// type next and whom to call; or that all is well, and what was not proved.
//
// A failure shows, in this order (cli.md): the command, the last lines of its output, how
// it ended in words; what was not run; what state the world is in; the exact next commands.

#pragma once

#include "report/history.h"
#include "report/page.h"

// [flags]: what has to stand in every command that is suggested (" --store URL"), or "".
void aftermath_write(const struct history *h, struct str flags, struct page *p);

// One failed step: its command, output and end. Also for a menu in the middle of a run.
void aftermath_story(const struct history *h, const struct story *s, struct page *p);
// What the steps that took effect leave behind (`leaves`); nothing if none says it.
void aftermath_world(const struct history *h, struct page *p);
// What was asked that [id] was refused by, and the answer: "Really? - no, by ada (terminal)"; "" if
// that was not it.
struct str aftermath_refusal(const struct history *h, struct str id, struct arena *a);
// What an undo took away although somebody had made it so after the step, and where that is kept.
void aftermath_later(const struct history *h, struct page *p);
// How a step ended, in one line: "exit status 3: the command was not found".
struct str aftermath_words(const struct story *s, struct arena *a);
// The commands for a run that ended so; one line each.
void aftermath_commands(const struct history *h, struct str flags, struct page *p);
// The same for one that somebody is at work on: votes, and a look at what it does.
// After one step was taken back: there is no way forwards any more.
void aftermath_only_back(const struct history *h, struct str flags, struct page *p);
void aftermath_meanwhile(const struct history *h, struct str flags, struct page *p);
// Whose turn it is to be called after [elapsed_ms]; "" if nobody is named.
struct str aftermath_contact(const struct history *h, int64_t elapsed_ms, struct arena *a);
