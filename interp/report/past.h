// How long the steps of a runbook took before: the middle one of the last runs in which
// they succeeded.

#pragma once

#include "store/store.h"

struct past;

struct past *past_new(struct arena *a);
void past_add_run(struct past *p, int64_t took_ms, bool good);
void past_add_step(struct past *p, struct str step, int64_t took_ms);

// Looks at the last [runs] that ended (at most) of [runbook]. What cannot be read is left
// out, and [ds] hears only of what the store warns; never NULL.
struct past *past_read(struct store *s, struct str runbook, size_t runs, struct arena *a,
                       struct diags *ds);
int64_t past_step_ms(const struct past *p, struct str step);  // -1: not known
int64_t past_run_ms(const struct past *p);                    // of good runs; -1
size_t past_runs(const struct past *p);
