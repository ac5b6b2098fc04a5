// What the names of a runbook hold, as far as it is known before it runs.

#pragma once

#include "expr/check.h"
#include "load/program.h"

// A step whose expressions were checked; its type is made when somebody reads it.
struct checked_step {
    const struct step *step;
    const struct expr_type *const *outputs;
    const struct expr_type *type;
};

struct module_types {
    const struct expr_type *inputs, *secrets, *env, *run, *trigger, *contact;
    const struct expr_type *vars;  // grows while they are checked, in file order
    struct expr_field *var_fields;
    size_t var_count;
    struct map *steps;           // struct checked_step, by id
    bool any_step;        // steps are not known here: hooks of a project
    struct map *tainted;         // "vars.x", "inputs.x" that hold secrets
    struct expr_field *outputs;  // of the runbook, once they are checked
};

// Where a field may keep a type that is made, not static; dyn for NULL.
const struct expr_type *const *type_cell(struct arena *a, const struct expr_type *type);

struct module_types *types_new(struct arena *a, const struct runbook *rb);
void types_any(struct module_types *t);
void types_add_var(struct module_types *t, struct arena *a, struct str name,
                   const struct expr_type *type);

// `result` of a step: what its action or the runbook it uses gives; NULL when it has none
// (a group, a gate).
const struct expr_type *result_type(const struct program *p, const struct step *s, struct arena *a);
// `before` of a step; NULL when it has none.
const struct expr_type *before_type(const struct step *s, struct arena *a);
// `steps.ID` of a step whose outputs have the types of [outputs] (as many as s->outputs).
const struct expr_type *step_type_of(const struct program *p, const struct step *s,
                                     const struct expr_type *const *outputs, struct arena *a);
// The fields that a runbook hands to its caller, with types in [types] or dyn.
void types_set_outputs(struct module_types *t, struct arena *a, const struct runbook *rb,
                       const struct expr_type *const *types);
