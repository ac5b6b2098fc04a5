// Lines that a person types, on the controlling terminal.
//
// Standard input is never read: what is piped into us is no person. The terminal keeps its
// own line editing. Whatever was typed before a question was shown is thrown away. In the
// background nothing is read; that is told, and looked at again until we are in front.

#pragma once

#include "loop/loop.h"

struct tty;

// NULL when the process has no controlling terminal.
struct tty *tty_open(struct arena *a, struct loop *l);
int tty_fd(const struct tty *t);

// Throws away what was typed so far.
void tty_forget(struct tty *t);

struct tty_reader {
    void (*line)(void *arg, struct str line);  // without its end
    void (*gone)(void *arg);                   // end of input, or the terminal was hung up
    void (*behind)(void *arg);                 // we are in the background; told once a wait
    void (*ahead)(void *arg);                  // and now in front again
    void *arg;
    bool hidden;  // what is typed is not shown: a secret
};
// Calls back for every line until tty_rest().
void tty_listen(struct tty *t, const struct tty_reader *r);
void tty_rest(struct tty *t);

// Runs the person's shell in the foreground, then calls [then]. False if it cannot be
// started. [environment] is "NAME=value" to add.
bool tty_shell(struct tty *t, struct str environment, void (*then)(void *arg), void *arg);
