// What the tables of fields_step.c cannot say: which action a step has, what kind of
// step that makes it, and which keys cannot stand together.

#pragma once

#include "model/reader.h"

void step_begin(void *to);
void *step_more_to_read(void *to, struct reader *r);

bool step_other(const struct node *value, void *to, struct reader *r);
bool hook_other(const struct node *value, void *to, struct reader *r);

bool step_check(const struct type *type, const struct node *n, void *to, struct reader *r);
bool check_check(const struct type *type, const struct node *n, void *to, struct reader *r);
bool bare_check_check(const struct type *type, const struct node *n, void *to, struct reader *r);
bool undo_check(const struct type *type, const struct node *n, void *to, struct reader *r);
bool hook_check(const struct type *type, const struct node *n, void *to, struct reader *r);

// True when [n] is a map that says what to do: an action, or `use`.
bool has_action(const struct node *n, const struct reader *r);
bool is_action(struct str key, const struct reader *r);
