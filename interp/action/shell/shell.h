// shell: a script, run by bash or sh.
//
// The script is read once, when the runbook is loaded (script.h): each ${{ }} in it
// becomes a reference to a variable. The values travel beside the script, never in it.

#pragma once

#include "action/shell/process.h"

struct script;

enum shell_kind { SHELL_UNWRITTEN, SHELL_BASH, SHELL_SH };

struct shell_params {  // "script" is { run: script }
    const struct node *node;
    const struct template *run;
    int shell;  // enum shell_kind
    struct process_params process;
    const struct template *host;
    const struct script *script;  // made by check()
};

extern const struct action action_shell;
