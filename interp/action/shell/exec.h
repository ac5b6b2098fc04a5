// exec: one program, without a shell.

#pragma once

#include "action/shell/process.h"

struct exec_params {  // [argv...] is { argv: [argv...] }
    const struct node *node;
    struct list argv;  // of const struct template *
    struct process_params process;
};

extern const struct action action_exec;
