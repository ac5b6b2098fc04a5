#include "cli/live.h"

int command_abort(struct invocation *v)
{
    return live_existing(v, run_abort);
}
