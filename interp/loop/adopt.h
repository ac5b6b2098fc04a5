// Finding what lives of an attempt without the keeper that started it.

#pragma once

#include "loop/child.h"
#include "loop/marks.h"

// Puts the processes of the attempt that live into r->left.
void adopt_left(const struct marks *m, struct arena *a, struct child_result *r);
