// The two tables, told to people: help, and a man page.

#pragma once

#include <stdio.h>

#include "cli/command.h"

void help_overview(FILE *out);
void help_command(const struct command *c, FILE *out);
void help_man(FILE *out);  // roff, man(7)

// Calls [see] for each flag that [c] takes; its own first, then those of every command.
void option_each(const struct command *c, void (*see)(const struct option *o, void *arg),
                 void *arg);
bool option_is_global(const struct option *o);
