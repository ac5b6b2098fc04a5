// What is run and is no step of the run: hooks, and a `use` in a check.

#pragma once

#include "exec/view.h"

#define ASIDE_MARK "~use-"  // in the address of a `use` of a check, before its number

// Runs one step that is not of the run (a hook, a `use` in a check): its events are
// applied but neither journalled nor shown.
struct task *aside_run(struct driver *d, const struct step *s, struct space *space,
                       struct str address, const struct view *view,
                       void (*then)(void *arg, struct task *t), void *arg);
// [t] is one, or inside of one, and printed [bytes].
void aside_heard(const struct task *t, struct str bytes);
// The hooks of the project and the runbook for an event; none in a dry run or a drill. Calls
// [then], if any, when each was tried once: at once when there is none. A failing hook fails
// nothing, and is tried again behind the run's back.
void hooks_tell(struct driver *d, const char *which, void (*then)(struct driver *d));
// The same, of a question: [contact] is the root of that name, and what [about] has stands in
// hook.end.
void hooks_tell_of(struct driver *d, const char *which, struct value contact, struct value about);
// What a dry run says of what is no step: the secrets that are read, the hooks that are told.
void dry_tell(struct driver *d);
