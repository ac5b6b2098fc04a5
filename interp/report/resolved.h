// What a step would run: as a dry run found out, else as it is written.

#pragma once

#include "model/runbook.h"
#include "report/history.h"

// The action as it stands in the file: "echo ${{ inputs.x }}", "file: {remove: x}".
struct str step_source(const struct step *s, struct arena *a);
// In one line: its name, else that.
struct str step_brief(const struct step *s, struct arena *a);
// What the dry run [h] resolved for the step [id], or its source.
struct str step_command(const struct history *h, const struct step *s, struct str id,
                        struct arena *a);
