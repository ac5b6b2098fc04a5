// Writing to who may not be reading: nothing waits for such a reader longer than it says.

#pragma once

#include <stdbool.h>

#include "base/str.h"

enum patience_end { PATIENCE_WRITTEN, PATIENCE_STALLED, PATIENCE_GONE };

// Does [fd] take something within [ms]? A signal that comes meanwhile is no answer.
bool patience_is_read(int fd, int ms);

// Writes as much of [text] as is taken with no more than [ms] between two pieces of [chunk]
// bytes; a descriptor must not block for so little when it says that it takes something.
enum patience_end patience_write(int fd, struct str text, size_t chunk, int ms);
