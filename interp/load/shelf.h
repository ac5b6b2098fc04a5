// Where the runbooks of a program come from: the disk, or what was kept with a run.

#pragma once

#include "load/program.h"

struct shelf;

struct shelf *shelf_on_disk(struct arena *a, const struct project *p, struct diags *ds);
// A kept file is found by the address it has in the project as it is now; where the
// folders of the project have moved, by the end of its path.
struct shelf *shelf_kept(struct arena *a, const struct project *p, const struct program_file *files,
                         size_t count, struct diags *ds);

// The library behind it, or NULL.
struct library *shelf_library(const struct shelf *s);
// The runbook in a file, or the one that `use: WORD` names. NULL with a reason in the diags.
struct runbook *shelf_read(struct shelf *s, struct str path);
struct runbook *shelf_use(struct shelf *s, const struct text *word);
