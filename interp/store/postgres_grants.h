// What a role needs for its part in a store that somebody else has made: reading, answering,
// running, removing. docs/postgresql.md tells it to people; here it is told to who was refused.

#pragma once

#include "store/server.h"

// [why] is what the server said when it refused [sql] for want of a privilege; behind it comes the
// GRANT that is missing.
void grants_tell(const struct server *s, const char *sql, struct failure *why);
