// The inside of a terminal, for the files that make it up: tty.c (lines), shell.c.

#pragma once

#include <termios.h>

#include "base/buf.h"
#include "report/tty.h"

struct tty {
    struct arena *arena;
    struct loop *loop;
    int fd;
    struct buf *typed;
    struct tty_reader reader;
    bool listening, behind;
    struct watch *watch;
    struct timer *timer;  // while in the background, or hung up
    struct termios mode;  // as it was found
    bool mode_changed;
};
