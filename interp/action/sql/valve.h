// A valve between libpq and its server.
//
// libpq reads all that comes, for as long as it comes, and keeps a row until it is whole:
// one field of a gigabyte is a gigabyte of our memory, and nothing in its interface says
// so before. So libpq is given one end of a pair of sockets in place of its own, and what
// comes from the server is handed on in small parts that are counted.

#pragma once

#include <stdbool.h>
#include <stddef.h>

struct valve;

// Puts itself behind the descriptor [fd], which keeps its number. NULL with errno if that
// cannot be: then everything is as before.
struct valve *valve_open(int fd);
// The descriptor to be watched.
int valve_fd(const struct valve *v);
// Hands on what came from the server, at most one part; how many bytes. When the server is
// gone libpq gets the end of its input.
size_t valve_in(struct valve *v);
// Hands on all that libpq wrote. True when the rest has to wait until valve_fd() can be
// written.
bool valve_out(struct valve *v);
// After libpq has closed its end: its last words are still sent. NULL is fine.
void valve_close(struct valve *v);
