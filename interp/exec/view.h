// What expressions see of a run.

#pragma once

#include "exec/core/run.h"
#include "exec/frame.h"

struct driver;

struct view {
    struct scope scope;  // use view_scope(): ctx points back here
    struct driver *d;
    struct space *space;
    struct task *task;         // whose item and index are seen; may be NULL
    const struct value *result, *before;  // NULL: not there
    struct value result_lost, before_lost;  // names of what is not known any more, or nothing
    const struct step *checked;           // whose result it is, for messages
    struct value item, index;
    struct str item_name;      // of a check's own for_each; n == 0: none
    struct str check_name;     // of a check that has none of its own: the item that it answers
    bool at_end;               // run.result, run.failed, run.undone, run.took are there
    struct value contact;
    struct value trigger_state;
};

// The scope of a view that stays where it is.
const struct scope *view_scope(struct view *v);
struct view view_of(struct driver *d, struct task *t);
// The names of a runbook and nothing of a step: frames, hooks, reports.
struct view view_of_space(struct driver *d, struct space *s);
// view_steps.c: `steps`, of the space that is its ctx.
extern const struct object_class view_steps_class;
// view_parts.c: values of which something is missing; who reads that is told why.
// What to say of a field that is lost.
struct str view_why_lost(struct str field, const struct task *of, struct arena *a);
// [map], of [of], without the fields in [lost].
struct value view_known(struct value map, struct value lost, const struct task *of,
                        struct arena *a);
// Why [result] has no [field]; empty if that is no question of it.
struct str view_why_not(struct value result, struct str field, struct arena *a);
// A whole result, which lives as long as what is returned.
struct value view_result(struct arena *a, const struct value *result);
