#include "cli/live.h"

int command_resume(struct invocation *v)
{
    return live_existing(v, run_resume);
}
