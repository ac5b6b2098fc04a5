// Pages on standard output, for the commands that look at things.

#pragma once

#include "cli/command.h"
#include "report/page.h"
#include "value/value.h"

// As wide as the terminal; without a terminal lines are as long as they are.
struct page *stdout_page(struct invocation *v);
void print_page(const struct page *p);
// A value as one line of JSON.
void print_json(struct value v, struct arena *a);
