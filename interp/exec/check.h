// Checks that poll (check.c, poll.c).

#pragma once

#include "exec/view.h"

struct checking;

struct check_outcome {
    bool ok, unanswered, cancelled, unknown;
    struct str id, message, picture;
    struct value parts, result;
};
// Runs [checks] in file order, also after one that does not hold. [tag] names them in
// events and file names ("restore.verify"). [view] is copied.
struct checking *check_all(struct driver *d, struct arena *a, const struct list *checks,
                           struct space *space, struct task *task, const struct view *view,
                           struct str tag, bool shown,
                           void (*then)(void *arg, const struct check_outcome *o), void *arg);
// A look at how things are: each is polled once, nothing is journalled or kept; [see] is told
// of each before [then].
struct checking *check_look(struct driver *d, struct arena *a, const struct list *checks,
                            struct space *space, const struct view *view,
                            void (*see)(void *arg, struct str id, const struct check_outcome *o),
                            void (*then)(void *arg, const struct check_outcome *o), void *arg);
void check_cancel(struct checking *c);
// What is looked at now is let finish, but there is no rest before another look.
void check_hurry(struct checking *c);
