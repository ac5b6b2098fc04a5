// Parts of check_module(). Inside of load/.

#pragma once

#include "load/view.h"

// What stands at the top of a runbook: before its steps (inputs, vars, env, connections,
// locks, ...) and after them (outputs, report, followups). Types and tainted names go
// into c->types.
void check_data(struct checking *c);
void check_outcome(struct checking *c);

// Keys of one step that do not go together, or not with where it stands: what a check, a
// use, a group, a child of a transaction may do.
void check_step_rules(struct checking *c, const struct spot *spot);
// `with` of a use against the inputs of what it uses.
void check_with(struct checking *c, const struct step *use);
// The connection of a transaction group.
void check_transaction(struct checking *c, const struct step *s);
// `connections` of a runbook, a project or a drill.
void check_connections(struct checking *c, const struct list *list);
// What is wrong with the whole: a check that changes something, triggers, drill.
void check_runbook_rules(struct checking *c);
void check_triggers(struct checking *c);
