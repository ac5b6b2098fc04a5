// Where lines for people go: a terminal whose last line may be painted again, or a file.
//
// Finished lines scroll. Below them stands at most one line that changes (the status). A
// question takes the screen: until it is answered the lines of others are held back, and
// then come. Nothing here ever fails: a terminal that was hung up, or a pipe that nobody
// reads, is quiet from then on.
//
// What is written is harmless already (report/harmless.h), except for our own colours.

#pragma once

#include "report/look.h"

struct screen;

// [fd] stays the caller's. [repaint] of the look says whether there can be a status.
struct screen *screen_new(struct arena *a, int fd, struct look look);
const struct look *screen_look(const struct screen *s);
// As wide as the terminal is now; 0: no limit.
size_t screen_columns(struct screen *s);

// A finished line (without its end), or several with line ends between them.
void screen_line(struct screen *s, struct str line);
// The same of what a step printed. False when it was left out, because its reader is too slow.
bool screen_output(struct screen *s, struct str line);
// The line that changes, in at most screen_columns() - 1 columns; empty: none. In the
// background there is none: the last line is the shell's, or what is typed there.
void screen_status(struct screen *s, struct str line);

// A question has the screen: lines and status wait. Takes and gives back nest.
void screen_take(struct screen *s);
void screen_give_back(struct screen *s);
// For who has taken it: goes out at once, as it is.
void screen_put(struct screen *s, struct str text);
// Whether it is our terminal and somebody else is in front of it: the shell, after `&` or ^Z.
bool screen_is_behind(const struct screen *s);
bool screen_is_gone(const struct screen *s);
