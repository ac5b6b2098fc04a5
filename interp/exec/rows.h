// What a `for_each` goes through: its items and what tells them apart (language.md section 4),
// for steps (each.c) as for checks (check.c).

#pragma once

#include "exec/view.h"

// Rows {key, item} of [list], which may be a map: its keys are the items then. False with the
// reason in [err]: it is no list, two items have one key, a key is too long or holds a secret.
bool rows_of_list(const struct for_each *each, const struct view *view, struct value list,
                  struct arena *a, struct value *rows, struct expr_error *err);
// Does [e] read the item or its place, or is it one question for all of them?
bool rows_are_read(const struct for_each *each, const struct expr *e);
// What `item` is called in it.
struct str rows_item_name(const struct for_each *each);
