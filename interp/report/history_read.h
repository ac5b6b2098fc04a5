// A history from the journal of a run.

#pragma once

#include "report/history.h"
#include "store/store.h"

// Applies all events of the run [id], in order.
enum store_error history_read(struct history *h, struct store *s, struct str id, struct diags *ds);
