// What a step would run: as a dry run found out, else as it is written.

#pragma once

#include "report/history.h"
#include "load/spoken.h"

// In one line: its name, else what it does (spoken()).
struct str step_brief(const struct step *s, const struct known *k, struct arena *a);
// What the dry run [h] resolved for the step [id], or what is written.
struct str step_command(const struct history *h, const struct step *s, struct str id,
                        const struct known *k, struct arena *a);
