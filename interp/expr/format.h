// What "...".format([...]) makes: the printf of CEL.

#pragma once

#include "expr/eval.h"

struct buf;

// False, blaming ev->at, when a clause and its argument do not go together.
bool format_text(struct eval *ev, struct str pattern, const struct value_list *args,
                 struct buf *out);
