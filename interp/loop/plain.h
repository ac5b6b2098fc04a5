// Opening what stands in a run's folder, where anybody of the operator's group may have put
// something else: never through a link, and never waiting for the other end of a FIFO.

#pragma once

// For reading, or with O_WRONLY | O_APPEND. -1 with errno: it is not there, or no plain file.
int plain_open(const char *path, int flags);
