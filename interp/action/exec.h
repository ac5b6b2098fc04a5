// exec: one program, without a shell.

#pragma once

#include "action/action.h"

struct exec_params {  // [argv...] is { argv: [argv...] }
    const struct node *node;
    struct list argv;              // of const struct template *
    const struct template *input;  // stdin
    struct list ok_exit;           // of int64_t; none: 0
    int tty, daemon;               // enum tristate
};

extern const struct action action_exec;
