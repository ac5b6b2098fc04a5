// Asks the person at the terminal.
//
// One question has the screen at a time: it shows what is about to happen, and then one
// line is read. Only what is asked for is an answer; Enter alone, or another word, asks
// again; end of input, hang-up and a time that ran out are no answer (ANSWER_NONE).

#pragma once

#include "exec/question.h"
#include "report/history.h"
#include "report/screen.h"
#include "report/tty.h"

// [tty] NULL: there is nobody, and has_terminal is false; such an asker answers
// ANSWER_NONE. [screen]: where questions are shown; the one that others write to, when that
// is the same terminal.
struct asker *person_new(struct arena *a, struct loop *l, struct tty *tty, struct screen *screen,
                         const struct history *h);
