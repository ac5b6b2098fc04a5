// Where runbooks are looked for: the project's folder, its libraries, the standard
// library, in this order.

#pragma once

#include "model/project.h"

struct list project_folders(const struct project *p, struct arena *a);  // of struct str, absolute
// The file of [address] in one folder, or in the first that has it; empty if none.
struct str runbook_in_folder(struct arena *a, struct str folder, struct str address);
struct str project_address(const struct project *p, struct arena *a, struct str address);
// "did you mean `postgres/restore`?", or empty.
struct str address_question(const struct project *p, struct arena *a, struct str word);
