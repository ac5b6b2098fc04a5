#include <stdio.h>

#include "base/version.h"
#include "cli/command.h"
#include "exec/driver.h"

int command_version(struct invocation *v)
{
    (void)v;
    puts("runbook " RUNBOOK_VERSION);
    return CODE_OK;
}
