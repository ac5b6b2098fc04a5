// Control groups (cgroup v2), where one is delegated to us.
//
// A process stays in the group in which it was born, also after setsid, a second fork and a
// cleared environment: what is in the box of a task is that task's for certain, and all of it
// is killed at once, whoever it belongs to. Where nothing is delegated to us there are no boxes,
// and everything goes as it goes without.
//
// Delegated is what its manager says so of (`user.delegate` or `trusted.delegate` is 1, as with
// systemd's Delegate=yes) or, where none speaks, what we may write without being root. The root
// of the hierarchy never is.

#pragma once

#include "base/str.h"

struct cgroup;  // of one keeper: a folder of boxes below our own group
struct box;     // holds all that one task at a time has started

// NULL where nothing is delegated. What keepers that are dead have left empty is removed.
struct cgroup *cgroup_new(struct arena *a);
// Removes what is empty, and leaves the rest.
void cgroup_close(struct cgroup *g);

// An empty box, or NULL with errno.
struct box *box_take(struct cgroup *g);
// Its task is over for good. It is used again when it is empty.
void box_give(struct box *b);
// A descriptor: who writes "0" to it is inside, and so is all that it starts. -1 with errno.
int box_door(const struct box *b);
// Nobody lives in it.
bool box_is_empty(const struct box *b);
// Where it is, for who looks for what lives in it when its keeper is dead.
struct str box_path(const struct box *b);
// The processes in it, also in groups of theirs, in rising order, ended by 0.
const int64_t *box_pids(const struct box *b, struct arena *a);
const int64_t *box_pids_at(struct str path, struct arena *a);  // none where there is no box any more
// The box in which [pid] lives; NULL where that is none of ours.
struct box *cgroup_box_of(struct cgroup *g, int64_t pid);
// Lets nobody in it run until it is let go on; what is sent to them meanwhile comes then.
void box_hold(const struct box *b, bool held);
// Kills all of them at once. False: this kernel cannot.
bool box_kill(const struct box *b);
