// What the program prints about its own language.

#include <stdio.h>

#include "cli/command.h"
#include "describe/describe.h"
#include "exec/driver.h"

int command_schema(struct invocation *v)
{
    (void)v;
    describe_schema(stdout);
    return CODE_OK;
}

int command_reference(struct invocation *v)
{
    (void)v;
    describe_reference(stdout);
    return CODE_OK;
}
