// Inputs that nobody gave and that have a `prompt`: asked for where there is a terminal.

#pragma once

#include "exec/frame.h"
#include "exec/question.h"

// [given] (as many as *[count]) with what was typed behind it. What nobody answered is
// simply not given. Runs the loop while it asks, until *[stop]. [only]: a list of the names that are
// asked for, or VALUE_NONE for all.
const struct given *frame_ask(const struct module *m, bool drill, struct value only,
                              struct asker *k, struct loop *l, const int *stop,
                              const struct given *given, size_t *count, struct arena *a);
