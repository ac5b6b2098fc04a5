// One event a line on standard output, and nothing else there.
//
// When nobody reads any more (a closed pipe, a full disk) it is quiet from then on; the run
// goes on, its journal has everything.

#pragma once

#include "exec/observer.h"

struct observer *ndjson_new(struct arena *a, int fd);
// The run is over and holds nothing any more: waits until its reader has taken all of it, or takes
// nothing. What is written behind that is others'.
void ndjson_finish(struct observer *o);
