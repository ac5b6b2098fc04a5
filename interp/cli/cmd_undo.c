#include "cli/live.h"

int command_undo(struct invocation *v)
{
    return live_existing(v, run_undo);
}
