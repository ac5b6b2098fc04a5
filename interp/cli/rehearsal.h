// A dry run that nobody sees: everything that a run would find out before it starts.

#pragma once

#include "cli/command.h"
#include "report/history.h"

// Of the runbook of the first word, into [h]. CODE_OK, or why a run could not begin (2, 3,
// 4), with the reason in v->diags.
int rehearse(struct invocation *v, struct history *h);
